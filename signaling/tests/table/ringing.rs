//! While it rings.

use super::line::{
    Line, START, accept, agent, back, call, cancel, changed, decline, hangup, join, leg, lost, request, rung,
    sub, visitor,
};
use std::time::Duration;
use tincan_signaling::{
    call::{CALLER_LOST, Call, CallState, Effect, RING},
    code::Code,
    event::{Event, Rung},
    reason::EndReason,
};

#[test]
fn a_request_rings_every_ready_agent() {
    let mut line = Line { call: Call::Idle, now: START };
    let effects = line.say(&visitor(), request(call(1), &[10, 11], false));
    assert_eq!(effects, [Effect::Ring { users: vec![rung(10), rung(11)] }, Effect::Record]);
    line.must_be(CallState::Ringing);
    assert_eq!(line.call.deadline(), Some(START.after(RING)));
}

#[test]
fn a_request_that_meets_nobody_ends_at_once() {
    for (busy, reason) in [(true, EndReason::Busy), (false, EndReason::Unavailable)] {
        let mut line = Line { call: Call::Idle, now: START };
        let effects = line.say(&visitor(), request(call(1), &[], busy));
        assert_eq!(effects, [Effect::Record, Effect::Ended { reason }]);
        line.must_have_ended(reason);
        assert_eq!(line.call.deadline(), None);
    }
}

#[test]
fn an_agent_may_call_a_visitor_who_is_there() {
    let mut line = Line { call: Call::Idle, now: START };
    let there = Rung { sub: sub(1), name: "Visitor 1".into() };
    let mut event = request(call(1), &[], false);
    if let Event::CallRequest { rung, leg: own, .. } = &mut event {
        rung.push(there);
        *own = Some(leg(10));
    }
    line.say(&agent(10), event);
    line.must_be(CallState::Ringing);
    line.say(&visitor(), accept(1));
    line.must_be(CallState::Connecting);
    assert!(line.call.leg(leg(1)).is_some() && line.call.leg(leg(10)).is_some());
}

#[test]
fn the_first_accept_wins_and_the_second_is_told_by_whom() {
    let mut line = Line::ringing(&[10, 11]);
    let effects = line.say(&agent(11), accept(11));
    let told = Effect::StopRing { users: vec![sub(10), sub(11)], taken_by: Some("Agent 11".into()) };
    assert!(effects.contains(&told));
    assert!(effects.contains(&Effect::EnterMedia { leg: leg(1) }));
    assert!(effects.contains(&Effect::EnterMedia { leg: leg(11) }));
    let effects = line.say(&agent(10), accept(10));
    let [Effect::Refuse(refusal)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((refusal.code, refusal.by.as_deref()), (Code::Taken, Some("Agent 11")));
    assert_eq!(Line::ringing(&[10]).refused(&agent(12), accept(12)), Code::Forbidden);
    assert_eq!(Line::ringing(&[10]).refused(&agent(10), accept(1)), Code::UnknownLeg);
}

#[test]
fn glare_counts_as_an_accept() {
    let mut line = Line::ringing(&[10]);
    let mut event = request(call(2), &[], false);
    if let Event::CallRequest { leg: own, .. } = &mut event {
        *own = Some(leg(10));
    }
    line.say(&agent(10), event);
    line.must_be(CallState::Connecting);
    assert_eq!(line.call.id(), Some(call(1)));
}

#[test]
fn the_caller_cannot_ask_twice() {
    let mut line = Line::ringing(&[10]);
    assert_eq!(line.refused(&visitor(), request(call(2), &[10], false)), Code::WrongState);
    assert_eq!(Line::active().refused(&visitor(), request(call(2), &[10], false)), Code::WrongState);
}

#[test]
fn a_decline_drops_the_user_and_the_last_one_ends_it() {
    let mut line = Line::ringing(&[10, 11]);
    let effects = line.say(&agent(10), decline());
    assert_eq!(effects, [Effect::StopRing { users: vec![sub(10)], taken_by: None }]);
    assert_eq!(line.refused(&agent(10), decline()), Code::Forbidden);
    let effects = line.say(&agent(11), decline());
    assert_eq!(effects.last(), Some(&Effect::Ended { reason: EndReason::Declined }));
    line.must_have_ended(EndReason::Declined);
    assert_eq!(Line::active().refused(&agent(11), decline()), Code::WrongState);
}

#[test]
fn who_becomes_ready_is_rung_unless_it_declined() {
    let mut line = Line::ringing(&[10, 11]);
    line.say(&agent(10), decline());
    let effects = line.system(changed(&[10, 12], &[], false));
    assert_eq!(effects, [Effect::Ring { users: vec![rung(12)] }]);
    assert!(!line.call.is_rung(sub(10)) && line.call.is_rung(sub(12)));
    assert_eq!(line.system(changed(&[12], &[], false)), []);
}

#[test]
fn dropped_users_end_it_busy_or_unavailable() {
    for (busy, reason) in [(true, EndReason::Busy), (false, EndReason::Unavailable)] {
        let mut line = Line::ringing(&[10, 11]);
        line.system(changed(&[], &[10], busy));
        line.must_be(CallState::Ringing);
        line.system(changed(&[], &[11], busy));
        line.must_have_ended(reason);
    }
}

#[test]
fn a_lost_caller_has_ten_seconds() {
    let mut line = Line::ringing(&[10]);
    line.system(lost(1));
    assert_eq!(line.call.deadline(), Some(START.after(CALLER_LOST)));
    assert_eq!(line.wait(Duration::from_secs(9)), []);
    line.system(back(1));
    assert_eq!(line.call.deadline(), Some(START.after(RING)));
    line.system(lost(1));
    line.wait(CALLER_LOST);
    line.must_have_ended(EndReason::Cancelled);
}

#[test]
fn a_reloaded_caller_takes_its_own_place() {
    let mut line = Line::ringing(&[10]);
    line.system(lost(1));
    let effects = line.say(&visitor(), join(2, Some(1)));
    assert_eq!(effects, [Effect::LegReplaced { old: leg(1), new: leg(2) }]);
    assert_eq!(line.call.deadline(), Some(START.after(RING)));
    assert_eq!(line.refused(&agent(10), join(10, Some(2))), Code::Forbidden);
    assert_eq!(line.refused(&visitor(), join(3, Some(1))), Code::UnknownLeg);
}

#[test]
fn a_caller_may_cancel_and_nobody_else() {
    let mut line = Line::ringing(&[10]);
    assert_eq!(line.refused(&agent(10), cancel()), Code::Forbidden);
    assert_eq!(line.refused(&visitor(), hangup()), Code::WrongState);
    let effects = line.say(&visitor(), cancel());
    assert_eq!(effects[0], Effect::StopRing { users: vec![sub(10)], taken_by: None });
    line.must_have_ended(EndReason::Cancelled);
    let mut late = Line::accepted();
    late.say(&visitor(), cancel());
    late.must_have_ended(EndReason::Cancelled);
}

#[test]
fn nobody_answers_in_time() {
    let mut line = Line::ringing(&[10]);
    line.wait(RING);
    line.must_have_ended(EndReason::NoAnswer);
}

#[test]
fn a_lost_right_ends_what_rings() {
    let mut line = Line::ringing(&[10]);
    line.system(Event::CallEnd { call_id: call(1), reason: EndReason::NotEntitled });
    line.must_have_ended(EndReason::NotEntitled);
}
