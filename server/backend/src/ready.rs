//! Whether this process can do its work, and if not, why.

use crate::{Backend, private_file};
use std::time::Duration;

/// A reason why requests should not be sent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unready {
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for the operator.
    pub words: &'static str,
}

impl Backend {
    /// Everything that keeps requests from being served; empty when nothing does.
    pub async fn unready(&self) -> Vec<Unready> {
        let (database, data_dir) = tokio::join!(self.database(), self.data_dir());
        [database, data_dir].into_iter().flatten().collect()
    }

    async fn database(&self) -> Option<Unready> {
        let missing = match tokio::time::timeout(PATIENCE, self.db().missing_migrations()).await {
            Ok(Ok(missing)) => missing,
            Ok(Err(error)) => return Some(no_database(&error)),
            Err(_) => return Some(no_database(&"no answer in time")),
        };
        let words = "the database misses migrations: run `tincan migrate` or restart this process";
        (missing > 0).then_some(Unready { code: "migrations-pending", words })
    }

    async fn data_dir(&self) -> Option<Unready> {
        let dir = self.inner.config.data_dir.clone();
        let written = tokio::task::spawn_blocking(move || private_file::probe(&dir)).await;
        let error = match written {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error, "the data directory cannot be written");
        let words = "the data directory cannot be written: is the disk full, or the owner another?";
        Some(Unready { code: "data-dir-unwritable", words })
    }
}

fn no_database(error: &dyn std::fmt::Display) -> Unready {
    tracing::error!(%error, "the database does not answer");
    Unready { code: "database-unreachable", words: "the database does not answer" }
}

/// How long a database may take to show that it lives.
const PATIENCE: Duration = Duration::from_secs(3);
