//! One enum over both databases, with the few verbs that the tables' functions use.
//!
//! SQLite runs in WAL mode with one connection that writes and several that only read: writers
//! queue in the pool instead of failing with "database is locked".

use super::{
    dialect,
    error::StorageError,
    pending,
    row::Row,
    weather::{Act, run},
};
use sea_query_sqlx::SqlxBinder;
use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use std::{path::Path, time::Duration};

/// An open database.
#[derive(Clone)]
pub(crate) enum Db {
    Sqlite { write: SqlitePool, read: SqlitePool },
    Postgres(PgPool),
}

/// A transaction; dropped without [`Tx::commit`] it never happened.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

type Result<T> = std::result::Result<T, StorageError>;

impl Db {
    /// Opens the database of a URL, `sqlite:PATH` or `postgres://..`, and brings its schema up to date.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            run(Act::Open, Self::open_sqlite(url.parse()?)).await
        } else {
            run(Act::Open, Self::open_postgres(url)).await
        }
    }

    /// Opens the SQLite database of a file, which is made when it is missing.
    pub(crate) async fn open_file(path: &Path) -> Result<Self> {
        run(Act::Open, Self::open_sqlite(SqliteConnectOptions::new().filename(path))).await
    }

    async fn open_sqlite(options: SqliteConnectOptions) -> Result<Self> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("../../migrations/sqlite").run(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
            .await?;
        Ok(Self::Sqlite { write, read })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).connect(url).await?;
        sqlx::migrate!("../../migrations/postgres").run(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    pub(crate) async fn execute(&self, statement: &impl SqlxBinder) -> Result<u64> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Write, sqlx::query_with(sql, values).execute(write)).await?.rows_affected()
            }
            Self::Postgres(pool) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Write, sqlx::query_with(sql, values).execute(pool)).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn fetch_all<T: Row>(&self, statement: &impl SqlxBinder) -> Result<Vec<T>> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Read, sqlx::query_as_with(sql, values).fetch_all(read)).await?
            }
            Self::Postgres(pool) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Read, sqlx::query_as_with(sql, values).fetch_all(pool)).await?
            }
        })
    }

    pub(crate) async fn fetch_optional<T: Row>(&self, statement: &impl SqlxBinder) -> Result<Option<T>> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Read, sqlx::query_as_with(sql, values).fetch_optional(read)).await?
            }
            Self::Postgres(pool) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Read, sqlx::query_as_with(sql, values).fetch_optional(pool)).await?
            }
        })
    }

    /// Begins a transaction that may write. SQLite takes the lock at once, so that what was read
    /// in it is still true when it writes.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                Tx::Sqlite(run(Act::Begin, write.begin_with("BEGIN IMMEDIATE")).await?)
            }
            Self::Postgres(pool) => Tx::Postgres(run(Act::Begin, pool.begin()).await?),
        })
    }

    /// How many migrations are not there: none, unless the database was exchanged.
    pub(crate) async fn missing_migrations(&self) -> Result<usize> {
        Ok(match self {
            Self::Sqlite { write, .. } => pending::in_sqlite(write).await?,
            Self::Postgres(pool) => pending::in_postgres(pool).await?,
        })
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite { write, .. } => write.is_closed(),
            Self::Postgres(pool) => pool.is_closed(),
        }
    }

    /// Waits for what is under way and closes all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                let closing = async {
                    read.close().await;
                    write.close().await;
                    Ok::<_, StorageError>(())
                };
                // Closing cannot fail.
                let _closed = run(Act::Close, closing).await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub(crate) async fn execute(&mut self, statement: &impl SqlxBinder) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Within, sqlx::query_with(sql, values).execute(&mut **tx)).await?.rows_affected()
            }
            Self::Postgres(tx) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Within, sqlx::query_with(sql, values).execute(&mut **tx)).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn fetch_all<T: Row>(&mut self, statement: &impl SqlxBinder) -> Result<Vec<T>> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Within, sqlx::query_as_with(sql, values).fetch_all(&mut **tx)).await?
            }
            Self::Postgres(tx) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Within, sqlx::query_as_with(sql, values).fetch_all(&mut **tx)).await?
            }
        })
    }

    pub(crate) async fn fetch_optional<T: Row>(&mut self, statement: &impl SqlxBinder) -> Result<Option<T>> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let (sql, values) = dialect::sqlite(statement);
                run(Act::Within, sqlx::query_as_with(sql, values).fetch_optional(&mut **tx)).await?
            }
            Self::Postgres(tx) => {
                let (sql, values) = dialect::postgres(statement);
                run(Act::Within, sqlx::query_as_with(sql, values).fetch_optional(&mut **tx)).await?
            }
        })
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => run(Act::Commit, tx.commit()).await?,
            Self::Postgres(tx) => run(Act::Commit, tx.commit()).await?,
        }
        Ok(())
    }
}

/// How long a connection waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
