//! Rights that end while somebody is in: sockets close, tokens end, and two tabs stay.

use super::{
    scene::{Scene, Who},
    sockets::Socket,
};
use crate::app::{SignedIn, cookies, refusal, refused};
use futures::future::join_all;
use reqwest::{
    StatusCode,
    header::{COOKIE, ORIGIN},
};
use std::time::Duration;
use tincan_backend::Identity;
use tincan_signaling::event::Role;

/// A refresh cookie alone, and an access token.
struct Held {
    refresh: String,
    access: String,
}

fn refresh_of(cookies: &str) -> String {
    cookies.split("; ").find(|cookie| cookie.starts_with("__Secure-")).unwrap().to_owned()
}

async fn renew(scene: &Scene, refresh: &str) -> Result<Held, (u16, String)> {
    let request = scene.app.own_post("/api/auth/refresh").header(COOKIE, refresh);
    let answer = request.try_clone().unwrap().send().await.unwrap();
    if answer.status() != StatusCode::OK {
        return Err(refusal(request).await);
    }
    let refresh = refresh_of(&cookies(answer.headers()));
    let body: serde_json::Value = answer.json().await.unwrap();
    Ok(Held { refresh, access: body["access_token"].as_str().unwrap().to_owned() })
}

async fn in_the_lobby(scene: &Scene, who: &SignedIn) -> Socket {
    let mut socket = Socket::open(scene, "/realtime/v1/websocket", "dashboard", None).await.unwrap();
    socket.join(&scene.lobby(), who.token()).await;
    socket
}

#[tokio::test]
async fn whoever_loses_the_right_is_out_at_once() {
    let scene = Scene::start().await;
    let backend = &scene.app.backend;
    let console = Identity::console();
    for what in ["signed out", "disabled", "demoted", "a new password", "logged out", "logged out by token"] {
        let email = format!("{}@fennel-and-rye.example", what.replace(' ', "-"));
        let (user, held) = scene.colleague(&email, Role::Admin).await;
        let mut socket = in_the_lobby(&scene, &held).await;
        let sid = backend.verify(held.token()).unwrap().sid;
        let out = scene.app.own_post("/api/auth/logout");
        match what {
            "signed out" => backend.revoke_session(&console, sid).await.unwrap(),
            "disabled" => drop(backend.disable_user(&console, user).await.unwrap()),
            "demoted" => drop(backend.set_role(&console, user, Role::Agent).await.unwrap()),
            "a new password" => drop(backend.reset_password(&console, user, None).await.unwrap()),
            "logged out" => drop(out.header(COOKIE, &held.cookies).send().await.unwrap()),
            _ => drop(out.bearer_auth(held.token()).send().await.unwrap()),
        }
        assert_eq!(socket.closed().await, Some(1008), "{what}");
        let list = scene.app.get("/api/chat-sessions").bearer_auth(held.token());
        assert_eq!(refusal(list).await, refused(401, "unauthorized"), "{what}");
        let again = renew(&scene, &refresh_of(&held.cookies)).await.map(drop);
        assert_eq!(again, Err(refused(401, "unauthorized")), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tabs_that_renew_at_once_all_stay_and_a_thief_ends_them_all() {
    let scene = Scene::start().await;
    let (user, first) = scene.colleague("tabs@fennel-and-rye.example", Role::Agent).await;
    let mut socket = in_the_lobby(&scene, &first).await;
    let stolen = refresh_of(&first.cookies);

    let tabs = join_all((0..24).map(|_| renew(&scene, &stolen))).await;
    let tabs: Vec<Held> = tabs.into_iter().map(|tab| tab.expect("every tab stays")).collect();
    assert!(tabs.iter().all(|tab| tab.refresh == tabs[0].refresh), "all hold the same successor");
    assert_ne!(tabs[0].refresh, stolen);
    // Some are a step behind the others.
    let mixed = (0..24).map(|n| renew(&scene, if n % 2 == 0 { &stolen } else { &tabs[0].refresh }));
    let mixed = join_all(mixed).await;
    let newest = mixed[1].as_ref().unwrap();
    for (n, tab) in mixed.iter().enumerate() {
        let tab = tab.as_ref().expect("every tab stays");
        assert_eq!(tab.refresh, if n % 2 == 0 { &tabs[0].refresh } else { &newest.refresh }.as_str());
        scene.app.backend.verify(&tab.access).unwrap();
    }
    scene.clock.advance(Duration::from_secs(30));
    assert!(renew(&scene, &stolen).await.is_ok(), "half a minute is not over");

    scene.clock.advance(Duration::from_secs(1));
    assert_eq!(renew(&scene, &stolen).await.map(drop), Err(refused(401, "unauthorized")));
    assert_eq!(socket.closed().await, Some(1008));
    assert_eq!(renew(&scene, &newest.refresh).await.map(drop), Err(refused(401, "unauthorized")));
    let list = scene.app.get("/api/chat-sessions").bearer_auth(&newest.access);
    assert_eq!(refusal(list).await, refused(401, "unauthorized"));

    let log = scene.app.get("/api/audit-log?limit=200").bearer_auth(scene.token(Who::Admin));
    let log: serde_json::Value = log.send().await.unwrap().json().await.unwrap();
    let reused: Vec<_> =
        log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "refresh.reused").collect();
    assert_eq!(reused.len(), 1, "noted once: {log}");
    assert_eq!(
        (&reused[0]["target"], &reused[0]["network"]),
        (&user.to_string().into(), &"127.0.0.0/24".into())
    );
}

#[tokio::test]
async fn a_sign_in_takes_no_token_of_another_site() {
    let scene = Scene::start().await;
    let site = scene.app.url.sample_site();
    let refresh = refresh_of(&scene.admin.cookies);
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        let request = scene.app.post(path).header(COOKIE, &refresh).header(ORIGIN, &site);
        assert_eq!(refusal(request).await, refused(403, "csrf"), "{path}");
    }
    assert!(renew(&scene, &refresh).await.is_ok());
}
