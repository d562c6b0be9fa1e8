//! The doors of a socket: how a token gets there, and how somebody is sent away.

use super::{asks::quoted, scene::Scene};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

/// How a token is brought to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the address, in place of the key.
    Key,
    /// In the subprotocol, as Phoenix's client does.
    Subprotocol,
    /// In the join.
    Join,
    /// After a join without one.
    EventAfterJoin,
    /// On a channel that was joined with a good one.
    EventOnChannel,
}

impl Way {
    pub(crate) const ALL: [Self; 5] =
        [Self::Key, Self::Subprotocol, Self::Join, Self::EventAfterJoin, Self::EventOnChannel];
}

/// How the knock ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Before there was a socket.
    NoSocket(u16),
    /// The join was refused, for this reason.
    Refused(String),
    /// The channel was closed.
    Closed,
    In,
}

impl Outcome {
    /// Whether somebody was sent away as one who may not be there.
    pub(crate) fn is_sent_away(&self) -> bool {
        match self {
            Self::NoSocket(status) => matches!(status, 401 | 403 | 404),
            Self::Refused(reason) => {
                reason.starts_with("InvalidJWTToken:") || reason.starts_with("Unauthorized:")
            }
            Self::Closed => true,
            Self::In => false,
        }
    }
}

/// Tries to enter a topic with a token. Whoever is refused tries to speak there all the same.
pub(crate) async fn knock(
    scene: &Scene,
    path: &str,
    way: Way,
    topic: &str,
    good: &str,
    token: &str,
) -> Outcome {
    let key = if way == Way::Key { quoted(token) } else { "dashboard".to_owned() };
    let protocol = (way == Way::Subprotocol).then_some(token);
    let mut socket = match Socket::open(scene, path, &key, protocol).await {
        Ok(socket) => socket,
        Err(status) => return Outcome::NoSocket(status),
    };
    let first = match way {
        Way::Key | Way::Subprotocol | Way::EventAfterJoin => None,
        Way::Join => Some(token),
        Way::EventOnChannel => Some(good),
    };
    socket.send(json!(["1", "1", topic, "phx_join", {"access_token": first}])).await;
    if way == Way::EventOnChannel {
        let reply = socket.reply("1").await;
        assert_eq!(reply["status"], "ok", "the good token does not open {topic}: {reply}");
    }
    if matches!(way, Way::EventAfterJoin | Way::EventOnChannel) {
        socket.send(json!(["1", "2", topic, "access_token", {"access_token": token}])).await;
    }
    if way == Way::EventOnChannel {
        socket.send(json!([null, "9", "phoenix", "heartbeat", {}])).await;
        let over = |frame: &Value| frame[3] == "phx_close" || frame[1] == "9";
        let ended = socket.take(over).await.is_none_or(|frame| frame[3] == "phx_close");
        return if ended { Outcome::Closed } else { Outcome::In };
    }
    let reply = socket.reply("1").await;
    if reply["status"] == "ok" && socket.is_in().await {
        return Outcome::In;
    }
    let said = json!({"id": scene.app.backend.new_id(), "text": "let me in"});
    let push = json!({"type": "broadcast", "event": "message", "payload": said});
    socket.send(json!(["1", "3", topic, "broadcast", push])).await;
    let refused = socket.take(|frame| frame[4]["event"] == "refused").await;
    let code = refused.map(|frame| frame[4]["payload"]["code"].clone());
    assert!(code.as_ref().is_none_or(|code| code == "forbidden"), "{code:?}");
    match reply["response"]["reason"].as_str() {
        Some(reason) => Outcome::Refused(reason.to_owned()),
        None => Outcome::Closed,
    }
}

/// A socket and what came out of it.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens one, or says with which status it was refused.
    pub(crate) async fn open(
        scene: &Scene,
        path: &str,
        key: &str,
        protocol: Option<&str>,
    ) -> Result<Self, u16> {
        let address = scene.app.url.origin().replacen("http", "ws", 1);
        let url = format!("{address}{path}?vsn=2.0.0&apikey={key}");
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = protocol {
            let offered = format!("phoenix, base64url.bearer.phx.{}", BASE64.encode(token));
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Joins a topic with a good token.
    pub(crate) async fn join(&mut self, topic: &str, token: &str) {
        self.send(json!(["1", "1", topic, "phx_join", {"access_token": token}])).await;
        assert_eq!(self.reply("1").await["status"], "ok");
    }

    /// Whether a join that was answered `ok` was granted: one without a token is answered so too, to
    /// be asked for it or closed a moment later.
    async fn is_in(&mut self) -> bool {
        let told = |frame: &Value| ["call_state", "lobby_state"].iter().any(|it| frame[4]["event"] == *it);
        let over = |frame: &Value| frame[3] == "phx_error" || frame[3] == "phx_close";
        self.take(|frame| told(frame) || over(frame)).await.is_some_and(|frame| told(&frame))
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        // One that was closed meanwhile says so to whoever listens next.
        let _closed = self.0.send(Message::text(frame.to_string())).await;
    }

    /// The payload of the reply to `reference`.
    pub(crate) async fn reply(&mut self, reference: &str) -> Value {
        let reply = self.take(|frame| frame[3] == "phx_reply" && frame[1] == reference).await;
        reply.expect("the socket was closed before it answered")[4].clone()
    }

    /// Whether something was said in a room before the answer to a heartbeat sent now.
    pub(crate) async fn heard_anything(&mut self) -> bool {
        self.send(json!([null, "99", "phoenix", "heartbeat", {}])).await;
        let said = |frame: &Value| frame[4]["event"] == "message" || frame[1] == "99";
        self.take(said).await.expect("the socket is open")[1] != "99"
    }

    /// The next frame like that; `None` when the socket is closed.
    pub(crate) async fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.0.next());
            match next.await.expect("nothing came") {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if wanted(&frame) {
                        return Some(frame);
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Waits until the server closes it, and gives the code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.0.next());
            match next.await.expect("it stays open") {
                Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
