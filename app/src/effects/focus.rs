//! Where the focus is, and a dialog that keeps it.

use leptos::{ev::KeyboardEvent, prelude::document};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, Node};

/// The element that has the focus now, to give it back later.
pub(crate) fn now() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Whether somebody is writing into something right now.
pub(crate) fn is_writing() -> bool {
    let active = document().active_element();
    active.is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Gives the focus to an element that may be gone by now.
pub(crate) fn give(element: &HtmlElement) {
    let _ = element.focus();
}

/// Whether something happened inside `element`.
pub(crate) fn is_inside(event: &Event, element: &Element) -> bool {
    let at = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    at.is_some_and(|at| element.contains(Some(&at)))
}

/// Tab goes round inside `dialog`, and into it from outside.
pub(crate) fn keep_inside(event: &KeyboardEvent, dialog: &Element) {
    let Ok(all) = dialog.query_selector_all("button:not([disabled]), a[href]") else { return };
    let at = |index: u32| all.get(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let (Some(first), Some(last)) = (at(0), all.length().checked_sub(1).and_then(at)) else { return };
    let active = now();
    let outside = !active.as_ref().is_some_and(|active| dialog.contains(Some(active)));
    let next = match event.shift_key() {
        true if outside || active.as_ref() == Some(&first) => last,
        false if outside || active.as_ref() == Some(&last) => first,
        _ => return,
    };
    event.prevent_default();
    give(&next);
}
