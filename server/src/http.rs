//! The HTTP API of the design, section 7: one file per thing that can be asked for.

pub mod audit;
pub mod auth;
pub mod chat_sessions;
mod extract;
pub mod health;
pub mod openapi;
pub mod turn;
pub mod widget;
