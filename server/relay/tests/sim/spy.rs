//! The room log of the simulated world: the real local one, watched. Epochs get ids from the seed.

use super::truth::Truth;
use futures::future::{BoxFuture, FutureExt};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use crate::log::{AppendError, Draft, LocalLog, RoomLog, Tail};
use tincan_signaling::{
    event::Entry,
    id::{Epoch, Seq, SessionId},
    room::Room,
};
use uuid::Uuid;

pub(super) struct SpyLog {
    log: LocalLog,
    truth: Truth,
    state: Mutex<State>,
}

struct State {
    epochs: BTreeMap<SessionId, Epoch>,
    next: u128,
}

impl SpyLog {
    /// `life` numbers the lives of the server: epochs of later ones sort behind.
    pub(super) fn new(truth: Truth, life: u32) -> Arc<Self> {
        let state = State { epochs: BTreeMap::new(), next: u128::from(life) << 64 };
        Arc::new(Self { log: LocalLog::default(), truth, state: Mutex::new(state) })
    }

    /// How many rooms have a log.
    pub(super) fn rooms(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).epochs.len()
    }

    fn epoch(&self, room: SessionId, start: &Room) -> Epoch {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(epoch) = state.epochs.get(&room) {
            return *epoch;
        }
        state.next += 1;
        let epoch = Epoch(Uuid::from_u128(state.next));
        state.epochs.insert(room, epoch);
        self.truth.begin(room, epoch, start.clone());
        epoch
    }
}

impl RoomLog for SpyLog {
    fn open(&self, room: SessionId) -> BoxFuture<'_, Result<Tail, AppendError>> {
        async move {
            let mut tail = self.log.open(room).await?;
            tail.epoch = self.epoch(room, &Room::default());
            Ok(tail)
        }
        .boxed()
    }

    fn append(&self, room: SessionId, after: Seq, draft: Draft) -> BoxFuture<'_, Result<Seq, AppendError>> {
        async move {
            let seq = self.log.append(room, after, draft.clone()).await?;
            let Draft { id, at, from, event } = draft;
            let epoch = self.epoch(room, &Room::default());
            self.truth.append(room, epoch, Entry { id, seq, prev: after, at, from, event });
            Ok(seq)
        }
        .boxed()
    }

    fn compact(&self, room: SessionId, snapshot: Room) -> BoxFuture<'_, Result<(), AppendError>> {
        async move {
            self.epoch(room, &snapshot);
            self.log.compact(room, snapshot).await
        }
        .boxed()
    }

    fn close(&self, room: SessionId) -> BoxFuture<'_, ()> {
        async move {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).epochs.remove(&room);
            self.log.close(room).await;
        }
        .boxed()
    }
}
