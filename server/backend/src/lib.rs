//! Use cases and storage: the only place that checks entitlements and that stores.
//!
//! [`Backend`] is the way in, cheap to clone; each file below holds what belongs to one thought
//! and adds its use cases to it. SQL lives under `storage` and nowhere else. Nothing here knows
//! HTTP, sockets or rooms in memory.

pub mod accounts;
mod audit;
mod backend;
pub mod calls;
mod change;
mod client_ip;
mod clock;
mod config;
pub mod demo;
mod error;
mod identity;
mod keys;
mod origins;
mod passwords;
pub mod plans;
mod private_file;
mod rate;
mod ready;
mod revocations;
pub mod rooms;
mod rotation;
mod secrets;
mod storage;
pub mod tenants;
#[cfg(test)]
mod tests;
mod throttle;
mod tokens;
mod upkeep;
pub mod widget;

pub use audit::{AuditEntry, AuditLog};
pub use backend::{Backend, DatabaseState, OpenError};
pub use change::Change;
pub use client_ip::ClientIp;
pub use clock::Clock;
pub use config::{BackendConfig, SigningKey};
pub use error::{Refused, Result};
pub use identity::{Device, Identity};
pub use keys::KeysError;
pub use rate::RateLimit;
pub use ready::Unready;
#[cfg(feature = "simulated")]
pub use storage::weather;
