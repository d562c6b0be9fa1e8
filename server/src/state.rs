//! What every request can reach. Built once and handed down.

use crate::{
    assets::Assets,
    config::{Config, PublicUrl},
    demo::SamplePages,
};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};
use tincan_backend::{Backend, RateLimit};
use tincan_relay::Relay;

/// Cheap to clone: everything behind it is shared.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The parts themselves.
pub struct Parts {
    pub backend: Backend,
    pub relay: Relay,
    pub config: Config,
    pub public_url: PublicUrl,
    pub assets: Assets,
    /// The sample customer's site; only `tincan demo` has one.
    pub sample: Option<SamplePages>,
    pub limits: RateLimits,
    /// Set when the process is about to stop, so that nobody sends it new work.
    pub draining: AtomicBool,
    /// When this process began to serve.
    pub started: Instant,
    /// Leptos wants its own options in the router's state; our pages do not read them.
    pub leptos: LeptosOptions,
}

/// The counters behind `[limits]`. Failed sign-ins are counted by the backend.
pub struct RateLimits {
    pub widget_sessions: RateLimit<IpAddr>,
}

impl RateLimits {
    /// Counters at zero.
    pub fn of(config: &Config) -> Self {
        let limits = &config.limits;
        Self { widget_sessions: RateLimit::per_minute(limits.widget_sessions_per_minute) }
    }
}

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
