//! Who talks, as a shape, where the strings stay still.

use leptos::prelude::window;
pub(crate) use web_sys::Element;

/// Whether this person asked for less motion.
pub(crate) fn stays_still() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

/// Marks the can of this class beside the strand as talking, or not.
pub(crate) fn show(strand: &Element, class: &str, talks: bool) {
    let line = strand.closest(".line").ok().flatten();
    if let Some(can) = line.and_then(|line| line.query_selector(class).ok().flatten()) {
        let _ = can.toggle_attribute_with_force("data-talking", talks);
    }
}
