//! The one way an HTTP request is refused: `application/problem+json` (RFC 9457) with the same
//! `code` that the socket and the server functions use.

use axum::{
    Json,
    extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tincan_backend::Refused;
use tincan_signaling::{Code, Refusal};
use utoipa::ToSchema;

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub Refusal);

impl Problem {
    /// A refusal with a code and a sentence for people.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self(Refusal::new(code, reason))
    }

    /// Something is wrong here. The error is logged, once, and stays here.
    pub fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Refused::Internal(error.into()).into()
    }

    /// Nobody is signed in, or no longer.
    pub fn unauthorized() -> Self {
        Self::new(Code::Unauthorized, "Sign in first.")
    }
}

/// What stands in the body.
#[derive(Serialize, ToSchema)]
pub(crate) struct Body<'a> {
    /// A stable word, such as `rate-limited`.
    code: &'a str,
    /// The HTTP status.
    status: u16,
    /// The code in words.
    title: String,
    /// A sentence for people.
    detail: &'a str,
    /// When trying again can help: how long to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// With `not-entitled`: which capability is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    capability: Option<&'a str>,
    /// With `limit-reached`: the number that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let status =
            StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Body {
            code: refusal.code.as_str(),
            status: status.as_u16(),
            title: refusal.code.as_str().replace('-', " "),
            detail: &refusal.reason,
            retry_after_ms: refusal.retry_after_ms,
            capability: refusal.capability.as_deref(),
            limit: refusal.limit,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait_ms) = refusal.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1000)));
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Refused> for Problem {
    /// What went wrong inside is logged here, once, and stays here.
    fn from(refused: Refused) -> Self {
        if let Refused::Internal(error) = &refused {
            tracing::error!(%error, "a request failed inside");
        }
        Self(refused.refusal())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        unreadable(rejection.status(), &rejection.body_text())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        unreadable(rejection.status(), &rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        unreadable(rejection.status(), &rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(Code::NotFound, "There is nothing here.")
    }
}

/// The parser's text names fields and types, which is what the caller needs to know.
fn unreadable(status: StatusCode, text: &str) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::TooLarge, "The request is too large.");
    }
    Problem::new(Code::BadRequest, text)
}

/// The media type of RFC 9457.
pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
