//! Housekeeping: what must happen although nobody asks for it.

use crate::{
    Backend, Result, accounts, audit,
    backend::Inner,
    storage::{audit_log, client_sessions, refresh_tokens, visitor_resumes},
    tenants, widget,
};
use std::sync::Weak;
use tokio::time::MissedTickBehavior;

/// Keeps house for as long as the backend is in use.
pub(crate) async fn run(inner: Weak<Inner>) {
    let mut ticks = tokio::time::interval(tenants::REFRESH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u64;
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        let backend = Backend { inner };
        if backend.db().is_closed() {
            return;
        }
        if let Err(error) = backend.take_in_changes().await {
            tracing::error!(%error, "changes of other processes were not taken in");
        }
        if round.is_multiple_of(ROUNDS_BETWEEN_SWEEPS)
            && let Err(error) = backend.sweep().await
        {
            tracing::error!(%error, "housekeeping was not finished");
        }
        round += 1;
    }
}

impl Backend {
    /// Takes in what other processes, such as the command line, changed in the database.
    pub(crate) async fn take_in_changes(&self) -> Result<()> {
        self.take_in_keys()?;
        self.load_revocations().await?;
        self.refresh_tenants().await
    }

    /// Closes idle conversations and deletes tokens and sessions that nobody can use any more.
    pub(crate) async fn sweep(&self) -> Result<()> {
        self.close_idle().await?;
        let now = self.inner.clock.utc();
        refresh_tokens::delete_expired(self.db(), now).await?;
        client_sessions::delete_dead(self.db(), now - accounts::REFRESH_TTL).await?;
        visitor_resumes::delete_dead(self.db(), now, now - widget::GRACE).await?;
        audit_log::delete_before(self.db(), now - audit::KEPT).await?;
        Ok(())
    }
}

/// A sweep each minute.
const ROUNDS_BETWEEN_SWEEPS: u64 = 12;
