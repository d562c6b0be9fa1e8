//! What touches the browser itself. Called from effects and event handlers only, never while the
//! server renders.

pub(crate) mod focus;
pub(crate) mod mark;
pub(crate) mod notice;
pub(crate) mod talking;
pub(crate) mod theme;
pub(crate) mod token;
