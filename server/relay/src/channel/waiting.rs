//! Joins without a token.
//!
//! realtime-js with nothing but an `accessToken` callback joins without one. It sends the token as
//! an `access_token` event, but only once it holds itself for joined, and only when the callback
//! was slower than the answer; to its next join it adds it always. So the first join of a topic
//! without a token is answered at once, nothing more is said until the token is there, and what is
//! pushed meanwhile is held. A client that says no more is asked by `phx_error` to join again.

use super::{Channels, join::Pending};
use std::time::Duration;
use tincan_signaling::id::Topic;
use tokio::time::Instant;

/// How long such a join waits for its token.
const TOKEN_WAIT: Duration = Duration::from_secs(5);
/// After so long its client is asked to join again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How many pushes are held on one socket, and bytes of them.
const MAX_EARLY: usize = 32;
const MAX_EARLY_BYTES: usize = 64 * 1024;

/// What a client hears that never had a token.
pub(super) const NO_TOKEN: &str = "Unauthorized: No access token came.";

/// A join that was answered, and waits for its token.
pub(super) struct Waiting {
    pub(super) pending: Pending,
    ask_again: Option<Instant>,
    until: Instant,
    pub(super) early: Vec<Early>,
}

/// A push that came before the token.
pub(super) struct Early {
    pub(super) reference: Option<String>,
    /// The event of a broadcast; none for presence.
    pub(super) event: Option<String>,
    pub(super) payload: String,
}

impl Waiting {
    fn due(&self) -> Instant {
        self.ask_again.unwrap_or(self.until)
    }
}

impl Channels {
    /// Answers a join that has no token yet; gives it back when this topic was answered so before.
    pub(super) fn wait_for_token(&mut self, topic: Topic, mut pending: Pending) -> Result<(), Box<Pending>> {
        if self.tokenless.len() >= self.hub.config.limits.channels || !self.tokenless.insert(topic) {
            return Err(Box::new(pending));
        }
        pending.answer(&self.outbox, self.version());
        let now = Instant::now();
        let (ask_again, until) = (Some(now + ASK_AGAIN), now + TOKEN_WAIT);
        self.pending.insert(topic, Waiting { pending, ask_again, until, early: Vec::new() });
        Ok(())
    }

    /// Holds a push on a topic that waits for its token. False: there is none, or no room.
    pub(super) fn hold(
        &mut self,
        topic: &str,
        reference: Option<&str>,
        event: Option<&str>,
        payload: &str,
    ) -> bool {
        let held = self.pending.values().flat_map(|waiting| &waiting.early);
        let (count, bytes) =
            held.fold((0, payload.len()), |(count, bytes), early| (count + 1, bytes + early.payload.len()));
        let waiting = topic.parse().ok().and_then(|topic: Topic| self.pending.get_mut(&topic));
        let Some(waiting) = waiting.filter(|_| count < MAX_EARLY && bytes <= MAX_EARLY_BYTES) else {
            return false;
        };
        let (reference, event) = (reference.map(str::to_owned), event.map(str::to_owned));
        waiting.early.push(Early { reference, event, payload: payload.to_owned() });
        true
    }

    /// Takes what was held, now that it is known whether the join was granted.
    pub(super) async fn take_early(&mut self, written: &str, early: Vec<Early>) {
        for Early { reference, event, payload } in early {
            match event {
                Some(event) => {
                    self.push(written, reference.as_deref(), &event, &payload).await;
                }
                None => self.presence(written, reference.as_deref(), &payload).await,
            }
        }
    }

    /// When something is due with a join that waits.
    pub(super) fn waiting_due(&self) -> Option<Instant> {
        self.pending.values().map(Waiting::due).min()
    }

    /// Asks for tokens that do not come, and gives up those that never came.
    pub(super) async fn do_waiting(&mut self) {
        let (now, version) = (Instant::now(), self.version());
        for waiting in self.pending.values_mut() {
            if waiting.ask_again.is_some_and(|at| at <= now) {
                waiting.ask_again = None;
                waiting.pending.refuse(&self.outbox, version, "Join again with an access token.");
            }
        }
        let over = |waiting: &Waiting| waiting.until <= now;
        let over: Vec<Topic> =
            self.pending.iter().filter(|(_, waiting)| over(waiting)).map(|(topic, _)| *topic).collect();
        for topic in over {
            let Some(Waiting { pending, early, .. }) = self.pending.remove(&topic) else { continue };
            self.take_early(&pending.written, early).await;
            self.tell_over(topic, &pending.written, pending.join_ref.as_deref());
        }
    }
}
