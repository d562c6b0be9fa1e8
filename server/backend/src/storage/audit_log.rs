//! Who changed what.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
};
use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum AuditLog {
    Table,
    Id,
    TenantId,
    At,
    Actor,
    ActorRole,
    ActorName,
    Action,
    Target,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) at: OffsetDateTime,
    pub(crate) actor: Uuid,
    pub(crate) actor_role: String,
    pub(crate) actor_name: String,
    pub(crate) action: String,
    pub(crate) target: String,
}

pub(crate) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<(), StorageError> {
    let row = entry.clone();
    let insert = Query::insert()
        .into_table(AuditLog::Table)
        .columns(COLUMNS)
        .values_panic([
            row.id.into(),
            row.tenant_id.into(),
            row.at.into(),
            row.actor.into(),
            row.actor_role.into(),
            row.actor_name.into(),
            row.action.into(),
            row.target.into(),
        ])
        .to_owned();
    one_row("audit_log", tx.execute(&insert).await?)
}

/// The newest entries of a tenant.
pub(crate) async fn latest(db: &Db, tenant: Uuid, limit: u64) -> Result<Vec<Entry>, StorageError> {
    let select = Query::select()
        .columns(COLUMNS)
        .from(AuditLog::Table)
        .and_where(Expr::col(AuditLog::TenantId).eq(tenant))
        .order_by(AuditLog::At, Order::Desc)
        .order_by(AuditLog::Id, Order::Desc)
        .limit(limit)
        .to_owned();
    db.fetch_all(&select).await
}

const COLUMNS: [AuditLog; 8] = [
    AuditLog::Id,
    AuditLog::TenantId,
    AuditLog::At,
    AuditLog::Actor,
    AuditLog::ActorRole,
    AuditLog::ActorName,
    AuditLog::Action,
    AuditLog::Target,
];
