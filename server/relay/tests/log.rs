//! What every room log must do. The suite runs on each log there is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::sync::Arc;
use tincan_relay::log::{AppendError, Draft, Item, LocalLog, Next, RoomLog, Tail};
use tincan_signaling::{
    EventId, SessionId, Timestamp,
    event::{Entry, Event, Sender},
    room::Room,
};
use uuid::Uuid;

fn room() -> SessionId {
    SessionId(Uuid::new_v4())
}

fn draft(number: u128) -> Draft {
    let id = EventId(Uuid::from_u128(number));
    Draft { id, at: Timestamp(1_000), from: Sender::system(), event: Event::Read { up_to: id } }
}

async fn entry(tail: &mut Tail) -> Arc<Entry> {
    match tail.next().await {
        Some(Item::Entry(entry)) => entry,
        other => panic!("expected an entry, got {other:?}"),
    }
}

async fn entries_come_numbered_and_in_order(log: &dyn RoomLog) {
    let room = room();
    let mut tail = log.open(room, Arc::default()).await.unwrap();
    assert_eq!(log.append(room, 0, draft(1)).await, Ok(1));
    assert_eq!(log.append(room, 1, draft(2)).await, Ok(2));
    let (first, second) = (entry(&mut tail).await, entry(&mut tail).await);
    assert_eq!((first.seq, first.prev, second.seq, second.prev), (1, 0, 2, 1));
    assert!(matches!(tail.try_next(), Next::Nothing));
}

async fn whoever_decided_on_old_state_is_behind(log: &dyn RoomLog) {
    let room = room();
    let mut tail = log.open(room, Arc::default()).await.unwrap();
    assert_eq!(log.append(room, 0, draft(1)).await, Ok(1));
    assert_eq!(log.append(room, 0, draft(2)).await, Err(AppendError::Behind));
    assert_eq!(log.append(room, 5, draft(2)).await, Err(AppendError::Behind));
    assert_eq!(entry(&mut tail).await.id, EventId(Uuid::from_u128(1)));
    assert!(matches!(tail.try_next(), Next::Nothing), "a conflict leaves nothing behind");
}

async fn every_reader_gets_the_same(log: &dyn RoomLog) {
    let room = room();
    let mut early = log.open(room, Arc::default()).await.unwrap();
    assert_eq!(log.append(room, 0, draft(1)).await, Ok(1));
    let mut late = log.open(room, Arc::default()).await.unwrap();
    assert_eq!(log.append(room, 1, draft(2)).await, Ok(2));
    assert_eq!(early.epoch, late.epoch);
    for _ in 0..2 {
        assert_eq!(entry(&mut early).await, entry(&mut late).await);
    }
}

async fn one_of_many_writers_wins_each_number(log: &Arc<dyn RoomLog>) {
    let room = room();
    let mut tail = log.open(room, Arc::default()).await.unwrap();
    let writers: Vec<_> = (0..8_u128)
        .map(|number| {
            let log = log.clone();
            tokio::spawn(async move { log.append(room, 0, draft(number)).await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += usize::from(writer.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
    assert_eq!(entry(&mut tail).await.seq, 1);
    assert!(matches!(tail.try_next(), Next::Nothing));
}

async fn a_late_joiner_after_compaction_gets_the_snapshot_first(log: &dyn RoomLog) {
    let room = room();
    let mut early = log.open(room, Arc::default()).await.unwrap();
    for after in 0..5 {
        assert_eq!(log.append(room, after, draft(after.into())).await, Ok(after + 1));
    }
    log.compact(room, Room { seq: 4, ..Room::default() }).await.unwrap();
    let mut late = log.open(room, Arc::default()).await.unwrap();
    let Some(Item::Snapshot(snapshot)) = late.next().await else { panic!("a snapshot comes first") };
    assert_eq!(snapshot.seq, 4);
    assert_eq!(entry(&mut late).await.seq, 5);
    for seq in 1..=5 {
        assert_eq!(entry(&mut early).await.seq, seq, "who was there misses nothing");
    }
    let ahead = Room { seq: 9, ..Room::default() };
    assert_eq!(log.compact(room, ahead).await, Err(AppendError::Behind));
}

async fn a_room_may_begin_with_a_snapshot(log: &dyn RoomLog) {
    let room = room();
    log.compact(room, Room::default()).await.unwrap();
    let mut tail = log.open(room, Arc::default()).await.unwrap();
    assert!(matches!(tail.next().await, Some(Item::Snapshot(_))));
    assert_eq!(log.append(room, 0, draft(1)).await, Ok(1));
    assert_eq!(entry(&mut tail).await.seq, 1);
}

async fn a_closed_room_begins_a_new_life(log: &dyn RoomLog) {
    let room = room();
    let mut tail = log.open(room, Arc::default()).await.unwrap();
    log.append(room, 0, draft(1)).await.unwrap();
    log.close(room).await;
    assert!(matches!(tail.next().await, Some(Item::Entry(_))));
    assert!(tail.next().await.is_none());
    let again = log.open(room, Arc::default()).await.unwrap();
    assert_ne!(again.epoch, tail.epoch);
    assert_eq!(log.append(room, 0, draft(2)).await, Ok(1));
}

async fn a_reader_that_is_too_slow_is_cut_off_and_opens_anew(log: &dyn RoomLog) {
    let room = room();
    let mut slow = log.open(room, Arc::default()).await.unwrap();
    for after in 0..2_000 {
        assert_eq!(log.append(room, after, draft(after.into())).await, Ok(after + 1));
    }
    let mut read = 0;
    while let Next::Item(_) = slow.try_next() {
        read += 1;
    }
    assert!(read < 2_000 && matches!(slow.try_next(), Next::CutOff));
    let mut again = log.open(room, Arc::default()).await.unwrap();
    for seq in 1..=2_000 {
        assert_eq!(entry(&mut again).await.seq, seq, "nothing is lost to who opens anew");
    }
}

#[tokio::test]
async fn the_local_log_keeps_the_rules() {
    let log: Arc<dyn RoomLog> = Arc::new(LocalLog::default());
    entries_come_numbered_and_in_order(&*log).await;
    whoever_decided_on_old_state_is_behind(&*log).await;
    every_reader_gets_the_same(&*log).await;
    one_of_many_writers_wins_each_number(&log).await;
    a_late_joiner_after_compaction_gets_the_snapshot_first(&*log).await;
    a_room_may_begin_with_a_snapshot(&*log).await;
    a_closed_room_begins_a_new_life(&*log).await;
    a_reader_that_is_too_slow_is_cut_off_and_opens_anew(&*log).await;
}
