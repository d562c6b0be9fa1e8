//! Conversations, one per visitor and life of a chat.

use super::{
    calls,
    db::{Db, Tx},
    error::{StorageError, one_row},
    messages,
    visitors::Visitors,
};
use sea_query::{Cond, Expr, ExprTrait, Iden, OnConflict, Order, Query, SelectStatement};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Clone, Copy, Iden)]
pub(super) enum ChatSessions {
    Table,
    Id,
    TenantId,
    VisitorId,
    PageUrl,
    CreatedAt,
    LastAt,
    LastMessageId,
    Unread,
    ClosedAt,
}

/// A conversation with its visitor's name.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct ChatSession {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) visitor_id: Uuid,
    pub(crate) visitor_name: String,
    pub(crate) page_url: Option<String>,
    pub(crate) last_at: OffsetDateTime,
    pub(crate) last_message_id: Option<Uuid>,
    pub(crate) unread: i64,
    pub(crate) closed_at: Option<OffsetDateTime>,
}

/// Where a page of the list ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) last_at: OffsetDateTime,
    pub(crate) id: Uuid,
}

/// What messages that were just written change about their conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewMessages {
    pub(crate) last_id: Uuid,
    pub(crate) last_at: OffsetDateTime,
    /// Somebody of the staff answered: everything before counts as read.
    pub(crate) answered: bool,
    /// The visitor's messages since.
    pub(crate) unread: i64,
}

/// Writes the conversation's row when it is not there yet; `true` when it was not.
pub(crate) async fn ensure(
    tx: &mut Tx,
    id: Uuid,
    tenant: Uuid,
    visitor: Uuid,
    now: OffsetDateTime,
) -> Result<bool, StorageError> {
    let insert = Query::insert()
        .into_table(ChatSessions::Table)
        .columns([
            ChatSessions::Id,
            ChatSessions::TenantId,
            ChatSessions::VisitorId,
            ChatSessions::CreatedAt,
            ChatSessions::LastAt,
            ChatSessions::Unread,
        ])
        .values_panic([id.into(), tenant.into(), visitor.into(), now.into(), now.into(), 0_i64.into()])
        .on_conflict(OnConflict::column(ChatSessions::Id).do_nothing().to_owned())
        .to_owned();
    Ok(tx.execute(&insert).await? > 0)
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<ChatSession>, StorageError> {
    db.fetch_optional(select().and_where(col(ChatSessions::Id).eq(id))).await
}

pub(crate) async fn find_in(tx: &mut Tx, id: Uuid) -> Result<Option<ChatSession>, StorageError> {
    tx.fetch_optional(select().and_where(col(ChatSessions::Id).eq(id))).await
}

/// A page of a tenant's conversations, those with the newest event first; of one visitor when given.
pub(crate) async fn page(
    db: &Db,
    tenant: Uuid,
    visitor: Option<Uuid>,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Vec<ChatSession>, StorageError> {
    let behind = after.map(|after| {
        Cond::any().add(col(ChatSessions::LastAt).lt(after.last_at)).add(
            Cond::all()
                .add(col(ChatSessions::LastAt).eq(after.last_at))
                .add(col(ChatSessions::Id).lt(after.id)),
        )
    });
    let page = select()
        .and_where(col(ChatSessions::TenantId).eq(tenant))
        .and_where_option(visitor.map(|visitor| col(ChatSessions::VisitorId).eq(visitor)))
        .cond_where(Cond::all().add_option(behind))
        .order_by((ChatSessions::Table, ChatSessions::LastAt), Order::Desc)
        .order_by((ChatSessions::Table, ChatSessions::Id), Order::Desc)
        .limit(limit)
        .to_owned();
    db.fetch_all(&page).await
}

/// Something happened: the conversation is open, and where its visitor is may be news.
pub(crate) async fn touch(
    tx: &mut Tx,
    id: Uuid,
    page_url: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(ChatSessions::Table)
        .value(ChatSessions::LastAt, now)
        .value(ChatSessions::ClosedAt, Option::<OffsetDateTime>::None)
        .and_where(Expr::col(ChatSessions::Id).eq(id));
    if let Some(page_url) = page_url {
        update.value(ChatSessions::PageUrl, page_url);
    }
    one_row("chat_sessions", tx.execute(&update).await?)
}

/// Takes in messages that were just written.
pub(crate) async fn add_messages(tx: &mut Tx, id: Uuid, new: NewMessages) -> Result<(), StorageError> {
    let before = if new.answered { Expr::val(0_i64) } else { Expr::col(ChatSessions::Unread) };
    let update = Query::update()
        .table(ChatSessions::Table)
        .value(ChatSessions::LastAt, new.last_at)
        .value(ChatSessions::LastMessageId, new.last_id)
        .value(ChatSessions::Unread, before.add(new.unread))
        .value(ChatSessions::ClosedAt, Option::<OffsetDateTime>::None)
        .and_where(Expr::col(ChatSessions::Id).eq(id))
        .to_owned();
    one_row("chat_sessions", tx.execute(&update).await?)
}

/// Somebody of the staff read everything up to `read_to`: only what the visitor wrote later can
/// still be unread.
pub(crate) async fn set_read(tx: &mut Tx, id: Uuid, read_to: OffsetDateTime) -> Result<(), StorageError> {
    let left = messages::count_of_visitor_after(tx, id, read_to).await?;
    let update = Query::update()
        .table(ChatSessions::Table)
        .value(ChatSessions::Unread, left)
        .and_where(Expr::col(ChatSessions::Id).eq(id))
        .and_where(Expr::col(ChatSessions::Unread).gt(left))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Open conversations without an event since `cutoff` and without a running call.
pub(crate) async fn idle(
    db: &Db,
    cutoff: OffsetDateTime,
    limit: u64,
) -> Result<Vec<ChatSession>, StorageError> {
    let idle = select()
        .and_where(col(ChatSessions::ClosedAt).is_null())
        .and_where(col(ChatSessions::LastAt).lt(cutoff))
        .and_where(col(ChatSessions::Id).not_in_subquery(calls::sessions_with_running_calls()))
        .limit(limit)
        .to_owned();
    db.fetch_all(&idle).await
}

/// Closes an open conversation; only when nothing happened since `idle_since` if given. Whether it
/// was closed now.
pub(crate) async fn close(
    tx: &mut Tx,
    id: Uuid,
    idle_since: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<bool, StorageError> {
    let update = Query::update()
        .table(ChatSessions::Table)
        .value(ChatSessions::ClosedAt, now)
        .and_where(Expr::col(ChatSessions::Id).eq(id))
        .and_where(Expr::col(ChatSessions::ClosedAt).is_null())
        .and_where_option(idle_since.map(|since| Expr::col(ChatSessions::LastAt).lt(since)))
        .to_owned();
    Ok(tx.execute(&update).await? > 0)
}

fn select() -> SelectStatement {
    Query::select()
        .columns(
            [
                ChatSessions::Id,
                ChatSessions::TenantId,
                ChatSessions::VisitorId,
                ChatSessions::PageUrl,
                ChatSessions::LastAt,
                ChatSessions::LastMessageId,
                ChatSessions::Unread,
                ChatSessions::ClosedAt,
            ]
            .map(|column| (ChatSessions::Table, column)),
        )
        .expr_as(Expr::col((Visitors::Table, Visitors::Name)), "visitor_name")
        .from(ChatSessions::Table)
        .inner_join(
            Visitors::Table,
            Expr::col((Visitors::Table, Visitors::Id)).equals((ChatSessions::Table, ChatSessions::VisitorId)),
        )
        .to_owned()
}

fn col(column: ChatSessions) -> Expr {
    Expr::col((ChatSessions::Table, column))
}
