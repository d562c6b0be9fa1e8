//! People on tenants' sites.

use super::{db::Tx, error::StorageError};
use sea_query::{Iden, OnConflict, Query};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
pub(super) enum Visitors {
    Table,
    Id,
    TenantId,
    Name,
    CreatedAt,
}

/// Writes the visitor's row when it is not there yet.
pub(crate) async fn ensure(
    tx: &mut Tx,
    id: Uuid,
    tenant: Uuid,
    name: &str,
    now: OffsetDateTime,
) -> Result<(), StorageError> {
    let insert = Query::insert()
        .into_table(Visitors::Table)
        .columns([Visitors::Id, Visitors::TenantId, Visitors::Name, Visitors::CreatedAt])
        .values_panic([id.into(), tenant.into(), name.into(), now.into()])
        .on_conflict(OnConflict::column(Visitors::Id).do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await.map(drop)
}
