//! Both folders of migrations must make the same tables: by their text always, and as the
//! databases themselves tell it when PostgreSQL is at hand.

use super::{Db, test_db::TestDb};
use sqlx::{AssertSqlSafe, Row as _};
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
