//! The room as the socket sees it: what it hears is folded and shown, what was said is sent.

use super::{
    Inner, News, Pending, Watcher,
    ledger::{Adopted, Taken},
    outbox::{Link, Step},
};
use crate::socket::Member;
use futures::channel::oneshot;
use reactive_graph::prelude::*;
use std::{
    any::Any,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::{Entry, Event, Sender, Signal as Addressed},
    id::Topic,
    json::{self, Raw, Small},
    wire::{Broadcast, BroadcastConfig, Join, JoinConfig, Joined, Snapshot, Typing},
};

/// How long somebody counts as typing after the last word of it.
const TYPING_MS: u32 = 4_000;

impl Inner {
    pub(super) fn send(&self, event: &str, payload: &str) -> Option<String> {
        self.line.broadcast(Topic::Room(self.session), event, payload)
    }

    pub(super) fn push(&self, event: Event) -> oneshot::Receiver<Result<(), Refusal>> {
        let (answer, answered) = oneshot::channel();
        let is_message = matches!(event, Event::Message { .. });
        let (key, settled) = self.outbox.borrow_mut().put(event);
        self.answers.borrow_mut().insert(key, answer);
        self.take(settled);
        self.flush();
        if is_message {
            self.show_pending();
        }
        answered
    }

    /// Sends what can be sent now.
    pub(super) fn flush(&self) {
        let call = self.ledger.borrow().call();
        let steps = self.outbox.borrow_mut().due(self.link.get(), &call, self.line.config.me);
        self.take(steps);
    }

    pub(super) fn take(&self, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            match step {
                Step::Send(key, event) => {
                    if let Some(reference) = self.send(event.name(), &event.to_json(None)) {
                        self.outbox.borrow_mut().sent(key, reference);
                    }
                }
                Step::Settle(key, outcome) => {
                    let answer = self.answers.borrow_mut().remove(&key);
                    if let Some(answer) = answer {
                        // Whoever asked may have stopped waiting.
                        let _ = answer.send(outcome);
                    }
                }
            }
        }
    }

    pub(super) fn show_pending(&self) {
        let outbox = self.outbox.borrow();
        let pending = outbox.messages().map(|(id, text)| Pending { id, text: text.to_owned() });
        let pending: Vec<Pending> = pending.collect();
        drop(outbox);
        if self.pending.with_untracked(|old| *old != pending) {
            self.pending.set(pending);
        }
    }

    pub(super) fn show_call(&self) {
        let call = self.ledger.borrow().call();
        let (changed, pace) = self.call.with_untracked(|old| (*old != call, old.is_live() != call.is_live()));
        if changed {
            self.call.set(call);
            if pace {
                self.line.pace();
            }
            self.tell(&News::Call);
        }
    }

    pub(super) fn tell(&self, news: &News<'_>) {
        let watchers: Vec<Rc<Watcher>> = {
            let mut watchers = self.watchers.borrow_mut();
            watchers.retain(|watcher| watcher.strong_count() > 0);
            watchers.iter().filter_map(Weak::upgrade).collect()
        };
        for watcher in watchers {
            watcher(news);
        }
    }

    pub(super) fn entry(&self, entry: Entry, replayed: bool) {
        if !replayed {
            self.clock.hear(entry.at);
        }
        let taken = self.ledger.borrow_mut().entry(&entry);
        if taken == Taken::Hole {
            // While a join is under way the missing entries are coming already.
            if self.link.get() == Link::Synced {
                self.line.rejoin(Topic::Room(self.session));
            }
            return;
        }
        if self.timeline.with_untracked(|old| old.iter().rev().any(|held| held.id == entry.id)) {
            return;
        }
        if let Event::Message { id, .. } = &entry.event {
            let confirmed = self.outbox.borrow_mut().confirm(*id);
            self.take(confirmed);
            if self.typing.with_untracked(|who| who.as_ref().is_some_and(|who| who.sub == entry.from.sub)) {
                self.typing.set(None);
            }
        }
        let back = match &entry.event {
            Event::LegBack { leg, .. } if !replayed => Some(*leg),
            _ => None,
        };
        self.timeline.update(|timeline| timeline.push(entry));
        self.show_pending();
        if taken == Taken::Folded {
            self.show_call();
            if let Some(leg) = back {
                self.tell(&News::Back(leg));
            }
        }
    }

    pub(super) fn snapshot(&self, snapshot: Snapshot) {
        self.clock.hear(snapshot.at);
        let adopted = self.ledger.borrow_mut().snapshot(snapshot);
        if adopted == Adopted::Diverged {
            web_sys::console::debug_1(&"tincan: fold_divergence, the server's call was taken over".into());
        }
        self.show_call();
        if self.link.get() == Link::Joining {
            self.link.set(Link::Synced);
            self.joined.set(true);
            self.flush();
            self.tell(&News::Joined);
        }
        if adopted == Adopted::New {
            self.history_due.update(|due| *due += 1);
        }
    }

    pub(super) fn typing(&self, sender: Sender) {
        if sender.sub == self.line.config.me {
            return;
        }
        self.typing.set(Some(sender));
        let room = self.own.clone();
        self.typing_ends.set(TYPING_MS, move || {
            if let Some(room) = room.upgrade() {
                room.typing.set(None);
            }
        });
    }
}

impl Member for Inner {
    fn join(&self) -> Join {
        let replay = self.ledger.borrow().replay();
        let broadcast = BroadcastConfig { ack: true, own: true, replay };
        let config = JoinConfig { broadcast, private: true, ..JoinConfig::default() };
        Join { config, ..Join::default() }
    }

    fn joining(&self) {
        self.link.set(Link::Joining);
        self.outbox.borrow_mut().down();
        self.flush();
    }

    fn joined(&self, response: &str) -> bool {
        let Ok(joined) = json::read::<Joined>(response) else { return false };
        self.denied.set(None);
        self.clock.restart();
        self.ledger.borrow_mut().joined(&joined)
    }

    fn denied(&self, refusal: Refusal) {
        self.link.set(Link::Down);
        // A token that ended is renewed, a limit passes; anything else is an answer.
        if !matches!(refusal.code, Code::Unauthorized | Code::RateLimited) {
            let steps = self.outbox.borrow_mut().deny(&refusal);
            self.take(steps);
            self.show_pending();
        }
        self.joined.set(false);
        self.denied.set(Some(refusal));
    }

    fn down(&self) {
        self.link.set(Link::Down);
        self.outbox.borrow_mut().down();
        self.joined.set(false);
        self.typing.set(None);
    }

    fn reply(&self, reference: &str, outcome: Result<(), Refusal>) {
        let answer = self.outbox.borrow_mut().reply(reference, outcome);
        match answer {
            Some(Ok(step)) => {
                self.take([step]);
                self.show_pending();
            }
            Some(Err(wait_ms)) => {
                let room = self.own.clone();
                self.slowed.set(wait_ms.try_into().unwrap_or(u32::MAX), move || {
                    if let Some(room) = room.upgrade() {
                        room.flush();
                    }
                });
            }
            None => {}
        }
    }

    fn broadcast(&self, broadcast: &Broadcast<'_>) {
        let Raw(payload) = broadcast.payload;
        if let Some(entry) = Entry::from_broadcast(broadcast) {
            if let (Ok(entry), Some(meta)) = (entry, broadcast.meta) {
                self.entry(entry, meta.replayed);
            }
            return;
        }
        if let Some(Ok(signal)) = Addressed::parse::<Small>(&broadcast.event, payload) {
            return self.tell(&News::Signal(&signal));
        }
        match broadcast.event.as_str() {
            "call_state" => {
                if let Ok(snapshot) = json::read(payload) {
                    self.snapshot(snapshot);
                }
            }
            "typing" => {
                if let Ok(Typing { from }) = json::read(payload) {
                    self.typing(from);
                }
            }
            "availability" => {
                if let Ok(availability) = json::read(payload) {
                    self.availability.set(Some(availability));
                }
            }
            "refused" => {
                if let Ok(refused) = json::read(payload) {
                    self.refused.set(Some(refused));
                }
            }
            _ => {}
        }
    }

    fn is_lively(&self) -> bool {
        self.call.with_untracked(Call::is_live)
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.line.exit(Topic::Room(self.session), self);
    }
}
