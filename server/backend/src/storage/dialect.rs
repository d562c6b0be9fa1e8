//! Where SQLite and PostgreSQL differ, and the one place that declares built text safe.

use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder, Value};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::AssertSqlSafe;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// The statement for SQLite.
///
/// Times become text of one width, so that their order as text is their order in time; the driver's
/// own text drops zeros at the end and does not sort.
pub(super) fn sqlite(statement: &impl SqlxBinder) -> (AssertSqlSafe<String>, SqlxValues) {
    let (sql, mut values) = statement.build_sqlx(SqliteQueryBuilder);
    for value in &mut values.0.0 {
        if let Value::TimeDateTimeWithTimeZone(at) = value {
            *value = Value::String(at.map(time_text));
        }
    }
    (built(sql), values)
}

/// The statement for PostgreSQL.
pub(super) fn postgres(statement: &impl SqlxBinder) -> (AssertSqlSafe<String>, SqlxValues) {
    let (sql, values) = statement.build_sqlx(PostgresQueryBuilder);
    (built(sql), values)
}

/// Sound here and only here: the text comes from sea-query, which binds every value.
fn built(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

fn time_text(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(SQLITE_TIME).expect("a date and time has all these parts")
}

const SQLITE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_times_sort_like_times() {
        let at = |us: i128| OffsetDateTime::from_unix_timestamp_nanos(us * 1000).unwrap();
        let mut texts = [1_000_000, 1_000_001, 1_000_120, 1_120_000, 2_000_000].map(|us| time_text(at(us)));
        let sorted = texts.clone();
        texts.sort();
        assert_eq!(texts, sorted);
        assert_eq!(texts[0], "1970-01-01T00:00:01.000000Z");
    }
}
