//! What stands inside frames: join, replies, broadcasts with their numbers, presence, refusals.

use crate::{
    call::{Call, CallState},
    code::{Code, Refusal},
    event::{Entry, Event, Sender},
    id::{CallId, Epoch, EventId, Seq, Timestamp},
    json::{self, Raw, Small, Unreadable, quote},
    room::Room,
};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// The payload of `phx_join`. Everything may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Join {
    #[serde(deserialize_with = "given")]
    pub config: JoinConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Where a visitor is, for the agents; kept without query and fragment. Our extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
}

/// How a member wants to be in a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JoinConfig {
    #[serde(deserialize_with = "given")]
    pub broadcast: BroadcastConfig,
    #[serde(deserialize_with = "given")]
    pub presence: PresenceConfig,
    /// Must be empty: there are no database changes to listen to.
    #[serde(deserialize_with = "given")]
    pub postgres_changes: Vec<Anything>,
    /// Every room is private, whatever this says.
    #[serde(deserialize_with = "flag")]
    pub private: bool,
}

/// Something that is asked for and not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "IgnoredAny")]
pub struct Anything;

impl From<IgnoredAny> for Anything {
    fn from(_: IgnoredAny) -> Self {
        Self
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BroadcastConfig {
    /// Answer each broadcast.
    #[serde(deserialize_with = "flag")]
    pub ack: bool,
    /// Send a member its own broadcasts too.
    #[serde(rename = "self", deserialize_with = "flag")]
    pub own: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// From where to go on: by number (our extension), by id, or by time in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replay {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_seq: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PresenceConfig {
    #[serde(deserialize_with = "given")]
    pub key: String,
    #[serde(deserialize_with = "flag")]
    pub enabled: bool,
}

/// `null` is as good as missing: Python's client sends it for what the application left out.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `true`, `"true"`: some clients send booleans as text.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Text(String),
        Other(IgnoredAny),
    }
    Ok(match Flag::deserialize(deserializer)? {
        Flag::Bool(flag) => flag,
        Flag::Text(text) => text == "true",
        Flag::Other(_) => false,
    })
}

/// The response to a join that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Always empty; some clients wait for the key.
    #[serde(default)]
    pub postgres_changes: Vec<()>,
    /// This life of the room's log.
    pub epoch: Epoch,
    /// The last number there is.
    pub seq: Seq,
    /// What was missed cannot be replayed: read the history over HTTP.
    pub gap: bool,
}

/// The response to a broadcast that was taken, when an ack was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub id: EventId,
    pub seq: Seq,
    pub at: Timestamp,
}

/// What the server adds to a logged event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub id: EventId,
    pub seq: Seq,
    /// The number of the logged event before: a member has missed nothing exactly when it is the
    /// last one it holds.
    pub prev: Seq,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

/// A broadcast as a member receives it; the payload is not read yet.
#[derive(Debug, Deserialize)]
pub struct Broadcast<'a> {
    pub event: String,
    #[serde(borrow)]
    pub payload: Raw<'a>,
    pub meta: Option<Meta>,
}

/// Prints the payload of a broadcast frame.
pub fn broadcast(event: &str, payload: &str, meta: Option<&Meta>) -> String {
    let mut out = String::with_capacity(payload.len() + 200);
    write_broadcast(&mut out, event, payload, meta);
    out
}

/// Appends the payload of a broadcast frame.
pub(crate) fn write_broadcast(out: &mut String, event: &str, payload: &str, meta: Option<&Meta>) {
    out.push_str("{\"type\":\"broadcast\",\"event\":");
    quote(out, event);
    out.push_str(",\"payload\":");
    out.push_str(payload);
    if let Some(meta) = meta.and_then(|meta| json::write(meta).ok()) {
        out.push_str(",\"meta\":");
        out.push_str(&meta);
    }
    out.push('}');
}

impl Entry {
    /// What the server adds when it sends this.
    pub const fn meta(&self, replayed: bool) -> Meta {
        Meta { id: self.id, seq: self.seq, prev: self.prev, at: self.at, replayed }
    }

    /// Prints the payload of the broadcast frame that carries this.
    pub fn to_broadcast(&self, replayed: bool) -> String {
        broadcast(self.event.name(), &self.event.to_json(Some(&self.from)), Some(&self.meta(replayed)))
    }

    /// Reads a logged event back from a broadcast; `None` when it is of another class.
    pub fn from_broadcast(broadcast: &Broadcast<'_>) -> Option<Result<Self, Unreadable>> {
        #[derive(Deserialize)]
        struct From {
            from: Sender,
        }
        let meta = broadcast.meta?;
        let Raw(payload) = broadcast.payload;
        let event = Event::parse::<Small>(&broadcast.event, payload)?;
        Some(event.and_then(|event| {
            let From { from } = json::read(payload)?;
            Ok(Self { id: meta.id, seq: meta.seq, prev: meta.prev, at: meta.at, from, event })
        }))
    }
}

/// `call_state`: what a member holds who folded everything. After every join comes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub call_id: Option<CallId>,
    pub state: CallState,
    /// The last event folded into it.
    pub seq: Seq,
    pub call: Call,
    /// The server's time now.
    pub at: Timestamp,
}

impl Snapshot {
    /// The state of a room at `now`.
    pub fn of(room: &Room, now: Timestamp) -> Self {
        Self {
            call_id: room.call.id(),
            state: room.call.state(),
            seq: room.seq,
            call: room.call.clone(),
            at: now,
        }
    }
}

/// `refused`: a push that was not taken; to its own socket only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub event: String,
    pub code: Code,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Refused {
    /// What is said to whoever pushed `event` with `reference`.
    pub fn new(reference: Option<&str>, event: &str, refusal: Refusal) -> Self {
        let Refusal { code, reason, retry_after_ms, by, capability, limit } = refusal;
        let (reference, event) = (reference.map(str::to_owned), event.to_owned());
        Self { reference, event, code, reason, retry_after_ms, by, capability, limit }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let Refused { code, reason, retry_after_ms, by, capability, limit, .. } = refused;
        Self { code, reason, retry_after_ms, by, capability, limit }
    }
}

/// `typing`, as members receive it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    pub from: Sender,
}

/// `availability`: what visitors need to know to show the Call button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityEvent {
    pub agent_status: crate::agent::Availability,
    pub voice_enabled: bool,
}

/// The payload of a client's `presence` push.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PresencePush {
    pub event: String,
    #[serde(default)]
    pub payload: Option<serde_json::Map<String, serde_json::Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn joins_of_existing_clients_are_read() {
        let full = r#"{"config":{"broadcast":{"ack":true,"self":"true","replay":{"since":1700000000000,"limit":10,"after_seq":41,"foo":"x"},"zzz":1},"presence":{"key":"me","enabled":true},"postgres_changes":[],"private":true},"access_token":"JWT1","version":"realtime-js/2"}"#;
        let join: Join = serde_json::from_str(full).unwrap();
        assert!(join.config.broadcast.ack && join.config.broadcast.own && join.config.presence.enabled);
        assert_eq!(join.config.broadcast.replay.unwrap().after_seq, Some(41));
        assert_eq!(serde_json::from_str::<Join>("{}").unwrap(), Join::default());
        for nothing in [
            r#"{"config":null,"access_token":null}"#,
            r#"{"config":{"broadcast":null,"presence":null,"postgres_changes":null,"private":null}}"#,
            r#"{"config":{"broadcast":{"ack":null,"replay":null},"presence":{"key":null}}}"#,
        ] {
            assert_eq!(serde_json::from_str::<Join>(nothing).unwrap(), Join::default(), "{nothing}");
        }
    }

    #[test]
    fn an_entry_survives_the_wire() {
        let entry = Entry {
            id: EventId(Uuid::from_u128(1)),
            seq: 4,
            prev: 3,
            at: Timestamp(1_000),
            from: Sender::system(),
            event: Event::Hangup { call_id: CallId(Uuid::from_u128(2)) },
        };
        let text = entry.to_broadcast(false);
        let broadcast: Broadcast<'_> = json::read(&text).unwrap();
        assert_eq!(Entry::from_broadcast(&broadcast).unwrap().unwrap(), entry);
    }
}
