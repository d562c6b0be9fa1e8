//! The HTTP paths that clients fall back to while their socket is down: `message` and `hangup`
//! through the same gate; whatever needs a joined leg is refused `use-socket`.

use crate::{hub::Hub, hub::tell, meters, room::push::Speaker};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use tincan_backend::Identity;
use tincan_signaling::{
    code::{Code, Refusal},
    event::{Event, Pushed},
    id::Topic,
};

/// The query; never logged.
#[derive(Deserialize)]
pub(crate) struct Key {
    #[serde(default)]
    apikey: Option<String>,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Broadcast>,
}

#[derive(Deserialize)]
struct Broadcast {
    topic: String,
    event: String,
    payload: Option<Box<RawValue>>,
}

/// How many messages one request may carry.
const MAX_MESSAGES: usize = 100;

/// `POST …/api/broadcast`.
pub(crate) async fn broadcast(
    State(hub): State<Arc<Hub>>,
    Query(key): Query<Key>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = async {
        let identity = Arc::new(authenticate(&hub, &key, &headers).await?);
        let Messages { messages } = serde_json::from_slice(&body)
            .map_err(|_| Refusal::new(Code::BadRequest, "The body needs {messages: [..]}."))?;
        if messages.len() > MAX_MESSAGES {
            return Err(Refusal::new(Code::TooLarge, "At most 100 messages at once."));
        }
        for message in messages {
            let payload = message.payload.as_deref().map_or("{}", RawValue::get);
            take(&hub, &identity, &message.topic, &message.event, payload).await?;
        }
        Ok(())
    };
    answer(&hub, &headers, done.await)
}

/// `POST …/api/broadcast/<topic>/events/<event>`.
pub(crate) async fn broadcast_one(
    State(hub): State<Arc<Hub>>,
    Path((topic, event)): Path<(String, String)>,
    Query(key): Query<Key>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = async {
        let identity = Arc::new(authenticate(&hub, &key, &headers).await?);
        let payload = std::str::from_utf8(&body)
            .map_err(|_| Refusal::new(Code::BadEvent, "The payload must be JSON."))?;
        let payload = if payload.trim().is_empty() { "{}" } else { payload };
        take(&hub, &identity, &topic, &event, payload).await
    };
    answer(&hub, &headers, done.await)
}

/// Browsers ask first.
pub(crate) async fn preflight(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow_origin(&hub, &headers, &mut response);
    let out = response.headers_mut();
    out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    let names = HeaderValue::from_static("authorization, apikey, content-type, x-client-info");
    out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

async fn take(
    hub: &Arc<Hub>,
    identity: &Arc<Identity>,
    topic: &str,
    event: &str,
    payload: &str,
) -> Result<(), Refusal> {
    let topic: Topic = topic.parse().map_err(|_| Refusal::new(Code::NotFound, "There is no such topic."))?;
    let Topic::Room(session) = topic else {
        return Err(Refusal::new(Code::BadEvent, "A lobby takes no broadcasts."));
    };
    let event = match Pushed::parse(event, payload)? {
        Pushed::Logged(event @ (Event::Message { .. } | Event::Hangup { .. })) => event,
        Pushed::Logged(_) | Pushed::Signal(_) | Pushed::Typing => {
            return Err(Refusal::new(Code::UseSocket, "This needs a joined socket."));
        }
    };
    let room = hub.room_for(identity, session).await?;
    hub.meters.heard(event.name());
    room.push(hub, &Speaker { identity: identity.clone(), socket: None }, event).await.map(|_ack| ())
}

async fn authenticate(hub: &Arc<Hub>, key: &Key, headers: &HeaderMap) -> Result<Identity, Refusal> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let key = text(header::HeaderName::from_static("apikey")).or(key.apikey.as_deref());
    let token = bearer.or(key).unwrap_or_default();
    let identity = hub.backend.verify(token)?;
    if let Some(origin) = text(header::ORIGIN).filter(|origin| *origin != hub.config.own_origin) {
        let allowed = match identity.tenant {
            Some(tenant) => hub.backend.origin_allowed(tenant, origin).await.map_err(tell)?,
            None => false,
        };
        if !allowed {
            return Err(Refusal::new(Code::OriginDenied, "This origin is not on the list."));
        }
    }
    Ok(identity)
}

fn answer(hub: &Arc<Hub>, headers: &HeaderMap, done: Result<(), Refusal>) -> Response {
    let mut response = match done {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            meters::refused(&refusal);
            problem(&refusal)
        }
    };
    allow_origin(hub, headers, &mut response);
    response
}

/// RFC 9457, with `error` beside it: that is what clients show.
fn problem(refusal: &Refusal) -> Response {
    // A 404 is read as a server that does not have these paths.
    let status = match refusal.code.http_status() {
        404 => StatusCode::UNPROCESSABLE_ENTITY,
        status => StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
    };
    let body = serde_json::json!({
        "type": "about:blank",
        "title": refusal.code,
        "status": status.as_u16(),
        "code": refusal.code,
        "detail": refusal.reason,
        "error": refusal.reason,
        "retry_after_ms": refusal.retry_after_ms,
    });
    let mut response = (status, Json(body)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Any origin may read the answer: rights come from the token, and no cookie is looked at.
fn allow_origin(hub: &Arc<Hub>, headers: &HeaderMap, response: &mut Response) {
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.as_bytes() != hub.config.own_origin.as_bytes()
    {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
}
