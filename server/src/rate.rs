//! How often one client may ask: so many times in a minute, then a refusal that says how long to
//! wait.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};
use tincan_signaling::{Refusal, Timestamp};

/// Counts attempts by key in windows of a minute.
#[derive(Debug)]
pub struct RateLimit<K> {
    per_minute: u32,
    windows: Mutex<HashMap<K, Window>>,
}

#[derive(Debug)]
struct Window {
    since: Timestamp,
    attempts: u32,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// Lets `per_minute` attempts a minute through for each key.
    pub fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, windows: Mutex::default() }
    }

    /// Counts one attempt.
    pub fn attempt(&self, key: K, now: Timestamp) -> Result<(), Refusal> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= KEYS {
            windows.retain(|_, window| now.0 < window.ends());
        }
        let window = windows.entry(key).or_insert(Window { since: now, attempts: 0 });
        if now.0 >= window.ends() {
            *window = Window { since: now, attempts: 0 };
        }
        if window.attempts >= self.per_minute {
            return Err(Refusal::rate_limited(window.ends().saturating_sub(now.0)));
        }
        window.attempts += 1;
        Ok(())
    }
}

impl Window {
    fn ends(&self) -> u64 {
        self.since.0.saturating_add(WINDOW_MS)
    }
}

const WINDOW_MS: u64 = 60_000;
/// From so many keys on, old ones are dropped before a new one is added.
const KEYS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::Code;

    #[test]
    fn the_next_minute_is_a_new_one() {
        let limit = RateLimit::per_minute(2);
        let at = |ms| limit.attempt("ann", Timestamp(ms));
        assert_eq!((at(0), at(10)), (Ok(()), Ok(())));
        let refusal = at(20_000).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after_ms), (Code::RateLimited, Some(40_000)));
        assert_eq!(limit.attempt("bob", Timestamp(20_000)), Ok(()));
        assert_eq!(at(60_000), Ok(()));
    }
}
