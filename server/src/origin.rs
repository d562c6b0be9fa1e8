//! What browsers tell about where a request comes from, and the rules hung on it.

use crate::{cookies, problem::Problem, state::AppState};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tincan_signaling::Code;

/// The `Origin` of a request, when a browser sent one.
pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok())
}

/// Requests that change something for a signed-in person come from our own pages: with a cookie
/// they need `Sec-Fetch-Site: same-origin` or our `Origin`, and sign-in takes no foreign one.
pub(crate) async fn same_site_only(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // The widget's own path takes the tenant's sites too, and asks once the tenant is known.
    let asks_itself = request.uri().path() == "/api/widget/sessions";
    match check(request.method(), request.headers(), state.public_url.origin()) {
        Ok(()) => next.run(request).await,
        Err(problem) if asks_itself && problem.0.code == Code::OriginDenied => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(method: &Method, headers: &HeaderMap, ours: &str) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let origin = of(headers);
    let same_origin = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if same_origin || origin == Some(ours) {
        return Ok(());
    }
    if [cookies::ACCESS, cookies::REFRESH].iter().any(|name| cookies::read(headers, name).is_some()) {
        return Err(Problem::new(Code::Csrf, "This request does not come from our own page."));
    }
    match origin {
        None => Ok(()),
        Some(_) => Err(Problem::new(Code::OriginDenied, "This origin may not do that.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://chat.example.com";

    fn verdict(method: Method, headers: &[(&'static str, &str)]) -> Result<(), Code> {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()));
        check(&method, &headers.collect(), OURS).map_err(|problem| problem.0.code)
    }

    #[test]
    fn a_cookie_counts_only_from_our_own_page() {
        let cookie = ("cookie", "__Host-tincan=token");
        assert_eq!(verdict(Method::POST, &[cookie]), Err(Code::Csrf));
        assert_eq!(verdict(Method::POST, &[cookie, ("sec-fetch-site", "cross-site")]), Err(Code::Csrf));
        assert_eq!(verdict(Method::POST, &[cookie, ("origin", "https://x.example")]), Err(Code::Csrf));
        assert_eq!(verdict(Method::POST, &[cookie, ("origin", OURS)]), Ok(()));
        assert_eq!(verdict(Method::POST, &[cookie, ("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(verdict(Method::GET, &[cookie]), Ok(()));
    }

    #[test]
    fn without_a_cookie_only_a_foreign_origin_is_denied() {
        assert_eq!(verdict(Method::POST, &[]), Ok(()));
        assert_eq!(verdict(Method::POST, &[("origin", "https://x.example")]), Err(Code::OriginDenied));
        assert_eq!(verdict(Method::POST, &[("origin", "null")]), Err(Code::OriginDenied));
    }
}
