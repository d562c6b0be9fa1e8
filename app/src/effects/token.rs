//! The access token for the socket: asked for with the refresh cookie, kept in memory only.

use tincan_client::{Token, TokenError, TokenSource};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

/// Asks the server each time; the socket asks before the last token ends.
pub(crate) fn by_refresh_cookie() -> TokenSource {
    std::rc::Rc::new(|| Box::pin(refresh()))
}

async fn refresh() -> Result<Token, TokenError> {
    let request = RequestInit::new();
    request.set_method("POST");
    let window = leptos::prelude::window();
    let answered = JsFuture::from(window.fetch_with_str_and_init("/api/auth/refresh", &request)).await;
    let response: Response = answered.map_err(|_| TokenError::Unavailable)?.unchecked_into();
    match response.status() {
        200 => read(&response).await.ok_or(TokenError::Unavailable),
        401 | 403 => Err(TokenError::SignedOut),
        _ => Err(TokenError::Unavailable),
    }
}

async fn read(response: &Response) -> Option<Token> {
    let body = JsFuture::from(response.json().ok()?).await.ok()?;
    let field = |name: &str| js_sys::Reflect::get(&body, &JsValue::from_str(name)).ok();
    let text = field("access_token")?.as_string()?;
    let expires_in_s = field("expires_in")?.as_f64()? as u32;
    Some(Token { text, expires_in_s })
}
