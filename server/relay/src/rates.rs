//! Token buckets: how often something may be done on one socket in one room.

use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// A rate: so many at once, and so many more each second.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

/// The limits of one socket in one room. All are on; config raises the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Over it the socket is read more slowly.
    pub signals: Rate,
    /// The others are refused with `retry_after_ms`.
    pub messages: Rate,
    pub call_requests: Rate,
    pub call_events: Rate,
    /// Joins of one socket.
    pub joins: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            signals: Rate { burst: 300.0, per_second: 50.0 },
            messages: Rate { burst: 20.0, per_second: 4.0 },
            call_requests: Rate { burst: 10.0, per_second: 10.0 / 60.0 },
            call_events: Rate { burst: 60.0, per_second: 10.0 },
            joins: Rate { burst: 120.0, per_second: 10.0 },
        }
    }
}

/// One bucket, full at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, tokens: rate.burst, at: Instant::now() }
    }

    /// Takes one token, or says how long until there is one.
    pub(crate) fn take(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        let filled = now.duration_since(self.at).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + filled).min(self.rate.burst);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.rate.per_second.max(0.001)))
    }
}
