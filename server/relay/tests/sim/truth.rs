//! What really happened: every room's log as it was appended, folded beside the relay. Whatever a
//! member sees is held against it at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tincan_signaling::{
    Call, EndReason,
    event::{Entry, Event},
    id::{CallId, Epoch, EventId, LegId, Seq, SessionId, Sub},
    room::{Folded, Room},
};

/// Shared by the log, the members and the checks at the end.
#[derive(Clone, Default)]
pub(super) struct Truth(Arc<Mutex<Inner>>);

#[derive(Default)]
pub(super) struct Inner {
    /// Nobody sees the logs themselves: what one member heard first, all others must hear.
    learns: bool,
    lives: BTreeMap<(SessionId, Epoch), Life>,
    learned: BTreeMap<(SessionId, Epoch), Heard>,
    /// The newest life of each room's log.
    newest: BTreeMap<SessionId, Epoch>,
    /// Messages whose senders were told that the server has them.
    pub(super) acked: BTreeSet<(SessionId, EventId)>,
    /// Requests that were acked, and those whose answer was lost in a crash are not among them.
    pub(super) requested: BTreeSet<CallId>,
    /// Who was told that it answered a call.
    pub(super) winners: BTreeMap<CallId, BTreeSet<LegId>>,
    /// How many frames, entries, gaps and resumes there were.
    pub(super) counts: Counts,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) frames: u64,
    pub(super) entries: u64,
    pub(super) resumed: u64,
    pub(super) gaps: u64,
    pub(super) cuts: u64,
    pub(super) restarts: u64,
    pub(super) faults: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.entries += other.entries;
        self.resumed += other.resumed;
        self.gaps += other.gaps;
        self.cuts += other.cuts;
        self.restarts += other.restarts;
        self.faults += other.faults;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, entries, resumed, gaps, cuts, restarts, faults } = self;
        write!(f, "{frames} frames, {entries} entries, {cuts} cuts, {resumed} resumed, {gaps} gaps, ")?;
        write!(f, "{restarts} restarts, {faults} statements failed")
    }
}

/// One life of a room's log.
struct Life {
    start: Room,
    now: Room,
    entries: Vec<(Entry, Call)>,
    ids: BTreeSet<EventId>,
}

/// How a call ended in the log, if it did.
pub(super) struct Outcome {
    pub(super) session: SessionId,
    pub(super) last: Call,
    pub(super) accepts: Vec<(Sub, Option<LegId>)>,
}

impl Outcome {
    const fn new(session: SessionId) -> Self {
        Self { session, last: Call::Idle, accepts: Vec::new() }
    }
}

/// What members heard of one life of a room's log.
#[derive(Default)]
struct Heard {
    number: Option<usize>,
    entries: BTreeMap<Seq, Entry>,
    states: BTreeMap<Seq, Call>,
}

impl Truth {
    /// A truth that is learned from the members alone.
    pub(super) fn learned() -> Self {
        let truth = Self::default();
        truth.lock().learns = true;
        truth
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A log begins, perhaps with a call that goes on.
    pub(super) fn begin(&self, room: SessionId, epoch: Epoch, start: Room) {
        let mut inner = self.lock();
        inner.newest.insert(room, epoch);
        let life = Life { now: start.clone(), start, entries: Vec::new(), ids: BTreeSet::new() };
        let known = inner.lives.insert((room, epoch), life);
        assert!(known.is_none(), "an epoch begins once");
    }

    /// An entry was appended.
    pub(super) fn append(&self, room: SessionId, epoch: Epoch, entry: Entry) {
        let mut inner = self.lock();
        inner.counts.entries += 1;
        let life = inner.lives.get_mut(&(room, epoch)).expect("begun before");
        assert!(life.ids.insert(entry.id), "{} stands twice in the log of {room}", entry.event.name());
        let was = life.now.call.clone();
        let Folded::Took(effects) = life.now.fold(&entry) else { panic!("the log has a hole: {entry:?}") };
        let refused = effects.iter().any(|effect| matches!(effect, tincan_signaling::Effect::Refuse(_)));
        assert!(!refused, "only what happened stands in the log: {entry:?} on {was:?}");
        let call = life.now.call.clone();
        life.entries.push((entry, call));
    }

    /// A member took in this entry: it must be what was logged, and leave the same state.
    pub(super) fn check_entry(&self, room: SessionId, epoch: Epoch, entry: &Entry) {
        let mut inner = self.lock();
        if inner.learns {
            inner.counts.entries += 1;
            let heard = inner.learned.entry((room, epoch)).or_default();
            let first = heard.entries.entry(entry.seq).or_insert_with(|| entry.clone());
            assert_eq!(first, entry, "two members heard different things");
            return;
        }
        let life = inner.lives.get(&(room, epoch)).expect("nobody hears of an epoch that is not");
        let logged = life.entries.iter().rev().find(|(logged, _)| logged.seq == entry.seq);
        let (logged, _) = logged.expect("what a member hears was logged");
        assert_eq!(logged, entry, "a member heard something else than was logged");
    }

    /// A member holds this state after this number.
    pub(super) fn check_state(&self, room: SessionId, epoch: Epoch, seq: Seq, call: &Call) {
        let mut inner = self.lock();
        if inner.learns {
            let number = inner.learned.len();
            let heard = inner.learned.entry((room, epoch)).or_default();
            heard.number.get_or_insert(number);
            let first = heard.states.entry(seq).or_insert_with(|| call.clone());
            assert_eq!(first, call, "two members hold different states at {seq}");
            return;
        }
        let life = inner.lives.get(&(room, epoch)).expect("nobody hears of an epoch that is not");
        let held = match life.entries.iter().rev().find(|(logged, _)| logged.seq == seq) {
            Some((_, held)) => held,
            None => {
                assert_eq!(life.start.seq, seq, "a state of a number that is not");
                &life.start.call
            }
        };
        assert_eq!(held, call, "a member holds another state at {seq} of {room}");
    }

    /// The newest state of a room's log.
    pub(super) fn newest(&self, room: SessionId) -> Option<(Epoch, Room)> {
        let inner = self.lock();
        let epoch = *inner.newest.get(&room)?;
        Some((epoch, inner.lives.get(&(room, epoch))?.now.clone()))
    }

    /// Every message that was relayed.
    pub(super) fn messages(&self) -> BTreeSet<(SessionId, EventId)> {
        let inner = self.lock();
        if inner.learns {
            let heard = inner.learned.iter().flat_map(|((room, _), heard)| {
                heard.entries.values().filter_map(|entry| match &entry.event {
                    Event::Message { id, .. } => Some((*room, *id)),
                    _ => None,
                })
            });
            return heard.collect();
        }
        let entries = inner.lives.iter().flat_map(|((room, _), life)| {
            life.entries.iter().filter_map(|(entry, _)| match &entry.event {
                Event::Message { id, .. } => Some((*room, *id)),
                _ => None,
            })
        });
        entries.collect()
    }

    /// Every call that was ever in a log, with what it came to in the newest log that knew it.
    pub(super) fn calls(&self) -> BTreeMap<CallId, Outcome> {
        let inner = self.lock();
        let mut calls = BTreeMap::<CallId, Outcome>::new();
        if inner.learns {
            let mut lives: Vec<_> = inner.learned.iter().collect();
            lives.sort_by_key(|(_, heard)| heard.number);
            for ((session, _), heard) in lives {
                for call in heard.states.values() {
                    let Some(id) = call.id() else { continue };
                    let outcome = calls.entry(id).or_insert_with(|| Outcome::new(*session));
                    outcome.last = call.clone();
                }
                for entry in heard.entries.values() {
                    if let Event::CallAccept { call_id, leg } = entry.event {
                        let outcome = calls.entry(call_id).or_insert_with(|| Outcome::new(*session));
                        outcome.accepts.push((entry.from.sub, leg));
                    }
                }
            }
            return calls;
        }
        // Epochs are numbered as they begin.
        let mut lives: Vec<_> = inner.lives.iter().collect();
        lives.sort_by_key(|((_, epoch), _)| *epoch);
        for ((session, _), life) in lives {
            let mut states = vec![(None, &life.start.call)];
            states.extend(life.entries.iter().map(|(entry, call)| (Some(entry), call)));
            for (entry, call) in states {
                let Some(id) = call.id() else { continue };
                let outcome = calls.entry(id).or_insert_with(|| Outcome::new(*session));
                assert_eq!(outcome.session, *session, "a call stays in its room");
                outcome.last = call.clone();
                if let Some(Entry { from, event: Event::CallAccept { leg, .. }, .. }) = entry {
                    outcome.accepts.push((from.sub, *leg));
                }
            }
        }
        calls
    }
}

/// The reason a call ended with.
pub(super) fn reason(call: &Call) -> Option<EndReason> {
    match call {
        Call::Ended(ended) => Some(ended.reason),
        Call::Idle | Call::Ringing(_) | Call::Accepted(_) => None,
    }
}
