//! The data folder that every world begins with: one tenant, its agents signed in. Made once, since
//! passwords are slow on purpose, and copied for each world.

use super::net::Token;
use std::{path::Path, time::Duration};
use tempfile::TempDir;
use tincan_backend::{Backend, BackendConfig, Clock, Device, Identity, accounts::NewUser, plans::Plan};
use tincan_signaling::{
    event::Role,
    id::{Sub, TenantId, Timestamp},
};

/// When the simulated world begins.
pub(super) const START: Timestamp = Timestamp(1_800_000_000_000);
const AGENTS: usize = 4;
const PASSWORD: &str = "correct horse battery";

pub(super) struct Template {
    folder: TempDir,
    pub(super) tenant: TenantId,
    pub(super) key: String,
    agents: Vec<(Sub, Token)>,
}

impl Template {
    pub(super) fn make() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime can be built").block_on(Self::fill())
    }

    async fn fill() -> Self {
        let folder = folder();
        let mut config = BackendConfig::new(folder.path(), "http://127.0.0.1:1");
        config.access_ttl = Duration::from_secs(240);
        let clock = Clock::of_runtime(START, u32::MAX);
        let backend = Backend::open(config, clock).await.expect("an empty folder opens");
        let console = Identity::console();
        let tenant = backend.create_tenant(&console, "One", Plan::Premium).await.expect("a tenant");
        let mut agents = Vec::new();
        for number in 1..=AGENTS {
            let email = format!("agent{number}@example.com");
            let new = NewUser {
                tenant: Some(tenant.id),
                email: email.clone(),
                name: format!("Agent {number}"),
                role: Role::Agent,
                password: Some(PASSWORD.to_owned()),
            };
            backend.create_user(&console, new).await.expect("a user");
            let signed = backend.login(&email, PASSWORD, &Device::dashboard(None, "simulated")).await;
            let signed = signed.expect("its password is right");
            let token = Token {
                access: signed.access_token,
                renewal: signed.refresh_token,
                expires_in_s: signed.expires_in,
            };
            agents.push((signed.user.id.into(), token));
        }
        backend.close().await;
        Self { folder, tenant: tenant.id, key: tenant.key, agents }
    }

    /// A folder of its own for one world, and who is signed in there.
    pub(super) fn copy(&self) -> (TempDir, Vec<(Sub, Token)>) {
        let copy = folder();
        copy_files(self.folder.path(), copy.path());
        (copy, self.agents.clone())
    }
}

/// In memory where there is such a place: a simulated world shall not wait for a disk.
fn folder() -> TempDir {
    let shared = Path::new("/dev/shm");
    let made = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    made.expect("a folder can be made")
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the template is there") {
        let entry = entry.expect("the template can be read");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a file can be copied");
    }
}
