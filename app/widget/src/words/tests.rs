//! Every reason and every failure has words of its own.

use super::*;
use std::collections::HashSet;
use tincan_signaling::{
    CallId, Timestamp,
    call::Head,
    event::{MediaKind, Role},
};
use uuid::Uuid;

const ME: Sub = Sub(Uuid::from_u128(1));
const THEM: Sub = Sub(Uuid::from_u128(2));

fn over(reason: EndReason) -> Ended {
    Ended {
        head: Head {
            id: CallId(Uuid::from_u128(9)),
            caller: ME,
            caller_role: Role::Visitor,
            caller_name: "Visitor".into(),
            requested_at: Timestamp(0),
            media: MediaKind::Audio,
            turn: false,
        },
        at: Timestamp(400_000),
        reason,
        detail: None,
        accepted_at: None,
        answered_by: None,
        answered_name: None,
        media_up_at: None,
        path: None,
        ended_by: None,
    }
}

fn talked(reason: EndReason, by: Sub) -> Ended {
    Ended {
        accepted_at: Some(Timestamp(20_000)),
        answered_by: Some(THEM),
        answered_name: Some("Agent One".into()),
        media_up_at: Some(Timestamp(28_000)),
        ended_by: Some(by),
        ..over(reason)
    }
}

#[test]
fn every_reason_has_its_own_title() {
    let titles: HashSet<_> =
        EndReason::ALL.map(|reason| ended(&over(reason), ME).title).into_iter().collect();
    assert_eq!(titles.len(), EndReason::ALL.len());
    assert!(titles.iter().all(|title| !title.is_empty()));
}

#[test]
fn who_hung_up_and_how_long_it_was_is_said() {
    let theirs = ended(&talked(EndReason::Completed, THEM), ME);
    assert_eq!(theirs.title, "Agent One ended the call");
    assert_eq!(theirs.text, "You talked for 6 min 12 s.");
    assert_eq!(ended(&talked(EndReason::Completed, ME), ME).title, "You ended the call");
    assert!(ended(&talked(EndReason::NetworkLost, THEM), ME).text.starts_with("You talked for 6 min 12 s. "));
}

#[test]
fn whoever_was_rung_reads_it_the_other_way_round() {
    let mut call = over(EndReason::Declined);
    call.head.caller = THEM;
    call.head.caller_name = "Agent One".into();
    assert_eq!(ended(&call, ME).title, "You declined the call");
    call.reason = EndReason::NoAnswer;
    assert_eq!(ended(&call, ME).title, "You missed a call");
}

#[test]
fn a_failed_path_says_whether_another_network_is_the_way_out() {
    let with = Ended { detail: Some(MediaDetail::WithTurn), ..over(EndReason::MediaFailed) };
    let without = Ended { detail: Some(MediaDetail::NoTurn), ..over(EndReason::MediaFailed) };
    assert_ne!(ended(&with, ME), ended(&without, ME));
}

#[test]
fn each_microphone_problem_has_its_own_words() {
    let all = [
        MicError::Blocked,
        MicError::Dismissed,
        MicError::System,
        MicError::Policy,
        MicError::NoDevice,
        MicError::Busy,
        MicError::Insecure,
        MicError::NoApi,
    ];
    let titles: HashSet<_> = all.map(|problem| advice(problem).title).into_iter().collect();
    assert_eq!(titles.len(), all.len());
    assert!(all.into_iter().all(|problem| !advice(problem).text.is_empty()));
}

#[test]
fn states_are_said_in_words() {
    assert_eq!(state(CallState::Active, false, "Agent One", false), "Connected with Agent One.");
    assert_eq!(state(CallState::Active, true, "Agent One", false), "You are muted");
    assert_eq!(state(CallState::Held, true, "Agent One", true), "Agent One put you on hold.");
    assert_eq!(state(CallState::Reconnecting, false, "Agent One", false), "Reconnecting…");
}

#[test]
fn a_press_that_meets_nobody_is_answered() {
    assert_eq!(nobody_ready(Availability::Online), None);
    assert!(nobody_ready(Availability::Busy).is_some_and(|text| text.starts_with("All our people")));
    assert!(nobody_ready(Availability::Offline).is_some_and(|text| text.starts_with("Nobody")));
}

#[test]
fn every_refusal_is_a_sentence() {
    for code in Code::ALL {
        assert!(refusal(&Refusal::new(code, "")).ends_with('.'));
    }
    assert_eq!(refusal(&Refusal::rate_limited(2_100)), "Too many attempts. Try again in 3 s.");
}

#[test]
fn spans_read_like_on_a_telephone() {
    let s = Duration::from_secs;
    assert_eq!([clock(s(0)), clock(s(72)), clock(s(3_852))], ["0:00", "1:12", "1:04:12"]);
    assert_eq!([spoken(s(9)), spoken(s(372))], ["9 s", "6 min 12 s"]);
    assert_eq!([initial("  (fennel)"), initial(" *ß"), initial("")], ["f", "ß", ""]);
}
