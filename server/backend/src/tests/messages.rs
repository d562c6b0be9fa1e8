//! Messages: once each, together, in order, and read.

use super::{code, heard, on_each_database};
use crate::{
    Change, Identity,
    plans::Plan,
    rooms::{NewMessage, Part, RoomInfo, TimelineItem},
};
use tincan_signaling::{Code, EventId, event::Role};
use uuid::Uuid;

async fn room(world: &super::World) -> (Identity, Identity, RoomInfo) {
    let tenant = world.tenant(Plan::Premium).await;
    let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
    let (visitor, session) = world.visitor(&tenant).await;
    let room = world.backend.room_access(&visitor, session.session_id).await.unwrap();
    (visitor, agent, room)
}

fn texts(items: &[TimelineItem]) -> Vec<&str> {
    items
        .iter()
        .map(|item| match item {
            TimelineItem::Message { text, .. } => text.as_str(),
            TimelineItem::Call { .. } => "call",
        })
        .collect()
}

fn id(item: &TimelineItem) -> Uuid {
    match item {
        TimelineItem::Message { id, .. } => id.0,
        TimelineItem::Call { id, .. } => id.0,
    }
}

#[tokio::test]
async fn a_message_sent_often_at_once_is_stored_once() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        let message = world.message(&visitor, "hello");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (backend, room, message) = (world.backend.clone(), room.clone(), message.clone());
            tasks.spawn(async move { backend.store_message(&room, message).await.unwrap() });
        }
        let stored = tasks.join_all().await;
        assert_eq!(stored.iter().filter(|stored| stored.fresh).count(), 1);
        assert!(stored.iter().all(|one| one.at == stored[0].at));
        world.wait(10);
        let later = world.backend.store_message(&room, message.clone()).await.unwrap();
        assert_eq!((later.fresh, later.at), (false, stored[0].at));
        let forged = NewMessage { from: agent.sender(None), ..message.clone() };
        assert_eq!(code(world.backend.store_message(&room, forged).await), Code::Forbidden);
        let changed = NewMessage { text: "goodbye".into(), ..message };
        assert_eq!(code(world.backend.store_message(&room, changed).await), Code::Forbidden);
        let history = world.backend.messages(&agent, room.session, Part::Latest, 50).await.unwrap();
        assert_eq!(texts(&history.items), ["hello"]);
    })
    .await;
}

#[tokio::test]
async fn of_two_texts_with_one_id_the_first_counts() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        let first = world.message(&visitor, "first");
        let second = NewMessage { text: "second".into(), ..first.clone() };
        let (first, second) = tokio::join!(
            world.backend.store_message(&room, first),
            world.backend.store_message(&room, second),
        );
        assert!(first.unwrap().fresh);
        assert_eq!(code(second), Code::Forbidden);
        let history = world.backend.messages(&agent, room.session, Part::Latest, 50).await.unwrap();
        assert_eq!(texts(&history.items), ["first"]);
    })
    .await;
}

#[tokio::test]
async fn an_id_of_another_room_is_refused_and_takes_nobody_along() {
    on_each_database(async |world| {
        let (visitor, _, here) = room(world).await;
        let tenant = world.tenant(Plan::Premium).await;
        let (other, session) = world.visitor(&tenant).await;
        let there = world.backend.room_access(&other, session.session_id).await.unwrap();
        let mine = world.message(&visitor, "mine");
        let mut theirs = world.message(&other, "theirs");
        theirs.id = mine.id;
        let (first, second, fine) = tokio::join!(
            world.backend.store_message(&here, mine),
            world.backend.store_message(&there, theirs),
            world.say(&other, &there, "fine"),
        );
        assert!(first.is_ok() != second.is_ok());
        assert!(fine.unwrap().fresh);
    })
    .await;
}

#[tokio::test]
async fn messages_share_commits_and_keep_their_order() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        let commits_before = world.backend.message_commits();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..600 {
            let (backend, room, message) =
                (world.backend.clone(), room.clone(), world.message(&visitor, &n.to_string()));
            tasks.spawn(async move { backend.store_message(&room, message).await.unwrap() });
        }
        assert!(tasks.join_all().await.iter().all(|stored| stored.fresh));
        let commits = world.backend.message_commits() - commits_before;
        assert!((3..100).contains(&commits), "{commits} commits for 600 messages");
        assert_eq!(world.backend.chat_session(&agent, room.session).await.unwrap().unread, 600);
        let (mut seen, mut part) = (Vec::new(), Part::Latest);
        loop {
            let page = world.backend.messages(&agent, room.session, part, 200).await.unwrap();
            part = Part::Before(id(&page.items[0]));
            seen.splice(0..0, page.items);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen.len(), 600);
        // The clock stands still: the order comes from the writer alone, and pages agree with it.
        let forward =
            world.backend.messages(&agent, room.session, Part::After(id(&seen[99])), 200).await.unwrap();
        assert_eq!(forward.items, seen[100..300]);
        assert!(forward.more);
    })
    .await;
}

#[tokio::test]
async fn history_goes_back_and_forth_from_what_one_holds() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        for text in ["1", "2", "3", "4", "5"] {
            world.say(&visitor, &room, text).await.unwrap();
        }
        let all = world.backend.messages(&visitor, room.session, Part::Latest, 50).await.unwrap();
        assert_eq!((texts(&all.items), all.more), (vec!["1", "2", "3", "4", "5"], false));
        let page = async |part| world.backend.messages(&agent, room.session, part, 2).await.unwrap();
        let third = id(&all.items[2]);
        for (part, expected, more) in [
            (Part::Latest, ["4", "5"], true),
            (Part::Before(third), ["1", "2"], false),
            (Part::After(third), ["4", "5"], false),
            (Part::After(id(&all.items[0])), ["2", "3"], true),
        ] {
            let page = page(part).await;
            assert_eq!((texts(&page.items), page.more), (expected.to_vec(), more), "{part:?}");
        }
        let unknown = Part::After(world.backend.new_id());
        assert_eq!(code(world.backend.messages(&agent, room.session, unknown, 2).await), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn unread_is_what_nobody_of_the_staff_read_or_answered() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        let unread = async || world.backend.chat_session(&agent, room.session).await.unwrap().unread;
        let first = world.message(&visitor, "1");
        world.backend.store_message(&room, first.clone()).await.unwrap();
        let second = world.message(&visitor, "2");
        world.backend.store_message(&room, second.clone()).await.unwrap();
        assert_eq!(unread().await, 2);
        world.backend.mark_read(&visitor, room.session, second.id).await.unwrap();
        assert_eq!(unread().await, 2);
        world.backend.mark_read(&agent, room.session, first.id).await.unwrap();
        assert_eq!(unread().await, 1);
        world.backend.mark_read(&agent, room.session, second.id).await.unwrap();
        world.backend.mark_read(&agent, room.session, first.id).await.unwrap();
        assert_eq!(unread().await, 0);
        world.say(&visitor, &room, "3").await.unwrap();
        assert_eq!(unread().await, 1);
        world.say(&agent, &room, "answer").await.unwrap();
        assert_eq!(unread().await, 0);
        let shown = world.backend.chat_session(&agent, room.session).await.unwrap();
        assert_eq!((shown.last_text.as_deref(), shown.last_from_visitor), (Some("answer"), false));
        let unknown = EventId(world.backend.new_id());
        assert_eq!(code(world.backend.mark_read(&agent, room.session, unknown).await), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_paged_with_the_newest_event_first() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        let mut sessions = Vec::new();
        for n in 0..7 {
            let (visitor, session) = world.visitor(&tenant).await;
            let room = world.backend.room_access(&visitor, session.session_id).await.unwrap();
            world.say(&visitor, &room, "hello").await.unwrap();
            sessions.insert(0, session.session_id);
            // Some share a moment with the next.
            world.wait(n % 2);
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = world.backend.chat_sessions(&agent, cursor.as_deref(), 3).await.unwrap();
            seen.extend(page.items.into_iter().map(|item| item.session_id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, sessions);
        for wrong in ["", "x", "1.x", "x.1"] {
            assert_eq!(code(world.backend.chat_sessions(&agent, Some(wrong), 3).await), Code::BadRequest);
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_closes_after_a_quiet_day_and_opens_with_a_word() {
    on_each_database(async |world| {
        let (visitor, agent, room) = room(world).await;
        world.say(&visitor, &room, "hello").await.unwrap();
        let open = async || world.backend.chat_session(&agent, room.session).await.unwrap().open;
        world.wait(24 * 3600);
        world.backend.sweep().await.unwrap();
        assert!(open().await);
        let mut changes = world.backend.changes();
        world.wait(1);
        world.backend.sweep().await.unwrap();
        assert!(!open().await);
        assert_eq!(
            heard(&mut changes),
            [Change::SessionClosed { tenant: room.tenant, session: room.session }]
        );
        world.say(&visitor, &room, "still here").await.unwrap();
        assert!(open().await);
        world.backend.close_session(&agent, room.session).await.unwrap();
        world.backend.close_session(&agent, room.session).await.unwrap();
        assert!(!open().await);
        assert_eq!(heard(&mut changes).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_no_database_can_hold_is_refused_by_name() {
    on_each_database(async |world| {
        let (visitor, _, room) = room(world).await;
        assert_eq!(code(world.say(&visitor, &room, "a\0b").await), Code::BadEvent);
        assert_eq!(code(world.backend.login("a\0@b", "x", &super::device()).await), Code::Unauthorized);
        assert_eq!(code(world.backend.tenant_by_key("tc_\0").await), Code::NotFound);
        assert_eq!(code(world.backend.refresh("\0", None).await), Code::Unauthorized);
        world.say(&visitor, &room, "'; DROP TABLE messages; -- \u{202e}").await.unwrap();
    })
    .await;
}
