//! The channels on one socket: joining, what is sent and what is heard.

use super::{
    Channel, Channeling, Line, Member,
    backoff::Backoff,
    down::{Down, What},
    show_count,
};
use crate::page::{now_ms, random};
use std::rc::{Rc, Weak};
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{self, Version},
    id::{TOPIC_PREFIX, Topic},
    json,
};
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, WebSocket};

/// How long a join may stay unanswered.
const JOIN_MS: u32 = 10_000;

impl Line {
    /// The member of this topic, if it is of this kind and held by somebody.
    pub(crate) fn member<M: Member + 'static>(&self, topic: Topic) -> Option<Rc<M>> {
        self.find(topic)?.as_any().downcast().ok()
    }

    /// Puts a member into a channel and joins as soon as possible.
    pub(crate) fn enter(&self, topic: Topic, member: Weak<dyn Member>) {
        let channel = Channel {
            member,
            state: Channeling::Out,
            join_ref: String::new(),
            known: false,
            backoff: Backoff::default(),
            retry: Rc::default(),
        };
        self.channels.borrow_mut().insert(topic, channel);
        self.join(topic);
    }

    /// Leaves the channel that this member is in; it may be somebody else's by now.
    pub(crate) fn exit<M>(&self, topic: Topic, member: &M) {
        let channel = {
            let mut channels = self.channels.borrow_mut();
            let own = std::ptr::from_ref(member).cast::<()>();
            match channels.get(&topic) {
                Some(channel) if channel.member.as_ptr().cast::<()>() == own => channels.remove(&topic),
                Some(_) | None => None,
            }
        };
        let Some(channel) = channel else { return };
        if channel.state != Channeling::Out {
            self.send(Some(&channel.join_ref), topic, "phx_leave", "{}");
        }
    }

    /// Joins again on the same socket: something is missing, or the token changed hands.
    pub(crate) fn rejoin(&self, topic: Topic) {
        if self.set_state(topic, Channeling::Out) {
            self.join(topic);
        }
    }

    /// Sends a broadcast into a channel that is joined or about to be; gives its ref.
    pub(crate) fn broadcast(&self, topic: Topic, event: &str, payload: &str) -> Option<String> {
        let join_ref = self.join_ref(topic)?;
        let payload = tincan_signaling::wire::broadcast(event, payload, None);
        self.send(Some(&join_ref), topic, "broadcast", &payload)
    }

    /// Sends a presence push into a channel that is joined or about to be.
    pub(crate) fn presence(&self, topic: Topic, payload: &str) -> Option<String> {
        let join_ref = self.join_ref(topic)?;
        self.send(Some(&join_ref), topic, "presence", payload)
    }

    pub(super) fn join_ref(&self, topic: Topic) -> Option<String> {
        let channels = self.channels.borrow();
        let channel = channels.get(&topic).filter(|channel| channel.state != Channeling::Out)?;
        Some(channel.join_ref.clone())
    }

    pub(super) fn find(&self, topic: Topic) -> Option<Rc<dyn Member>> {
        self.channels.borrow().get(&topic)?.member.upgrade()
    }

    pub(super) fn topics(&self) -> Vec<Topic> {
        self.channels.borrow().keys().copied().collect()
    }

    pub(super) fn set_state(&self, topic: Topic, state: Channeling) -> bool {
        let mut channels = self.channels.borrow_mut();
        let Some(channel) = channels.get_mut(&topic) else { return false };
        channel.state = state;
        true
    }

    pub(super) fn is_up(&self) -> bool {
        self.wire.borrow().as_ref().is_some_and(|wire| wire.socket.ready_state() == WebSocket::OPEN)
    }

    pub(super) fn send(
        &self,
        join_ref: Option<&str>,
        topic: Topic,
        event: &str,
        payload: &str,
    ) -> Option<String> {
        let number = self.next_ref.get() + 1;
        self.next_ref.set(number);
        let reference = number.to_string();
        let topic = format!("{TOPIC_PREFIX}{topic}");
        let join_ref = join_ref.unwrap_or(&reference);
        let text = frame::print(Version::V2, Some(join_ref), Some(&reference), &topic, event, payload);
        self.post(&text).then_some(reference)
    }

    pub(super) fn post(&self, text: &str) -> bool {
        let wire = self.wire.borrow();
        let Some(wire) = wire.as_ref() else { return false };
        wire.socket.ready_state() == WebSocket::OPEN && wire.socket.send_with_str(text).is_ok()
    }

    pub(super) fn heard(&self, event: &web_sys::Event) {
        self.heard_at_ms.set(now_ms());
        let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
        let Some(text) = text else { return };
        let Some(Down { join_ref, reference, topic, what }) = Down::parse(&text) else { return };
        let Ok(topic) = topic.parse::<Topic>() else { return };
        let Some(member) = self.find(topic) else { return };
        let (current, join) = {
            let channels = self.channels.borrow();
            let Some(channel) = channels.get(&topic) else { return };
            let current = join_ref.is_none_or(|join_ref| join_ref == channel.join_ref);
            (current, channel.join_ref.clone())
        };
        match what {
            What::Reply(outcome) if reference.as_deref() == Some(&join) => match outcome {
                Ok(response) => self.granted(topic, &*member, response),
                Err(refusal) => self.denied(topic, &*member, refusal),
            },
            What::Reply(outcome) => {
                if let Some(reference) = reference {
                    member.reply(&reference, outcome.map(|_| ()));
                }
            }
            What::Broadcast(broadcast) => member.broadcast(&broadcast),
            What::PresenceState(payload) => member.presence_state(payload),
            What::PresenceDiff(payload) => member.presence_diff(payload),
            What::Unauthorized => {
                self.token.take();
            }
            What::Closed if current => {
                self.set_state(topic, Channeling::Out);
                member.down();
                self.join_later(topic);
            }
            What::Closed | What::Other => {}
        }
    }

    /// Joins if there is a socket and a token; asks for a token if there is none.
    pub(super) fn join(&self, topic: Topic) {
        if !self.is_up() {
            return;
        }
        let Some(token) = self.token.borrow().clone() else { return self.ask_token() };
        let Some(member) = self.find(topic) else { return };
        let mut join = member.join();
        join.access_token = Some(token);
        join.page_url.clone_from(&self.config.page_url);
        let Ok(payload) = json::write(&join) else { return };
        let Some(reference) = self.send(None, topic, "phx_join", &payload) else { return };
        if let Some(channel) = self.channels.borrow_mut().get_mut(&topic) {
            channel.state = Channeling::Joining;
            channel.join_ref = reference;
        }
        self.join_unless_joined(topic, JOIN_MS);
        member.joining();
    }

    pub(super) fn join_later(&self, topic: Topic) {
        let wait_ms = self
            .channels
            .borrow_mut()
            .get_mut(&topic)
            .map(|channel| channel.backoff.next_ms(random(), u32::MAX));
        if let Some(wait_ms) = wait_ms {
            self.join_unless_joined(topic, wait_ms);
        }
    }

    /// Joins after a while, when nothing else has by then: a join was refused, or is not answered.
    fn join_unless_joined(&self, topic: Topic, wait_ms: u32) {
        let retry = self.channels.borrow().get(&topic).map(|channel| channel.retry.clone());
        let Some(retry) = retry else { return };
        let line = self.own.clone();
        retry.set(wait_ms, move || {
            let Some(line) = line.upgrade() else { return };
            let joined = line.channels.borrow().get(&topic).is_some_and(|it| it.state == Channeling::Joined);
            if !joined {
                line.rejoin(topic);
            }
        });
    }

    pub(super) fn granted(&self, topic: Topic, member: &dyn Member, response: &str) {
        self.backoff.borrow_mut().reset();
        let known = self.channels.borrow_mut().get_mut(&topic).is_some_and(|channel| {
            channel.state = Channeling::Joined;
            channel.backoff.reset();
            std::mem::replace(&mut channel.known, true)
        });
        if member.joined(response) && known {
            self.resumed.set(self.resumed.get() + 1);
            show_count("data-resumed", self.resumed.get());
        }
    }

    pub(super) fn denied(&self, topic: Topic, member: &dyn Member, refusal: Refusal) {
        self.set_state(topic, Channeling::Out);
        if matches!(refusal.code, Code::Unauthorized | Code::Forbidden) {
            // The next one may hold other rights.
            self.token.take();
        }
        member.denied(refusal);
        self.join_later(topic);
    }
}
