//! Whole calls: ring, race, signals, reload, restart.

use crate::client::{World, id, lobby, room};
use serde_json::json;
use tincan_backend::rooms::{Part, TimelineItem};
use tincan_signaling::{EndReason, SessionId};

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 AB:CD\r\n";

#[tokio::test]
async fn two_agents_race_and_the_winner_talks() {
    let world = World::start().await;
    let (mut one, one_token, _) = world.ready_agent("Agent One").await;
    let (mut two, two_token, _) = world.ready_agent("Agent Two").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    assert_eq!(visitor.event("availability").await["agent_status"], "online");

    let (call, leg) = (id(), id());
    let asked = visitor.push(&topic, "call_request", json!({"call_id": call, "leg": leg})).await;
    assert_eq!(asked["status"], "ok", "{asked}");
    let request = visitor.event("call_request").await;
    assert_eq!(request["rung"].as_array().unwrap().len(), 2);
    for agent in [&mut one, &mut two] {
        let ringing = agent.event("ringing").await;
        assert_eq!((&ringing["call_id"], &ringing["session_id"]), (&json!(call), &json!(session.session_id)));
    }
    let early = visitor.push(&topic, "offer", json!({"call_id": call, "sdp": SDP})).await;
    assert_eq!(early["response"]["code"], "wrong-state");

    let (leg_one, leg_two) = (id(), id());
    one.join(&topic, &one_token).await;
    two.join(&topic, &two_token).await;
    let first = one.push(&topic, "call_accept", json!({"call_id": call, "leg": leg_one})).await;
    assert_eq!(first["status"], "ok", "{first}");
    let second = two.push(&topic, "call_accept", json!({"call_id": call, "leg": leg_two})).await;
    assert_eq!(
        (&second["response"]["code"], &second["response"]["by"]),
        (&json!("taken"), &json!("Agent One"))
    );
    assert_eq!(two.event("taken").await["by"], "Agent One");
    assert_eq!(two.event("refused").await["code"], "taken");

    for client in [&mut visitor, &mut one] {
        assert_eq!(client.event("ice_servers").await["ice_servers"], json!([]));
    }
    let offered = one.push(&topic, "offer", json!({"call_id": call, "sdp": SDP})).await;
    assert_eq!(offered["status"], "ok", "{offered}");
    let offer = visitor.event("offer").await;
    assert_eq!((&offer["from"], &offer["to"], &offer["sdp"]), (&json!(leg_one), &json!(leg), &json!(SDP)));
    assert!(!two.heard("offer").await, "signals go to one leg only");
    let outsider = two.push(&topic, "candidate", json!({"call_id": call, "candidate": ""})).await;
    assert_eq!(outsider["response"]["code"], "forbidden");

    for client in [&mut one, &mut visitor] {
        let up =
            client.push(&topic, "leg_state", json!({"call_id": call, "media": "up", "path": "host"})).await;
        assert_eq!(up["status"], "ok", "{up}");
    }
    visitor.push(&topic, "hangup", json!({"call_id": call})).await;
    one.event("hangup").await;
    world.relay.drain(std::time::Duration::ZERO).await;
    assert_record(&world, session.session_id, EndReason::Completed).await;
}

async fn assert_record(world: &World, session: SessionId, expected: EndReason) {
    let (token, _) = world.agent(&world.tenant, "Reader").await;
    let reader = world.backend.verify(&token).unwrap();
    let history = world.backend.messages(&reader, session, Part::Latest, 10).await.unwrap();
    let ends: Vec<_> = history
        .items
        .iter()
        .filter_map(|item| match item {
            TimelineItem::Call { reason, .. } => Some(*reason),
            TimelineItem::Message { .. } => None,
        })
        .collect();
    assert_eq!(ends, [Some(expected)], "one row, closed once");
}

#[tokio::test]
async fn a_call_to_nobody_says_so() {
    let world = World::start().await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    visitor.event("call_state").await;
    visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
    let request = visitor.event("call_request").await;
    assert_eq!((&request["rung"], &request["busy"]), (&json!([]), &json!(false)));
    let state = visitor.join(&topic, &session.token).await;
    assert_eq!(state["status"], "ok");
    assert_eq!(visitor.event("call_state").await["call"]["ended"]["reason"], "unavailable");
}

#[tokio::test]
async fn a_paused_agent_is_no_longer_rung() {
    let world = World::start().await;
    let (mut one, _, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
    one.event("ringing").await;
    one.presence(&lobby(&world.tenant), json!({"status": "paused", "reason": "Lunch"})).await;
    one.event("ring_stopped").await;
    let changed = visitor.event("rung_changed").await;
    assert_eq!(changed["drop"].as_array().unwrap().len(), 1);
    assert_eq!(visitor.event("availability").await["agent_status"], "online");
    assert_eq!(visitor.event("availability").await["agent_status"], "offline");
}

#[tokio::test]
async fn a_reload_keeps_the_call_and_a_restart_too() {
    let mut world = World::start().await;
    let (mut agent, token, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    let (call, leg, agent_leg) = (id(), id(), id());
    visitor.push(&topic, "call_request", json!({"call_id": call, "leg": leg})).await;
    agent.join(&topic, &token).await;
    agent.push(&topic, "call_accept", json!({"call_id": call, "leg": agent_leg})).await;
    for client in [&mut visitor, &mut agent] {
        client.push(&topic, "leg_state", json!({"call_id": call, "media": "up"})).await;
    }

    visitor.hang_up().await;
    assert_eq!(agent.event("leg_lost").await["leg"], json!(leg));
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    assert_eq!(visitor.event("call_state").await["call_id"], json!(call));
    let new_leg = id();
    let join = json!({"call_id": call, "leg": new_leg, "replaces": leg});
    let joined = visitor.push(&topic, "leg_join", join).await;
    assert_eq!(joined["status"], "ok", "{joined}");
    let mut other_tab = world.connect(&world.tenant.key).await;
    other_tab.join(&topic, &session.token).await;
    let offer = other_tab.push(&topic, "offer", json!({"call_id": call, "sdp": SDP})).await;
    assert_eq!(offer["response"]["code"], "forbidden", "only the page that carries the leg");
    other_tab.hang_up().await;
    visitor.event("ice_servers").await;
    for client in [&mut visitor, &mut agent] {
        client.push(&topic, "leg_state", json!({"call_id": call, "media": "up"})).await;
    }

    world.restart().await;
    let mut visitor = world.connect(&world.tenant.key).await;
    let mut agent = world.connect("dashboard").await;
    for (client, token, leg) in [(&mut visitor, &session.token, new_leg), (&mut agent, &token, agent_leg)] {
        client.join(&topic, token).await;
        let state = client.event("call_state").await;
        assert_eq!((&state["call_id"], &state["state"]), (&json!(call), &json!("active")), "{state}");
        let back = client.push(&topic, "leg_join", json!({"call_id": call, "leg": leg})).await;
        assert_eq!(back["status"], "ok", "{back}");
    }
    assert_eq!(visitor.event("leg_back").await["leg"], json!(new_leg));
    agent.push(&topic, "hangup", json!({"call_id": call})).await;
    visitor.event("hangup").await;
    world.relay.drain(std::time::Duration::ZERO).await;
    assert_record(&world, session.session_id, EndReason::Completed).await;
}

#[tokio::test]
async fn nobody_is_in_two_calls() {
    let world = World::start().await;
    let (mut agent, token, _) = world.ready_agent("Agent One").await;
    let mut topics = Vec::new();
    let mut visitors = Vec::new();
    for _ in 0..2 {
        let session = world.visitor(&world.tenant).await;
        let topic = room(&session);
        let mut visitor = world.connect(&world.tenant.key).await;
        visitor.join(&topic, &session.token).await;
        agent.join(&topic, &token).await;
        let call = id();
        visitor.push(&topic, "call_request", json!({"call_id": call})).await;
        topics.push((topic, call));
        visitors.push(visitor);
    }
    let (topic, call) = &topics[0];
    let taken = agent.push(topic, "call_accept", json!({"call_id": call})).await;
    assert_eq!(taken["status"], "ok", "{taken}");
    let changed = visitors[1].event("rung_changed").await;
    assert_eq!(changed["busy"], true);
    let (topic, call) = &topics[1];
    let refused = agent.push(topic, "call_accept", json!({"call_id": call})).await;
    assert_eq!(refused["status"], "error", "{refused}");
}

#[tokio::test]
async fn an_agent_calls_a_visitor_who_is_there() {
    let world = World::start().await;
    let (mut agent, token, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    agent.join(&topic, &token).await;
    let call = id();
    agent.push(&topic, "call_request", json!({"call_id": call})).await;
    let request = visitor.event("call_request").await;
    assert_eq!(request["from"]["name"], "Agent One");
    assert!(!agent.heard("ringing").await, "staff are not rung for a call to a visitor");
    // Glare: the visitor presses Call in the same instant.
    let glare = visitor.push(&topic, "call_request", json!({"call_id": id()})).await;
    assert_eq!(glare["status"], "ok", "{glare}");
    assert_eq!(agent.event("call_accept").await["call_id"], json!(call));
}

#[tokio::test]
async fn a_rung_agent_who_comes_back_in_time_still_rings() {
    let world = World::start().await;
    let (mut agent, token, _) = world.ready_agent("Agent One").await;
    let session = world.visitor(&world.tenant).await;
    let topic = room(&session);
    let mut visitor = world.connect(&world.tenant.key).await;
    visitor.join(&topic, &session.token).await;
    let call = id();
    visitor.push(&topic, "call_request", json!({"call_id": call})).await;
    agent.event("ringing").await;
    agent.hang_up().await;
    let mut agent = world.connect("dashboard").await;
    agent.join(&lobby(&world.tenant), &token).await;
    assert_eq!(agent.event("lobby_state").await["ringing"][0]["call_id"], json!(call));
    agent.presence(&lobby(&world.tenant), json!({"status": "ready"})).await;
    assert!(!visitor.heard("rung_changed").await, "nobody was dropped");
    agent.join(&topic, &token).await;
    let accepted = agent.push(&topic, "call_accept", json!({"call_id": call})).await;
    assert_eq!(accepted["status"], "ok", "{accepted}");
}
