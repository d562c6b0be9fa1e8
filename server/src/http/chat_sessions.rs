//! `/api/chat-sessions`: the conversations of a tenant, and what was said in one.

use super::extract::{Path, Query};
use crate::{caller::Caller, problem::Problem, state::AppState};
use axum::{Json, extract::State, http::header};
use serde::Deserialize;
use tincan_backend::rooms::{ChatSessions, History, Part};
use tincan_signaling::{Code, SessionId};
use utoipa::IntoParams;
use uuid::Uuid;

/// Which page of the list.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListQuery {
    /// What the page before gave as `next`.
    cursor: Option<String>,
    /// How many, at most 100.
    limit: Option<u32>,
}

/// The conversations: for staff all of the tenant's, for a visitor its own.
#[utoipa::path(get, path = "/api/chat-sessions", tag = "conversations", params(ListQuery),
    responses(
        (status = 200, body = Object, description = "A page of conversations, the latest first"),
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
    ))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Query(query): Query<ListQuery>,
) -> Result<(NoStore, Json<ChatSessions>), Problem> {
    let limit = limit(query.limit);
    let page = state.backend.chat_sessions(&identity, query.cursor.as_deref(), limit).await?;
    Ok((NO_STORE, Json(page)))
}

/// Which page of a conversation.
#[derive(Deserialize, IntoParams)]
pub(crate) struct TimelineQuery {
    /// Items before this one.
    before: Option<Uuid>,
    /// Items after this one.
    after: Option<Uuid>,
    /// How many, at most 100.
    limit: Option<u32>,
}

impl TimelineQuery {
    fn part(&self) -> Result<Part, Problem> {
        match (self.before, self.after) {
            (None, None) => Ok(Part::Latest),
            (Some(before), None) => Ok(Part::Before(before)),
            (None, Some(after)) => Ok(Part::After(after)),
            (Some(_), Some(_)) => Err(Problem::new(Code::BadRequest, "Give `before` or `after`, not both.")),
        }
    }
}

/// Messages and calls of one conversation, the oldest first.
#[utoipa::path(get, path = "/api/chat-sessions/{id}/messages", tag = "conversations",
    params(("id" = Uuid, Path, description = "The conversation"), TimelineQuery),
    responses(
        (status = 200, body = Object, description = "A page of messages and calls"),
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
        (status = 403, content_type = "application/problem+json", body = crate::problem::Body, description = "`forbidden`"),
        (status = 404, content_type = "application/problem+json", body = crate::problem::Body, description = "`not-found`"),
    ))]
pub(crate) async fn messages(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Path(session): Path<Uuid>,
    Query(query): Query<TimelineQuery>,
) -> Result<(NoStore, Json<History>), Problem> {
    tracing::Span::current().record("room", tracing::field::display(session));
    let part = query.part()?;
    let limit = limit(query.limit);
    let page = state.backend.messages(&identity, SessionId(session), part, limit).await?;
    Ok((NO_STORE, Json(page)))
}

fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(PAGE).clamp(1, LARGEST_PAGE)
}

type NoStore = [(header::HeaderName, &'static str); 1];
const NO_STORE: NoStore = [(header::CACHE_CONTROL, "no-store")];
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 100;
