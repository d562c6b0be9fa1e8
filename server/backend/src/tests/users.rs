//! The people of a tenant.

use super::{PASSWORD, code, device, heard, on_each_database};
use crate::{Change, Identity, accounts::NewUser, plans::Plan};
use tincan_signaling::{Code, event::Role};

fn new(tenant: &crate::tenants::TenantView, email: &str, role: Role) -> NewUser {
    NewUser { tenant: Some(tenant.id), email: email.into(), name: "Somebody".into(), role, password: None }
}

#[tokio::test]
async fn only_admins_of_the_tenant_add_users_and_only_good_ones() {
    on_each_database(async |world| {
        let (tenant, other) = (world.tenant(Plan::Premium).await, world.tenant(Plan::Premium).await);
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let manager = world.staff(&tenant, "manager@test.example", Role::Manager).await;
        let stranger = world.staff(&other, "admin@other.example", Role::Admin).await;
        for by in [&manager, &stranger] {
            assert_eq!(
                code(world.backend.create_user(by, new(&tenant, "a@b", Role::Agent)).await),
                Code::Forbidden
            );
        }
        assert_eq!(code(world.backend.list_users(&stranger, tenant.id).await), Code::Forbidden);
        for wrong in [
            new(&tenant, "nobody", Role::Agent),
            new(&tenant, "a b@c", Role::Agent),
            new(&tenant, "ADMIN@test.example", Role::Agent),
            new(&tenant, "a@b", Role::Operator),
            new(&tenant, "a@b", Role::Visitor),
            NewUser { name: "  ".into(), ..new(&tenant, "a@b", Role::Agent) },
            NewUser { password: Some("short".into()), ..new(&tenant, "a@b", Role::Agent) },
        ] {
            assert_eq!(code(world.backend.create_user(&admin, wrong).await), Code::BadRequest);
        }
        let created =
            world.backend.create_user(&admin, new(&tenant, "new@test.example", Role::Agent)).await.unwrap();
        let password = created.password.unwrap();
        world.backend.login("new@test.example", &password, &device()).await.unwrap();
        let emails: Vec<_> = world.backend.list_users(&manager, tenant.id).await.unwrap();
        assert_eq!(
            emails.iter().map(|user| user.email.as_str()).collect::<Vec<_>>(),
            ["admin@test.example", "manager@test.example", "new@test.example"]
        );
        let log = world.backend.audit_log(&admin, Some(tenant.id), None, 10).await.unwrap().items;
        let made = log.iter().find(|entry| entry.action == "user.create").unwrap();
        assert_eq!((made.by.as_str(), made.target.as_str()), ("admin One", &*created.user.id.to_string()));
    })
    .await;
}

#[tokio::test]
async fn the_plan_limits_users_who_are_not_disabled() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Free).await;
        let console = Identity::console();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..6 {
            let (backend, new) =
                (world.backend.clone(), new(&tenant, &format!("u{n}@test.example"), Role::Agent));
            tasks.spawn(async move { backend.create_user(&Identity::console(), new).await });
        }
        let results = tasks.join_all().await;
        let (created, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(created.len(), 3);
        for refused in refused {
            let refusal = refused.unwrap_err().refusal();
            assert_eq!((refusal.code, refusal.limit), (Code::LimitReached, Some(3)));
        }
        let one = created.into_iter().next().unwrap().unwrap().user.id;
        world.backend.disable_user(&console, one).await.unwrap();
        world.backend.create_user(&console, new(&tenant, "next@test.example", Role::Agent)).await.unwrap();
        assert_eq!(code(world.backend.enable_user(&console, one).await), Code::LimitReached);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_may_come_back() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        world.user(&tenant, "agent@test.example", Role::Agent).await;
        let signed_in = world.sign_in("agent@test.example").await;
        let mut changes = world.backend.changes();
        let disabled = world.backend.disable_user(&admin, signed_in.user.id).await.unwrap();
        assert!(disabled.disabled);
        assert!(world.backend.verify(&signed_in.access_token).is_err());
        assert_eq!(code(world.backend.refresh(&signed_in.refresh_token, None).await), Code::Unauthorized);
        let login = world.backend.login("agent@test.example", PASSWORD, &device()).await;
        assert_eq!(code(login), Code::Unauthorized);
        assert!(matches!(
            heard(&mut changes).as_slice(),
            [Change::Revoked { .. }, Change::UserDisabled { .. }]
        ));
        world.backend.enable_user(&admin, signed_in.user.id).await.unwrap();
        world.sign_in("agent@test.example").await;
    })
    .await;
}

#[tokio::test]
async fn of_two_admins_who_disable_each_other_one_stays() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let one = world.staff(&tenant, "one@test.example", Role::Admin).await;
        let two = world.staff(&tenant, "two@test.example", Role::Admin).await;
        let (a, b) = tokio::join!(
            world.backend.disable_user(&one, two.user().unwrap()),
            world.backend.disable_user(&two, one.user().unwrap()),
        );
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        won.unwrap();
        assert_eq!(code(lost), Code::WrongState);
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_does_not_outlive_what_happens_meanwhile() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let one = world.user(&tenant, "one@test.example", Role::Agent).await;
        let two = world.user(&tenant, "two@test.example", Role::Agent).await;
        let device = device();
        let (during_disable, disabled) = tokio::join!(
            world.backend.login("one@test.example", PASSWORD, &device),
            world.backend.disable_user(&admin, one.id),
        );
        let (during_reset, reset) = tokio::join!(
            world.backend.login("two@test.example", PASSWORD, &device),
            world.backend.reset_password(&admin, two.id, None),
        );
        disabled.unwrap();
        reset.unwrap();
        for signed_in in [during_disable, during_reset] {
            match signed_in {
                Ok(first) => assert!(world.backend.verify(&first.access_token).is_err()),
                refused => assert_eq!(code(refused), Code::Unauthorized),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_password_signs_all_devices_out() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        let id = agent.user().unwrap();
        assert_eq!(
            code(world.backend.reset_password(&agent, admin.user().unwrap(), None).await),
            Code::Forbidden
        );
        let password = world.backend.reset_password(&admin, id, None).await.unwrap();
        assert!(world.backend.still_valid(&agent).is_err());
        let old = world.backend.login("agent@test.example", PASSWORD, &device()).await;
        assert_eq!(code(old), Code::Unauthorized);
        world.backend.login("agent@test.example", &password, &device()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_role_ends_what_the_one_before_allowed() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let second = world.user(&tenant, "second@test.example", Role::Admin).await;
        let held = world.sign_in("second@test.example").await;
        let mut changes = world.backend.changes();
        let manager = world.staff(&tenant, "manager@test.example", Role::Manager).await;
        assert_eq!(code(world.backend.set_role(&manager, second.id, Role::Agent).await), Code::Forbidden);
        for wrong in [Role::Operator, Role::Visitor, Role::System] {
            assert_eq!(code(world.backend.set_role(&admin, second.id, wrong).await), Code::BadRequest);
        }
        let demoted = world.backend.set_role(&admin, second.id, Role::Agent).await.unwrap();
        assert_eq!(demoted.role, Role::Agent);
        assert!(matches!(heard(&mut changes).as_slice(), [Change::Revoked { .. }]));
        assert!(world.backend.verify(&held.access_token).is_err());
        assert!(world.backend.refresh(&held.refresh_token, None).await.is_err());
        let again = world.sign_in("second@test.example").await;
        assert_eq!(world.backend.verify(&again.access_token).unwrap().role, Role::Agent);
        let own = admin.user().unwrap();
        assert_eq!(code(world.backend.set_role(&admin, own, Role::Agent).await), Code::WrongState);
        let log = world.backend.audit_log(&admin, Some(tenant.id), None, 50).await.unwrap().items;
        let noted = log.iter().find(|entry| entry.action == "user.role").unwrap();
        assert_eq!(noted.target, format!("{} admin to agent", second.id));
    })
    .await;
}
