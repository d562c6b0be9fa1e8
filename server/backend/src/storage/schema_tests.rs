//! Both folders of migrations must make the same tables: by their text always, and as the
//! databases themselves tell it when PostgreSQL is at hand.

use super::{Db, audit_log, tenants, test_db::TestDb};
use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Table to columns, each with whether it may be null.
type Schema = BTreeMap<String, BTreeSet<(String, bool)>>;

#[test]
fn both_folders_have_the_same_versions_tables_columns_and_indexes() {
    let (sqlite, postgres) = (texts("sqlite"), texts("postgres"));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, text) in &sqlite {
        assert_eq!(tables(text), tables(&postgres[name]), "{name}");
        assert_eq!(indexes(text), indexes(&postgres[name]), "{name}");
    }
}

#[test]
fn ids_and_times_have_one_type_in_each_dialect() {
    for (dialect, id, time) in [("sqlite", " BLOB", " TEXT"), ("postgres", " UUID", " TIMESTAMPTZ")] {
        for line in texts(dialect).values().flat_map(|text| text.lines()) {
            let column = line.split_whitespace().next().unwrap_or_default();
            if !line.starts_with("    ") || column.chars().any(|c| !c.is_lowercase() && c != '_') {
                continue;
            }
            if column == "id" || column.ends_with("_id") {
                assert!(line.contains(id), "{dialect}: {line}");
            }
            if column == "at" || column.ends_with("_at") {
                assert!(line.contains(time), "{dialect}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn both_databases_tell_the_same_schema() {
    let mut schemas = Vec::new();
    for test_db in TestDb::each().await {
        let dir = tempfile::tempdir().unwrap();
        let db = match test_db.url() {
            Some(url) => Db::open(&url).await.unwrap(),
            None => Db::open_file(&dir.path().join("t.db")).await.unwrap(),
        };
        schemas.push(schema(&db, &test_db).await);
        db.close().await;
        test_db.drop_it().await;
    }
    assert!(schemas[0].contains_key("calls") && schemas[0].len() > 10);
    assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]), "{schemas:#?}");
}

/// Every version there ever was is brought up to date, with what is in it.
#[tokio::test]
async fn databases_of_every_earlier_version_are_upgraded() {
    let versions = texts("sqlite").len();
    for version in 1..versions {
        for test_db in TestDb::each().await {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("t.db");
            let db = match test_db.url() {
                None => {
                    old_sqlite(&file, version).await;
                    Db::open_file(&file).await.unwrap()
                }
                Some(url) => {
                    old_postgres(&url, version).await;
                    Db::open(&url).await.unwrap()
                }
            };
            assert_eq!(db.missing_migrations().await.unwrap(), 0);
            let tenant = tenants::all(&db).await.unwrap().pop().unwrap();
            assert_eq!((tenant.name.as_str(), tenant.public_key.as_str()), ("Old & Co", "tc_old"));
            let noted = audit_log::page(&db, Some(tenant.id), None, 10).await.unwrap();
            assert_eq!(noted.len(), usize::from(version >= 3), "{version}");
            assert!(noted.iter().all(|entry| entry.network.is_none()));
            db.close().await;
            test_db.drop_it().await;
        }
    }
}

/// The first migrations alone.
async fn older(dialect: &str, version: usize) -> Migrator {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in texts(dialect).into_iter().take(version) {
        fs::write(dir.path().join(name), text).unwrap();
    }
    Migrator::new(dir.path()).await.unwrap()
}

async fn old_sqlite(file: &Path, version: usize) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    older("sqlite", version).await.run(&pool).await.unwrap();
    let time = "'2026-01-02T03:04:05.000006Z'";
    sqlx::raw_sql(AssertSqlSafe(rows(&format!("x'{}'", "11".repeat(16)), time, version)))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

async fn old_postgres(url: &str, version: usize) {
    let pool = PgPool::connect(url).await.unwrap();
    older("postgres", version).await.run(&pool).await.unwrap();
    let id = "'11111111-1111-1111-1111-111111111111'";
    let time = "'2026-01-02 03:04:05.000006+00'";
    sqlx::raw_sql(AssertSqlSafe(rows(id, time, version))).execute(&pool).await.unwrap();
    pool.close().await;
}

/// What stood in a database of that version.
fn rows(id: &str, time: &str, version: usize) -> String {
    let tenant = format!(
        "INSERT INTO tenants (id, name, public_key, plan, voice_enabled, relay_only, theme_hue, \
         theme_chroma, created_at) \
         VALUES ({id}, 'Old & Co', 'tc_old', 'premium', TRUE, FALSE, 10, 0.1, {time});"
    );
    let noted = format!(
        "INSERT INTO audit_log (id, tenant_id, at, actor, actor_role, actor_name, action, target) \
         VALUES ({id}, {id}, {time}, {id}, 'admin', 'Admin', 'tenant.plan', 'premium');"
    );
    if version >= 3 { tenant + &noted } else { tenant }
}

async fn schema(db: &Db, test_db: &TestDb) -> Schema {
    let mut schema = Schema::new();
    match (db, test_db) {
        (Db::Sqlite { read, .. }, _) => {
            let sql = "SELECT m.name, c.name, c.\"notnull\" = 0 FROM sqlite_master m, pragma_table_info(m.name) c \
                       WHERE m.type = 'table'";
            for row in sqlx::query(sql).fetch_all(read).await.unwrap() {
                add(&mut schema, row.get(0), row.get(1), row.get(2));
            }
        }
        (Db::Postgres(pool), TestDb::Postgres { schema: name, .. }) => {
            let sql = format!(
                "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns \
                 WHERE table_schema = '{name}'"
            );
            for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap() {
                add(&mut schema, row.get(0), row.get(1), row.get(2));
            }
        }
        (Db::Postgres(_), TestDb::Sqlite) => unreachable!(),
    }
    schema
}

fn add(schema: &mut Schema, table: String, column: String, nullable: bool) {
    if table != "_sqlx_migrations" {
        schema.entry(table).or_default().insert((column, nullable));
    }
}

fn texts(dialect: &str) -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(dialect);
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn tables(text: &str) -> Schema {
    let mut schema = Schema::new();
    let mut table = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            rest.trim_end_matches(" (").clone_into(&mut table);
        } else if let Some(column) = line.strip_prefix("    ").filter(|line| !line.starts_with("PRIMARY")) {
            let name = column.split_whitespace().next().unwrap().to_owned();
            schema.entry(table.clone()).or_default().insert((name, !column.contains("NOT NULL")));
        }
    }
    schema
}

fn indexes(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains(" INDEX ") || line.contains("PRIMARY KEY (")).collect()
}
