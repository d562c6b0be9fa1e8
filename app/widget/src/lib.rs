//! The visitor's widget: its own small wasm entry, without router and without dashboard code.
//!
//! Pure parts: [`words`] says everything, [`screen`] decides what is shown, [`timeline`] orders what
//! was said. [`page`] holds the fields, [`view`] shows them, and only [`effect`] touches the browser.

mod boot;
mod effect;
mod field;
mod page;
mod screen;
mod timeline;
mod view;
mod words;

use any_spawner::Executor;
use effect::{dom, line};
use page::{Act, Page};
use reactive_graph::owner::Owner;
use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the widget in the page's shell. Without a readable shell the waiting words stay.
#[wasm_bindgen(start)]
pub fn start() {
    let (Some(boot), Some(root)) = (dom::boot(), dom::root()) else { return };
    // Started once; a second start would be refused, and nothing is lost by it.
    let _ = Executor::init_wasm_bindgen();
    dom::dress(boot.theme);
    // All of this is for the life of the page.
    let boot = Box::leak(Box::new(boot));
    let owner = Owner::new();
    owner.with(|| {
        let page = Page::new(boot);
        line::start(page);
        dom::on_escape(move || page.act(Act::Close));
        view::widget(page).mount(&root);
    });
    std::mem::forget(owner);
}
