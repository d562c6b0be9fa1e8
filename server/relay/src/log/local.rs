//! The log of one machine: in memory, gone with the process.

use super::{AppendError, Draft, Item, RoomLog, Tail};
use crate::meters::{Held, Level};
use futures::future::{BoxFuture, FutureExt, ready};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tincan_signaling::{
    event::Entry,
    id::{Epoch, Seq, SessionId},
    room::Room,
};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// How many items a tail may be behind before it is cut off.
const TAIL: usize = 1024;

/// All rooms' logs, in memory.
pub struct LocalLog {
    rooms: Mutex<HashMap<SessionId, Log>>,
    logs: Level,
    entries: Level,
}

impl Default for LocalLog {
    fn default() -> Self {
        let level = |name: &'static str| Level::new(metrics::gauge!(name));
        Self { rooms: Mutex::default(), logs: level("tincan_logs"), entries: level("tincan_log_entries") }
    }
}

struct Log {
    epoch: Epoch,
    seq: Seq,
    snapshot: Option<Arc<Room>>,
    entries: VecDeque<Arc<Entry>>,
    tails: Vec<Reader>,
    _counted: Held,
}

/// Whoever reads a tail: dropped, its tail ends and it hears of that.
struct Reader {
    live: Option<mpsc::Sender<Item>>,
    arrived: Arc<Notify>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.live = None;
        self.arrived.notify_one();
    }
}

impl Log {
    fn new(logs: &Level) -> Self {
        Self {
            _counted: logs.hold(),
            epoch: Epoch(Uuid::new_v4()),
            seq: 0,
            snapshot: None,
            entries: VecDeque::new(),
            tails: Vec::new(),
        }
    }

    /// A tail that cannot keep up is dropped: its reader opens anew.
    fn publish(&mut self, item: &Item) {
        self.tails.retain(|reader| {
            let sent = reader.live.as_ref().is_some_and(|live| live.try_send(item.clone()).is_ok());
            reader.arrived.notify_one();
            sent
        });
    }
}

impl LocalLog {
    /// How many rooms have a log, and how many entries stand in all of them.
    pub fn size(&self) -> (usize, usize) {
        let rooms = self.rooms();
        (rooms.len(), rooms.values().map(|log| log.entries.len()).sum())
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<SessionId, Log>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_now(&self, room: SessionId, after: Seq, draft: Draft) -> Result<Seq, AppendError> {
        let mut rooms = self.rooms();
        let log = rooms.entry(room).or_insert_with(|| Log::new(&self.logs));
        if log.seq != after {
            return Err(AppendError::Behind);
        }
        log.seq += 1;
        let Draft { id, at, from, event } = draft;
        let entry = Arc::new(Entry { id, seq: log.seq, prev: after, at, from, event });
        log.entries.push_back(entry.clone());
        self.entries.add(1);
        log.publish(&Item::Entry(entry));
        Ok(log.seq)
    }

    fn compact_now(&self, room: SessionId, snapshot: Room) -> Result<(), AppendError> {
        let mut rooms = self.rooms();
        let log = rooms.entry(room).or_insert_with(|| Log::new(&self.logs));
        let fresh = log.seq == 0 && log.snapshot.is_none();
        if !fresh && log.seq < snapshot.seq {
            return Err(AppendError::Behind);
        }
        if fresh {
            log.seq = snapshot.seq;
        }
        let before = log.entries.len();
        log.entries.retain(|entry| entry.seq > snapshot.seq);
        self.entries.add(log.entries.len() as i64 - before as i64);
        let snapshot = Arc::new(snapshot);
        if fresh {
            log.publish(&Item::Snapshot(snapshot.clone()));
        }
        log.snapshot = Some(snapshot);
        Ok(())
    }

    fn open_now(&self, room: SessionId, arrived: Arc<Notify>) -> Tail {
        let mut rooms = self.rooms();
        let log = rooms.entry(room).or_insert_with(|| Log::new(&self.logs));
        let (sender, live) = mpsc::channel(TAIL);
        log.tails.push(Reader { live: Some(sender), arrived });
        let head = log.snapshot.iter().cloned().map(Item::Snapshot);
        let head = head.chain(log.entries.iter().cloned().map(Item::Entry)).collect();
        Tail::new(log.epoch, head, live)
    }
}

impl RoomLog for LocalLog {
    fn open(&self, room: SessionId, arrived: Arc<Notify>) -> BoxFuture<'_, Result<Tail, AppendError>> {
        ready(Ok(self.open_now(room, arrived))).boxed()
    }

    fn append(&self, room: SessionId, after: Seq, draft: Draft) -> BoxFuture<'_, Result<Seq, AppendError>> {
        ready(self.append_now(room, after, draft)).boxed()
    }

    fn compact(&self, room: SessionId, snapshot: Room) -> BoxFuture<'_, Result<(), AppendError>> {
        ready(self.compact_now(room, snapshot)).boxed()
    }

    fn close(&self, room: SessionId) -> BoxFuture<'_, ()> {
        let gone = self.rooms().remove(&room);
        self.entries.add(-(gone.map_or(0, |log| log.entries.len()) as i64));
        ready(()).boxed()
    }
}
