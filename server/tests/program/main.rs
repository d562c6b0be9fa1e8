//! The program as people and scripts run it: what it prints, and how it starts and stops.

mod commands;
mod demo;
mod folder;
#[path = "../support/site.rs"]
mod site;
