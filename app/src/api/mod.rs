//! Server functions and what they share. Each takes the session, calls one use case and maps its
//! refusal; each is a public endpoint under `/sfn`.

mod chats;
mod error;
mod once;
mod origins;
mod session;
mod tenant;
mod users;

pub(crate) use chats::{Conversation, last_words, list_sessions, my_call, read_conversation};
pub(crate) use error::{ApiError, too_often, words};
pub(crate) use once::Shown;
pub(crate) use origins::{AddOrigin, RemoveOrigin, list_origins};
pub(crate) use session::{Boot, Guest};
pub(crate) use tenant::{SetVoice, TenantPage, read_tenant};
pub(crate) use users::{AddUser, Member, ResetPassword, SetUserEnabled, SetUserRole, list_users};
