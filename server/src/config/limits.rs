//! `[limits]`: how much one client may ask over HTTP; `[limits.socket]`: how much there may be of
//! sockets, rooms and what goes through them.

use super::ConfigError;
use serde::{Deserialize, Serialize};

/// Limits of the HTTP API. Addresses count by IPv4 address or IPv6 /64.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// New or resumed widget sessions a minute, per address.
    pub widget_sessions_per_minute: u32,
    pub socket: tincan_relay::Limits,
}

impl Limits {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.socket
            .check()
            .map_err(|(name, reason)| ConfigError::invalid(format!("limits.socket.{name}"), reason))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            widget_sessions_per_minute: 120,
            socket: tincan_relay::Limits::default(),
        }
    }
}
