//! Small dealings with the document.

use crate::boot::{Boot, Theme};
use tincan_signaling::Timestamp;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, HtmlTextAreaElement};

/// The document; every script of a page has one.
pub(crate) fn document() -> Document {
    leptos::prelude::document()
}

/// What the shell says, when it says it.
pub(crate) fn boot() -> Option<Boot> {
    let text = document().get_element_by_id("boot")?.text_content()?;
    serde_json::from_str(&text).ok()
}

/// Gives the page the tenant's colour. Through the object model: the policy forbids inline style.
pub(crate) fn dress(theme: &Theme) {
    let root = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    if let Some(root) = root {
        let style = root.style();
        // A refusal leaves the default colour, which is a fine one.
        let _ = style.set_property("--brand-hue", &theme.hue.to_string());
        let _ = style.set_property("--brand-chroma", &theme.chroma.to_string());
    }
}

/// Where the widget is mounted, emptied of the shell's waiting words.
pub(crate) fn root() -> Option<HtmlElement> {
    let root = document().get_element_by_id("widget")?.dyn_into::<HtmlElement>().ok()?;
    root.set_text_content(None);
    Some(root)
}

/// Shows the newest line.
pub(crate) fn scroll_to_end(log: &Element) {
    log.set_scroll_top(log.scroll_height());
}

/// Moves the focus unless it is in another page or somebody is writing.
pub(crate) fn focus_gently(element: &HtmlElement) {
    let document = document();
    let writing = document
        .active_element()
        .and_then(|active| active.dyn_into::<HtmlTextAreaElement>().ok())
        .is_some_and(|field| !field.value().is_empty());
    if !writing && document.has_focus().unwrap_or(false) {
        // Focus is a help, not a need.
        let _ = element.focus();
    }
}

/// A moment as a clock on the wall shows it here.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let language = leptos::prelude::window().navigator().language().unwrap_or_else(|| "en".to_owned());
    let options = js_sys::Object::new();
    // Setting a key of a fresh object does not fail.
    let _ = js_sys::Reflect::set(&options, &"timeStyle".into(), &"short".into());
    js_sys::Date::new(&JsValue::from_f64(at.0 as f64)).to_locale_string(&language, &options).into()
}

/// The page's own time, in milliseconds.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// The host name of the page around the widget.
pub(crate) fn parent_host() -> String {
    super::loader::parent_origin()
        .and_then(|origin| origin.split("//").nth(1).map(str::to_owned))
        .unwrap_or_default()
}
