//! From the accept on.

use super::line::{Line, START, accept, agent, call, hangup, join, leg, lost, request, visitor};
use std::time::Duration;
use tincan_signaling::{
    call::{ALL_SOCKETS_LOST, Call, CallState, Effect, MEDIA_LOST, MEDIA_NEW, SOCKET_LOST},
    code::Code,
    event::{Event, MediaReport, Path},
    id::Timestamp,
    reason::{EndReason, MediaDetail},
};

#[test]
fn a_hangup_completes_what_was_heard() {
    let mut line = Line::accepted();
    line.say(&visitor(), hangup());
    line.must_have_ended(EndReason::Cancelled);
    let mut line = Line::active();
    line.must_be(CallState::Active);
    assert_eq!(line.refused(&agent(11), hangup()), Code::Forbidden);
    line.now = line.now.after(Duration::from_secs(192));
    let effects = line.say(&agent(10), hangup());
    assert_eq!(effects, [Effect::Record, Effect::Ended { reason: EndReason::Completed }]);
    line.must_have_ended(EndReason::Completed);
    assert_eq!(line.call.talked(Timestamp(u64::MAX)), Some(Duration::from_secs(192)));
}

#[test]
fn media_that_never_comes_up_fails() {
    for turn in [false, true] {
        let mut line = Line { call: Call::Idle, now: START };
        let mut event = request(call(1), &[10], false);
        if let Event::CallRequest { turn: offered, .. } = &mut event {
            *offered = turn;
        }
        line.say(&visitor(), event);
        line.say(&agent(10), accept(10));
        line.must_be(CallState::Connecting);
        line.wait(MEDIA_NEW);
        line.must_have_ended(EndReason::MediaFailed);
        let Call::Ended(ended) = &line.call else { unreachable!() };
        let detail = if turn { MediaDetail::WithTurn } else { MediaDetail::NoTurn };
        assert_eq!((ended.detail, ended.path), (Some(detail), Some(Path::Failed)));
    }
}

#[test]
fn lost_media_has_thirty_seconds() {
    let mut line = Line::active();
    line.report(10, MediaReport::Lost);
    line.must_be(CallState::Reconnecting);
    assert_eq!(line.call.deadline(), Some(START.after(MEDIA_LOST)));
    line.wait(Duration::from_secs(20));
    line.report(10, MediaReport::Lost);
    line.wait(Duration::from_secs(5));
    line.up(10);
    line.must_be(CallState::Active);
    line.report(10, MediaReport::Failed);
    line.wait(MEDIA_LOST);
    line.must_have_ended(EndReason::NetworkLost);
}

#[test]
fn a_failed_leg_counts_as_lost_only_after_it_was_up() {
    let mut line = Line::accepted();
    line.report(10, MediaReport::Failed);
    line.must_be(CallState::Connecting);
    line.up(10);
    line.up(1);
    line.report(1, MediaReport::Failed);
    line.must_be(CallState::Reconnecting);
}

#[test]
fn a_lost_socket_alone_changes_nothing() {
    let mut line = Line::active();
    line.system(lost(1));
    line.must_be(CallState::Active);
    assert_eq!(line.call.deadline(), None);
    line.wait(Duration::from_secs(3600));
    line.must_be(CallState::Active);
}

#[test]
fn a_lost_socket_ends_it_when_nobody_is_up() {
    let mut line = Line::active();
    line.system(lost(1));
    line.wait(Duration::from_secs(10));
    line.report(10, MediaReport::Lost);
    assert_eq!(line.call.deadline(), Some(START.after(SOCKET_LOST)));
    line.wait(Duration::from_secs(20));
    line.must_have_ended(EndReason::NetworkLost);
}

#[test]
fn all_sockets_lost_end_it() {
    let mut line = Line::active();
    line.system(lost(1));
    line.wait(Duration::from_secs(10));
    line.system(lost(10));
    assert_eq!(line.call.deadline(), Some(line.now.after(ALL_SOCKETS_LOST)));
    line.wait(ALL_SOCKETS_LOST);
    line.must_have_ended(EndReason::NetworkLost);
}

#[test]
fn a_reload_exchanges_the_leg_and_keeps_the_call() {
    let mut line = Line::active();
    line.say(
        &visitor(),
        Event::Media { call_id: call(1), leg: Some(leg(1)), muted: true, held: false, video: false },
    );
    line.now = line.now.after(Duration::from_secs(60));
    let effects = line.say(&visitor(), join(2, Some(1)));
    assert_eq!(
        effects,
        [
            Effect::LegReplaced { old: leg(1), new: leg(2) },
            Effect::EnterMedia { leg: leg(2) },
            Effect::Record
        ]
    );
    line.must_be(CallState::Connecting);
    assert_eq!((line.call.id(), line.call.media_up_at()), (Some(call(1)), Some(START)));
    let (new, peer) = (line.call.leg(leg(2)).cloned(), line.call.leg(leg(10)).cloned());
    let (Some(new), Some(peer)) = (new, peer) else { panic!("both legs are there") };
    assert!(new.muted, "a reload never opens a microphone");
    assert!(new.offers_to(&peer) && new.polite_to(&peer) && !peer.polite_to(&new));
    assert_eq!(line.call.deadline(), Some(line.now.after(MEDIA_NEW)));
    line.wait(MEDIA_NEW);
    line.must_have_ended(EndReason::NetworkLost);
}

#[test]
fn a_leg_is_its_persons_alone() {
    let mut line = Line::active();
    assert_eq!(line.refused(&agent(11), join(11, Some(10))), Code::Forbidden);
    assert_eq!(line.refused(&agent(11), join(12, None)), Code::UnknownLeg);
    assert_eq!(line.refused(&visitor(), join(10, None)), Code::Forbidden);
    assert_eq!(line.refused(&visitor(), join(10, Some(1))), Code::UnknownLeg);
    let foreign =
        Event::LegState { call_id: call(1), leg: Some(leg(10)), media: MediaReport::Failed, path: None };
    assert_eq!(line.refused(&visitor(), foreign), Code::Forbidden);
}

#[test]
fn hold_and_mute_are_whole() {
    let mut line = Line::active();
    let switches = |muted, held| Event::Media { call_id: call(1), leg: None, muted, held, video: false };
    line.say(&agent(10), switches(true, true));
    line.must_be(CallState::Held);
    line.say(&agent(10), switches(false, false));
    line.must_be(CallState::Active);
    assert_eq!(line.refused(&agent(11), switches(true, false)), Code::UnknownLeg);
}
