//! What server functions refuse with: the one enum of codes, and words for people.

use leptos::{
    prelude::FromServerFnError,
    server_fn::{codec::JsonEncoding, error::ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use tincan_signaling::{Code, Refusal};

/// A refusal on its way to the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiError(pub(crate) Refusal);

impl ApiError {
    /// The refusal as a sentence for whoever pressed the button.
    pub(crate) fn words(&self) -> String {
        words(&self.0)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let (code, reason) = match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => {
                (Code::BadRequest, "Something in this form could not be read.")
            }
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => {
                (Code::Unavailable, "The server could not be reached. Nothing was changed.")
            }
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_) => {
                (Code::Unavailable, "The server could not do this now. Try again in a moment.")
            }
        };
        Self(Refusal::new(code, reason))
    }
}

/// A refusal in words: the ones that need more than their own sentence first.
pub(crate) fn words(refusal: &Refusal) -> String {
    match refusal.code {
        Code::RateLimited => too_often(refusal.retry_after_ms),
        Code::Unauthorized => "You are signed out. Sign in again.".into(),
        Code::Csrf => "This form is from another page. Reload and try again.".into(),
        Code::BadEvent
        | Code::BadRequest
        | Code::NotFound
        | Code::TooLarge
        | Code::WrongState
        | Code::Forbidden
        | Code::Taken
        | Code::UnknownCall
        | Code::UnknownLeg
        | Code::VoiceNotEnabled
        | Code::NotEntitled
        | Code::LimitReached
        | Code::OriginDenied
        | Code::UseSocket
        | Code::Unavailable => refusal.reason.clone(),
    }
}

/// "Too many attempts", with the seconds when they are known.
pub(crate) fn too_often(retry_after_ms: Option<u64>) -> String {
    match retry_after_ms {
        Some(ms) => format!("Too many attempts. Try again in {} s.", ms.div_ceil(1000).max(1)),
        None => "Too many attempts. Try again in a moment.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_said_in_whole_seconds() {
        assert_eq!(words(&Refusal::rate_limited(1_200)), "Too many attempts. Try again in 2 s.");
        assert_eq!(too_often(Some(0)), "Too many attempts. Try again in 1 s.");
        assert_eq!(too_often(None), "Too many attempts. Try again in a moment.");
    }
}
