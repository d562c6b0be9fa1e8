//! The relay over real sockets, with the real backend on SQLite.

mod calls;
mod client;
mod doors;
mod rooms;
