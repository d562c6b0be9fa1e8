//! What a node keeps of a room so that members can go on where they were: so many events, bytes and
//! seconds, whichever is less.

use crate::meters::Level;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tincan_signaling::{
    event::Entry,
    id::{Epoch, EventId, Seq, Timestamp},
    wire::Replay,
};

/// How much a ring keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// What all rings together hold.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) events: Level,
    pub(crate) bytes: Level,
}

/// The last events of a room.
pub(crate) struct Ring {
    kept: Kept,
    held: Held,
    /// With the bytes each takes on the wire.
    entries: VecDeque<(Arc<Entry>, usize)>,
    bytes: usize,
    /// Everything up to here is no longer kept.
    dropped: Seq,
    /// When the last of those that are no longer kept happened.
    dropped_at: Option<Timestamp>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.forget_all();
    }
}

impl Ring {
    pub(crate) fn new(kept: Kept, held: Held) -> Self {
        Self { kept, held, entries: VecDeque::new(), bytes: 0, dropped: 0, dropped_at: None }
    }

    /// Begins anew, knowing nothing up to `seq`.
    pub(crate) fn restart(&mut self, seq: Seq) {
        self.forget_all();
        (self.dropped, self.dropped_at) = (seq, None);
    }

    fn forget_all(&mut self) {
        self.held.events.add(-(self.entries.len() as i64));
        self.held.bytes.add(-(self.bytes as i64));
        self.entries.clear();
        self.bytes = 0;
    }

    /// Keeps one more of so many bytes, and lets go of what is too much or too old.
    pub(crate) fn push(&mut self, entry: Arc<Entry>, bytes: usize) {
        let now = entry.at;
        self.entries.push_back((entry, bytes));
        self.bytes += bytes;
        self.held.events.add(1);
        self.held.bytes.add(bytes as i64);
        self.trim(now);
    }

    /// Lets go of what is too much or too old.
    pub(crate) fn trim(&mut self, now: Timestamp) {
        let (mut events, mut bytes) = (0, 0);
        while let Some((first, size)) = self.entries.front()
            && (self.entries.len() > self.kept.events
                || self.bytes > self.kept.bytes
                || now.since(first.at) > self.kept.time)
        {
            (self.dropped, self.dropped_at) = (first.seq, Some(first.at));
            (events, bytes) = (events + 1, bytes + *size as i64);
            self.bytes -= size;
            self.entries.pop_front();
        }
        self.held.events.add(-events);
        self.held.bytes.add(-bytes);
        if self.entries.is_empty() {
            self.entries.shrink_to_fit();
        }
    }

    /// When nothing of it will be kept any more.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        // One more millisecond: what is just as old as is kept is kept.
        self.entries.back().map(|(last, _)| last.at.after(self.kept.time + Duration::from_millis(1)))
    }

    /// The entry with this id, if it is still kept.
    pub(crate) fn find(&self, id: EventId) -> Option<&Arc<Entry>> {
        self.entries.iter().rev().map(|(entry, _)| entry).find(|entry| entry.id == id)
    }

    /// Whether an event of that time would still be kept, had it been relayed.
    pub(crate) fn would_hold(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) <= self.kept.time && self.dropped_at.is_none_or(|dropped| at > dropped)
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
        let entries = self.entries.iter().map(|(entry, _)| entry);
        let mut found: Vec<_> = entries.filter(|entry| wanted(entry)).cloned().collect();
        let limit = ask.limit.unwrap_or(self.kept.events);
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

    fn ring(bytes: usize) -> (Ring, Held) {
        let held = Held { events: Level::uncounted(), bytes: Level::uncounted() };
        let kept = Kept { events: 256, bytes, time: Duration::from_secs(120) };
        (Ring::new(kept, held.clone()), held)
    }

    #[test]
    fn a_ring_has_an_end_by_number_by_bytes_and_by_age() {
        let (mut ring, held) = ring(100);
        for seq in 1..=20 {
            ring.push(entry(seq, 1_000 * seq), 9);
        }
        assert_eq!((held.events.get(), held.bytes.get()), (11, 99), "by bytes");
        assert_eq!((ring.dropped, ring.dropped_at), (9, Some(Timestamp(9_000))));
        ring.push(entry(21, 21_000), 1_000);
        assert_eq!(held.events.get(), 0, "larger than everything that is kept");
        ring.push(entry(22, 22_000), 50);
        assert_eq!(ring.ends(), Some(Timestamp(142_001)));
        ring.trim(Timestamp(142_000));
        assert_eq!(held.events.get(), 1, "two minutes old");
        ring.trim(Timestamp(142_001));
        assert_eq!((held.events.get(), held.bytes.get(), ring.ends()), (0, 0, None), "older");
        ring.push(entry(23, 200_000), 50);
        ring.restart(40);
        assert_eq!((held.events.get(), ring.dropped), (0, 40));
        ring.push(entry(41, 201_000), 50);
        drop(ring);
        assert_eq!((held.events.get(), held.bytes.get()), (0, 0));
    }

    #[test]
    fn what_was_missed_comes_in_order_or_is_called_a_gap() {
        let epoch = Epoch(Uuid::from_u128(9));
        let (mut ring, held) = ring(usize::MAX);
        for seq in 1..=300 {
            ring.push(entry(seq, 1_000 + seq), 10);
        }
        assert_eq!((held.events.get(), held.bytes.get()), (256, 2_560));
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
