//! The room log of the simulated world: the real local one, or one far away that delivers late, twice
//! or not at all, loses its answers and cuts its readers off. Whatever it does, what stands in it is
//! the truth. Epochs get ids from the seed.

use super::{rng::Rng, truth::Truth};
use crate::log::{AppendError, Draft, Item, LocalLog, Next, RoomLog, Tail};
use futures::future::{BoxFuture, FutureExt};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tincan_signaling::{
    event::Entry,
    id::{Epoch, Seq, SessionId},
    room::Room,
};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

pub(super) struct SpyLog {
    log: LocalLog,
    truth: Truth,
    state: Mutex<State>,
    /// It is far away right now.
    pub(super) far: AtomicBool,
}

struct State {
    epochs: BTreeMap<SessionId, Epoch>,
    next: u128,
    rng: Rng,
}

/// What becomes of an append.
#[derive(Clone, Copy)]
enum Fate {
    Fine,
    /// It is done, and nobody hears of it.
    Unknown,
    /// It is not done.
    Unavailable,
    /// It arrives twice: the second one is answered.
    Doubled,
}

/// What becomes of one item on its way to a reader.
#[derive(Clone, Copy)]
enum Way {
    Straight,
    Late(u64),
    Twice,
    Dropped,
    CutOff,
}

impl SpyLog {
    /// `life` numbers the lives of the server: epochs of later ones sort behind.
    pub(super) fn new(truth: Truth, life: u32, rng: Rng, far: bool) -> Arc<Self> {
        let state = State { epochs: BTreeMap::new(), next: u128::from(life) << 64, rng };
        Arc::new(Self {
            log: LocalLog::default(),
            truth,
            state: Mutex::new(state),
            far: AtomicBool::new(far),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rooms have a log.
    pub(super) fn rooms(&self) -> usize {
        self.state().epochs.len()
    }

    fn epoch(&self, room: SessionId, start: &Room) -> Epoch {
        let mut state = self.state();
        if let Some(epoch) = state.epochs.get(&room) {
            return *epoch;
        }
        state.next += 1;
        let epoch = Epoch(Uuid::from_u128(state.next));
        state.epochs.insert(room, epoch);
        self.truth.begin(room, epoch, start.clone());
        epoch
    }

    async fn append_really(&self, room: SessionId, after: Seq, draft: Draft) -> Result<Seq, AppendError> {
        let seq = self.log.append(room, after, draft.clone()).await?;
        let Draft { id, at, from, event } = draft;
        let epoch = self.epoch(room, &Room::default());
        self.truth.append(room, epoch, Entry { id, seq, prev: after, at, from, event });
        Ok(seq)
    }

    fn fate(&self) -> Fate {
        if !self.far.load(Ordering::Relaxed) {
            return Fate::Fine;
        }
        let fates = [(92, Fate::Fine), (2, Fate::Unknown), (2, Fate::Unavailable), (4, Fate::Doubled)];
        self.state().rng.weighed(&fates)
    }

    /// Carries a tail over a long way.
    fn carry(&self, mut near: Tail, epoch: Epoch, arrived: Arc<Notify>) -> Tail {
        let (far, live) = mpsc::channel(1_024);
        let mut head = VecDeque::new();
        while let Next::Item(item) = near.try_next() {
            head.push_back(item);
        }
        let mut rng = self.state().rng.fork();
        tokio::spawn(async move {
            while let Some(item) = near.next().await {
                let late = Way::Late(rng.range(1..40));
                let lost = Way::Late(rng.range(300..1_500));
                let ways = [
                    (40, Way::Straight),
                    (40, late),
                    (3, lost),
                    (10, Way::Twice),
                    (3, Way::Dropped),
                    (2, Way::CutOff),
                ];
                let copies = match rng.weighed(&ways) {
                    Way::Straight => 1,
                    Way::Late(ms) => {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        1
                    }
                    Way::Twice => 2,
                    Way::Dropped => 0,
                    Way::CutOff => break,
                };
                for _ in 0..copies {
                    let item: Item = item.clone();
                    if far.send(item).await.is_err() {
                        return;
                    }
                }
                arrived.notify_one();
            }
            drop(far);
            arrived.notify_one();
        });
        Tail::new(epoch, head, live)
    }
}

impl RoomLog for SpyLog {
    fn open(&self, room: SessionId, arrived: Arc<Notify>) -> BoxFuture<'_, Result<Tail, AppendError>> {
        async move {
            let mut tail = self.log.open(room, arrived.clone()).await?;
            tail.epoch = self.epoch(room, &Room::default());
            if self.far.load(Ordering::Relaxed) {
                let epoch = tail.epoch;
                return Ok(self.carry(tail, epoch, arrived));
            }
            Ok(tail)
        }
        .boxed()
    }

    fn append(&self, room: SessionId, after: Seq, draft: Draft) -> BoxFuture<'_, Result<Seq, AppendError>> {
        async move {
            match self.fate() {
                Fate::Fine => self.append_really(room, after, draft).await,
                Fate::Unknown => {
                    self.append_really(room, after, draft).await?;
                    Err(AppendError::Unknown)
                }
                Fate::Unavailable => Err(AppendError::Unavailable),
                Fate::Doubled => {
                    self.append_really(room, after, draft.clone()).await?;
                    self.append_really(room, after, draft).await
                }
            }
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
            self.state().epochs.remove(&room);
            self.log.close(room).await;
        }
        .boxed()
    }
}
