//! What `tincan demo` starts with: three tenants, their people, and passwords that stay the same
//! from start to start.

use crate::{
    Backend, Identity, Refused, Result, accounts::NewUser, plans::Plan, private_file, secrets, tenants::Theme,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use tincan_signaling::{Code, TenantId, event::Role};

/// Everything somebody needs to try the demo. As JSON it is part of what `tincan demo --json` prints.
#[derive(Clone, Serialize, Deserialize)]
pub struct Demo {
    /// A premium tenant with voice.
    pub tenant_key: String,
    pub agents: Vec<Credentials>,
    pub manager: Credentials,
    pub admin: Credentials,
    /// Another premium tenant with voice.
    pub other_tenant: DemoTenant,
    /// One on the free plan, without voice.
    pub free_tenant: DemoTenant,
}

/// One of the smaller tenants.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoTenant {
    pub tenant_key: String,
    pub agents: Vec<Credentials>,
}

/// With what somebody signs in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub email: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// What is kept in the data directory between starts.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    users: Vec<Credentials>,
    /// What the demo put on the tenants' lists, to take it away when the address changes.
    origins: Vec<String>,
}

/// Makes what is missing of the demo and puts exactly `origins` on its tenants' lists, beside what
/// their admins added. Passwords are random, made at the first start, and kept in the data
/// directory for their owner alone.
pub async fn seed(backend: &Backend, origins: &[String]) -> Result<Demo> {
    let mut seeding = Seeding { backend, by: Identity::console(), kept: read(backend)? };
    let (main, main_key) = seeding.tenant("Fennel & Rye", Plan::Premium, 48).await?;
    let (other, other_key) = seeding.tenant("Harbour Bikes", Plan::Premium, 218).await?;
    let (free, free_key) = seeding.tenant("Moss Lane Books", Plan::Free, 150).await?;
    let demo = Demo {
        tenant_key: main_key,
        agents: vec![
            seeding.user(main, "agent.one@fennel-and-rye.example", "Agent One", Role::Agent).await?,
            seeding.user(main, "agent.two@fennel-and-rye.example", "Agent Two", Role::Agent).await?,
        ],
        manager: seeding.user(main, "manager@fennel-and-rye.example", "Manager", Role::Manager).await?,
        admin: seeding.user(main, "admin@fennel-and-rye.example", "Admin", Role::Admin).await?,
        other_tenant: DemoTenant {
            tenant_key: other_key,
            agents: vec![
                seeding.user(other, "agent@harbour-bikes.example", "Agent Three", Role::Agent).await?,
            ],
        },
        free_tenant: DemoTenant {
            tenant_key: free_key,
            agents: vec![
                seeding.user(free, "agent@moss-lane-books.example", "Agent Four", Role::Agent).await?,
            ],
        },
    };
    for tenant in [main, other, free] {
        seeding.origins(tenant, origins).await?;
    }
    seeding.kept.origins = origins.to_vec();
    write(backend, &seeding.kept)?;
    Ok(demo)
}

struct Seeding<'a> {
    backend: &'a Backend,
    by: Identity,
    kept: Kept,
}

impl Seeding<'_> {
    async fn tenant(&self, name: &str, plan: Plan, hue: u16) -> Result<(TenantId, String)> {
        let all = self.backend.tenants(&self.by).await?;
        if let Some(tenant) = all.into_iter().find(|tenant| tenant.name == name) {
            return Ok((tenant.id, tenant.key));
        }
        let tenant = self.backend.create_tenant(&self.by, name, plan).await?;
        let theme = Theme { hue, ..tenant.theme };
        self.backend.set_theme(&self.by, tenant.id, theme).await?;
        Ok((tenant.id, tenant.key))
    }

    async fn user(&mut self, tenant: TenantId, email: &str, name: &str, role: Role) -> Result<Credentials> {
        let kept = self.kept.users.iter().find(|user| user.email == email).cloned();
        let credentials = match &kept {
            Some(kept) => kept.clone(),
            None => self.fresh(email)?,
        };
        let user = match self.backend.user_by_email(&self.by, email).await {
            Ok(user) => user,
            Err(refused) if refused.code() == Code::NotFound => {
                let new = NewUser {
                    tenant: Some(tenant),
                    email: email.to_owned(),
                    name: name.to_owned(),
                    role,
                    password: Some(credentials.password.clone()),
                };
                self.backend.create_user(&self.by, new).await?;
                return Ok(credentials);
            }
            Err(refused) => return Err(refused),
        };
        if kept.is_none() {
            // The file was lost, the user was not.
            self.backend.reset_password(&self.by, user.id, Some(&credentials.password)).await?;
        }
        Ok(credentials)
    }

    /// A fresh password, kept before a user has it.
    fn fresh(&mut self, email: &str) -> Result<Credentials> {
        let fresh = Credentials { email: email.to_owned(), password: secrets::password() };
        self.kept.users.push(fresh.clone());
        write(self.backend, &self.kept)?;
        Ok(fresh)
    }

    async fn origins(&self, tenant: TenantId, wanted: &[String]) -> Result<()> {
        let listed = self.backend.origins(tenant).await?;
        for origin in self.kept.origins.iter().filter(|origin| !wanted.contains(origin)) {
            if listed.contains(origin) {
                self.backend.remove_origin(&self.by, tenant, origin).await?;
            }
        }
        for origin in wanted.iter().filter(|origin| !listed.contains(origin)) {
            self.backend.add_origin(&self.by, tenant, origin).await?;
        }
        Ok(())
    }
}

fn read(backend: &Backend) -> Result<Kept> {
    let path = backend.inner.config.data_dir.join(FILE);
    let Some(text) = private_file::read(&path).map_err(Refused::internal)? else {
        return Ok(Kept::default());
    };
    // Not the parser's own words: they might quote the file.
    serde_json::from_str(&text).map_err(|_| Refused::internal(format!("{} is damaged", path.display())))
}

fn write(backend: &Backend, kept: &Kept) -> Result<()> {
    let text = serde_json::to_vec_pretty(kept).map_err(Refused::internal)?;
    private_file::write(&backend.inner.config.data_dir.join(FILE), &text).map_err(Refused::internal)
}

const FILE: &str = "demo.json";
