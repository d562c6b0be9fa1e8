//! Who may not come in: tokens of every wrong kind, good ones of the wrong people, and requests of
//! other sites, at every path and event there is.

mod asks;
mod lost;
mod scene;
mod sockets;
mod tokens;

use crate::app::refused;
use asks::{Ask, Carrier, Door};
use futures::{StreamExt as _, stream};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, ORIGIN},
};
use scene::{Scene, Who};
use serde_json::Value;
use sockets::{Outcome, Socket, Way, knock};
use std::collections::BTreeSet;
use tincan::router::router;
use tincan_backend::Identity;
use tincan_signaling::event::Role;
use tokens::Forge;

#[tokio::test]
async fn the_table_names_every_path_and_method_of_the_router() {
    let scene = Scene::start().await;
    let asks = asks::all(&scene);
    let known: BTreeSet<&str> = asks.iter().map(|ask| ask.path).collect();
    let shown = format!("{:?}", router(scene.app.state.clone()));
    let routed: BTreeSet<&str> = shown.split('"').filter(|text| text.starts_with('/')).collect();
    // The files of the package are one service under three paths; a fallback is no path.
    let routed: BTreeSet<&str> = routed
        .into_iter()
        .filter(|path| !path.contains("axum_fallback"))
        .map(|path| if path.starts_with("/pkg") { "/pkg" } else { path })
        .collect();
    assert_eq!(routed, known, "a path is missing in server/tests/http/doors/asks.rs, or is gone");

    for path in known {
        let same: Vec<&Ask> = asks.iter().filter(|ask| ask.path == path).collect();
        if same.iter().any(|ask| matches!(ask.door, Door::Files | Door::Socket)) {
            continue;
        }
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if same.iter().all(|ask| ask.method != method) {
                let mut ask = same[0].clone();
                ask.method = method;
                let answer = ask.bare(&scene.app).send().await.unwrap();
                let words = answer.text().await.unwrap();
                assert!(words.contains("takes another method"), "{} {path}: {words}", ask.method);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_any_wrong_kind_opens_no_door() {
    let scene = Scene::start().await;
    let forge = Forge::of(&scene.app);
    let good = scene.token(Who::Admin);
    let mut kinds = state_kinds(&scene).await;
    for who in [Who::Admin, Who::Visitor] {
        let token = scene.token(who);
        scene.app.backend.verify(&forge.copy(token)).expect("the forge makes good tokens too");
        kinds.extend(forge.wrong(token));
    }
    let mut witness = Socket::open(&scene, "/realtime/v1/websocket", "dashboard", None).await.unwrap();
    witness.join(&scene.room(), good).await;
    let before = scene.state().await;

    let asks = asks::all(&scene);
    let (scene, kinds) = (&scene, &kinds);
    let over_http = asks.iter().flat_map(|ask| {
        let carried = ask.carriers().iter().map(move |carrier| (ask, *carrier));
        carried.flat_map(move |(ask, carrier)| kinds.iter().map(move |kind| (ask, carrier, kind)))
    });
    let requests = stream::iter(over_http).map(async |(ask, carrier, (kind, token))| {
        let what = format!("a token that {kind}, as {carrier:?} at {} {}", ask.method, ask.path);
        must_be_unauthorized(ask, ask.with(&scene.app, carrier, token), &what).await;
    });
    let asked = requests.buffer_unordered(16).count().await;

    let (room, lobby) = (scene.room(), scene.lobby());
    let paths = asks.iter().filter(|ask| ask.door == Door::Socket).map(|ask| ask.path);
    let topics = [room.as_str(), lobby.as_str()];
    let over_sockets = paths.flat_map(|path| {
        let ways = Way::ALL.into_iter().flat_map(move |way| topics.map(|topic| (path, way, topic)));
        ways.flat_map(|(path, way, topic)| kinds.iter().map(move |kind| (path, way, topic, kind)))
    });
    // Most of them wait for a token that never comes.
    let knocks = stream::iter(over_sockets).map(async |(path, way, topic, (kind, token))| {
        let outcome = knock(scene, path, way, topic, good, token).await;
        assert!(outcome.is_sent_away(), "a token that {kind}, as {way:?} at {path}, {topic}: {outcome:?}");
    });
    let knocked = knocks.buffer_unordered(200).count().await;

    assert!(!witness.heard_anything().await, "somebody spoke in the room");
    assert_eq!(scene.state().await, before, "something was changed");
    println!("{} kinds of tokens: {asked} requests and {knocked} sockets refused", kinds.len());
}

/// Tokens that were good once, and texts that are good for something else.
async fn state_kinds(scene: &Scene) -> Vec<(&'static str, String)> {
    let (backend, console) = (&scene.app.backend, Identity::console());
    let (_, left) = scene.colleague("left@fennel-and-rye.example", Role::Admin).await;
    let sid = backend.verify(left.token()).unwrap().sid;
    backend.revoke_session(&console, sid).await.unwrap();
    let (disabled, disabled_token) = scene.colleague("disabled@fennel-and-rye.example", Role::Admin).await;
    backend.disable_user(&console, disabled).await.unwrap();
    let (demoted, demoted_token) = scene.colleague("demoted@fennel-and-rye.example", Role::Admin).await;
    backend.set_role(&console, demoted, Role::Agent).await.unwrap();
    let refresh = scene.admin.cookies.rsplit_once('=').unwrap().1;
    vec![
        ("is of a device that was signed out", left.token().to_owned()),
        ("is of a user who was disabled", disabled_token.token().to_owned()),
        ("speaks of a role that was taken away", demoted_token.token().to_owned()),
        ("was signed with a key that was dropped", scene.of_dropped_key.clone()),
        ("is a refresh token", refresh.to_owned()),
        ("is a visitor's way back", scene.visitor.resume.clone()),
        ("is a public key", scene.app.demo.tenant_key.clone()),
    ]
}

async fn must_be_unauthorized(ask: &Ask, request: RequestBuilder, what: &str) {
    let answer = request.send().await.unwrap();
    if ask.door == Door::Page {
        assert_eq!(answer.status(), 303, "{what}");
        let way = answer.headers()["location"].to_str().unwrap();
        assert!(way.starts_with("/api/auth/continue?next="), "{what}: {way}");
        return;
    }
    assert_eq!(refusal_of(ask, answer, what).await, refused(401, "unauthorized"), "{what}");
}

/// Status and code of an answer that refuses, in the form that this door has.
async fn refusal_of(ask: &Ask, answer: reqwest::Response, what: &str) -> (u16, String) {
    let status = answer.status().as_u16();
    let kind = answer.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    if ask.door != Door::Function {
        assert_eq!(kind.as_deref(), Some("application/problem+json"), "{what}: {status}");
    }
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: {status} {text}"));
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_token_opens_its_own_doors_alone() {
    let scene = Scene::start().await;
    let before = scene.state().await;
    let asks = asks::all(&scene);
    for who in Who::ALL {
        for ask in asks.iter().filter(|ask| !ask.carriers().is_empty() && ask.door != Door::Page) {
            let may = ask.need.is_met_by(who);
            if may && ask.changes() && ask.door != Door::Api {
                continue;
            }
            for carrier in ask.carriers() {
                let what = format!("{who:?} as {carrier:?} at {} {}", ask.method, ask.path);
                let answer = ask.with(&scene.app, *carrier, scene.token(who)).send().await.unwrap();
                if may {
                    assert!(![401, 403].contains(&answer.status().as_u16()), "{what}");
                } else {
                    assert_eq!(refusal_of(ask, answer, &what).await, refused(403, "forbidden"), "{what}");
                }
            }
        }
        let (room, lobby) = (scene.room(), scene.lobby());
        for (topic, need) in [(&room, asks::Need::Conversation), (&lobby, asks::Need::OwnStaff)] {
            for way in [Way::Key, Way::Subprotocol, Way::Join, Way::EventAfterJoin] {
                let token = scene.token(who);
                let outcome = knock(&scene, "/realtime/v1/websocket", way, topic, token, token).await;
                assert_eq!(
                    outcome == Outcome::In,
                    need.is_met_by(who),
                    "{who:?} {way:?} {topic} {outcome:?}"
                );
                assert!(outcome == Outcome::In || outcome.is_sent_away(), "{who:?} {way:?} {outcome:?}");
            }
        }
    }
    // A good token of somebody else does not take over a channel.
    let (mine, theirs) = (scene.token(Who::Agent), scene.token(Who::Admin));
    let way = Way::EventOnChannel;
    let outcome = knock(&scene, "/realtime/v1/websocket", way, &scene.lobby(), mine, theirs).await;
    assert_eq!(outcome, Outcome::Closed);
    assert_eq!(scene.state().await, before, "something was changed");

    // And they were real doors: who may, gets in.
    for ask in asks.iter().filter(|ask| ask.changes() && !ask.carriers().is_empty()) {
        let answer = ask.with(&scene.app, Carrier::Bearer, scene.token(Who::Admin)).send().await.unwrap();
        // This server has no TURN relay to give credentials for.
        let expected = if ask.path == "/api/turn-credentials" { 503..504 } else { 200..300 };
        assert!(expected.contains(&answer.status().as_u16()), "{}: {answer:?}", ask.path);
    }
    assert_ne!(scene.state().await, before);
}

#[tokio::test]
async fn another_site_changes_nothing_with_somebodys_cookies() {
    let scene = Scene::start().await;
    let before = scene.state().await;
    let ours = scene.app.url.origin();
    let site = scene.app.url.sample_site();
    for ask in asks::all(&scene).iter().filter(|ask| ask.changes()) {
        let sent = |headers: &[(&str, &str)]| {
            let mut request = ask.bare(&scene.app).header(COOKIE, &scene.admin.cookies);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.send()
        };
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            // Also from a site where the widget may stand, and from one that looks like us.
            &[("origin", site.as_str())],
            &[("origin", &format!("{ours}.evil.example"))],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("referer", ours)],
        ] {
            let what = format!("{} with {headers:?}", ask.path);
            let refusal = refusal_of(ask, sent(headers).await.unwrap(), &what).await;
            if ask.door == Door::Fallback {
                // Cookies are not looked at there.
                assert_eq!(refusal, refused(401, "unauthorized"), "{what}");
            } else {
                assert_eq!(refusal, refused(403, "csrf"), "{what}");
            }
        }
        if ask.door != Door::Fallback {
            let foreign = ask.bare(&scene.app).header(ORIGIN, "https://evil.example").send().await.unwrap();
            let refusal = refusal_of(ask, foreign, ask.path).await;
            assert_eq!(refusal, refused(403, "origin-denied"), "{}", ask.path);
        }
    }
    assert_eq!(scene.state().await, before, "something was changed");
}
