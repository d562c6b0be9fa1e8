//! What never stands in the log, however much the operator asks to see.

use crate::{demo::Demo, folder::Folder};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

const PASSWORD: &str = "a-password-that-is-wrong";
const TEXT: &str = "the blue kettle leaks at the spout";
const SDP: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 AB:CD\r\n";
const SDP_ID: &str = "4611731400430051336";
const CANDIDATE: &str = "candidate:1 1 udp 2122260223 192.0.2.171 54321 typ host";
const CANDIDATE_ADDRESS: &str = "192.0.2.171";
const CLIENT: &str = "198.51.100.77";

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let folder = Folder::empty();
    let demo = Demo::start(&folder, &[("TINCAN__LOG__FILTER", "trace"), ("TINCAN__LOG__FORMAT", "json")]);
    let told = demo.json();
    let url = told["url"].as_str().unwrap();
    let client = reqwest::Client::new();
    let token = sign_in(&client, url, &told["agents"][0]).await;
    ask_in_odd_ways(&client, url, &token).await;
    let visitor = client.post(format!("{url}/api/widget/sessions")).json(&json!({"key": told["tenant_key"]}));
    let visitor: Value = visitor.send().await.unwrap().json().await.unwrap();
    chat_and_signal(url, &visitor).await;

    let log = demo.stop();
    assert!(log.contains("/api/auth/login") && log.contains("\"DEBUG\""), "the log was not on: {log}");
    let password = told["agents"][0]["password"].as_str().unwrap();
    let [visitor_token, resume] = ["token", "resume"].map(|name| visitor[name].as_str().unwrap());
    for secret in [&token, visitor_token, resume, password, PASSWORD, TEXT, SDP_ID, CANDIDATE_ADDRESS, CLIENT]
    {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

async fn sign_in(client: &reqwest::Client, url: &str, agent: &Value) -> String {
    let login = async |credentials: &Value| {
        client.post(format!("{url}/api/auth/login")).json(credentials).send().await.unwrap()
    };
    assert_eq!(login(&json!({"email": agent["email"], "password": PASSWORD})).await.status(), 401);
    login(agent).await.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// Tokens where no client of ours puts them.
async fn ask_in_odd_ways(client: &reqwest::Client, url: &str, token: &str) {
    for path in [
        format!("/realtime/v1/websocket?apikey={token}&vsn=2.0.0"),
        format!("/api/chat-sessions?cursor={token}"),
        format!("/nowhere?token={token}"),
    ] {
        let request = client.get(format!("{url}{path}")).bearer_auth(token);
        request.header("x-forwarded-for", CLIENT).send().await.unwrap();
    }
}

/// A visitor joins by a token, says something, calls, and signals.
async fn chat_and_signal(url: &str, visitor: &Value) {
    let token = visitor["token"].as_str().unwrap();
    let topic = format!("realtime:{}", visitor["topic"].as_str().unwrap());
    let address = url.replacen("http", "ws", 1);
    let mut request =
        format!("{address}/realtime/v1/websocket?apikey={token}&vsn=2.0.0").into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", CLIENT.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let join = json!({"config": {"broadcast": {"ack": true, "self": true}}, "access_token": token});
    assert_eq!(ask(&mut socket, json!(["1", "1", topic, "phx_join", join])).await["status"], "ok");
    let call = "0192a7c4-0000-7000-8000-000000000001";
    let id = "0192a7c4-0000-7000-8000-000000000002";
    for (reference, event, payload, status) in [
        ("2", "message", json!({"id": id, "text": TEXT}), Some("ok")),
        ("3", "call_request", json!({"call_id": call}), None),
        // Nobody has answered the call: these are refused, which is to be logged without them.
        ("4", "offer", json!({"call_id": call, "sdp": SDP}), Some("error")),
        ("5", "candidate", json!({"call_id": call, "candidate": CANDIDATE}), Some("error")),
    ] {
        let push = json!({"type": "broadcast", "event": event, "payload": payload});
        let reply = ask(&mut socket, json!(["1", reference, topic, "broadcast", push])).await;
        assert!(status.is_none_or(|status| reply["status"] == status), "{event}: {reply}");
    }
    socket.close(None).await.unwrap();
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Sends a frame and waits for the payload of its reply.
async fn ask(socket: &mut Socket, frame: Value) -> Value {
    socket.send(Message::text(frame.to_string())).await.unwrap();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(15), socket.next()).await.unwrap();
        let Message::Text(text) = next.unwrap().unwrap() else { continue };
        let heard: Value = serde_json::from_str(&text).unwrap();
        if heard[3] == "phx_reply" && heard[1] == frame[1] {
            return heard[4].clone();
        }
    }
}
