//! Visitors who come, go and come back.

use super::{code, on_each_database};
use crate::{Identity, plans::Plan};
use tincan_signaling::{Code, event::Role};

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

#[tokio::test]
async fn nothing_is_written_about_a_visitor_who_says_nothing() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        let (visitor, session) = world.visitor(&tenant).await;
        assert_eq!((visitor.role, visitor.session), (Role::Visitor, Some(session.session_id)));
        assert!(
            session.name.starts_with("Visitor ") && session.topic.ends_with(&session.session_id.to_string())
        );
        let room = world.backend.room_access(&visitor, session.session_id).await.unwrap();
        assert!(!room.stored && room.open);
        assert_eq!(code(world.backend.room_access(&agent, session.session_id).await), Code::NotFound);
        assert!(world.backend.chat_sessions(&agent, None, 10).await.unwrap().items.is_empty());
        world.say(&visitor, &room, "hello").await.unwrap();
        let list = world.backend.chat_sessions(&agent, None, 10).await.unwrap().items;
        assert_eq!((list.len(), list[0].visitor.as_str()), (1, session.name.as_str()));
        assert!(world.backend.room_access(&agent, session.session_id).await.unwrap().stored);
    })
    .await;
}

#[tokio::test]
async fn resume_is_exchanged_at_each_use_and_the_last_one_stays_good_for_a_minute() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let (_, first) = world.visitor(&tenant).await;
        let again =
            async |resume: &str| world.backend.widget_session(&tenant.key, Some(resume)).await.unwrap();
        let second = again(&first.resume).await;
        assert_eq!((second.session_id, second.visitor_id), (first.session_id, first.visitor_id));
        assert_ne!(second.resume, first.resume);
        let other_tab = again(&first.resume).await;
        assert_eq!(other_tab.resume, second.resume);
        let third = again(&second.resume).await;
        world.wait(MINUTE);
        assert_eq!(again(&first.resume).await.resume, third.resume);
        world.wait(1);
        let stranger = again(&first.resume).await;
        assert_ne!(stranger.session_id, first.session_id);
        assert_ne!(stranger.visitor_id, first.visitor_id);
        assert_eq!(again(&third.resume).await.session_id, first.session_id);
        assert_ne!(again("unknown").await.session_id, first.session_id);
    })
    .await;
}

#[tokio::test]
async fn a_resume_token_is_bound_to_its_tenant() {
    on_each_database(async |world| {
        let (one, two) = (world.tenant(Plan::Premium).await, world.tenant(Plan::Premium).await);
        let (_, session) = world.visitor(&one).await;
        let elsewhere = world.backend.widget_session(&two.key, Some(&session.resume)).await.unwrap();
        assert_ne!(elsewhere.session_id, session.session_id);
        let home = world.backend.widget_session(&one.key, Some(&session.resume)).await.unwrap();
        assert_eq!(home.session_id, session.session_id);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_keeps_the_way_back_open_for_thirty_days_from_the_last_use() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let (visitor, talked) = world.visitor(&tenant).await;
        let (_, silent) = world.visitor(&tenant).await;
        let room = world.backend.room_access(&visitor, talked.session_id).await.unwrap();
        world.say(&visitor, &room, "hello").await.unwrap();
        world.wait(29 * DAY);
        world.backend.sweep().await.unwrap();
        let back = world.backend.widget_session(&tenant.key, Some(&silent.resume)).await.unwrap();
        assert_ne!(back.visitor_id, silent.visitor_id);
        // Closed meanwhile: the same visitor in a new conversation.
        let back = world.backend.widget_session(&tenant.key, Some(&talked.resume)).await.unwrap();
        assert_eq!(back.visitor_id, talked.visitor_id);
        assert_ne!(back.session_id, talked.session_id);
        let identity = world.backend.verify(&back.token).unwrap();
        let room = world.backend.room_access(&identity, back.session_id).await.unwrap();
        world.say(&identity, &room, "me again").await.unwrap();
        world.wait(30 * DAY);
        world.backend.sweep().await.unwrap();
        let late = world.backend.widget_session(&tenant.key, Some(&back.resume)).await.unwrap();
        assert_ne!(late.visitor_id, talked.visitor_id);
    })
    .await;
}

#[tokio::test]
async fn a_visitor_enters_its_own_room_and_staff_those_of_their_tenant() {
    on_each_database(async |world| {
        let (tenant, other) = (world.tenant(Plan::Premium).await, world.tenant(Plan::Premium).await);
        let (visitor, session) = world.visitor(&tenant).await;
        let (neighbour, _) = world.visitor(&tenant).await;
        let room = world.backend.room_access(&visitor, session.session_id).await.unwrap();
        world.backend.touch_session(&room, Some("https://shop.example/pans?user=me#x")).await.unwrap();
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        let stranger = world.staff(&other, "agent@other.example", Role::Agent).await;
        let shown = world.backend.chat_session(&agent, session.session_id).await.unwrap();
        assert_eq!(shown.page_url.as_deref(), Some("https://shop.example/pans"));
        for who in [&neighbour, &stranger, &Identity::console()] {
            assert_eq!(code(world.backend.room_access(who, session.session_id).await), Code::Forbidden);
            let history =
                world.backend.messages(who, session.session_id, crate::rooms::Part::Latest, 10).await;
            assert_eq!(code(history), Code::Forbidden);
        }
        assert_eq!(code(world.backend.close_session(&visitor, session.session_id).await), Code::Forbidden);
    })
    .await;
}
