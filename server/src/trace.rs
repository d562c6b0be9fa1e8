//! One span and one count for each request. What may hold a secret is not in it: no query string
//! (foreign clients put a token there), no header, no whole address.

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use tincan_backend::ClientIp;
use tracing::{Instrument, field::Empty};

/// Runs a request inside its span and counts it by route and status.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unknown".to_owned());
    let client = request.extensions().get::<ClientIp>().copied();
    // Filled in by whoever learns them.
    let (tenant, room, call_id) = (Empty, Empty, Empty);
    let span = tracing::info_span!(
        "request", method = %request.method(), route, client = ?client, tenant, room, call_id
    );
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let labels = [("route", route.clone()), ("status", status.as_u16().to_string())];
    metrics::counter!("tincan_http_requests_total", &labels).increment(1);
    span.in_scope(|| log(&route, status));
    response
}

fn log(route: &str, status: StatusCode) {
    if matches!(route, "/healthz" | "/readyz") {
        return;
    }
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), "answered");
    } else {
        tracing::debug!(status = status.as_u16(), "answered");
    }
}
