//! The sample customer's site of `tincan demo`: another brand, and to browsers another site.

use crate::{assets::Assets, config::PublicUrl, pages::template, state::AppState};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use std::{fs, io, path::PathBuf};

/// The two pages, ready to be sent.
pub struct SamplePages {
    /// Where the site is, as browsers see it.
    origin: String,
    home: String,
    pans: String,
    policy: String,
}

/// A page of the sample site is not where the build puts it.
#[derive(Debug, thiserror::Error)]
#[error("no sample page {}: {source}. `cargo xtask build` puts it there", path.display())]
pub struct NoSamplePage {
    path: PathBuf,
    source: io::Error,
}

impl SamplePages {
    /// Reads the pages from the site folder and puts the script tag of `tenant_key` on them.
    pub fn read(assets: &Assets, public_url: &PublicUrl, tenant_key: &str) -> Result<Self, NoSamplePage> {
        let page = |name: &str| {
            let path = assets.root().join("demo").join(name);
            let page = fs::read_to_string(&path).map_err(|source| NoSamplePage { path, source })?;
            Ok(template::fill(
                &page,
                &[
                    ("embed_url", &format!("{public_url}/embed.js")),
                    ("tenant_key", tenant_key),
                    ("demo_css", &assets.path("demo.css")),
                ],
            ))
        };
        let origin = public_url.sample_site();
        // The policy that the embedding guide tells customers to have, on a site that has one.
        let policy = format!(
            "default-src 'none'; script-src {public_url}; style-src 'self'; \
             img-src 'self' data:; frame-src {public_url}; connect-src {public_url}; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Ok(Self { home: page("index.html")?, pans: page("pans.html")?, origin, policy })
    }

    /// Where to open it.
    pub fn url(&self) -> String {
        format!("{}/demo", self.origin)
    }
}

/// `/demo`.
pub(crate) async fn home(State(state): State<AppState>, request: Request) -> Response {
    show(&state, &request, |pages| &pages.home)
}

/// `/demo/pans`.
pub(crate) async fn pans(State(state): State<AppState>, request: Request) -> Response {
    show(&state, &request, |pages| &pages.pans)
}

fn show(state: &AppState, request: &Request, page: fn(&SamplePages) -> &String) -> Response {
    let Some(pages) = &state.sample else {
        let words = "This server has no sample site; `tincan demo` has one.";
        return (StatusCode::NOT_FOUND, words).into_response();
    };
    // Under our own name the page would be the same site as the widget, which no customer's is.
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host == Some(state.public_url.authority()) && pages.origin != state.public_url.origin() {
        let elsewhere = format!("{}{}", pages.origin, request.uri().path());
        return Redirect::temporary(&elsewhere).into_response();
    }
    let headers = [
        (header::CONTENT_SECURITY_POLICY, pages.policy.clone()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Html(page(pages).clone())).into_response()
}
