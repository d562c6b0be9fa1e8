//! A call that stories are told to, and the words they are told in.

use std::time::Duration;
use tincan_signaling::{
    call::{Call, CallState, Effect},
    code::Code,
    event::{Event, MediaKind, MediaReport, Path, Role, Rung, Sender},
    id::{CallId, LegId, Sub, Timestamp},
    reason::EndReason,
};
use uuid::Uuid;

pub(crate) const START: Timestamp = Timestamp(1_000_000);

pub(crate) fn sub(number: u128) -> Sub {
    Sub(Uuid::from_u128(number))
}
pub(crate) fn leg(number: u128) -> LegId {
    LegId(Uuid::from_u128(0x1e6_0000 + number))
}
pub(crate) fn call(number: u128) -> CallId {
    CallId(Uuid::from_u128(0xca11_0000 + number))
}
pub(crate) fn visitor() -> Sender {
    Sender { sub: sub(1), role: Role::Visitor, name: "Visitor 1".into(), leg: None }
}
pub(crate) fn agent(number: u128) -> Sender {
    Sender { sub: sub(number), role: Role::Agent, name: format!("Agent {number}"), leg: None }
}
pub(crate) fn rung(number: u128) -> Rung {
    Rung { sub: sub(number), name: format!("Agent {number}") }
}

/// A call and the time of day.
pub(crate) struct Line {
    pub(crate) call: Call,
    pub(crate) now: Timestamp,
}

impl Line {
    /// Visitor 1 calls while these agents are ready.
    pub(crate) fn ringing(agents: &[u128]) -> Self {
        let mut line = Self { call: Call::Idle, now: START };
        line.say(&visitor(), request(call(1), agents, false));
        line
    }

    /// Visitor 1 talks to agent 10, legs 1 and 10; media is up on both.
    pub(crate) fn active() -> Self {
        let mut line = Self::accepted();
        for number in [1, 10] {
            line.up(number);
        }
        line
    }

    pub(crate) fn accepted() -> Self {
        let mut line = Self::ringing(&[10, 11]);
        line.say(&agent(10), Event::CallAccept { call_id: call(1), leg: Some(leg(10)) });
        line
    }

    pub(crate) fn say(&mut self, from: &Sender, event: Event) -> Vec<Effect> {
        let (call, effects) = std::mem::take(&mut self.call).step(from, &event, self.now);
        self.call = call;
        effects
    }

    pub(crate) fn system(&mut self, event: Event) -> Vec<Effect> {
        self.say(&Sender::system(), event)
    }

    pub(crate) fn up(&mut self, number: u128) -> Vec<Effect> {
        self.report(number, MediaReport::Up)
    }

    pub(crate) fn report(&mut self, number: u128, media: MediaReport) -> Vec<Effect> {
        let from = if number == 1 { visitor() } else { agent(number) };
        let path = Some(Path::Host);
        self.say(&from, Event::LegState { call_id: call(1), leg: Some(leg(number)), media, path })
    }

    /// Lets time pass and wakes the call, as the server does.
    pub(crate) fn wait(&mut self, duration: Duration) -> Vec<Effect> {
        self.now = self.now.after(duration);
        self.system(Event::CallTimeout { call_id: call(1) })
    }

    pub(crate) fn refused(&mut self, from: &Sender, event: Event) -> Code {
        let before = self.call.clone();
        let effects = self.say(from, event);
        assert_eq!(self.call, before, "a refusal changes nothing");
        match effects.as_slice() {
            [Effect::Refuse(refusal)] => refusal.code,
            other => panic!("expected one refusal, got {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn must_have_ended(&self, reason: EndReason) {
        match &self.call {
            Call::Ended(ended) => assert_eq!(ended.reason, reason),
            other => panic!("expected an end, got {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn must_be(&self, state: CallState) {
        assert_eq!(self.call.state(), state);
    }
}

pub(crate) fn request(call_id: CallId, agents: &[u128], busy: bool) -> Event {
    Event::CallRequest {
        call_id,
        leg: Some(leg(1)),
        media: MediaKind::Audio,
        rung: agents.iter().copied().map(rung).collect(),
        busy,
        turn: false,
        ring_ms: 0,
    }
}
pub(crate) fn accept(number: u128) -> Event {
    Event::CallAccept { call_id: call(1), leg: Some(leg(number)) }
}
pub(crate) fn decline() -> Event {
    Event::CallDecline { call_id: call(1) }
}
pub(crate) fn cancel() -> Event {
    Event::CallCancel { call_id: call(1) }
}
pub(crate) fn hangup() -> Event {
    Event::Hangup { call_id: call(1) }
}
pub(crate) fn changed(add: &[u128], drop: &[u128], busy: bool) -> Event {
    Event::RungChanged {
        call_id: call(1),
        add: add.iter().copied().map(rung).collect(),
        drop: drop.iter().copied().map(sub).collect(),
        busy,
    }
}
pub(crate) fn join(number: u128, replaces: Option<u128>) -> Event {
    Event::LegJoin { call_id: call(1), leg: Some(leg(number)), replaces: replaces.map(leg) }
}
pub(crate) fn lost(number: u128) -> Event {
    Event::LegLost { call_id: call(1), leg: leg(number) }
}
pub(crate) fn back(number: u128) -> Event {
    Event::LegBack { call_id: call(1), leg: leg(number) }
}
