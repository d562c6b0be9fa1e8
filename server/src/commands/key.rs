//! `tincan key rotate`.

use super::in_words;
use crate::cli::{self, Settings};
use clap::Subcommand;
use std::process::ExitCode;
use tincan_backend::Identity;

/// What can be done with the signing keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a new key that signs; tokens of the one before stay good until they end
    Rotate {
        /// Drop the keys before it at once, because one leaked; browsers renew their tokens by
        /// themselves, and nobody has to sign in again
        #[arg(long)]
        now: bool,
    },
}

/// Rotates the keys of the data directory. A running server takes them up within seconds.
pub async fn run(settings: &Settings, verb: &Verb) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    let backend = super::backend(&config).await?;
    let Verb::Rotate { now } = verb;
    let rotated = backend.rotate_keys(&Identity::console(), *now).await;
    backend.close().await;
    let kid = rotated.map_err(in_words)?;
    let before = if *now {
        "Tokens of the keys before are refused from then on; browsers get new ones by themselves."
    } else {
        "Tokens of the key before stay good until they end."
    };
    cli::say(format_args!(
        "New tokens are signed with the key {kid}; a running server learns it within seconds. {before}"
    ))?;
    Ok(ExitCode::SUCCESS)
}
