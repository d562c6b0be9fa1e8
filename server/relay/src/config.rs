//! The relay's settings.

mod limits;

pub use limits::Limits;

use std::time::Duration;
use tincan_signaling::event::IceServer;

/// What the program tells the relay.
#[derive(Clone)]
pub struct RelayConfig {
    /// Our own origin, e.g. `https://call.example`.
    pub own_origin: String,
    /// What every leg gets: STUN servers, perhaps none.
    pub ice_servers: Vec<IceServer>,
    /// How long an agent stays in wrap-up after a call; zero: not at all.
    pub wrap_up: Duration,
    pub limits: Limits,
}

impl RelayConfig {
    /// The usual settings for a server at `own_origin`.
    pub fn new(own_origin: impl Into<String>) -> Self {
        Self {
            own_origin: own_origin.into(),
            ice_servers: Vec::new(),
            wrap_up: Duration::ZERO,
            limits: Limits::default(),
        }
    }
}
