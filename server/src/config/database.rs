//! `[database]`: where data is kept.

use super::secret::MASK;
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, path::Path};

/// The database; by default a SQLite file in the data directory.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: Option<DatabaseUrl>,
}

/// A database URL. What people see of it has no password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The SQLite file of a data directory.
    pub fn sqlite_in(data_dir: &Path) -> Self {
        Self(format!("sqlite:{}", data_dir.join("tincan.db").display()))
    }

    /// The whole URL, for the one place that connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The file behind it, when it is SQLite.
    pub fn sqlite_file(&self) -> Option<&Path> {
        let path = self.0.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(Path::new(path.split('?').next().unwrap_or(path)))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sqlite_file().is_some() {
            return f.write_str(&self.0);
        }
        // A password may stand in the user part or in the query.
        let Ok(mut url) = url::Url::parse(&self.0) else { return f.write_str(MASK) };
        url.set_query(None);
        if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
            return f.write_str(MASK);
        }
        url.fmt(f)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked() {
        let url = DatabaseUrl("postgres://ann:hush@db.example:5432/tincan?password=hush".into());
        assert_eq!(url.to_string(), "postgres://ann:********@db.example:5432/tincan");
        assert!(!format!("{url:?}").contains("hush"));
    }

    #[test]
    fn a_sqlite_url_names_its_file() {
        for url in ["sqlite:data/tincan.db", "sqlite://data/tincan.db?mode=rwc"] {
            let url = DatabaseUrl(url.into());
            assert_eq!(url.sqlite_file(), Some(Path::new("data/tincan.db")));
        }
        assert_eq!(DatabaseUrl("postgres://h/n".into()).sqlite_file(), None);
    }
}
