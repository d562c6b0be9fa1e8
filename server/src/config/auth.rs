//! `[auth]`: signing keys and how long tokens live.

use super::{ConfigError, Secret};
use serde::{Deserialize, Serialize};

/// How tokens are signed. Without keys here, keys are made in the data directory at first start.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// The key that signs; at least 32 bytes of text.
    pub key: Option<Secret>,
    /// The key before it: still accepted, no longer used to sign.
    pub previous_key: Option<Secret>,
    /// How long an access token lives, in seconds.
    pub access_ttl_s: u64,
}

impl Default for Auth {
    fn default() -> Self {
        Self { key: None, previous_key: None, access_ttl_s: 15 * 60 }
    }
}

impl Auth {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (name, key) in [("auth.key", &self.key), ("auth.previous_key", &self.previous_key)] {
            if key.as_ref().is_some_and(|key| key.expose().len() < KEY_BYTES) {
                return Err(ConfigError::invalid(
                    name,
                    format!("shorter than {KEY_BYTES} bytes; make one with: openssl rand -hex 32"),
                ));
            }
        }
        if self.key.is_none() && self.previous_key.is_some() {
            return Err(ConfigError::invalid("auth.previous_key", "set without auth.key"));
        }
        if self.access_ttl_s == 0 {
            return Err(ConfigError::invalid("auth.access_ttl_s", "must be at least 1"));
        }
        Ok(())
    }
}

/// HS256 wants a key as long as its hash (RFC 7518, section 3.2).
const KEY_BYTES: usize = 32;
