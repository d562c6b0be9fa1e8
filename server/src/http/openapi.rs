//! The API and its description, from the same list of handlers.

use super::{audit, auth, chat_sessions, health, turn, widget};
use crate::state::AppState;
use axum::{Json, Router, routing::get};
use std::sync::Arc;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(title = "Tincan", description = "Voice calls from a chat widget, peer to peer."),
    modifiers(&Security),
    security(("bearer" = []), ("cookie" = [])),
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let schemes = api.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        schemes.add_security_scheme("bearer", bearer);
        let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::cookies::ACCESS));
        schemes.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// Every route of the API, and `/api/openapi.json` that describes them.
pub fn routes() -> Router<AppState> {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(widget::config))
        .routes(routes!(widget::open_session))
        .routes(routes!(chat_sessions::list))
        .routes(routes!(chat_sessions::messages))
        .routes(routes!(turn::credentials))
        .routes(routes!(audit::list))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .split_for_parts();
    let description = Arc::new(description);
    let describe = move || async move { Json(Arc::unwrap_or_clone(description)) };
    router.route("/api/openapi.json", get(describe))
}
