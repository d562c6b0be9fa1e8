//! `/api/auth/*` and the form behind the sign-in page.

use super::extract::{Form, Json, Query};
use crate::{caller::Caller, cookies, pages::next_path::NextPath, problem::Problem, state::AppState};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tincan_backend::{
    ClientIp, Device,
    accounts::{SignedIn, UserView},
};
use tincan_signaling::Code;
use utoipa::ToSchema;

/// Email address and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

/// A signed-in user: the token for the API and the socket, and who it is. The cookies of the same
/// answer hold the token again, for pages, and a refresh token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the backend's type, which knows nothing of OpenAPI")]
pub(crate) struct Session {
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// How long the token lives, in seconds.
    expires_in: u64,
    /// `{id, email, name, role, tenant, disabled, created_at}`
    #[schema(value_type = Object)]
    user: UserView,
}

/// Signs in.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = Credentials,
    responses(
        (status = 200, body = Session, description = "Signed in; sets the cookies"),
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
        (status = 429, content_type = "application/problem+json", body = crate::problem::Body, description = "`rate-limited`"),
    ))]
pub(crate) async fn login(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let signed_in = sign_in(&state, ip, &headers, &credentials).await?;
    Ok(session(signed_in))
}

/// Renews the access token by the refresh cookie.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth",
    responses(
        (status = 200, body = Session, description = "Renewed; sets the cookies"),
        (status = 401, content_type = "application/problem+json", body = crate::problem::Body, description = "`unauthorized`"),
    ))]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    headers: HeaderMap,
) -> Response {
    match renew(&state, ip, &headers).await {
        Ok(signed_in) => session(signed_in),
        Err(problem) => {
            let gone = problem.0.code == Code::Unauthorized;
            let mut response = problem.into_response();
            if gone {
                cookies::clear(response.headers_mut());
            }
            response
        }
    }
}

/// Signs out this browser, or the device that holds the Bearer token: its tokens, its client session
/// and the cookies are gone.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth",
    responses((status = 204, description = "Signed out; also when nobody was signed in")))]
pub(crate) async fn logout(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    caller: Option<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = cookies::read(&headers, cookies::REFRESH) {
        state.backend.logout(token, Some(ip.0)).await?;
    }
    if let Some(Caller(identity)) = caller.filter(|Caller(identity)| identity.user().is_some()) {
        state.backend.revoke_session(&identity, identity.sid).await?;
    }
    let mut response = if wants_page(&headers) {
        Redirect::to("/login?out=1").into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    };
    cookies::clear(response.headers_mut());
    Ok(response)
}

/// Renews on the way to a page whose access cookie has run out, or leads to the sign-in page.
///
/// It is a GET that rotates a token. The refresh cookie is `SameSite=Strict`, so no other site can
/// make a browser send it here.
pub(crate) async fn go_on(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    headers: HeaderMap,
    Query(to): Query<Destination>,
) -> Response {
    match renew(&state, ip, &headers).await {
        Ok(signed_in) => {
            let mut response = Redirect::to(to.next.as_str()).into_response();
            cookies::set(response.headers_mut(), &signed_in);
            response
        }
        Err(_) => Redirect::to(&to.next.sign_in()).into_response(),
    }
}

/// Where to after that.
#[derive(Deserialize)]
pub(crate) struct Destination {
    #[serde(default)]
    next: NextPath,
}

/// The sign-in form, for browsers before or without wasm.
#[derive(Deserialize)]
pub(crate) struct LoginForm {
    #[serde(flatten)]
    credentials: Credentials,
    #[serde(default)]
    next: NextPath,
}

/// Signs in from the plain form and answers with a redirect.
pub(crate) async fn login_form(
    State(state): State<AppState>,
    Extension(ip): Extension<ClientIp>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Response {
    match sign_in(&state, ip, &headers, &form.credentials).await {
        Ok(signed_in) => {
            let mut response = Redirect::to(form.next.as_str()).into_response();
            cookies::set(response.headers_mut(), &signed_in);
            response
        }
        Err(Problem(refusal)) => Redirect::to(&form.next.sign_in_after(&refusal)).into_response(),
    }
}

async fn sign_in(
    state: &AppState,
    ip: ClientIp,
    headers: &HeaderMap,
    credentials: &Credentials,
) -> Result<SignedIn, Problem> {
    let user_agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let device = Device::dashboard(Some(ip.0), user_agent.unwrap_or_default());
    let signed_in = state.backend.login(&credentials.email, &credentials.password, &device).await;
    let result = signed_in.as_ref().map_or_else(|refused| refused.code().as_str(), |_| "ok");
    metrics::counter!("tincan_logins_total", "result" => result).increment(1);
    Ok(signed_in?)
}

async fn renew(state: &AppState, ip: ClientIp, headers: &HeaderMap) -> Result<SignedIn, Problem> {
    let token = cookies::read(headers, cookies::REFRESH).ok_or_else(Problem::unauthorized)?;
    Ok(state.backend.refresh(token, Some(ip.0)).await?)
}

fn session(signed_in: SignedIn) -> Response {
    let mut headers = HeaderMap::new();
    cookies::set(&mut headers, &signed_in);
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    (headers, axum::Json(signed_in)).into_response()
}

/// A plain form asks for a page; scripts ask for JSON or for nothing in particular.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
