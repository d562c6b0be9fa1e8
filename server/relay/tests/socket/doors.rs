//! Who gets in, and what is refused to whom.

use crate::client::{ORIGIN, World, id, lobby, room};
use serde_json::json;
use tincan_backend::{Identity, plans::Plan};
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn keys_and_versions_are_checked_before_the_upgrade() {
    let world = World::start().await;
    for (query, status) in [("apikey=pk_unknown&vsn=2.0.0", 404), ("apikey=dashboard&vsn=9", 400)] {
        let Err(Error::Http(response)) = world.try_connect(query).await.map(drop) else { panic!("{query}") };
        assert_eq!(response.status(), status, "{query}");
    }
}

#[tokio::test]
async fn a_socket_from_a_foreign_page_is_refused() {
    let world = World::start().await;
    let site = "https://shop.example";
    world.backend.add_origin(&Identity::console(), world.tenant.id, site).await.unwrap();
    for (key, origin, status) in [
        (world.tenant.key.as_str(), Some(site), None),
        (world.tenant.key.as_str(), None, None),
        (world.tenant.key.as_str(), Some(ORIGIN), None),
        (world.tenant.key.as_str(), Some("https://evil.example"), Some(403)),
        (world.other.key.as_str(), Some(site), Some(403)),
        ("dashboard", Some(site), Some(403)),
    ] {
        let query = format!("apikey={key}&vsn=2.0.0");
        let refused = match world.connect_from(&query, origin).await {
            Ok(_) => None,
            Err(Error::Http(response)) => Some(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(refused, status, "{key} from {origin:?}");
    }
}

#[tokio::test]
async fn however_a_topic_is_written_it_is_one_channel() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&room(&session), &session.token).await;
    visitor.join(&session.topic, &session.token).await;
    let text = visitor.push(&room(&session), "message", json!({"id": id(), "text": "hello"})).await;
    assert_eq!(text["status"], "ok", "{text}");
    visitor.event("message").await;
    assert!(!visitor.heard("message").await, "one channel hears it once");
}

#[tokio::test]
async fn a_visitor_asks_ten_times_a_minute_and_not_again_by_leaving() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut taken = 0;
    for _ in 0..4 {
        let mut visitor = world.connect(&world.tenant.key).await;
        visitor.join(&topic, &session.token).await;
        for _ in 0..5 {
            let reply = visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
            if reply["status"] == "ok" {
                taken += 1;
            } else {
                assert_eq!(reply["response"]["code"], "rate-limited", "{reply}");
                assert!(reply["response"]["retry_after_ms"].as_u64().unwrap() > 0);
            }
        }
        visitor.hang_up().await;
    }
    assert_eq!(taken, 10);
}

#[tokio::test]
async fn only_the_visitor_and_the_tenants_staff_enter_a_room() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let neighbour = world.visitor(&world.tenant).await;
    let (foreign, _) = world.agent(&world.other, "Foreign Agent").await;
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&room(&session), &session.token).await;

    let mut client = world.connect("dashboard").await;
    for (topic, token, code) in [
        (room(&session), foreign.as_str(), "Unauthorized"),
        (room(&session), neighbour.token.as_str(), "Unauthorized"),
        (lobby(&world.tenant), foreign.as_str(), "Unauthorized"),
        (lobby(&world.tenant), session.token.as_str(), "Unauthorized"),
        (room(&session), "nonsense", "InvalidJWTToken"),
        ("realtime:elsewhere".to_owned(), session.token.as_str(), "Unauthorized"),
    ] {
        let reply = client.join(&topic, token).await;
        assert_eq!(reply["status"], "error", "{topic}");
        let reason = reply["response"]["reason"].as_str().unwrap();
        assert!(reason.starts_with(code), "{reason}");
        assert_eq!(reply["response"].as_object().unwrap().len(), 1, "a reason only");
    }
    let mut keyed = world.connect(&world.other.key).await;
    let reply = keyed.join(&room(&session), &session.token).await;
    assert_eq!(reply["status"], "error", "a token of another tenant than the key");
    let (event, payload) = ("message", json!({"id": id(), "text": "hello"}));
    let payload = json!({"type": "broadcast", "event": event, "payload": payload});
    keyed.send(json!(["1", "9", room(&session), "broadcast", payload])).await;
    assert_eq!(keyed.event("refused").await["code"], "forbidden");
}

#[tokio::test]
async fn a_token_may_follow_the_join() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.send(json!(["1", "1", topic, "phx_join", {}])).await;
    visitor.send(json!(["1", "2", topic, "access_token", {"access_token": session.token}])).await;
    assert_eq!(visitor.reply("1").await["status"], "ok");
    // Rights that turn out to be somebody else's end the channel for good.
    let other = world.visitor(&world.tenant).await;
    visitor.send(json!(["1", "3", topic, "access_token", {"access_token": other.token}])).await;
    assert_eq!(visitor.frame("system").await[4]["message"], "unauthorized");
    assert_eq!(visitor.frame("phx_close").await[1], "1");
}

#[tokio::test]
async fn a_tenant_without_voice_may_write_but_not_call() {
    let world = World::start().await;
    let plan = Plan::Free;
    world.backend.set_plan(&Identity::console(), world.tenant.id, plan).await.unwrap();
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    assert_eq!(visitor.event("availability").await["voice_enabled"], false);
    let call = visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
    assert_eq!(call["response"]["code"], "voice-not-enabled");
    assert_eq!(call["response"]["error"], "voice-not-enabled");
    let text = visitor.push(&topic, "message", json!({"id": id(), "text": "hello"})).await;
    assert_eq!(text["status"], "ok", "{text}");
}

#[tokio::test]
async fn voice_that_is_taken_ends_what_rings() {
    let world = World::start().await;
    let (mut agent, _, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
    agent.event("ringing").await;
    world.backend.set_voice(&Identity::console(), world.tenant.id, false).await.unwrap();
    assert_eq!(visitor.event("call_end").await["reason"], "not_entitled");
    agent.event("ring_stopped").await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_at_once() {
    let world = World::start().await;
    let (mut agent, _, user) = world.ready_agent("Agent One").await;
    world.backend.disable_user(&Identity::console(), user.into()).await.unwrap();
    assert_eq!(agent.closed().await, Some(1008));
}

#[tokio::test]
async fn bad_input_is_refused_and_the_room_lives_on() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    for (event, payload, code) in [
        ("shout", json!({}), "bad-event"),
        ("message", json!({"text": 7}), "bad-event"),
        ("message", json!({"id": id(), "text": "x".repeat(9_000)}), "too-large"),
        ("call_timeout", json!({"call_id": id()}), "bad-event"),
        ("hangup", json!({"call_id": id()}), "unknown-call"),
        ("offer", json!({"call_id": id(), "sdp": "v=0\r\n".repeat(20_000)}), "too-large"),
        ("offer", json!({"call_id": id(), "sdp": "v=0"}), "bad-event"),
        ("call_transfer", json!({"call_id": id(), "to": "sip:1"}), "not-entitled"),
    ] {
        let reply = visitor.push(&topic, event, payload).await;
        assert_eq!(reply["response"]["code"], code, "{event}");
        assert_eq!(visitor.event("refused").await["code"], code, "{event}");
    }
    for garbage in [Message::text("nonsense"), Message::text("[1]"), Message::binary(vec![3, 255, 0])] {
        visitor.raw(garbage).await;
        assert_eq!(visitor.event("refused").await["code"], "bad-event");
    }
    let text = visitor.push(&topic, "message", json!({"id": id(), "text": "still here"})).await;
    assert_eq!(text["status"], "ok", "{text}");
}
