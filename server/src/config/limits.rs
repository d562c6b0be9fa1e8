//! `[limits]`: how much one client may ask over HTTP. The socket's limits are part of the protocol.

use serde::{Deserialize, Serialize};

/// Limits of the HTTP API. Addresses count by IPv4 address or IPv6 /64.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// New or resumed widget sessions a minute, per address.
    pub widget_sessions_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, widget_sessions_per_minute: 120 }
    }
}
