//! Getting access tokens, and new ones before the old ones end.

use super::{Line, SocketStatus, Token, TokenError};
use crate::page::random;
use serde::Serialize;
use tincan_signaling::json;

/// How long to wait before asking again.
const RETRY_MS: u32 = 2_000;

/// The payload of `access_token`.
#[derive(Serialize)]
struct AccessToken<'a> {
    access_token: &'a str,
}

impl Line {
    /// Gets a token unless there is one or it is being got; then joins what waits for it.
    pub(super) fn ask_token(&self) {
        if self.token.borrow().is_some() || self.asking.replace(true) {
            return;
        }
        let line = self.own.clone();
        let token = (self.config.token)();
        wasm_bindgen_futures::spawn_local(async move {
            let token = token.await;
            let Some(line) = line.upgrade() else { return };
            line.asking.set(false);
            match token {
                Ok(token) => line.take_token(token),
                Err(TokenError::SignedOut) => line.close(SocketStatus::SignedOut),
                Err(TokenError::Unavailable) => {
                    line.renew_after(RETRY_MS + (random() * 1_000.0) as u32);
                }
            }
        });
    }

    pub(super) fn take_token(&self, token: Token) {
        // Renewed after three quarters of its life, so that a slow network does not outlast it.
        self.renew_after(token.expires_in_s.saturating_mul(750).max(1_000));
        let payload = json::write(&AccessToken { access_token: &token.text }).unwrap_or_default();
        *self.token.borrow_mut() = Some(token.text);
        for topic in self.topics() {
            match self.join_ref(topic) {
                Some(join_ref) => {
                    self.send(Some(&join_ref), topic, "access_token", &payload);
                }
                None => self.join(topic),
            }
        }
    }

    pub(super) fn renew_after(&self, ms: u32) {
        let line = self.own.clone();
        self.renew.set(ms, move || {
            if let Some(line) = line.upgrade().filter(|line| !line.is_over()) {
                line.token.take();
                line.ask_token();
            }
        });
    }
}
