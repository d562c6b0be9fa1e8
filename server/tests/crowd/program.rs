//! The program on a data folder of its own, stopped and started at will, and who is signed in there.

use crate::{net::Token, site};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tincan_backend::{Backend, BackendConfig, Clock, Device, Identity, accounts::NewUser, plans::Plan};
use tincan_signaling::{
    TenantId,
    event::Role,
    id::{SessionId, Sub},
};

const PASSWORD: &str = "correct horse battery";

pub(crate) struct Program {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    pub(crate) tenant: TenantId,
    pub(crate) key: String,
    pub(crate) agents: Vec<(Sub, Token)>,
    pub(crate) visitors: Vec<(Sub, SessionId, Token)>,
}

impl Program {
    /// A folder with a tenant, its agents signed in and visitors on its site; not running yet.
    pub(crate) async fn prepare(agents: usize, visitors: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let backend = open(&folder, port).await;
        let console = Identity::console();
        let tenant = backend.create_tenant(&console, "One", Plan::Premium).await.unwrap();
        let mut program = Self {
            folder,
            port,
            child: None,
            tenant: tenant.id,
            key: tenant.key,
            agents: Vec::new(),
            visitors: Vec::new(),
        };
        for number in 0..agents {
            let email = format!("agent{number}@example.com");
            let new = NewUser {
                tenant: Some(tenant.id),
                email: email.clone(),
                name: format!("Agent {number}"),
                role: Role::Agent,
                password: Some(PASSWORD.to_owned()),
            };
            backend.create_user(&console, new).await.unwrap();
            let signed = backend.login(&email, PASSWORD, &Device::dashboard(None, "test")).await.unwrap();
            let token = Token {
                access: signed.access_token,
                renewal: signed.refresh_token,
                expires_in_s: signed.expires_in,
            };
            program.agents.push((signed.user.id.into(), token));
        }
        for _ in 0..visitors {
            let place = backend.widget_session(&program.key, None).await.unwrap();
            let token = Token { access: place.token, renewal: place.resume, expires_in_s: place.expires_in };
            program.visitors.push((place.visitor_id.into(), place.session_id, token));
        }
        backend.close().await;
        program
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Starts the process and waits until it answers.
    pub(crate) async fn start(&mut self) {
        let site = self.folder.path().join("site");
        if !site.exists() {
            site::build(&site);
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_tincan"));
        command.current_dir(self.folder.path()).arg("serve");
        command.args(["--data-dir", "data", "--port", &self.port.to_string()]);
        command.args(["--public-url", &public_url(self.port)]);
        command.env("TINCAN__SITE_ROOT", site).env("TINCAN__METRICS__LISTEN", "off");
        command.env("TINCAN__LOG__FILTER", "error");
        self.child = Some(command.stdout(Stdio::null()).spawn().unwrap());
        let health = format!("{}/healthz", public_url(self.port));
        let started = Instant::now();
        while !reqwest::get(&health).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(started.elapsed() < Duration::from_secs(30), "the program does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks the process to stop, or kills it, and waits until it is gone.
    pub(crate) async fn stop(&mut self, signal: &str) {
        let Some(mut child) = self.child.take() else { return };
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let asked = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < Duration::from_secs(20), "the program does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The folder as the process left it.
    pub(crate) async fn folder(&self) -> Backend {
        assert!(self.child.is_none(), "first it must stop");
        open(&self.folder, self.port).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // After an orderly stop there is nothing left to end.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

async fn open(folder: &TempDir, port: u16) -> Backend {
    let config = BackendConfig::new(folder.path().join("data"), public_url(port));
    Backend::open(config, Clock::system()).await.unwrap()
}

fn public_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
