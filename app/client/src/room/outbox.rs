//! What was said and is not confirmed yet. Nothing is lost when the socket is, and nothing is
//! doubled: messages carry their id, and a call event is said again only while the call, as folded
//! after the return, does not show it yet.

use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::Event,
    id::{CallId, EventId, Sub},
};

/// Names one item of the outbox.
pub(crate) type Key = u32;

/// How the room can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Down,
    /// The join was sent and is not answered: what is new may follow it.
    Joining,
    /// All that was missed has been folded.
    Synced,
}

/// What to do with an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Send(Key, Event),
    Settle(Key, Result<(), Refusal>),
}

#[derive(Debug)]
struct Item {
    key: Key,
    event: Event,
    /// The ref it is under way with.
    sent: Option<String>,
    tried: bool,
}

/// Everything not confirmed, in the order it was said.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    items: Vec<Item>,
    next: Key,
}

impl Outbox {
    /// Takes an event in. A newer report of a leg's media or switches takes the place of an older
    /// one that is not under way.
    pub(crate) fn put(&mut self, event: Event) -> (Key, Vec<Step>) {
        let mut settled = Vec::new();
        if matches!(event, Event::Media { .. } | Event::LegState { .. } | Event::Read { .. }) {
            let same = std::mem::discriminant(&event);
            self.items.retain(|item| {
                let old = item.sent.is_none() && std::mem::discriminant(&item.event) == same;
                if old {
                    settled.push(Step::Settle(item.key, Ok(())));
                }
                !old
            });
        }
        self.next += 1;
        self.items.push(Item { key: self.next, event, sent: None, tried: false });
        (self.next, settled)
    }

    /// What can be done now. Whoever sends one says so with [`Outbox::sent`].
    pub(crate) fn due(&mut self, link: Link, call: &Call, me: Sub) -> Vec<Step> {
        let mut steps = Vec::new();
        self.items.retain(|item| {
            if item.sent.is_some() || link == Link::Down || (link == Link::Joining && item.tried) {
                return true;
            }
            let again = if item.tried { again(&item.event, call, me) } else { Again::Send };
            match again {
                Again::Send => {
                    steps.push(Step::Send(item.key, item.event.clone()));
                    true
                }
                Again::Settled(outcome) => {
                    steps.push(Step::Settle(item.key, outcome));
                    false
                }
            }
        });
        steps
    }

    /// The item went out under this ref.
    pub(crate) fn sent(&mut self, key: Key, reference: String) {
        if let Some(item) = self.items.iter_mut().find(|item| item.key == key) {
            item.sent = Some(reference);
            item.tried = true;
        }
    }

    /// The server answered. What only had to wait stays, and the wait in milliseconds comes back:
    /// a message over the rate, anything said while the room could not be reached.
    pub(crate) fn reply(
        &mut self,
        reference: &str,
        outcome: Result<(), Refusal>,
    ) -> Option<Result<Step, u64>> {
        let index = self.items.iter().position(|item| item.sent.as_deref() == Some(reference))?;
        if let Err(Refusal { code, retry_after_ms: Some(wait_ms), .. }) = outcome
            && (code == Code::Unavailable || matches!(self.items[index].event, Event::Message { .. }))
        {
            self.items[index].sent = None;
            return Some(Err(wait_ms));
        }
        let item = self.items.remove(index);
        Some(Ok(Step::Settle(item.key, outcome)))
    }

    /// The message came back in the log, with or without an answer.
    pub(crate) fn confirm(&mut self, message: EventId) -> Option<Step> {
        let index = self
            .items
            .iter()
            .position(|item| matches!(item.event, Event::Message { id, .. } if id == message))?;
        let item = self.items.remove(index);
        Some(Step::Settle(item.key, Ok(())))
    }

    /// Takes a call's request back. Says whether it was ever under way: then it may have arrived.
    pub(crate) fn withdraw(&mut self, call_id: CallId) -> Option<(bool, Step)> {
        let index = self.items.iter().position(
            |item| matches!(item.event, Event::CallRequest { call_id: asked, .. } if asked == call_id),
        )?;
        let item = self.items.remove(index);
        let withdrawn = Refusal::new(Code::WrongState, "The call was cancelled.");
        Some((item.tried, Step::Settle(item.key, Err(withdrawn))))
    }

    /// The socket is gone, and with it every answer.
    pub(crate) fn down(&mut self) {
        for item in &mut self.items {
            item.sent = None;
        }
    }

    /// The room stays closed to us.
    pub(crate) fn deny(&mut self, refusal: &Refusal) -> Vec<Step> {
        self.items.drain(..).map(|item| Step::Settle(item.key, Err(refusal.clone()))).collect()
    }

    /// The messages not confirmed yet, oldest first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (EventId, &str)> {
        self.items.iter().filter_map(|item| match &item.event {
            Event::Message { id, text } => Some((*id, text.as_str())),
            _ => None,
        })
    }
}

enum Again {
    Send,
    Settled(Result<(), Refusal>),
}

/// Whether an event whose answer was lost still needs saying, now that the call is known.
fn again(event: &Event, call: &Call, me: Sub) -> Again {
    let done = Again::Settled(Ok(()));
    let refused = |code, reason: &str| Again::Settled(Err(Refusal::new(code, reason)));
    let same = event.call_id().is_some() && event.call_id() == call.id();
    match event {
        Event::Message { .. } | Event::Read { .. } => Again::Send,
        Event::CallRequest { leg, .. } => {
            if same || leg.is_some_and(|leg| call.leg(leg).is_some()) {
                done
            } else if call.is_live() {
                refused(Code::WrongState, "There is a call in this room already.")
            } else {
                Again::Send
            }
        }
        Event::CallAccept { leg, .. } => match call {
            Call::Ringing(_) if same => Again::Send,
            Call::Accepted(_) if same && leg.is_some_and(|leg| call.leg(leg).is_some()) => done,
            Call::Accepted(accepted) if same => Again::Settled(Err(Refusal::taken(&accepted.answered_name))),
            _ => refused(Code::WrongState, "The call has ended."),
        },
        Event::CallDecline { .. } if same && call.is_rung(me) => Again::Send,
        Event::CallCancel { .. } | Event::Hangup { .. } | Event::CallTransfer { .. }
            if same && call.is_live() =>
        {
            Again::Send
        }
        Event::LegJoin { leg, replaces, .. } => {
            let there = |leg: &Option<_>| leg.is_some_and(|leg| call.leg(leg).is_some());
            match replaces {
                Some(_) if same && there(leg) => done,
                Some(_) if same && there(replaces) => Again::Send,
                None if same && there(leg) => Again::Send,
                _ => refused(Code::UnknownLeg, "There is no such leg in this call."),
            }
        }
        Event::LegState { leg, .. } | Event::Media { leg, .. }
            if same && leg.is_some_and(|leg| call.leg(leg).is_some()) =>
        {
            Again::Send
        }
        Event::CallDecline { .. }
        | Event::CallCancel { .. }
        | Event::Hangup { .. }
        | Event::LegState { .. }
        | Event::Media { .. }
        | Event::CallTransfer { .. }
        | Event::CallTimeout { .. }
        | Event::LegLost { .. }
        | Event::LegBack { .. }
        | Event::RungChanged { .. }
        | Event::CallEnd { .. } => done,
    }
}

#[cfg(test)]
// Named, since the relay's simulator compiles this file too.
#[path = "outbox/tests.rs"]
mod tests;
