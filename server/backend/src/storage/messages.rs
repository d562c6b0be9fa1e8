//! What was said. The only table that holds texts.

use super::{
    db::{Db, Tx},
    error::StorageError,
    row::{Count, Id},
};
use sea_query::{Cond, Expr, ExprTrait, Iden, OnConflict, Order, Query, SelectStatement};
use sqlx::FromRow;
use std::fmt;
use time::OffsetDateTime;
use tincan_signaling::event::Role;
use uuid::Uuid;

#[derive(Clone, Copy, Iden)]
enum Messages {
    Table,
    Id,
    SessionId,
    Author,
    AuthorRole,
    AuthorName,
    Body,
    CreatedAt,
}

#[derive(Clone, FromRow)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) author: Uuid,
    pub(crate) author_role: String,
    pub(crate) author_name: String,
    pub(crate) body: String,
    pub(crate) created_at: OffsetDateTime,
}

impl fmt::Debug for Message {
    /// Without the text: it never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A place in a conversation; ids order what happened in the same microsecond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) at: OffsetDateTime,
    pub(crate) id: Uuid,
}

/// Which part of a conversation: the last, or next to a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Window {
    Latest,
    Before(Place),
    After(Place),
}

/// Writes those that are not there yet and gives their ids.
pub(crate) async fn insert_new(tx: &mut Tx, messages: &[Message]) -> Result<Vec<Uuid>, StorageError> {
    let mut insert = Query::insert();
    insert.into_table(Messages::Table).columns(COLUMNS);
    for row in messages {
        insert.values_panic([
            row.id.into(),
            row.session_id.into(),
            row.author.into(),
            row.author_role.as_str().into(),
            row.author_name.as_str().into(),
            row.body.as_str().into(),
            row.created_at.into(),
        ]);
    }
    insert
        .on_conflict(OnConflict::column(Messages::Id).do_nothing().to_owned())
        .returning(Query::returning().column(Messages::Id));
    Ok(tx.fetch_all::<Id>(&insert).await?.into_iter().map(|row| row.id).collect())
}

pub(crate) async fn find_in(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Message>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.fetch_all(select().and_where(Expr::col(Messages::Id).is_in(ids.iter().copied()))).await
}

pub(crate) async fn find_many(db: &Db, ids: &[Uuid]) -> Result<Vec<Message>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db.fetch_all(select().and_where(Expr::col(Messages::Id).is_in(ids.iter().copied()))).await
}

/// Part of a conversation, nearest to the place first.
pub(crate) async fn page(
    db: &Db,
    session: Uuid,
    window: Window,
    limit: u64,
) -> Result<Vec<Message>, StorageError> {
    let (condition, order) = beside(window, Messages::CreatedAt, Messages::Id);
    let page = select()
        .and_where(Expr::col(Messages::SessionId).eq(session))
        .cond_where(condition)
        .order_by(Messages::CreatedAt, order.clone())
        .order_by(Messages::Id, order)
        .limit(limit)
        .to_owned();
    db.fetch_all(&page).await
}

/// How many messages of the visitor came after `at`.
pub(crate) async fn count_of_visitor_after(
    tx: &mut Tx,
    session: Uuid,
    at: OffsetDateTime,
) -> Result<i64, StorageError> {
    let count = Query::select()
        .expr_as(Expr::col(Messages::Id).count(), "n")
        .from(Messages::Table)
        .and_where(Expr::col(Messages::SessionId).eq(session))
        .and_where(Expr::col(Messages::AuthorRole).eq(Role::Visitor.as_str()))
        .and_where(Expr::col(Messages::CreatedAt).gt(at))
        .to_owned();
    Ok(tx.fetch_optional::<Count>(&count).await?.map_or(0, |row| row.n))
}

/// What lies in a window, for a table with these columns for time and id, and in which order.
pub(super) fn beside<C: Iden + Copy + 'static>(window: Window, at: C, id: C) -> (Cond, Order) {
    match window {
        Window::Latest => (Cond::all(), Order::Desc),
        Window::Before(place) => (
            Cond::any()
                .add(Expr::col(at).lt(place.at))
                .add(Cond::all().add(Expr::col(at).eq(place.at)).add(Expr::col(id).lt(place.id))),
            Order::Desc,
        ),
        Window::After(place) => (
            Cond::any()
                .add(Expr::col(at).gt(place.at))
                .add(Cond::all().add(Expr::col(at).eq(place.at)).add(Expr::col(id).gt(place.id))),
            Order::Asc,
        ),
    }
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Messages::Table).to_owned()
}

const COLUMNS: [Messages; 7] = [
    Messages::Id,
    Messages::SessionId,
    Messages::Author,
    Messages::AuthorRole,
    Messages::AuthorName,
    Messages::Body,
    Messages::CreatedAt,
];
