//! `[ice]`: what browsers are told to find a path with.

use super::{ConfigError, list};
use serde::{Deserialize, Serialize};

/// Servers that tell a browser its public address. None are needed on one machine or one network.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ice {
    /// For example `["stun:stun.l.google.com:19302"]`.
    #[serde(deserialize_with = "list::comma_or_sequence")]
    pub stun: Vec<String>,
}

impl Ice {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let stun = |url: &&String| !(url.starts_with("stun:") || url.starts_with("stuns:"));
        match self.stun.iter().find(stun) {
            None => Ok(()),
            Some(url) => Err(ConfigError::invalid(
                "ice.stun",
                format!("{url:?} is not a STUN URL, such as stun:stun.l.google.com:19302"),
            )),
        }
    }
}
