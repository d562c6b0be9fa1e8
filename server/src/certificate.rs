//! Certificate and key from files, read again when they change: renewals need no restart.

use crate::config::Tls;
use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;
use std::{fs, path::Path, time::Duration};

/// Loads the files and keeps looking at them for as long as the process runs.
pub async fn load(tls: &Tls) -> anyhow::Result<RustlsConfig> {
    // A second installation finds the first one's provider, which is the same.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let Tls { cert, key } = tls.clone();
    let config = RustlsConfig::from_pem_file(&cert, &key).await.with_context(|| {
        format!("tls: {} and {} are no certificate and key", cert.display(), key.display())
    })?;
    tokio::spawn(reload(config.clone(), tls.clone()));
    Ok(config)
}

async fn reload(config: RustlsConfig, tls: Tls) {
    let mut loaded = stamp(&tls);
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tick.tick().await;
        let found = stamp(&tls);
        if found == loaded {
            continue;
        }
        // Between the two files being written they may not fit; then the next look tries again.
        match config.reload_from_pem_file(&tls.cert, &tls.key).await {
            Ok(()) => {
                loaded = found;
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::warn!(%error, "the changed certificate cannot be read"),
        }
    }
}

fn stamp(tls: &Tls) -> [Option<(std::time::SystemTime, u64)>; 2] {
    let of = |path: &Path| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    [of(&tls.cert), of(&tls.key)]
}

const LOOK_EVERY: Duration = Duration::from_secs(10);
