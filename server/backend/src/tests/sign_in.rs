//! Signing in, staying signed in, and losing one's rights.

use super::{PASSWORD, code, device, heard, on_each_database};
use crate::{Change, Identity, Refused, accounts::SignedIn, plans::Plan, storage::client_sessions};
use tincan_signaling::{Code, event::Role, id::ClientSessionId};

#[tokio::test]
async fn a_token_names_its_user_and_ends() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let user = world.user(&tenant, "Agent@Test.example", Role::Agent).await;
        let signed_in = world.sign_in(" agent@test.EXAMPLE ").await;
        let identity = world.backend.verify(&signed_in.access_token).unwrap();
        assert_eq!(identity.user(), Some(user.id));
        assert_eq!((identity.role, identity.tenant, identity.session), (Role::Agent, Some(tenant.id), None));
        assert_eq!(signed_in.expires_in, 900);
        let body = serde_json::to_string(&signed_in).unwrap();
        assert!(!body.contains(&signed_in.refresh_token));
        world.wait(904);
        world.backend.verify(&signed_in.access_token).unwrap();
        world.wait(1);
        assert_eq!(world.backend.verify(&signed_in.access_token).unwrap_err().code, Code::Unauthorized);
        assert_eq!(world.backend.still_valid(&identity).unwrap_err().code, Code::Unauthorized);
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_which_accounts_exist_and_guessing_is_slowed() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let mut answers = Vec::new();
        for email in ["agent@test.example", "nobody@test.example"] {
            for _ in 0..8 {
                answers.push(
                    world.backend.login(email, "wrong password", &device()).await.unwrap_err().refusal(),
                );
            }
            let refused = world.backend.login(email, PASSWORD, &device()).await.unwrap_err().refusal();
            assert_eq!((refused.code, refused.retry_after_ms), (Code::RateLimited, Some(30_000)));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].code, Code::Unauthorized);
        world.wait(30);
        world.sign_in("agent@test.example").await;
    })
    .await;
}

#[tokio::test]
async fn a_rotated_token_answers_the_same_for_half_a_minute() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let first = world.sign_in("agent@test.example").await;
        let tabs = futures_of(world, &first, 6).await;
        assert!(tabs.iter().all(|tab| tab.refresh_token == tabs[0].refresh_token));
        assert_ne!(tabs[0].refresh_token, first.refresh_token);
        world.wait(30);
        let late = world.backend.refresh(&first.refresh_token, None).await.unwrap();
        assert_eq!(late.refresh_token, tabs[0].refresh_token);
        let next = world.backend.refresh(&late.refresh_token, None).await.unwrap();
        world.backend.verify(&next.access_token).unwrap();
    })
    .await;
}

async fn futures_of(world: &super::World, first: &SignedIn, n: usize) -> Vec<SignedIn> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..n {
        let (backend, token) = (world.backend.clone(), first.refresh_token.clone());
        tasks.spawn(async move { backend.refresh(&token, None).await.unwrap() });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_token_used_again_later_ends_the_whole_family() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let stolen = world.sign_in("agent@test.example").await;
        let other_device = world.sign_in("agent@test.example").await;
        let owner = world.backend.refresh(&stolen.refresh_token, None).await.unwrap();
        let mut changes = world.backend.changes();
        world.wait(31);
        assert_eq!(code(world.backend.refresh(&stolen.refresh_token, None).await), Code::Unauthorized);
        assert_eq!(code(world.backend.refresh(&owner.refresh_token, None).await), Code::Unauthorized);
        assert!(world.backend.verify(&owner.access_token).is_err());
        assert!(matches!(heard(&mut changes).as_slice(), [Change::Revoked { .. }]));
        world.backend.refresh(&other_device.refresh_token, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn signing_out_holds_after_a_restart() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let (gone, kept) =
            (world.sign_in("agent@test.example").await, world.sign_in("agent@test.example").await);
        world.backend.logout(&gone.refresh_token, None).await.unwrap();
        world.backend.logout("unknown", None).await.unwrap();
        for backend in [world.backend.clone(), world.reopened().await] {
            assert_eq!(backend.verify(&gone.access_token).unwrap_err().code, Code::Unauthorized);
            assert_eq!(code(backend.refresh(&gone.refresh_token, None).await), Code::Unauthorized);
            backend.verify(&kept.access_token).unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_is_forgotten_a_month_after_its_last_sign_of_life() {
    on_each_database(async |world| {
        const DAY: u64 = 24 * 3600;
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let (used, left) =
            (world.sign_in("agent@test.example").await, world.sign_in("agent@test.example").await);
        let [used_sid, left_sid] =
            [&used, &left].map(|it| world.backend.verify(&it.access_token).unwrap().sid);
        let kept = async |sid: ClientSessionId| {
            world.backend.sweep().await.unwrap();
            let mut tx = world.backend.begin().await.unwrap();
            client_sessions::find(&mut tx, sid.0).await.unwrap().is_some()
        };
        world.wait(29 * DAY);
        let used = world.backend.refresh(&used.refresh_token, None).await.unwrap();
        assert!(kept(left_sid).await);
        world.wait(2 * DAY);
        assert!(!kept(left_sid).await);
        assert!(kept(used_sid).await);
        world.backend.refresh(&used.refresh_token, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_device_can_be_signed_out_by_its_user_and_by_an_admin_only() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        assert_eq!(code(world.backend.revoke_session(&agent, admin.sid).await), Code::Forbidden);
        world.backend.heartbeat(agent.sid).await.unwrap();
        world.backend.revoke_session(&admin, agent.sid).await.unwrap();
        assert!(world.backend.still_valid(&agent).is_err());
        world.backend.still_valid(&admin).unwrap();
    })
    .await;
}

#[tokio::test]
async fn keys_can_be_changed_without_signing_anybody_out() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let before = world.sign_in("agent@test.example").await;
        let first_tab = world.backend.refresh(&before.refresh_token, None).await.unwrap();
        // Another process does it; this one learns it.
        let console = world.reopened().await;
        let kid = console.rotate_keys(&Identity::console(), false).await.unwrap();
        world.backend.take_in_changes().await.unwrap();
        for backend in [&world.backend, &world.reopened().await] {
            backend.verify(&before.access_token).unwrap();
            let second_tab = backend.refresh(&before.refresh_token, None).await.unwrap();
            assert_eq!(first_tab.refresh_token, second_tab.refresh_token);
            assert_eq!(kid_of(&second_tab.access_token), kid);
        }
        let again = console.rotate_keys(&Identity::console(), false).await;
        assert_eq!(code(again), Code::WrongState);
        world.wait(15 * 60);
        let renewed = world.backend.refresh(&first_tab.refresh_token, None).await.unwrap();
        world.wait(70);
        console.rotate_keys(&Identity::console(), false).await.unwrap();
        world.backend.take_in_changes().await.unwrap();
        world.backend.verify(&renewed.access_token).unwrap();
        let log = console.audit_log(&Identity::console(), None, None, 10).await.unwrap().items;
        assert_eq!(log.iter().filter(|entry| entry.action == "key.rotate").count(), 2);
    })
    .await;
}

fn kid_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_key_that_leaked_ends_at_once_and_browsers_renew() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        assert_eq!(code(world.backend.rotate_keys(&agent, true).await), Code::Forbidden);
        let before = world.sign_in("agent@test.example").await;
        let mut changes = world.backend.changes();
        world.backend.rotate_keys(&Identity::console(), true).await.unwrap();
        assert_eq!(heard(&mut changes), [Change::KeyDropped]);
        assert!(world.backend.verify(&before.access_token).is_err());
        let renewed = world.backend.refresh(&before.refresh_token, None).await.unwrap();
        world.backend.verify(&renewed.access_token).unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_happens_at_the_door_is_noted_without_what_was_typed() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let user = world.user(&tenant, "agent@test.example", Role::Agent).await;
        for email in ["agent@test.example", "a-password-in-the-wrong-field"] {
            assert_eq!(
                code(world.backend.login(email, "wrong password", &device()).await),
                Code::Unauthorized
            );
        }
        let signed_in = world.sign_in("agent@test.example").await;
        let ip = device().ip;
        world.backend.refresh(&signed_in.refresh_token, ip).await.unwrap();
        world.wait(31);
        assert!(world.backend.refresh(&signed_in.refresh_token, ip).await.is_err());
        let other = world.sign_in("agent@test.example").await;
        world.backend.logout(&other.refresh_token, ip).await.unwrap();
        world.backend.logout(&other.refresh_token, ip).await.unwrap();
        // Failed sign-ins are noted behind their answer.
        let console = Identity::console();
        let (log, strangers) = loop {
            let log = world.backend.audit_log(&admin, Some(tenant.id), None, 50).await.unwrap().items;
            let strangers = world.backend.audit_log(&console, None, None, 50).await.unwrap().items;
            let failed = log.iter().chain(&strangers).filter(|entry| entry.action == "login.failed").count();
            if failed == 2 {
                break (log, strangers);
            }
            tokio::task::yield_now().await;
        };
        let mut actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
        actions.sort_unstable();
        assert_eq!(
            actions,
            [
                "login",
                "login",
                "login",
                "login.failed",
                "logout",
                "refresh.reused",
                "tenant.create",
                "user.create",
                "user.create"
            ]
        );
        let failed = log.iter().find(|entry| entry.action == "login.failed").unwrap();
        assert_eq!((failed.role.as_str(), failed.target.as_str()), ("unknown", &*user.id.to_string()));
        assert!(log.iter().filter(|entry| entry.network.is_some()).count() >= 5);
        let all = serde_json::to_string(&(log, strangers)).unwrap();
        assert!(all.contains("203.0.113.0/24") && !all.contains("203.0.113.77"), "{all}");
        assert!(!all.contains("wrong"), "{all}");
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_read_page_by_page_by_admins_of_the_tenant() {
    on_each_database(async |world| {
        let (tenant, other) = (world.tenant(Plan::Premium).await, world.tenant(Plan::Premium).await);
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let manager = world.staff(&tenant, "manager@test.example", Role::Manager).await;
        let stranger = world.staff(&other, "admin@other.example", Role::Admin).await;
        for by in [&manager, &stranger] {
            let refused = world.backend.audit_log(by, Some(tenant.id), None, 5).await;
            assert_eq!(code(refused), Code::Forbidden);
        }
        assert_eq!(code(world.backend.audit_log(&admin, None, None, 5).await), Code::Forbidden);
        let page = async |cursor: Option<&str>, limit| {
            world.backend.audit_log(&admin, Some(tenant.id), cursor, limit).await.unwrap()
        };
        let all = page(None, 200).await;
        assert_eq!(all.next, None);
        let (mut cursor, mut walked) = (None, Vec::new());
        loop {
            let part = page(cursor.as_deref(), 2).await;
            walked.extend(part.items);
            cursor = part.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, all.items);
        let made_up = world.backend.audit_log(&admin, Some(tenant.id), Some("x"), 5).await;
        assert_eq!(code(made_up), Code::BadRequest);
        world.wait(401 * 24 * 3600);
        world.backend.sweep().await.unwrap();
        let console = Identity::console();
        let left = world.backend.audit_log(&console, Some(tenant.id), None, 5).await.unwrap();
        assert_eq!(left.items, []);
    })
    .await;
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_refused() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let token = world.sign_in("agent@test.example").await.access_token;
        let (head, rest) = token.split_once('.').unwrap();
        let (body, _) = rest.split_once('.').unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
        let cut = token[..token.len() - 2].to_owned();
        for wrong in
            [String::new(), "a.b.c".into(), format!("{head}.{body}."), unsigned, cut, "x".repeat(10_000)]
        {
            assert_eq!(world.backend.verify(&wrong).unwrap_err().code, Code::Unauthorized);
        }
        let mut elsewhere = world.config.clone();
        elsewhere.public_url = "http://127.0.0.1:7001".into();
        let elsewhere = crate::Backend::open(elsewhere, world.clock.clone()).await.unwrap();
        assert!(elsewhere.verify(&token).is_err());
        assert!(matches!(elsewhere.refresh("x", None).await, Err(Refused::Refusal(_))));
    })
    .await;
}
