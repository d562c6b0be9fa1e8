//! A visitor and an agent who talk, over real sockets, with words of the test's own.

use crate::demo::Demo;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// What is said, shown and written where nobody but the two should read it.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) text: &'a str,
    pub(crate) sdp: &'a str,
    pub(crate) candidate: &'a str,
    pub(crate) digits: &'a str,
    /// What a member shows of itself.
    pub(crate) shown: &'a str,
    pub(crate) page_url: &'a str,
    /// The address that a proxy says they come from.
    pub(crate) address: &'a str,
}

/// The two, and what they hold.
pub(crate) struct Call {
    pub(crate) visitor: Person,
    pub(crate) agent: Person,
    pub(crate) visitor_token: String,
    pub(crate) agent_token: String,
    pub(crate) resume: String,
    /// What the agent's cookies hold.
    pub(crate) cookies: Vec<String>,
    pub(crate) topic: String,
}

/// One call from the first click to the last word.
pub(crate) async fn whole(demo: &Demo, words: Words<'_>) -> Call {
    let told = demo.json();
    let url = told["url"].as_str().unwrap();
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let request = http.post(format!("{url}{path}")).json(&body);
        request.header("x-forwarded-for", words.address).send().await.unwrap()
    };
    let signed_in = post("/api/auth/login", told["agents"][0].clone()).await;
    let cookies = signed_in.headers().get_all("set-cookie").iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split_once('=')?.1.split(';').next());
    let cookies = cookies.map(str::to_owned).collect();
    let signed_in: Value = signed_in.json().await.unwrap();
    let agent_token = signed_in["access_token"].as_str().unwrap().to_owned();
    let session: Value =
        post("/api/widget/sessions", json!({"key": told["tenant_key"]})).await.json().await.unwrap();
    let text = |name: &str| session[name].as_str().unwrap().to_owned();
    let (visitor_token, resume, topic) =
        (text("token"), text("resume"), format!("realtime:{}", text("topic")));
    let lobby = format!("realtime:tenant_{}", signed_in["user"]["tenant"].as_str().unwrap());

    let mut agent = Person::connect(url, "dashboard", words.address).await;
    agent.join(&lobby, &agent_token, Value::Null).await;
    agent.presence(&lobby, json!({"status": "ready"})).await;
    let key = told["tenant_key"].as_str().unwrap();
    let mut visitor = Person::connect(url, key, words.address).await;
    visitor.join(&topic, &visitor_token, words.page_url.into()).await;
    visitor.presence(&topic, json!({"name": words.shown})).await;
    agent.join(&topic, &agent_token, Value::Null).await;

    let call = uuid::Uuid::from_u128(0x0192_a7c4_0000_7000_8000_0000_0000_0001);
    let said =
        visitor.push(&topic, "message", json!({"id": uuid::Uuid::from_u128(7), "text": words.text})).await;
    assert_eq!(said["status"], "ok", "{said}");
    visitor.push(&topic, "typing", json!({})).await;
    visitor.said(&topic, "call_request", json!({"call_id": call, "leg": uuid::Uuid::from_u128(1)})).await;
    agent.event("ringing").await;
    agent.said(&topic, "call_accept", json!({"call_id": call, "leg": uuid::Uuid::from_u128(2)})).await;
    visitor.event("ice_servers").await;
    agent.said(&topic, "offer", json!({"call_id": call, "sdp": words.sdp})).await;
    visitor.event("offer").await;
    visitor.said(&topic, "answer", json!({"call_id": call, "sdp": words.sdp})).await;
    for person in [&mut visitor, &mut agent] {
        person.said(&topic, "candidate", json!({"call_id": call, "candidate": words.candidate})).await;
        let digits = json!({"call_id": call, "id": uuid::Uuid::from_u128(9), "digits": words.digits});
        person.said(&topic, "dtmf", digits).await;
        let up = json!({"call_id": call, "media": "up", "path": "host"});
        person.said(&topic, "leg_state", up).await;
    }
    visitor.said(&topic, "hangup", json!({"call_id": call})).await;
    agent.event("hangup").await;
    Call { visitor, agent, visitor_token, agent_token, resume, cookies, topic }
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// One socket, with what came and nobody has asked for yet.
pub(crate) struct Person {
    socket: Socket,
    next: u64,
    inbox: Vec<Value>,
}

impl Person {
    pub(crate) async fn connect(url: &str, key: &str, address: &str) -> Self {
        let ws = url.replacen("http", "ws", 1);
        let request = format!("{ws}/realtime/v1/websocket?apikey={key}&vsn=2.0.0");
        let mut request = request.into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        Self { socket, next: 0, inbox: Vec::new() }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    async fn join(&mut self, topic: &str, token: &str, page_url: Value) {
        let config = json!({"broadcast": {"ack": true, "self": true}, "presence": {"enabled": true}});
        let payload = json!({"config": config, "access_token": token, "page_url": page_url});
        let answer = self.ask(topic, "phx_join", payload).await;
        assert_eq!(answer["status"], "ok", "{answer}");
    }

    async fn presence(&mut self, topic: &str, payload: Value) {
        let payload = json!({"type": "presence", "event": "track", "payload": payload});
        let answer = self.ask(topic, "presence", payload).await;
        assert_eq!(answer["status"], "ok", "{answer}");
    }

    /// Pushes a broadcast and gives the reply.
    pub(crate) async fn push(&mut self, topic: &str, event: &str, payload: Value) -> Value {
        let payload = json!({"type": "broadcast", "event": event, "payload": payload});
        self.ask(topic, "broadcast", payload).await
    }

    async fn said(&mut self, topic: &str, event: &str, payload: Value) {
        let answer = self.push(topic, event, payload).await;
        assert_eq!(answer["status"], "ok", "{event}: {answer}");
    }

    async fn ask(&mut self, topic: &str, event: &str, payload: Value) -> Value {
        self.next += 1;
        let reference = self.next.to_string();
        self.send(Message::text(json!([reference, reference, topic, event, payload]).to_string())).await;
        self.take(|frame| frame[3] == "phx_reply" && frame[1] == reference).await[4].clone()
    }

    /// Waits for a broadcast.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        self.take(|frame| frame[3] == "broadcast" && frame[4]["event"] == event).await
    }

    async fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.inbox.iter().position(&wanted) {
            return self.inbox.remove(at);
        }
        loop {
            let waited = tokio::time::timeout(Duration::from_secs(15), self.socket.next()).await;
            let message = waited.unwrap_or_else(|_| panic!("nothing came; there is {:#?}", self.inbox));
            let Message::Text(text) = message.unwrap().unwrap() else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if wanted(&frame) {
                return frame;
            }
            self.inbox.push(frame);
        }
    }

    pub(crate) async fn hang_up(mut self) {
        // The server sees the end either way.
        let _closed = self.socket.close(None).await;
    }
}
