//! JSON text to values and back, as small as it can be: what a visitor's page has to load for it
//! is a third of what `serde_json` weighs there.
//!
//! The types are serde's all the same, so each shape is written down once. Here no error says
//! where or why, because nobody would read it, and an object is never taken from an array. A
//! server, which reads what strangers write and reads a lot of it, uses [`Quick`].

mod read;
mod write;

pub use read::{Raw, Unreadable, read};
pub use write::{Unwritable, quote, write};
pub(crate) use write::{Writer, object};

use serde::Deserialize;

/// Whoever turns JSON text into values.
pub trait Read {
    /// What is said of a text that is not what was asked for.
    type Error;

    /// Reads one value; nothing but white space may follow it.
    fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Self::Error>;
}

/// Reads with `serde_json`: the quick way, for servers.
#[derive(Clone, Copy, Debug)]
pub enum Quick {}

impl Read for Quick {
    type Error = serde_json::Error;

    fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// Reads with [`read()`]: the small way, for pages.
#[derive(Clone, Copy, Debug)]
pub enum Small {}

impl Read for Small {
    type Error = Unreadable;

    fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
        read(text)
    }
}
