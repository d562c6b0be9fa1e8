//! Looks at a database without changing it: is it ours, and how far behind is its schema?

use super::error::StorageError;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgExecutor, SqliteExecutor, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};
use std::path::Path;

/// How many migrations the database of a URL, or else of a file, still needs; `None` when there is
/// no database with our tables.
pub(crate) async fn pending(url: Option<&str>, file: &Path) -> Result<Option<usize>, StorageError> {
    match url {
        None => sqlite(SqliteConnectOptions::new().filename(file)).await,
        Some(url) if url.starts_with("sqlite:") => sqlite(url.parse()?).await,
        Some(url) => postgres(url).await,
    }
}

async fn sqlite(options: SqliteConnectOptions) -> Result<Option<usize>, StorageError> {
    if !options.get_filename().exists() {
        return Ok(None);
    }
    let mut connection = options.create_if_missing(false).read_only(true).connect().await?;
    let table = sqlx::query("SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'");
    if table.fetch_optional(&mut connection).await?.is_none() {
        return Ok(None);
    }
    in_sqlite(&mut connection).await.map(Some)
}

/// How many migrations an open SQLite database still needs.
pub(super) async fn in_sqlite(database: impl SqliteExecutor<'_>) -> Result<usize, StorageError> {
    let applied = sqlx::query_scalar(APPLIED).fetch_all(database).await?;
    Ok(missing(&sqlx::migrate!("../../migrations/sqlite"), &applied))
}

/// How many migrations an open PostgreSQL database still needs.
pub(super) async fn in_postgres(database: impl PgExecutor<'_>) -> Result<usize, StorageError> {
    let applied = sqlx::query_scalar(APPLIED).fetch_all(database).await?;
    Ok(missing(&sqlx::migrate!("../../migrations/postgres"), &applied))
}

async fn postgres(url: &str) -> Result<Option<usize>, StorageError> {
    let mut connection = PgConnection::connect(url).await?;
    let table = sqlx::query_scalar::<_, Option<String>>("SELECT to_regclass('_sqlx_migrations')::text");
    if table.fetch_one(&mut connection).await?.is_none() {
        return Ok(None);
    }
    in_postgres(&mut connection).await.map(Some)
}

fn missing(known: &Migrator, applied: &[i64]) -> usize {
    known.iter().filter(|known| !applied.contains(&known.version)).count()
}

const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success";
