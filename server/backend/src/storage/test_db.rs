//! Databases for tests: SQLite always, PostgreSQL when `TINCAN_TEST_POSTGRES` gives a URL.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A fresh database of one test; gone when [`TestDb::drop_it`] is called.
pub(crate) enum TestDb {
    /// In the data directory, where the backend puts it by itself.
    Sqlite,
    /// A schema of its own.
    Postgres { server: String, schema: String },
}

impl TestDb {
    /// One of each kind that there is here.
    pub(crate) async fn each() -> Vec<Self> {
        let mut all = vec![Self::Sqlite];
        if let Ok(server) = std::env::var("TINCAN_TEST_POSTGRES") {
            let schema = format!("test_{}", crate::Clock::system().new_id().simple());
            run(&server, format!("CREATE SCHEMA {schema}")).await;
            all.push(Self::Postgres { server, schema });
        }
        all
    }

    /// What to open; `None` for the default.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { server, schema } => {
                let mark = if server.contains('?') { '&' } else { '?' };
                Some(format!("{server}{mark}options[search_path]={schema}"))
            }
        }
    }

    pub(crate) async fn drop_it(self) {
        if let Self::Postgres { server, schema } = self {
            run(&server, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }
}

async fn run(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}
