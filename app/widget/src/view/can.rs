//! A can is a person seen into the can; the string between two of them is the state of the line.

use crate::effect::picture::{Picture, picture};

/// HTML of an icon of the sprite in the page's shell.
macro_rules! icon {
    ($name:literal, $class:literal) => {
        concat!("<svg class=\"", $class, "\" aria-hidden=\"true\"><use href=\"#", $name, "\"></use></svg>")
    };
}
/// HTML of the string with these paths.
macro_rules! string {
    ($($class:literal $d:literal)*) => {
        concat!(
            "<svg class=\"string\" viewBox=\"0 0 240 80\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
            $("<path class=\"string__", $class, "\" d=\"", $d, "\"/>",)*
            "</svg>"
        )
    };
}
pub(crate) use {icon, string};

/// Hanging through: nobody talks.
pub(crate) const SLACK: &str = string!("rest" "M0 40C60 70 180 70 240 40");
/// Torn, dots between: the connection is looked for.
pub(crate) const TORN: &str = string!(
    "me" "M0 40C30 44 62 52 84 70" "dash" "M92 74C108 79 132 79 148 74" "them" "M240 40C210 44 178 52 156 70"
);
/// Two loose ends: it is over.
pub(crate) const LOOSE: &str = string!(
    "me" "M0 40C28 40 52 74 74 66S84 42 72 46" "them" "M240 40C212 40 188 74 166 66S156 42 168 46"
);
/// Two strands, drawn from real samples.
pub(crate) const LIVE: &str = string!("them" "M0 40L240 40" "me" "M0 40L240 40");
/// Beads run along it: somebody rings.
pub(crate) const BEADS: &str = r#"<span class="beads" aria-hidden="true"><i></i><i></i><i></i></span>"#;

const PERSON: &str = concat!("<span aria-hidden=\"true\">", icon!("user", "ico"), "</span>");
const MUTED: &str = concat!("<span aria-hidden=\"true\">", icon!("mic-off", "ico"), "</span>");
const LETTER: &str = r#"<span aria-hidden="true"></span>"#;

/// The visitor.
pub(crate) fn me(class: &'static str) -> Picture {
    let can = picture(PERSON);
    can.set("", "class", class);
    can
}

/// The visitor, not heard.
pub(crate) fn muted(class: &'static str) -> Picture {
    let can = picture(MUTED);
    can.set("", "class", class);
    can
}

/// The other side, by its letter.
pub(crate) fn them(class: &'static str, letter: &str) -> Picture {
    let can = picture(LETTER);
    can.text("", letter).set("", "class", class);
    can
}
