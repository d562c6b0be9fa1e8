//! The screens. They read signals and name acts; they decide nothing.
#![expect(unreachable_pub, reason = "the component macro makes every component `pub`")]

mod away;
mod before;
mod call;
mod chat;
mod head;
mod icon;
mod incoming;
mod over;
mod problem;

use crate::{
    effect::dom,
    field::{Field, part, pick, watch},
    page::Page,
    screen::Screen,
};
use away::Away;
use before::Before;
use call::{Ringing, Talking};
use chat::Chat;
use incoming::Incoming;
use leptos::prelude::*;
use over::Over;
use problem::Problem;

/// The whole widget: one screen at a time.
#[component]
pub(crate) fn Widget(page: Page) -> impl IntoView {
    // The chat stays the same element while an agent's call rings over it: nobody loses a focus.
    let shown = Field::of(page.screen.now(), move || match page.screen.get() {
        Screen::Incoming => Screen::Chat,
        Screen::Talking | Screen::Return | Screen::Elsewhere if page.chatting.get() => Screen::Chat,
        other => other,
    });
    let body = move || match shown.get() {
        Screen::Chat | Screen::Incoming => view! { <Chat page /> }.into_any(),
        Screen::Before => view! { <Before page /> }.into_any(),
        Screen::Problem(problem) => view! { <Problem page problem /> }.into_any(),
        Screen::Asked => view! { <Ringing page asked=true /> }.into_any(),
        Screen::Ringing => view! { <Ringing page asked=false /> }.into_any(),
        Screen::Talking => view! { <Talking page /> }.into_any(),
        Screen::Return => view! { <Away page elsewhere=false /> }.into_any(),
        Screen::Elsewhere => view! { <Away page elsewhere=true /> }.into_any(),
        Screen::Over => view! { <Over page /> }.into_any(),
    };
    let rings = Field::of(false, move || page.screen.get() == Screen::Incoming);
    let class = move || if shown.get().is_stage() { "w stage" } else { "w" };
    let over = move || if rings.get() { view! { <Incoming page /> }.into_any() } else { ().into_any() };
    watch(move || {
        shown.track();
        rings.track();
        if page.open.get() {
            dom::focus_soon();
        }
    });
    view! {
        <main class=pick(class)>
            {part(body)}
            {part(over)}
        </main>
    }
}
