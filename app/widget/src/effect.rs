//! Everything that touches the browser: the page, the loader around it, HTTP, and the line itself.

pub(crate) mod dom;
pub(crate) mod history;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod line;
pub(crate) mod loader;
pub(crate) mod picture;
pub(crate) mod string;
pub(crate) mod visitor;
