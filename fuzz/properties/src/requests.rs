//! Bodies of requests: whatever they hold, the answer is never our own failure, and every refusal is
//! a problem with a code.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use std::sync::OnceLock;
use tincan::{assets::Assets, config::Config, listeners::Listeners, parts, router::router};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// What takes a body, and in which form.
const PATHS: [(&str, &str); 8] = [
    ("/api/auth/login", JSON),
    ("/api/auth/refresh", JSON),
    ("/api/auth/logout", JSON),
    ("/login", "application/x-www-form-urlencoded"),
    ("/api/widget/sessions", JSON),
    ("/api/turn-credentials", JSON),
    ("/realtime/v1/api/broadcast", JSON),
    ("/realtime/v1/api/broadcast/chat_session_00000000-0000-7000-8000-000000000000/events/message", JSON),
];

const JSON: &str = "application/json";

struct World {
    runtime: Runtime,
    router: Router,
}

/// The first byte chooses the path, the rest is the body.
pub fn hold(bytes: &[u8]) {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(World::new);
    let Some((which, body)) = bytes.split_first() else { return };
    let (path, form) = PATHS[usize::from(*which) % PATHS.len()];
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, form)
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body.to_vec()))
        .expect("the request is well-formed");
    world.runtime.block_on(async {
        let Ok(response) = world.router.clone().oneshot(request).await;
        let status = response.status();
        assert!(!status.is_server_error(), "{path} answered {status}");
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("the answer has an end");
        if status.is_client_error() && path != "/login" {
            let problem: serde_json::Value = serde_json::from_slice(&body)
                .unwrap_or_else(|_| panic!("{path} answered {status} with {kind:?} that is no JSON"));
            assert!(problem["code"].is_string(), "{path} answered {status} without a code");
        }
    });
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let router = runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder can be made").keep();
            let mut config = Config { data_dir: folder.clone(), ..Config::default() };
            config.listen.port = 0;
            let port = Listeners::bind(&config.listen).expect("a port is free").port;
            let url = config.public_url_on(port);
            let backend = parts::open_backend(&config, &url).await.expect("the backend opens");
            let assets = Assets::unbuilt(&folder);
            let state = parts::build(config, url, backend, assets, None).await.expect("the parts fit");
            router(state)
        });
        Self { runtime, router }
    }
}
