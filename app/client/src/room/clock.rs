//! The server's time, as near as a page can know it.

use crate::page::now_ms;
use std::cell::Cell;
use tincan_signaling::id::Timestamp;

/// The server's clock, seen from this page: how far it is ahead of the page's own.
#[derive(Default)]
pub(crate) struct Clock(Cell<Option<f64>>);

impl Clock {
    /// Something said just now arrived. The quickest one tells best.
    pub(crate) fn hear(&self, at: Timestamp) {
        let ahead = at.0 as f64 - now_ms();
        self.0.set(Some(self.0.get().map_or(ahead, |best| best.max(ahead))));
    }

    /// Something said some time ago arrived: the server's clock is at least that far.
    pub(crate) fn hear_past(&self, at: Timestamp) {
        self.0.set(Some((at.0 as f64 - now_ms()).max(self.0.get().unwrap_or(0.0))));
    }

    /// The page's clock may have been set meanwhile.
    pub(crate) fn restart(&self) {
        self.0.set(None);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp((now_ms() + self.0.get().unwrap_or(0.0)).max(0.0) as u64)
    }
}
