//! How far each person has read.

use super::{db::Tx, error::StorageError};
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum ReadMarks {
    Table,
    SessionId,
    Sub,
    IsStaff,
    UpTo,
    ReadTo,
}

/// One person's mark in one conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadMark {
    pub(crate) session_id: Uuid,
    pub(crate) sub: Uuid,
    pub(crate) is_staff: bool,
    pub(crate) up_to: Uuid,
    pub(crate) read_to: OffsetDateTime,
}

/// Moves the mark on; it never goes back. Whether it moved.
pub(crate) async fn advance(tx: &mut Tx, mark: ReadMark) -> Result<bool, StorageError> {
    let upsert = Query::insert()
        .into_table(ReadMarks::Table)
        .columns([
            ReadMarks::SessionId,
            ReadMarks::Sub,
            ReadMarks::IsStaff,
            ReadMarks::UpTo,
            ReadMarks::ReadTo,
        ])
        .values_panic([
            mark.session_id.into(),
            mark.sub.into(),
            mark.is_staff.into(),
            mark.up_to.into(),
            mark.read_to.into(),
        ])
        .on_conflict(
            OnConflict::columns([ReadMarks::SessionId, ReadMarks::Sub])
                .update_columns([ReadMarks::UpTo, ReadMarks::ReadTo])
                .action_and_where(Expr::col((ReadMarks::Table, ReadMarks::ReadTo)).lt(mark.read_to))
                .to_owned(),
        )
        .to_owned();
    Ok(tx.execute(&upsert).await? > 0)
}
