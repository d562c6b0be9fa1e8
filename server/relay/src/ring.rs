//! What a node keeps of a room so that members can go on where they were: 256 events or two
//! minutes, whichever is less.

use std::{collections::VecDeque, sync::Arc, time::Duration};
use tincan_signaling::{
    event::Entry,
    id::{Epoch, EventId, Seq, Timestamp},
    wire::Replay,
};

/// How many events are kept.
pub(crate) const KEPT: usize = 256;
/// How long events are kept.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(120);

/// The last events of a room.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// Everything up to here is no longer kept.
    dropped: Seq,
    /// When the last of those that are no longer kept happened.
    dropped_at: Option<Timestamp>,
}

impl Ring {
    /// A ring that knows nothing up to `seq`.
    pub(crate) fn after(seq: Seq) -> Self {
        Self { dropped: seq, ..Self::default() }
    }

    /// Keeps one more, and lets go of what is too much or too old.
    pub(crate) fn push(&mut self, entry: Arc<Entry>) {
        let now = entry.at;
        self.entries.push_back(entry);
        self.trim(now);
    }

    fn trim(&mut self, now: Timestamp) {
        while let Some(first) = self.entries.front()
            && (self.entries.len() > KEPT || now.since(first.at) > KEPT_FOR)
        {
            (self.dropped, self.dropped_at) = (first.seq, Some(first.at));
            self.entries.pop_front();
        }
    }

    /// The entry with this id, if it is still kept.
    pub(crate) fn find(&self, id: EventId) -> Option<&Arc<Entry>> {
        self.entries.iter().rev().find(|entry| entry.id == id)
    }

    /// Whether an event of that time would still be kept, had it been relayed.
    pub(crate) fn would_hold(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) <= KEPT_FOR && self.dropped_at.is_none_or(|dropped| at > dropped)
    }

    /// What somebody missed who asks so, in order; `None` when it cannot be said.
    pub(crate) fn missed(
        &mut self,
        ask: &Replay,
        epoch: Epoch,
        last: Seq,
        now: Timestamp,
    ) -> Option<Vec<Arc<Entry>>> {
        self.trim(now);
        let after = if let Some(seq) = ask.after_seq {
            let other_life = ask.epoch.is_some_and(|asked| asked != epoch) || seq > last;
            if other_life || self.dropped > seq {
                return None;
            }
            seq
        } else if let Some(id) = ask.after_id {
            self.find(id)?.seq
        } else if let Some(since) = ask.since {
            if self.dropped_at.is_some_and(|at| at.0 >= since) {
                return None;
            }
            return Some(self.newest(ask, |entry| entry.at.0 >= since));
        } else {
            return Some(Vec::new());
        };
        Some(self.newest(&Replay { limit: None, ..ask.clone() }, |entry| entry.seq > after))
    }

    fn newest(&self, ask: &Replay, wanted: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        let mut found: Vec<_> = self.entries.iter().filter(|entry| wanted(entry)).cloned().collect();
        let limit = ask.limit.unwrap_or(KEPT);
        found.drain(..found.len().saturating_sub(limit));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::event::{Event, Sender};
    use uuid::Uuid;

    fn entry(seq: Seq, at: u64) -> Arc<Entry> {
        Arc::new(Entry {
            id: EventId(Uuid::from_u128(seq.into())),
            seq,
            prev: seq - 1,
            at: Timestamp(at),
            from: Sender::system(),
            event: Event::Read { up_to: EventId(Uuid::nil()) },
        })
    }

    fn seqs(found: Option<Vec<Arc<Entry>>>) -> Option<Vec<Seq>> {
        found.map(|found| found.iter().map(|entry| entry.seq).collect())
    }

    #[test]
    fn what_was_missed_comes_in_order_or_is_called_a_gap() {
        let epoch = Epoch(Uuid::from_u128(9));
        let mut ring = Ring::default();
        for seq in 1..=300 {
            ring.push(entry(seq, 1_000 + seq));
        }
        let now = Timestamp(2_000);
        let after = |after_seq| Replay { after_seq: Some(after_seq), ..Replay::default() };
        assert_eq!(seqs(ring.missed(&after(298), epoch, 300, now)), Some(vec![299, 300]));
        assert_eq!(seqs(ring.missed(&after(300), epoch, 300, now)), Some(vec![]));
        assert_eq!(ring.missed(&after(44), epoch, 300, now).map(|all| all.len()), Some(256));
        assert_eq!(seqs(ring.missed(&after(43), epoch, 300, now)), None);
        let other = Replay { epoch: Some(Epoch(Uuid::from_u128(8))), ..after(299) };
        assert_eq!(seqs(ring.missed(&other, epoch, 300, now)), None);
        let id = Replay { after_id: Some(EventId(Uuid::from_u128(299))), ..Replay::default() };
        assert_eq!(seqs(ring.missed(&id, epoch, 300, now)), Some(vec![300]));
        let since = Replay { since: Some(1_290), limit: Some(2), ..Replay::default() };
        assert_eq!(seqs(ring.missed(&since, epoch, 300, now)), Some(vec![299, 300]));
        let long_ago = Replay { since: Some(1_001), ..Replay::default() };
        assert_eq!(seqs(ring.missed(&long_ago, epoch, 300, now)), None);
        assert_eq!(seqs(ring.missed(&after(999), epoch, 300, now)), None, "a log of another life");
        let late = Timestamp(1_300 + 121_000);
        assert_eq!(seqs(ring.missed(&after(299), epoch, 300, late)), None);
        assert_eq!(seqs(ring.missed(&after(300), epoch, 300, late)), Some(vec![]));
    }
}
