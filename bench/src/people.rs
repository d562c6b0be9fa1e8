//! The tenants and agents of the bench. Making a password and signing in cost some 20 ms of a core
//! each, on purpose; so they are made once, signed in once, and kept beside the build. So are the
//! visitors' sessions.

use crate::{http, tincan};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tincan_backend::{Backend, BackendConfig, Clock, Identity, Refused, accounts::NewUser, plans::Plan};
use tincan_signaling::event::Role;

/// Everybody there is, in a data directory to be copied for each run.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct People {
    pub(crate) tenants: Vec<Tenant>,
    #[serde(skip)]
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Tenant {
    pub(crate) key: String,
    pub(crate) agents: Vec<Agent>,
    #[serde(default)]
    pub(crate) visitors: Vec<Visitor>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Agent {
    email: String,
    pub(crate) token: String,
    /// When the token was given, in seconds; 0: never.
    #[serde(alias = "signed_in")]
    since: u64,
}

/// A visitor of a tenant's page, with a room of its own.
#[derive(Serialize, Deserialize)]
pub(crate) struct Visitor {
    pub(crate) token: String,
    pub(crate) session: String,
    since: u64,
}

/// How many are needed: so many tenants, and of each so many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) tenants: usize,
    pub(crate) agents: usize,
    pub(crate) visitors: usize,
}

impl People {
    /// Reads who is there, and adds who is missing.
    pub(crate) async fn at_least(folder: &Path, wanted: Wanted) -> Result<Self> {
        let mut people = Self::read(folder)?;
        people.add(wanted.tenants, wanted.agents).await?;
        people.let_in(&wanted).await?;
        Ok(people)
    }

    /// Where their accounts are.
    pub(crate) fn data(&self) -> PathBuf {
        data(&self.folder)
    }

    fn read(folder: &Path) -> Result<Self> {
        let known = match fs::read_to_string(folder.join(LIST)) {
            Ok(text) if data(folder).exists() => serde_json::from_str(&text)?,
            _ => {
                // Half of it is of no use.
                if folder.exists() {
                    fs::remove_dir_all(folder)?;
                }
                fs::create_dir_all(data(folder))?;
                Self::default()
            }
        };
        Ok(Self { folder: folder.to_path_buf(), ..known })
    }

    fn write(&self) -> Result<()> {
        Ok(fs::write(self.folder.join(LIST), serde_json::to_string(self)?)?)
    }

    async fn add(&mut self, tenants: usize, agents: usize) -> Result<()> {
        let missing = |tenant: &Tenant| agents.saturating_sub(tenant.agents.len());
        let new = tenants.saturating_sub(self.tenants.len());
        let count: usize = new * agents + self.tenants.iter().take(tenants).map(missing).sum::<usize>();
        if count == 0 {
            return Ok(());
        }
        crate::progress(&format!("making {count} agents, once"));
        let config = BackendConfig::new(self.data(), tincan::PUBLIC_URL);
        let backend = Backend::open(config, Clock::system()).await?;
        let by = Identity::console();
        for number in self.tenants.len()..tenants {
            let made = backend.create_tenant(&by, &format!("Bench {number}"), Plan::Premium).await;
            self.tenants.push(Tenant {
                key: made.map_err(plain)?.key,
                agents: Vec::new(),
                visitors: Vec::new(),
            });
        }
        for tenant in self.tenants.iter_mut().take(tenants) {
            let id = backend.tenant_by_key(&tenant.key).await.map_err(plain)?;
            let emails = (tenant.agents.len()..agents)
                .map(|n| format!("agent{n}@{}.example", tenant.key.to_lowercase()));
            let made: Vec<String> = stream::iter(emails)
                .map(|email| {
                    let new = NewUser {
                        tenant: Some(id),
                        email: email.clone(),
                        name: "Agent".to_owned(),
                        role: Role::Agent,
                        password: Some(PASSWORD.to_owned()),
                    };
                    let made = backend.create_user(&by, new);
                    async move { made.await.map(|_| email).map_err(plain) }
                })
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            let unsigned = |email| Agent { email, token: String::new(), since: 0 };
            tenant.agents.extend(made.into_iter().map(unsigned));
        }
        backend.close().await;
        self.write()
    }

    /// Gives everybody a token who has none that still lasts a day.
    async fn let_in(&mut self, wanted: &Wanted) -> Result<()> {
        let now = Clock::system().now().0 / 1_000;
        let fresh = |since: u64| now - since <= TOKEN_AGE.as_secs();
        let tenants = || 0..wanted.tenants;
        let out = |people: &Self| {
            let mut agents = tenants().flat_map(|n| people.tenants[n].agents.iter().take(wanted.agents));
            let visitors = tenants().all(|n| {
                let visitors = &people.tenants[n].visitors;
                visitors.len() >= wanted.visitors && visitors.iter().all(|one| fresh(one.since))
            });
            !visitors || agents.any(|agent| !fresh(agent.since))
        };
        if !out(self) {
            return Ok(());
        }
        crate::progress("signing in, once");
        let server = tincan::start(&data(&self.folder)).await?;
        let address = server.address;
        for tenant in self.tenants.iter_mut().take(wanted.tenants) {
            let Tenant { key, agents, visitors } = tenant;
            stream::iter(agents.iter_mut().take(wanted.agents).filter(|agent| !fresh(agent.since)))
                .map(|agent| async move {
                    let body = serde_json::json!({ "email": agent.email, "password": PASSWORD });
                    let answer = http::post(address, "/api/auth/login", &body).await?;
                    agent.token = text(&answer, "access_token")?;
                    agent.since = now;
                    anyhow::Ok(())
                })
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
            visitors.retain(|visitor| fresh(visitor.since));
            let body = serde_json::json!({ "key": key });
            let more: Vec<Visitor> = stream::iter(visitors.len()..wanted.visitors)
                .map(|_| async {
                    let answer = http::post(address, "/api/widget/sessions", &body).await?;
                    let (token, session) = (text(&answer, "token")?, text(&answer, "session_id")?);
                    anyhow::Ok(Visitor { token, session, since: now })
                })
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            visitors.extend(more);
        }
        server.stop().await?;
        self.write()
    }
}

fn text(answer: &serde_json::Value, field: &str) -> Result<String> {
    answer[field].as_str().map(str::to_owned).with_context(|| format!("the answer has no {field}"))
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn plain(refused: Refused) -> anyhow::Error {
    anyhow::anyhow!("{}", refused.refusal().reason)
}

const LIST: &str = "people.json";
/// Of accounts that exist on this machine alone, for the length of a bench.
const PASSWORD: &str = "for the bench alone";
/// The server of the bench gives tokens for a week.
const TOKEN_AGE: Duration = Duration::from_hours(6 * 24);
const AT_ONCE: usize = 4;
