//! Refresh tokens, as hashes. A family is a client session.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
    row::Id,
};
use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum RefreshTokens {
    Table,
    TokenHash,
    Family,
    IssuedAt,
    ExpiresAt,
    RotatedAt,
    SuccessorHash,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct RefreshToken {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) family: Uuid,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) rotated_at: Option<OffsetDateTime>,
    pub(crate) successor_hash: Option<Vec<u8>>,
}

pub(crate) async fn insert(tx: &mut Tx, token: &RefreshToken) -> Result<(), StorageError> {
    let row = token.clone();
    let insert = Query::insert()
        .into_table(RefreshTokens::Table)
        .columns(COLUMNS)
        .values_panic([
            row.token_hash.into(),
            row.family.into(),
            row.issued_at.into(),
            row.expires_at.into(),
            row.rotated_at.into(),
            row.successor_hash.into(),
        ])
        .to_owned();
    one_row("refresh_tokens", tx.execute(&insert).await?)
}

/// Whether there is such a token, good or not: asked without holding up whoever writes.
pub(crate) async fn is_known(db: &Db, token_hash: &[u8]) -> Result<bool, StorageError> {
    let select = Query::select()
        .expr_as(Expr::col(RefreshTokens::Family), "id")
        .from(RefreshTokens::Table)
        .and_where(Expr::col(RefreshTokens::TokenHash).eq(token_hash))
        .to_owned();
    Ok(db.fetch_optional::<Id>(&select).await?.is_some())
}

pub(crate) async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<RefreshToken>, StorageError> {
    let select = Query::select()
        .columns(COLUMNS)
        .from(RefreshTokens::Table)
        .and_where(Expr::col(RefreshTokens::TokenHash).eq(token_hash))
        .to_owned();
    tx.fetch_optional(&select).await
}

/// Marks a token as rotated. `false`: somebody was first.
pub(crate) async fn rotate(
    tx: &mut Tx,
    token_hash: &[u8],
    successor_hash: &[u8],
    now: OffsetDateTime,
) -> Result<bool, StorageError> {
    let update = Query::update()
        .table(RefreshTokens::Table)
        .value(RefreshTokens::RotatedAt, now)
        .value(RefreshTokens::SuccessorHash, successor_hash)
        .and_where(Expr::col(RefreshTokens::TokenHash).eq(token_hash))
        .and_where(Expr::col(RefreshTokens::RotatedAt).is_null())
        .to_owned();
    Ok(tx.execute(&update).await? > 0)
}

/// The client sessions that have a refresh token, good or not.
pub(super) fn families() -> SelectStatement {
    Query::select().column(RefreshTokens::Family).from(RefreshTokens::Table).to_owned()
}

pub(crate) async fn delete_expired(db: &Db, now: OffsetDateTime) -> Result<u64, StorageError> {
    let delete = Query::delete()
        .from_table(RefreshTokens::Table)
        .and_where(Expr::col(RefreshTokens::ExpiresAt).lt(now))
        .to_owned();
    db.execute(&delete).await
}

const COLUMNS: [RefreshTokens; 6] = [
    RefreshTokens::TokenHash,
    RefreshTokens::Family,
    RefreshTokens::IssuedAt,
    RefreshTokens::ExpiresAt,
    RefreshTokens::RotatedAt,
    RefreshTokens::SuccessorHash,
];
