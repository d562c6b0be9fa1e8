//! `tincan config check`.

use crate::cli::{self, Settings};
use clap::Subcommand;
use std::process::ExitCode;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show what the server would run with; secrets are masked
    Check,
}

/// Reads everything that `serve` reads and shows the outcome.
pub fn run(settings: &Settings, verb: &Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Check => {
            let mut config = settings.load()?;
            // What is left out is shown as what it becomes.
            config.database.url = Some(config.database_url());
            config.public_url = Some(super::public_url(&config));
            config.site_root = Some(config.site_root());
            cli::say(toml::to_string_pretty(&config)?.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
