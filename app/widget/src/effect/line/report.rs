//! What the host page is told: the launcher's look, and the events of the embed API.

use super::{Line, Wire};
use crate::{
    effect::{dom, loader},
    field::watch,
    page::Page,
    screen::Screen,
};
use reactive_graph::prelude::*;
use std::cell::Cell;
use tincan_signaling::{
    Refusal,
    agent::Availability,
    call::{Call, CallState},
    event::Entry,
};
use wasm_bindgen::JsValue;

thread_local! {
    static UNREAD: Cell<u32> = const { Cell::new(0) };
}

/// Watches the page for the loader's sake.
pub(super) fn wire(line: &Line, wire: &Wire) {
    let page = line.page;
    availability(page);
    let joined = wire.room.joined();
    launcher(page, move || joined.get());
    call_events(page);
    watch(move || {
        if page.open.get() {
            UNREAD.set(0);
        }
    });
}

fn availability(page: Page) {
    watch(move || {
        let now = page.available.get();
        let status = match now.agent_status {
            Availability::Online => "online",
            Availability::Busy => "busy",
            Availability::Offline => "offline",
        };
        loader::event(
            "availability",
            &[("agent_status", text(status)), ("voice_enabled", JsValue::from_bool(now.voice_enabled))],
        );
    });
}

/// What the launcher shows, and what the loader keeps for the next page.
fn launcher(page: Page, joined: impl Fn() -> bool + 'static) {
    watch(move || {
        if !joined() {
            return;
        }
        let live = match page.screen.get() {
            Screen::Talking => "talk",
            Screen::Ringing | Screen::Asked | Screen::Incoming => "ring",
            Screen::Return => "back",
            Screen::Elsewhere => "else",
            Screen::Chat | Screen::Before | Screen::Problem(_) | Screen::Over => "",
        };
        let id = page.call.with(|call| call.id().filter(|_| call.is_live()));
        let leg = page.leg.get().or_else(|| page.former.get());
        let mut fields = Vec::with_capacity(4);
        if let (false, Some(id)) = (live.is_empty(), id) {
            fields.extend([("live", text(live)), ("id", text(&id.to_string()))]);
            if let Some(leg) = leg {
                fields.push(("leg", text(&leg.to_string())));
            }
            if let Some(talked) = page.call.with(|call| call.talked(page.now.now())) {
                fields.push(("since", JsValue::from_f64(dom::now_ms() - talked.as_millis() as f64)));
            }
        }
        loader::say("call", &fields);
    });
}

fn call_events(page: Page) {
    let mut last = CallState::Idle;
    watch(move || {
        let (state, id) = page.call.with(|call| (call.state(), call.id()));
        let was = std::mem::replace(&mut last, state);
        let Some(id) = id else { return };
        let id = ("call_id", text(&id.to_string()));
        match state {
            CallState::Ringing if was != state => loader::event("call:ringing", &[id]),
            CallState::Active
                if matches!(was, CallState::Idle | CallState::Ringing | CallState::Connecting) =>
            {
                loader::event("call:connected", &[id]);
            }
            // A call that was over before this page was there is no news.
            CallState::Ended if !matches!(was, CallState::Idle | CallState::Ended) => ended(page, id),
            _ => {}
        }
    });
}

fn ended(page: Page, id: (&str, JsValue)) {
    page.call.peek(|call| {
        let Call::Ended(ended) = call else { return };
        let talked = call.talked(ended.at).map_or(0.0, |talked| talked.as_millis() as f64);
        let reason = ("reason", text(ended.reason.as_str()));
        loader::event("call:ended", &[id, reason, ("duration_ms", JsValue::from_f64(talked))]);
    });
}

/// Somebody else wrote; the host page learns that, not what.
pub(super) fn message(entry: &Entry) {
    loader::event("message", &[("id", text(&entry.id.to_string())), ("from", text(&entry.from.name))]);
}

/// So many more lines came while the widget was closed.
pub(super) fn unread(news: u32) {
    let count = UNREAD.get() + news;
    UNREAD.set(count);
    loader::say("unread", &[("count", JsValue::from_f64(count.into()))]);
}

/// Something was refused.
pub(super) fn error(refusal: &Refusal) {
    let retryable = refusal.retry_after_ms.is_some() || refusal.code == tincan_signaling::Code::Unavailable;
    loader::event(
        "error",
        &[
            ("code", text(refusal.code.as_str())),
            ("message", text(&crate::words::refusal(refusal))),
            ("retryable", JsValue::from_bool(retryable)),
        ],
    );
}

fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}
