//! A server for one test, and the people who use it.

use crate::site;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;
use tincan::{
    assets::Assets,
    config::{self, Config, PublicUrl},
    demo::SamplePages,
    listeners::Listeners,
    parts,
    server::Server,
    state::AppState,
};
use tincan_backend::{
    Backend, Clock,
    demo::{Credentials, Demo, seed},
};
use tokio::{sync::oneshot, task::JoinHandle};

/// A running server with the demo's tenants.
pub(crate) struct TestApp {
    pub(crate) url: PublicUrl,
    pub(crate) backend: Backend,
    pub(crate) demo: Demo,
    pub(crate) client: Client,
    pub(crate) state: AppState,
    stop: oneshot::Sender<()>,
    served: JoinHandle<anyhow::Result<()>>,
    folder: TempDir,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with some settings of its own, as pairs of key and text.
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        Self::on(Clock::system(), settings).await
    }

    /// A server on a clock of its own.
    pub(crate) async fn on(clock: Clock, settings: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = settings_in(&folder, settings);
        site::build(&config.site_root());
        let assets = Assets::read(&config.site_root()).unwrap();
        let listeners = Listeners::bind(&config.listen).unwrap();
        let url = config.public_url_on(listeners.port);
        let backend = Backend::open(parts::backend_config(&config, &url), clock).await.unwrap();
        let demo = seed(&backend, &[url.sample_site()]).await.unwrap();
        let sample = SamplePages::read(&assets, &url, &demo.tenant_key).unwrap();
        let state = parts::build(config, url.clone(), backend.clone(), assets, Some(sample)).await.unwrap();
        let server = Server::start(state.clone(), listeners, None).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.run_until(async move {
            let _gone = stopped.await;
        }));
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { url, backend, demo, client, state, stop, served, folder }
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let _gone = self.stop.send(());
        self.served.await.unwrap()
    }

    /// The data directory of the server.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// A POST as our own pages make it.
    pub(crate) fn own_post(&self, path: &str) -> RequestBuilder {
        self.post(path).header(ORIGIN, self.url.origin())
    }

    pub(crate) async fn sign_in(&self, who: &Credentials) -> SignedIn {
        let body = json!({"email": who.email, "password": who.password});
        let answer = self.own_post("/api/auth/login").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookies = cookies(answer.headers());
        SignedIn { cookies, body: answer.json().await.unwrap() }
    }

    pub(crate) async fn agent(&self) -> SignedIn {
        self.sign_in(&self.demo.agents[0]).await
    }
}

/// Somebody who has signed in.
pub(crate) struct SignedIn {
    /// As a browser sends them back.
    pub(crate) cookies: String,
    pub(crate) body: Value,
}

impl SignedIn {
    pub(crate) fn token(&self) -> &str {
        self.body["access_token"].as_str().unwrap()
    }
}

/// `name=value` of every cookie that an answer set.
pub(crate) fn cookies(headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    set.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

/// A refusal: its status and its body, which is a problem with that code.
pub(crate) async fn problem(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert!(body["detail"].as_str().is_some_and(|words| !words.is_empty()), "{body}");
    (status, body)
}

/// Status and code of a refusal.
pub(crate) async fn refusal(request: RequestBuilder) -> (u16, String) {
    let (status, body) = problem(request).await;
    (status, body["code"].as_str().unwrap().to_owned())
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn with_cookies(request: RequestBuilder, who: &SignedIn) -> RequestBuilder {
    request.header(COOKIE, &who.cookies)
}

fn settings_in(folder: &TempDir, settings: &[(&'static str, &str)]) -> Config {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let defaults =
        vec![("data_dir", path("data")), ("site_root", path("site")), ("listen.port", "0".to_owned())];
    let settings = settings.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
    config::load(None, [], defaults, settings).unwrap()
}
