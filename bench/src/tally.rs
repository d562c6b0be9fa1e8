//! What is counted while the load runs.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use tokio::time::Instant;

/// Shared by all tasks of the load, which run on one thread.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) ready: Cell<usize>,
    events: Cell<u64>,
    latencies: RefCell<Vec<u32>>,
    pub(crate) failed: RefCell<Option<anyhow::Error>>,
}

impl Tally {
    /// So many events arrived, the last of them now, and this is when they were due.
    pub(crate) fn count(&self, events: u64, since: Instant) {
        self.events.set(self.events.get() + events);
        let took = since.elapsed().as_micros().try_into().unwrap_or(u32::MAX);
        self.latencies.borrow_mut().push(took);
    }

    /// One more task has set up its call.
    pub(crate) fn one_ready(&self) {
        self.ready.set(self.ready.get() + 1);
    }

    pub(crate) fn fail(&self, error: anyhow::Error) {
        self.failed.borrow_mut().get_or_insert(error);
    }

    /// Forgets what came before.
    pub(crate) fn start(&self) {
        self.events.set(0);
        self.latencies.borrow_mut().clear();
    }

    /// How many events since the start, with the median and the 99th percentile of their times.
    pub(crate) fn read(&self) -> (u64, [Duration; 2]) {
        let mut latencies = self.latencies.take();
        latencies.sort_unstable();
        let at = |share: f64| {
            let place = (latencies.len() as f64 * share) as usize;
            Duration::from_micros(latencies.get(place).copied().unwrap_or_default().into())
        };
        (self.events.get(), [at(0.5), at(0.99)])
    }
}
