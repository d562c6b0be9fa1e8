//! What the loader and the frame get, and on which sites.

use crate::app::{TestApp, header, refusal, refused};
use reqwest::{StatusCode, header::ORIGIN};
use serde_json::{Value, json};

#[tokio::test]
async fn the_launcher_is_told_what_the_plan_gives() {
    let app = TestApp::start().await;
    let config = async |key: &str| -> Value {
        let answer = app.get(&format!("/api/widget/config?key={key}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    };
    let premium = config(&app.demo.tenant_key).await;
    assert_eq!(premium["features"], json!({"voice_enabled": true, "video_enabled": false}));
    assert_eq!(premium["agent_status"], "offline");
    assert_eq!(premium["locale"], "en");
    assert!(premium["theme"]["hue"].is_number());
    let free = config(&app.demo.free_tenant.tenant_key).await;
    assert_eq!(free["features"]["voice_enabled"], false);
}

#[tokio::test]
async fn only_the_tenants_own_sites_may_read_it() {
    let app = TestApp::start().await;
    let path = format!("/api/widget/config?key={}", app.demo.tenant_key);
    let site = app.url.sample_site();
    let answer = app.get(&path).header(ORIGIN, &site).send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), site);
    assert_eq!(header(&answer, "vary"), "Origin");
    assert_eq!(header(&answer, "access-control-allow-credentials"), "");

    let foreign = || app.get(&path).header(ORIGIN, "https://third.example");
    assert_eq!(refusal(foreign()).await, refused(403, "origin-denied"));
    let answer = foreign().send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), "");
    assert_eq!(header(&answer, "vary"), "Origin");

    let unknown = app.get("/api/widget/config?key=nobody");
    assert_eq!(refusal(unknown).await, refused(404, "not-found"));
    assert_eq!(refusal(app.get("/api/widget/config")).await, refused(400, "bad-request"));
}

#[tokio::test]
async fn a_visitor_comes_back_to_its_conversation() {
    let app = TestApp::start().await;
    let open = async |resume: Option<&str>| -> Value {
        let body = json!({"key": app.demo.tenant_key, "resume": resume});
        let answer = app.own_post("/api/widget/sessions").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    };
    let first = open(None).await;
    let id = first["session_id"].as_str().unwrap();
    assert_eq!(first["topic"], format!("chat_session_{id}"));
    assert!(first["expires_in"].is_u64() && first["token"].is_string());
    let again = open(first["resume"].as_str()).await;
    assert_eq!(again["session_id"], first["session_id"]);
    let fresh = open(Some("made-up")).await;
    assert_ne!(fresh["session_id"], first["session_id"]);
}

#[tokio::test]
async fn a_session_opens_for_our_frame_the_tenants_sites_and_programs_alone() {
    let app = TestApp::start().await;
    let body = json!({"key": app.demo.tenant_key});
    let open = || app.post("/api/widget/sessions").json(&body);
    let site = app.url.sample_site();
    assert_eq!(open().header(ORIGIN, site).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(open().send().await.unwrap().status(), StatusCode::OK);
    let foreign = open().header(ORIGIN, "https://third.example");
    assert_eq!(refusal(foreign).await, refused(403, "origin-denied"));
    let unknown = app.own_post("/api/widget/sessions").json(&json!({"key": "nobody"}));
    assert_eq!(refusal(unknown).await, refused(404, "not-found"));
}

#[tokio::test]
async fn too_many_sessions_wait() {
    let app = TestApp::with(&[("limits.widget_sessions_per_minute", "1")]).await;
    let open = || app.own_post("/api/widget/sessions").json(&json!({"key": app.demo.tenant_key}));
    assert_eq!(open().send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(refusal(open()).await, refused(429, "rate-limited"));
}

#[tokio::test]
async fn the_frame_shows_on_the_tenants_sites_alone() {
    let app = TestApp::start().await;
    let path = format!("/widget/{}", app.demo.tenant_key);
    let page = app.get(&path).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = header(&page, "content-security-policy").to_owned();
    let ancestors = format!("frame-ancestors {}", app.url.sample_site());
    assert_eq!(policy.split("; ").last(), Some(ancestors.as_str()), "{policy}");
    assert!(policy.contains("style-src 'self';") && policy.contains("'wasm-unsafe-eval'"));
    assert!(!policy.contains("unsafe-inline"));
    assert_eq!(header(&page, "x-frame-options"), "");

    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    assert!(html.contains(&format!("nonce=\"{nonce}\"")));
    assert!(html.contains("/pkg/widget-3c4d.js") && !html.contains("style="));
    assert!(!html.contains("{{"), "a placeholder was left");
    let boot = html.split("id=\"boot\">").nth(1).unwrap().split("</script>").next().unwrap();
    let boot: Value = serde_json::from_str(boot).unwrap();
    assert_eq!(boot["ws_url"], app.url.socket_url());
    assert_eq!(boot["parents"], json!([app.url.sample_site()]));

    // The nonce is another one each time.
    let again = app.get(&path).send().await.unwrap();
    assert!(!header(&again, "content-security-policy").contains(&nonce));
}

#[tokio::test]
async fn a_list_that_changes_changes_the_frame() {
    let app = TestApp::start().await;
    let by = tincan_backend::Identity::console();
    let tenant = app.backend.tenant_by_key(&app.demo.tenant_key).await.unwrap();
    app.backend.remove_origin(&by, tenant, &app.url.sample_site()).await.unwrap();
    let page = app.get(&format!("/widget/{}", app.demo.tenant_key)).send().await.unwrap();
    assert!(header(&page, "content-security-policy").ends_with("frame-ancestors 'none'"));
}

#[tokio::test]
async fn an_unknown_key_gets_words_that_nobody_can_frame() {
    let app = TestApp::start().await;
    let page = app.get("/widget/nobody").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(header(&page, "content-security-policy").ends_with("frame-ancestors 'none'"));
    assert!(page.text().await.unwrap().contains("There is no chat here"));
}
