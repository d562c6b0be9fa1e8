//! Call records: one row for each call, final once it has ended.

use super::{
    db::{Db, Tx},
    error::StorageError,
    messages::{Window, beside},
};
use sea_query::{Alias, Cond, Expr, ExprTrait, Iden, OnConflict, Order, Query, SelectStatement};
use serde_json::Value;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Clone, Copy, Iden)]
enum Calls {
    Table,
    Id,
    TenantId,
    SessionId,
    Epoch,
    Seq,
    Caller,
    CallerRole,
    CallerName,
    Rung,
    AnsweredBy,
    AnsweredName,
    RequestedAt,
    AcceptedAt,
    MediaUpAt,
    EndedAt,
    Reason,
    Disposition,
    Path,
    Snapshot,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct CallRow {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) epoch: Uuid,
    pub(crate) seq: i64,
    pub(crate) caller: Uuid,
    pub(crate) caller_role: String,
    pub(crate) caller_name: String,
    pub(crate) rung: Value,
    pub(crate) answered_by: Option<Uuid>,
    pub(crate) answered_name: Option<String>,
    pub(crate) requested_at: OffsetDateTime,
    pub(crate) accepted_at: Option<OffsetDateTime>,
    pub(crate) media_up_at: Option<OffsetDateTime>,
    pub(crate) ended_at: Option<OffsetDateTime>,
    pub(crate) reason: Option<String>,
    pub(crate) disposition: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) snapshot: Value,
}

/// Writes a call as it is now. An ended row, and a row that knows later events of the same life of
/// the room's log, stay as they are. Who was rung is kept once it is known. Whether anything changed.
pub(crate) async fn upsert(tx: &mut Tx, call: &CallRow) -> Result<bool, StorageError> {
    let row = call.clone();
    let knows_rung = row.rung.as_array().is_some_and(|rung| !rung.is_empty());
    let mut update = vec![
        Calls::Epoch,
        Calls::Seq,
        Calls::AnsweredBy,
        Calls::AnsweredName,
        Calls::AcceptedAt,
        Calls::MediaUpAt,
        Calls::EndedAt,
        Calls::Reason,
        Calls::Disposition,
        Calls::Path,
        Calls::Snapshot,
    ];
    if knows_rung {
        update.push(Calls::Rung);
    }
    let not_older = Cond::any()
        .add(Expr::col((Calls::Table, Calls::Epoch)).ne(row.epoch))
        .add(Expr::col((Calls::Table, Calls::Seq)).lte(row.seq));
    let upsert = Query::insert()
        .into_table(Calls::Table)
        .columns(COLUMNS)
        .values_panic([
            row.id.into(),
            row.tenant_id.into(),
            row.session_id.into(),
            row.epoch.into(),
            row.seq.into(),
            row.caller.into(),
            row.caller_role.into(),
            row.caller_name.into(),
            row.rung.into(),
            row.answered_by.into(),
            row.answered_name.into(),
            row.requested_at.into(),
            row.accepted_at.into(),
            row.media_up_at.into(),
            row.ended_at.into(),
            row.reason.into(),
            row.disposition.into(),
            row.path.into(),
            row.snapshot.into(),
        ])
        .on_conflict(
            OnConflict::column(Calls::Id)
                .update_columns(update)
                .action_cond_where(
                    Cond::all()
                        .add(Expr::col((Calls::Table, Calls::EndedAt)).is_null())
                        .add(Expr::col((Calls::Table, Calls::SessionId)).eq(row.session_id))
                        .add(not_older),
                )
                .to_owned(),
        )
        .to_owned();
    Ok(tx.execute(&upsert).await? > 0)
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<CallRow>, StorageError> {
    db.fetch_optional(select().and_where(Expr::col(Calls::Id).eq(id))).await
}

/// Part of a conversation, nearest to the place first.
pub(crate) async fn page(
    db: &Db,
    session: Uuid,
    window: Window,
    limit: u64,
) -> Result<Vec<CallRow>, StorageError> {
    let (condition, order) = beside(window, Calls::RequestedAt, Calls::Id);
    let page = select()
        .and_where(Expr::col(Calls::SessionId).eq(session))
        .cond_where(condition)
        .order_by(Calls::RequestedAt, order.clone())
        .order_by(Calls::Id, order)
        .limit(limit)
        .to_owned();
    db.fetch_all(&page).await
}

/// The last call of each of these conversations that had one, once it has ended.
pub(crate) async fn last_of(db: &Db, sessions: &[Uuid]) -> Result<Vec<CallRow>, StorageError> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let other = Alias::new("other");
    let newest = Query::select()
        .expr(Expr::col((other.clone(), Calls::RequestedAt)).max())
        .from_as(Calls::Table, other.clone())
        .and_where(Expr::col((other, Calls::SessionId)).equals((Calls::Table, Calls::SessionId)))
        .to_owned();
    let last = select()
        .and_where(Expr::col((Calls::Table, Calls::SessionId)).is_in(sessions.iter().copied()))
        .and_where(Expr::col((Calls::Table, Calls::EndedAt)).is_not_null())
        .and_where(Expr::col((Calls::Table, Calls::RequestedAt)).in_subquery(newest))
        .to_owned();
    db.fetch_all(&last).await
}

/// Calls that have not ended, the oldest first.
pub(crate) async fn running(db: &Db) -> Result<Vec<CallRow>, StorageError> {
    let running = select()
        .and_where(Expr::col(Calls::EndedAt).is_null())
        .order_by(Calls::RequestedAt, Order::Asc)
        .order_by(Calls::Id, Order::Asc)
        .to_owned();
    db.fetch_all(&running).await
}

/// Calls of a tenant that have not ended, the oldest first.
pub(crate) async fn running_in(db: &Db, tenant: Uuid) -> Result<Vec<CallRow>, StorageError> {
    let running = select()
        .and_where(Expr::col(Calls::EndedAt).is_null())
        .and_where(Expr::col(Calls::TenantId).eq(tenant))
        .order_by(Calls::RequestedAt, Order::Asc)
        .order_by(Calls::Id, Order::Asc)
        .to_owned();
    db.fetch_all(&running).await
}

/// Ends a row whose snapshot cannot be read, so that it is not found running for ever.
pub(crate) async fn give_up(
    db: &Db,
    id: Uuid,
    reason: &str,
    disposition: &str,
    now: OffsetDateTime,
) -> Result<(), StorageError> {
    let update = Query::update()
        .table(Calls::Table)
        .value(Calls::EndedAt, now)
        .value(Calls::Reason, reason)
        .value(Calls::Disposition, disposition)
        .and_where(Expr::col(Calls::Id).eq(id))
        .and_where(Expr::col(Calls::EndedAt).is_null())
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// The conversations in which a call goes on.
pub(super) fn sessions_with_running_calls() -> SelectStatement {
    Query::select()
        .column(Calls::SessionId)
        .from(Calls::Table)
        .and_where(Expr::col(Calls::EndedAt).is_null())
        .to_owned()
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Calls::Table).to_owned()
}

const COLUMNS: [Calls; 19] = [
    Calls::Id,
    Calls::TenantId,
    Calls::SessionId,
    Calls::Epoch,
    Calls::Seq,
    Calls::Caller,
    Calls::CallerRole,
    Calls::CallerName,
    Calls::Rung,
    Calls::AnsweredBy,
    Calls::AnsweredName,
    Calls::RequestedAt,
    Calls::AcceptedAt,
    Calls::MediaUpAt,
    Calls::EndedAt,
    Calls::Reason,
    Calls::Disposition,
    Calls::Path,
    Calls::Snapshot,
];
