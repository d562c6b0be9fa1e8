//! How calls end, in words that never change.

use serde::{Deserialize, Serialize};

/// Why a call ended. The set is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    Completed,
    Cancelled,
    Declined,
    NoAnswer,
    Busy,
    Unavailable,
    NotEntitled,
    LimitReached,
    MediaFailed,
    NetworkLost,
    ServerGone,
}

impl EndReason {
    /// Every reason there is.
    pub const ALL: [Self; 11] = [
        Self::Completed,
        Self::Cancelled,
        Self::Declined,
        Self::NoAnswer,
        Self::Busy,
        Self::Unavailable,
        Self::NotEntitled,
        Self::LimitReached,
        Self::MediaFailed,
        Self::NetworkLost,
        Self::ServerGone,
    ];

    /// The reason as it stands on the wire and in the call record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::NotEntitled => "not_entitled",
            Self::LimitReached => "limit_reached",
            Self::MediaFailed => "media_failed",
            Self::NetworkLost => "network_lost",
            Self::ServerGone => "server_gone",
        }
    }
}

/// With `media_failed`: whether a TURN relay had been offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaDetail {
    NoTurn,
    WithTurn,
}

/// How a leg's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegEnd {
    Left,
    Replaced,
    Transferred,
    Lost,
}

/// The words of call detail records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Disposition {
    #[serde(rename = "ANSWERED")]
    Answered,
    #[serde(rename = "BUSY")]
    Busy,
    #[serde(rename = "NO ANSWER")]
    NoAnswer,
    #[serde(rename = "CONGESTION")]
    Congestion,
    #[serde(rename = "FAILED")]
    Failed,
}

impl Disposition {
    /// The disposition of a call that was `accepted` or not and ended for `reason`.
    pub const fn of(accepted: bool, reason: EndReason) -> Self {
        if accepted {
            return Self::Answered;
        }
        match reason {
            EndReason::Busy => Self::Busy,
            EndReason::Cancelled | EndReason::Declined | EndReason::NoAnswer | EndReason::Unavailable => {
                Self::NoAnswer
            }
            EndReason::LimitReached => Self::Congestion,
            EndReason::Completed
            | EndReason::NotEntitled
            | EndReason::MediaFailed
            | EndReason::NetworkLost
            | EndReason::ServerGone => Self::Failed,
        }
    }

    /// The disposition as it stands in the record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "ANSWERED",
            Self::Busy => "BUSY",
            Self::NoAnswer => "NO ANSWER",
            Self::Congestion => "CONGESTION",
            Self::Failed => "FAILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_the_same_everywhere() {
        for reason in EndReason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
            assert_eq!(Disposition::of(true, reason), Disposition::Answered);
        }
        assert_eq!(Disposition::of(false, EndReason::Declined), Disposition::NoAnswer);
        assert_eq!(Disposition::of(false, EndReason::LimitReached), Disposition::Congestion);
        assert_eq!(Disposition::of(false, EndReason::ServerGone), Disposition::Failed);
    }
}
