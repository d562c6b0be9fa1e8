//! The conversations: who may read which.

use crate::app::{TestApp, problem, refusal, refused, with_cookies};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tincan_backend::rooms::NewMessage;
use tincan_signaling::EventId;

async fn json_of(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

/// A visitor who said hello: session id and token.
async fn visitor(app: &TestApp, key: &str) -> (String, String) {
    let opened = json_of(app.own_post("/api/widget/sessions").json(&json!({"key": key}))).await;
    let token = opened["token"].as_str().unwrap().to_owned();
    let session = opened["session_id"].as_str().unwrap();
    let identity = app.backend.verify(&token).unwrap();
    let room = app.backend.room_access(&identity, session.parse().unwrap()).await.unwrap();
    let id = EventId(app.backend.new_id());
    let message = NewMessage { id, from: identity.sender(None), text: "Hello".to_owned() };
    app.backend.store_message(&room, message).await.unwrap();
    (session.to_owned(), token)
}

#[tokio::test]
async fn staff_read_all_of_their_tenant_and_visitors_their_own() {
    let app = TestApp::start().await;
    let (one, token) = visitor(&app, &app.demo.tenant_key).await;
    let (two, _) = visitor(&app, &app.demo.tenant_key).await;
    let agent = app.agent().await;

    let list = json_of(with_cookies(app.get("/api/chat-sessions"), &agent)).await;
    let listed: Vec<&str> =
        list["items"].as_array().unwrap().iter().filter_map(|i| i["session_id"].as_str()).collect();
    assert!(listed.contains(&one.as_str()) && listed.contains(&two.as_str()), "{list}");

    let path = |id: &str| format!("/api/chat-sessions/{id}/messages");
    let history = json_of(app.get(&path(&one)).bearer_auth(agent.token())).await;
    assert_eq!(history["items"][0]["text"], "Hello");
    assert_eq!(history["items"][0]["from"]["role"], "visitor");
    let own = json_of(app.get(&path(&one)).bearer_auth(&token)).await;
    assert_eq!(own, history);
    let after = history["items"][0]["id"].as_str().unwrap();
    let rest = json_of(app.get(&format!("{}?after={after}", path(&one))).bearer_auth(&token)).await;
    assert_eq!(rest["items"], json!([]));

    let other = app.get(&path(&two)).bearer_auth(&token);
    assert_eq!(refusal(other).await, refused(403, "forbidden"));
    let stranger = app.sign_in(&app.demo.other_tenant.agents[0]).await;
    let other_tenant = app.get(&path(&one)).bearer_auth(stranger.token());
    let (status, _) = refusal(other_tenant).await;
    assert!(status == 403 || status == 404);
}

#[tokio::test]
async fn nobody_reads_without_signing_in() {
    let app = TestApp::start().await;
    let id = app.backend.new_id();
    for path in ["/api/chat-sessions".to_owned(), format!("/api/chat-sessions/{id}/messages")] {
        assert_eq!(refusal(app.get(&path)).await, refused(401, "unauthorized"));
        let wrong = app.get(&path).bearer_auth("not.a.token");
        assert_eq!(refusal(wrong).await, refused(401, "unauthorized"));
    }
}

#[tokio::test]
async fn odd_requests_get_words() {
    let app = TestApp::start().await;
    let agent = app.agent().await;
    let get = |path: String| app.get(&path).bearer_auth(agent.token());
    let id = app.backend.new_id();
    let not_an_id = get("/api/chat-sessions/nobody/messages".to_owned());
    assert_eq!(refusal(not_an_id).await, refused(404, "not-found"));
    let both = get(format!("/api/chat-sessions/{id}/messages?before={id}&after={id}"));
    assert_eq!(refusal(both).await, refused(400, "bad-request"));
}

#[tokio::test]
async fn relay_credentials_need_the_plan_and_a_relay() {
    let app = TestApp::start().await;
    let ask =
        |token: &str| app.post("/api/turn-credentials").bearer_auth(token).json(&json!({"purpose": "test"}));
    let free = app.sign_in(&app.demo.free_tenant.agents[0]).await;
    let (status, body) = problem(ask(free.token())).await;
    assert_eq!((status, &body["code"]), (403, &json!("not-entitled")));
    assert_eq!(body["capability"], "turn_relay");

    let premium = app.agent().await;
    let (status, body) = problem(ask(premium.token())).await;
    assert_eq!((status, &body["code"]), (503, &json!("unavailable")));
    assert!(body["detail"].as_str().unwrap().contains("TURN"));
    let odd = app.post("/api/turn-credentials").bearer_auth(premium.token()).json(&json!({"purpose": "x"}));
    assert_eq!(refusal(odd).await, refused(400, "bad-request"));
}
