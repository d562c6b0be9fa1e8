//! `tincan serve`.

use super::stop;
use crate::{
    assets::Assets,
    cli::{self, Settings},
    config::{Config, MetricsListener, file_in_use},
    exporter,
    listeners::Listeners,
    logging, parts,
    server::Server,
};
use anyhow::Context;
use std::process::ExitCode;
use tincan_backend::Identity;

/// Runs the server until it is told to stop. In an empty folder it says what to do instead.
pub async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    if is_empty_folder(settings, &config) {
        cli::say(WHAT_NEXT)?;
        return Ok(ExitCode::FAILURE);
    }
    logging::start(&config.log)?;
    let assets = Assets::read(&config.site_root())?;
    let listeners = Listeners::bind(&config.listen)
        .context("choose another port with --port N or listen.port, or stop the program that has it")?;
    let public_url = config.public_url_on(listeners.port);
    let backend = parts::open_backend(&config, &public_url).await?;
    if let MetricsListener::On(address) = config.metrics.listen {
        exporter::start(address).await?;
    }
    let tenants = backend.tenants(&Identity::console()).await.map_err(super::in_words)?;
    if tenants.is_empty() {
        tracing::warn!("there is no tenant yet; make one with: tincan tenant create --plan premium");
    }
    let tls = config.tls.clone();
    let state = parts::build(config, public_url, backend, assets, None).await?;
    let url = state.public_url.to_string();
    let stop = stop::asked()?;
    let server = Server::start(state, listeners, tls.as_ref()).await?;
    tracing::info!(%url, "ready");
    server.run_until(stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// Nothing was ever set up here: no file, no database, and nobody said where one is.
fn is_empty_folder(settings: &Settings, config: &Config) -> bool {
    let database = config.database_url();
    file_in_use(settings.config.clone()).is_none()
        && database.sqlite_file().is_some_and(|file| !file.exists())
}

const WHAT_NEXT: &str = "\
Nothing is set up in this folder yet.

To look around first, with sample tenants and a sample site:

    tincan demo

To set up a server of your own:

    tincan tenant create \"My company\" --plan premium --origin https://www.example.com
    tincan user create --email you@example.com --name \"Your name\" --role admin
    tincan serve

The first command makes the database in ./data and prints the script tag for your site; the second
prints a password. Settings go into tincan.toml; `tincan config check` shows them all, and
`tincan doctor` says what is missing before you go live.";
