//! Parts that more than one page uses.

mod can;
mod clock;
mod icon;
mod mark;
mod string;

pub(crate) use can::{Can, UNKNOWN, initial};
pub(crate) use clock::{Clock, hydrated};
pub(crate) use icon::Icon;
pub(crate) use mark::Mark;
pub(crate) use string::{PaperLine, Rest};
