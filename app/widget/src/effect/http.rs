//! Requests to our own server, and refusals read back from problem+json.

use super::{dom::window, json::Json};
use tincan_signaling::{Code, Refusal};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// How long a request may take before it counts as failed.
const PATIENCE_MS: u32 = 10_000;

/// `GET` with a token.
pub(crate) async fn get(path: &str, token: &str) -> Result<Json, Refusal> {
    let init = RequestInit::new();
    init.set_method("GET");
    let headers = web_sys::Headers::new().map_err(unreachable_server)?;
    headers.set("authorization", &["Bearer ", token].concat()).map_err(unreachable_server)?;
    init.set_headers(&headers);
    send(path, &init).await
}

/// `POST` of JSON.
pub(crate) async fn post(path: &str, body: &str) -> Result<Json, Refusal> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(body));
    let headers = web_sys::Headers::new().map_err(unreachable_server)?;
    headers.set("content-type", "application/json").map_err(unreachable_server)?;
    init.set_headers(&headers);
    send(path, &init).await
}

async fn send(path: &str, init: &RequestInit) -> Result<Json, Refusal> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let reply = JsFuture::from(window().fetch_with_str_and_init(path, init));
    let reply: Response = reply.await.map_err(unreachable_server)?.unchecked_into();
    let body = Json::of(
        JsFuture::from(reply.json().map_err(unreachable_server)?).await.map_err(unreachable_server)?,
    );
    if reply.ok() { Ok(body) } else { Err(refusal(&body)) }
}

/// What an error answer holds that matters here.
fn refusal(problem: &Json) -> Refusal {
    let code = problem.text("code").unwrap_or_default();
    let code = Code::ALL.into_iter().find(|known| known.as_str() == code).unwrap_or(Code::Unavailable);
    Refusal { retry_after_ms: problem.millis("retry_after_ms"), ..Refusal::new(code, "") }
}

fn unreachable_server(_: JsValue) -> Refusal {
    Refusal::new(Code::Unavailable, "")
}
