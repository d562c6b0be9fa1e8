//! The line on top: who this is, how they can be reached, and the way out.

use super::can::{icon, them};
use crate::{
    effect::picture::{Picture, picture},
    page::{Act, Link, Page},
    screen::Screen,
    words,
};
use tincan_signaling::agent::Availability;

const HEAD: &str = concat!(
    r#"<div class="w__top"><header class="w__head"><span data-at="can"></span><div class="grow">"#,
    r#"<h1 class="w__title clip" data-at="name"></h1>"#,
    r#"<p class="w__sub"><span data-at="lamp"></span><span class="clip" data-at="sub"></span></p></div>"#,
    r#"<button class="w__close" type="button" aria-label="Close chat" data-at="close">"#,
    icon!("down", "ico"),
    r#"</button></header><p class="w__link" role="status" data-at="link" hidden></p></div>"#
);
const BACK: &str = concat!(
    r#"<header class="w__head"><button class="w__close" type="button" aria-label="Back" data-at="back">"#,
    icon!("left", "ico ico--flip"),
    r#"</button><h1 class="w__title grow" data-at="name"></h1>"#,
    r#"<button class="w__close" type="button" aria-label="Close chat" data-at="close">"#,
    icon!("down", "ico"),
    "</button></header>"
);

/// The tenant's name with how its people can be reached.
pub(crate) fn head(page: Page) -> Picture {
    let status = move || page.available.get().agent_status;
    let head = frame(page);
    let can = them("can can--brand", &words::initial(&page.boot.tenant));
    let dot = picture("<span></span>");
    dot.class("", move || match status() {
        Availability::Online => "can__dot can__dot--on",
        Availability::Busy => "can__dot can__dot--call",
        Availability::Offline => "can__dot",
    });
    can.put("", &dot);
    head.put("can", &can)
        .class("lamp", move || match status() {
            Availability::Online => "dot dot--go",
            Availability::Busy => "dot dot--warn",
            Availability::Offline => "dot dot--ring",
        })
        .pick("sub", move || words::availability(status(), page.available.get().voice_enabled));
    head
}

/// The same on the stage: whom the call is with.
pub(crate) fn stage_head(page: Page) -> Picture {
    let head = frame(page);
    head.words("sub", move || match page.screen.get() {
        Screen::Talking | Screen::Return => ["On a call with ", &page.them()].concat(),
        Screen::Elsewhere => "In a call".to_owned(),
        _ => "Calling from your browser".to_owned(),
    });
    head
}

/// A step with a way back.
pub(crate) fn back_head(page: Page, title: &str) -> Picture {
    let head = picture(BACK);
    head.text("name", title)
        .press("back", move || page.act(Act::Back))
        .press("close", move || page.act(Act::Close));
    head
}

fn frame(page: Page) -> Picture {
    let head = picture(HEAD);
    head.text("name", &page.boot.tenant)
        .press("close", move || page.act(Act::Close))
        .shown("link", move || link(page).is_some())
        .pick("link", move || link(page).unwrap_or_default());
    head
}

/// How the way to the server is, in words, when it is not simply there.
fn link(page: Page) -> Option<&'static str> {
    match (page.link.get(), page.screen.get()) {
        (Link::Up, _) => None,
        (Link::Connecting, _) => Some("Connecting…"),
        (Link::Lost, Screen::Talking) => {
            Some("No connection to the server. You can go on talking, we reconnect by ourselves.")
        }
        (Link::Lost, _) => Some("You are offline. We reconnect by ourselves, nothing you write is lost."),
        (Link::Over, _) => Some("This chat is no longer valid. Reload the page."),
    }
}
