//! Token buckets: how often something may be done.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use tincan_signaling::{code::Refusal, event::Event};
use tokio::time::Instant;

/// A rate: so many at once, and so many more each second.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

impl Rate {
    /// Whether anything passes, now and later.
    pub(crate) fn is_sound(self) -> bool {
        self.burst >= 1.0 && self.per_second > 0.0
    }
}

/// How fast a client may be.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Signals and `typing` of one socket in one room: over it the socket is read more slowly.
    pub signals: Rate,
    /// Of one person in one room; more is refused with `retry_after_ms`.
    pub messages: Rate,
    pub call_requests: Rate,
    pub call_events: Rate,
    /// Joins of one socket; more is refused.
    pub joins: Rate,
    /// Frames of one socket, of whatever kind, and bytes of them: over it the socket is read more
    /// slowly.
    pub frames: Rate,
    pub bytes: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            signals: Rate { burst: 300.0, per_second: 50.0 },
            messages: Rate { burst: 20.0, per_second: 4.0 },
            call_requests: Rate { burst: 10.0, per_second: 10.0 / 60.0 },
            call_events: Rate { burst: 60.0, per_second: 10.0 },
            joins: Rate { burst: 120.0, per_second: 10.0 },
            frames: Rate { burst: 1_000.0, per_second: 200.0 },
            bytes: Rate { burst: 4_194_304.0, per_second: 524_288.0 },
        }
    }
}

/// What one person may still do in one room, on whatever socket or over HTTP.
#[derive(Debug)]
pub(crate) struct Allowance {
    messages: Bucket,
    call_requests: Bucket,
    call_events: Bucket,
}

impl Allowance {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            messages: Bucket::new(rates.messages),
            call_requests: Bucket::new(rates.call_requests),
            call_events: Bucket::new(rates.call_events),
        }
    }

    /// Takes one event of it.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        let bucket = match event {
            Event::Message { .. } => &mut self.messages,
            Event::CallRequest { .. } => &mut self.call_requests,
            _ => &mut self.call_events,
        };
        bucket.take().map_err(|wait| Refusal::rate_limited(wait.as_millis() as u64 + 1))
    }

    /// Whether it is as good as new: nothing is lost by forgetting it.
    pub(crate) fn is_full(&mut self) -> bool {
        [&mut self.messages, &mut self.call_requests, &mut self.call_events].into_iter().all(Bucket::is_full)
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
        self.fill();
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(self.until(1.0))
    }

    /// Takes one token, into debt if need be; says how long to wait until the debt is paid.
    pub(crate) fn owe(&mut self) -> Option<Duration> {
        self.owe_at(Instant::now(), 1.0)
    }

    /// The same for several tokens, by a clock that was just read.
    pub(crate) fn owe_at(&mut self, now: Instant, tokens: f64) -> Option<Duration> {
        self.fill_at(now);
        self.tokens -= tokens;
        (self.tokens < 0.0).then(|| self.until(0.0))
    }

    /// Whether nothing was taken that has not grown again.
    pub(crate) fn is_full(&mut self) -> bool {
        self.fill();
        self.tokens >= self.rate.burst
    }

    fn fill(&mut self) {
        self.fill_at(Instant::now());
    }

    fn fill_at(&mut self, now: Instant) {
        let filled = now.duration_since(self.at).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + filled).min(self.rate.burst);
        self.at = now;
    }

    fn until(&self, tokens: f64) -> Duration {
        Duration::from_secs_f64((tokens - self.tokens).max(0.0) / self.rate.per_second.max(0.001))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_served_at_its_rate_and_no_faster() {
        let mut bucket = Bucket::new(Rate { burst: 3.0, per_second: 2.0 });
        for _ in 0..3 {
            assert_eq!(bucket.owe(), None);
        }
        let started = Instant::now();
        for _ in 0..10 {
            let wait = bucket.owe().expect("always too fast");
            tokio::time::advance(wait).await;
        }
        let took = started.elapsed().as_millis();
        assert!((4_900..5_200).contains(&took), "ten at two a second took {took} ms");
        let wait = bucket.take().expect_err("the debt is paid, and nothing left over");
        tokio::time::advance(wait).await;
        assert!(bucket.take().is_ok() && bucket.take().is_err());
    }
}
