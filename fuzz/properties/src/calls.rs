//! A room fed with any sequence of events: it never panics, nothing follows an end, the state that
//! a newcomer is told is the state of the fold.

use tincan_signaling::{
    Call, CallId, CallState, Entry, Event, EventId, LegId, Sub, Timestamp,
    event::{MediaKind, MediaReport, Role, Rung, Sender},
    room::Room,
    wire::Snapshot,
};
use uuid::Uuid;

const PEOPLE: [(u128, Role); 4] = [(1, Role::Visitor), (2, Role::Agent), (3, Role::Agent), (4, Role::System)];

/// Four bytes are one event: what, by whom, which leg, how much later.
pub fn hold(bytes: &[u8]) {
    let mut room = Room::default();
    let mut now = Timestamp(1_700_000_000_000);
    for (step, chunk) in bytes.chunks_exact(4).enumerate() {
        let [what, who, leg, later] = *chunk else { return };
        now = Timestamp(now.0 + u64::from(later) * 500);
        let (from, event) = event(what, who, leg);
        let decided = room.check(&from, &event, now);
        let before = room.call.clone();
        if decided.is_err() {
            continue;
        }
        let entry = Entry {
            id: EventId(Uuid::from_u128(step as u128)),
            seq: room.seq + 1,
            prev: room.seq,
            at: now,
            from,
            event,
        };
        room.fold(&entry);
        assert_eq!(room.seq, entry.seq);
        if matches!(before, Call::Ended(_)) && !matches!(entry.event, Event::CallRequest { .. }) {
            let quiet = entry.event.call_id().is_none();
            assert!(quiet, "nothing but a new request changes a call that has ended");
        }
        let shown = Snapshot::of(&room, now);
        let again = serde_json::to_string(&shown).expect("a state can be told");
        let again: Snapshot = serde_json::from_str(&again).expect("what is told can be read");
        assert_eq!(again, shown);
        assert_eq!(matches!(room.call.state(), CallState::Ended), matches!(room.call, Call::Ended(_)));
        let live = room.call.legs();
        assert!(live.iter().all(|leg| live.iter().filter(|other| other.id == leg.id).count() == 1));
    }
}

fn event(what: u8, who: u8, leg: u8) -> (Sender, Event) {
    let (sub, role) = PEOPLE[usize::from(who) % PEOPLE.len()];
    let sub = Sub(Uuid::from_u128(sub));
    let leg = LegId(Uuid::from_u128(0x100 + u128::from(leg % 6)));
    let replaces = Some(LegId(Uuid::from_u128(0x100 + u128::from(who / 4 % 6))));
    let call_id = CallId(Uuid::from_u128(0x200 + u128::from(what / 16 % 3)));
    let rung =
        [2, 3].map(|sub| Rung { sub: Sub(Uuid::from_u128(sub)), name: format!("Agent {sub}") }).to_vec();
    let media = [MediaReport::Up, MediaReport::Lost, MediaReport::Failed][usize::from(who / 4) % 3];
    let event = match what % 16 {
        0 => Event::CallRequest {
            call_id,
            leg: Some(leg),
            media: MediaKind::Audio,
            rung,
            busy: who & 64 != 0,
            turn: false,
            ring_ms: 60_000,
        },
        1 => Event::CallAccept { call_id, leg: Some(leg) },
        2 => Event::CallDecline { call_id },
        3 => Event::CallCancel { call_id },
        4 => Event::Hangup { call_id },
        5 => Event::LegJoin { call_id, leg: Some(leg), replaces },
        6 => Event::LegJoin { call_id, leg: Some(leg), replaces: None },
        7 | 8 => Event::LegState { call_id, leg: Some(leg), media, path: None },
        9 => Event::Media { call_id, leg: Some(leg), muted: who & 8 != 0, held: who & 16 != 0, video: false },
        10 => Event::CallTimeout { call_id },
        11 => Event::LegLost { call_id, leg },
        12 => Event::LegBack { call_id, leg },
        13 => Event::RungChanged { call_id, add: rung, drop: Vec::new(), busy: false },
        14 => Event::RungChanged { call_id, add: Vec::new(), drop: vec![sub], busy: true },
        _ => Event::Read { up_to: EventId(Uuid::from_u128(1)) },
    };
    (Sender { sub, role, name: "Somebody".to_owned(), leg: Some(leg) }, event)
}
