//! The server around the parts: configuration, HTTP, pages, the demo and the command line.
//!
//! Only this crate knows axum's routes. It decides nothing about calls and stores nothing: requests
//! become use cases of the backend, sockets go to the relay, and `parts` puts them together.

pub mod assets;
pub mod caller;
pub mod certificate;
pub mod cli;
pub mod client_ip;
pub mod commands;
pub mod config;
mod cookies;
pub mod demo;
mod exporter;
pub mod http;
pub mod listeners;
pub mod logging;
mod origin;
pub mod pages;
pub mod parts;
pub mod problem;
pub mod router;
pub mod server;
pub mod state;
mod static_files;
mod trace;
