//! The program is stopped under a thousand sockets and running calls, and comes back on the same
//! folder: everybody is back within the clients' own back-off, nothing is lost, each call and its
//! record are whole. That the sound never stops meanwhile is heard in two real browsers by
//! `end2end/tests/restart.test.mjs`.

use crate::{audit::Audit, crowd::Crowd, page::Page, people::Role, program::Program};
use std::time::{Duration, Instant};
use tincan_signaling::{
    Call, CallState, EndReason,
    event::{Event, MediaKind, MediaReport, Path},
    id::{CallId, EventId, LegId, SessionId},
};
use uuid::Uuid;

const SOCKETS: usize = 1_000;
const CALLS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_back_after_a_restart_and_nothing_is_lost() {
    let mut program = Program::prepare(CALLS, SOCKETS - CALLS).await;
    program.start().await;
    let mut crowd = Crowd::new(&program, program.port(), 1);
    crowd.arrive();
    crowd.until(LONG, |crowd| crowd.late()).await;
    call(&mut crowd).await;

    // People go on writing all the time.
    let mut said = 0;
    let mut talk = |crowd: &mut Crowd| {
        for _ in 0..10 {
            let page = crowd.net.rng.range(CALLS as u64..SOCKETS as u64) as usize;
            let room = crowd.rooms[page - CALLS];
            said += 1;
            let id = EventId(Uuid::from_u128(said));
            crowd.pages[page].say(&mut crowd.net, room, Event::Message { id, text: "On and on".to_owned() });
        }
    };
    for _ in 0..20 {
        talk(&mut crowd);
        crowd.during(tokio::time::sleep(Duration::from_millis(50))).await;
    }
    let stopped = Instant::now();
    crowd.during(program.stop("-TERM")).await;
    talk(&mut crowd);
    let down = stopped.elapsed();
    crowd.during(program.start()).await;
    let up = Instant::now();
    let (mut in_calls, mut all) = (None, None);
    crowd
        .until(LONG, |crowd| {
            talk(crowd);
            let talking = crowd.pages.iter().filter(|page| page.is_lively());
            if talking.clone().count() == 2 * CALLS && talking.into_iter().all(Page::is_back) {
                in_calls.get_or_insert_with(|| up.elapsed());
            }
            if crowd.pages.iter().all(Page::is_back) {
                all.get_or_insert_with(|| up.elapsed());
            }
            all.is_none().then(|| crowd.late().unwrap_or_default())
        })
        .await;
    let (in_calls, all) = (in_calls.unwrap(), all.unwrap());
    eprintln!(
        "{SOCKETS} sockets, {CALLS} calls: stopped within {down:?}; after the new process answered, \
         those in calls were back within {in_calls:?}, everybody within {all:?}"
    );
    // A machine that is busy with something else is slow at stopping too.
    assert!(all < BACK_OFF + 2 * down, "longer than the clients' own back-off");

    crowd.until(LONG, |crowd| crowd.late().or_else(|| crowd.differing()).or_else(|| not_whole(crowd))).await;
    hang_up(&mut crowd).await;
    crowd.until(LONG, |crowd| crowd.late().or_else(|| crowd.differing())).await;
    program.stop("-TERM").await;
    let calls = crowd.net.truth.calls();
    assert_eq!(calls.len(), CALLS);
    for call in calls.values() {
        assert!(matches!(&call.last, Call::Ended(ended) if ended.reason == EndReason::Completed));
    }
    let audit = Audit {
        truth: &crowd.net.truth,
        rooms: &crowd.rooms,
        tenant: program.tenant,
        restarted: true,
        killed: false,
    };
    audit.run(&program.folder().await).await;
    assert_eq!(crowd.net.truth.lock().acked.len() as u128, said, "every message was promised in the end");
    eprintln!("{said} messages, {}", crowd.net.truth.lock().counts);
}

/// The first visitors call, one agent each answers, and both hear each other.
async fn call(crowd: &mut Crowd) {
    let rooms: Vec<SessionId> = crowd.rooms[..CALLS].to_vec();
    for (number, room) in rooms.iter().enumerate() {
        let request = Event::CallRequest {
            call_id: call_id(number),
            leg: Some(leg(number, 1)),
            media: MediaKind::Audio,
            rung: Vec::new(),
            busy: false,
            turn: false,
            ring_ms: 0,
        };
        take_leg(crowd, number, CALLS + number, *room, 1);
        crowd.pages[CALLS + number].say(&mut crowd.net, *room, request);
    }
    let mut accepted = [false; CALLS];
    crowd
        .until(LONG, |crowd| {
            for (number, room) in rooms.iter().enumerate() {
                let rings =
                    crowd.pages[number].lobby.as_ref().unwrap().ringing.contains_key(&call_id(number));
                if rings && !accepted[number] {
                    accepted[number] = true;
                    crowd.pages[number].sit(&mut crowd.net, *room);
                    take_leg(crowd, number, number, *room, 2);
                    let accept = Event::CallAccept { call_id: call_id(number), leg: Some(leg(number, 2)) };
                    crowd.pages[number].say(&mut crowd.net, *room, accept);
                }
            }
            let talks = |number: usize| {
                matches!(crowd.pages[CALLS + number].seats[&rooms[number]].call(), Call::Accepted(_))
            };
            (!(0..CALLS).all(talks)).then(|| "not all are answered".to_owned())
        })
        .await;
    for (number, room) in rooms.iter().enumerate() {
        for (page, side) in [(CALLS + number, 1), (number, 2)] {
            let up = Event::LegState {
                call_id: call_id(number),
                leg: Some(leg(number, side)),
                media: MediaReport::Up,
                path: Some(Path::Host),
            };
            crowd.pages[page].say(&mut crowd.net, *room, up);
        }
    }
    crowd.until(LONG, not_whole).await;
}

fn take_leg(crowd: &mut Crowd, number: usize, page: usize, room: SessionId, side: u128) {
    assert!(matches!(crowd.people[page].role, Role::Visitor { .. }) == (side == 1));
    crowd.pages[page].seats.get_mut(&room).unwrap().leg = Some((call_id(number), leg(number, side)));
}

/// A call that is not going on just as it was.
fn not_whole(crowd: &mut Crowd) -> Option<String> {
    (0..CALLS).find_map(|number| {
        let room = crowd.rooms[number];
        [CALLS + number, number].into_iter().find_map(|page| {
            let call = crowd.pages[page].seats.get(&room)?.call();
            let sockets = call.legs().iter().all(|leg| leg.socket == tincan_signaling::leg::Socket::Up);
            let whole = call.id() == Some(call_id(number)) && call.state() == CallState::Active && sockets;
            (!whole).then(|| format!("{call:?}"))
        })
    })
}

async fn hang_up(crowd: &mut Crowd) {
    for number in 0..CALLS {
        let room = crowd.rooms[number];
        crowd.pages[number].say(&mut crowd.net, room, Event::Hangup { call_id: call_id(number) });
    }
    crowd
        .until(LONG, |crowd| {
            let rooms = &crowd.rooms[..CALLS];
            let mut seats =
                rooms.iter().enumerate().map(|(number, room)| &crowd.pages[CALLS + number].seats[room]);
            seats.find(|seat| seat.call().is_live()).map(|seat| format!("{:?}", seat.call()))
        })
        .await;
}

fn call_id(number: usize) -> CallId {
    CallId(Uuid::from_u128((1 << 64) + number as u128))
}

fn leg(number: usize, side: u128) -> LegId {
    LegId(Uuid::from_u128((2 << 64) + (number as u128) * 10 + side))
}

const LONG: Duration = Duration::from_secs(120);
/// The longest step of the clients' back-off, ten seconds and a fifth, and the join behind it.
const BACK_OFF: Duration = Duration::from_secs(15);
