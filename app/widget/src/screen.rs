//! Which screen the visitor sees: a pure projection of the room's call and of what this page is at.

use tincan_client::MicError;
use tincan_signaling::{
    CallId, LegId, Sub,
    call::Call,
    leg::{Leg, Socket},
};

/// What this page is at, apart from the call itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    #[default]
    Chat,
    /// The microphone test before a call.
    Before,
    /// The microphone is not there.
    Problem(MicError),
    /// The call was asked for, or answered, and the room has not said so yet.
    Asked,
}

/// What is on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Chat,
    Before,
    Problem(MicError),
    /// This page's own call is on its way.
    Asked,
    Ringing,
    Talking,
    /// An agent calls.
    Incoming,
    /// A call of this visitor that no page carries any more.
    Return,
    /// A call of this visitor that another tab carries.
    Elsewhere,
    Over,
}

impl Screen {
    /// Whether it concerns a live call, and so is shown on the stage.
    pub(crate) const fn is_stage(self) -> bool {
        matches!(
            self,
            Self::Asked | Self::Ringing | Self::Talking | Self::Incoming | Self::Return | Self::Elsewhere
        )
    }
}

/// What the page knows when it decides.
pub(crate) struct View<'a> {
    pub(crate) call: &'a Call,
    pub(crate) me: Sub,
    /// The leg this page carries.
    pub(crate) leg: Option<LegId>,
    /// The leg this tab carried before it was loaded anew.
    pub(crate) former: Option<LegId>,
    pub(crate) step: Step,
    /// The call whose end the visitor has put away.
    pub(crate) dismissed: Option<CallId>,
}

/// The screen for what the page knows.
pub(crate) fn screen(view: &View<'_>) -> Screen {
    let own = own_leg(view.call, view.me);
    match (view.call, own) {
        (Call::Ringing(_), Some(leg)) if Some(leg.id) == view.leg => Screen::Ringing,
        (Call::Accepted(_), Some(leg)) if Some(leg.id) == view.leg => Screen::Talking,
        (Call::Ringing(_) | Call::Accepted(_), Some(leg)) => match view.step {
            Step::Problem(problem) => Screen::Problem(problem),
            Step::Asked => Screen::Asked,
            Step::Chat | Step::Before if leg_is_free(leg, view.former) => Screen::Return,
            Step::Chat | Step::Before => Screen::Elsewhere,
        },
        (Call::Ringing(_), None) if view.call.is_rung(view.me) => match view.step {
            Step::Problem(problem) => Screen::Problem(problem),
            Step::Asked => Screen::Asked,
            // Both call each other: starting the call answers the other one.
            Step::Before => Screen::Before,
            Step::Chat => Screen::Incoming,
        },
        (Call::Ended(ended), _) if view.dismissed != Some(ended.head.id) && view.step == Step::Chat => {
            Screen::Over
        }
        (Call::Idle | Call::Ringing(_) | Call::Accepted(_) | Call::Ended(_), _) => match view.step {
            Step::Chat => Screen::Chat,
            Step::Before => Screen::Before,
            Step::Problem(problem) => Screen::Problem(problem),
            Step::Asked => Screen::Asked,
        },
    }
}

/// The visitor's own leg in the call, whichever tab carries it.
pub(crate) fn own_leg(call: &Call, me: Sub) -> Option<&Leg> {
    call.legs_of(me).next()
}

/// Whether nobody carries this leg: its socket is gone, or it was this tab's before a reload.
pub(crate) fn leg_is_free(leg: &Leg, former: Option<LegId>) -> bool {
    former == Some(leg.id) || matches!(leg.socket, Socket::Lost(_))
}

#[cfg(test)]
mod tests;
