//! The visitor's widget: its own small wasm entry, without router and without dashboard code.
//!
//! Pure parts: [`words`] says everything, [`screen`] decides what is shown, [`timeline`] orders what
//! was said. [`page`] holds the signals, `view` draws them, and only `effect` touches the browser.

mod boot;
mod effect;
mod field;
mod page;
mod screen;
mod timeline;
mod view;
mod words;

use leptos::{ev, mount::mount_to, prelude::*};
use page::{Act, Page};
use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the widget in the page's shell. Without a readable shell the waiting words stay.
#[wasm_bindgen(start)]
pub fn start() {
    let (Some(boot), Some(root)) = (effect::dom::boot(), effect::dom::root()) else { return };
    effect::dom::dress(boot.theme);
    // For the life of the page.
    let boot = Box::leak(Box::new(boot));
    mount_to(root, move || root_view(Page::new(boot))).forget();
}

fn root_view(page: Page) -> impl IntoView {
    effect::line::start(page);
    let _ = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() {
            page.act(Act::Close);
        }
    });
    view! { <view::Widget page /> }
}
