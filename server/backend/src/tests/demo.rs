//! The demo's tenants and people, the same from start to start.

use super::{device, on_each_database};
use crate::demo::{self, Demo};
use std::collections::HashSet;
use tincan_signaling::event::Role;

fn everybody(demo: &Demo) -> Vec<(String, String)> {
    let users = demo.agents.iter().chain([&demo.manager, &demo.admin]);
    let users = users.chain(&demo.other_tenant.agents).chain(&demo.free_tenant.agents);
    users.map(|user| (user.email.clone(), user.password.clone())).collect()
}

#[tokio::test]
async fn a_second_start_finds_the_same_demo() {
    on_each_database(async |world| {
        let old = ["http://localhost:7000".to_owned()];
        let new = ["http://localhost:8000".to_owned()];
        let first = demo::seed(&world.backend, &old).await.unwrap();
        let tenant = world.backend.tenant_by_key(&first.tenant_key).await.unwrap();
        let admin = &first.admin;
        let admin = world.backend.login(&admin.email, &admin.password, &device()).await.unwrap();
        let admin = world.backend.verify(&admin.access_token).unwrap();
        assert_eq!((admin.role, admin.tenant), (Role::Admin, Some(tenant)));
        world.backend.add_origin(&admin, tenant, "https://mine.example").await.unwrap();

        let next = world.reopened().await;
        let second = demo::seed(&next, &new).await.unwrap();
        assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
        assert_eq!(next.origins(tenant).await.unwrap(), ["http://localhost:8000", "https://mine.example"]);
        let passwords: HashSet<_> = everybody(&second).into_iter().map(|(_, password)| password).collect();
        assert_eq!(passwords.len(), 6);
        for (key, voice) in [
            (&second.tenant_key, true),
            (&second.other_tenant.tenant_key, true),
            (&second.free_tenant.tenant_key, false),
        ] {
            assert_eq!(next.widget_config(key).await.unwrap().features.voice_enabled, voice);
        }
        next.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_it_prints_lets_everybody_in_even_when_the_file_was_lost() {
    on_each_database(async |world| {
        demo::seed(&world.backend, &[]).await.unwrap();
        let file = world.config.data_dir.join("demo.json");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_file(&file).unwrap();
        let demo = demo::seed(&world.backend, &[]).await.unwrap();
        for (email, password) in everybody(&demo) {
            world.backend.login(&email, &password, &device()).await.unwrap();
        }
    })
    .await;
}
