//! Refusals: one closed set of codes, the same on the socket, over HTTP and in server functions.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something was refused. The text of [`Code::as_str`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    BadEvent,
    BadRequest,
    Unauthorized,
    NotFound,
    TooLarge,
    RateLimited,
    WrongState,
    Forbidden,
    Taken,
    UnknownCall,
    UnknownLeg,
    VoiceNotEnabled,
    NotEntitled,
    LimitReached,
    OriginDenied,
    Csrf,
    UseSocket,
    Unavailable,
}

impl Code {
    /// Every code there is.
    pub const ALL: [Self; 18] = [
        Self::BadEvent,
        Self::BadRequest,
        Self::Unauthorized,
        Self::NotFound,
        Self::TooLarge,
        Self::RateLimited,
        Self::WrongState,
        Self::Forbidden,
        Self::Taken,
        Self::UnknownCall,
        Self::UnknownLeg,
        Self::VoiceNotEnabled,
        Self::NotEntitled,
        Self::LimitReached,
        Self::OriginDenied,
        Self::Csrf,
        Self::UseSocket,
        Self::Unavailable,
    ];

    /// The code as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadEvent => "bad-event",
            Self::BadRequest => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::RateLimited => "rate-limited",
            Self::WrongState => "wrong-state",
            Self::Forbidden => "forbidden",
            Self::Taken => "taken",
            Self::UnknownCall => "unknown-call",
            Self::UnknownLeg => "unknown-leg",
            Self::VoiceNotEnabled => "voice-not-enabled",
            Self::NotEntitled => "not-entitled",
            Self::LimitReached => "limit-reached",
            Self::OriginDenied => "origin-denied",
            Self::Csrf => "csrf",
            Self::UseSocket => "use-socket",
            Self::Unavailable => "unavailable",
        }
    }

    /// The HTTP status that carries this code (RFC 9110, RFC 6585).
    pub const fn http_status(self) -> u16 {
        match self {
            Self::BadEvent | Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::VoiceNotEnabled | Self::NotEntitled | Self::OriginDenied | Self::Csrf => {
                403
            }
            Self::NotFound | Self::UnknownCall | Self::UnknownLeg => 404,
            Self::WrongState | Self::Taken | Self::UseSocket => 409,
            Self::TooLarge => 413,
            Self::RateLimited | Self::LimitReached => 429,
            Self::Unavailable => 503,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal as the other side sees it. `reason` is a sentence for people and holds nothing that
/// the other side did not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Refusal {
    pub code: Code,
    pub reason: String,
    /// When trying again can help: how long to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// With `taken`: the display name of whoever accepted first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// With `not-entitled`: which capability is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// With `limit-reached`: the number that was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Refusal {
    /// A refusal with a code and a sentence.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), retry_after_ms: None, by: None, capability: None, limit: None }
    }

    /// Somebody else was first.
    pub fn taken(by: &str) -> Self {
        Self { by: Some(by.to_owned()), ..Self::new(Code::Taken, format!("Taken by {by}")) }
    }

    /// Too often; the same thing is welcome again after `retry_after_ms`.
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..Self::new(Code::RateLimited, "Too many attempts. Try again in a moment.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_the_same_everywhere() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
            assert!((400..600).contains(&code.http_status()));
        }
    }
}
