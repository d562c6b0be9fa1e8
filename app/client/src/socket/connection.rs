//! Connecting, noticing that the network is gone, and coming back.

use super::{Channeling, Line, SocketConfig, SocketStatus, Wire, show_count};
use crate::page::{Listener, now_ms, random, window};
use reactive_graph::prelude::*;
use tincan_signaling::id::Topic;
use wasm_bindgen::JsCast;
use web_sys::{PageTransitionEvent, VisibilityState, WebSocket};

/// How long connecting may take.
const OPEN_MS: u32 = 8_000;
/// The usual time between two heartbeats.
const BEAT_MS: u32 = 25_000;
/// The time between two heartbeats in a call: a dead network is noticed within five seconds.
const LIVELY_BEAT_MS: u32 = 1_500;
/// The longest time between two tries in a call.
const LIVELY_RETRY_MS: u32 = 1_500;
/// How long a heartbeat may stay unanswered.
const ANSWER_MS: u32 = 3_000;

impl Line {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.get_untracked(), SocketStatus::SignedOut | SocketStatus::Closed)
    }

    pub(super) fn open(&self) {
        if self.is_over() || self.wire.borrow().is_some() {
            return;
        }
        self.retry.stop();
        self.status.set(SocketStatus::Connecting);
        self.ask_token();
        let SocketConfig { url, key, .. } = &self.config;
        let key = String::from(js_sys::encode_uri_component(key));
        let Ok(socket) = WebSocket::new(&format!("{url}?apikey={key}&vsn=2.0.0")) else {
            return self.lost();
        };
        let hear = |name, then: fn(&Self, &web_sys::Event)| {
            let line = self.own.clone();
            Listener::on(&socket, name, move |event| {
                if let Some(line) = line.upgrade() {
                    then(&line, &event);
                }
            })
        };
        let listeners = [
            hear("open", |line, _| line.opened()),
            hear("message", Self::heard),
            hear("close", |line, _| line.lost()),
        ];
        *self.wire.borrow_mut() = Some(Wire { socket, _listeners: listeners });
        self.heard_at_ms.set(now_ms());
        self.beat_after(OPEN_MS, |line| {
            if !line.is_up() {
                line.lost();
            }
        });
    }

    pub(super) fn opened(&self) {
        self.opened.set(self.opened.get() + 1);
        show_count("data-sockets", self.opened.get());
        self.heard_at_ms.set(now_ms());
        self.status.set(SocketStatus::Up);
        self.beat_after(self.beat_ms(), Self::beat);
        for topic in self.topics() {
            self.join(topic);
        }
    }

    /// The socket is gone, by its own word or by ours.
    pub(super) fn lost(&self) {
        let most_ms = if self.is_lively() { LIVELY_RETRY_MS } else { u32::MAX };
        let wait_ms = self.backoff.borrow_mut().next_ms(random(), most_ms);
        self.drop_wire();
        if self.is_over() {
            return;
        }
        self.status.set(SocketStatus::Down { retry_at_ms: now_ms() + f64::from(wait_ms) });
        let line = self.own.clone();
        self.retry.set(wait_ms, move || {
            if let Some(line) = line.upgrade() {
                line.open();
            }
        });
    }

    pub(super) fn drop_wire(&self) {
        self.beat.stop();
        let Some(wire) = self.wire.take() else { return };
        // A dead network would keep the closing handshake, and its event, for a minute.
        let Wire { socket, _listeners: listeners } = wire;
        drop(listeners);
        let _ = socket.close();
        for topic in self.topics() {
            self.set_state(topic, Channeling::Out);
            if let Some(member) = self.find(topic) {
                member.down();
            }
        }
    }

    pub(super) fn close(&self, status: SocketStatus) {
        self.status.set(status);
        self.retry.stop();
        self.renew.stop();
        self.drop_wire();
    }

    /// What the page tells about itself: back online, visible again, put away, taken out again.
    pub(super) fn watch_page(&self) {
        let Some(window) = window() else { return };
        let hear = |target: &web_sys::EventTarget, name, then: fn(&Self, &web_sys::Event)| {
            let line = self.own.clone();
            Listener::on(target, name, move |event| {
                if let Some(line) = line.upgrade() {
                    then(&line, &event);
                }
            })
        };
        let mut page = vec![
            hear(&window, "online", |line, _| line.hurry()),
            hear(&window, "pageshow", |line, _| line.hurry()),
            hear(&window, "pagehide", |line, event| {
                if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                    line.retry.stop();
                    line.drop_wire();
                }
            }),
        ];
        if let Some(document) = window.document() {
            page.push(hear(&document, "visibilitychange", |line, _| {
                let document = window_document();
                if document.is_some_and(|it| it.visibility_state() == VisibilityState::Visible) {
                    line.hurry();
                }
            }));
        }
        *self.page.borrow_mut() = page;
    }

    /// Something changed for the better: connect now, or find out now whether we still are.
    pub(super) fn hurry(&self) {
        if self.is_up() {
            self.beat();
        } else if self.wire.borrow().is_none() {
            self.backoff.borrow_mut().reset();
            self.open();
        }
    }

    pub(super) fn beat_ms(&self) -> u32 {
        if self.is_lively() { LIVELY_BEAT_MS } else { BEAT_MS }
    }

    /// Whether some channel is in a call.
    pub(super) fn is_lively(&self) -> bool {
        let lively = |topic: Topic| self.find(topic).is_some_and(|member| member.is_lively());
        self.topics().into_iter().any(lively)
    }

    /// A call began or ended: the next heartbeat may come sooner.
    pub(crate) fn pace(&self) {
        if self.is_up() {
            self.beat_after(self.beat_ms(), Self::beat);
        }
    }

    pub(super) fn beat(&self) {
        let sent_at = now_ms();
        if self.post("[null,\"0\",\"phoenix\",\"heartbeat\",{}]") {
            self.beat_after(ANSWER_MS, move |line| {
                if line.heard_at_ms.get() < sent_at {
                    line.lost();
                } else {
                    line.pace();
                }
            });
        } else {
            self.lost();
        }
    }

    pub(super) fn beat_after(&self, ms: u32, then: impl FnOnce(&Self) + 'static) {
        let line = self.own.clone();
        self.beat.set(ms, move || {
            if let Some(line) = line.upgrade() {
                then(&line);
            }
        });
    }
}

fn window_document() -> Option<web_sys::Document> {
    window()?.document()
}
