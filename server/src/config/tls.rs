//! `[tls]`: certificate and key, when no proxy in front does it.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Files in PEM form; read again when they change.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and its chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Tls {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, path) in [("tls.cert", &self.cert), ("tls.key", &self.key)] {
            if !path.is_file() {
                return Err(ConfigError::invalid(key, format!("no file {}", path.display())));
            }
        }
        Ok(())
    }
}
