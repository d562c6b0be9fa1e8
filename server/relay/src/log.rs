//! Each room is one ordered log. What happened is what stands in it; everybody, the writer too,
//! folds only what comes out of its tail.

mod local;

pub use local::LocalLog;

use futures::future::BoxFuture;
use std::{collections::VecDeque, sync::Arc};
use tincan_signaling::{
    event::{Entry, Event, Sender},
    id::{Epoch, EventId, Seq, SessionId, Timestamp},
    room::Room,
};
use tokio::sync::{Notify, mpsc};

/// What somebody wants to append: an entry that has no number yet.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: EventId,
    pub at: Timestamp,
    pub from: Sender,
    pub event: Event,
}

/// What comes out of a tail. First a snapshot or entry 1, then entries without a gap; a snapshot
/// later on means a gap that could not be filled.
#[derive(Clone, Debug)]
pub enum Item {
    Entry(Arc<Entry>),
    Snapshot(Arc<Room>),
}

/// What a tail gives without waiting.
#[derive(Clone, Debug)]
pub enum Next {
    Item(Item),
    Nothing,
    /// The log was closed, or its reader was too slow: open it anew.
    CutOff,
}

/// The live end of a room's log.
#[derive(Debug)]
pub struct Tail {
    /// This life of the log.
    pub epoch: Epoch,
    head: VecDeque<Item>,
    live: mpsc::Receiver<Item>,
}

impl Tail {
    /// A tail that gives `head` first and then what arrives.
    pub fn new(epoch: Epoch, head: VecDeque<Item>, live: mpsc::Receiver<Item>) -> Self {
        Self { epoch, head, live }
    }

    /// The next item if it is there already.
    pub fn try_next(&mut self) -> Next {
        if let Some(item) = self.head.pop_front() {
            return Next::Item(item);
        }
        match self.live.try_recv() {
            Ok(item) => Next::Item(item),
            Err(mpsc::error::TryRecvError::Empty) => Next::Nothing,
            Err(mpsc::error::TryRecvError::Disconnected) => Next::CutOff,
        }
    }

    /// Waits for the next item; `None` when the log was closed.
    pub async fn next(&mut self) -> Option<Item> {
        match self.head.pop_front() {
            Some(item) => Some(item),
            None => self.live.recv().await,
        }
    }
}

/// Why an entry was not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("the writer decided on an old state")]
    Behind,
    #[error("the log cannot be reached")]
    Unavailable,
    #[error("no answer: look for the entry's id in the tail")]
    Unknown,
    #[error("the entry is too large")]
    TooLarge,
}

/// One ordered log for each room.
pub trait RoomLog: Send + Sync + 'static {
    /// Live from here on. `arrived` is notified whenever there is something new in the tail, or
    /// nothing more will come.
    fn open(&self, room: SessionId, arrived: Arc<Notify>) -> BoxFuture<'_, Result<Tail, AppendError>>;

    /// Appends as `after + 1`, or says that the writer has not folded everything yet.
    fn append(&self, room: SessionId, after: Seq, draft: Draft) -> BoxFuture<'_, Result<Seq, AppendError>>;

    /// Replaces everything up to the snapshot's number by the snapshot. In an empty log it is the
    /// beginning: a room that goes on after a restart.
    fn compact(&self, room: SessionId, snapshot: Room) -> BoxFuture<'_, Result<(), AppendError>>;

    /// The room is over; its log is gone.
    fn close(&self, room: SessionId) -> BoxFuture<'_, ()>;
}
