//! How often somebody may ask: so many times at once, then once in each interval (the generic cell
//! rate algorithm, ITU-T I.371), in memory of a fixed size.

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tincan_signaling::{Refusal, Timestamp};

/// Counts attempts by key. However many keys there are, an attempt costs the same and nothing is
/// kept of it but two numbers in tables of a fixed size. Keys that share a place in one table
/// hardly share one in the other, and whoever has room in one is let through; the hash is keyed, so
/// nobody can choose whom to share with.
pub struct RateLimit<K: ?Sized> {
    burst_us: u64,
    interval_us: u64,
    hasher: RandomState,
    /// When each place will have forgotten everything, in microseconds.
    tables: Mutex<[Box<[u64]>; 2]>,
    keys: PhantomData<fn(&K)>,
}

impl<K: Hash + ?Sized> RateLimit<K> {
    /// Lets `burst` attempts through at once, and then one in each `interval`.
    pub fn new(burst: u32, interval: Duration) -> Self {
        let interval_us = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX).max(1);
        Self {
            burst_us: u64::from(burst).saturating_mul(interval_us),
            interval_us,
            hasher: RandomState::new(),
            tables: Mutex::new([(); 2].map(|()| vec![0; PLACES].into_boxed_slice())),
            keys: PhantomData,
        }
    }

    /// Lets `count` attempts through in a minute, all at once if need be.
    pub fn per_minute(count: u32) -> Self {
        Self::new(count, MINUTE / count.max(1))
    }

    /// Counts one attempt, or says when the next is welcome; that one is not counted.
    pub fn attempt(&self, key: &K, now: Timestamp) -> Result<(), Refusal> {
        let now_us = now.0.saturating_mul(1000);
        let mut tables = self.lock();
        let places = self.places(key);
        let wait = |table: &[u64], place: usize| {
            let used = table[place].saturating_sub(now_us);
            used.saturating_add(self.interval_us).saturating_sub(self.burst_us)
        };
        let wait_us = wait(&tables[0], places[0]).min(wait(&tables[1], places[1]));
        if wait_us > 0 {
            return Err(Refusal::rate_limited(wait_us.div_ceil(1000)));
        }
        for (table, place) in tables.iter_mut().zip(places) {
            table[place] = table[place].max(now_us).saturating_add(self.interval_us);
        }
        Ok(())
    }

    /// Takes an attempt back that should not have counted.
    pub fn give_back(&self, key: &K) {
        let mut tables = self.lock();
        for (table, place) in tables.iter_mut().zip(self.places(key)) {
            table[place] = table[place].saturating_sub(self.interval_us);
        }
    }

    fn places(&self, key: &K) -> [usize; 2] {
        let hash = self.hasher.hash_one(key);
        [hash, hash >> 32].map(|half| half as usize % PLACES)
    }

    fn lock(&self) -> MutexGuard<'_, [Box<[u64]>; 2]> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MINUTE: Duration = Duration::from_secs(60);
/// 256 KiB for both tables.
const PLACES: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tincan_signaling::Code;

    #[test]
    fn so_many_at_once_and_then_one_in_each_interval() {
        let limit: RateLimit<str> = RateLimit::per_minute(2);
        let at = |ms: u64| limit.attempt("one", Timestamp(1_000_000 + ms));
        assert_eq!((at(0), at(10)), (Ok(()), Ok(())));
        let refusal = at(20_000).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after_ms), (Code::RateLimited, Some(10_000)));
        assert_eq!(limit.attempt("two", Timestamp(1_020_000)), Ok(()));
        assert_eq!(at(30_000), Ok(()));
        assert!(at(30_001).is_err());
        limit.give_back("one");
        assert_eq!(at(30_001), Ok(()));
        assert!(RateLimit::per_minute(0).attempt("one", Timestamp(5)).is_err());
    }

    #[test]
    fn a_flood_of_addresses_takes_no_memory_and_hardly_a_neighbour() {
        let limit = RateLimit::<Ipv4Addr>::new(3, Duration::from_secs(60));
        let now = Timestamp(1_000_000);
        for n in 0..2_000 {
            for _ in 0..5 {
                // Most are refused: this is a flood.
                let _flooded = limit.attempt(&Ipv4Addr::from_bits(n), now);
            }
        }
        let innocent = (5_000_000..5_001_000).map(Ipv4Addr::from_bits);
        let refused = innocent.filter(|address| limit.attempt(address, now).is_err()).count();
        assert!(refused < 50, "{refused} of 1000");
    }
}
