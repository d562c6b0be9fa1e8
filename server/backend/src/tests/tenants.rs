//! What tenants may use, and who hears when it changes.

use super::{code, heard, on_each_database};
use crate::{Backend, BackendConfig, Change, Identity, plans::Plan, tenants::Theme};
use tincan_signaling::{
    CallId, Code,
    event::{MediaKind, Role},
};
use uuid::Uuid;

/// The id of a call that there was not yet.
fn call() -> CallId {
    CallId(Uuid::now_v7())
}

#[tokio::test]
async fn settings_narrow_and_everybody_hears_of_it() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        let grant = world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await.unwrap();
        assert_eq!(grant.ring_ms, 60_000);
        let video = world.backend.authorize_call(tenant.id, call(), MediaKind::Video, 0).await;
        assert_eq!(code(video), Code::NotEntitled);
        assert_eq!(
            code(world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 50).await),
            Code::LimitReached
        );
        assert_eq!(code(world.backend.set_voice(&agent, tenant.id, false).await), Code::Forbidden);
        let mut changes = world.backend.changes();
        let view = world.backend.set_voice(&admin, tenant.id, false).await.unwrap();
        assert!(!view.entitlements.voice_enabled && !view.voice_switch);
        assert_eq!(heard(&mut changes)[0], Change::Entitlements { tenant: tenant.id });
        assert_eq!(
            code(world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await),
            Code::VoiceNotEnabled
        );
        let config = world.backend.widget_config(&tenant.key).await.unwrap();
        assert!(!config.features.voice_enabled);
        world.backend.set_voice(&admin, tenant.id, true).await.unwrap();
        world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_relay_needs_to_be_there_and_in_the_plan() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let turn = async |backend: &Backend| {
            backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await.unwrap().turn
        };
        assert!(!turn(&world.backend).await, "none is configured");
        let config = BackendConfig { turn_configured: true, ..world.config.clone() };
        let with_relay = Backend::open(config, world.clock.clone()).await.unwrap();
        assert!(turn(&with_relay).await);
        with_relay.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_setting_cannot_give_what_the_plan_does_not() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Free).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        assert_eq!(code(world.backend.set_voice(&admin, tenant.id, true).await), Code::VoiceNotEnabled);
        assert_eq!(
            code(world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await),
            Code::VoiceNotEnabled
        );
        assert_eq!(code(world.backend.set_plan(&admin, tenant.id, Plan::Premium).await), Code::Forbidden);
        world.backend.set_plan(&Identity::console(), tenant.id, Plan::Premium).await.unwrap();
        world.backend.authorize_call(tenant.id, call(), MediaKind::Audio, 0).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_another_process_changes_is_taken_in() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let agent = world.staff(&tenant, "agent@test.example", Role::Agent).await;
        world.backend.entitlements(tenant.id).await.unwrap();
        let cli = world.reopened().await;
        cli.set_voice(&admin, tenant.id, false).await.unwrap();
        cli.add_origin(&admin, tenant.id, "shop.example").await.unwrap();
        cli.disable_user(&admin, agent.user().unwrap()).await.unwrap();
        world.backend.take_in_changes().await.unwrap();
        assert!(!world.backend.entitlements(tenant.id).await.unwrap().voice_enabled);
        assert!(world.backend.origin_allowed(tenant.id, "https://shop.example").await.unwrap());
        assert!(world.backend.still_valid(&agent).is_err());
    })
    .await;
}

#[tokio::test]
async fn sites_are_added_in_one_form_and_removed() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let admin = world.staff(&tenant, "admin@test.example", Role::Admin).await;
        let manager = world.staff(&tenant, "manager@test.example", Role::Manager).await;
        let mut changes = world.backend.changes();
        for _ in 0..2 {
            let kept =
                world.backend.add_origin(&admin, tenant.id, "https://Shop.example/cart").await.unwrap();
            assert_eq!(kept, "https://shop.example");
        }
        assert!(heard(&mut changes).contains(&Change::Origins { tenant: tenant.id }));
        assert_eq!(world.backend.origins(tenant.id).await.unwrap(), ["https://shop.example"]);
        assert_eq!(code(world.backend.add_origin(&manager, tenant.id, "x.example").await), Code::Forbidden);
        assert_eq!(code(world.backend.remove_origin(&admin, tenant.id, "x.example").await), Code::NotFound);
        world.backend.remove_origin(&admin, tenant.id, "https://shop.example").await.unwrap();
        assert!(!world.backend.origin_allowed(tenant.id, "https://shop.example").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_theme_has_bounds_and_an_unknown_key_names_nobody() {
    on_each_database(async |world| {
        let tenant = world.tenant(Plan::Premium).await;
        let console = Identity::console();
        let theme = Theme { hue: 48, chroma: 0.12, launcher: Some(" Ask us ".into()) };
        let view = world.backend.set_theme(&console, tenant.id, theme.clone()).await.unwrap();
        assert_eq!(view.theme, Theme { launcher: Some("Ask us".into()), ..theme.clone() });
        for wrong in [
            Theme { hue: 360, ..theme.clone() },
            Theme { chroma: 0.2, ..theme.clone() },
            Theme { chroma: f64::NAN, ..theme.clone() },
            Theme { launcher: Some("x".repeat(41)), ..theme },
        ] {
            assert_eq!(code(world.backend.set_theme(&console, tenant.id, wrong).await), Code::BadRequest);
        }
        assert_eq!(world.backend.tenant_by_key(&tenant.key).await.unwrap(), tenant.id);
        assert_eq!(code(world.backend.tenant_by_key("tc_unknown").await), Code::NotFound);
        assert_eq!(code(world.backend.widget_session("tc_unknown", None).await), Code::NotFound);
        assert_eq!(world.backend.unready().await, []);
        assert!(world.backend.authorize_turn(&world.visitor(&tenant).await.0).await.is_ok());
        assert_eq!(code(world.backend.authorize_turn(&console).await), Code::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn a_database_is_looked_at_without_making_one() {
    on_each_database(async |world| {
        let there = crate::Backend::inspect(&world.config).await.unwrap();
        assert_eq!((there.exists, there.pending_migrations), (true, 0));
        let empty = tempfile::tempdir().unwrap();
        let config = crate::BackendConfig::new(empty.path(), "http://127.0.0.1:7000");
        assert!(!crate::Backend::inspect(&config).await.unwrap().exists);
        assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
        let gone = world.reopened().await;
        gone.close().await;
        assert_eq!(gone.unready().await[0].code, "database-unreachable");
    })
    .await;
}
