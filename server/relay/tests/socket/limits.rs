//! Each limit is hit, answers as `docs/limits.md` says, and lets others be.

use crate::client::{Client, World, id, lobby, room};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tincan_relay::{Levels, Limits, Rate, Rates};
use tokio_tungstenite::tungstenite::Error;

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

/// The status, the code, and whether the answer says when to come back, of a socket not opened.
async fn refused(world: &World, query: &str) -> (u16, Value, bool) {
    let Err(Error::Http(response)) = world.try_connect(query).await.map(drop) else {
        panic!("{query} was let in")
    };
    let waits = response.headers().contains_key("retry-after");
    let body: Value = serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap();
    assert_eq!(body["retry_after_ms"].is_u64(), waits, "{body}");
    (response.status().as_u16(), body["code"].clone(), waits)
}

fn dashboard() -> &'static str {
    "apikey=dashboard&vsn=2.0.0"
}

#[tokio::test]
async fn whoever_knocks_too_often_is_told_when_to_come_back() {
    let upgrades = Rate { burst: 3.0, per_second: 0.01 };
    let world = World::with(Limits { upgrades, ..Limits::default() }).await;
    for _ in 0..3 {
        world.connect("dashboard").await;
    }
    assert_eq!(refused(&world, dashboard()).await, (429, json!("rate-limited"), true));
}

/// Phoenix's own client tries six times in its first second.
#[tokio::test]
async fn a_whole_office_may_come_back_at_once() {
    let world = World::start().await;
    for _ in 0..20 * 6 {
        world.connect("dashboard").await.hang_up().await;
    }
}

#[tokio::test]
async fn sockets_have_an_end_for_the_node_the_tenant_and_the_address() {
    let world = World::with(Limits { sockets: 1, ..Limits::default() }).await;
    let _one = world.connect("dashboard").await;
    assert_eq!(refused(&world, dashboard()).await, (503, json!("unavailable"), true));

    let world = World::with(Limits { sockets_per_address: 1, ..Limits::default() }).await;
    let one = world.connect("dashboard").await;
    assert_eq!(refused(&world, dashboard()).await, (429, json!("limit-reached"), true));
    one.hang_up().await;
    until(|| world.relay.sockets() == 0).await;
    let _again = world.connect("dashboard").await;

    let world = World::with(Limits { sockets_per_tenant: 1, ..Limits::default() }).await;
    let _one = world.connect(&world.tenant.key).await;
    let query = format!("apikey={}&vsn=2.0.0", world.tenant.key);
    assert_eq!(refused(&world, &query).await, (429, json!("limit-reached"), true));
    // Who does not say where it belongs is counted when its token does.
    let session = world.visitor(&world.tenant).await;
    let mut sly = world.connect("dashboard").await;
    let answer = sly.join(&room(&session), &session.token).await;
    assert_refused(&answer, "ConnectionRateLimitReached");
    let _other = world.connect(&world.other.key).await;
}

#[tokio::test]
async fn a_person_has_so_many_sockets() {
    let world = World::with(Limits { sockets_per_person: 2, ..Limits::default() }).await;
    let session = world.visitor(&world.tenant).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut client = world.connect(&world.tenant.key).await;
        assert_eq!(client.join(&room(&session), &session.token).await["status"], "ok");
        open.push(client);
    }
    let mut third = world.connect(&world.tenant.key).await;
    assert_refused(&third.join(&room(&session), &session.token).await, "ConnectionRateLimitReached");
    open.pop().unwrap().hang_up().await;
    until(|| world.relay.sockets() == 2).await;
    assert_eq!(third.join(&room(&session), &session.token).await["status"], "ok");
}

#[tokio::test]
async fn channels_and_joins_of_a_socket_have_an_end() {
    let world = World::with(Limits { channels: 1, ..Limits::default() }).await;
    let (token, _) = world.agent(&world.tenant, "Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&room(&session), &session.token).await;
    let mut agent = world.connect("dashboard").await;
    assert_eq!(agent.join(&lobby(&world.tenant), &token).await["status"], "ok");
    assert_refused(&agent.join(&room(&session), &token).await, "ChannelRateLimitReached");
    assert_eq!(agent.join(&lobby(&world.tenant), &token).await["status"], "ok", "the same one again");

    let joins = Rate { burst: 2.0, per_second: 0.01 };
    let world = World::with(Limits { rates: Rates { joins, ..Rates::default() }, ..Limits::default() }).await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    for _ in 0..2 {
        assert_eq!(visitor.join(&room(&session), &session.token).await["status"], "ok");
    }
    assert_refused(&visitor.join(&room(&session), &session.token).await, "ClientJoinRateLimitReached");
}

#[tokio::test]
async fn rooms_and_lobbies_hold_so_many() {
    let world = World::with(Limits { members: 1, ..Limits::default() }).await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    assert_eq!(visitor.join(&room(&session), &session.token).await["status"], "ok");
    assert_eq!(visitor.join(&room(&session), &session.token).await["status"], "ok", "the same one again");
    let mut second = world.connect(&world.tenant.key).await;
    assert_refused(&second.join(&room(&session), &session.token).await, "ConnectionRateLimitReached");

    let (mut agent, token, _) = world.ready_agent("Agent One").await;
    let mut tab = world.connect("dashboard").await;
    assert_refused(&tab.join(&lobby(&world.tenant), &token).await, "ConnectionRateLimitReached");
    assert_eq!(agent.join(&lobby(&world.tenant), &token).await["status"], "ok");
}

#[tokio::test]
async fn a_node_and_a_tenant_hold_so_many_rooms() {
    for limits in
        [Limits { rooms_per_tenant: 1, ..Limits::default() }, Limits { rooms: 1, ..Limits::default() }]
    {
        let for_all = limits.rooms == 1;
        let world = World::with(limits).await;
        let mut open = Vec::new();
        for (tenant, fits) in [(&world.tenant, true), (&world.tenant, false), (&world.other, !for_all)] {
            let session = world.visitor(tenant).await;
            let mut visitor = world.connect(&tenant.key).await;
            let answer = visitor.join(&room(&session), &session.token).await;
            assert_eq!(answer["status"] == "ok", fits, "{answer}");
            open.push(visitor);
        }
    }
}

#[tokio::test]
async fn what_is_kept_of_a_frame_has_an_end() {
    let world = World::with(Limits { join_bytes: 2_000, presence_bytes: 300, ..Limits::default() }).await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    let long = json!({"access_token": session.token, "page_url": "x".repeat(2_000)});
    assert_refused(&visitor.join_with(&topic, long).await, "InvalidJoinPayload");
    assert_eq!(visitor.join(&topic, &session.token).await["status"], "ok");

    let shown = visitor.presence(&topic, json!({"note": "x".repeat(300)})).await;
    assert_eq!(shown["response"]["code"], "too-large");
    let text = visitor.push(&topic, "message", json!({"id": id(), "text": "x".repeat(8_193)})).await;
    assert_eq!(text["response"]["code"], "too-large");
    let candidate = json!({"call_id": id(), "candidate": "x".repeat(2_049)});
    let candidate = visitor.push(&topic, "candidate", candidate).await;
    assert_eq!(candidate["response"]["code"], "too-large");
    let sdp = json!({"call_id": id(), "sdp": format!("{SDP}{}", "a=x\r\n".repeat(14_000))});
    let offer = visitor.push(&topic, "offer", sdp).await;
    assert_eq!(offer["response"]["code"], "too-large");

    let long = "x".repeat(129);
    for frame in [
        json!([null, long, "phoenix", "heartbeat", {}]),
        json!([long, "1", topic, "phx_join", {}]),
        json!([null, "1", long, "phx_leave", {}]),
        json!([null, "1", topic, long, {}]),
        json!([null, "1", topic, "broadcast", {"type": "broadcast", "event": long, "payload": {}}]),
        json!([null, "1", topic, "access_token", {"access_token": "x".repeat(2_000)}]),
    ] {
        visitor.send(frame).await;
        assert_eq!(visitor.event("refused").await["code"], "too-large");
    }
}

#[tokio::test]
async fn what_a_room_keeps_has_an_end_and_says_so() {
    for limits in
        [Limits { ring_events: 3, ..Limits::default() }, Limits { ring_bytes: 1_200, ..Limits::default() }]
    {
        let world = World::with(limits).await;
        let session = world.visitor(&world.tenant).await;
        let topic = room(&session);
        let mut visitor = world.connect(&world.tenant.key).await;
        visitor.join(&topic, &session.token).await;
        for _ in 0..6 {
            visitor.push(&topic, "message", json!({"id": id(), "text": "hello"})).await;
        }
        let levels = world.relay.levels();
        assert!((1..=4).contains(&levels.ring_events) && levels.ring_bytes <= 1_200, "{levels:?}");
        for (after_seq, gap) in [(1, true), (5, false)] {
            let replay = json!({"broadcast": {"replay": {"after_seq": after_seq}}});
            let payload = json!({"config": replay, "access_token": session.token});
            let answer = visitor.join_with(&topic, payload).await;
            assert_eq!(answer["response"]["gap"], gap, "after {after_seq}: {answer}");
        }
    }
}

#[tokio::test]
async fn who_reads_nothing_is_closed_and_holds_nobody_up() {
    let call_events = Rate { burst: 1e9, per_second: 1e9 };
    let rates = Rates { call_events, bytes: call_events, ..Rates::default() };
    let limits = Limits {
        presence_bytes: 100_000,
        ring_bytes: 100_000,
        queue_bytes: 1_000_000,
        rates,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let presence = json!({"config": {"presence": {"enabled": true}}, "access_token": session.token});
    let mut lazy = world.connect(&world.tenant.key).await;
    lazy.join_with(&topic, presence).await;
    let mut busy = world.connect(&world.tenant.key).await;
    busy.join(&topic, &session.token).await;
    for _ in 0..200 {
        let shown = busy.presence(&topic, json!({"note": "x".repeat(90_000)})).await;
        assert_eq!(shown["status"], "ok", "{shown}");
    }
    assert_eq!(lazy.closed().await, Some(1013));
}

#[tokio::test]
async fn no_call_begins_that_could_not_be_written_down() {
    let world = World::with(Limits { records: 0, ..Limits::default() }).await;
    let session = world.visitor(&world.tenant).await;
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&room(&session), &session.token).await;
    let asked = visitor.push(&room(&session), "call_request", json!({"call_id": id(), "leg": id()})).await;
    assert_eq!(asked["response"]["code"], "unavailable", "{asked}");
    assert!(asked["response"]["retry_after_ms"].is_u64());
}

#[tokio::test]
async fn nothing_is_left_when_everybody_is_gone() {
    let world = World::with(Limits { room_life_s: 1, ..Limits::default() }).await;
    let mut clients: Vec<Client> = Vec::new();
    let (agent, token, _) = world.ready_agent("Agent One").await;
    clients.push(agent);
    for _ in 0..10 {
        let session = world.visitor(&world.tenant).await;
        let topic = room(&session);
        let mut visitor = world.connect(&world.tenant.key).await;
        visitor.join(&topic, &session.token).await;
        visitor.presence(&topic, json!({"page": "pans"})).await;
        // The second name takes the place of the first.
        let named = json!({
            "config": {"broadcast": {"ack": true}, "presence": {"key": "other", "enabled": true}},
            "access_token": session.token,
        });
        visitor.join_with(&topic, named).await;
        visitor.presence(&topic, json!({"page": "lids"})).await;
        visitor.push(&topic, "message", json!({"id": id(), "text": "hello"})).await;
        clients[0].join(&topic, &token).await;
        clients.push(visitor);
    }
    let full = world.relay.levels();
    let expected = Levels { sockets: 11, rooms: 10, members: 20, dashboards: 1, presences: 11, ..full };
    assert_eq!(full, expected);
    assert_eq!(world.log.size(), (10, 10));
    for client in clients {
        client.hang_up().await;
    }
    // An agent without a socket is remembered for ten seconds, and the tenant with it.
    let left = || Levels { tenants: 0, tasks: 0, ..world.relay.levels() };
    until(|| left() == Levels::default()).await;
    until(|| world.relay.levels().tasks == 0).await;
    assert_eq!(world.log.size(), (0, 0));
}

fn assert_refused(answer: &Value, code: &str) {
    assert_eq!(answer["status"], "error", "{answer}");
    let reason = answer["response"]["reason"].as_str().unwrap();
    assert!(reason.starts_with(&format!("{code}: ")), "{reason}");
}

/// What happens behind a closed socket is over soon.
async fn until(done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(15), "it never came to that");
        tokio::task::yield_now().await;
    }
}
