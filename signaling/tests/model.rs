//! Random lives of a call, told to the core and to a small reference model that says what must
//! hold: never two winners, nothing after the end, everyone who rang is told, no timer in the past.
//! A second test folds one log through a network that drops, doubles, delays and reorders.

use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};
use tincan_signaling::{
    Call, CallId, Effect, Entry, Event, EventId, LegId, Sub, Timestamp,
    event::{MediaKind, MediaReport, Role, Rung, Sender},
    room::{Folded, Room},
};
use uuid::Uuid;

const CALL: CallId = CallId(Uuid::from_u128(77));

fn sub(number: u8) -> Sub {
    Sub(Uuid::from_u128(u128::from(number) + 1))
}

/// 0 is the visitor, 1 to 3 are agents.
fn sender(number: u8) -> Sender {
    let role = if number == 0 { Role::Visitor } else { Role::Agent };
    Sender { sub: sub(number), role, name: format!("Person {number}"), leg: None }
}

fn leg(number: u8, life: u8) -> LegId {
    LegId(Uuid::from_u128(1_000 + u128::from(number) * 10 + u128::from(life)))
}

fn rung(number: u8) -> Rung {
    Rung { sub: sub(number), name: format!("Person {number}") }
}

/// Something that may happen, by whom, after how long.
#[derive(Clone, Debug)]
struct Happening {
    who: u8,
    what: Event,
    after_ms: u64,
}

fn events() -> impl Strategy<Value = Event> {
    let call_id = prop_oneof![9 => Just(CALL), 1 => Just(CallId(Uuid::from_u128(78)))];
    let legs = (0_u8..4, 0_u8..2).prop_map(|(number, life)| leg(number, life));
    let people = proptest::collection::vec(1_u8..4, 0..3);
    let report = prop_oneof![Just(MediaReport::Up), Just(MediaReport::Lost), Just(MediaReport::Failed)];
    (call_id, legs.clone(), legs, people, report, any::<(bool, bool)>(), 0_u8..13).prop_map(
        |(call_id, leg, other, people, media, (a, b), kind)| match kind {
            0 => Event::CallRequest {
                call_id,
                leg: Some(leg),
                media: MediaKind::Audio,
                rung: people.into_iter().collect::<BTreeSet<_>>().into_iter().map(rung).collect(),
                busy: a,
                turn: b,
                ring_ms: 0,
            },
            1 | 2 => Event::CallAccept { call_id, leg: Some(leg) },
            3 => Event::CallDecline { call_id },
            4 => Event::CallCancel { call_id },
            5 => Event::Hangup { call_id },
            6 => Event::LegJoin { call_id, leg: Some(leg), replaces: a.then_some(other) },
            7 => Event::LegState { call_id, leg: Some(leg), media, path: None },
            8 => Event::Media { call_id, leg: Some(leg), muted: a, held: b, video: false },
            9 => Event::LegLost { call_id, leg },
            10 => Event::LegBack { call_id, leg },
            11 => Event::RungChanged {
                call_id,
                add: people.iter().copied().map(rung).collect(),
                drop: if a { vec![sub(1), sub(2)] } else { vec![] },
                busy: b,
            },
            _ => Event::CallTimeout { call_id },
        },
    )
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = (0_u8..4, events(), 0_u64..15_000).prop_map(|(who, what, after_ms)| Happening {
        who,
        what,
        after_ms,
    });
    let start = Happening {
        who: 0,
        what: Event::CallRequest {
            call_id: CALL,
            leg: Some(leg(0, 0)),
            media: MediaKind::Audio,
            rung: vec![rung(1), rung(2)],
            busy: false,
            turn: false,
            ring_ms: 0,
        },
        after_ms: 0,
    };
    proptest::collection::vec(one, 0..40).prop_map(move |mut rest| {
        rest.insert(0, start.clone());
        rest
    })
}

/// What must hold whatever happens.
#[derive(Default)]
struct Model {
    winners: usize,
    ended: usize,
    ringing: BTreeSet<Sub>,
}

impl Model {
    fn watch(&mut self, before: &Call, after: &Call, effects: &[Effect], now: Timestamp) {
        if let [Effect::Refuse(_)] = effects {
            assert_eq!(before, after, "a refusal changes nothing");
            return;
        }
        if !before.is_live() && after.id() != before.id() {
            *self = Self::default();
        }
        for (index, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Refuse(_) => panic!("a refusal stands alone: {effects:?}"),
                Effect::Ring { users } => self.ringing.extend(users.iter().map(|user| user.sub)),
                Effect::StopRing { users, taken_by } => {
                    for user in users {
                        assert!(self.ringing.remove(user), "told to stop what never rang");
                    }
                    self.winners += usize::from(taken_by.is_some());
                }
                Effect::Ended { .. } => {
                    self.ended += 1;
                    assert_eq!(index, effects.len() - 1, "nothing comes after the end");
                }
                Effect::EnterMedia { leg } => assert!(after.leg(*leg).is_some()),
                Effect::LegReplaced { old, new } => {
                    assert!(after.leg(*old).is_none() && after.leg(*new).is_some());
                }
                Effect::Record => {}
            }
        }
        assert!(self.winners <= 1, "two winners");
        assert!(self.ended <= 1, "two ends");
        assert_eq!(self.ended == 1, matches!(after, Call::Ended(_)));
        match after {
            Call::Ringing(ringing) => {
                let rung: BTreeSet<Sub> = ringing.rung.iter().map(|rung| rung.sub).collect();
                assert_eq!(rung, self.ringing, "who is rung was told");
                assert!(!rung.is_empty(), "a call rings somebody");
            }
            Call::Idle | Call::Accepted(_) | Call::Ended(_) => {
                assert!(self.ringing.is_empty(), "everyone who rang was told");
            }
        }
        if let Call::Accepted(accepted) = after {
            let ids: BTreeSet<LegId> = accepted.legs.iter().map(|leg| leg.id).collect();
            assert_eq!(ids.len(), 2, "two legs with ids of their own");
        }
        if !after.is_live() {
            assert_eq!(after.deadline(), None);
        }
        let _ = now;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_call_breaks_the_rules(story in happenings()) {
        let (mut call, mut now, mut model) = (Call::Idle, Timestamp(1_000_000), Model::default());
        for Happening { who, what, after_ms } in story {
            now = Timestamp(now.0 + after_ms);
            // The server wakes the call at its deadlines, in time.
            while let (Some(deadline), Some(call_id)) = (call.deadline(), call.id()) {
                if deadline > now {
                    break;
                }
                let before = call.clone();
                let (after, effects) = call.step(&Sender::system(), &Event::CallTimeout { call_id }, deadline);
                model.watch(&before, &after, &effects, deadline);
                prop_assert!(after.deadline().is_none_or(|next| next > deadline), "a timer in the past");
                call = after;
            }
            let from = if what.is_server_only() { Sender::system() } else { sender(who) };
            let before = call.clone();
            let (after, effects) = call.step(&from, &what, now);
            model.watch(&before, &after, &effects, now);
            call = after;
        }
        let text = serde_json::to_string(&call).unwrap();
        prop_assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call);
    }

    #[test]
    fn everybody_who_reads_on_ends_with_the_same_call(
        story in happenings(),
        network in proptest::collection::vec((0_u8..4, 0_usize..4), 40),
    ) {
        let mut writer = Room::default();
        let mut log: Vec<Arc<Entry>> = Vec::new();
        let mut now = Timestamp(1_000_000);
        for (index, Happening { who, what, after_ms }) in story.into_iter().enumerate() {
            now = Timestamp(now.0 + after_ms);
            let from = if what.is_server_only() { Sender::system() } else { sender(who) };
            if writer.check(&from, &what, now).is_err() {
                continue;
            }
            let (seq, id) = (writer.seq + 1, EventId(Uuid::from_u128(index as u128)));
            let entry = Arc::new(Entry { id, seq, prev: writer.seq, at: now, from, event: what });
            prop_assert!(matches!(writer.fold(&entry), Folded::Took(_)));
            log.push(entry);
        }
        let mut reader = Room::default();
        let mut order: Vec<Arc<Entry>> = Vec::new();
        for (entry, (fate, shift)) in log.iter().zip(network.iter().cycle()) {
            match fate {
                0 => {}
                1 => order.extend([entry.clone(), entry.clone()]),
                2 => order.insert(order.len().saturating_sub(*shift), entry.clone()),
                _ => order.push(entry.clone()),
            }
        }
        for entry in &order {
            if reader.fold(entry) == Folded::Gap {
                // What a member does: it joins again and gets what it missed.
                for missed in log.iter().filter(|kept| kept.seq > reader.seq).cloned().collect::<Vec<_>>() {
                    prop_assert!(matches!(reader.fold(&missed), Folded::Took(_)));
                }
            }
        }
        for missed in log.iter().filter(|kept| kept.seq > reader.seq).cloned().collect::<Vec<_>>() {
            reader.fold(&missed);
        }
        prop_assert_eq!(reader, writer);
    }
}
