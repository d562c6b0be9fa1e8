//! `/api/audit-log`: who did what, for admins.

use super::extract::Query;
use crate::{caller::Caller, problem::Problem, state::AppState};
use axum::{Json, extract::State, http::header};
use serde::Deserialize;
use tincan_backend::AuditLog;
use utoipa::IntoParams;

/// Which page of the log.
#[derive(Deserialize, IntoParams)]
pub(crate) struct LogQuery {
    /// What the page before gave as `next`.
    cursor: Option<String>,
    /// How many, at most 200.
    limit: Option<u32>,
    /// For operators: the public key of a tenant. Without it they read what belongs to none.
    tenant: Option<String>,
}

/// The audit log: sign-ins, good and bad, and changes of people, plans, sites and keys.
#[utoipa::path(get, path = "/api/audit-log", tag = "audit", params(LogQuery),
    responses(
        (status = 200, body = Object, description = "`{items: [{id, at, by, role, action, target, network}], next}`, the newest first"),
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
        (status = 403, content_type = "application/problem+json", body = crate::problem::Body, description = "`forbidden`"),
    ))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Query(query): Query<LogQuery>,
) -> Result<([(header::HeaderName, &'static str); 1], Json<AuditLog>), Problem> {
    let tenant = match (identity.tenant, &query.tenant) {
        (Some(own), _) => Some(own),
        (None, Some(key)) => Some(state.backend.tenant_by_key(key).await?),
        (None, None) => None,
    };
    let limit = query.limit.unwrap_or(PAGE);
    let page = state.backend.audit_log(&identity, tenant, query.cursor.as_deref(), limit).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(page)))
}

const PAGE: u32 = 50;
