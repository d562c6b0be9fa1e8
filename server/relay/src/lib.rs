//! The relay: sockets in the dialect of Supabase Realtime, rooms as ordered logs, presence, and
//! what follows from calls. It never sees media, and it decides nothing that the pure core in
//! `tincan-signaling` or the backend can decide.

mod channel;
mod config;
mod hub;
pub mod log;
mod member;
mod meters;
mod outbox;
mod presence;
mod rates;
mod recorder;
mod rest;
mod rights;
mod ring;
mod room;
#[cfg(test)]
#[path = "../tests/sim/mod.rs"]
mod sim;
mod socket;
mod tenant;
#[cfg(test)]
#[path = "../tests/time/mod.rs"]
mod time;

pub use config::{Limits, RelayConfig};
pub use meters::Levels;
pub use rates::{Rate, Rates};

use crate::{hub::Hub, log::RoomLog};
use axum::{
    Router,
    routing::{any, post},
};
use std::{sync::Arc, time::Duration};
use tincan_backend::Backend;
use tincan_signaling::{agent::Availability, code::Refusal, id::TenantId};

/// How long the last call records may take to be written.
const FLUSH: Duration = Duration::from_secs(10);

/// The relay of this node. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    hub: Arc<Hub>,
}

impl Relay {
    /// Starts the relay: takes up the calls that go on, and listens to changes of rights.
    pub async fn start(
        backend: Backend,
        config: RelayConfig,
        log: Arc<dyn RoomLog>,
    ) -> Result<Self, Refusal> {
        let hub = Hub::new(backend.clone(), config, log);
        let recorder = hub.clone();
        tokio::spawn(async move { recorder.recorder.run(backend).await });
        tokio::spawn(rights::watch(hub.clone()));
        tokio::spawn(hub.clone().look_at_staff());
        tokio::spawn(hub.clone().keep_house());
        hub.restore().await?;
        Ok(Self { hub })
    }

    /// The sockets, and the HTTP paths that clients fall back to.
    pub fn router(&self) -> Router {
        let paths = Router::new()
            .route("/websocket", any(socket::upgrade))
            .route("/api/broadcast", post(rest::broadcast).options(rest::preflight))
            .route(
                "/api/broadcast/{topic}/events/{event}",
                post(rest::broadcast_one).options(rest::preflight),
            );
        let bare = Router::new()
            .route("/socket/websocket", any(socket::upgrade))
            .route("/api/broadcast", post(rest::broadcast).options(rest::preflight))
            .route(
                "/api/broadcast/{topic}/events/{event}",
                post(rest::broadcast_one).options(rest::preflight),
            );
        Router::new().nest("/realtime/v1", paths).merge(bare).with_state(self.hub.clone())
    }

    /// What visitors of a tenant are told about its agents.
    pub fn agent_status(&self, tenant: TenantId) -> Availability {
        self.hub.tenant(tenant).availability()
    }

    /// How many sockets are open.
    pub fn sockets(&self) -> usize {
        self.hub.sockets.count()
    }

    /// How many calls ring or go on.
    pub fn active_calls(&self) -> u32 {
        self.hub.active_calls()
    }

    /// How many calls have a state that is not written yet.
    pub fn records_waiting(&self) -> usize {
        self.hub.recorder.waiting()
    }

    /// What there is on this node right now.
    pub fn levels(&self) -> Levels {
        self.hub.meters.levels()
    }

    /// Takes no new sockets, closes the others spread over `spread`, and waits until every call
    /// record is written. Calls go on peer to peer; the next process picks them up.
    pub async fn drain(&self, spread: Duration) {
        self.hub.draining.send_replace(true);
        let start = tokio::time::Instant::now();
        while self.hub.sockets.restart(start.elapsed(), spread) > 0
            && start.elapsed() < spread + Duration::from_secs(1)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if tokio::time::timeout(FLUSH, self.hub.recorder.flushed()).await.is_err() {
            tracing::error!("some call records could not be written before the end");
        }
    }
}
