//! One file per command: what it asks, does and says.

pub mod audit;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod key;
pub mod migrate;
pub mod serve;
mod stop;
pub mod tenant;
pub mod user;

use crate::{
    config::{Config, PublicUrl},
    parts,
};
use tincan_backend::{Backend, Refused};

/// Opens the backend for a command that does one thing and ends.
async fn backend(config: &Config) -> anyhow::Result<Backend> {
    parts::open_backend(config, &public_url(config)).await
}

fn public_url(config: &Config) -> PublicUrl {
    config.public_url_on(config.listen.port)
}

/// A refusal in words; its code is for programs.
fn in_words(refused: Refused) -> anyhow::Error {
    match refused {
        Refused::Refusal(refusal) => anyhow::anyhow!(refusal.reason),
        Refused::Internal(error) => anyhow::Error::from_boxed(error),
    }
}
