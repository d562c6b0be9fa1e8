//! The program as people and scripts run it: what it prints, and how it starts and stops.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod call;
mod commands;
mod demo;
mod folder;
mod keys;
mod log;
mod metrics;
mod rooms;
#[path = "../support/site.rs"]
mod site;
