//! Pictures without words: they stand beside a name, never in its place.

use leptos::prelude::*;

/// An icon of the sprite in the page's shell.
pub(crate) fn icon(name: &'static str, class: &'static str) -> AnyView {
    view! { <svg class=class aria-hidden="true"><use href=["#", name].concat()></use></svg> }.into_any()
}

/// A can: a person seen into it.
pub(crate) fn can(class: &'static str, letter: Option<String>, icon_name: &'static str) -> impl IntoView {
    view! {
        <span class=class aria-hidden="true">
            {match letter {
                Some(letter) if !letter.is_empty() => letter.into_any(),
                _ => icon(icon_name, "ico").into_any(),
            }}
        </span>
    }
}

/// The string in a shape that does not move.
pub(crate) fn still(paths: &'static [(&'static str, &'static str)]) -> impl IntoView {
    view! {
        <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
            {paths.iter().map(|(class, d)| view! { <path class=*class d=*d></path> }).collect_view()}
        </svg>
    }
}

/// Beads run along it: somebody rings.
pub(crate) fn beads() -> impl IntoView {
    view! { <span class="beads" aria-hidden="true"><i></i><i></i><i></i></span> }
}

/// Hanging through: nobody talks.
pub(crate) const SLACK: &[(&str, &str)] = &[("string__rest", "M0 40C60 70 180 70 240 40")];
/// Torn, dots between: the connection is looked for.
pub(crate) const TORN: &[(&str, &str)] = &[
    ("string__me", "M0 40C30 44 62 52 84 70"),
    ("string__dash", "M92 74C108 79 132 79 148 74"),
    ("string__them", "M240 40C210 44 178 52 156 70"),
];
/// Two loose ends: it is over.
pub(crate) const LOOSE: &[(&str, &str)] = &[
    ("string__me", "M0 40C28 40 52 74 74 66S84 42 72 46"),
    ("string__them", "M240 40C212 40 188 74 166 66S156 42 168 46"),
];
