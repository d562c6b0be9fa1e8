//! The screen follows the room's call and the leg this page carries.

use super::*;
use tincan_signaling::{
    EndReason, Timestamp,
    event::{Event, MediaKind, Role, Rung, Sender},
};
use uuid::Uuid;

const ME: Sub = Sub(Uuid::from_u128(1));
const AGENT: Sub = Sub(Uuid::from_u128(2));
const MINE: LegId = LegId(Uuid::from_u128(11));
const CALL: CallId = CallId(Uuid::from_u128(21));

fn from(sub: Sub, role: Role) -> Sender {
    Sender { sub, role, name: "Agent One".into(), leg: None }
}

fn request(caller: Sub, role: Role, rung: Sub) -> Call {
    let event = Event::CallRequest {
        call_id: CALL,
        leg: Some(MINE),
        media: MediaKind::Audio,
        rung: vec![Rung { sub: rung, name: "Agent One".into() }],
        busy: false,
        turn: false,
        ring_ms: 0,
    };
    Call::default().step(&from(caller, role), &event, Timestamp(1)).0
}

fn accepted() -> Call {
    let event = Event::CallAccept { call_id: CALL, leg: Some(LegId(Uuid::from_u128(12))) };
    request(ME, Role::Visitor, AGENT).step(&from(AGENT, Role::Agent), &event, Timestamp(2)).0
}

fn see(call: &Call, leg: Option<LegId>, former: Option<LegId>, step: Step) -> Screen {
    screen(&View { call, me: ME, leg, former, step, dismissed: None })
}

#[test]
fn the_page_that_carries_the_leg_is_in_the_call() {
    assert_eq!(see(&request(ME, Role::Visitor, AGENT), Some(MINE), None, Step::Asked), Screen::Ringing);
    assert_eq!(see(&accepted(), Some(MINE), None, Step::Chat), Screen::Talking);
}

#[test]
fn another_page_is_elsewhere_until_the_leg_is_free() {
    assert_eq!(see(&accepted(), None, None, Step::Chat), Screen::Elsewhere);
    assert_eq!(see(&accepted(), None, Some(MINE), Step::Chat), Screen::Return);
    let lost = Event::LegLost { call_id: CALL, leg: MINE };
    let (call, _) = accepted().step(&Sender::system(), &lost, Timestamp(3));
    assert_eq!(see(&call, None, None, Step::Chat), Screen::Return);
    assert_eq!(see(&call, None, None, Step::Asked), Screen::Asked);
}

#[test]
fn a_call_from_an_agent_rings_here() {
    assert_eq!(see(&request(AGENT, Role::Agent, ME), None, None, Step::Chat), Screen::Incoming);
    assert_eq!(see(&request(AGENT, Role::Agent, ME), None, None, Step::Asked), Screen::Asked);
    assert_eq!(see(&request(AGENT, Role::Agent, ME), None, None, Step::Before), Screen::Before);
}

#[test]
fn the_end_is_shown_until_it_is_put_away() {
    let bye = Event::Hangup { call_id: CALL };
    let (call, _) = accepted().step(&from(AGENT, Role::Agent), &bye, Timestamp(4));
    assert!(matches!(&call, Call::Ended(ended) if ended.reason == EndReason::Cancelled));
    let mut view = View { call: &call, me: ME, leg: None, former: None, step: Step::Chat, dismissed: None };
    assert_eq!(screen(&view), Screen::Over);
    view.dismissed = Some(CALL);
    assert_eq!(screen(&view), Screen::Chat);
    view.step = Step::Before;
    assert_eq!(screen(&view), Screen::Before);
}
