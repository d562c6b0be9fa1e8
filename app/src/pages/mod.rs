//! One folder or file a page.

pub(crate) mod admin;
pub(crate) mod dashboard;
pub(crate) mod login;
pub(crate) mod missing;
pub(crate) mod staff;
