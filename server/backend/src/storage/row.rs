//! What both databases can fill, and rows that are one value.

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

/// A row type that both databases can fill.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{}

#[derive(FromRow)]
pub(super) struct Id {
    pub(super) id: Uuid,
}

#[derive(FromRow)]
pub(super) struct Count {
    pub(super) n: i64,
}
