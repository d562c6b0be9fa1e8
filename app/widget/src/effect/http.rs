//! Requests to our own server, and refusals read back from problem+json.

use serde::{Serialize, de::DeserializeOwned};
use tincan_signaling::{Code, Refusal};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// How long a request may take before it counts as failed.
const PATIENCE_MS: u32 = 10_000;

/// `GET` with a token.
pub(crate) async fn get<T: DeserializeOwned>(path: &str, token: &str) -> Result<T, Refusal> {
    let init = RequestInit::new();
    init.set_method("GET");
    let headers = web_sys::Headers::new().map_err(unreachable_server)?;
    headers.set("authorization", &["Bearer ", token].concat()).map_err(unreachable_server)?;
    init.set_headers(&headers);
    send(path, &init).await
}

/// `POST` of JSON.
pub(crate) async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Refusal> {
    let body = serde_json::to_string(body).map_err(|_| Refusal::new(Code::BadRequest, ""))?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&body));
    let headers = web_sys::Headers::new().map_err(unreachable_server)?;
    headers.set("content-type", "application/json").map_err(unreachable_server)?;
    init.set_headers(&headers);
    send(path, &init).await
}

async fn send<T: DeserializeOwned>(path: &str, init: &RequestInit) -> Result<T, Refusal> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let reply = JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(path, init));
    let reply: Response = reply.await.map_err(unreachable_server)?.unchecked_into();
    let text = JsFuture::from(reply.text().map_err(unreachable_server)?).await.map_err(unreachable_server)?;
    let text = text.as_string().unwrap_or_default();
    if reply.ok() {
        return serde_json::from_str(&text).map_err(|_| Refusal::new(Code::Unavailable, ""));
    }
    Err(serde_json::from_str::<Problem>(&text)
        .map_or_else(|_| Refusal::new(Code::Unavailable, ""), Refusal::from))
}

/// What an error answer holds that matters here.
#[derive(serde::Deserialize)]
struct Problem {
    code: Code,
    #[serde(default)]
    retry_after_ms: Option<u64>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { retry_after_ms: problem.retry_after_ms, ..Self::new(problem.code, "") }
    }
}

fn unreachable_server(_: JsValue) -> Refusal {
    Refusal::new(Code::Unavailable, "")
}
