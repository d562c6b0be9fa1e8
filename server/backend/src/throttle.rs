//! How often somebody may try to sign in: per account and per address.

use crate::error::Result;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};
use tincan_signaling::{Refusal, Timestamp};

/// Counts attempts in memory. A successful one is given back, so only failures use it up.
#[derive(Default)]
pub(crate) struct LoginThrottle {
    full_at: Mutex<HashMap<Key, Timestamp>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
}

/// So many at once, then one in each interval (the generic cell rate algorithm, ITU-T I.371).
struct Rate {
    burst: u64,
    interval_ms: u64,
}

impl LoginThrottle {
    /// Takes one attempt, or says when the next is welcome.
    pub(crate) fn attempt(&self, email: &str, ip: Option<IpAddr>, now: Timestamp) -> Result<()> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= PRUNE_AT {
            full_at.retain(|_, full_at| *full_at > now);
        }
        let keys = keys(email, ip);
        let wait_ms = keys.iter().map(|(key, rate)| wait_ms(full_at.get(key), rate, now)).max().unwrap_or(0);
        if wait_ms > 0 {
            return Err(Refusal::rate_limited(wait_ms).into());
        }
        for (key, rate) in keys {
            let entry = full_at.entry(key).or_insert(now);
            *entry = Timestamp(entry.0.max(now.0) + rate.interval_ms);
        }
        Ok(())
    }

    /// Gives an attempt back.
    pub(crate) fn succeeded(&self, email: &str, ip: Option<IpAddr>) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, rate) in keys(email, ip) {
            if let Some(entry) = full_at.get_mut(&key) {
                entry.0 = entry.0.saturating_sub(rate.interval_ms);
            }
        }
    }
}

fn keys(email: &str, ip: Option<IpAddr>) -> Vec<(Key, Rate)> {
    let mut keys = vec![(Key::Account(email.to_owned()), PER_ACCOUNT)];
    keys.extend(ip.map(|ip| (Key::Address(counted_as(ip)), PER_ADDRESS)));
    keys
}

fn wait_ms(full_at: Option<&Timestamp>, rate: &Rate, now: Timestamp) -> u64 {
    let used_ms = full_at.map_or(0, |full_at| full_at.0.saturating_sub(now.0));
    (used_ms + rate.interval_ms).saturating_sub(rate.burst * rate.interval_ms)
}

/// Somebody with IPv6 has a /64 at least.
fn counted_as(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

const PER_ACCOUNT: Rate = Rate { burst: 8, interval_ms: 30_000 };
const PER_ADDRESS: Rate = Rate { burst: 40, interval_ms: 3_000 };
const PRUNE_AT: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refused;

    fn wait(result: Result<()>) -> u64 {
        match result {
            Err(Refused::Refusal(refusal)) => refusal.retry_after_ms.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_account_and_an_address_run_dry_apart() {
        let throttle = LoginThrottle::default();
        let (mut now, ip) = (Timestamp(1_000_000), Some("2001:db8::1".parse().unwrap()));
        for _ in 0..PER_ACCOUNT.burst {
            throttle.attempt("a", ip, now).unwrap();
        }
        assert_eq!(wait(throttle.attempt("a", None, now)), 30_000);
        throttle.attempt("b", ip, now).unwrap();
        now.0 += 30_000;
        throttle.attempt("a", None, now).unwrap();
        assert!(wait(throttle.attempt("a", None, now)) > 0);
        for n in 0..PER_ADDRESS.burst {
            throttle.attempt(&format!("u{n}"), ip, now).unwrap();
        }
        let neighbour = Some("2001:db8::ffff".parse().unwrap());
        assert!(wait(throttle.attempt("c", neighbour, now)) > 0);
        throttle.attempt("c", Some("192.0.2.1".parse().unwrap()), now).unwrap();
    }

    #[test]
    fn a_success_costs_nothing() {
        let throttle = LoginThrottle::default();
        for _ in 0..100 {
            throttle.attempt("a", None, Timestamp(5)).unwrap();
            throttle.succeeded("a", None);
        }
    }
}
