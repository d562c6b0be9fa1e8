//! Folding a room's log as it arrives: in order, without a hole, over reconnects.

use tincan_signaling::{
    Call,
    event::Entry,
    id::Epoch,
    room::{Folded, Room},
    wire::{Joined, Replay, Snapshot},
};

/// A room as this page holds it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// `None` until the first `call_state` of an epoch.
    room: Option<Room>,
    epoch: Option<Epoch>,
    /// What came before the room was known.
    early: Vec<Entry>,
}

/// What came of an entry.
#[derive(Debug, PartialEq)]
pub(crate) enum Taken {
    Folded,
    /// Held already, or kept until the room is known.
    Kept,
    /// Something before it is missing: join again from the last number held.
    Hole,
}

/// What came of a `call_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adopted {
    /// It says what was held.
    Same,
    /// It was taken over: the room was not known, or entries before it are missing.
    New,
    /// It was taken over though both had folded the same: a fold went wrong.
    Diverged,
    /// It is older than what is held.
    Old,
}

impl Ledger {
    /// From where to go on.
    pub(crate) fn replay(&self) -> Option<Replay> {
        let room = self.room.as_ref()?;
        Some(Replay { after_seq: Some(room.seq), epoch: self.epoch, ..Replay::default() })
    }

    /// The join was granted. Says whether what is held goes on without a gap.
    pub(crate) fn joined(&mut self, joined: &Joined) -> bool {
        let resumed = self.room.is_some() && !joined.gap && self.epoch == Some(joined.epoch);
        if !resumed {
            *self = Self { epoch: Some(joined.epoch), ..Self::default() };
        }
        resumed
    }

    /// The next entry.
    pub(crate) fn entry(&mut self, entry: &Entry) -> Taken {
        let Some(room) = &mut self.room else {
            self.early.push(entry.clone());
            return Taken::Kept;
        };
        match room.fold(entry) {
            Folded::Took(_) => Taken::Folded,
            Folded::Old => Taken::Kept,
            Folded::Gap => Taken::Hole,
        }
    }

    /// A `call_state`. The server's word counts.
    pub(crate) fn snapshot(&mut self, snapshot: Snapshot) -> Adopted {
        let adopted = match &self.room {
            Some(room) if snapshot.seq < room.seq => return Adopted::Old,
            Some(room) if snapshot.seq == room.seq && snapshot.call == room.call => Adopted::Same,
            Some(room) if snapshot.seq == room.seq => Adopted::Diverged,
            Some(_) | None => Adopted::New,
        };
        let mut room = Room { seq: snapshot.seq, call: snapshot.call };
        for entry in self.early.drain(..) {
            room.fold(&entry);
        }
        self.room = Some(room);
        adopted
    }

    /// The call as folded.
    pub(crate) fn call(&self) -> Call {
        self.room.as_ref().map(|room| room.call.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::{
        CallState, Event,
        event::{Role, Rung, Sender},
        id::{CallId, EventId, LegId, Sub, Timestamp},
    };
    use uuid::Uuid;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn entry(seq: u64, prev: u64, event: Event) -> Entry {
        let from = Sender { sub: Sub(id(1)), role: Role::Visitor, name: "V".into(), leg: None };
        Entry { id: EventId(id(seq.into())), seq, prev, at: Timestamp(seq * 10), from, event }
    }

    fn request() -> Event {
        Event::CallRequest {
            call_id: CallId(id(7)),
            leg: Some(LegId(id(8))),
            media: tincan_signaling::event::MediaKind::Audio,
            rung: vec![Rung { sub: Sub(id(2)), name: "A".into() }],
            busy: false,
            turn: false,
            ring_ms: 0,
        }
    }

    fn joined(epoch: u128, gap: bool) -> Joined {
        Joined { postgres_changes: Vec::new(), epoch: Epoch(id(epoch)), seq: 0, gap }
    }

    fn snapshot(seq: u64, call: Call) -> Snapshot {
        Snapshot { call_id: call.id(), state: call.state(), seq, call, at: Timestamp(1) }
    }

    #[test]
    fn entries_before_the_first_state_are_folded_after_it() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.replay(), None);
        assert!(!ledger.joined(&joined(1, false)));
        assert_eq!(ledger.entry(&entry(5, 4, request())), Taken::Kept);
        assert_eq!(ledger.snapshot(snapshot(4, Call::Idle)), Adopted::New);
        assert_eq!(ledger.call().state(), CallState::Ringing);
        assert_eq!(ledger.replay().unwrap().after_seq, Some(5));
    }

    #[test]
    fn a_hole_is_seen_and_filled_by_a_replay() {
        let mut ledger = Ledger::default();
        ledger.joined(&joined(1, false));
        ledger.snapshot(snapshot(1, Call::Idle));
        let end = Event::CallCancel { call_id: CallId(id(7)) };
        assert_eq!(ledger.entry(&entry(3, 2, end.clone())), Taken::Hole);
        assert!(ledger.joined(&joined(1, false)));
        assert_eq!(ledger.entry(&entry(2, 1, request())), Taken::Folded);
        assert_eq!(ledger.entry(&entry(2, 1, request())), Taken::Kept);
        assert_eq!(ledger.entry(&entry(3, 2, end)), Taken::Folded);
        assert_eq!(ledger.call().state(), CallState::Ended);
        assert_eq!(ledger.snapshot(snapshot(3, ledger.call())), Adopted::Same);
        assert_eq!(ledger.snapshot(snapshot(2, Call::Idle)), Adopted::Old);
        assert_eq!(ledger.snapshot(snapshot(3, Call::Idle)), Adopted::Diverged);
        assert_eq!(ledger.call(), Call::Idle);
    }

    #[test]
    fn another_epoch_or_a_gap_starts_anew() {
        for (epoch, gap) in [(2, false), (1, true)] {
            let mut ledger = Ledger::default();
            ledger.joined(&joined(1, false));
            ledger.snapshot(snapshot(9, Call::Idle));
            assert!(!ledger.joined(&joined(epoch, gap)));
            assert_eq!(ledger.replay(), None);
            assert_eq!(ledger.snapshot(snapshot(2, Call::Idle)), Adopted::New);
        }
    }
}
