//! How much there may be of everything. All limits are always on; the operator only chooses the
//! numbers. `docs/limits.md` says what happens at each.

use crate::rates::{Rate, Rates};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The numbers of one node.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open sockets.
    pub sockets: usize,
    pub sockets_per_tenant: usize,
    /// By IPv4 address or IPv6 /64.
    pub sockets_per_address: usize,
    /// By user or visitor, on whatever device.
    pub sockets_per_person: usize,
    /// Attempts to open a socket, by address.
    pub upgrades: Rate,
    /// Channels that one socket may have joined or be joining.
    pub channels: usize,
    /// Open rooms: those with members, a call, or a log that still lives.
    pub rooms: usize,
    pub rooms_per_tenant: usize,
    /// Sockets in one room, and dashboards in one lobby.
    pub members: usize,
    /// Frames, and bytes of them, that may wait for one socket.
    pub queue_frames: usize,
    pub queue_bytes: usize,
    /// What a room keeps for members who come back: so many events, bytes and seconds at most.
    pub ring_events: usize,
    pub ring_bytes: usize,
    pub ring_s: u64,
    /// How long a room and its log outlive the last member.
    pub room_life_s: u64,
    /// Calls whose newest state is not in the database yet.
    pub records: usize,
    /// The payload of a join or of a new token, in bytes.
    pub join_bytes: usize,
    /// The payload that shows a member to the others, in bytes.
    pub presence_bytes: usize,
    pub rates: Rates,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 18_000,
            sockets_per_tenant: 12_000,
            sockets_per_address: 2_000,
            sockets_per_person: 50,
            upgrades: Rate { burst: 1_000.0, per_second: 100.0 },
            channels: 100,
            rooms: 200_000,
            rooms_per_tenant: 50_000,
            members: 200,
            queue_frames: 1_024,
            queue_bytes: 4 * 1024 * 1024,
            ring_events: 256,
            ring_bytes: 1024 * 1024,
            ring_s: 120,
            room_life_s: 120,
            records: 10_000,
            join_bytes: 16 * 1024,
            presence_bytes: 4 * 1024,
            rates: Rates::default(),
        }
    }
}

impl Limits {
    /// What no single number can say: the first pair that does not go together, and why.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.queue_frames <= self.ring_events {
            return Err(("queue_frames", "must be more than ring_events: whoever comes back gets them all"));
        }
        if self.queue_bytes <= self.ring_bytes {
            return Err(("queue_bytes", "must be more than ring_bytes: whoever comes back gets them all"));
        }
        let rates = &self.rates;
        let named = [
            ("upgrades", self.upgrades),
            ("rates.signals", rates.signals),
            ("rates.messages", rates.messages),
            ("rates.call_requests", rates.call_requests),
            ("rates.call_events", rates.call_events),
            ("rates.joins", rates.joins),
            ("rates.frames", rates.frames),
            ("rates.bytes", rates.bytes),
        ];
        match named.into_iter().find(|(_, rate)| !rate.is_sound()) {
            Some((name, _)) => Err((name, "needs a burst of at least 1 and a number above 0 per second")),
            None => Ok(()),
        }
    }

    pub(crate) fn ring_for(&self) -> Duration {
        Duration::from_secs(self.ring_s)
    }

    pub(crate) fn room_life(&self) -> Duration {
        Duration::from_secs(self.room_life_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_numbers_go_together() {
        assert_eq!(Limits::default().check(), Ok(()));
        let small = Limits { queue_frames: 10, ..Limits::default() };
        assert_eq!(small.check().map_err(|(name, _)| name), Err("queue_frames"));
        let never = Limits { upgrades: Rate { burst: 5.0, per_second: 0.0 }, ..Limits::default() };
        assert_eq!(never.check().map_err(|(name, _)| name), Err("upgrades"));
    }
}
