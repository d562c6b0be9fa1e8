//! `/widget/<key>`: the frame on a tenant's page. Browsers show it on the tenant's sites only.

use super::{csp, csp::Policy, template};
use crate::{problem::Problem, state::AppState};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::Serialize;
use tincan_backend::widget::WidgetConfig;
use tincan_signaling::Code;
use tincan_signaling::agent::Availability;

/// What the widget starts with, so that nothing it shows first has to be asked for.
#[derive(Serialize)]
struct Boot<'a> {
    key: &'a str,
    tenant: &'a str,
    locale: &'a str,
    theme: serde_json::Value,
    features: serde_json::Value,
    agent_status: Availability,
    ws_url: String,
    /// The sites whose messages the widget takes.
    parents: &'a [String],
}

/// Shows the shell; the wasm in it does the rest.
pub(crate) async fn show(State(state): State<AppState>, Path(key): Path<String>) -> Response {
    match render(&state, &key).await {
        Ok(page) => page,
        Err(problem) => not_here(&state, &problem),
    }
}

async fn render(state: &AppState, key: &str) -> Result<Response, Problem> {
    let config = state.backend.widget_config(key).await?;
    let origins = state.backend.origins(config.tenant).await?;
    let agent_status = state.relay.agent_status(config.tenant);
    let nonce = csp::nonce().map_err(Problem::internal)?;
    let page = shell(state, key, &config, &origins, agent_status, &nonce).map_err(Problem::internal)?;
    Ok(guarded(state, StatusCode::OK, page, &nonce, &origins))
}

fn shell(
    state: &AppState,
    key: &str,
    config: &WidgetConfig,
    parents: &[String],
    agent_status: Availability,
    nonce: &str,
) -> serde_json::Result<String> {
    let boot = Boot {
        key,
        tenant: &config.name,
        locale: &config.locale,
        theme: serde_json::to_value(&config.theme)?,
        features: serde_json::to_value(config.features)?,
        agent_status,
        ws_url: state.public_url.socket_url(),
        parents,
    };
    let initial: String = config.name.chars().next().into_iter().flat_map(char::to_uppercase).collect();
    Ok(template::fill_raw(
        SHELL,
        &[
            ("locale", template::escape(&config.locale)),
            ("tenant_name", template::escape(&config.name)),
            ("tenant_initial", template::escape(&initial)),
            ("widget_css", state.assets.path("widget.css")),
            ("widget_js", state.assets.path("widget.js")),
            ("widget_wasm", state.assets.path("widget_bg.wasm")),
            ("nonce", nonce.to_owned()),
            ("boot_json", template::script_json(&boot)?),
        ],
    ))
}

/// A page for the frame that cannot be: words instead of a blank rectangle.
fn not_here(state: &AppState, problem: &Problem) -> Response {
    let status =
        StatusCode::from_u16(problem.0.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let words = if problem.0.code == Code::NotFound {
        "There is no chat here. The site's owner can check the key in the script tag."
    } else {
        "The chat cannot be opened right now. Please try again in a moment."
    };
    guarded(state, status, template::fill(NOT_HERE, &[("words", words)]), "", &[])
}

fn guarded(
    state: &AppState,
    status: StatusCode,
    page: String,
    nonce: &str,
    frame_ancestors: &[String],
) -> Response {
    let policy = Policy { public_url: &state.public_url, nonce, frame_ancestors, forms: false };
    let headers =
        [(header::CONTENT_SECURITY_POLICY, policy.header()), (header::CACHE_CONTROL, "no-store".to_owned())];
    (status, headers, Html(page)).into_response()
}

const SHELL: &str = include_str!("../../../app/widget/shell.html");
const NOT_HERE: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <title>No chat</title></head><body><main><p>{{words}}</p></main></body></html>";
