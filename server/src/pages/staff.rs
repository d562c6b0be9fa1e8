//! `/login`, `/dashboard` and `/admin`: rendered by Leptos, with what they need as context.

use super::{csp::Policy, next_path::NextPath};
use crate::{caller::Caller, http::auth::wants_page, problem::Problem, state::AppState};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use leptos::{context::provide_context, nonce::use_nonce, prelude::use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_to_stream_with_context};
use std::pin::Pin;
use tincan_app::{App, Site, shell};
use tincan_backend::Identity;
use tincan_signaling::Code;

/// The pages and the server functions behind them.
pub fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    Router::new()
        .route("/", get(|| async { Redirect::to("/dashboard") }))
        .leptos_routes_with_context(state, generate_route_list(App), context(state.clone()), move || {
            shell(options.clone())
        })
        .layer(from_fn_with_state(state.clone(), lead))
}

/// Where nothing is, people find a page that says so, and programs a problem.
pub fn missing(state: &AppState) -> impl Fn(Request) -> Answer + Clone + Send + Sync + 'static {
    let options = state.leptos.clone();
    let page = render_app_to_stream_with_context(context(state.clone()), move || shell(options.clone()));
    move |request| {
        let page = page.clone();
        Box::pin(async move {
            if !(request.method().is_safe() && wants_page(request.headers())) {
                return Problem::new(Code::NotFound, "There is nothing here.").into_response();
            }
            let mut response = page(request).await;
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        })
    }
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What a page or a server function finds as context.
fn context(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let parts = use_context::<Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Caller>().cloned());
        provide_context::<Option<Identity>>(caller.map(|Caller(identity)| identity));
        provide_context(state.backend.clone());
        provide_context(site(&state));
        guard(&state);
    }
}

fn site(state: &AppState) -> Site {
    Site {
        public_url: state.public_url.origin().to_owned(),
        script: state.assets.path("tincan.js"),
        wasm: state.assets.path("tincan_bg.wasm"),
        style: state.assets.path("tincan.css"),
        socket_url: state.public_url.socket_url(),
    }
}

/// The page's headers, with the nonce that Leptos gave to this page's scripts.
fn guard(state: &AppState) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    let nonce = use_nonce();
    let policy = Policy {
        public_url: &state.public_url,
        nonce: nonce.as_deref().unwrap_or_default(),
        frame_ancestors: &[],
        forms: true,
    };
    if let Ok(policy) = HeaderValue::from_str(&policy.header()) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let opener = HeaderValue::from_static("same-origin");
    response.insert_header(header::HeaderName::from_static("cross-origin-opener-policy"), opener);
}

/// Leads people to the page they can use: to sign in, onwards when they are, and to the one name
/// of this server that its cookies belong to.
async fn lead(
    State(state): State<AppState>,
    caller: Option<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    if !request.method().is_safe() || uri.path().starts_with("/sfn/") {
        return next.run(request).await;
    }
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    if let Some(elsewhere) = other_loopback_name(&state, &request, path) {
        return Redirect::temporary(&elsewhere).into_response();
    }
    let wanted = NextPath::new(path);
    let is_login = uri.path() == "/login";
    match caller {
        None if !is_login && uri.path() != "/" => Redirect::to(&wanted.renewed()).into_response(),
        Some(_) if is_login && uri.query().is_none_or(|query| !query.contains("out=")) => {
            Redirect::to(login_target(uri.query()).as_str()).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Where a signed-in person who opens the sign-in page wanted to go.
fn login_target(query: Option<&str>) -> NextPath {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(key, _)| key == "next")
        .map_or_else(NextPath::default, |(_, path)| NextPath::new(&path))
}

/// On one machine people type `localhost` for `127.0.0.1`; cookies and origins know the difference.
/// Behind a real name nothing is redirected: a proxy may well send us another `Host`.
fn other_loopback_name(state: &AppState, request: &Request, path: &str) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let ours = state.public_url.authority();
    let other = state.public_url.is_loopback()
        && matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        && ours.rsplit_once(':').map_or(ours, |(name, _)| name) != name;
    other.then(|| format!("{}{path}", state.public_url))
}
