//! `tincan demo`: a whole Tincan with sample data, on this machine, in one command.

use super::{in_words, stop};
use crate::{
    assets::Assets,
    cli::{self, Settings},
    config::{MetricsListener, Overrides, PublicUrl},
    demo::SamplePages,
    exporter,
    listeners::Listeners,
    logging, parts,
    server::Server,
};
use anyhow::Context;
use clap::Args;
use serde::Serialize;
use std::{fmt, path::Path, process::ExitCode};
use tincan_backend::demo::{Credentials, Demo, DemoTenant, seed};

/// What only the demo is asked.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one line of JSON instead of words, once the server is ready
    #[arg(long)]
    pub json: bool,
}

/// Runs the demo until it is told to stop.
pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let config = settings.load_apart(defaults())?;
    logging::start(&config.log)?;
    let assets = Assets::read(&config.site_root())?;
    let listeners = Listeners::bind(&config.listen)
        .context("choose another port with --port N (0 picks a free one), or stop the program that has it")?;
    let public_url = config.public_url_on(listeners.port);
    let backend = parts::open_backend(&config, &public_url).await?;
    let demo = seed(&backend, &[public_url.sample_site()]).await.map_err(in_words)?;
    let sample = SamplePages::read(&assets, &public_url, &demo.tenant_key)?;
    if let MetricsListener::On(address) = config.metrics.listen {
        exporter::start(address).await?;
    }
    let (tls, data_dir) = (config.tls.clone(), config.data_dir.clone());
    let demo_url = sample.url();
    let state = parts::build(config, public_url.clone(), backend, assets, Some(sample)).await?;
    let stop = stop::asked()?;
    let server = Server::start(state, listeners, tls.as_ref()).await?;
    if options.json {
        cli::say(serde_json::to_string(&Line::new(&public_url, &demo_url, &demo))?)?;
    } else {
        let words = Words { url: &public_url, demo_url: &demo_url, demo: &demo, data: &data_dir };
        cli::say(words)?;
    }
    server.run_until(stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// A demo keeps its data apart, opens no further listener and is quiet.
fn defaults() -> Overrides {
    vec![
        ("data_dir", "data/demo".to_owned()),
        ("metrics.listen", "off".to_owned()),
        ("log.filter", "warn".to_owned()),
    ]
}

/// What programs are told.
#[derive(Serialize)]
struct Line<'a> {
    url: &'a str,
    demo_url: &'a str,
    tenant_key: &'a str,
    agents: &'a [Credentials],
    admin: &'a Credentials,
    other_tenant: &'a DemoTenant,
    free_tenant: &'a DemoTenant,
}

impl<'a> Line<'a> {
    fn new(url: &'a PublicUrl, demo_url: &'a str, demo: &'a Demo) -> Self {
        Self {
            url: url.origin(),
            demo_url,
            tenant_key: &demo.tenant_key,
            agents: &demo.agents,
            admin: &demo.admin,
            other_tenant: &demo.other_tenant,
            free_tenant: &demo.free_tenant,
        }
    }
}

/// What people are told.
struct Words<'a> {
    url: &'a PublicUrl,
    demo_url: &'a str,
    demo: &'a Demo,
    data: &'a Path,
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, demo_url, demo, data } = self;
        writeln!(f, "\nTincan is running. Open two windows:\n")?;
        writeln!(f, "  1. The team    {url}/dashboard")?;
        writeln!(f, "                 sign in as an agent and press Ready")?;
        writeln!(f, "  2. A visitor   {demo_url}")?;
        writeln!(f, "                 press Open chat, then Call\n")?;
        writeln!(f, "Sign in as\n")?;
        for agent in &demo.agents {
            person(f, "agent", agent)?;
        }
        person(f, "manager", &demo.manager)?;
        person(f, "admin", &demo.admin)?;
        for agent in &demo.other_tenant.agents {
            person(f, "agent of another tenant", agent)?;
        }
        for agent in &demo.free_tenant.agents {
            person(f, "agent of a free tenant", agent)?;
        }
        writeln!(f, "\nThe data is in {}. Ctrl+C stops the demo.", data.display())
    }
}

fn person(f: &mut fmt::Formatter<'_>, role: &str, who: &Credentials) -> fmt::Result {
    writeln!(f, "  {:<24} {:<32} {}", role, who.email, who.password)
}
