//! The closed set of what may be said in a chat session's room, by class.
//!
//! *Logged* events are numbered, kept and replayed; a call is the fold of them. *Signals* are
//! addressed to one leg, kept nowhere. *Transient* ones reach all who are there.

mod class;
mod media;
mod people;
mod pushed;
mod signal;

pub use media::{MediaKind, MediaReport, Path};
pub use people::{Role, Rung, Sender};
pub use pushed::Pushed;
pub use signal::{Body, IceServer, Signal};

use crate::{
    id::{CallId, EventId, LegId, Seq, Sub, Timestamp},
    json::{self, Read, Unwritable, Writer},
    reason::EndReason,
};
use class::events;
use serde::Deserialize;

/// The longest message text, in bytes.
pub const MAX_TEXT: usize = 8 * 1024;

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
        let text = json::object(|out| {
            self.fields(out)?;
            from.map_or(Ok(()), |from| out.field("from", from))
        });
        text.expect("ids, numbers and texts can be written")
    }
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
        let text = event.to_json(Some(&from));
        assert_eq!(Event::parse::<json::Small>(event.name(), &text).unwrap().unwrap(), event);
        assert!(text.contains("\"name\":\"Visitor 1\""));
    }

    #[test]
    fn no_name_is_of_two_classes() {
        assert!(Event::NAMES.iter().all(|name| !Body::NAMES.contains(name)));
    }
}
