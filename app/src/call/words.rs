//! A call's state and its end, in words for the agent.

use std::time::Duration;
use tincan_signaling::{
    Call, CallState, EndReason, MediaDetail, Sub,
    call::{Accepted, Ended},
    event::{Path, Role},
};

/// "3:12", or "1:02:03" from an hour on.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The state of a call as `me` should hear it; empty when there is none.
pub(crate) fn state(call: &Call, me: Sub) -> String {
    match call {
        Call::Idle => String::new(),
        Call::Ringing(ringing) if ringing.head.caller == me => "Calling".into(),
        Call::Ringing(_) => "Ringing".into(),
        Call::Accepted(accepted) => accepted_state(call.state(), accepted, me),
        Call::Ended(ended) => ended_state(ended, me),
    }
}

fn accepted_state(state: CallState, accepted: &Accepted, me: Sub) -> String {
    match state {
        CallState::Connecting => "Connecting".into(),
        CallState::Reconnecting => "Reconnecting".into(),
        CallState::Held if accepted.legs.iter().any(|leg| leg.sub == me && leg.held) => "On hold".into(),
        CallState::Held => "Put on hold by the visitor".into(),
        CallState::Active => match accepted.legs.iter().find(|leg| leg.sub == me).and_then(|leg| leg.path) {
            Some(Path::Relay) => "Connected, relayed".into(),
            Some(Path::Host | Path::Srflx | Path::Prflx) => "Connected, direct".into(),
            Some(Path::Failed) | None => "Connected".into(),
        },
        CallState::Idle | CallState::Ringing | CallState::Ended => String::new(),
    }
}

fn ended_state(ended: &Ended, me: Sub) -> String {
    let mine = ended.head.caller == me;
    let ended_by_me = ended.ended_by == Some(me);
    match ended.reason {
        EndReason::Completed if ended_by_me => "Call ended by you".into(),
        EndReason::Completed => "Call ended by the visitor".into(),
        EndReason::Cancelled if mine || ended_by_me => "Call cancelled".into(),
        EndReason::Declined if mine => "The visitor declined".into(),
        EndReason::NoAnswer if mine => "The visitor did not answer".into(),
        EndReason::Unavailable if mine => "The visitor is not on the page any more".into(),
        EndReason::Cancelled
        | EndReason::Declined
        | EndReason::NoAnswer
        | EndReason::Busy
        | EndReason::Unavailable
        | EndReason::NotEntitled
        | EndReason::LimitReached
        | EndReason::MediaFailed
        | EndReason::NetworkLost
        | EndReason::ServerGone => reason(ended.reason, ended.detail).into(),
    }
}

/// Why a call of a visitor ended, for somebody who looks at it later.
pub(crate) const fn reason(reason: EndReason, detail: Option<MediaDetail>) -> &'static str {
    match (reason, detail) {
        (EndReason::Completed, _) => "Call ended",
        (EndReason::Cancelled, _) => "Missed call: the visitor hung up first",
        (EndReason::Declined, _) => "Call declined",
        (EndReason::NoAnswer, _) => "Missed call: nobody answered",
        (EndReason::Busy, _) => "Missed call: everybody was on a call",
        (EndReason::Unavailable, _) => "Missed call: nobody was ready",
        (EndReason::NotEntitled, _) => "Call refused: voice calls are off",
        (EndReason::LimitReached, _) => "Call refused: all lines of the plan were in use",
        (EndReason::MediaFailed, Some(MediaDetail::NoTurn)) => {
            "Call failed: no direct way between the two networks, and no relay in the plan"
        }
        (EndReason::MediaFailed, _) => "Call failed: no sound got through",
        (EndReason::NetworkLost, _) => "Call lost: the connection broke",
        (EndReason::ServerGone, _) => "Call ended: the server was restarted",
    }
}

/// Who the call is with, from the agent's side.
pub(crate) fn other_side(call: &Call, me: Sub) -> Option<String> {
    let head = call.head()?;
    if head.caller != me && head.caller_role == Role::Visitor {
        return Some(head.caller_name.clone());
    }
    let visitor = call.legs().iter().find(|leg| leg.role == Role::Visitor)?;
    Some(visitor.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        for (seconds, words) in
            [(0, "0:00"), (9, "0:09"), (192, "3:12"), (3_599, "59:59"), (3_723, "1:02:03")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn every_end_has_words_of_its_own() {
        let mut seen: Vec<&str> = EndReason::ALL.iter().map(|end| reason(*end, None)).collect();
        seen.push(reason(EndReason::MediaFailed, Some(MediaDetail::NoTurn)));
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn no_call_has_no_words() {
        assert_eq!(state(&Call::Idle, Sub(uuid_of(1))), "");
    }

    fn uuid_of(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }
}
