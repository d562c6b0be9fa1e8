//! Signing in and out, and the people of a tenant.

mod refresh;
mod sign_in;
mod users;

pub(crate) use sign_in::REFRESH_TTL;
pub use sign_in::SignedIn;
pub(crate) use users::checked_name;
pub use users::{Created, NewUser, UserView};
