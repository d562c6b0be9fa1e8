//! The HTTP server as its clients meet it: a real one on a free port, with a real database in a
//! folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod app;
mod auth;
mod conversations;
mod doors;
mod pages;
mod service;
#[path = "../support/site.rs"]
mod site;
mod widget;
