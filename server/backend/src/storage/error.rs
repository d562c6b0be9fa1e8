//! What can go wrong between the program and its database. The texts are for our log.

use crate::Refused;

/// A statement that did not do what it must.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the row {id} of {table} holds a {column} that this program does not know")]
    Inconsistent { table: &'static str, id: String, column: &'static str },
    #[error("a write to {table} touched {found} rows instead of one")]
    RowsAffected { table: &'static str, found: u64 },
}

impl StorageError {
    /// Whether a row with the same unique value is there already.
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl From<StorageError> for Refused {
    fn from(error: StorageError) -> Self {
        Self::internal(error)
    }
}

/// Checks that a write touched exactly one row.
pub(super) fn one_row(table: &'static str, found: u64) -> Result<(), StorageError> {
    if found == 1 { Ok(()) } else { Err(StorageError::RowsAffected { table, found }) }
}
