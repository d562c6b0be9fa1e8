//! `tincan migrate`.

use crate::cli::{self, Settings};
use std::process::ExitCode;

/// Brings the database up to date; opening it does.
pub async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    let backend = super::backend(&config).await?;
    backend.close().await;
    cli::say(format_args!("The database {} is up to date.", config.database_url()))?;
    Ok(ExitCode::SUCCESS)
}
