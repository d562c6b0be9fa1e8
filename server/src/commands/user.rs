//! `tincan user create | list | disable | enable | set-role | reset-password`.

use super::in_words;
use crate::cli::{self, Settings};
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use std::{
    io::{self, BufRead},
    process::ExitCode,
};
use tincan_backend::{
    Backend, Identity,
    accounts::{NewUser, UserView},
};
use tincan_signaling::{TenantId, event::Role};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a user; the password is made and shown once, or read from standard input
    Create {
        #[arg(long)]
        email: String,
        /// The name that colleagues and visitors see
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "agent")]
        role: UserRole,
        /// The tenant's public key; not needed while there is only one tenant
        #[arg(long, value_name = "KEY")]
        tenant: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the users of a tenant
    List {
        /// The tenant's public key; not needed while there is only one tenant
        #[arg(long, value_name = "KEY")]
        tenant: Option<String>,
    },
    /// Take all rights from a user at once
    Disable { email: String },
    /// Let a disabled user sign in again
    Enable { email: String },
    /// Make a user an agent, a manager or an admin; signs their devices out
    SetRole { email: String, role: UserRole },
    /// Give a user a new password; made and shown once, or read from standard input
    ResetPassword {
        email: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

/// What a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UserRole {
    Agent,
    Manager,
    Admin,
    /// Of the instance, not of a tenant
    Operator,
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Agent => Self::Agent,
            UserRole::Manager => Self::Manager,
            UserRole::Admin => Self::Admin,
            UserRole::Operator => Self::Operator,
        }
    }
}

/// Does it and says what came of it.
pub async fn run(settings: &Settings, verb: Verb) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    let backend = super::backend(&config).await?;
    let outcome = act(&backend, verb).await;
    backend.close().await;
    cli::say(outcome?)?;
    Ok(ExitCode::SUCCESS)
}

async fn act(backend: &Backend, verb: Verb) -> anyhow::Result<String> {
    match verb {
        Verb::Create { email, name, role, tenant, password_stdin } => {
            let tenant = match role {
                UserRole::Operator => None,
                UserRole::Agent | UserRole::Manager | UserRole::Admin => {
                    Some(one_tenant(backend, tenant.as_deref()).await?)
                }
            };
            let password = password_stdin.then(read_password).transpose()?;
            create(backend, NewUser { tenant, email, name, role: role.into(), password }).await
        }
        Verb::List { tenant } => {
            let tenant = one_tenant(backend, tenant.as_deref()).await?;
            list(backend, tenant).await
        }
        Verb::Disable { email } => {
            let (by, user) = find(backend, &email).await?;
            backend.disable_user(&by, user.id).await.map_err(in_words)?;
            Ok(format!("{} can no longer sign in.", user.email))
        }
        Verb::Enable { email } => {
            let (by, user) = find(backend, &email).await?;
            backend.enable_user(&by, user.id).await.map_err(in_words)?;
            Ok(format!("{} can sign in again.", user.email))
        }
        Verb::SetRole { email, role } => {
            let (by, user) = find(backend, &email).await?;
            let user = backend.set_role(&by, user.id, role.into()).await.map_err(in_words)?;
            Ok(format!("{} has the role {} from the next sign-in on.", user.email, user.role.as_str()))
        }
        Verb::ResetPassword { email, password_stdin } => {
            let (by, user) = find(backend, &email).await?;
            let password = password_stdin.then(read_password).transpose()?;
            let given = password.as_deref();
            let new = backend.reset_password(&by, user.id, given).await.map_err(in_words)?;
            Ok(match password {
                Some(_) => format!("{} has a new password.", user.email),
                None => format!("The new password of {}, shown this once: {new}", user.email),
            })
        }
    }
}

async fn create(backend: &Backend, new: NewUser) -> anyhow::Result<String> {
    let made = backend.create_user(&Identity::console(), new).await.map_err(in_words)?;
    let email = &made.user.email;
    Ok(match made.password {
        Some(password) => format!("Made {email}. The password, shown this once: {password}"),
        None => format!("Made {email}."),
    })
}

async fn list(backend: &Backend, tenant: TenantId) -> anyhow::Result<String> {
    let users = backend.list_users(&Identity::console(), tenant).await.map_err(in_words)?;
    let mut lines = vec![format!("{:<32} {:<10} {:<9} NAME", "EMAIL", "ROLE", "")];
    lines.extend(users.iter().map(line));
    Ok(lines.join("\n"))
}

fn line(user: &UserView) -> String {
    let disabled = if user.disabled { "disabled" } else { "" };
    format!("{:<32} {:<10} {disabled:<9} {}", user.email, user.role.as_str(), user.name)
}

async fn find(backend: &Backend, email: &str) -> anyhow::Result<(Identity, UserView)> {
    let by = Identity::console();
    let user = backend.user_by_email(&by, email).await.map_err(in_words)?;
    Ok((by, user))
}

/// The tenant of that key, or the only one there is.
async fn one_tenant(backend: &Backend, key: Option<&str>) -> anyhow::Result<TenantId> {
    if let Some(key) = key {
        return backend.tenant_by_key(key).await.map_err(in_words);
    }
    let tenants = backend.tenants(&Identity::console()).await.map_err(in_words)?;
    match tenants.as_slice() {
        [only] => Ok(only.id),
        [] => bail!("there is no tenant yet; first: tincan tenant create \"My company\""),
        _ => bail!("there are several tenants; add --tenant KEY (tincan tenant list shows them)"),
    }
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
