//! The pure core of Tincan: what a call is, what may be said in a room, and how it is framed.
//!
//! Nothing here knows a clock, a socket, a runtime, a log or a database: time, ids and everything
//! else that differs from run to run come in as arguments. The server, both wasm clients and the
//! gateway use the same code to decide or to show the same thing.

pub mod agent;
pub mod call;
pub mod code;
pub mod entitlement;
pub mod event;
pub mod frame;
pub mod id;
pub mod json;
pub mod leg;
pub mod lobby;
pub mod reason;
pub mod room;
pub mod sdp;
pub mod wire;

pub use call::{Call, CallState, Effect};
pub use code::{Code, Refusal};
pub use entitlement::{Denied, Entitlements};
pub use event::{Entry, Event, Pushed, Signal};
pub use id::{CallId, EventId, LegId, SessionId, Sub, TenantId, Timestamp, Topic, UserId};
pub use reason::{Disposition, EndReason, MediaDetail};
