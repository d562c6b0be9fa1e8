//! Where log lines go: to standard error, as text for people or as JSON for machines.

use crate::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum NoLog {
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    #[error("logging was set up twice")]
    Twice,
}

/// Sets up the process's log.
pub fn start(log: &Log) -> Result<(), NoLog> {
    let filter = EnvFilter::builder().parse(&log.filter)?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Pretty => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| NoLog::Twice)
}
