//! The screens. They follow fields and name acts; they decide nothing.

mod away;
mod before;
mod call;
mod can;
mod chat;
mod head;
mod incoming;
mod over;
mod problem;

use crate::{
    effect::{
        dom,
        picture::{Picture, picture},
    },
    field::{Field, watch},
    page::Page,
    screen::Screen,
};

const WIDGET: &str =
    r#"<main><div class="w__screen" data-at="screen"></div><div data-at="over"></div></main>"#;

/// The whole widget: one screen at a time.
pub(crate) fn widget(page: Page) -> Picture {
    // The chat stays the same element while an agent's call rings over it: nobody loses a focus.
    let shown = Field::of(Screen::Chat, move || match page.screen.get() {
        Screen::Incoming => Screen::Chat,
        Screen::Talking | Screen::Return | Screen::Elsewhere if page.chatting.get() => Screen::Chat,
        other => other,
    });
    let rings = Field::of(false, move || page.screen.get() == Screen::Incoming);
    watch(move || {
        shown.track();
        rings.track();
        if page.open.get() {
            dom::focus_soon();
        }
    });
    let widget = picture(WIDGET);
    widget
        .class("", move || if shown.get().is_stage() { "w stage" } else { "w" })
        .holds("screen", move || match shown.get() {
            Screen::Chat | Screen::Incoming => chat::chat(page),
            Screen::Before => before::before(page),
            Screen::Problem(cause) => problem::problem(page, cause),
            Screen::Asked => call::ringing(page, true),
            Screen::Ringing => call::ringing(page, false),
            Screen::Talking => call::talking(page),
            Screen::Return => away::away(page, false),
            Screen::Elsewhere => away::away(page, true),
            Screen::Over => over::over(page),
        })
        .holds("over", move || if rings.get() { vec![incoming::incoming(page)] } else { Vec::new() });
    widget
}
