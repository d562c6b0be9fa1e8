//! Files from the site folder: hashed ones for a year, the few with fixed names briefly.

use crate::state::AppState;
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
    services::{ServeDir, ServeFile},
};

/// `/pkg/*`, the loader and the icons.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let root = state.assets.root();
    let file = |name: &str| ServeFile::new(root.join(name)).precompressed_br().precompressed_gzip();
    let package = ServeDir::new(root.join("pkg"))
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false);
    Router::new()
        .nest_service("/pkg", package)
        .route_service("/embed.js", file("embed.js"))
        .route_service("/favicon.svg", file("favicon.svg"))
        .route_service("/favicon.ico", file("favicon.ico"))
        .route_service("/icons.svg", file("icons.svg"))
        .layer(compression())
        .layer(from_fn(shared))
}

/// How long a file may be kept, and that every page may use it: hosts may isolate themselves
/// (`Cross-Origin-Embedder-Policy`) or load the script with `integrity`, and nothing here is secret.
async fn shared(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let kept = if path.starts_with("/pkg/") {
        FOR_EVER
    } else if path == "/embed.js" {
        BRIEFLY
    } else {
        A_DAY
    };
    let mut response = next.run(request).await;
    let status = response.status();
    let headers = response.headers_mut();
    let is_file = status.is_success() || status == StatusCode::NOT_MODIFIED;
    headers.insert(header::CACHE_CONTROL, if is_file { kept } else { NOT_AT_ALL });
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// For builds that wrote no compressed files. Debug wasm is megabytes: too slow to compress at
/// each request.
fn compression() -> CompressionLayer<impl Predicate> {
    let small = DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(small)
}

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const BRIEFLY: HeaderValue = HeaderValue::from_static("public, max-age=300");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
