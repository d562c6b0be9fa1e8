//! A call that is over, as one line of the conversation.

use super::words;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tincan_signaling::{CallId, EndReason, MediaDetail, Timestamp, call::Ended, lobby::LastCall};

/// What the conversation keeps of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallRecord {
    pub(crate) id: CallId,
    /// When it was asked for; its place in the conversation.
    pub(crate) at: Timestamp,
    pub(crate) by_staff: bool,
    pub(crate) reason: EndReason,
    pub(crate) detail: Option<MediaDetail>,
    pub(crate) answered_by: Option<String>,
    /// How long was talked.
    pub(crate) talked_ms: Option<u64>,
}

impl From<&LastCall> for CallRecord {
    fn from(call: &LastCall) -> Self {
        Self {
            id: call.call_id,
            at: call.requested_at,
            by_staff: call.by_staff,
            reason: call.reason,
            detail: call.detail,
            answered_by: call.answered_name.clone(),
            talked_ms: call.talked_ms,
        }
    }
}

impl CallRecord {
    /// The record of a call that has just ended here.
    pub(crate) fn of(ended: &Ended) -> Self {
        Self::from(&LastCall::from(ended))
    }

    /// "Call, 3:12", or why there was none.
    pub(crate) fn words(&self) -> String {
        match (self.reason, self.talked_ms) {
            (EndReason::Completed, Some(talked)) => format!("Call, {}", length(talked)),
            (EndReason::NetworkLost | EndReason::ServerGone, Some(talked)) => {
                format!("{}, after {}", words::reason(self.reason, self.detail), length(talked))
            }
            (EndReason::Declined, _) if self.by_staff => "The visitor declined the call".into(),
            (EndReason::NoAnswer, _) if self.by_staff => "The visitor did not answer the call".into(),
            (EndReason::Unavailable, _) if self.by_staff => "Called, but the visitor had left".into(),
            (EndReason::Cancelled, _) if self.by_staff => "Call cancelled".into(),
            (EndReason::Completed, None) => "Call, 0:00".into(),
            (other, _) => words::reason(other, self.detail).into(),
        }
    }

    /// "You talked, 3:12", or why not, for whoever took part.
    pub(crate) fn own_words(&self) -> String {
        self.talked_ms.map_or_else(|| self.words(), |talked| format!("You talked, {}", length(talked)))
    }

    /// "3:12 with Agent One"; none when nobody talked.
    pub(crate) fn talk(&self) -> Option<String> {
        let talked = length(self.talked_ms?);
        Some(match &self.answered_by {
            Some(name) if !self.by_staff => format!("{talked} with {name}"),
            _ => talked,
        })
    }

    /// Whether anybody talked.
    pub(crate) const fn answered(&self) -> bool {
        self.talked_ms.is_some()
    }
}

fn length(ms: u64) -> String {
    words::duration(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(reason: EndReason, talked_ms: Option<u64>, by_staff: bool) -> CallRecord {
        let id = CallId(uuid::Uuid::from_u128(1));
        CallRecord { id, at: Timestamp(0), by_staff, reason, detail: None, answered_by: None, talked_ms }
    }

    #[test]
    fn a_talk_says_how_long() {
        let talk = record(EndReason::Completed, Some(192_400), false);
        assert_eq!(talk.words(), "Call, 3:12");
        assert_eq!(talk.own_words(), "You talked, 3:12");
        assert_eq!(
            record(EndReason::NetworkLost, Some(61_000), false).words(),
            "Call lost: the connection broke, after 1:01"
        );
    }

    #[test]
    fn a_call_that_was_none_says_why() {
        assert_eq!(record(EndReason::NoAnswer, None, false).words(), "Missed call: nobody answered");
        assert_eq!(record(EndReason::NoAnswer, None, true).words(), "The visitor did not answer the call");
    }
}
