//! The way in: everything the use cases share, opened once and cheap to clone.

use crate::{
    BackendConfig, Change, Clock, Identity, RateLimit, Refused, audit,
    keys::{Keys, KeysError},
    passwords::Passwords,
    private_file,
    revocations::Revocations,
    rooms::MessageWriter,
    storage::{self, Db, StorageError},
    tenants::Tenants,
    throttle::LoginThrottle,
    tokens::{self, Token},
    upkeep,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tincan_signaling::{Refusal, TenantId, Timestamp, id::ClientSessionId};
use tokio::sync::broadcast;
use uuid::Uuid;

/// Everything a tenant, a user or a visitor can ask for. Clones share everything.
#[derive(Clone)]
pub struct Backend {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) config: BackendConfig,
    pub(crate) keys: Keys,
    pub(crate) revocations: Revocations,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) tenants: Tenants,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: LoginThrottle,
    /// How many failed sign-ins without an account are noted.
    pub(crate) strangers: RateLimit<()>,
    pub(crate) messages: MessageWriter,
    /// When the lease of a client session was last written.
    pub(crate) leases: Mutex<HashMap<ClientSessionId, Timestamp>>,
}

/// What stands in the database before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseState {
    /// Whether there is a database with our tables.
    pub exists: bool,
    /// How many steps its schema is behind this program.
    pub pending_migrations: usize,
}

/// Why the backend cannot be opened. The text is for whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be made.
    #[error("the data directory {path} cannot be used: {error}")]
    DataDir { path: String, error: std::io::Error },
    /// The keys that sign tokens are missing, too short or unreadable.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database does not open, or its schema is not ours.
    #[error("the database cannot be opened: {0}")]
    Database(String),
}

impl From<StorageError> for OpenError {
    fn from(error: StorageError) -> Self {
        Self::Database(error.to_string())
    }
}

impl Backend {
    /// Opens the database, brings its schema up to date, and starts the tasks that write messages
    /// and keep house. They end with the last clone.
    pub async fn open(config: BackendConfig, clock: Clock) -> Result<Self, OpenError> {
        private_file::make_dir(&config.data_dir)
            .map_err(|error| OpenError::DataDir { path: config.data_dir.display().to_string(), error })?;
        let keys = Keys::load(&config)?;
        let db = match &config.database_url {
            Some(url) => Db::open(url).await?,
            None => Db::open_file(&config.sqlite_file()).await?,
        };
        let backend = Self {
            inner: Arc::new(Inner {
                messages: MessageWriter::start(db.clone(), clock.clone()),
                db,
                keys,
                revocations: Revocations::default(),
                changes: broadcast::Sender::new(CHANGES_KEPT),
                tenants: Tenants::default(),
                passwords: Passwords::default(),
                throttle: LoginThrottle::default(),
                strangers: RateLimit::new(audit::STRANGERS.0, audit::STRANGERS.1),
                leases: Mutex::default(),
                clock,
                config,
            }),
        };
        backend.load_revocations().await?;
        tokio::spawn(upkeep::run(Arc::downgrade(&backend.inner)));
        Ok(backend)
    }

    /// Looks at the database without changing anything.
    pub async fn inspect(config: &BackendConfig) -> Result<DatabaseState, OpenError> {
        let pending = storage::pending(config.database_url.as_deref(), &config.sqlite_file()).await?;
        Ok(DatabaseState { exists: pending.is_some(), pending_migrations: pending.unwrap_or(0) })
    }

    /// Now, by the program's one clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// A fresh id (UUIDv7).
    pub fn new_id(&self) -> Uuid {
        self.inner.clock.new_id()
    }

    /// The program's one clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// What changes from now on. Whoever lags too far behind is told so and asks again.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// Whoever this access token speaks for. Asks memory only.
    pub fn verify(&self, access_token: &str) -> Result<Identity, Refusal> {
        let now = self.now();
        let Token { identity, begins } =
            tokens::read(&self.inner.keys, &self.inner.config, access_token, now)?;
        if now.after(LEEWAY) < begins {
            return Err(tokens::unauthorized());
        }
        self.still_valid(&identity)?;
        Ok(identity)
    }

    /// The tenant that a token of ours names, also when its rights have ended: a client that keeps
    /// its first token in its address still says by it where it belongs.
    pub fn tenant_of(&self, access_token: &str) -> Option<TenantId> {
        let token = tokens::read(&self.inner.keys, &self.inner.config, access_token, self.now()).ok()?;
        token.identity.tenant
    }

    /// Whether the rights of an identity still hold. Asks memory only; for every join and every
    /// logged event.
    pub fn still_valid(&self, identity: &Identity) -> Result<(), Refusal> {
        if self.now() >= identity.exp.after(LEEWAY) || self.inner.revocations.contains(identity.sid) {
            return Err(tokens::unauthorized());
        }
        Ok(())
    }

    /// Waits for statements under way and closes the database: the last act of the process.
    pub async fn close(&self) {
        self.inner.db.close().await;
    }

    /// Tells everybody who listens. Nobody listening is fine.
    pub(crate) fn announce(&self, change: Change) {
        let _ = self.inner.changes.send(change);
    }

    pub(crate) async fn begin(&self) -> Result<crate::storage::Tx, Refused> {
        Ok(self.inner.db.begin().await?)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }
}

/// How much later than its end a token still counts, for clocks that differ.
pub(crate) const LEEWAY: Duration = Duration::from_secs(5);
const CHANGES_KEPT: usize = 1024;
