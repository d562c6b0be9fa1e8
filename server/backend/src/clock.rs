//! The program's one clock, and the ids that are made from it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use time::OffsetDateTime;
use tincan_signaling::Timestamp;
use uuid::{ContextV7, Uuid};

/// Tells the time, UTC, cut to microseconds. It never goes back, whatever is done to the machine's.
#[derive(Clone)]
pub struct Clock {
    source: Source,
    latest_us: Arc<AtomicU64>,
    ids: Ids,
}

#[derive(Clone)]
enum Source {
    System,
    Set(Arc<AtomicU64>),
    #[cfg(feature = "simulated")]
    Runtime {
        start_us: u64,
        since: tokio::time::Instant,
    },
}

/// What makes ids of one moment differ.
#[derive(Clone)]
enum Ids {
    Random(Arc<Mutex<ContextV7>>),
    /// Counted from a seed: the same each time.
    #[cfg(feature = "simulated")]
    Counted {
        seed: u32,
        next: Arc<AtomicU64>,
    },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Source::System)
    }

    /// A clock that stands still until it is moved with [`Clock::advance`].
    pub fn standing_at(start: Timestamp) -> Self {
        Self::new(Source::Set(Arc::new(AtomicU64::new(start.0.saturating_mul(1000)))))
    }

    /// A clock that goes with the runtime's, which a test may have paused, and makes the same ids from
    /// the same seed.
    #[cfg(feature = "simulated")]
    pub fn of_runtime(start: Timestamp, seed: u32) -> Self {
        let since = tokio::time::Instant::now();
        let ids = Ids::Counted { seed, next: Arc::default() };
        Self { ids, ..Self::new(Source::Runtime { start_us: start.0.saturating_mul(1000), since }) }
    }

    /// Moves a clock made by [`Clock::standing_at`], and with it all its clones; the machine's
    /// clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Set(now_us) = &self.source {
            now_us.fetch_add(by.as_micros() as u64, Ordering::SeqCst);
        }
    }

    /// Now, in the milliseconds of the wire.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_us() / 1000)
    }

    /// Now, as it is stored.
    pub(crate) fn utc(&self) -> OffsetDateTime {
        to_utc_us(self.now_us())
    }

    /// A fresh id (UUIDv7): later ones of this process sort behind earlier ones.
    pub fn new_id(&self) -> Uuid {
        let now_us = self.now_us();
        #[cfg_attr(
            not(feature = "simulated"),
            expect(clippy::infallible_destructuring_match, reason = "in simulated worlds there are two")
        )]
        let ids = match &self.ids {
            Ids::Random(ids) => ids,
            #[cfg(feature = "simulated")]
            Ids::Counted { seed, next } => {
                let number = next.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                let mut rest = [0; 10];
                rest[2..6].copy_from_slice(&number[4..]);
                rest[6..].copy_from_slice(&seed.to_be_bytes());
                return uuid::Builder::from_unix_timestamp_millis(now_us / 1000, &rest).into_uuid();
            }
        };
        let context = ids.lock().unwrap_or_else(PoisonError::into_inner);
        let at =
            uuid::Timestamp::from_unix(&*context, now_us / 1_000_000, (now_us % 1_000_000 * 1000) as u32);
        Uuid::new_v7(at)
    }

    fn new(source: Source) -> Self {
        let ids = Ids::Random(Arc::new(Mutex::new(ContextV7::new())));
        Self { source, latest_us: Arc::default(), ids }
    }

    fn now_us(&self) -> u64 {
        let now_us = match &self.source {
            Source::System => system_us(),
            Source::Set(now_us) => now_us.load(Ordering::SeqCst),
            #[cfg(feature = "simulated")]
            Source::Runtime { start_us, since } => start_us + since.elapsed().as_micros() as u64,
        };
        self.latest_us.fetch_max(now_us, Ordering::SeqCst).max(now_us)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the program's one clock")]
fn system_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// A time of the wire as it is stored.
pub(crate) fn to_utc(at: Timestamp) -> OffsetDateTime {
    to_utc_us(at.0.saturating_mul(1000))
}

/// A stored time as it goes over the wire.
pub(crate) fn to_wire(at: OffsetDateTime) -> Timestamp {
    Timestamp((at.unix_timestamp_nanos() / 1_000_000).try_into().unwrap_or(0))
}

/// Microseconds since the Unix epoch as a time; what no calendar holds becomes the epoch.
pub(crate) fn to_utc_us(us: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A stored time in microseconds since the Unix epoch.
pub(crate) fn to_us(at: OffsetDateTime) -> u64 {
    (at.unix_timestamp_nanos() / 1000).try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_and_ids_sort() {
        let clock = Clock::standing_at(Timestamp(1_700_000_000_000));
        let first = clock.new_id();
        let second = clock.new_id();
        assert!(first < second);
        clock.clone().advance(Duration::from_millis(5));
        assert_eq!(clock.now(), Timestamp(1_700_000_000_005));
        assert!(second < clock.new_id());
        assert_eq!(to_wire(to_utc(clock.now())), clock.now());
        assert_eq!(to_utc_us(to_us(clock.utc())), clock.utc());
    }
}
