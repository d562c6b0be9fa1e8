//! Who did what.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
};
use sea_query::{Cond, Expr, ExprTrait, Iden, Order, Query};
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
    Network,
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
    pub(crate) network: Option<String>,
}

/// The last entry of the page before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) at: OffsetDateTime,
    pub(crate) id: Uuid,
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
            row.network.into(),
        ])
        .to_owned();
    one_row("audit_log", tx.execute(&insert).await?)
}

/// The entries of a tenant, or those of no tenant, the newest first.
pub(crate) async fn page(
    db: &Db,
    tenant: Option<Uuid>,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Vec<Entry>, StorageError> {
    let of = Expr::col(AuditLog::TenantId);
    let of = match tenant {
        Some(tenant) => of.eq(tenant),
        None => of.is_null(),
    };
    let earlier = after.map(|cursor| {
        let at = || Expr::col(AuditLog::At);
        let same = Cond::all().add(at().eq(cursor.at)).add(Expr::col(AuditLog::Id).lt(cursor.id));
        Cond::any().add(at().lt(cursor.at)).add(same)
    });
    let mut select = Query::select()
        .columns(COLUMNS)
        .from(AuditLog::Table)
        .and_where(of)
        .order_by(AuditLog::At, Order::Desc)
        .order_by(AuditLog::Id, Order::Desc)
        .limit(limit)
        .to_owned();
    if let Some(earlier) = earlier {
        select.cond_where(earlier);
    }
    db.fetch_all(&select).await
}

pub(crate) async fn delete_before(db: &Db, at: OffsetDateTime) -> Result<u64, StorageError> {
    let delete =
        Query::delete().from_table(AuditLog::Table).and_where(Expr::col(AuditLog::At).lt(at)).to_owned();
    db.execute(&delete).await
}

const COLUMNS: [AuditLog; 9] = [
    AuditLog::Id,
    AuditLog::TenantId,
    AuditLog::At,
    AuditLog::Actor,
    AuditLog::ActorRole,
    AuditLog::ActorName,
    AuditLog::Action,
    AuditLog::Target,
    AuditLog::Network,
];
