//! What a tenant's lobby says to its dashboards. It informs; the room decides.

use crate::{
    agent::AgentStatus,
    call::Ended,
    id::{CallId, SessionId, Sub, Timestamp},
    reason::{EndReason, MediaDetail},
};
use serde::{Deserialize, Serialize};

/// A call that rings, as a dashboard needs it for the incoming-call dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ringing {
    pub call_id: CallId,
    pub session_id: SessionId,
    /// The visitor's display name.
    pub visitor: String,
    /// Where the visitor is, without query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    pub waiting_since: Timestamp,
}

/// One chat session in the live list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUpdate {
    pub session_id: SessionId,
    pub visitor: String,
    pub open: bool,
    /// Whether anything was said or called yet: before, it is no conversation.
    #[serde(default)]
    pub begun: bool,
    /// Whether the visitor's widget is connected right now.
    pub online: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_text: Option<String>,
    /// Whether the last text is the visitor's.
    #[serde(default)]
    pub last_from_visitor: bool,
    /// Who wrote the last text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_by: Option<Sub>,
    pub last_at: Timestamp,
    /// The state of the call there, in one word; absent when there is none going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<crate::call::CallState>,
    /// With a call that an agent began or accepted: the agent's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_with: Option<String>,
    /// The same agent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_by: Option<Sub>,
    /// The last call, when nothing was written since it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_call: Option<LastCall>,
}

/// A call that is over, as the list needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCall {
    pub call_id: CallId,
    pub requested_at: Timestamp,
    pub ended_at: Timestamp,
    /// Whether staff called the visitor.
    #[serde(default)]
    pub by_staff: bool,
    /// Who of the staff called or answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Sub>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_name: Option<String>,
    pub reason: EndReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<MediaDetail>,
    /// From the first sound to the end; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talked_ms: Option<u64>,
}

impl From<&Ended> for LastCall {
    fn from(ended: &Ended) -> Self {
        let by_staff = ended.head.caller_role.is_staff();
        Self {
            call_id: ended.head.id,
            requested_at: ended.head.requested_at,
            ended_at: ended.at,
            by_staff,
            agent: if by_staff { Some(ended.head.caller) } else { ended.answered_by },
            answered_name: ended.answered_name.clone(),
            reason: ended.reason,
            detail: ended.detail,
            talked_ms: ended.media_up_at.map(|up| ended.at.since(up).as_millis() as u64),
        }
    }
}

/// An event of the lobby, server to client only. `ringing`, `ring_stopped`, `taken` and
/// `lobby_state` go to those users alone who are (or were) rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", content = "payload", rename_all = "snake_case")]
pub enum LobbyEvent {
    Ringing(Ringing),
    RingStopped {
        call_id: CallId,
    },
    Taken {
        call_id: CallId,
        by: String,
    },
    SessionUpdated(SessionUpdate),
    /// After every join: exactly what rings for this user now.
    LobbyState {
        ringing: Vec<Ringing>,
    },
}

/// What presence shows of a member of staff (key: the user's id).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffPresence {
    pub name: String,
    pub status: AgentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub since: Timestamp,
}
