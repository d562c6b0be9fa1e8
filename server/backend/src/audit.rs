//! Who did what: signed in, changed something, or tried to. For the tenant's admins to read later.
//! No secrets, no texts of messages, no whole addresses.

use crate::{
    Backend, ClientIp, Identity, Result, clock,
    error::refuse,
    storage::{
        Tx,
        audit_log::{self, Cursor, Entry},
        users::User,
    },
};
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, time::Duration};
use tincan_signaling::{Code, TenantId, Timestamp};
use uuid::Uuid;

/// One line of an audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: Timestamp,
    /// The display name of whoever did it.
    pub by: String,
    /// As what they did it; `unknown` for those who did not get in.
    pub role: String,
    /// What was done, such as `user.disable`.
    pub action: String,
    /// To whom or what: an id, an origin, a plan.
    pub target: String,
    /// From which network, as /24 or /48, when it came from one.
    pub network: Option<String>,
}

/// A page of an audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// The newest first.
    pub items: Vec<AuditEntry>,
    /// For the next page; `None` when this is the last.
    pub next: Option<String>,
}

/// Whoever did it, as it is noted.
pub(crate) struct Actor {
    pub(crate) sub: Uuid,
    pub(crate) role: &'static str,
    pub(crate) name: String,
    pub(crate) network: Option<String>,
}

impl Actor {
    /// A user at a device.
    pub(crate) fn user(user: &User, ip: Option<IpAddr>) -> Self {
        Self { sub: user.id, role: user.role.as_str(), name: user.name.clone(), network: network(ip) }
    }

    /// Somebody who did not show who they are.
    pub(crate) fn unknown(ip: Option<IpAddr>) -> Self {
        Self { sub: Uuid::nil(), role: "unknown", name: "Unknown".to_owned(), network: network(ip) }
    }
}

fn network(ip: Option<IpAddr>) -> Option<String> {
    ip.map(|ip| ClientIp(ip).to_string())
}

impl Backend {
    /// A page of the audit log: of a tenant for its admins, of the instance itself for operators.
    pub async fn audit_log(
        &self,
        by: &Identity,
        tenant: Option<TenantId>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AuditLog> {
        match tenant {
            Some(tenant) => by.must_administer(tenant)?,
            None => by.must_be_operator()?,
        }
        let after = match cursor.map(read_cursor) {
            None => None,
            Some(Some(cursor)) => Some(cursor),
            Some(None) => return refuse(Code::BadRequest, "This cursor is not one of ours."),
        };
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let tenant = tenant.map(|tenant| tenant.0);
        let mut rows = audit_log::page(self.db(), tenant, after, limit as u64 + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(write_cursor);
        Ok(AuditLog { items: rows.into_iter().map(view).collect(), next })
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
        let (role, name) = (by.role.as_str(), by.name.clone());
        let actor = Actor { sub: by.sub.0, role, name, network: None };
        self.record_as(tx, actor, tenant, action, target).await
    }

    /// The same for somebody who has no rights yet, or none any more.
    pub(crate) async fn record_as(
        &self,
        tx: &mut Tx,
        actor: Actor,
        tenant: Option<TenantId>,
        action: &str,
        target: &str,
    ) -> Result<()> {
        let entry = Entry {
            id: self.new_id(),
            tenant_id: tenant.map(|tenant| tenant.0),
            at: self.inner.clock.utc(),
            actor: actor.sub,
            actor_role: actor.role.to_owned(),
            actor_name: actor.name,
            action: action.to_owned(),
            target: target.to_owned(),
            network: actor.network,
        };
        Ok(audit_log::insert(tx, &entry).await?)
    }

    /// Notes a sign-in that failed, behind its answer: how long it takes must not tell whether there
    /// is such an account. What was typed is not noted: it may be a password in the wrong field.
    pub(crate) fn record_failed_login(&self, account: Option<&User>, ip: Option<IpAddr>) {
        // Attempts at an account are few: they are throttled. The rest could be a flood.
        if account.is_none() && self.inner.strangers.attempt(&(), self.now()).is_err() {
            return;
        }
        let (backend, actor) = (self.clone(), Actor::unknown(ip));
        let tenant = account.and_then(|user| user.tenant_id).map(TenantId);
        let target = account.map(|user| user.id.to_string()).unwrap_or_default();
        tokio::spawn(async move {
            let noted = async {
                let mut tx = backend.begin().await?;
                backend.record_as(&mut tx, actor, tenant, "login.failed", &target).await?;
                crate::Result::Ok(tx.commit().await?)
            };
            if let Err(error) = noted.await {
                tracing::error!(%error, "a failed sign-in could not be noted");
            }
        });
    }
}

fn view(entry: Entry) -> AuditEntry {
    AuditEntry {
        id: entry.id,
        at: clock::to_wire(entry.at),
        by: entry.actor_name,
        role: entry.actor_role,
        action: entry.action,
        target: entry.target,
        network: entry.network,
    }
}

fn write_cursor(entry: &Entry) -> String {
    format!("{}.{}", clock::to_us(entry.at), entry.id)
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let (at_us, id) = text.split_once('.')?;
    Some(Cursor { at: clock::to_utc_us(at_us.parse().ok()?), id: id.parse().ok()? })
}

const MAX_PAGE: u32 = 200;
/// How long an entry is kept.
pub(crate) const KEPT: Duration = Duration::from_hours(400 * 24);
/// How many failed sign-ins without an account are noted at once, and then one in each interval.
pub(crate) const STRANGERS: (u32, Duration) = (100, Duration::from_secs(10));
