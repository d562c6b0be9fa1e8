//! A call is a value: everything that happens to it is an event, and what must be done about it
//! comes back as a list of effects.
//!
//! ```text
//!            call_request                call_accept
//!   Idle ───────────────────▶ Ringing ─────────────────▶ Accepted
//!    ▲  nobody to ring │         │ cancel, decline,          │ hangup, media or network lost,
//!    │                 ▼         ▼ no answer, dropped        ▼ a right lost
//!    └──────────────── Ended ◀───┴───────────────────────────┘
//!       call_request
//! ```
//!
//! Time is the event's own; whoever folds the same log has the same call. A late, doubled or
//! unknown event changes nothing and is answered with one [`Effect::Refuse`].

mod accepted;
mod ringing;
mod view;

pub use view::CallState;

use crate::{
    code::{Code, Refusal},
    event::{Event, MediaKind, Path, Role, Rung, Sender},
    id::{CallId, LegId, Sub, Timestamp},
    leg::Leg,
    reason::{EndReason, MediaDetail},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a call rings unless the request says otherwise.
pub const RING: Duration = Duration::from_secs(60);
/// How long a ringing caller may be without a socket.
pub const CALLER_LOST: Duration = Duration::from_secs(10);
/// How long a leg may take to get media up, from accept, join or exchange.
pub const MEDIA_NEW: Duration = Duration::from_secs(20);
/// How long a leg's media may stay lost.
pub const MEDIA_LOST: Duration = Duration::from_secs(30);
/// How long a leg's socket may stay lost when no other leg says that media is up.
pub const SOCKET_LOST: Duration = Duration::from_secs(30);
/// How long all sockets may stay lost at once.
pub const ALL_SOCKETS_LOST: Duration = Duration::from_secs(120);
/// How long after a restart of the server everybody has to come back.
pub const RESTORE: Duration = Duration::from_secs(60);

/// What stays the same for the life of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub id: CallId,
    pub caller: Sub,
    pub caller_role: Role,
    pub caller_name: String,
    pub requested_at: Timestamp,
    pub media: MediaKind,
    /// Whether a TURN relay is offered to the legs.
    pub turn: bool,
}

/// One call in a room, by phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// There was none yet.
    #[default]
    Idle,
    Ringing(Ringing),
    Accepted(Accepted),
    Ended(Ended),
}

/// Somebody asked; somebody is rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ringing {
    pub head: Head,
    pub until: Timestamp,
    /// Never empty.
    pub rung: Vec<Rung>,
    pub declined: Vec<Sub>,
    /// The caller's own leg.
    pub leg: Leg,
}

/// Somebody answered; whether sound flows stands in the legs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub head: Head,
    pub at: Timestamp,
    pub answered_by: Sub,
    pub answered_name: String,
    pub legs: Vec<Leg>,
    pub next_order: u32,
    /// When media was first up on any leg: the talk counts from here.
    pub media_up_at: Option<Timestamp>,
    /// After a restart of the server: when whoever is not back is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_until: Option<Timestamp>,
}

/// Over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub head: Head,
    pub at: Timestamp,
    pub reason: EndReason,
    pub detail: Option<MediaDetail>,
    pub accepted_at: Option<Timestamp>,
    pub answered_by: Option<Sub>,
    pub answered_name: Option<String>,
    pub media_up_at: Option<Timestamp>,
    pub path: Option<Path>,
    /// Who ended it, when a person did.
    pub ended_by: Option<Sub>,
}

/// What must be done because something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing changed; tell whoever said it.
    Refuse(Refusal),
    /// These are rung from now on.
    Ring { users: Vec<Rung> },
    /// These are no longer rung; `taken_by` when somebody accepted.
    StopRing { users: Vec<Sub>, taken_by: Option<String> },
    /// The leg entered an accepted call and waits for its `ice_servers`.
    EnterMedia { leg: LegId },
    /// The leg is replaced; its page is told.
    LegReplaced { old: LegId, new: LegId },
    /// The call's record has something new.
    Record,
    /// The call is over. Nothing comes after this.
    Ended { reason: EndReason },
}

type Outcome = (Call, Vec<Effect>);

impl Call {
    /// Takes in what `from` said at `now` and gives the call as it is then, and what must be done.
    ///
    /// Text events are not about calls: they change nothing and have no effect.
    pub fn step(self, from: &Sender, event: &Event, now: Timestamp) -> Outcome {
        let Some(call_id) = event.call_id() else { return (self, Vec::new()) };
        if let Event::CallRequest { .. } = event {
            return self.request(from, event, now);
        }
        match self.id() {
            Some(id) if id == call_id => {}
            _ => return self.refuse(Code::UnknownCall, "There is no such call here."),
        }
        match self {
            Self::Idle | Self::Ended(_) => self.refuse(Code::WrongState, "The call has ended."),
            Self::Ringing(ringing) => ringing.step(from, event, now),
            Self::Accepted(accepted) => accepted.step(from, event, now),
        }
    }

    /// When the call next wants to be woken with `call_timeout`.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Idle | Self::Ended(_) => None,
            Self::Ringing(ringing) => Some(ringing.deadline()),
            Self::Accepted(accepted) => accepted.deadline(),
        }
    }

    /// The call as it goes on after the server was restarted at `now`: a ringing one ends, in an
    /// accepted one all sockets are lost and every deadline counts from [`RESTORE`] later.
    #[must_use]
    pub fn restored(self, now: Timestamp) -> Self {
        match self {
            Self::Idle | Self::Ended(_) => self,
            Self::Ringing(ringing) => ringing.end(EndReason::ServerGone, None, now).0,
            Self::Accepted(accepted) => Self::Accepted(accepted.restored(now)),
        }
    }

    fn request(self, from: &Sender, event: &Event, now: Timestamp) -> Outcome {
        let Event::CallRequest { call_id, leg, media, rung, busy, turn, ring_ms } = event else {
            return (self, Vec::new());
        };
        match self {
            Self::Ringing(ringing) if ringing.is_rung(from.sub) => ringing.accept(from, *leg, now),
            Self::Ringing(_) | Self::Accepted(_) => {
                self.refuse(Code::WrongState, "There is a call in this room already.")
            }
            Self::Ended(ref ended) if ended.head.id == *call_id => {
                self.refuse(Code::WrongState, "The call has ended.")
            }
            Self::Idle | Self::Ended(_) => {
                let Some(leg) = leg else { return self.refuse(Code::UnknownLeg, "The caller has no leg.") };
                let head = Head {
                    id: *call_id,
                    caller: from.sub,
                    caller_role: from.role,
                    caller_name: from.name.clone(),
                    requested_at: now,
                    media: *media,
                    turn: *turn,
                };
                let ring = if *ring_ms == 0 { RING } else { Duration::from_millis((*ring_ms).into()) };
                let ringing = Ringing {
                    head,
                    until: now.after(ring),
                    rung: rung.clone(),
                    declined: Vec::new(),
                    leg: Leg::new(*leg, from, 0, now),
                };
                ringing.start(*busy, now)
            }
        }
    }

    fn refuse(self, code: Code, reason: &str) -> Outcome {
        (self, vec![Effect::Refuse(Refusal::new(code, reason))])
    }
}

/// What a leg's own report needs: that the leg is there and belongs to whoever speaks.
fn own_leg(legs: &mut [Leg], leg: Option<LegId>, sub: Sub) -> Result<&mut Leg, Refusal> {
    let found = match leg {
        Some(id) => legs.iter_mut().find(|leg| leg.id == id),
        None => {
            let mut own = legs.iter_mut().filter(|leg| leg.sub == sub);
            own.next().filter(|_| own.next().is_none())
        }
    };
    match found {
        None => Err(Refusal::new(Code::UnknownLeg, "There is no such leg in this call.")),
        Some(leg) if leg.sub != sub => Err(Refusal::new(Code::Forbidden, "This leg is somebody else's.")),
        Some(leg) => Ok(leg),
    }
}
