//! The pages for staff, the sample site, and the files they load.

use crate::app::{TestApp, header, with_cookies};
use reqwest::{StatusCode, header::ACCEPT_ENCODING};

#[tokio::test]
async fn staff_pages_are_guarded_and_lead_to_signing_in() {
    let app = TestApp::start().await;
    let stranger = app.get("/dashboard").send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&stranger, "location"), "/api/auth/continue?next=%2Fdashboard");

    let agent = app.agent().await;
    let page = with_cookies(app.get("/dashboard"), &agent).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline"));
    assert_eq!(header(&page, "cache-control"), "no-store");
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let html = page.text().await.unwrap();
    assert!(html.contains(&format!("nonce=\"{nonce}\"")), "no script carries the nonce");
    assert!(html.contains("/pkg/tincan-1a2b.js"));
    assert!(!html.contains("style=\""), "an inline style, which the policy blocks");

    let login = with_cookies(app.get("/login?next=%2Fadmin"), &agent).send().await.unwrap();
    assert_eq!(header(&login, "location"), "/admin");
    let login = app.get("/login").send().await.unwrap();
    assert_eq!(login.status(), StatusCode::OK);
    assert!(login.text().await.unwrap().contains("Sign in"));
}

#[tokio::test]
async fn one_name_on_one_machine() {
    let app = TestApp::start().await;
    let other_name = app.url.sample_site();
    let page = app.client.get(format!("{other_name}/login")).send().await.unwrap();
    assert_eq!(header(&page, "location"), format!("{}/login", app.url));
}

#[tokio::test]
async fn the_sample_site_is_another_site_with_the_real_script_tag() {
    let app = TestApp::start().await;
    let site = app.url.sample_site();
    assert_ne!(site, app.url.origin());
    for path in ["/demo", "/demo/pans"] {
        let page = app.client.get(format!("{site}{path}")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let policy = header(&page, "content-security-policy").to_owned();
        assert!(policy.contains(&format!("frame-src {}", app.url)), "{policy}");
        let html = page.text().await.unwrap();
        let tag =
            format!("<script async src=\"{}/embed.js\" data-tenant=\"{}\">", app.url, app.demo.tenant_key);
        assert!(html.contains(&tag), "{path}");
        assert!(!html.contains("{{"), "a placeholder was left");
    }
    let own = app.get("/demo/pans").send().await.unwrap();
    assert_eq!(header(&own, "location"), format!("{site}/demo/pans"));
}

#[tokio::test]
async fn files_are_kept_as_long_as_their_name_says() {
    let app = TestApp::start().await;
    let get = |path: &str| app.get(path).send();
    let hashed = get("/pkg/tincan-1a2b.js").await.unwrap();
    assert_eq!(header(&hashed, "cache-control"), "public, max-age=31536000, immutable");
    assert!(header(&hashed, "content-type").contains("javascript"));
    let loader = get("/embed.js").await.unwrap();
    assert_eq!(header(&loader, "cache-control"), "public, max-age=300");
    assert_eq!(header(&loader, "cross-origin-resource-policy"), "cross-origin");
    assert_eq!(get("/favicon.svg").await.unwrap().status(), StatusCode::OK);
    for absent in ["/pkg/tincan-0000.js", "/pkg/", "/pkg/../data/tincan.db", "/demo/index.html"] {
        let answer = get(absent).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{absent}");
        assert!(!header(&answer, "cache-control").contains("max-age"), "{absent}");
    }
}

#[tokio::test]
async fn files_travel_compressed() {
    let app = TestApp::start().await;
    let get =
        |path: &str, encodings: &str| app.get(path).header(ACCEPT_ENCODING, encodings.to_owned()).send();
    let built = get("/pkg/widget-3c4d.js", "br, gzip").await.unwrap();
    assert_eq!(header(&built, "content-encoding"), "br");
    assert_eq!(built.text().await.unwrap(), "brotli");
    let on_the_way = get("/pkg/tincan-1a2b.js", "gzip").await.unwrap();
    assert_eq!(header(&on_the_way, "content-encoding"), "gzip");
    let plain = get("/pkg/tincan-1a2b.js", "identity").await.unwrap();
    assert_eq!(header(&plain, "content-encoding"), "");
}
