//! A room as one page holds it: the client's own ledger and outbox, with the little that stands
//! between them and the socket in `app/client/src/room/fold.rs` written once more without a browser.

use super::{
    client::{
        ledger::{Adopted, Ledger, Taken},
        outbox::{Key, Link, Outbox, Step},
    },
    truth::Truth,
};
use std::collections::{BTreeMap, BTreeSet};
use tincan_signaling::{
    Call,
    code::Refusal,
    event::{Body, Entry, Event, Signal},
    id::{CallId, Epoch, EventId, LegId, Seq, SessionId, Sub},
    json::{self, Small},
    wire::{Ack, Broadcast, BroadcastConfig, Join, JoinConfig, Joined, Snapshot},
};

pub(super) struct Seat {
    pub(super) session: SessionId,
    me: Sub,
    truth: Truth,
    pub(super) ledger: Ledger,
    pub(super) outbox: Outbox,
    pub(super) link: Link,
    said: BTreeMap<Key, Event>,
    /// This page's leg, from the moment it asked for one.
    pub(super) leg: Option<(CallId, LegId)>,
    epoch: Option<Epoch>,
    /// The last number taken in, since the room was last known without a gap.
    last: Option<Seq>,
    /// Every message seen or read from the history.
    pub(super) held: BTreeSet<EventId>,
    /// The last signal heard from each leg.
    heard: BTreeMap<LegId, u64>,
    /// The history is to be read.
    pub(super) history_due: bool,
    known: bool,
}

/// What a page must do because its seat heard something.
#[derive(Debug, PartialEq)]
pub(super) enum Todo {
    Nothing,
    Flush,
    /// Back in the room, everything missed is folded.
    Synced,
    Wait(u64),
}

impl Seat {
    pub(super) fn new(session: SessionId, me: Sub, truth: Truth) -> Self {
        Self {
            session,
            me,
            truth,
            ledger: Ledger::default(),
            outbox: Outbox::default(),
            link: Link::Down,
            said: BTreeMap::new(),
            leg: None,
            epoch: None,
            last: None,
            held: BTreeSet::new(),
            heard: BTreeMap::new(),
            history_due: false,
            known: false,
        }
    }

    pub(super) fn call(&self) -> Call {
        self.ledger.call()
    }

    /// This page's leg in the live call, if it has one there.
    pub(super) fn own_leg(&self) -> Option<(CallId, LegId)> {
        let call = self.call();
        self.leg.filter(|(id, leg)| call.id() == Some(*id) && call.is_live() && call.leg(*leg).is_some())
    }

    /// Whether a leg was asked for and nothing came of it yet.
    pub(super) fn is_asking(&self) -> bool {
        let asks = |event: &Event| {
            matches!(
                event,
                Event::CallRequest { .. }
                    | Event::CallAccept { .. }
                    | Event::LegJoin { replaces: Some(_), .. }
            )
        };
        self.said.values().any(asks)
    }

    // Saying.

    pub(super) fn say(&mut self, event: Event) -> Vec<Step> {
        let (key, settled) = self.outbox.put(event.clone());
        self.said.insert(key, event);
        settled
    }

    pub(super) fn due(&mut self) -> Vec<Step> {
        let call = self.call();
        self.outbox.due(self.link, &call, self.me)
    }

    pub(super) fn settle(&mut self, key: Key, outcome: &Result<(), Refusal>) {
        let Some(event) = self.said.remove(&key) else { return };
        if outcome.is_err() {
            let asked = match event {
                Event::CallRequest { call_id, .. }
                | Event::CallAccept { call_id, .. }
                | Event::LegJoin { call_id, replaces: Some(_), .. } => Some(call_id),
                _ => None,
            };
            if asked.is_some() && self.leg.map(|(call_id, _)| call_id) == asked {
                self.leg = None;
            }
            return;
        }
        let mut truth = self.truth.lock();
        match event {
            Event::Message { id, .. } => {
                truth.acked.insert((self.session, id));
            }
            Event::CallRequest { call_id, .. } => {
                truth.requested.insert(call_id);
            }
            Event::CallAccept { call_id, leg: Some(leg) } => {
                truth.winners.entry(call_id).or_default().insert(leg);
            }
            _ => {}
        }
    }

    pub(super) fn reply(
        &mut self,
        reference: &str,
        outcome: Result<Option<Ack>, Refusal>,
    ) -> (Vec<Step>, Todo) {
        match self.outbox.reply(reference, outcome.map(|_| ())) {
            Some(Ok(step)) => (vec![step], Todo::Nothing),
            Some(Err(wait_ms)) => (Vec::new(), Todo::Wait(wait_ms)),
            None => (Vec::new(), Todo::Nothing),
        }
    }

    // Joining.

    pub(super) fn join(&self) -> Join {
        let broadcast = BroadcastConfig { ack: true, own: true, replay: self.ledger.replay() };
        Join { config: JoinConfig { broadcast, private: true, ..JoinConfig::default() }, ..Join::default() }
    }

    pub(super) fn joining(&mut self) {
        self.link = Link::Joining;
        self.outbox.down();
    }

    pub(super) fn down(&mut self) {
        self.link = Link::Down;
        self.outbox.down();
        self.heard.clear();
    }

    pub(super) fn joined(&mut self, response: &str) {
        let joined: Joined = json::read(response).expect("a room's join answers so");
        let asked = self.ledger.replay();
        let resumed = self.ledger.joined(&joined);
        if let Some(asked) = asked {
            let same = asked.epoch == Some(joined.epoch);
            assert!(same || joined.gap, "another life of the log is a gap, and is called so");
            assert_eq!(resumed, !joined.gap, "what is no gap goes on");
            let counts = &mut self.truth.lock().counts;
            if resumed { counts.resumed += 1 } else { counts.gaps += 1 }
        }
        if !resumed {
            self.last = None;
        }
        self.epoch = Some(joined.epoch);
    }

    // Hearing.

    pub(super) fn broadcast(&mut self, broadcast: &Broadcast<'_>) -> (Vec<Step>, Todo) {
        let payload = broadcast.payload.0;
        if let Some(entry) = Entry::from_broadcast(broadcast) {
            return self.entry(entry.expect("what the relay sends can be read"));
        }
        if let Some(signal) = Signal::parse::<Small>(&broadcast.event, payload) {
            return (Vec::new(), self.signal(&signal.expect("what the relay sends can be read")));
        }
        if broadcast.event == "call_state" {
            let snapshot = json::read(payload).expect("what the relay sends can be read");
            return (Vec::new(), self.snapshot(snapshot));
        }
        (Vec::new(), Todo::Nothing)
    }

    fn entry(&mut self, entry: Entry) -> (Vec<Step>, Todo) {
        let Some(epoch) = self.epoch else {
            // Still on its way from before this page left the room and came again.
            assert_eq!(self.ledger.entry(&entry), Taken::Kept, "it is forgotten at the join");
            return (Vec::new(), Todo::Nothing);
        };
        self.truth.check_entry(self.session, epoch, &entry);
        let taken = self.ledger.entry(&entry);
        assert!(
            taken != Taken::Hole || self.link != Link::Synced,
            "a hole while everything is there: {:?} before {entry:?}",
            self.last
        );
        if taken == Taken::Hole {
            return (Vec::new(), Todo::Nothing);
        }
        if let Some(last) = self.last {
            if entry.seq <= last {
                assert_eq!(taken, Taken::Kept, "what is held already is not folded again");
                return (Vec::new(), Todo::Nothing);
            }
            assert_eq!(entry.prev, last, "every entry once and in order");
        }
        self.last = Some(entry.seq);
        let mut steps = Vec::new();
        if let Event::Message { id, .. } = &entry.event {
            self.held.insert(*id);
            steps.extend(self.outbox.confirm(*id));
        }
        if taken == Taken::Folded {
            self.check_state();
        }
        (steps, Todo::Flush)
    }

    fn snapshot(&mut self, snapshot: Snapshot) -> Todo {
        let seq = snapshot.seq;
        if self.epoch.is_none() {
            return Todo::Nothing;
        }
        let adopted = self.ledger.snapshot(snapshot);
        assert_ne!(adopted, Adopted::Diverged, "the relay and a member folded the same to different calls");
        if adopted == Adopted::New {
            assert!(
                self.last.is_none_or(|last| last >= seq),
                "a state ahead of what was told: {:?} {seq}",
                self.last
            );
            self.history_due = true;
        }
        self.last = Some(self.last.unwrap_or(seq).max(seq));
        self.check_state();
        self.known = true;
        if self.link == Link::Joining {
            self.link = Link::Synced;
            return Todo::Synced;
        }
        Todo::Flush
    }

    /// What this page holds is what everybody holds at that number.
    fn check_state(&self) {
        let Some(held) = self.ledger.replay() else { return };
        if let (Some(seq), Some(epoch)) = (held.after_seq, held.epoch) {
            self.truth.check_state(self.session, epoch, seq, &self.call());
        }
    }

    fn signal(&mut self, signal: &Signal) -> Todo {
        let own = self.leg.map(|(_, leg)| leg);
        assert_eq!(signal.to, own, "a signal goes to the leg it is for: {signal:?}");
        let (Some(from), Body::Candidate { candidate, .. }) = (signal.from, &signal.body) else {
            return Todo::Nothing;
        };
        let number = candidate.split([':', ' ']).nth(1).and_then(|number| number.parse().ok());
        let number = number.expect("ours");
        let before = self.heard.insert(from, number);
        assert!(before.is_none_or(|before| before < number), "signals of a leg once and in order");
        Todo::Nothing
    }
}
