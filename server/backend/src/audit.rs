//! Who changed what, for the tenant's admins to read later. No secrets, no texts of messages.

use crate::{
    Backend, Identity, Result, clock,
    storage::{Tx, audit_log},
};
use serde::Serialize;
use tincan_signaling::{TenantId, Timestamp};

/// One line of a tenant's audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    pub at: Timestamp,
    /// The display name of whoever did it.
    pub by: String,
    /// What was done, such as `user.disable`.
    pub action: String,
    /// To whom or what: an id or an origin.
    pub target: String,
}

impl Backend {
    /// The newest entries of a tenant's audit log, for its admins.
    pub async fn audit_log(&self, by: &Identity, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>> {
        by.must_administer(tenant)?;
        let entries = audit_log::latest(self.db(), tenant.0, limit.clamp(1, 500).into()).await?;
        let view = |entry: audit_log::Entry| AuditEntry {
            at: clock::to_wire(entry.at),
            by: entry.actor_name,
            action: entry.action,
            target: entry.target,
        };
        Ok(entries.into_iter().map(view).collect())
    }

    /// Notes a change together with it.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        by: &Identity,
        tenant: Option<TenantId>,
        action: &str,
        target: &str,
    ) -> Result<()> {
        let entry = audit_log::Entry {
            id: self.new_id(),
            tenant_id: tenant.map(|tenant| tenant.0),
            at: self.inner.clock.utc(),
            actor: by.sub.0,
            actor_role: by.role.as_str().to_owned(),
            actor_name: by.name.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
        };
        Ok(audit_log::insert(tx, &entry).await?)
    }
}
