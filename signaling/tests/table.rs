//! The table of the call, row by row. Each row is a short story told to a `Line`; the same stories
//! run natively and, compiled to wasm, in Node.

use std::time::Duration;
use tincan_signaling::{
    call::{
        ALL_SOCKETS_LOST, CALLER_LOST, Call, CallState, Effect, MEDIA_LOST, MEDIA_NEW, RESTORE, RING,
        SOCKET_LOST,
    },
    code::Code,
    event::{Event, MediaKind, MediaReport, Path, Role, Rung, Sender},
    id::{CallId, LegId, Sub, Timestamp},
    reason::{Disposition, EndReason, MediaDetail},
};
use uuid::Uuid;

const START: Timestamp = Timestamp(1_000_000);

fn sub(number: u128) -> Sub {
    Sub(Uuid::from_u128(number))
}
fn leg(number: u128) -> LegId {
    LegId(Uuid::from_u128(0x1e6_0000 + number))
}
fn call(number: u128) -> CallId {
    CallId(Uuid::from_u128(0xca11_0000 + number))
}
fn visitor() -> Sender {
    Sender { sub: sub(1), role: Role::Visitor, name: "Visitor 1".into(), leg: None }
}
fn agent(number: u128) -> Sender {
    Sender { sub: sub(number), role: Role::Agent, name: format!("Agent {number}"), leg: None }
}
fn rung(number: u128) -> Rung {
    Rung { sub: sub(number), name: format!("Agent {number}") }
}

/// A call and the time of day.
struct Line {
    call: Call,
    now: Timestamp,
}

impl Line {
    /// Visitor 1 calls while these agents are ready.
    fn ringing(agents: &[u128]) -> Self {
        let mut line = Self { call: Call::Idle, now: START };
        line.say(&visitor(), request(call(1), agents, false));
        line
    }

    /// Visitor 1 talks to agent 10, legs 1 and 10; media is up on both.
    fn active() -> Self {
        let mut line = Self::accepted();
        for number in [1, 10] {
            line.up(number);
        }
        line
    }

    fn accepted() -> Self {
        let mut line = Self::ringing(&[10, 11]);
        line.say(&agent(10), Event::CallAccept { call_id: call(1), leg: Some(leg(10)) });
        line
    }

    fn say(&mut self, from: &Sender, event: Event) -> Vec<Effect> {
        let (call, effects) = std::mem::take(&mut self.call).step(from, &event, self.now);
        self.call = call;
        effects
    }

    fn system(&mut self, event: Event) -> Vec<Effect> {
        self.say(&Sender::system(), event)
    }

    fn up(&mut self, number: u128) -> Vec<Effect> {
        self.report(number, MediaReport::Up)
    }

    fn report(&mut self, number: u128, media: MediaReport) -> Vec<Effect> {
        let from = if number == 1 { visitor() } else { agent(number) };
        let path = Some(Path::Host);
        self.say(&from, Event::LegState { call_id: call(1), leg: Some(leg(number)), media, path })
    }

    /// Lets time pass and wakes the call, as the server does.
    fn wait(&mut self, duration: Duration) -> Vec<Effect> {
        self.now = self.now.after(duration);
        self.system(Event::CallTimeout { call_id: call(1) })
    }

    fn refused(&mut self, from: &Sender, event: Event) -> Code {
        let before = self.call.clone();
        let effects = self.say(from, event);
        assert_eq!(self.call, before, "a refusal changes nothing");
        match effects.as_slice() {
            [Effect::Refuse(refusal)] => refusal.code,
            other => panic!("expected one refusal, got {other:?}"),
        }
    }

    #[track_caller]
    fn must_have_ended(&self, reason: EndReason) {
        match &self.call {
            Call::Ended(ended) => assert_eq!(ended.reason, reason),
            other => panic!("expected an end, got {other:?}"),
        }
    }

    #[track_caller]
    fn must_be(&self, state: CallState) {
        assert_eq!(self.call.state(), state);
    }
}

fn request(call_id: CallId, agents: &[u128], busy: bool) -> Event {
    Event::CallRequest {
        call_id,
        leg: Some(leg(1)),
        media: MediaKind::Audio,
        rung: agents.iter().copied().map(rung).collect(),
        busy,
        turn: false,
        ring_ms: 0,
    }
}
fn accept(number: u128) -> Event {
    Event::CallAccept { call_id: call(1), leg: Some(leg(number)) }
}
fn decline() -> Event {
    Event::CallDecline { call_id: call(1) }
}
fn cancel() -> Event {
    Event::CallCancel { call_id: call(1) }
}
fn hangup() -> Event {
    Event::Hangup { call_id: call(1) }
}
fn changed(add: &[u128], drop: &[u128], busy: bool) -> Event {
    Event::RungChanged {
        call_id: call(1),
        add: add.iter().copied().map(rung).collect(),
        drop: drop.iter().copied().map(sub).collect(),
        busy,
    }
}
fn join(number: u128, replaces: Option<u128>) -> Event {
    Event::LegJoin { call_id: call(1), leg: Some(leg(number)), replaces: replaces.map(leg) }
}
fn lost(number: u128) -> Event {
    Event::LegLost { call_id: call(1), leg: leg(number) }
}
fn back(number: u128) -> Event {
    Event::LegBack { call_id: call(1), leg: leg(number) }
}

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
