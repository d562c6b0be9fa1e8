//! What goes past the log, to one leg: what two browsers need to find each other.

use super::class::events;
use crate::{
    id::{CallId, EventId, LegId, Timestamp},
    json::{self, Read, Unwritable, Writer},
};
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl fmt::Debug for Body {
    /// Names only: session descriptions, candidates and digits never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    pub fn parse<R: Read>(name: &str, payload: &str) -> Option<Result<Self, R::Error>> {
        #[derive(Deserialize)]
        struct Address {
            call_id: CallId,
            to: Option<LegId>,
            from: Option<LegId>,
        }
        let body = Body::parse::<R>(name, payload)?;
        Some(body.and_then(|body| {
            let Address { call_id, to, from } = R::read(payload)?;
            Ok(Self { call_id, to, from, body })
        }))
    }

    /// Reads a candidate in one pass: most signals are candidates.
    pub(super) fn candidate(payload: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Whole {
            call_id: CallId,
            to: Option<LegId>,
            from: Option<LegId>,
            candidate: String,
            #[serde(rename = "sdpMid")]
            sdp_mid: Option<String>,
            #[serde(rename = "sdpMLineIndex")]
            sdp_m_line_index: Option<u16>,
            #[serde(rename = "usernameFragment")]
            username_fragment: Option<String>,
        }
        let Whole { call_id, to, from, candidate, sdp_mid, sdp_m_line_index, username_fragment } =
            serde_json::from_str(payload)?;
        let body = Body::Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment };
        Ok(Self { call_id, to, from, body })
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> String {
        let text = json::object(|out| {
            out.field("call_id", &self.call_id)?;
            out.field("to", &self.to)?;
            out.field("from", &self.from)?;
            match &self.body {
                Body::Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } => {
                    out.field("candidate", candidate)?;
                    out.field("sdpMid", sdp_mid)?;
                    out.field("sdpMLineIndex", sdp_m_line_index)?;
                    out.field("usernameFragment", username_fragment)
                }
                other @ (Body::Offer { .. }
                | Body::Answer { .. }
                | Body::Dtmf { .. }
                | Body::IceServers { .. }) => other.fields(out),
            }
        });
        text.expect("ids, numbers and texts can be written")
    }
}
