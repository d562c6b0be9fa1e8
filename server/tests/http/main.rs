//! The HTTP server as its clients meet it: a real one on a free port, with a real database in a
//! folder of its own.

mod app;
mod auth;
mod conversations;
mod pages;
mod service;
#[path = "../support/site.rs"]
mod site;
mod widget;
