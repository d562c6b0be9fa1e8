//! The end, a restart of the server, and what never changes anything.

use super::line::{
    Line, START, accept, agent, back, call, cancel, changed, decline, hangup, join, lost, request, visitor,
};
use std::time::Duration;
use tincan_signaling::{
    call::{Call, CallState, MEDIA_NEW, RESTORE},
    code::Code,
    event::Event,
    id::Timestamp,
    reason::{Disposition, EndReason},
};

#[test]
fn what_has_ended_stays_ended() {
    let mut line = Line::active();
    line.say(&visitor(), hangup());
    for event in
        [hangup(), cancel(), decline(), accept(10), join(2, Some(1)), lost(1), changed(&[12], &[], true)]
    {
        assert_eq!(line.refused(&agent(10), event), Code::WrongState);
    }
    assert_eq!(line.refused(&visitor(), request(call(1), &[10], false)), Code::WrongState);
    line.say(&visitor(), request(call(2), &[10], false));
    line.must_be(CallState::Ringing);
    assert_eq!(line.call.id(), Some(call(2)));
}

#[test]
fn another_calls_id_is_unknown() {
    let other = Event::Hangup { call_id: call(9) };
    assert_eq!(Line::active().refused(&visitor(), other.clone()), Code::UnknownCall);
    assert_eq!(Line::ringing(&[10]).refused(&visitor(), other.clone()), Code::UnknownCall);
    let mut line = Line { call: Call::Idle, now: START };
    assert_eq!(line.refused(&visitor(), other), Code::UnknownCall);
}

#[test]
fn a_restart_keeps_what_was_accepted() {
    let mut line = Line::active();
    line.now = line.now.after(Duration::from_secs(7200));
    line.call = line.call.restored(line.now);
    line.must_be(CallState::Active);
    assert_eq!(line.call.deadline(), Some(line.now.after(RESTORE)));
    line.system(back(1));
    line.system(back(10));
    line.wait(RESTORE);
    line.must_be(CallState::Active);
    assert_eq!(line.call.deadline(), None);

    let mut new = Line::accepted();
    new.call = new.call.restored(new.now);
    new.system(back(1));
    new.wait(RESTORE);
    new.must_be(CallState::Connecting);
    new.wait(MEDIA_NEW);
    new.must_have_ended(EndReason::MediaFailed);
}

#[test]
fn a_restart_that_nobody_survives_ends_it() {
    let mut line = Line::active();
    line.call = line.call.restored(line.now);
    line.wait(RESTORE);
    line.must_have_ended(EndReason::ServerGone);
    let mut ringing = Line::ringing(&[10]);
    ringing.call = ringing.call.restored(ringing.now);
    ringing.must_have_ended(EndReason::ServerGone);
}

#[test]
fn the_rooms_timer_is_never_early() {
    for mut line in [Line::ringing(&[10]), Line::accepted()] {
        let state = line.call.clone();
        let deadline = line.call.deadline().unwrap_or(START);
        line.now = Timestamp(deadline.0 - 1);
        assert_eq!(line.system(Event::CallTimeout { call_id: call(1) }), []);
        assert_eq!(line.call, state);
        line.now = deadline;
        assert!(!line.system(Event::CallTimeout { call_id: call(1) }).is_empty());
        line.must_be(CallState::Ended);
    }
}

#[test]
fn every_end_has_a_disposition() {
    for (line, disposition) in [
        (Line::active(), Disposition::Answered),
        (Line::accepted(), Disposition::Answered),
        (Line::ringing(&[10]), Disposition::NoAnswer),
    ] {
        let mut line = line;
        line.say(&visitor(), cancel());
        let Call::Ended(ended) = &line.call else { panic!("it was cancelled") };
        assert_eq!(ended.disposition(), disposition);
    }
}
