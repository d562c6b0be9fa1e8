//! Changing the keys that sign tokens, while everybody stays signed in.

use crate::{
    Backend, Change, Identity, Refused, Result,
    error::refuse,
    keys::{KeysError, Read},
};
use tincan_signaling::Code;

impl Backend {
    /// Makes a new key that signs; tokens of the one before stay good until they end. With `at_once`
    /// they do not, for a key that leaked: browsers renew theirs by themselves. Gives the new key's
    /// name. Other processes on the same data directory learn it within seconds.
    pub async fn rotate_keys(&self, by: &Identity, at_once: bool) -> Result<String> {
        by.must_be_operator()?;
        if self.inner.keys.are_configured() {
            return refuse(
                Code::WrongState,
                "The keys stand in the configuration: move auth.key to auth.previous_key and put a new \
                 one there (openssl rand -hex 32), then restart the server.",
            );
        }
        let mut tx = self.begin().await?;
        let kid = match self.inner.keys.rotate(self.now(), at_once) {
            Err(error @ KeysError::TooSoon { .. }) => return refuse(Code::WrongState, &error.to_string()),
            other => other.map_err(Refused::internal)?,
        };
        let action = if at_once { "key.replace" } else { "key.rotate" };
        self.record(&mut tx, by, None, action, &kid).await?;
        tx.commit().await?;
        self.take_in_keys()?;
        Ok(kid)
    }

    /// Takes in keys that another process made.
    pub(crate) fn take_in_keys(&self) -> Result<()> {
        // A file of some hundred bytes: quicker read than handed to another thread.
        match self.inner.keys.read_again(self.now()).map_err(Refused::internal)? {
            Read::Same => {}
            Read::Rotated { kid } => tracing::info!(kid, "another key signs tokens now"),
            Read::Dropped { kid } => {
                tracing::warn!(kid, "another key signs tokens now, and those of one before are refused");
                self.announce(Change::KeyDropped);
            }
        }
        Ok(())
    }
}
