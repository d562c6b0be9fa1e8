//! The theme on the document's root, and its cookie.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;

/// Whether the page is dark now, by choice or by the system.
pub(crate) fn is_dark() -> bool {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    match chosen.as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => {
            let dark = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
            dark.is_some_and(|query| query.matches())
        }
    }
}

/// Shows this theme and remembers it, so that the next page comes with it.
pub(crate) fn choose(theme: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme);
    }
    let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    let _ = document().unchecked_into::<web_sys::HtmlDocument>().set_cookie(&cookie);
}
