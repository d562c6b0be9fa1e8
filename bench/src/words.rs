//! What clients say in our dialect: join, make a call, and the events that are measured.

use crate::{
    line::Line,
    people::{Agent, Tenant, Visitor},
};
use anyhow::Result;
use tincan_backend::Clock;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use uuid::Uuid;

/// One member of a room, with what it joins by.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) key: String,
    pub(crate) token: String,
    pub(crate) session: String,
}

impl Tenant {
    /// The ticket of one of its visitors.
    pub(crate) fn visitor(&self, number: usize) -> Ticket {
        let Visitor { token, session, .. } = &self.visitors[number];
        Ticket { key: self.key.clone(), token: token.clone(), session: session.clone() }
    }
}

impl Ticket {
    /// The ticket of an agent for the same room.
    pub(crate) fn with(&self, agent: &Agent) -> Self {
        Self { token: agent.token.clone(), ..self.clone() }
    }

    /// Opens a socket of this member and joins its room.
    pub(crate) async fn open(&self, address: std::net::SocketAddr) -> Result<Line> {
        let path = format!("/realtime/v1/websocket?apikey={}&vsn=2.0.0", self.key);
        let mut line = Line::open(address, &path, crate::line::Dialect::Phoenix).await?;
        self.join(&mut line, false).await?;
        Ok(line)
    }

    /// Joins the room on a socket that is open, perhaps to hear oneself.
    pub(crate) async fn join(&self, line: &mut Line, own: bool) -> Result<()> {
        let Self { token, session, .. } = self;
        line.say(format!(
            r#"["1","1","{}","phx_join",{{"config":{{"broadcast":{{"ack":false,"self":{own}}},"presence":{{"key":"","enabled":false}},"postgres_changes":[],"private":true}},"access_token":"{token}"}}]"#,
            topic(session)
        ))
        .await?;
        let reply = line.until("phx_reply").await?;
        anyhow::ensure!(reply.contains(r#""status":"ok""#), "the join is refused: {reply}");
        Ok(())
    }
}

/// The call of a room before it is made: the agent calls, the visitor accepts.
pub(crate) struct Setup {
    pub(crate) session: String,
    pub(crate) call: Uuid,
    pub(crate) visitor: Uuid,
    pub(crate) agent: Uuid,
}

impl Setup {
    pub(crate) fn new(session: &str) -> Self {
        Self { session: session.to_owned(), call: id(), visitor: id(), agent: id() }
    }

    /// Makes the call between the visitor's socket and the agent's.
    pub(crate) async fn call(&self, [visitor, agent]: &mut [Line; 2]) -> Result<()> {
        let Self { session, call, .. } = self;
        let say = |event: &str, leg: Uuid, more: &str| {
            push(session, event, &format!(r#"{{"call_id":"{call}","leg":"{leg}"{more}}}"#))
        };
        agent.send(say("call_request", self.agent, r#","media":"audio""#)).await?;
        visitor.until(r#""event":"call_request""#).await?;
        visitor.send(say("call_accept", self.visitor, "")).await?;
        agent.until(r#""event":"call_accept""#).await?;
        let up = r#","media":"up","path":"host""#;
        agent.send(say("leg_state", self.agent, up)).await?;
        visitor.until(r#""event":"leg_state""#).await?;
        visitor.send(say("leg_state", self.visitor, up)).await?;
        agent.until(r#""event":"leg_state""#).await?;
        Ok(())
    }

    /// A candidate for the other leg, as long as all measured frames are.
    pub(crate) fn candidate(&self, to: Uuid) -> Message {
        let frame = |padding: &str| {
            let payload = format!(
                r#"{{"call_id":"{}","to":"{to}","candidate":"{}","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"EsAw"}}"#,
                self.call,
                candidate(padding)
            );
            broadcast(&self.session, "candidate", &payload)
        };
        let bare = frame("").len();
        text(frame(&"a".repeat(SIZE - bare)))
    }
}

/// A candidate (RFC 8839, section 5.1); `padding` is the value of an extension attribute.
pub(crate) fn candidate(padding: &str) -> String {
    format!(
        "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.0.2.1 rport 46154 \
         generation 0 ufrag EsAw network-id 1 padding x{padding}"
    )
}

/// A text of the length that people write.
pub(crate) fn message(session: &str) -> Message {
    let payload = format!(
        r#"{{"id":"{}","text":"Is this still available in green, and when would it be here?"}}"#,
        id()
    );
    push(session, "message", &payload)
}

pub(crate) fn typing(session: &str) -> Message {
    push(session, "typing", "{}")
}

fn push(session: &str, event: &str, payload: &str) -> Message {
    text(broadcast(session, event, payload))
}

fn broadcast(session: &str, event: &str, payload: &str) -> String {
    let topic = topic(session);
    format!(r#"["1","2","{topic}","broadcast",{{"type":"broadcast","event":"{event}","payload":{payload}}}]"#)
}

fn topic(session: &str) -> String {
    format!("realtime:chat_session_{session}")
}

fn text(frame: String) -> Message {
    Message::Text(Utf8Bytes::from(frame))
}

/// An id that nobody has given before.
pub(crate) fn id() -> Uuid {
    Clock::system().new_id()
}

/// What every peer relays in row (a), in bytes.
pub(crate) const SIZE: usize = 1024;
