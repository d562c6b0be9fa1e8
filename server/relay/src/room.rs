//! One room on this node: its fold, its members, and the one way by which events enter.
//!
//! Whoever pushes an event holds the room's lock while it is decided on, appended and folded back
//! from the tail, so decisions are made on the newest state there is. What must be done outside
//! the room happens after the fold, on the node that appended.

mod effects;
mod members;
pub(crate) mod push;
mod timers;

use crate::{
    hub::Hub,
    log::{AppendError, Draft, Item, Next, Tail},
    member::{Fanout, Member},
    outbox::SocketId,
    presence::Presence,
    rates::Allowance,
    ring::Ring,
};
use std::{
    collections::{HashMap, HashSet},
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
    wake: Notify,
}

struct Inner {
    room: Room,
    epoch: Epoch,
    tail: Option<Tail>,
    ring: Ring,
    members: HashMap<SocketId, Member>,
    presence: Presence,
    leg_sockets: HashMap<LegId, SocketId>,
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
    closed: bool,
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
    pub(crate) fn new(info: RoomInfo, now: Timestamp) -> Self {
        let inner = Inner {
            room: Room::default(),
            epoch: Epoch(uuid::Uuid::nil()),
            tail: None,
            ring: Ring::default(),
            members: HashMap::new(),
            presence: Presence::default(),
            leg_sockets: HashMap::new(),
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
            closed: false,
        };
        Self {
            id: info.session,
            tenant: info.tenant,
            info,
            inner: Mutex::new(inner),
            allowances: std::sync::Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub(crate) fn visitor(&self) -> Sub {
        self.info.visitor.into()
    }

    /// Locks the room with its log open and everything folded that there is.
    async fn open(&self, hub: &Arc<Hub>) -> Result<MutexGuard<'_, Inner>, Refusal> {
        let mut inner = self.inner.lock().await;
        if inner.tail.is_none() {
            let tail = hub.log.open(self.id).await.map_err(unavailable)?;
            inner.epoch = tail.epoch;
            inner.tail = Some(tail);
        }
        self.drain(hub, &mut inner);
        Ok(inner)
    }

    /// Appends one event decided on the state at hand, and folds it back.
    async fn append(&self, hub: &Arc<Hub>, inner: &mut Inner, draft: Draft) -> Result<Seq, Rejected> {
        let id = draft.id;
        inner.appended.insert(id);
        match hub.log.append(self.id, inner.room.seq, draft).await {
            Ok(seq) => {
                self.drain(hub, inner);
                if inner.room.seq >= inner.compacted + COMPACT_EVERY {
                    inner.compacted = inner.room.seq;
                    // A log that cannot be compacted now is compacted by the next.
                    let _later = hub.log.compact(self.id, inner.room.clone()).await;
                }
                Ok(seq)
            }
            Err(AppendError::Behind) => {
                inner.appended.remove(&id);
                self.drain(hub, inner);
                Err(Rejected::Behind)
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
            match item {
                Item::Snapshot(snapshot) => {
                    if snapshot.seq > inner.room.seq || inner.room.seq == 0 {
                        inner.ring = Ring::after(snapshot.seq);
                        inner.room = Room::clone(&snapshot);
                    }
                }
                Item::Entry(entry) => match inner.room.fold(&entry) {
                    Folded::Took(effects) => {
                        inner.ring.push(entry.clone());
                        inner.deliver(&entry);
                        let mine = inner.appended.remove(&entry.id);
                        self.after_fold(hub, inner, &entry, effects, mine);
                    }
                    Folded::Old | Folded::Gap => {}
                },
            }
        }
        if inner.room.seq != before {
            self.wake.notify_one();
        }
    }

    /// Appends an event of the server itself. Behind and refused mean the same: it is late.
    async fn append_system(&self, hub: &Arc<Hub>, inner: &mut Inner, event: Event) {
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

impl Inner {
    /// Sends one logged event to all members.
    fn deliver(&self, entry: &Entry) {
        let payload = entry.to_broadcast(false);
        let mut fanout = Fanout::new("broadcast", &payload);
        for (socket, member) in &self.members {
            if member.own || self.pushing != Some(*socket) {
                fanout.to(member);
            }
        }
        metrics::counter!("tincan_signal_messages_total", "type" => entry.event.name(), "direction" => "out")
            .increment(self.members.len() as u64);
    }

    /// The member whose socket carries this leg.
    fn leg_member(&self, leg: LegId) -> Option<&Member> {
        self.leg_sockets.get(&leg).and_then(|socket| self.members.get(socket))
    }

    fn visitor_is_here(&self) -> bool {
        self.members.values().any(|member| member.sender.role == Role::Visitor)
    }
}

fn unavailable(error: AppendError) -> Refusal {
    let code = if error == AppendError::TooLarge { Code::TooLarge } else { Code::Unavailable };
    Refusal { retry_after_ms: Some(1_000), ..Refusal::new(code, "The room cannot be reached right now.") }
}
