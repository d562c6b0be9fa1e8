//! The conversation: what can be done now, what was said, and the field to write in.

use super::{
    can::{SLACK, icon, me, them},
    head::head,
};
use crate::{
    effect::{
        dom,
        picture::{Picture, picture},
    },
    field::watch,
    page::{Act, Page},
    timeline::{Item, Timeline},
    words,
};
use tincan_client::wall_clock;
use tincan_signaling::agent::Availability;

const CHAT: &str = concat!(
    r#"<div class="w__chat"><div class="w__offer" data-at="offer"></div>"#,
    r#"<div class="w__log" role="log" aria-label="Conversation" tabindex="0">"#,
    r#"<p class="w__empty" data-at="empty" hidden>Write to us, and somebody answers here. "#,
    r#"Your messages stay when you change the page.</p>"#,
    r#"<div class="w__lines" data-at="lines"></div>"#,
    r#"<p class="msg__meta msg__meta--read" data-at="read" hidden>Read</p>"#,
    r#"<p class="w__typing" role="status" data-at="typing"></p></div>"#,
    r#"<p class="w__notice" role="status" data-at="unsent" hidden></p>"#,
    r#"<form class="w__compose" data-at="form"><textarea rows="1" aria-label="Message" "#,
    r#"placeholder="Write a message" maxlength="4000" data-focus data-at="draft"></textarea>"#,
    r#"<button class="w__send" type="submit" aria-label="Send" data-at="send">"#,
    icon!("send", "ico"),
    "</button></form></div>"
);
const BAR: &str = concat!(
    r#"<button class="w__call stage" type="button">"#,
    icon!("phone", "ico ico--sm ico--solid"),
    r#"<span class="grow">Back to the call</span><span class="num" data-at="time"></span></button>"#
);
const OFFER: &str = concat!(
    r#"<section class="offer" aria-label="Talk to us"><div class="line" data-at="line"></div>"#,
    r#"<button type="button" data-at="call">"#,
    icon!("phone", "ico ico--solid"),
    r#"Call</button><p class="offer__text" role="status" data-at="words"></p></section>"#
);
const LINE: &str = r#"<div><div class="msg__body" dir="auto" data-at="text"></div><span class="msg__meta num" data-at="meta"></span></div>"#;
const EVENT: &str = concat!(
    r#"<p class="event">"#,
    icon!("phone", "ico"),
    r#"<span class="num" data-at="words"></span></p>"#
);

/// The chat screen; in a call it stands in front of the stage and shows the way back.
pub(crate) fn chat(page: Page) -> Vec<Picture> {
    let chat = picture(CHAT);
    chat.holds("offer", move || {
        if page.chatting.get() {
            vec![bar(page)]
        } else if page.available.get().voice_enabled {
            vec![offer(page)]
        } else {
            Vec::new()
        }
    });
    log(page, &chat);
    compose(page, &chat);
    vec![head(page), chat]
}

/// The way back to the call.
fn bar(page: Page) -> Picture {
    let bar = picture(BAR);
    bar.press("", move || page.chatting.set(false))
        .words("time", move || words::clock(page.talked().unwrap_or_default()));
    bar
}

/// What the visitor can do now: exactly one main action.
fn offer(page: Page) -> Picture {
    let status = move || page.available.get().agent_status;
    let offer = picture(OFFER);
    offer
        .put("line", &me("can can--rim"))
        .put("line", &picture(SLACK))
        .put("line", &them("can can--rim", &words::initial(&page.boot.tenant)))
        .class("call", move || match status() {
            Availability::Online => "btn btn--lg btn--block btn--primary",
            Availability::Busy | Availability::Offline => "btn btn--lg btn--block",
        })
        .press("call", move || page.act(Act::Call))
        .words("words", move || {
            page.notice.get().unwrap_or_else(|| {
                match status() {
                    Availability::Online => "Free, in your browser. No phone number needed.",
                    Availability::Busy => "All our people are on calls right now.",
                    Availability::Offline => "Nobody can take calls right now. Write to us here.",
                }
                .to_owned()
            })
        });
    offer
}

fn log(page: Page, chat: &Picture) {
    let empty =
        move || page.timeline.with(|timeline| timeline.items.is_empty()) && page.pending.with(Vec::is_empty);
    chat.shown("empty", empty)
        .holds("lines", move || {
            let waiting = page.pending.get();
            let waiting = waiting.iter().map(|text| line("msg msg--me", text, "Sending…"));
            page.timeline.with(|timeline| timeline.items.iter().map(item).chain(waiting).collect())
        })
        .shown("read", move || page.timeline.with(Timeline::last_is_read))
        .words("typing", move || {
            page.typing.get().map(|name| [&name, " is typing…"].concat()).unwrap_or_default()
        });
    watch(move || {
        page.timeline.track();
        page.typing.track();
        page.pending.track();
        page.link.track();
        dom::scroll_to_end();
    });
}

fn item(item: &Item) -> Picture {
    match item {
        Item::Text(said) if said.mine => line("msg msg--me", &said.text, &wall_clock(said.at)),
        Item::Text(said) => line("msg", &said.text, &[&said.name, ", ", &wall_clock(said.at)].concat()),
        Item::Call { talked, .. } => {
            let event = picture(EVENT);
            match talked {
                Some(talked) => event.text("words", &["Call, ", &words::clock(*talked)].concat()),
                None => event.text("words", "Call, not connected"),
            };
            event
        }
    }
}

fn line(class: &'static str, text: &str, meta: &str) -> Picture {
    let line = picture(LINE);
    line.set("", "class", class).text("text", text).text("meta", meta);
    line
}

fn compose(page: Page, chat: &Picture) {
    chat.shown("unsent", move || page.unsent.get().is_some())
        .words("unsent", move || page.unsent.get().unwrap_or_default())
        .on("form", "submit", move |event| {
            event.prevent_default();
            page.act(Act::Send);
        })
        .value("draft", move || page.draft.get())
        .on("draft", "input", move |event| {
            page.draft.set(dom::value_of(&event));
            page.act(Act::Typing);
        })
        .on("draft", "keydown", move |event| {
            if dom::is_bare_enter(&event) {
                event.prevent_default();
                page.act(Act::Send);
            }
        })
        .attribute("send", "disabled", move || {
            page.draft.with(|draft| draft.trim().is_empty()).then_some("")
        });
}
