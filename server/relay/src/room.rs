//! One room on this node: its fold, its members, and the one way by which events enter.
//!
//! Whoever pushes an event holds the room's lock while it is decided on, appended and folded back
//! from the tail, so decisions are made on the newest state there is. What must be done outside
//! the room happens after the fold, on the node that appended.

mod effects;
mod figures;
mod members;
pub(crate) mod push;
mod timers;

use crate::{
    config::Limits,
    hub::Hub,
    log::{AppendError, Draft, Item, Next, Tail},
    member::{Fanout, Member},
    meters::{Held, Meters},
    outbox::SocketId,
    presence::Presence,
    rates::Allowance,
    ring::{self, Kept, Ring},
};
use figures::Before;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use tincan_backend::rooms::RoomInfo;
use tincan_signaling::{
    code::{Code, Refusal},
    event::{Entry, Event, Role, Sender},
    id::{Epoch, EventId, LegId, Seq, SessionId, Sub, TenantId, Timestamp},
    room::{Folded, Room},
};
use tokio::sync::{Mutex, MutexGuard, Notify};

/// How many entries a log holds before it is compacted.
const COMPACT_EVERY: Seq = 128;

/// One open room.
pub(crate) struct RoomCell {
    pub(crate) id: SessionId,
    pub(crate) tenant: TenantId,
    /// Whose room it is.
    pub(crate) info: RoomInfo,
    inner: Mutex<Inner>,
    allowances: std::sync::Mutex<HashMap<Sub, Allowance>>,
    wake: Arc<Notify>,
}

struct Inner {
    room: Room,
    epoch: Epoch,
    tail: Option<Tail>,
    ring: Ring,
    members: BTreeMap<SocketId, Seat>,
    presence: Presence,
    leg_sockets: BTreeMap<LegId, SocketId>,
    page_url: Option<String>,
    last_text: Option<LastText>,
    /// Entries this node appended and has not folded back yet: their effects are ours to run.
    appended: HashSet<EventId>,
    /// Whose event is being appended: members may not want their own.
    pushing: Option<SocketId>,
    compacted: Seq,
    empty_since: Option<Timestamp>,
    visitor_gone: Option<Timestamp>,
    told_lobby_at: Timestamp,
    tell_lobby: bool,
    /// Whether the conversation is open.
    session_open: bool,
    /// While a call goes on.
    call_counted: Option<Held>,
    closed: bool,
    _counted: Held,
}

/// A member in its room.
struct Seat {
    /// Boxed, as a map makes room for eleven at once.
    member: Box<Member>,
    _counted: Held,
}

struct LastText {
    text: String,
    by: Sub,
    from_visitor: bool,
    at: Timestamp,
}

/// The room was closed while somebody held on to it: look it up again.
#[derive(Debug)]
pub(crate) struct Closed;

/// Why an event did not enter.
enum Rejected {
    Refused(Refusal),
    /// Somebody else's entry came first: decide again.
    Behind,
}

impl RoomCell {
    pub(crate) fn new(info: RoomInfo, now: Timestamp, limits: &Limits, meters: &Meters) -> Self {
        let kept = Kept { events: limits.ring_events, bytes: limits.ring_bytes, time: limits.ring_for() };
        let held = ring::Held { events: meters.ring_events.clone(), bytes: meters.ring_bytes.clone() };
        let inner = Inner {
            room: Room::default(),
            epoch: Epoch(uuid::Uuid::nil()),
            tail: None,
            ring: Ring::new(kept, held),
            members: BTreeMap::new(),
            presence: Presence::new(&meters.presences),
            leg_sockets: BTreeMap::new(),
            page_url: None,
            last_text: None,
            appended: HashSet::new(),
            pushing: None,
            compacted: 0,
            empty_since: Some(now),
            visitor_gone: None,
            told_lobby_at: Timestamp(0),
            tell_lobby: false,
            session_open: info.open,
            call_counted: None,
            closed: false,
            _counted: meters.rooms.hold(),
        };
        Self {
            id: info.session,
            tenant: info.tenant,
            info,
            inner: Mutex::new(inner),
            allowances: std::sync::Mutex::default(),
            wake: Arc::default(),
        }
    }

    pub(crate) fn visitor(&self) -> Sub {
        self.info.visitor.into()
    }

    /// Locks the room with its log open and everything folded that there is. The log of a closed
    /// room is gone and stays so.
    async fn open(&self, hub: &Arc<Hub>) -> Result<MutexGuard<'_, Inner>, Refusal> {
        let mut inner = self.inner.lock().await;
        if inner.closed {
            return Ok(inner);
        }
        self.refill(hub, &mut inner).await.map_err(unavailable)?;
        Ok(inner)
    }

    /// Folds everything there is; a tail that ended, or lost something, is opened anew.
    async fn refill(&self, hub: &Arc<Hub>, inner: &mut Inner) -> Result<(), AppendError> {
        self.drain(hub, inner);
        if inner.tail.is_none() {
            let tail = hub.log.open(self.id, self.wake.clone()).await?;
            inner.epoch = tail.epoch;
            inner.tail = Some(tail);
            self.drain(hub, inner);
        }
        Ok(())
    }

    /// Waits until everything up to `seq` is folded: a log far away delivers late, or not at all.
    async fn catch_up(&self, hub: &Arc<Hub>, inner: &mut Inner, seq: Seq) {
        self.drain(hub, inner);
        for _ in 0..MAX_TRIES {
            if inner.room.seq >= seq {
                return;
            }
            let came = match &mut inner.tail {
                Some(tail) => tokio::time::timeout(LATE, tail.next()).await.ok().flatten(),
                None => None,
            };
            match came {
                Some(item) => self.take(hub, inner, item),
                // What was not delivered stands in a new tail.
                None => inner.tail = None,
            }
            if self.refill(hub, inner).await.is_err() {
                tokio::time::sleep(LATE).await;
            }
        }
    }

    /// Appends one event decided on the state at hand, and folds it back.
    async fn append(&self, hub: &Arc<Hub>, inner: &mut Inner, draft: Draft) -> Result<Seq, Rejected> {
        let (id, after) = (draft.id, inner.room.seq);
        inner.appended.insert(id);
        match hub.log.append(self.id, after, draft).await {
            Ok(seq) => {
                self.catch_up(hub, inner, seq).await;
                if inner.room.seq >= inner.compacted + COMPACT_EVERY {
                    inner.compacted = inner.room.seq;
                    // A log that cannot be compacted now is compacted by the next.
                    let _later = hub.log.compact(self.id, inner.room.clone()).await;
                }
                Ok(seq)
            }
            Err(error @ (AppendError::Behind | AppendError::Unknown)) => {
                if error == AppendError::Unknown {
                    inner.tail = None;
                }
                // Something came before it; perhaps it is this very event, sent twice below us.
                self.catch_up(hub, inner, after + 1).await;
                match inner.ring.find(id).map(|known| known.seq) {
                    Some(seq) => Ok(seq),
                    None => {
                        inner.appended.remove(&id);
                        Err(Rejected::Behind)
                    }
                }
            }
            Err(error) => {
                inner.appended.remove(&id);
                Err(Rejected::Refused(unavailable(error)))
            }
        }
    }

    /// Folds whatever is in the tail, passes it on to the members and does what follows from it.
    fn drain(&self, hub: &Arc<Hub>, inner: &mut Inner) {
        let before = inner.room.seq;
        loop {
            let item = match inner.tail.as_mut().map(Tail::try_next) {
                Some(Next::Item(item)) => item,
                Some(Next::Nothing) | None => break,
                Some(Next::CutOff) => {
                    // Opened anew by whoever comes next; what was folded already is skipped then.
                    inner.tail = None;
                    break;
                }
            };
            self.take(hub, inner, item);
        }
        if inner.room.seq != before || inner.tail.is_none() {
            self.wake.notify_one();
        }
    }

    /// Folds one item, passes it on and does what follows.
    fn take(&self, hub: &Arc<Hub>, inner: &mut Inner, item: Item) {
        match item {
            Item::Snapshot(snapshot) => {
                // A room that goes on after a restart begins with a snapshot of number 0.
                let first = inner.room.seq == 0 && *snapshot != inner.room;
                if snapshot.seq > inner.room.seq || first {
                    inner.ring.restart(snapshot.seq);
                    inner.room = Room::clone(&snapshot);
                    // What the snapshot holds does not come again.
                    inner.appended.clear();
                    inner.count_call(hub);
                }
            }
            Item::Entry(entry) => {
                let before = Before::of(&inner.room.call);
                match inner.room.fold(&entry) {
                    Folded::Took(effects) => {
                        let payload = entry.to_broadcast(false);
                        inner.ring.push(entry.clone(), payload.len());
                        inner.deliver(hub, &entry, &payload);
                        let mine = inner.appended.remove(&entry.id);
                        if mine {
                            before.count(&inner.room.call, &entry);
                            self.note(before, &inner.room.call);
                        }
                        inner.count_call(hub);
                        self.after_fold(hub, inner, &entry, effects, mine);
                    }
                    Folded::Old => {}
                    // Something was not delivered: it stands in a new tail.
                    Folded::Gap => inner.tail = None,
                }
            }
        }
    }

    /// Appends an event of the server itself. Behind and refused mean the same: it is late.
    async fn append_system(&self, hub: &Arc<Hub>, inner: &mut Inner, event: Event) {
        if inner.closed {
            return;
        }
        for _ in 0..MAX_TRIES {
            let (from, at) = (Sender::system(), hub.now());
            if inner.room.check(&from, &event, at).is_err() {
                return;
            }
            let draft = Draft { id: EventId(hub.new_id()), at, from, event: event.clone() };
            if !matches!(self.append(hub, inner, draft).await, Err(Rejected::Behind)) {
                return;
            }
        }
    }
}

/// How often a decision is made anew because somebody else was faster.
const MAX_TRIES: usize = 16;
/// An entry that was appended and did not come back by then was not delivered.
const LATE: std::time::Duration = std::time::Duration::from_millis(500);

impl Inner {
    /// Sends one logged event to all members.
    fn deliver(&self, hub: &Hub, entry: &Entry, payload: &str) {
        let mut fanout = Fanout::new("broadcast", payload);
        for (socket, Seat { member, .. }) in &self.members {
            if member.own || self.pushing != Some(*socket) {
                fanout.to(member);
            }
        }
        hub.meters.told(entry.event.name(), self.members.len());
    }

    /// Counts the call while it goes on.
    fn count_call(&mut self, hub: &Hub) {
        match (self.room.call.is_live(), &self.call_counted) {
            (true, None) => self.call_counted = Some(hub.meters.calls.hold()),
            (false, Some(_)) => self.call_counted = None,
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// The member whose socket carries this leg.
    fn leg_member(&self, leg: LegId) -> Option<&Member> {
        let seat = self.leg_sockets.get(&leg).and_then(|socket| self.members.get(socket));
        seat.map(|seat| &*seat.member)
    }

    /// The tail ended and no new one could be had.
    const fn is_cut_off(&self) -> bool {
        self.tail.is_none()
    }

    fn visitor_is_here(&self) -> bool {
        self.members.values().any(|seat| seat.member.sender.role == Role::Visitor)
    }
}

fn unavailable(error: AppendError) -> Refusal {
    let code = if error == AppendError::TooLarge { Code::TooLarge } else { Code::Unavailable };
    Refusal { retry_after_ms: Some(1_000), ..Refusal::new(code, "The room cannot be reached right now.") }
}
