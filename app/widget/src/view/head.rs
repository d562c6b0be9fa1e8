//! The line on top: who this is, how they can be reached, and the way out.

use super::icon::icon;
use crate::{
    field::{flag, pick, press, text},
    page::{Act, Link, Page},
    screen::Screen,
    words,
};
use leptos::prelude::*;
use tincan_signaling::agent::Availability;

/// The tenant's name with how its people can be reached.
#[component]
pub(crate) fn Head(page: Page) -> impl IntoView {
    let status = move || page.available.get().agent_status;
    let dot = move || match status() {
        Availability::Online => "can__dot can__dot--on",
        Availability::Busy => "can__dot can__dot--call",
        Availability::Offline => "can__dot",
    };
    let lamp = move || match status() {
        Availability::Online => "dot dot--go",
        Availability::Busy => "dot dot--warn",
        Availability::Offline => "dot dot--ring",
    };
    let words = move || words::availability(status(), page.available.get().voice_enabled);
    view! {
        <header class="w__head">
            <span class="can can--brand" aria-hidden="true">
                {words::initial(&page.boot.tenant)} <span class=pick(dot)></span>
            </span>
            <div class="grow">
                <h1 class="w__title clip">{page.boot.tenant.as_str()}</h1>
                <p class="w__sub"><span class=pick(lamp)></span>{pick(words)}</p>
            </div>
            {close(page)}
        </header>
        {link(page)}
    }
}

/// The same on the stage: whom the call is with.
#[component]
pub(crate) fn StageHead(page: Page) -> impl IntoView {
    let sub = move || match page.screen.get() {
        Screen::Talking | Screen::Return => ["On a call with ", &page.them()].concat(),
        Screen::Elsewhere => "In a call".to_owned(),
        _ => "Calling from your browser".to_owned(),
    };
    view! {
        <header class="w__head">
            <div class="grow">
                <h1 class="w__title clip">{page.boot.tenant.as_str()}</h1>
                <p class="w__sub clip">{text(sub)}</p>
            </div>
            {close(page)}
        </header>
        {link(page)}
    }
}

/// A step with a way back.
#[component]
pub(crate) fn BackHead(page: Page, title: &'static str) -> impl IntoView {
    view! {
        <header class="w__head">
            <button class="w__close" type="button" aria-label="Back" on:click=press(move || page.act(Act::Back))>
                {icon("left", "ico ico--flip")}
            </button>
            <h1 class="w__title grow">{title}</h1>
            {close(page)}
        </header>
    }
}

fn close(page: Page) -> impl IntoView {
    view! {
        <button class="w__close" type="button" aria-label="Close chat" on:click=press(move || page.act(Act::Close))>
            {icon("down", "ico")}
        </button>
    }
}

/// How the way to the server is, in words, when it is not simply there.
fn link(page: Page) -> impl IntoView {
    let words = move || match (page.link.get(), page.screen.get()) {
        (Link::Up, _) => None,
        (Link::Connecting, _) => Some("Connecting…"),
        (Link::Lost, Screen::Talking) => {
            Some("No connection to the server. You can go on talking, we reconnect by ourselves.")
        }
        (Link::Lost, _) => Some("You are offline. We reconnect by ourselves, nothing you write is lost."),
        (Link::Over, _) => Some("This chat is no longer valid. Reload the page."),
    };
    view! {
        <p class="w__link" role="status" hidden=flag(move || words().is_none())>
            {pick(move || words().unwrap_or_default())}
        </p>
    }
}
