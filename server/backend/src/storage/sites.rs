//! The origins where a tenant's widget may be shown.

use super::{
    db::{Db, Tx},
    error::StorageError,
};
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Order, Query};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum Sites {
    Table,
    TenantId,
    Origin,
    CreatedAt,
}

#[derive(FromRow)]
struct Origin {
    origin: String,
}

pub(crate) async fn all(db: &Db, tenant: Uuid) -> Result<Vec<String>, StorageError> {
    let select = Query::select()
        .column(Sites::Origin)
        .from(Sites::Table)
        .and_where(Expr::col(Sites::TenantId).eq(tenant))
        .order_by(Sites::Origin, Order::Asc)
        .to_owned();
    Ok(db.fetch_all::<Origin>(&select).await?.into_iter().map(|row| row.origin).collect())
}

/// Adding one that is there changes nothing.
pub(crate) async fn add(
    tx: &mut Tx,
    tenant: Uuid,
    origin: &str,
    now: OffsetDateTime,
) -> Result<(), StorageError> {
    let insert = Query::insert()
        .into_table(Sites::Table)
        .columns([Sites::TenantId, Sites::Origin, Sites::CreatedAt])
        .values_panic([tenant.into(), origin.into(), now.into()])
        .on_conflict(OnConflict::columns([Sites::TenantId, Sites::Origin]).do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await.map(drop)
}

/// Whether it was there.
pub(crate) async fn remove(tx: &mut Tx, tenant: Uuid, origin: &str) -> Result<bool, StorageError> {
    let delete = Query::delete()
        .from_table(Sites::Table)
        .and_where(Expr::col(Sites::TenantId).eq(tenant))
        .and_where(Expr::col(Sites::Origin).eq(origin))
        .to_owned();
    Ok(tx.execute(&delete).await? > 0)
}
