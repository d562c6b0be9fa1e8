//! What keeps the service running: health, the API's description, words for what is not there, and
//! an orderly stop.

use crate::app::{TestApp, header, refusal, refused};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test]
async fn it_says_that_it_lives_and_is_ready() {
    let app = TestApp::start().await;
    let live: Value = app.get("/healthz").send().await.unwrap().json().await.unwrap();
    assert_eq!((&live["status"], &live["active_calls"]), (&json!("ok"), &json!(0)));
    assert!(live["uptime_s"].is_u64() && live["version"].is_string(), "{live}");
    let ready = app.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    assert_eq!(ready.json::<Value>().await.unwrap(), json!({"ready": true, "reasons": []}));
}

#[tokio::test]
async fn it_lives_on_and_says_why_it_is_not_ready() {
    let app = TestApp::start().await;
    let reasons = async || {
        let answer = app.get("/readyz").send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["ready"], false);
        let reasons = body["reasons"].as_array().unwrap().clone();
        assert!(reasons.iter().all(|reason| reason["words"].as_str().is_some_and(|words| words.len() > 10)));
        let codes = reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned());
        (status, codes.collect::<Vec<_>>())
    };
    std::fs::remove_dir_all(app.data_dir()).unwrap();
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!(reasons().await, (unavailable, vec!["data-dir-unwritable".to_owned()]));
    app.state.draining.store(true, Ordering::Relaxed);
    app.backend.close().await;
    let all = ["database-unreachable", "data-dir-unwritable", "draining"].map(str::to_owned);
    assert_eq!(reasons().await, (unavailable, all.to_vec()));
    assert_eq!(app.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_api_describes_itself() {
    let app = TestApp::start().await;
    let api: Value = app.get("/api/openapi.json").send().await.unwrap().json().await.unwrap();
    let mut paths: Vec<&String> = api["paths"].as_object().unwrap().keys().collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "/api/audit-log",
            "/api/auth/login",
            "/api/auth/logout",
            "/api/auth/refresh",
            "/api/chat-sessions",
            "/api/chat-sessions/{id}/messages",
            "/api/turn-credentials",
            "/api/widget/config",
            "/api/widget/sessions",
            "/healthz",
            "/readyz",
        ]
    );
    let refused = &api["paths"]["/api/auth/login"]["post"]["responses"]["401"]["content"];
    assert!(refused.get("application/problem+json").is_some(), "{refused}");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_code() {
    let app = TestApp::start().await;
    assert_eq!(refusal(app.get("/nowhere")).await, refused(404, "not-found"));
    assert_eq!(refusal(app.get("/api/auth/login")).await, refused(400, "bad-request"));
    let answer = app.get("/nowhere").send().await.unwrap();
    assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    // Metrics have a listener of their own.
    assert_eq!(refusal(app.get("/metrics")).await, refused(404, "not-found"));
}

#[tokio::test]
async fn it_stops_within_seconds() {
    let app = TestApp::start().await;
    let url = app.url.clone();
    let client = app.client.clone();
    tokio::time::timeout(Duration::from_secs(10), app.stop()).await.unwrap().unwrap();
    assert!(client.get(format!("{url}/healthz")).send().await.is_err());
}
