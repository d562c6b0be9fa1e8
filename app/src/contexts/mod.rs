//! What many parts of a page need: each with its own `provide_*`.

pub(crate) mod desk;
mod desk_call;
mod live;
pub(crate) mod theme;
mod wish;

pub(crate) use desk_call::DeskCall;
pub(crate) use live::Live;
