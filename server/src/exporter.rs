//! `/metrics` for Prometheus, on a listener of its own that only this machine reaches by default.

use anyhow::Context;
use axum::{Router, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// Starts recording and answering on `address`.
pub(crate) async fn start(address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("metrics.listen: cannot listen on {address}; choose another or set it to \"off\"")
    })?;
    let metrics = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics cannot be recorded")?;
    metrics::gauge!("tincan_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    tokio::spawn(upkeep(metrics.clone()));
    let router = Router::new().route("/metrics", get(move || async move { metrics.render() }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    tracing::info!(%address, "metrics");
    Ok(())
}

/// Histograms hold every sample until somebody reads or cleans up.
async fn upkeep(metrics: PrometheusHandle) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tick.tick().await;
        metrics.run_upkeep();
    }
}

/// From a relayed signal to a minute of ringing, in seconds.
const SECONDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
