//! What a call asks for, and what a leg reports of its path.

use serde::{Deserialize, Serialize};

/// What a call asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    #[default]
    Audio,
    Video,
}

/// What a leg reports of its own media path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaReport {
    Up,
    Lost,
    Failed,
}

/// The type of the selected local candidate (RFC 8445, section 5.1.1), or none found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    Host,
    Srflx,
    Prflx,
    Relay,
    Failed,
}

impl Path {
    /// The path as it stands in the call record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
            Self::Failed => "failed",
        }
    }
}
