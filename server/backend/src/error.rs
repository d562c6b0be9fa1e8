//! How a use case says no: a refusal for the other side, or trouble of our own.

use tincan_signaling::{Code, Refusal};

/// What a use case answers when it does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The other side may know why.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// Something is wrong here. The text is for our log and never leaves the server.
    #[error("{0}")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// What use cases return.
pub type Result<T> = std::result::Result<T, Refused>;

impl Refused {
    /// What to tell the other side. Whoever calls this logs an [`Refused::Internal`] once.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refusal(refusal) => refusal,
            Self::Internal(_) => Refusal {
                retry_after_ms: Some(RETRY_MS),
                ..Refusal::new(Code::Unavailable, "Something went wrong here. Try again in a moment.")
            },
        }
    }

    /// The code the other side is told.
    pub fn code(&self) -> Code {
        match self {
            Self::Refusal(refusal) => refusal.code,
            Self::Internal(_) => Code::Unavailable,
        }
    }

    pub(crate) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<tincan_signaling::Denied> for Refused {
    fn from(denied: tincan_signaling::Denied) -> Self {
        Self::Refusal(denied.into())
    }
}

pub(crate) fn refuse<T>(code: Code, reason: &str) -> Result<T> {
    Err(Refusal::new(code, reason).into())
}

pub(crate) fn not_found<T>(what: &str) -> Result<T> {
    refuse(Code::NotFound, &format!("There is no such {what}."))
}

pub(crate) fn forbidden<T>() -> Result<T> {
    refuse(Code::Forbidden, "You may not do this.")
}

/// Trouble of our own is asked about again after so long.
const RETRY_MS: u64 = 1_000;
