//! Signed-in devices.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
    refresh_tokens,
    row::Id,
};
use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum ClientSessions {
    Table,
    Id,
    UserId,
    Feature,
    Network,
    UserAgent,
    CreatedAt,
    LeaseUntil,
    RevokedAt,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct ClientSession {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) feature: String,
    pub(crate) network: Option<String>,
    pub(crate) user_agent: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) lease_until: OffsetDateTime,
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// A session whose rights ended.
#[derive(Clone, Copy, Debug, FromRow)]
pub(crate) struct Revoked {
    pub(crate) id: Uuid,
    pub(crate) revoked_at: OffsetDateTime,
}

pub(crate) async fn insert(tx: &mut Tx, session: &ClientSession) -> Result<(), StorageError> {
    let row = session.clone();
    let insert = Query::insert()
        .into_table(ClientSessions::Table)
        .columns(COLUMNS)
        .values_panic([
            row.id.into(),
            row.user_id.into(),
            row.feature.into(),
            row.network.into(),
            row.user_agent.into(),
            row.created_at.into(),
            row.lease_until.into(),
            row.revoked_at.into(),
        ])
        .to_owned();
    one_row("client_sessions", tx.execute(&insert).await?)
}

pub(crate) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<ClientSession>, StorageError> {
    let select = Query::select()
        .columns(COLUMNS)
        .from(ClientSessions::Table)
        .and_where(Expr::col(ClientSessions::Id).eq(id))
        .to_owned();
    tx.fetch_optional(&select).await
}

/// Extends the lease of a session that has its rights.
pub(crate) async fn renew(db: &Db, id: Uuid, lease_until: OffsetDateTime) -> Result<(), StorageError> {
    let update = Query::update()
        .table(ClientSessions::Table)
        .value(ClientSessions::LeaseUntil, lease_until)
        .and_where(Expr::col(ClientSessions::Id).eq(id))
        .and_where(Expr::col(ClientSessions::RevokedAt).is_null())
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// Ends the rights of one session; whether it had any.
pub(crate) async fn revoke(tx: &mut Tx, id: Uuid, now: OffsetDateTime) -> Result<bool, StorageError> {
    let update = Query::update()
        .table(ClientSessions::Table)
        .value(ClientSessions::RevokedAt, now)
        .and_where(Expr::col(ClientSessions::Id).eq(id))
        .and_where(Expr::col(ClientSessions::RevokedAt).is_null())
        .to_owned();
    Ok(tx.execute(&update).await? > 0)
}

/// The sessions of a user that have their rights.
pub(crate) async fn of_user(tx: &mut Tx, user: Uuid) -> Result<Vec<Uuid>, StorageError> {
    let select = Query::select()
        .column(ClientSessions::Id)
        .from(ClientSessions::Table)
        .and_where(Expr::col(ClientSessions::UserId).eq(user))
        .and_where(Expr::col(ClientSessions::RevokedAt).is_null())
        .to_owned();
    Ok(tx.fetch_all::<Id>(&select).await?.into_iter().map(|row| row.id).collect())
}

/// Deletes sessions that gave no sign of life since `last_seen` and have no refresh token left.
pub(crate) async fn delete_dead(db: &Db, last_seen: OffsetDateTime) -> Result<u64, StorageError> {
    let delete = Query::delete()
        .from_table(ClientSessions::Table)
        .and_where(Expr::col(ClientSessions::LeaseUntil).lt(last_seen))
        .and_where(Expr::col(ClientSessions::Id).not_in_subquery(refresh_tokens::families()))
        .to_owned();
    db.execute(&delete).await
}

/// Sessions whose rights ended after `since`: tokens of theirs may still be about.
pub(crate) async fn revoked_since(db: &Db, since: OffsetDateTime) -> Result<Vec<Revoked>, StorageError> {
    let select = Query::select()
        .columns([ClientSessions::Id, ClientSessions::RevokedAt])
        .from(ClientSessions::Table)
        .and_where(Expr::col(ClientSessions::RevokedAt).gt(since))
        .to_owned();
    db.fetch_all(&select).await
}

const COLUMNS: [ClientSessions; 8] = [
    ClientSessions::Id,
    ClientSessions::UserId,
    ClientSessions::Feature,
    ClientSessions::Network,
    ClientSessions::UserAgent,
    ClientSessions::CreatedAt,
    ClientSessions::LeaseUntil,
    ClientSessions::RevokedAt,
];
