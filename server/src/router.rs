//! The one place that knows every path of this server.

use crate::{
    caller, client_ip, demo,
    http::{auth, openapi},
    origin,
    pages::{staff, widget},
    problem::Problem,
    state::AppState,
    static_files, trace,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Redirect, Response},
    routing::{get, post},
};
use std::sync::Arc;
use tincan_signaling::Code;

/// Everything, merged, with the layers each request passes.
pub fn router(state: AppState) -> Router {
    let trusted: Arc<[_]> = state.config.trusted_proxies.clone().into();
    let for_people = Router::new()
        .merge(openapi::routes())
        .route("/api/auth/continue", get(auth::go_on))
        .route("/login", post(auth::login_form))
        .merge(staff::routes(&state))
        .layer(from_fn_with_state(state.clone(), caller::identify))
        .layer(from_fn_with_state(state.clone(), origin::same_site_only))
        .layer(DefaultBodyLimit::max(state.config.limits.body_bytes));
    let relay = state.relay.router();
    let missing = staff::missing(&state);
    let everywhere_https = state.public_url.is_https() && !state.public_url.is_loopback();

    Router::new()
        .merge(for_people)
        .route("/widget/{key}", get(widget::show))
        .route("/demo", get(demo::home))
        .route("/demo/", get(|| async { Redirect::permanent("/demo") }))
        .route("/demo/pans", get(demo::pans))
        .merge(static_files::routes(&state))
        .with_state(state)
        .merge(relay)
        .fallback(missing)
        .method_not_allowed_fallback(|| async {
            Problem::new(Code::BadRequest, "This path takes another method.")
        })
        .layer(from_fn(trace::request))
        .layer(from_fn_with_state(trusted, client_ip::find))
        .layer(from_fn_with_state(everywhere_https, guard))
}

/// Headers that every answer has unless it brought its own.
async fn guard(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, NOTHING_ALLOWED),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
    response
}

/// For answers that are not pages.
const NOTHING_ALLOWED: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
