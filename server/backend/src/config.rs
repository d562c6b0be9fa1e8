//! What the backend is told when it is opened.

use std::{fmt, path::PathBuf, time::Duration};

/// How the backend is set up. Secrets do not show in `Debug`.
#[derive(Clone)]
pub struct BackendConfig {
    /// Where the SQLite database and secrets made at first start live. Made when missing.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://..`; `None`: `tincan.db` in the data directory.
    pub database_url: Option<String>,
    /// The issuer of tokens, such as `https://calls.example.com`.
    pub public_url: String,
    /// Keys that sign tokens: the first signs, all are accepted, at most two. Empty: made at first
    /// start in the data directory.
    pub signing_keys: Vec<SigningKey>,
    /// How long an access token is good.
    pub access_ttl: Duration,
    /// How long a call rings.
    pub ring: Duration,
    /// Whether this instance has a TURN relay to give credentials for.
    pub turn_configured: bool,
}

/// One key that signs tokens (HS256).
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name, the `kid` of the token's header.
    pub kid: String,
    /// At least 32 characters.
    pub secret: String,
}

impl BackendConfig {
    /// The defaults: SQLite in the data directory, keys made there, 15 minutes, 60 seconds, no TURN
    /// relay.
    pub fn new(data_dir: impl Into<PathBuf>, public_url: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database_url: None,
            public_url: public_url.into(),
            signing_keys: Vec::new(),
            access_ttl: Duration::from_secs(15 * 60),
            ring: tincan_signaling::call::RING,
            turn_configured: false,
        }
    }

    /// Where the SQLite database is unless a URL says otherwise.
    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.data_dir.join("tincan.db")
    }
}

impl fmt::Debug for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendConfig")
            .field("data_dir", &self.data_dir)
            .field("public_url", &self.public_url)
            .field("access_ttl", &self.access_ttl)
            .field("ring", &self.ring)
            .field("turn_configured", &self.turn_configured)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
