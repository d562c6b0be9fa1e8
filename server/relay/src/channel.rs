//! The channels of one socket: joining through one chain of gates, and what is pushed on them.

mod join;
mod push;

use crate::{
    hub::Hub,
    member::{Member, refuse, reply},
    outbox::Outbox,
    rates::Bucket,
    room::RoomCell,
    tenant::Tenant,
};
use join::Pending;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tincan_backend::Identity;
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{self, Frame, Push, Version},
    id::{TenantId, Timestamp, Topic},
};
use tokio::time::Instant;

/// How long after its end a token is still taken.
const LEEWAY: Duration = Duration::from_secs(5);

/// What a socket brought along when it was opened.
pub(crate) struct Greeting {
    pub(crate) version: Version,
    /// The tenant that the public key names.
    pub(crate) tenant: Option<TenantId>,
    /// A token that came in place of a key, or in the subprotocol.
    pub(crate) token: Option<String>,
}

/// How fast a client is, judged by one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Too fast: the next frame is read only after this.
    Slow(Duration),
    Fine,
    /// Nothing that has a pace.
    Uncounted,
}

/// All channels of one socket.
pub(crate) struct Channels {
    hub: Arc<Hub>,
    outbox: Outbox,
    greeting: Greeting,
    /// By topic, however the client wrote it.
    joined: HashMap<Topic, Channel>,
    pending: HashMap<Topic, Pending>,
    joins: Bucket,
    ever_joined: bool,
}

struct Channel {
    member: Member,
    identity: Arc<Identity>,
    place: Place,
    ack: bool,
    signals: Bucket,
    presence: Bucket,
}

#[derive(Clone)]
enum Place {
    Room(Arc<RoomCell>),
    Lobby(Arc<Tenant>),
}

impl Channels {
    pub(crate) fn new(hub: Arc<Hub>, outbox: Outbox, greeting: Greeting) -> Self {
        let joins = Bucket::new(hub.config.rates.joins);
        Self {
            hub,
            outbox,
            greeting,
            joined: HashMap::new(),
            pending: HashMap::new(),
            joins,
            ever_joined: false,
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.greeting.version
    }

    /// Whether any join was granted on this socket.
    pub(crate) fn ever_joined(&self) -> bool {
        self.ever_joined
    }

    /// Handles one frame.
    pub(crate) async fn handle(&mut self, frame: Frame<'_>) -> Pace {
        let Frame { join_ref, reference, topic, push } = frame;
        let (join_ref, reference) = (join_ref.as_deref(), reference.as_deref());
        match push {
            Push::Heartbeat => {
                self.heartbeat();
                reply(&self.outbox, self.version(), None, reference, &topic, true, "{}");
                Pace::Uncounted
            }
            Push::Join(payload) => {
                self.join(&topic, join_ref.or(reference), reference, payload).await;
                Pace::Uncounted
            }
            Push::Leave => {
                self.leave(&topic, join_ref, reference).await;
                Pace::Uncounted
            }
            Push::AccessToken(payload) => {
                self.access_token(&topic, payload).await;
                Pace::Uncounted
            }
            Push::Presence(payload) => {
                self.presence(&topic, reference, payload).await;
                Pace::Uncounted
            }
            Push::Broadcast { event, payload } => self.push(&topic, reference, &event, payload).await,
            Push::Unknown(event) => {
                let refusal = Refusal::new(Code::BadEvent, "No such event.");
                self.refuse_anywhere(&topic, reference, &event, &refusal);
                Pace::Uncounted
            }
        }
    }

    /// Answers a frame that could not be read.
    pub(crate) fn malformed(&self, bad: &frame::BadFrame) {
        let topic = bad.topic.as_deref().unwrap_or("phoenix");
        let refusal = Refusal::new(Code::BadEvent, bad.to_string());
        self.refuse_anywhere(topic, bad.reference.as_deref(), "", &refusal);
    }

    fn refuse_anywhere(&self, topic: &str, reference: Option<&str>, event: &str, refusal: &Refusal) {
        match topic.parse().ok().and_then(|topic: Topic| self.joined.get(&topic)) {
            Some(channel) => channel.member.refuse(reference, event, refusal, channel.ack),
            None => refuse(&self.outbox, self.version(), topic, reference, event, refusal),
        }
    }

    /// The client shows that it lives: its lease is renewed and it is awake.
    fn heartbeat(&self) {
        for channel in self.joined.values() {
            if channel.identity.role.is_staff() {
                let (backend, sid) = (self.hub.backend.clone(), channel.identity.sid);
                tokio::spawn(async move {
                    // A lease that could not be renewed is renewed by the next heartbeat.
                    let _next = backend.heartbeat(sid).await;
                });
            }
        }
        self.asleep(false);
    }

    /// The client's heartbeat stopped, or came again.
    pub(crate) fn asleep(&self, asleep: bool) {
        for channel in self.joined.values() {
            if let Place::Lobby(tenant) = &channel.place {
                let change = tenant.asleep(self.outbox.id, asleep, self.hub.now());
                self.hub.follow(tenant.id, change);
            }
        }
    }

    async fn leave(&mut self, written: &str, join_ref: Option<&str>, reference: Option<&str>) {
        let topic: Option<Topic> = written.parse().ok();
        let left = topic.and_then(|topic| {
            self.pending.remove(&topic);
            self.joined.remove(&topic)
        });
        if let Some(channel) = &left {
            self.depart(channel).await;
        }
        let own_ref = left.as_ref().and_then(|channel| channel.member.join_ref.as_deref());
        let close_ref = own_ref.or(join_ref);
        reply(&self.outbox, self.version(), close_ref, reference, written, true, "{}");
        self.close_frame(written, close_ref);
    }

    fn close_frame(&self, topic: &str, join_ref: Option<&str>) {
        self.outbox.send(frame::print(self.version(), join_ref, join_ref, topic, "phx_close", "{}"));
    }

    async fn depart(&self, channel: &Channel) {
        match &channel.place {
            Place::Room(room) => room.leave(&self.hub, self.outbox.id).await,
            Place::Lobby(tenant) => self.hub.leave_lobby(tenant.id, self.outbox.id),
        }
    }

    /// The socket is gone: so is every membership.
    pub(crate) async fn leave_all(&mut self) {
        for (_, channel) in std::mem::take(&mut self.joined) {
            self.depart(&channel).await;
        }
    }

    /// When something here is due next: a token that ends, a join that still has none.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Instant> {
        let ends = self.joined.values().map(|channel| channel.identity.exp.after(LEEWAY).since(now));
        let ends = ends.min().map(|left| Instant::now() + left);
        self.pending.values().map(|pending| pending.until).chain(ends).min()
    }

    /// Does what is due: ends channels whose token ended, refuses joins that never got one.
    pub(crate) async fn do_due(&mut self) {
        let now = self.hub.now();
        let ended = |channel: &Channel| now >= channel.identity.exp.after(LEEWAY);
        let over: Vec<Topic> =
            self.joined.iter().filter(|(_, channel)| ended(channel)).map(|(topic, _)| *topic).collect();
        for topic in over {
            self.unauthorized(topic).await;
        }
        let instant = Instant::now();
        let late = |pending: &Pending| pending.until <= instant;
        let late: Vec<Topic> =
            self.pending.iter().filter(|(_, pending)| late(pending)).map(|(topic, _)| *topic).collect();
        for topic in late {
            if let Some(pending) = self.pending.remove(&topic) {
                pending.refuse(&self.outbox, self.version(), "Unauthorized: No access token came.");
            }
        }
    }

    /// Ends a channel for good: a `system` error, then `phx_close`.
    async fn unauthorized(&mut self, topic: Topic) {
        let Some(channel) = self.joined.remove(&topic) else { return };
        let system = serde_json::json!({
            "extension": "system", "status": "error", "message": Code::Unauthorized.as_str(), "channel": topic.to_string(),
        });
        channel.member.send("system", &system.to_string());
        self.close_frame(&channel.member.topic, channel.member.join_ref.as_deref());
        self.depart(&channel).await;
    }
}
