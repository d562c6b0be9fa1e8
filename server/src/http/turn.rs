//! `/api/turn-credentials`: a relay for media where no direct path works.

use super::extract::Json;
use crate::{caller::Caller, problem::Problem, state::AppState};
use axum::extract::State;
use serde::Deserialize;
use tincan_signaling::Code;
use utoipa::ToSchema;
use uuid::Uuid;

/// What the credentials are for.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Wanted {
    /// A leg of a call.
    Call { call_id: Uuid },
    /// Trying the path before a call.
    Test {
        #[expect(dead_code, reason = "part of the request's form; `test` is the only purpose")]
        purpose: Purpose,
    },
}

/// Why somebody without a call asks.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Purpose {
    Test,
}

/// TURN credentials. This server runs without a TURN server, so nobody gets any: a tenant without
/// the entitlement is told that, one with it that there is nothing to relay through.
#[utoipa::path(post, path = "/api/turn-credentials", tag = "calls", request_body = Wanted,
    responses(
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
        (status = 403, content_type = "application/problem+json", body = crate::problem::Body, description = "`not-entitled`"),
        (status = 503, content_type = "application/problem+json", body = crate::problem::Body, description = "`unavailable`: no TURN server is configured"),
    ))]
pub(crate) async fn credentials(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Json(wanted): Json<Wanted>,
) -> Problem {
    if let Wanted::Call { call_id } = wanted {
        tracing::Span::current().record("call_id", tracing::field::display(call_id));
    }
    match state.backend.authorize_turn(&identity).await {
        Ok(()) => Problem::new(Code::Unavailable, "No TURN server is configured on this instance."),
        Err(refused) => refused.into(),
    }
}
