//! `tincan tenant create | list | set-plan`.

use super::in_words;
use crate::{
    cli::{self, Settings},
    config::PublicUrl,
};
use anyhow::Context;
use clap::Subcommand;
use std::process::ExitCode;
use tincan_backend::{Backend, Identity, Refused, plans::Plan, tenants::TenantView};

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a tenant
    Create {
        /// Its display name
        #[arg(default_value = "My company")]
        name: String,
        /// What it may use: free or premium
        #[arg(long, default_value = "free", value_parser = plan)]
        plan: Plan,
        /// A site that may show the widget, such as https://www.example.com; may be given often
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
    },
    /// List all tenants
    List,
    /// Change what a tenant may use
    SetPlan {
        /// The tenant's public key
        key: String,
        /// free or premium
        #[arg(value_parser = plan)]
        plan: Plan,
    },
}

fn plan(text: &str) -> Result<Plan, String> {
    text.parse().map_err(|refused: Refused| refused.refusal().reason)
}

/// Does it and says what came of it.
pub async fn run(settings: &Settings, verb: Verb) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    let backend = super::backend(&config).await?;
    let outcome = match verb {
        Verb::Create { name, plan, origins } => {
            create(&backend, &super::public_url(&config), &name, plan, &origins).await
        }
        Verb::List => list(&backend).await,
        Verb::SetPlan { key, plan } => set_plan(&backend, &key, plan).await,
    };
    backend.close().await;
    cli::say(outcome?)?;
    Ok(ExitCode::SUCCESS)
}

async fn create(
    backend: &Backend,
    url: &PublicUrl,
    name: &str,
    plan: Plan,
    origins: &[String],
) -> anyhow::Result<String> {
    let by = Identity::console();
    let tenant = backend.create_tenant(&by, name, plan).await.map_err(in_words)?;
    for origin in origins {
        backend.add_origin(&by, tenant.id, origin).await.map_err(in_words).with_context(|| {
            format!("made the tenant {}, but {origin} is not on its list; add it on /admin", tenant.key)
        })?;
    }
    let key = &tenant.key;
    Ok(format!(
        "Made the tenant {name} on the plan {}. Its public key: {key}\n\n\
         Put this on each page of its site:\n\n    \
         <script async src=\"{url}/embed.js\" data-tenant=\"{key}\"></script>\n\n\
         Make somebody who can sign in:\n\n    \
         tincan user create --tenant {key} --email you@example.com --name \"Your name\" --role admin",
        plan.as_str()
    ))
}

async fn list(backend: &Backend) -> anyhow::Result<String> {
    let tenants = backend.tenants(&Identity::console()).await.map_err(in_words)?;
    if tenants.is_empty() {
        return Ok("No tenant yet. Make one: tincan tenant create \"My company\"".to_owned());
    }
    let mut lines = vec![format!("{:<28} {:<8} {:<6} NAME", "KEY", "PLAN", "VOICE")];
    lines.extend(tenants.iter().map(line));
    Ok(lines.join("\n"))
}

fn line(tenant: &TenantView) -> String {
    let voice = if tenant.entitlements.voice_enabled { "yes" } else { "no" };
    format!("{:<28} {:<8} {voice:<6} {}", tenant.key, tenant.plan.as_str(), tenant.name)
}

async fn set_plan(backend: &Backend, key: &str, plan: Plan) -> anyhow::Result<String> {
    let tenant = backend.tenant_by_key(key).await.map_err(in_words)?;
    let by = Identity::console();
    let tenant = backend.set_plan(&by, tenant, plan).await.map_err(in_words)?;
    let plan = tenant.plan.as_str();
    Ok(format!("{} is on the plan {plan} now. A running server learns it within seconds.", tenant.name))
}
