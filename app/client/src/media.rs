//! Microphone, loudspeaker and tones of the page.

mod context;
mod hearing;
mod meter;
mod microphone;
mod refusal;
mod speaker;
mod tone;

pub(crate) use hearing::SoundWatch;
pub use hearing::{HearTest, Hearing, RemoteSound};
pub(crate) use microphone::Watcher as TrackWatcher;
pub use microphone::{Device, MicState, Microphone, Permission};
pub use refusal::MicError;
pub use speaker::Speaker;
