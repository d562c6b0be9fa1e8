//! Lines come twice, late and out of order; the conversation shows each once, in its place.

use super::*;
use tincan_signaling::event::Sender;
use uuid::Uuid;

fn event_id(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}

fn said(n: u128, role: Role, event: Event) -> Entry {
    let from = Sender { role, name: "Agent One".into(), ..Sender::system() };
    Entry { id: event_id(n), seq: n as u64, prev: n as u64 - 1, at: Timestamp(n as u64 * 1_000), from, event }
}

fn message(n: u128, role: Role) -> Entry {
    said(n, role, Event::Message { id: event_id(n), text: format!("line {n}") })
}

fn ids(timeline: &Timeline) -> Vec<u128> {
    let id = |item: &Item| match item {
        Item::Text(line) => line.id.0.as_u128(),
        Item::Call { id, .. } => id.0.as_u128(),
    };
    timeline.items.iter().map(id).collect()
}

#[test]
fn a_line_is_shown_once_however_often_it_comes() {
    let mut timeline = Timeline::default();
    assert!(timeline.take(&message(2, Role::Agent)));
    assert!(!timeline.take(&message(2, Role::Agent)));
    assert!(timeline.take(&message(1, Role::Agent)), "late lines find their place");
    timeline.put_call(CallId(Uuid::from_u128(7)), Timestamp(1_500), None);
    timeline.put_call(CallId(Uuid::from_u128(7)), Timestamp(1_500), None);
    assert_eq!(ids(&timeline), [1, 7, 2]);
}

#[test]
fn read_is_said_under_the_last_line_of_mine_alone() {
    let mut timeline = Timeline::default();
    timeline.take(&message(1, Role::Visitor));
    timeline.take(&said(2, Role::Visitor, Event::Read { up_to: event_id(1) }));
    assert!(!timeline.last_is_read(), "my own reading does not count");
    timeline.take(&said(3, Role::Agent, Event::Read { up_to: event_id(1) }));
    assert!(timeline.last_is_read());
    timeline.take(&message(4, Role::Agent));
    assert!(!timeline.last_is_read());
    assert_eq!(timeline.last_of_others(), Some(event_id(4)));
}
