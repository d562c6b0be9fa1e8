//! The closed set of what may be said in a chat session's room, by class.
//!
//! *Logged* events are numbered, kept and replayed; a call is the fold of them. *Signals* are
//! addressed to one leg, kept nowhere. *Transient* ones reach all who are there. What a client
//! pushes is parsed here once, and nothing behind this line sees JSON.

use crate::{
    code::{Code, Refusal},
    id::{CallId, EventId, LegId, Seq, Sub, Timestamp},
    reason::EndReason,
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

/// The longest message text, in bytes.
pub const MAX_TEXT: usize = 8 * 1024;

/// In what capacity somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Visitor,
    Agent,
    Manager,
    Admin,
    /// Of the instance; has no tenant and enters no room.
    Operator,
    /// A telephone's leg.
    Gateway,
    /// The server itself.
    System,
}

impl Role {
    /// Agents, managers and admins: whoever may answer visitors.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Agent | Self::Manager | Self::Admin)
    }

    /// The role as it stands in tokens and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Agent => "agent",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Gateway => "gateway",
            Self::System => "system",
        }
    }
}

/// Who said it. Written by the server into every logged event; a client's own is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub sub: Sub,
    pub role: Role,
    /// The display name; visitors see nothing else of an agent.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
}

impl Sender {
    /// The server's own voice.
    pub fn system() -> Self {
        Self { sub: Sub(uuid::Uuid::nil()), role: Role::System, name: String::new(), leg: None }
    }
}

/// Somebody whose telephone (so to say) rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    pub sub: Sub,
    pub name: String,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    #[default]
    Audio,
    Video,
}

/// What a leg reports of its own media path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaReport {
    Up,
    Lost,
    Failed,
}

/// The type of the selected local candidate (RFC 8445, section 5.1.1), or none found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    Host,
    Srflx,
    Prflx,
    Relay,
    Failed,
}

impl Path {
    /// The path as it stands in the call record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
            Self::Failed => "failed",
        }
    }
}

/// Writes an enum of events whose payloads are flat objects, with its names, parser and printer.
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $Enum:ident {
            $($(#[$doc:meta])* $name:literal => $Variant:ident {
                $($(#[serde($($attr:tt)*)])? $field:ident : $ty:ty),* $(,)?
            })*
        }
    ) => {
        $(#[$meta])*
        pub enum $Enum { $($(#[$doc])* $Variant { $($field: $ty),* }),* }

        impl $Enum {
            /// Every name of this class.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$Variant { .. } => $name),* }
            }

            /// Reads a payload; `None` when the name is not of this class. Unknown keys are ignored.
            pub fn parse(name: &str, payload: &str) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $($name => {
                        #[derive(Deserialize)]
                        struct Payload { $($(#[serde($($attr)*)])? $field: $ty),* }
                        Some(serde_json::from_str::<Payload>(payload)
                            .map(|Payload { $($field),* }| Self::$Variant { $($field),* }))
                    })*
                    _ => None,
                }
            }

            fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$Variant { $($field),* } => {
                        $(map.serialize_entry(stringify!($field), $field)?;)*
                    })*
                }
                Ok(())
            }
        }
    };
}

events! {
    /// What is numbered, kept and replayed. The first group comes from clients, the second from
    /// the server alone.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Event {
        /// A line of text. `id` makes sending it twice the same as once.
        "message" => Message { id: EventId, text: String }
        /// Everything up to this message was seen.
        "read" => Read { up_to: EventId }
        /// Somebody wants to talk. The server fills in everything after `media`, and `leg` when absent.
        "call_request" => CallRequest {
            call_id: CallId,
            leg: Option<LegId>,
            #[serde(default)] media: MediaKind,
            #[serde(default)] rung: Vec<Rung>,
            #[serde(default)] busy: bool,
            #[serde(default)] turn: bool,
            #[serde(default)] ring_ms: u32,
        }
        "call_accept" => CallAccept { call_id: CallId, leg: Option<LegId> }
        "call_decline" => CallDecline { call_id: CallId }
        "call_cancel" => CallCancel { call_id: CallId }
        "hangup" => Hangup { call_id: CallId }
        /// A leg enters: back on a new socket, or in the place of another leg of the same person.
        "leg_join" => LegJoin { call_id: CallId, leg: Option<LegId>, replaces: Option<LegId> }
        /// A leg's own report of its media.
        "leg_state" => LegState { call_id: CallId, leg: Option<LegId>, media: MediaReport, path: Option<Path> }
        /// A leg's switches, whole and not a patch.
        "media" => Media {
            call_id: CallId,
            leg: Option<LegId>,
            #[serde(default)] muted: bool,
            #[serde(default)] held: bool,
            #[serde(default)] video: bool,
        }
        "call_transfer" => CallTransfer { call_id: CallId, to: String }

        /// The server's clock reached the call's deadline.
        "call_timeout" => CallTimeout { call_id: CallId }
        /// The leg's socket is gone.
        "leg_lost" => LegLost { call_id: CallId, leg: LegId }
        /// The leg's socket is back.
        "leg_back" => LegBack { call_id: CallId, leg: LegId }
        /// Agents became ready, or are no longer to be rung. `busy`: some are on calls.
        "rung_changed" => RungChanged {
            call_id: CallId,
            #[serde(default)] add: Vec<Rung>,
            #[serde(default)] drop: Vec<Sub>,
            #[serde(default)] busy: bool,
        }
        /// The server ends the call, because a right was lost or a limit reached.
        "call_end" => CallEnd { call_id: CallId, reason: EndReason }
    }
}

impl Event {
    /// The call this is about; `None` for text.
    pub const fn call_id(&self) -> Option<CallId> {
        match self {
            Self::Message { .. } | Self::Read { .. } => None,
            Self::CallRequest { call_id, .. }
            | Self::CallAccept { call_id, .. }
            | Self::CallDecline { call_id }
            | Self::CallCancel { call_id }
            | Self::Hangup { call_id }
            | Self::LegJoin { call_id, .. }
            | Self::LegState { call_id, .. }
            | Self::Media { call_id, .. }
            | Self::CallTransfer { call_id, .. }
            | Self::CallTimeout { call_id }
            | Self::LegLost { call_id, .. }
            | Self::LegBack { call_id, .. }
            | Self::RungChanged { call_id, .. }
            | Self::CallEnd { call_id, .. } => Some(*call_id),
        }
    }

    /// Whether only the server may say this.
    pub const fn is_server_only(&self) -> bool {
        match self {
            Self::CallTimeout { .. }
            | Self::LegLost { .. }
            | Self::LegBack { .. }
            | Self::RungChanged { .. }
            | Self::CallEnd { .. } => true,
            Self::Message { .. }
            | Self::Read { .. }
            | Self::CallRequest { .. }
            | Self::CallAccept { .. }
            | Self::CallDecline { .. }
            | Self::CallCancel { .. }
            | Self::Hangup { .. }
            | Self::LegJoin { .. }
            | Self::LegState { .. }
            | Self::Media { .. }
            | Self::CallTransfer { .. } => false,
        }
    }

    /// The payload as JSON, with `from` when given.
    pub fn to_json(&self, from: Option<&Sender>) -> String {
        json(|map| self.fields(map), from)
    }
}

events! {
    /// What a signal says: session descriptions (RFC 8829), candidates (RFC 8838), digits (RFC 4733).
    #[derive(Clone, PartialEq, Eq)]
    pub enum Body {
        "offer" => Offer { sdp: String }
        "answer" => Answer { sdp: String }
        /// `candidate` empty: no more candidates.
        "candidate" => Candidate {
            candidate: String,
            #[serde(rename = "sdpMid")] sdp_mid: Option<String>,
            #[serde(rename = "sdpMLineIndex")] sdp_m_line_index: Option<u16>,
            #[serde(rename = "usernameFragment")] username_fragment: Option<String>,
        }
        "dtmf" => Dtmf { id: EventId, digits: String }
        /// From the server: what to give to `RTCPeerConnection`. Perhaps empty.
        "ice_servers" => IceServers { ice_servers: Vec<IceServer>, expires_at: Option<Timestamp> }
    }
}

impl std::fmt::Debug for Body {
    /// Names only: session descriptions, candidates and digits never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(..)", self.name())
    }
}

/// One entry of `RTCConfiguration.iceServers` (W3C WebRTC 1.0, section 4.2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What goes past the log to one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    pub call_id: CallId,
    /// May be left out while the call has exactly two legs.
    pub to: Option<LegId>,
    /// Written by the server.
    pub from: Option<LegId>,
    pub body: Body,
}

impl Signal {
    /// Reads a signal; `None` when the name is not of this class.
    pub fn parse(name: &str, payload: &str) -> Option<Result<Self, serde_json::Error>> {
        #[derive(Deserialize)]
        struct Address {
            call_id: CallId,
            to: Option<LegId>,
            from: Option<LegId>,
        }
        let body = Body::parse(name, payload)?;
        Some(body.and_then(|body| {
            let Address { call_id, to, from } = serde_json::from_str(payload)?;
            Ok(Self { call_id, to, from, body })
        }))
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> String {
        json(
            |map| {
                map.serialize_entry("call_id", &self.call_id)?;
                map.serialize_entry("to", &self.to)?;
                map.serialize_entry("from", &self.from)?;
                match &self.body {
                    Body::Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } => {
                        map.serialize_entry("candidate", candidate)?;
                        map.serialize_entry("sdpMid", sdp_mid)?;
                        map.serialize_entry("sdpMLineIndex", sdp_m_line_index)?;
                        map.serialize_entry("usernameFragment", username_fragment)
                    }
                    other @ (Body::Offer { .. }
                    | Body::Answer { .. }
                    | Body::Dtmf { .. }
                    | Body::IceServers { .. }) => other.fields(map),
                }
            },
            None,
        )
    }
}

/// What a client may push into a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    Logged(Event),
    Signal(Signal),
    Typing,
}

impl Pushed {
    /// Reads one push. Unknown names, the server's own names and payloads of the wrong shape are
    /// `bad-event`; a text over [`MAX_TEXT`] is `too-large`.
    pub fn parse(name: &str, payload: &str) -> Result<Self, Refusal> {
        let bad = |_| Refusal::new(Code::BadEvent, format!("The payload of {name} has the wrong shape."));
        if let Some(event) = Event::parse(name, payload) {
            let event = event.map_err(bad)?;
            return match &event {
                Event::Message { text, .. } if text.len() > MAX_TEXT => {
                    Err(Refusal::new(Code::TooLarge, "A message holds at most 8 KiB of text."))
                }
                Event::Message { text, .. } if text.trim().is_empty() => {
                    Err(Refusal::new(Code::BadEvent, "A message needs text."))
                }
                other if other.is_server_only() => Err(unknown_event()),
                _ => Ok(Self::Logged(event)),
            };
        }
        match name {
            "typing" => Ok(Self::Typing),
            "ice_servers" => Err(unknown_event()),
            _ => Signal::parse(name, payload).ok_or_else(unknown_event)?.map(Self::Signal).map_err(bad),
        }
    }
}

fn unknown_event() -> Refusal {
    Refusal::new(Code::BadEvent, "No such event.")
}

/// One logged event as it stands in the room's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: EventId,
    /// Its number in the room.
    pub seq: Seq,
    /// The number of the logged event before it; 0 for the first.
    pub prev: Seq,
    /// The server's time when it was appended.
    pub at: Timestamp,
    pub from: Sender,
    pub event: Event,
}

type JsonMap<'a> = <&'a mut serde_json::Serializer<Vec<u8>> as Serializer>::SerializeMap;

fn json(
    fields: impl FnOnce(&mut JsonMap<'_>) -> Result<(), serde_json::Error>,
    from: Option<&Sender>,
) -> String {
    let mut out = serde_json::Serializer::new(Vec::with_capacity(256));
    let written = (&mut out).serialize_map(None).and_then(|mut map| {
        fields(&mut map)?;
        if let Some(from) = from {
            map.serialize_entry("from", from)?;
        }
        SerializeMap::end(map)
    });
    written.expect("ids, numbers and strings serialise into memory");
    String::from_utf8(out.into_inner()).expect("serde_json writes UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn call() -> CallId {
        CallId(Uuid::from_u128(1))
    }

    #[test]
    fn a_payload_survives_the_wire() {
        let event = Event::CallRequest {
            call_id: call(),
            leg: Some(LegId(Uuid::from_u128(2))),
            media: MediaKind::Audio,
            rung: vec![Rung { sub: Sub(Uuid::from_u128(3)), name: "Agent One".into() }],
            busy: false,
            turn: true,
            ring_ms: 60_000,
        };
        let from = Sender { name: "Visitor 1".into(), ..Sender::system() };
        let json = event.to_json(Some(&from));
        assert_eq!(Event::parse(event.name(), &json).unwrap().unwrap(), event);
        assert!(json.contains("\"name\":\"Visitor 1\""));
    }

    #[test]
    fn candidates_keep_the_names_of_the_browser() {
        let json = format!(
            r#"{{"call_id":"{}","candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u"}}"#,
            call()
        );
        let Ok(Pushed::Signal(signal)) = Pushed::parse("candidate", &json) else { panic!() };
        let again = signal.to_json();
        assert!(again.contains(r#""sdpMLineIndex":0"#) && again.contains(r#""usernameFragment":"u""#));
        assert_eq!(Signal::parse("candidate", &again).unwrap().unwrap(), signal);
    }

    #[test]
    fn what_no_client_may_say_is_refused_by_name() {
        let id = call();
        for (name, payload, code) in [
            ("shout", "{}".into(), Code::BadEvent),
            ("message", "{}".into(), Code::BadEvent),
            ("message", format!(r#"{{"id":"{id}","text":"{}"}}"#, "x".repeat(MAX_TEXT + 1)), Code::TooLarge),
            ("message", format!(r#"{{"id":"{id}","text":"  "}}"#), Code::BadEvent),
            ("message", format!(r#"{{"id":"{id}","text":7}}"#), Code::BadEvent),
            ("call_timeout", format!(r#"{{"call_id":"{id}"}}"#), Code::BadEvent),
            ("call_end", format!(r#"{{"call_id":"{id}","reason":"completed"}}"#), Code::BadEvent),
            ("ice_servers", format!(r#"{{"call_id":"{id}","ice_servers":[]}}"#), Code::BadEvent),
            ("offer", "[]".into(), Code::BadEvent),
            ("refused", "{}".into(), Code::BadEvent),
        ] {
            assert_eq!(Pushed::parse(name, &payload).unwrap_err().code, code, "{name}");
        }
    }

    #[test]
    fn no_name_is_of_two_classes() {
        assert!(Event::NAMES.iter().all(|name| !Body::NAMES.contains(name)));
    }
}
