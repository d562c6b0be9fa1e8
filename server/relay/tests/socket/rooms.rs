//! Text, replay, presence, leaving, HTTP.

use crate::client::{World, id, lobby, room};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn messages_are_numbered_acked_and_replayed() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    let joined = visitor.join(&topic, &session.token).await;
    let epoch = joined["response"]["epoch"].clone();
    assert_eq!(
        (&joined["response"]["postgres_changes"], &joined["response"]["seq"]),
        (&json!([]), &json!(0))
    );

    let message = json!({"id": id(), "text": "one"});
    let first = visitor.push(&topic, "message", message.clone()).await;
    let again = visitor.push(&topic, "message", message).await;
    assert_eq!(first["response"], again["response"], "twice is once");
    visitor.push(&topic, "message", json!({"id": id(), "text": "two"})).await;
    let (one, two) = (visitor.event("message").await, visitor.event("message").await);
    assert_eq!((&one["meta"]["seq"], &one["meta"]["prev"]), (&json!(1), &json!(0)));
    assert_eq!((&two["meta"]["seq"], &two["meta"]["prev"]), (&json!(2), &json!(1)));
    assert!(!visitor.heard("message").await, "exactly once");

    let replay = |after: u64, epoch: &serde_json::Value| {
        let replay = json!({"after_seq": after, "epoch": epoch});
        json!({"config": {"broadcast": {"replay": replay}, "private": true}, "access_token": session.token})
    };
    let mut back = world.connect(&world.tenant.key).await;
    let joined = back.join_with(&topic, replay(1, &epoch)).await;
    assert_eq!((&joined["response"]["gap"], &joined["response"]["seq"]), (&json!(false), &json!(2)));
    let missed = back.event("message").await;
    assert_eq!((&missed["text"], &missed["meta"]["replayed"]), (&json!("two"), &json!(true)));
    assert_eq!(back.event("call_state").await["seq"], 2);

    let mut stranger = world.connect(&world.tenant.key).await;
    let joined = stranger.join_with(&topic, replay(1, &json!(id()))).await;
    assert_eq!(joined["response"]["gap"], true);
}

#[tokio::test]
async fn presence_is_a_state_and_then_diffs() {
    let world = World::start().await;
    let (mut agent, token, user) = world.ready_agent("Agent One").await;
    let state = agent.frame("presence_state").await;
    assert!(state[4].is_object());
    let mut shown = agent.frame("presence_diff").await;
    while shown[4]["joins"][user.to_string()]["metas"][0]["status"] != "ready" {
        shown = agent.frame("presence_diff").await;
    }

    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    let config = json!({"presence": {"key": "me", "enabled": true}});
    visitor.join_with(&topic, json!({"config": config, "access_token": session.token})).await;
    assert_eq!(visitor.frame("presence_state").await[4], json!({}));
    agent.join(&topic, &token).await;
    agent.presence(&topic, json!({"typing": false})).await;
    let diff = visitor.frame("presence_diff").await;
    assert_eq!(diff[4]["leaves"], json!({}));
    assert_eq!(diff[4]["joins"].as_object().unwrap().len(), 1);
    agent.hang_up().await;
    let diff = visitor.frame("presence_diff").await;
    assert_eq!(diff[4]["leaves"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn leaving_is_answered_and_closed() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    visitor.send(json!(["1", "7", topic, "phx_leave", {}])).await;
    assert_eq!(visitor.reply("7").await["status"], "ok");
    let close = visitor.frame("phx_close").await;
    assert_eq!((&close[0], &close[1]), (&json!("1"), &json!("1")));
}

#[tokio::test]
async fn the_lobby_lists_sessions_as_they_live() {
    let world = World::start().await;
    let (mut agent, _, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    let page = "https://shop.example/pans?secret=1";
    visitor.join_with(&topic, json!({"access_token": session.token, "page_url": page})).await;
    let update = agent.event("session_updated").await;
    assert_eq!((&update["online"], &update["page_url"]), (&json!(true), &json!("https://shop.example/pans")));
    let text = json!({"type": "broadcast", "event": "message", "payload": {"id": id(), "text": "hello"}});
    visitor.send(json!(["1", "2", topic, "broadcast", text])).await;
    let mut update = agent.event("session_updated").await;
    while update["last_text"] != "hello" {
        update = agent.event("session_updated").await;
    }
    let mut late = world.connect("dashboard").await;
    let (token, _) = world.agent(&world.tenant, "Late").await;
    late.join(&lobby(&world.tenant), &token).await;
    assert_eq!(late.event("session_updated").await["last_text"], "hello");
    assert_eq!(late.event("lobby_state").await["ringing"], json!([]));
}

#[tokio::test]
async fn text_finds_its_way_over_http_and_calls_do_not() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&room(&session), &session.token).await;
    let post = |path: String, token: String, body: String| {
        let addr = world.addr;
        async move {
            let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
            let request = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
        }
    };
    let one = |event: &str| format!("/realtime/v1/api/broadcast/{}/events/{event}", session.topic);
    let text = json!({"id": id(), "text": "by post"}).to_string();
    assert_eq!(post(one("message"), session.token.clone(), text.clone()).await, 202);
    assert_eq!(visitor.event("message").await["text"], "by post");
    assert_eq!(post(one("message"), "nonsense".into(), text.clone()).await, 401);
    let call = json!({"call_id": id()}).to_string();
    assert_eq!(post(one("call_request"), session.token.clone(), call.clone()).await, 409);
    assert_eq!(post(one("hangup"), session.token.clone(), call).await, 422, "a 404 would mean: no such path");
    let many = json!({"messages": [{"topic": session.topic, "event": "message", "payload": {"id": id(), "text": "two"}}]});
    assert_eq!(post("/api/broadcast?apikey=x".into(), session.token.clone(), many.to_string()).await, 202);
    assert_eq!(visitor.event("message").await["text"], "two");
}
