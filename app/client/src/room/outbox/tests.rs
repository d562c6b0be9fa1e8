//! What is said again, and what is not.

use super::*;
use tincan_signaling::{
    event::{MediaKind, MediaReport, Role, Rung, Sender},
    id::{LegId, Timestamp},
};
use uuid::Uuid;

const CALLER: LegId = LegId(Uuid::from_u128(10));
const MINE: LegId = LegId(Uuid::from_u128(11));
const CALL: CallId = CallId(Uuid::from_u128(12));
const ME: Sub = Sub(Uuid::from_u128(2));

fn sender(sub: u128, name: &str) -> Sender {
    Sender { sub: Sub(Uuid::from_u128(sub)), role: Role::Agent, name: name.into(), leg: None }
}

fn ringing() -> Call {
    let rung = [(2, "Agent One"), (3, "Agent Two")];
    let rung = rung.map(|(sub, name)| Rung { sub: Sub(Uuid::from_u128(sub)), name: name.into() });
    let request = Event::CallRequest {
        call_id: CALL,
        leg: Some(CALLER),
        media: MediaKind::Audio,
        rung: rung.into(),
        busy: false,
        turn: false,
        ring_ms: 0,
    };
    Call::Idle.step(&sender(1, "Visitor"), &request, Timestamp(1)).0
}

fn accept(leg: LegId) -> Event {
    Event::CallAccept { call_id: CALL, leg: Some(leg) }
}

fn message(id: u128) -> Event {
    Event::Message { id: EventId(Uuid::from_u128(id)), text: "hello".into() }
}

fn outcome_after_drop(event: Event, call: &Call) -> Vec<Step> {
    let mut outbox = Outbox::default();
    let (key, _) = outbox.put(event);
    outbox.sent(key, "1".into());
    outbox.down();
    outbox.due(Link::Synced, call, ME)
}

#[test]
fn new_things_follow_the_join_and_old_ones_wait_for_the_state() {
    let mut outbox = Outbox::default();
    let (first, _) = outbox.put(message(1));
    assert!(outbox.due(Link::Down, &Call::Idle, ME).is_empty());
    assert_eq!(outbox.due(Link::Joining, &Call::Idle, ME), [Step::Send(first, message(1))]);
    outbox.sent(first, "7".into());
    assert!(outbox.due(Link::Synced, &Call::Idle, ME).is_empty());
    outbox.down();
    let (second, _) = outbox.put(message(2));
    assert_eq!(outbox.due(Link::Joining, &Call::Idle, ME), [Step::Send(second, message(2))]);
    assert_eq!(outbox.due(Link::Synced, &Call::Idle, ME).len(), 2);
}

#[test]
fn a_message_is_confirmed_by_its_answer_or_by_the_log_once() {
    let mut outbox = Outbox::default();
    let (key, _) = outbox.put(message(1));
    outbox.sent(key, "7".into());
    assert_eq!(outbox.reply("8", Ok(())), None);
    assert_eq!(outbox.messages().count(), 1);
    assert_eq!(outbox.confirm(EventId(Uuid::from_u128(1))), Some(Step::Settle(key, Ok(()))));
    assert_eq!(outbox.reply("7", Ok(())), None);
    assert_eq!(outbox.messages().count(), 0);
}

#[test]
fn a_message_over_the_rate_waits_and_a_refused_one_is_settled() {
    let mut outbox = Outbox::default();
    let (key, _) = outbox.put(message(1));
    outbox.sent(key, "7".into());
    assert_eq!(outbox.reply("7", Err(Refusal::rate_limited(500))), Some(Err(500)));
    assert_eq!(outbox.due(Link::Synced, &Call::Idle, ME).len(), 1);
    outbox.sent(key, "8".into());
    let too_large = Refusal::new(Code::TooLarge, "Too large.");
    assert_eq!(outbox.reply("8", Err(too_large.clone())), Some(Ok(Step::Settle(key, Err(too_large)))));
}

#[test]
fn only_the_newest_switches_are_kept() {
    let media = |muted| Event::Media { call_id: CALL, leg: Some(MINE), muted, held: false, video: false };
    let mut outbox = Outbox::default();
    let (old, _) = outbox.put(media(true));
    let (new, settled) = outbox.put(media(false));
    assert_eq!(settled, [Step::Settle(old, Ok(()))]);
    assert_eq!(outbox.due(Link::Joining, &Call::Idle, ME), [Step::Send(new, media(false))]);
}

#[test]
fn an_accept_whose_answer_was_lost_is_judged_by_the_call() {
    let accepted_by = |sub, name, leg| ringing().step(&sender(sub, name), &accept(leg), Timestamp(2)).0;
    assert!(matches!(outcome_after_drop(accept(MINE), &ringing())[..], [Step::Send(..)]));
    let mine = accepted_by(2, "Agent One", MINE);
    assert!(matches!(outcome_after_drop(accept(MINE), &mine)[..], [Step::Settle(_, Ok(()))]));
    let other = accepted_by(3, "Agent Two", LegId(Uuid::from_u128(99)));
    let steps = outcome_after_drop(accept(MINE), &other);
    assert_eq!(steps, [Step::Settle(1, Err(Refusal::taken("Agent Two")))]);
    assert!(matches!(outcome_after_drop(accept(MINE), &Call::Idle)[..], [Step::Settle(_, Err(_))]));
}

#[test]
fn a_request_that_arrived_is_not_made_again() {
    let request = Event::CallRequest {
        call_id: CALL,
        leg: Some(CALLER),
        media: MediaKind::Audio,
        rung: Vec::new(),
        busy: false,
        turn: false,
        ring_ms: 0,
    };
    assert!(matches!(outcome_after_drop(request.clone(), &ringing())[..], [Step::Settle(_, Ok(()))]));
    assert!(matches!(outcome_after_drop(request, &Call::Idle)[..], [Step::Send(..)]));
}

#[test]
fn a_request_can_be_taken_back_before_it_is_answered() {
    for tried in [false, true] {
        let mut outbox = Outbox::default();
        let (key, _) = outbox.put(Event::CallRequest {
            call_id: CALL,
            leg: Some(CALLER),
            media: MediaKind::Audio,
            rung: Vec::new(),
            busy: false,
            turn: false,
            ring_ms: 0,
        });
        if tried {
            outbox.sent(key, "1".into());
        }
        assert_eq!(outbox.withdraw(CALL).map(|(tried, _)| tried), Some(tried));
        assert_eq!(outbox.withdraw(CALL), None);
        assert!(outbox.due(Link::Synced, &Call::Idle, ME).is_empty());
    }
}

#[test]
fn a_late_end_never_meets_the_next_call() {
    let hangup = Event::Hangup { call_id: CallId(Uuid::from_u128(500)) };
    assert!(matches!(outcome_after_drop(hangup, &ringing())[..], [Step::Settle(_, Ok(()))]));
    let cancel = Event::CallCancel { call_id: CALL };
    assert!(matches!(outcome_after_drop(cancel, &ringing())[..], [Step::Send(..)]));
    let report = Event::LegState { call_id: CALL, leg: Some(MINE), media: MediaReport::Up, path: None };
    assert!(matches!(outcome_after_drop(report, &ringing())[..], [Step::Settle(_, Ok(()))]));
}
