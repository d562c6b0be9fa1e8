//! The browser's side of Tincan: one socket a page, rooms and lobby folded from it, and the call
//! driver that turns a call's state into microphone, peer connections and sound.
//!
//! Used by the dashboard and the widget alike. What decides stands in modules that know no
//! browser and are tested natively; the others carry it out. Handles are made and used in the
//! browser only; the server may hold their types, never their values.

mod call;
mod few;
mod lobby;
mod media;
mod moment;
mod page;
mod room;
mod socket;
mod tabs;

pub use call::{CallDriver, Connection, Place};
pub use lobby::{Lobby, Taken};
pub use media::{
    Device, HearTest, Hearing, MicError, MicState, Microphone, Permission, RemoteSound, Speaker,
};
pub use moment::wall_clock;
pub use page::{Timer, new_id};
pub use room::{Pending, Room};
pub use socket::{Socket, SocketConfig, SocketStatus, Token, TokenError, TokenSource};
pub use tabs::ring_here;
