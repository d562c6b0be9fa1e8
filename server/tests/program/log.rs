//! What never stands in the log, however much the operator asks to see.

use crate::{
    call::{self, Call, Words},
    demo::Demo,
    folder::Folder,
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const PASSWORD: &str = "a-password-that-is-wrong";
const FINGERPRINT: &str = "7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A:\
    7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A";
const SDP: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n\
    a=fingerprint:sha-256 7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A:\
    7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A\r\n";

/// A name that would begin a line of its own, and colour it.
const SHOWN: &str = "Zoë \u{1f525}\n\u{1b}[31mERROR forged by a name\u{202e}\"}\\";

const WORDS: Words<'_> = Words {
    text: "the blue kettle leaks at the spout",
    sdp: SDP,
    candidate: "candidate:1 1 udp 2122260223 192.0.2.171 54321 typ host",
    digits: "5309867#",
    shown: SHOWN,
    page_url: "https://shop.example/pans?voucher=SECRET-VOUCHER#private-part",
    address: "198.51.100.77",
};

/// As much of it as nobody may find in a log.
const MARKS: [&str; 12] = [
    "blue kettle",
    "4611731400430051336",
    "asd88fgpdd777uzjYhagZg",
    FINGERPRINT,
    "192.0.2.171",
    "5309867",
    "forged by a name",
    "SECRET-VOUCHER",
    "private-part",
    "198.51.100.77",
    "2001:db8:77:1234::9",
    PASSWORD,
];

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    for format in ["json", "pretty"] {
        let folder = Folder::empty();
        let settings = [
            ("TINCAN__LOG__FILTER", "trace"),
            ("TINCAN__LOG__FORMAT", format),
            ("TINCAN__TRUSTED_PROXIES", "127.0.0.0/8"),
        ];
        let demo = Demo::start(&folder, &settings);
        let told = demo.json();
        let Call { mut visitor, agent, visitor_token, agent_token, resume, cookies, topic } =
            call::whole(&demo, WORDS).await;
        push_what_is_refused(&mut visitor, &topic).await;
        let url = told["url"].as_str().unwrap();
        for token in [&visitor_token, &agent_token] {
            ask_in_odd_ways(url, token, &topic).await;
        }
        assert_eq!(sign_in_wrongly(url, &told["agents"][0]).await, 401);
        agent.hang_up().await;
        visitor.hang_up().await;

        let log = demo.stop();
        assert!(log.contains("/api/auth/login") && log.contains("DEBUG"), "the log was not on: {log}");
        assert!(log.contains("198.51.100.0/24"), "the network is said, and no more: {log}");
        let has = |name: &str| log.contains(&format!("\"{name}\":\""));
        assert!(format != "json" || (has("tenant") && has("room")), "where things happen is said: {log}");
        let password = told["agents"][0]["password"].as_str().unwrap();
        let tokens = [visitor_token.as_str(), &agent_token, &resume, password];
        let secrets = MARKS.into_iter().chain(tokens).chain(cookies.iter().map(String::as_str));
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{format}");
        }
    }
}

/// What is not taken is as private as what is.
async fn push_what_is_refused(visitor: &mut call::Person, topic: &str) {
    let text = WORDS.text;
    let long = json!({"id": uuid::Uuid::from_u128(8), "text": format!("{text}{}", "x".repeat(9_000))});
    assert_eq!(visitor.push(topic, "message", long).await["response"]["code"], "too-large");
    let call_id = uuid::Uuid::from_u128(1);
    for (event, payload) in [
        ("offer", json!({"call_id": call_id, "sdp": SDP})),
        ("candidate", json!({"call_id": call_id, "candidate": WORDS.candidate})),
        ("call_transfer", json!({"call_id": call_id, "to": WORDS.digits})),
        ("message", json!({"id": text, "text": text})),
        (text, json!({"text": text})),
    ] {
        assert_eq!(visitor.push(topic, event, payload).await["status"], "error", "{event}");
    }
    for frame in [
        Message::text(format!("[1, \"{text}\"")),
        Message::text(format!("{{\"topic\":\"{text}\"}}")),
        Message::binary(format!("\u{3}{text}").into_bytes()),
        Message::text(json!([null, "1", topic, "presence", {"event": text}]).to_string()),
    ] {
        visitor.send(frame).await;
        visitor.event("refused").await;
    }
}

/// Tokens and texts where no client of ours puts them.
async fn ask_in_odd_ways(url: &str, token: &str, topic: &str) {
    let client = reqwest::Client::new();
    for path in [
        format!("/realtime/v1/websocket?apikey={token}&vsn=2.0.0"),
        format!("/api/chat-sessions?cursor={token}"),
        format!("/nowhere?token={token}"),
        format!("/nowhere/{}", WORDS.digits),
    ] {
        for address in [WORDS.address, "2001:db8:77:1234::9"] {
            let request = client.get(format!("{url}{path}")).bearer_auth(token);
            let request = request.header("cookie", format!("tincan_access={token}; tincan_refresh={token}"));
            request.header("x-forwarded-for", address).send().await.unwrap();
        }
    }
    let message = json!({"id": uuid::Uuid::new_v4(), "text": WORDS.text});
    let body = json!({"messages": [{"topic": topic, "event": "message", "payload": message}]});
    for (path, body) in [
        ("/realtime/v1/api/broadcast", body.to_string()),
        ("/realtime/v1/api/broadcast", format!("{{\"messages\": \"{}", WORDS.text)),
        ("/api/auth/login", format!("{{\"email\": \"{}\", \"password\": 7}}", WORDS.text)),
        ("/api/widget/sessions", json!({"key": WORDS.text, "resume": token}).to_string()),
    ] {
        let request = client.post(format!("{url}{path}")).bearer_auth(token).body(body);
        request.header("content-type", "application/json").send().await.unwrap();
    }
}

async fn sign_in_wrongly(url: &str, agent: &Value) -> u16 {
    let credentials = json!({"email": agent["email"], "password": PASSWORD});
    let request = reqwest::Client::new().post(format!("{url}/api/auth/login")).json(&credentials);
    request.header("x-forwarded-for", WORDS.address).send().await.unwrap().status().as_u16()
}
