//! `tincan key rotate`.

use crate::cli::{self, Settings};
use anyhow::bail;
use clap::Subcommand;
use std::process::ExitCode;

/// What can be done with the signing keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a new key that signs; the one before stays accepted, older ones go
    Rotate,
}

/// Rotates the keys of the data directory. A running server takes them up when it is restarted.
pub fn run(settings: &Settings, verb: &Verb) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    match verb {
        Verb::Rotate => {
            if config.auth.key.is_some() {
                bail!(
                    "the keys stand in the configuration: move auth.key to auth.previous_key and \
                     put a new one there (openssl rand -hex 32), then restart the server"
                );
            }
            let kid = tincan_backend::rotate_keys(&config.data_dir)?;
            cli::say(format_args!(
                "New tokens are signed with the key {kid} once the server is restarted. Tokens of \
                 the key before stay good until they end."
            ))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
