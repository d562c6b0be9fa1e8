//! Writes call records behind the calls: signals and call events never wait for the database.
//!
//! Only the newest state of each call waits, so the queue is as long as there are calls; while it is
//! too long, the hub lets no new ones in.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use tincan_backend::{Backend, calls::CallRecord, rooms::RoomInfo};
use tincan_signaling::id::CallId;
use tokio::sync::Notify;

/// How long the database is left alone after it failed.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Calls whose newest state is not written yet.
#[derive(Default)]
pub(crate) struct Recorder {
    waiting: Mutex<Waiting>,
    wake: Notify,
    idle: Notify,
}

/// The newest state of one call, and the room it belongs to.
pub(crate) struct Line {
    pub(crate) room: RoomInfo,
    pub(crate) page_url: Option<String>,
    pub(crate) record: CallRecord,
}

#[derive(Default)]
struct Waiting {
    records: BTreeMap<CallId, Line>,
    writing: bool,
}

impl Recorder {
    /// Takes the newest state of a call.
    pub(crate) fn put(&self, line: Line) {
        let Some(id) = line.record.call.id() else { return };
        self.lock().records.insert(id, line);
        self.wake.notify_one();
    }

    /// How many calls have a state that is not written yet.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().records.len()
    }

    /// Writes for as long as the server runs.
    pub(crate) async fn run(&self, backend: Backend) {
        loop {
            let batch: Vec<Line> = {
                let mut waiting = self.lock();
                waiting.writing = !waiting.records.is_empty();
                std::mem::take(&mut waiting.records).into_values().collect()
            };
            if batch.is_empty() {
                self.idle.notify_waiters();
                self.wake.notified().await;
                continue;
            }
            for line in batch {
                self.write(&backend, line).await;
            }
        }
    }

    async fn write(&self, backend: &Backend, line: Line) {
        let written = async {
            backend.touch_session(&line.room, line.page_url.as_deref()).await?;
            backend.save_call(&line.record).await
        };
        let Err(error) = written.await else { return };
        metrics::counter!("tincan_records_failed_total").increment(1);
        let call_id = line.record.call.id();
        tracing::error!(room = %line.record.session, ?call_id, %error, "call record not written yet");
        // Kept unless something newer came, and tried again.
        if let Some(id) = call_id {
            self.lock().records.entry(id).or_insert(line);
        }
        tokio::time::sleep(RETRY).await;
    }

    /// Waits until everything taken so far is written.
    pub(crate) async fn flushed(&self) {
        loop {
            let idle = self.idle.notified();
            {
                let waiting = self.lock();
                if waiting.records.is_empty() && !waiting.writing {
                    return;
                }
            }
            self.wake.notify_one();
            idle.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
