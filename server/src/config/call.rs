//! `[call]`: how calls behave.

use super::ConfigError;
use serde::{Deserialize, Serialize};

/// Times of a call that an operator may choose.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Call {
    /// How long a call rings before it ends as not answered, in milliseconds.
    pub ring_ms: u64,
}

impl Default for Call {
    fn default() -> Self {
        Self { ring_ms: 60_000 }
    }
}

impl Call {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if (1_000..=600_000).contains(&self.ring_ms) {
            return Ok(());
        }
        Err(ConfigError::invalid("call.ring_ms", "must be between 1000 and 600000"))
    }
}
