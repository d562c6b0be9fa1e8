//! Client sessions whose rights ended while tokens of theirs may still be about.

use crate::{
    Backend, Change,
    backend::LEEWAY,
    clock,
    storage::{StorageError, client_sessions},
};
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};
use tincan_signaling::{Timestamp, id::ClientSessionId};

/// In memory, so that every join and logged event can ask. Filled from the database at start.
#[derive(Default)]
pub(crate) struct Revocations {
    since: RwLock<HashMap<ClientSessionId, Timestamp>>,
}

impl Revocations {
    pub(crate) fn contains(&self, sid: ClientSessionId) -> bool {
        self.since.read().unwrap_or_else(PoisonError::into_inner).contains_key(&sid)
    }

    /// `true` when it was not known.
    fn insert(&self, sid: ClientSessionId, at: Timestamp) -> bool {
        self.since.write().unwrap_or_else(PoisonError::into_inner).insert(sid, at).is_none()
    }

    fn forget_before(&self, at: Timestamp) {
        self.since.write().unwrap_or_else(PoisonError::into_inner).retain(|_, since| *since >= at);
    }
}

impl Backend {
    /// Takes in revocations of the database, also those of other processes, and forgets those whose
    /// tokens have all ended.
    pub(crate) async fn load_revocations(&self) -> Result<(), StorageError> {
        let lifetime = self.inner.config.access_ttl + LEEWAY + Duration::from_secs(60);
        let cutoff = Timestamp(self.now().0.saturating_sub(lifetime.as_millis() as u64));
        for row in client_sessions::revoked_since(self.db(), clock::to_utc(cutoff)).await? {
            self.revoked(ClientSessionId(row.id), clock::to_wire(row.revoked_at));
        }
        self.inner.revocations.forget_before(cutoff);
        Ok(())
    }

    /// Closes the doors to a client session, once its row says so.
    pub(crate) fn revoked(&self, sid: ClientSessionId, at: Timestamp) {
        if self.inner.revocations.insert(sid, at) {
            self.announce(Change::Revoked { sid });
        }
    }
}
