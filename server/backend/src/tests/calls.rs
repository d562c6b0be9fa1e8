//! Call records: one row each, whatever happens to the process.

use super::{code, on_each_database};
use crate::{
    Identity,
    calls::CallRecord,
    plans::Plan,
    rooms::{Part, RoomInfo, TimelineItem},
};
use tincan_signaling::{
    Call, CallId, CallState, Code, Disposition, EndReason, Event, LegId, Timestamp,
    event::{MediaKind, MediaReport, Path, Role, Rung},
    id::Epoch,
    lobby::LastCall,
};
use uuid::Uuid;

struct Scene {
    visitor: Identity,
    agent: Identity,
    room: RoomInfo,
    /// The call after request, accept, media up on both sides, and the end.
    states: Vec<Call>,
}

async fn scene(world: &super::World) -> Scene {
    let tenant = world.tenant(Plan::Premium).await;
    let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
    let (visitor, session) = world.visitor(&tenant).await;
    let room = world.backend.room_access(&visitor, session.session_id).await.unwrap();
    world.backend.touch_session(&room, None).await.unwrap();
    let call_id = CallId(world.backend.new_id());
    let (one, two) = (Some(LegId(Uuid::from_u128(1))), Some(LegId(Uuid::from_u128(2))));
    let request = Event::CallRequest {
        call_id,
        leg: one,
        media: MediaKind::Audio,
        rung: vec![Rung { sub: agent.sub, name: agent.name.clone() }],
        busy: false,
        turn: true,
        ring_ms: 60_000,
    };
    let up = |leg| Event::LegState { call_id, leg, media: MediaReport::Up, path: Some(Path::Host) };
    let start = world.backend.now();
    let at = |ms| Timestamp(start.0 + ms);
    let mut states = Vec::new();
    let mut call = Call::Idle;
    for (who, event, now) in [
        (&visitor, request, at(0)),
        (&agent, Event::CallAccept { call_id, leg: two }, at(3_000)),
        (&visitor, up(one), at(4_000)),
        (&agent, up(two), at(4_500)),
        (&agent, Event::Hangup { call_id }, at(196_000)),
    ] {
        call = call.step(&who.sender(None), &event, now).0;
        states.push(call.clone());
    }
    assert_eq!(states.last().unwrap().state(), CallState::Ended);
    Scene { visitor, agent, room, states }
}

impl Scene {
    fn record(&self, epoch: u128, state: usize) -> CallRecord {
        CallRecord {
            tenant: self.room.tenant,
            session: self.room.session,
            epoch: Epoch(Uuid::from_u128(epoch)),
            seq: state as u64 + 1,
            call: self.states[state].clone(),
        }
    }
}

async fn shown(world: &super::World, scene: &Scene) -> Vec<TimelineItem> {
    world.backend.messages(&scene.visitor, scene.room.session, Part::Latest, 50).await.unwrap().items
}

#[tokio::test]
async fn a_call_leaves_one_row_that_says_who_when_and_how() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        world.say(&scene.visitor, &scene.room, "before").await.unwrap();
        for state in 0..scene.states.len() {
            // Each write twice, as after a kill between writing and noting it.
            world.backend.save_call(&scene.record(1, state)).await.unwrap();
            world.backend.save_call(&scene.record(1, state)).await.unwrap();
        }
        world.wait(200);
        world.say(&scene.agent, &scene.room, "after").await.unwrap();
        let items = shown(world, &scene).await;
        let [_, TimelineItem::Message { .. }] = &items[1..] else { panic!("{items:?}") };
        let Some(TimelineItem::Call {
            caller,
            answered_by,
            answered_name,
            reason,
            disposition,
            talked_ms,
            ..
        }) = items.iter().find(|item| matches!(item, TimelineItem::Call { .. }))
        else {
            panic!("{items:?}")
        };
        assert_eq!((caller.sub, caller.role), (scene.visitor.sub, Role::Visitor));
        assert_eq!((*answered_by, answered_name.as_deref()), (Some(scene.agent.sub), Some("agent One")));
        assert_eq!((*reason, *disposition), (Some(EndReason::Completed), Some(Disposition::Answered)));
        assert_eq!(*talked_ms, Some(192_000));
        let id = scene.states[0].id().unwrap();
        let row = crate::storage::calls::find(world.backend.db(), id.0).await.unwrap().unwrap();
        assert_eq!(row.rung[0]["sub"], scene.agent.sub.to_string());
        assert_eq!((row.path.as_deref(), row.disposition.as_deref()), (Some("host"), Some("ANSWERED")));
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_the_last_call_until_something_is_written() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        let listed = async || {
            let page = world.backend.chat_sessions(&scene.agent, None, 10).await.unwrap();
            page.items.into_iter().next().unwrap().last_call
        };
        world.say(&scene.visitor, &scene.room, "before").await.unwrap();
        assert_eq!(listed().await, None);
        world.backend.save_call(&scene.record(1, 3)).await.unwrap();
        assert_eq!(listed().await, None, "it goes on");
        world.backend.save_call(&scene.record(1, 4)).await.unwrap();
        let Call::Ended(ended) = &scene.states[4] else { panic!("not ended") };
        assert_eq!(listed().await, Some(LastCall::from(ended)));
        world.wait(200);
        world.say(&scene.visitor, &scene.room, "after").await.unwrap();
        assert_eq!(listed().await, None, "something was written since");
    })
    .await;
}

#[tokio::test]
async fn an_ended_row_and_a_newer_one_stay_as_they_are() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        world.backend.save_call(&scene.record(1, 3)).await.unwrap();
        world.backend.save_call(&scene.record(1, 0)).await.unwrap();
        let (agent, session) = (&scene.agent, scene.room.session);
        assert_eq!(world.backend.live_call_of(agent).await.unwrap(), Some(session));
        let running = world.backend.running_calls().await.unwrap();
        assert_eq!(running[0].call, scene.states[3]);
        // A new life of the log counts from one again.
        world.backend.save_call(&scene.record(2, 1)).await.unwrap();
        assert_eq!(world.backend.running_calls().await.unwrap()[0].call, scene.states[1]);
        world.backend.save_call(&scene.record(2, 4)).await.unwrap();
        let ended = shown(world, &scene).await;
        assert_eq!(world.backend.live_call_of(agent).await.unwrap(), None);
        let gone = scene.states[0].clone().restored(Timestamp(world.backend.now().0 + 500_000));
        for late in [scene.states[0].clone(), scene.states[3].clone(), gone] {
            let record = CallRecord { call: late, seq: 99, ..scene.record(3, 0) };
            world.backend.save_call(&record).await.unwrap();
        }
        assert_eq!(shown(world, &scene).await, ended);
        assert!(world.backend.running_calls().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_call_id_is_good_for_one_call() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        let id = scene.states[0].id().unwrap();
        let authorized =
            async || world.backend.authorize_call(scene.room.tenant, id, MediaKind::Audio, 0).await;
        authorized().await.unwrap();
        for state in [0, 4] {
            world.backend.save_call(&scene.record(1, state)).await.unwrap();
            assert_eq!(code(authorized().await), Code::WrongState);
        }
    })
    .await;
}

#[tokio::test]
async fn writers_at_the_same_time_leave_one_ended_row() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        let mut tasks = tokio::task::JoinSet::new();
        for state in [4, 0, 3, 1, 4, 2, 0, 4] {
            let (backend, record) = (world.backend.clone(), scene.record(1, state));
            tasks.spawn(async move { backend.save_call(&record).await.unwrap() });
        }
        tasks.join_all().await;
        let items = shown(world, &scene).await;
        assert!(matches!(items.as_slice(), [TimelineItem::Call { reason: Some(EndReason::Completed), .. }]));
    })
    .await;
}

#[tokio::test]
async fn the_next_process_finds_running_calls_and_ends_what_it_cannot_read() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        world.backend.save_call(&scene.record(1, 3)).await.unwrap();
        let next = world.reopened().await;
        let running = next.running_calls().await.unwrap();
        assert_eq!((&running[0].call, running[0].room.session), (&scene.states[3], scene.room.session));
        assert_eq!(running[0].room.visitor_name, scene.room.visitor_name);
        next.close().await;
        let mut damaged = scene.record(1, 3);
        damaged.seq = 50;
        let id = scene.states[0].id().unwrap().0;
        let mut row = crate::storage::calls::find(world.backend.db(), id).await.unwrap().unwrap();
        row.snapshot = serde_json::json!({"phase": "of another version"});
        let mut tx = world.backend.begin().await.unwrap();
        assert!(crate::storage::calls::upsert(&mut tx, &row).await.unwrap());
        tx.commit().await.unwrap();
        assert!(world.backend.running_calls().await.unwrap().is_empty());
        let items = shown(world, &scene).await;
        let [TimelineItem::Call { reason, disposition, .. }] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!((*reason, *disposition), (Some(EndReason::ServerGone), Some(Disposition::Answered)));
    })
    .await;
}

#[tokio::test]
async fn a_conversation_with_a_running_call_is_not_closed() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        world.backend.save_call(&scene.record(1, 3)).await.unwrap();
        world.wait(48 * 3600);
        world.backend.sweep().await.unwrap();
        assert!(world.backend.chat_session(&scene.visitor, scene.room.session).await.unwrap().open);
        world.backend.save_call(&scene.record(1, 4)).await.unwrap();
        world.wait(24 * 3600 + 1);
        world.backend.sweep().await.unwrap();
        assert!(!world.backend.chat_session(&scene.visitor, scene.room.session).await.unwrap().open);
    })
    .await;
}

#[tokio::test]
async fn a_call_id_of_another_room_changes_nothing_there() {
    on_each_database(async |world| {
        let scene = scene(world).await;
        world.backend.save_call(&scene.record(1, 3)).await.unwrap();
        let tenant = world.tenant(Plan::Premium).await;
        let (visitor, session) = world.visitor(&tenant).await;
        let there = world.backend.room_access(&visitor, session.session_id).await.unwrap();
        world.backend.touch_session(&there, None).await.unwrap();
        let foreign = CallRecord { tenant: there.tenant, session: there.session, ..scene.record(9, 4) };
        world.backend.save_call(&foreign).await.unwrap();
        assert_eq!(world.backend.running_calls().await.unwrap()[0].call, scene.states[3]);
        assert_eq!(code(world.backend.room_access(&visitor, scene.room.session).await), Code::Forbidden);
    })
    .await;
}
