//! What people see of a call: pure projections, the same on the server and in every face.

use super::{Call, Ended, Head};
use crate::{
    id::{CallId, LegId, Sub, Timestamp},
    leg::{Leg, Media},
    reason::Disposition,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The state of a call in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    Idle,
    Ringing,
    /// Answered, and on some leg media was never up.
    Connecting,
    Active,
    Held,
    /// Some leg's media is lost.
    Reconnecting,
    Ended,
}

impl Call {
    /// The state in one word.
    pub fn state(&self) -> CallState {
        let accepted = match self {
            Self::Idle => return CallState::Idle,
            Self::Ringing(_) => return CallState::Ringing,
            Self::Ended(_) => return CallState::Ended,
            Self::Accepted(accepted) => accepted,
        };
        let any = |test: fn(&Leg) -> bool| accepted.legs.iter().any(test);
        if any(|leg| matches!(leg.media, Media::Lost(_))) {
            CallState::Reconnecting
        } else if any(|leg| matches!(leg.media, Media::New(_))) {
            CallState::Connecting
        } else if any(|leg| leg.held) {
            CallState::Held
        } else {
            CallState::Active
        }
    }

    /// What stays the same for the life of the call; `None` when there was none.
    pub const fn head(&self) -> Option<&Head> {
        match self {
            Self::Idle => None,
            Self::Ringing(ringing) => Some(&ringing.head),
            Self::Accepted(accepted) => Some(&accepted.head),
            Self::Ended(ended) => Some(&ended.head),
        }
    }

    /// The call's id.
    pub fn id(&self) -> Option<CallId> {
        self.head().map(|head| head.id)
    }

    /// Ringing or accepted.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Ringing(_) | Self::Accepted(_))
    }

    /// All legs: the caller's while it rings, none when it is over.
    pub fn legs(&self) -> &[Leg] {
        match self {
            Self::Idle | Self::Ended(_) => &[],
            Self::Ringing(ringing) => std::slice::from_ref(&ringing.leg),
            Self::Accepted(accepted) => &accepted.legs,
        }
    }

    /// A leg by its id.
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs().iter().find(|leg| leg.id == id)
    }

    /// The legs of one person.
    pub fn legs_of(&self, sub: Sub) -> impl Iterator<Item = &Leg> {
        self.legs().iter().filter(move |leg| leg.sub == sub)
    }

    /// Whether this person is rung right now.
    pub fn is_rung(&self, sub: Sub) -> bool {
        matches!(self, Self::Ringing(ringing) if ringing.is_rung(sub))
    }

    /// When the talk began: the moment media was first up.
    pub const fn media_up_at(&self) -> Option<Timestamp> {
        match self {
            Self::Idle | Self::Ringing(_) => None,
            Self::Accepted(accepted) => accepted.media_up_at,
            Self::Ended(ended) => ended.media_up_at,
        }
    }

    /// How long was talked until `now`, or until the end.
    pub fn talked(&self, now: Timestamp) -> Option<Duration> {
        let until = if let Self::Ended(ended) = self { ended.at } else { now };
        self.media_up_at().map(|since| until.since(since))
    }
}

impl Ended {
    /// The disposition for the call record.
    pub const fn disposition(&self) -> Disposition {
        Disposition::of(self.accepted_at.is_some(), self.reason)
    }
}
