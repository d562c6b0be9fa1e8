//! Builds the parts from the configuration and hands them down. Every command that needs the
//! backend or the whole server gets it here, so that all of them mean the same by a setting.

use crate::{
    assets::Assets,
    config::{Config, PublicUrl, Secret},
    demo::SamplePages,
    state::{AppState, Parts, RateLimits},
};
use anyhow::Context;
use leptos::config::LeptosOptions;
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};
use tincan_backend::{Backend, BackendConfig, Clock, SigningKey};
use tincan_relay::{Relay, RelayConfig, log::LocalLog};
use tincan_signaling::event::IceServer;

/// What the backend is told.
pub fn backend_config(config: &Config, public_url: &PublicUrl) -> BackendConfig {
    let keys = [&config.auth.key, &config.auth.previous_key];
    BackendConfig {
        database_url: Some(config.database_url().expose().to_owned()),
        signing_keys: keys.into_iter().flatten().map(signing_key).collect(),
        access_ttl: Duration::from_secs(config.auth.access_ttl_s),
        ring: Duration::from_millis(config.call.ring_ms),
        ..BackendConfig::new(&config.data_dir, public_url.origin())
    }
}

/// Opens storage on the program's one clock, bringing the database up to date.
pub async fn open_backend(config: &Config, public_url: &PublicUrl) -> anyhow::Result<Backend> {
    Backend::open(backend_config(config, public_url), Clock::system())
        .await
        .with_context(|| format!("cannot open the database {}", config.database_url()))
}

/// The relay with its rooms in memory, and the state of the HTTP server around it.
pub async fn build(
    config: Config,
    public_url: PublicUrl,
    backend: Backend,
    assets: Assets,
    sample: Option<SamplePages>,
) -> anyhow::Result<AppState> {
    let relay_config = RelayConfig {
        ice_servers: ice_servers(&config.ice.stun),
        limits: config.limits.socket.clone(),
        ..RelayConfig::new(public_url.origin())
    };
    let relay = Relay::start(backend.clone(), relay_config, Arc::new(LocalLog::default()))
        .await
        .context("the calls that went on cannot be taken up again")?;
    let leptos = LeptosOptions::builder().output_name("tincan").build();
    Ok(AppState::new(Parts {
        limits: RateLimits::of(&config),
        draining: AtomicBool::new(false),
        started: Instant::now(),
        backend,
        relay,
        config,
        public_url,
        assets,
        sample,
        leptos,
    }))
}

fn ice_servers(stun: &[String]) -> Vec<IceServer> {
    if stun.is_empty() {
        return Vec::new();
    }
    vec![IceServer { urls: stun.to_vec(), username: None, credential: None }]
}

/// A configured key is named after what it is, so that its tokens stay good when it moves from
/// `auth.key` to `auth.previous_key`.
fn signing_key(secret: &Secret) -> SigningKey {
    let digest: [u8; 32] = Sha256::digest(secret.expose().as_bytes()).into();
    let [a, b, c, d, ..] = digest;
    let kid = format!("{:08x}", u32::from_be_bytes([a, b, c, d]));
    SigningKey { kid, secret: secret.expose().to_owned() }
}
