//! How often somebody may try to sign in: per account and per address.

use crate::{ClientIp, RateLimit, error::Result};
use std::{net::IpAddr, time::Duration};
use tincan_signaling::Timestamp;

/// Counts attempts in memory, whether the account exists or not. A successful one is given back, so
/// only failures use it up.
pub(crate) struct LoginThrottle {
    accounts: RateLimit<str>,
    addresses: RateLimit<IpAddr>,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self {
            accounts: RateLimit::new(PER_ACCOUNT.0, PER_ACCOUNT.1),
            addresses: RateLimit::new(PER_ADDRESS.0, PER_ADDRESS.1),
        }
    }
}

impl LoginThrottle {
    /// Takes one attempt, or says when the next is welcome.
    pub(crate) fn attempt(&self, email: &str, ip: Option<IpAddr>, now: Timestamp) -> Result<()> {
        let address = ip.map(|ip| ClientIp(ip).counted_as());
        if let Some(address) = &address {
            self.addresses.attempt(address, now)?;
        }
        if let Err(refusal) = self.accounts.attempt(email, now) {
            if let Some(address) = &address {
                self.addresses.give_back(address);
            }
            return Err(refusal.into());
        }
        Ok(())
    }

    /// Gives an attempt back.
    pub(crate) fn succeeded(&self, email: &str, ip: Option<IpAddr>) {
        self.accounts.give_back(email);
        if let Some(ip) = ip {
            self.addresses.give_back(&ClientIp(ip).counted_as());
        }
    }
}

/// So many at once, then one in each interval.
const PER_ACCOUNT: (u32, Duration) = (8, Duration::from_secs(30));
const PER_ADDRESS: (u32, Duration) = (40, Duration::from_secs(3));

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
        for _ in 0..PER_ACCOUNT.0 {
            throttle.attempt("a", ip, now).unwrap();
        }
        assert_eq!(wait(throttle.attempt("a", None, now)), 30_000);
        throttle.attempt("b", ip, now).unwrap();
        now.0 += 30_000;
        throttle.attempt("a", None, now).unwrap();
        assert!(wait(throttle.attempt("a", None, now)) > 0);
        for n in 0..PER_ADDRESS.0 {
            throttle.attempt(&format!("u{n}"), ip, now).unwrap();
        }
        let neighbour = Some("2001:db8::ffff".parse().unwrap());
        assert!(wait(throttle.attempt("c", neighbour, now)) > 0);
        throttle.attempt("c", Some("192.0.2.1".parse().unwrap()), now).unwrap();
    }

    #[test]
    fn a_success_costs_nothing() {
        let throttle = LoginThrottle::default();
        let ip = Some("192.0.2.1".parse().unwrap());
        for _ in 0..100 {
            throttle.attempt("a", ip, Timestamp(5)).unwrap();
            throttle.succeeded("a", ip);
        }
    }
}
