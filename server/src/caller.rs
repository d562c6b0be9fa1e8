//! Who a request speaks for: a Bearer token, or the access cookie.

use crate::{cookies, problem::Problem, state::AppState};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use std::convert::Infallible;
use tincan_backend::Identity;

/// The verified identity behind a request. As an extractor it refuses whoever is not signed in.
#[derive(Clone, Debug)]
pub struct Caller(pub Identity);

/// Verifies the token once and leaves the [`Caller`] in the request's extensions. A token that is
/// not good counts as none: what needs an identity then refuses, what does not goes on.
pub(crate) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let identity = token(request.headers()).and_then(|token| state.backend.verify(token).ok());
    if let Some(identity) = identity {
        if let Some(tenant) = identity.tenant {
            tracing::Span::current().record("tenant", tracing::field::display(tenant));
        }
        request.extensions_mut().insert(Caller(identity));
    }
    next.run(request).await
}

/// The token of a request; an explicit one wins over the cookie.
fn token(headers: &HeaderMap) -> Option<&str> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return cookies::read(headers, cookies::ACCESS);
    };
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthorized)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
