//! The configuration: one struct per concern, one file each, read whole before anything starts.
//!
//! `tincan.toml` < environment (`TINCAN__SECTION__KEY`) < flags. A key that nobody knows is an
//! error, in the file and in the environment alike: a misspelt limit must not be silently absent.

mod auth;
mod call;
mod database;
mod ice;
mod limits;
mod list;
mod listen;
mod log;
mod metrics;
mod public_url;
mod secret;
mod source;
mod tls;

pub use auth::Auth;
pub use call::Call;
pub use database::{Database, DatabaseUrl};
pub use ice::Ice;
pub use limits::Limits;
pub use listen::Listen;
pub use log::{Log, LogFormat};
pub use metrics::{Metrics, MetricsListener};
pub use public_url::PublicUrl;
pub use secret::Secret;
pub use source::{Overrides, file_in_use, load};
pub use tls::Tls;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything the program can be told.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where browsers reach this server: issuer of tokens, cookies, embed code, CSP.
    pub public_url: Option<PublicUrl>,
    /// Where the database and the signing keys live.
    pub data_dir: PathBuf,
    /// The built pages, wasm and styles; without it `site/` next to the executable.
    pub site_root: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "list::comma_or_sequence")]
    pub trusted_proxies: Vec<IpNet>,
    pub listen: Listen,
    pub database: Database,
    pub tls: Option<Tls>,
    pub auth: Auth,
    pub call: Call,
    pub ice: Ice,
    pub limits: Limits,
    pub log: Log,
    pub metrics: Metrics,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            data_dir: PathBuf::from("data"),
            site_root: None,
            trusted_proxies: Vec::new(),
            listen: Listen::default(),
            database: Database::default(),
            tls: None,
            auth: Auth::default(),
            call: Call::default(),
            ice: Ice::default(),
            limits: Limits::default(),
            log: Log::default(),
            metrics: Metrics::default(),
        }
    }
}

/// Why there is no configuration to start with. The text names the key and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Parse(#[from] config::ConfigError),
    #[error("{key}: {reason}")]
    Invalid { key: String, reason: String },
}

impl ConfigError {
    fn invalid(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { key: key.into(), reason: reason.into() }
    }
}

impl Config {
    /// Where the database is: as configured, or a SQLite file in the data directory.
    pub fn database_url(&self) -> DatabaseUrl {
        self.database.url.clone().unwrap_or_else(|| DatabaseUrl::sqlite_in(&self.data_dir))
    }

    /// The public URL, or the loopback one of `port` when none is configured.
    pub fn public_url_on(&self, port: u16) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| PublicUrl::loopback(port, self.tls.is_some()))
    }

    /// The folder of the built pages.
    pub fn site_root(&self) -> PathBuf {
        self.site_root.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            program.parent().unwrap_or(Path::new(".")).join("site")
        })
    }

    /// What single keys cannot say: conditions over several of them.
    fn validate(&self) -> Result<(), ConfigError> {
        if self.public_url.is_none() && self.listen.is_public() {
            return Err(ConfigError::invalid(
                "public_url",
                "listen.addresses is reachable from other machines, so say where browsers find \
                 this server, for example public_url = \"https://chat.example.com\"",
            ));
        }
        if let Some(tls) = &self.tls {
            tls.validate()?;
        }
        self.auth.validate()?;
        self.call.validate()?;
        self.limits.validate()?;
        self.ice.validate()
    }
}
