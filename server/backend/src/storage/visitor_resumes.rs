//! What a visitor's page keeps to come back, as hashes.

use super::{
    db::{Db, Tx},
    error::StorageError,
};
use sea_query::{Cond, Expr, ExprTrait, Iden, OnConflict, Query};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum VisitorResumes {
    Table,
    TokenHash,
    TenantId,
    SessionId,
    VisitorId,
    IssuedAt,
    ExpiresAt,
    ExchangedAt,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct Resume {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) tenant_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) visitor_id: Uuid,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) exchanged_at: Option<OffsetDateTime>,
}

/// Writes the token's row when it is not there yet.
pub(crate) async fn ensure(tx: &mut Tx, resume: &Resume) -> Result<(), StorageError> {
    let row = resume.clone();
    let insert = Query::insert()
        .into_table(VisitorResumes::Table)
        .columns(COLUMNS)
        .values_panic([
            row.token_hash.into(),
            row.tenant_id.into(),
            row.session_id.into(),
            row.visitor_id.into(),
            row.issued_at.into(),
            row.expires_at.into(),
            row.exchanged_at.into(),
        ])
        .on_conflict(OnConflict::column(VisitorResumes::TokenHash).do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await.map(drop)
}

pub(crate) async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Resume>, StorageError> {
    let select = Query::select()
        .columns(COLUMNS)
        .from(VisitorResumes::Table)
        .and_where(Expr::col(VisitorResumes::TokenHash).eq(token_hash))
        .to_owned();
    tx.fetch_optional(&select).await
}

/// Notes the first exchange; later ones change nothing.
pub(crate) async fn exchange(
    tx: &mut Tx,
    token_hash: &[u8],
    now: OffsetDateTime,
) -> Result<(), StorageError> {
    let update = Query::update()
        .table(VisitorResumes::Table)
        .value(VisitorResumes::ExchangedAt, now)
        .and_where(Expr::col(VisitorResumes::TokenHash).eq(token_hash))
        .and_where(Expr::col(VisitorResumes::ExchangedAt).is_null())
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Extends the life of a session's tokens.
pub(crate) async fn extend(
    tx: &mut Tx,
    session: Uuid,
    expires_at: OffsetDateTime,
) -> Result<(), StorageError> {
    let update = Query::update()
        .table(VisitorResumes::Table)
        .value(VisitorResumes::ExpiresAt, expires_at)
        .and_where(Expr::col(VisitorResumes::SessionId).eq(session))
        .and_where(Expr::col(VisitorResumes::ExchangedAt).is_null())
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Deletes tokens that ended before `now` or were exchanged before `exchanged_before`.
pub(crate) async fn delete_dead(
    db: &Db,
    now: OffsetDateTime,
    exchanged_before: OffsetDateTime,
) -> Result<u64, StorageError> {
    let dead = Cond::any()
        .add(Expr::col(VisitorResumes::ExpiresAt).lt(now))
        .add(Expr::col(VisitorResumes::ExchangedAt).lt(exchanged_before));
    let delete = Query::delete().from_table(VisitorResumes::Table).cond_where(dead).to_owned();
    db.execute(&delete).await
}

const COLUMNS: [VisitorResumes; 7] = [
    VisitorResumes::TokenHash,
    VisitorResumes::TenantId,
    VisitorResumes::SessionId,
    VisitorResumes::VisitorId,
    VisitorResumes::IssuedAt,
    VisitorResumes::ExpiresAt,
    VisitorResumes::ExchangedAt,
];
