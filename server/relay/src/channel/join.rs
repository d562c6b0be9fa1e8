//! Joining: one chain of gates, each with a refusal of its own. Refusals carry a reason only, with
//! Supabase's codes, since clients show all there is.

use super::{
    Channel, Channels, Place, clip,
    waiting::{Early, NO_TOKEN, Waiting},
};
use crate::{
    member::{Member, reply},
    meters::{self, Held},
    outbox::Outbox,
    rates::Bucket,
};
use serde::Deserialize;
use std::sync::Arc;
use tincan_backend::Identity;
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{self, Version},
    id::Topic,
    wire::Join,
};

/// The response to a join where there is nothing to say of a log; some clients wait for the key.
const EMPTY: &str = r#"{"postgres_changes":[]}"#;

/// A join on its way through the gates, or waiting for its token.
pub(super) struct Pending {
    /// The topic as the client wrote it.
    pub(super) written: String,
    pub(super) join_ref: Option<String>,
    reference: Option<String>,
    join: Join,
    /// Whether it was answered before its token came.
    answered: bool,
    _counted: Held,
}

impl Pending {
    /// Says that it was heard, before anything is known of its rights.
    pub(super) fn answer(&mut self, outbox: &Outbox, version: Version) {
        let (join_ref, reference) = (self.join_ref.as_deref(), self.reference.take());
        reply(outbox, version, join_ref, reference.as_deref(), &self.written, true, EMPTY);
        self.answered = true;
    }

    /// Refuses it. One that was answered already gets `phx_error`: its client joins again.
    pub(super) fn refuse(&self, outbox: &Outbox, version: Version, reason: &str) {
        let response = serde_json::json!({ "reason": reason }).to_string();
        let (join_ref, reference) = (self.join_ref.as_deref(), self.reference.as_deref());
        if self.answered {
            outbox.send(frame::print(version, join_ref, join_ref, &self.written, "phx_error", &response));
            return;
        }
        meters::join_refused(reason);
        reply(outbox, version, join_ref, reference, &self.written, false, &response);
    }
}

impl Channels {
    /// `phx_join`.
    pub(super) async fn join(
        &mut self,
        written: &str,
        join_ref: Option<&str>,
        reference: Option<&str>,
        payload: &str,
    ) {
        let mut pending = Pending {
            written: written.to_owned(),
            join_ref: join_ref.map(str::to_owned),
            reference: reference.map(str::to_owned),
            join: Join::default(),
            answered: false,
            _counted: self.hub.meters.joining.hold(),
        };
        let topic = match self.ask(written, payload) {
            Ok((topic, join)) => {
                pending.join = join;
                topic
            }
            Err(reason) => {
                pending.refuse(&self.outbox, self.version(), &reason);
                return self.superseded(written).await;
            }
        };
        let own = pending.join.access_token.take().filter(|token| !token.is_empty());
        let Some(token) = own.or_else(|| self.greeting.token.clone()) else {
            let before = self.pending.contains_key(&topic);
            self.superseded(written).await;
            let asked = if before { Err(Box::new(pending)) } else { self.wait_for_token(topic, pending) };
            if let Err(pending) = asked {
                pending.refuse(&self.outbox, self.version(), NO_TOKEN);
            }
            return;
        };
        let early = self.pending.remove(&topic).map(|Waiting { early, .. }| early).unwrap_or_default();
        self.complete_join(topic, pending, &token, early).await;
    }

    /// An earlier join of this topic is over, also when the later one is not granted. It gets nothing.
    async fn superseded(&mut self, written: &str) {
        if let Ok(topic) = written.parse() {
            self.give_up(topic).await;
            self.keep_sessions();
        }
    }

    /// What can be said of a join before anybody's rights are asked.
    fn ask(&mut self, written: &str, payload: &str) -> Result<(Topic, Join), String> {
        if self.joins.take().is_err() {
            return Err("ClientJoinRateLimitReached: Too many joins. Try again in a moment.".into());
        }
        let topic: Topic = written
            .parse()
            .map_err(|_| format!("Unauthorized: There is no channel topic {}.", clip(written)))?;
        let join = (payload.len() <= self.hub.config.limits.join_bytes)
            .then(|| serde_json::from_str::<Join>(payload).ok())
            .flatten();
        let join = join.ok_or("InvalidJoinPayload: The join payload has the wrong shape.")?;
        if !join.config.postgres_changes.is_empty() {
            return Err("InvalidJoinPayload: There are no database changes to listen to.".into());
        }
        let known = self.joined.contains_key(&topic) || self.pending.contains_key(&topic);
        if self.joined.len() + self.pending.len() >= self.hub.config.limits.channels && !known {
            return Err("ChannelRateLimitReached: Too many channels on one socket.".into());
        }
        Ok((topic, join))
    }

    async fn complete_join(&mut self, topic: Topic, pending: Pending, token: &str, early: Vec<Early>) {
        match self.gates(topic, &pending, token).await {
            Ok(()) => {
                self.ever_joined = true;
                metrics::counter!("tincan_joins_total").increment(1);
            }
            Err(reason) => {
                pending.refuse(&self.outbox, self.version(), &reason);
                self.give_up(topic).await;
            }
        }
        self.keep_sessions();
        self.take_early(&pending.written, early).await;
    }

    async fn gates(&mut self, topic: Topic, pending: &Pending, token: &str) -> Result<(), String> {
        let backend = &self.hub.backend;
        let identity =
            backend.verify(token).map_err(|refusal| format!("InvalidJWTToken: {}", refusal.reason))?;
        if self.greeting.tenant.is_some_and(|tenant| identity.tenant != Some(tenant)) {
            return Err("Unauthorized: The token is of another tenant than the key.".into());
        }
        let identity = Arc::new(identity);
        // Known before it is in: whoever is signed out meanwhile does not slip through.
        self.hub.sockets.identify(self.outbox.id, &identity).map_err(refused)?;
        let member = self.member(pending, &identity, topic);
        let (member, place) =
            self.enter(topic, pending, &identity, &member).await.map_err(|refusal| match refusal.code {
                Code::Forbidden | Code::NotFound => {
                    let written = clip(&pending.written);
                    format!(
                        "Unauthorized: You do not have permissions to enter this channel topic: {written}"
                    )
                }
                _ => refused(refusal),
            })?;
        let rates = &self.hub.config.limits.rates;
        // A superseded join gets nothing: the new one stands in its place.
        let (signals, presence) = match self.joined.remove(&topic) {
            Some(old) => (old.signals, old.presence),
            None => (Bucket::new(rates.signals), Bucket::new(rates.call_events)),
        };
        let ack = pending.join.config.broadcast.ack;
        let channel = Channel { member, identity, place, ack, signals, presence };
        let revoked = self.hub.backend.still_valid(&channel.identity).is_err();
        self.joined.insert(topic, Box::new(channel));
        if revoked {
            self.unauthorized(topic).await;
        }
        Ok(())
    }

    fn member(&self, pending: &Pending, identity: &Identity, topic: Topic) -> Member {
        let config = &pending.join.config;
        let key: Arc<str> = match (topic, config.presence.key.as_str()) {
            (Topic::Lobby(_), _) => identity.sub.to_string().into(),
            (Topic::Room(_), "") => self.hub.new_id().to_string().into(),
            (Topic::Room(_), key) => clip(key).into(),
        };
        let listens = config.presence.enabled || matches!(topic, Topic::Lobby(_));
        Member {
            outbox: self.outbox.clone(),
            version: self.version(),
            topic: pending.written.as_str().into(),
            join_ref: pending.join_ref.as_deref().map(Into::into),
            sender: identity.sender(None),
            own: config.broadcast.own,
            presence: listens.then(|| key.clone()),
            key,
        }
    }

    async fn enter(
        &self,
        topic: Topic,
        pending: &Pending,
        identity: &Arc<Identity>,
        member: &Member,
    ) -> Result<(Member, Place), Refusal> {
        let reference = pending.reference.as_deref();
        match topic {
            Topic::Lobby(tenant) => {
                if !identity.is_staff_of(tenant) {
                    return Err(Refusal::new(Code::Forbidden, "This lobby is not yours to enter."));
                }
                let (tenant, most) = (self.hub.tenant(tenant), self.hub.config.limits.members);
                if tenant.is_full(self.outbox.id, most) {
                    return Err(Refusal::new(Code::LimitReached, "There are too many dashboards."));
                }
                member.reply(reference, true, EMPTY);
                let change = tenant.join(member.clone(), self.hub.now());
                self.hub.follow(tenant.id, change);
                self.hub.show_sessions(tenant.clone(), member.clone());
                Ok((member.clone(), Place::Lobby(tenant)))
            }
            Topic::Room(session) => loop {
                let room = self.hub.room_for(identity, session).await?;
                let replay = pending.join.config.broadcast.replay.clone();
                let page = pending.join.page_url.as_deref().and_then(page_of);
                if let Ok(joined) = room.join(&self.hub, member.clone(), reference, replay, page).await {
                    return Ok((joined?, Place::Room(room)));
                }
            },
        }
    }

    /// `access_token`: renews the rights of a channel, or completes a join that waited for it.
    pub(super) async fn access_token(&mut self, written: &str, payload: &str) {
        #[derive(Deserialize)]
        struct Token {
            access_token: Option<String>,
        }
        if payload.len() > self.hub.config.limits.join_bytes {
            let refusal = Refusal::new(Code::TooLarge, "No token is that long.");
            return self.refuse_anywhere(written, None, "access_token", &refusal);
        }
        let Ok(Token { access_token: Some(token) }) = serde_json::from_str(payload) else { return };
        let Ok(topic) = written.parse::<Topic>() else { return };
        if let Some(Waiting { pending, early, .. }) = self.pending.remove(&topic) {
            return self.complete_join(topic, pending, &token, early).await;
        }
        let Some(channel) = self.joined.get_mut(&topic) else { return };
        match self.hub.backend.verify(&token) {
            Ok(identity) if same_rights(&identity, &channel.identity) => {
                let revoked = self.hub.backend.still_valid(&identity).is_err();
                channel.identity = Arc::new(identity);
                // What came with the socket has grown old with it: later joins take the newer one.
                self.greeting.token = self.greeting.token.take().map(|_| token);
                self.keep_sessions();
                if revoked {
                    self.unauthorized(topic).await;
                }
            }
            Ok(_) | Err(_) => self.unauthorized(topic).await,
        }
    }
}

/// A refusal in the words of a join: Supabase's code where there is one.
fn refused(refusal: Refusal) -> String {
    match refusal.code {
        Code::LimitReached => format!("ConnectionRateLimitReached: {}", refusal.reason),
        code => format!("{code}: {}", refusal.reason),
    }
}

/// Whether a renewed token may take the place of the old one in the same channel.
fn same_rights(new: &Identity, old: &Identity) -> bool {
    new.sub == old.sub && new.tenant == old.tenant && new.session == old.session && new.role == old.role
}

/// The page without query and fragment; nothing that is no web address.
fn page_of(url: &str) -> Option<String> {
    let page = url.split(['?', '#']).next()?;
    let web = page.starts_with("https://") || page.starts_with("http://");
    (web && page.len() <= 2048).then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_kept_without_what_may_be_private() {
        assert_eq!(page_of("https://a.example/b?token=1#c").as_deref(), Some("https://a.example/b"));
        assert_eq!(page_of("javascript:alert(1)"), None);
        assert_eq!(page_of(""), None);
    }
}
