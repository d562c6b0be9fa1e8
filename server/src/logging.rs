//! Where log lines go: to standard error, as text for people or as JSON for machines.

use crate::config::{Log, LogFormat};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterFn, ParseError, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

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
        LogFormat::Pretty => builder.finish().with(discreet()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().with(discreet()).try_init(),
    }
    .map_err(|_| NoLog::Twice)
}

/// Whatever the operator asks for, of other crates only what they say from `info` on. Below that
/// they write what passes through them (frames, headers, bodies, bound values), and they cannot know
/// that a token or a message is in it.
fn discreet() -> FilterFn {
    filter_fn(|metadata| *metadata.level() <= Level::INFO || is_ours(metadata))
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let name = metadata.target().split("::").next().unwrap_or_default();
    name == "tincan" || name.starts_with("tincan_")
}
