//! `/healthz` and `/readyz`: for whoever keeps the process running. Nobody signs in for them and
//! they are not logged.

use crate::state::AppState;
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use std::sync::atomic::Ordering;
use tincan_backend::Unready;
use utoipa::ToSchema;

/// The process is alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
    version: &'static str,
    /// How long this process has been running, in seconds.
    uptime_s: u64,
    /// How many calls ring or go on.
    active_calls: u32,
}

/// Liveness: answers as long as the process runs, whatever it can do.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub(crate) async fn live(State(state): State<AppState>) -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: state.started.elapsed().as_secs(),
        active_calls: state.relay.active_calls(),
    })
}

/// Whether requests should be sent here, and why not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    /// Empty when ready.
    reasons: Vec<Reason>,
}

/// One reason why not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reason {
    /// `draining`, `database-unreachable`, `migrations-pending`, `data-dir-unwritable` or
    /// `records-unwritten`.
    code: &'static str,
    /// A sentence for the operator.
    words: &'static str,
}

/// Readiness.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let unready = state.backend.unready().await.into_iter();
    let mut reasons: Vec<Reason> = unready.map(|Unready { code, words }| Reason { code, words }).collect();
    if state.draining.load(Ordering::Relaxed) {
        reasons.push(Reason { code: "draining", words: "this process is about to stop" });
    }
    if state.relay.records_waiting() * 2 > state.config.limits.socket.records {
        // At the limit itself calls are refused.
        let words = "call records are not written as fast as calls end: look at the database";
        reasons.push(Reason { code: "records-unwritten", words });
    }
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, reasons }))
}
