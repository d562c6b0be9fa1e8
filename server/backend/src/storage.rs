//! Everything that knows SQL: one file of functions per table over both databases.
//!
//! Statements are built by sea-query for the dialect at hand and every value is bound. Differences
//! between the dialects live in `dialect`. Not found is `Ok(None)`.

pub(crate) mod audit_log;
pub(crate) mod calls;
pub(crate) mod chat_sessions;
pub(crate) mod client_sessions;
mod db;
mod dialect;
mod error;
pub(crate) mod messages;
mod pending;
pub(crate) mod read_marks;
pub(crate) mod refresh_tokens;
mod row;
#[cfg(test)]
mod schema_tests;
pub(crate) mod sites;
pub(crate) mod tenants;
#[cfg(test)]
pub(crate) mod test_db;
pub(crate) mod users;
pub(crate) mod visitor_resumes;
pub(crate) mod visitors;
#[cfg_attr(
    not(feature = "simulated"),
    expect(unreachable_pub, reason = "a simulated world wants to know it")
)]
pub mod weather;

pub(crate) use db::{Db, Tx};
pub(crate) use error::StorageError;
pub(crate) use pending::pending;
