//! What staff see and do of a call: the words, the incoming-call dialog, the call bar.

mod bar;
mod incoming;
pub(crate) mod mic_words;
pub(crate) mod record;
mod ringer;
mod strand;
mod toasts;
mod wave;
pub(crate) mod words;

pub(crate) use bar::CallBar;
pub(crate) use incoming::IncomingCall;
pub(crate) use ringer::{Ringer, provide_ringer};
pub(crate) use toasts::Toasts;
