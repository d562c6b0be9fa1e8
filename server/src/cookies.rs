//! The two cookies of a signed-in browser: a short one that pages and forms are read with, and one
//! that only `/api/auth` sees and that renews the first.

use axum::http::{HeaderMap, HeaderValue, header};
use tincan_backend::accounts::SignedIn;

/// The access token. `__Host-` makes browsers insist on Secure, no Domain and Path=/.
pub(crate) const ACCESS: &str = "__Host-tincan";
/// The refresh token.
pub(crate) const REFRESH: &str = "__Secure-tincan-refresh";

/// The value of one cookie of a request.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Sets both cookies.
pub(crate) fn set(headers: &mut HeaderMap, signed_in: &SignedIn) {
    let ttl_s = signed_in.expires_in;
    append(headers, ACCESS, &signed_in.access_token, &format!("{ACCESS_RULES}; Max-Age={ttl_s}"));
    let rules = format!("{REFRESH_RULES}; Max-Age={}", signed_in.refresh_expires_in);
    append(headers, REFRESH, &signed_in.refresh_token, &rules);
}

/// Takes both cookies back.
pub(crate) fn clear(headers: &mut HeaderMap) {
    append(headers, ACCESS, "", &format!("{ACCESS_RULES}; Max-Age=0"));
    append(headers, REFRESH, "", &format!("{REFRESH_RULES}; Max-Age=0"));
}

fn append(headers: &mut HeaderMap, name: &str, value: &str, rules: &str) {
    // Tokens are base64url and dots, so they always make a header; anything else is not sent.
    if let Ok(mut cookie) = HeaderValue::from_str(&format!("{name}={value}; {rules}")) {
        cookie.set_sensitive(true);
        headers.append(header::SET_COOKIE, cookie);
    }
}

const ACCESS_RULES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";
const REFRESH_RULES: &str = "Path=/api/auth; HttpOnly; Secure; SameSite=Strict";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; __Host-tincan=x.y.z".parse().unwrap());
        headers.append(header::COOKIE, "__Secure-tincan-refresh=".parse().unwrap());
        assert_eq!(read(&headers, ACCESS), Some("x.y.z"));
        assert_eq!(read(&headers, REFRESH), None);
        assert_eq!(read(&headers, "tincan"), None);
    }
}
