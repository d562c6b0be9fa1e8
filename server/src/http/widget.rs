//! `/api/widget/*`: what the loader and the widget's frame ask.

use super::extract::{Json, Query};
use crate::{origin, problem::Problem, state::AppState};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tincan_backend::{
    ClientIp,
    widget::{VisitorSession, WidgetConfig},
};
use tincan_signaling::agent::Availability;
use tincan_signaling::{Code, TenantId};
use utoipa::{IntoParams, ToSchema};

/// Which tenant.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Key {
    /// The tenant's public key, as in `data-tenant`.
    key: String,
}

/// What the launcher needs to know before the visitor acts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Launcher {
    /// The tenant's display name.
    name: String,
    #[schema(value_type = Object)]
    features: serde_json::Value,
    /// `online`, `busy` or `offline`.
    #[schema(value_type = String)]
    agent_status: Availability,
    /// Hue and chroma of the tenant's colour, and perhaps the launcher's words.
    #[schema(value_type = Object)]
    theme: serde_json::Value,
    /// The language of the widget.
    locale: String,
}

/// What the widget may show, for the tenant's own sites.
#[utoipa::path(get, path = "/api/widget/config", tag = "widget", params(Key),
    responses(
        (status = 200, body = Launcher),
        (status = 403, content_type = "application/problem+json", body = crate::problem::Body, description = "`origin-denied`"),
        (status = 404, content_type = "application/problem+json", body = crate::problem::Body, description = "`not-found`"),
    ))]
pub(crate) async fn config(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(Key { key }): Query<Key>,
) -> Response {
    let mut response = match launcher(&state, &headers, &key).await {
        Ok((launcher, allowed)) => {
            let mut response = axum::Json(launcher).into_response();
            if let Some(origin) = allowed.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
                response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            }
            response
        }
        Err(problem) => problem.into_response(),
    };
    told_apart(response.headers_mut());
    response
}

/// A new conversation, or the one behind `resume`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewSession {
    /// The tenant's public key.
    key: String,
    /// What an earlier answer gave; one that is not good any more means a new conversation.
    resume: Option<String>,
}

/// The visitor's way into its room.
#[utoipa::path(post, path = "/api/widget/sessions", tag = "widget", request_body = NewSession,
    responses(
        (status = 200, body = Object, description = "`{session_id, visitor_id, token, expires_in, resume, topic, name}`"),
        (status = 403, content_type = "application/problem+json", body = crate::problem::Body, description = "`origin-denied`"),
        (status = 404, content_type = "application/problem+json", body = crate::problem::Body, description = "`not-found`"),
        (status = 429, content_type = "application/problem+json", body = crate::problem::Body, description = "`rate-limited`"),
    ))]
pub(crate) async fn open_session(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    headers: HeaderMap,
    Json(new): Json<NewSession>,
) -> Response {
    let mut response = match visit(&state, ip, &headers, &new).await {
        Ok(session) => axum::Json(session).into_response(),
        Err(problem) => problem.into_response(),
    };
    told_apart(response.headers_mut());
    response
}

async fn visit(
    state: &AppState,
    ip: ClientIp,
    headers: &HeaderMap,
    new: &NewSession,
) -> Result<VisitorSession, Problem> {
    state.limits.widget_sessions.attempt(&ip.counted_as(), state.backend.now())?;
    let tenant = state.backend.widget_config(&new.key).await?.tenant;
    allowed_origin(state, tenant, headers).await?;
    Ok(state.backend.widget_session(&new.key, new.resume.as_deref()).await?)
}

/// The answer depends on who asks, and is kept by nobody.
fn told_apart(headers: &mut HeaderMap) {
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

async fn launcher(
    state: &AppState,
    headers: &HeaderMap,
    key: &str,
) -> Result<(Launcher, Option<String>), Problem> {
    let config = state.backend.widget_config(key).await?;
    let allowed = allowed_origin(state, config.tenant, headers).await?;
    let agent_status = state.relay.agent_status(config.tenant);
    let WidgetConfig { name, features, theme, locale, .. } = config;
    Ok((
        Launcher {
            name,
            features: serde_json::to_value(features).map_err(Problem::internal)?,
            agent_status,
            theme: serde_json::to_value(theme).map_err(Problem::internal)?,
            locale,
        },
        allowed,
    ))
}

/// Our own origin, or none: fine, and no CORS is needed. One of the tenant's: named for CORS.
/// Anything else is refused.
async fn allowed_origin(
    state: &AppState,
    tenant: TenantId,
    headers: &HeaderMap,
) -> Result<Option<String>, Problem> {
    let Some(origin) = origin::of(headers) else { return Ok(None) };
    if origin == state.public_url.origin() {
        return Ok(None);
    }
    if state.backend.origin_allowed(tenant, origin).await? {
        return Ok(Some(origin.to_owned()));
    }
    Err(Problem::new(Code::OriginDenied, "This site is not on the tenant's list."))
}
