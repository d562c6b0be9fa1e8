//! The relay over real sockets, with the real backend on SQLite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod calls;
mod client;
mod doors;
mod limits;
mod rooms;
