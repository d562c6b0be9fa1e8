//! The channels of one socket: joining through one chain of gates, and what is pushed on them.

mod join;
mod push;
mod waiting;

use crate::{
    hub::Hub,
    member::{Member, refusal_json, refuse, reply},
    outbox::Outbox,
    rates::Bucket,
    room::RoomCell,
    tenant::Tenant,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tincan_backend::Identity;
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{self, Frame, Push, Version},
    id::{TenantId, Timestamp, Topic},
};
use tokio::time::Instant;
use waiting::Waiting;

/// How long after its end a token is still taken.
const LEEWAY: Duration = Duration::from_secs(5);

/// The leases of devices are renewed at most so often.
const RENEW: Duration = Duration::from_secs(10);

/// What is kept of a frame, and repeated in answers to it, holds so many bytes.
const MAX_NAME: usize = 128;

fn is_too_long(text: &str) -> bool {
    text.len() > MAX_NAME
}

/// At most so much of what a client wrote is repeated.
fn clip(text: &str) -> &str {
    let end = text.char_indices().nth(100).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

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
    /// Nothing that has a pace of its own.
    Uncounted,
}

impl Pace {
    /// The slower of both.
    pub(crate) fn and(self, wait: Option<Duration>) -> Self {
        match (self, wait) {
            (pace, None) => pace,
            (Self::Slow(one), Some(other)) => Self::Slow(one.max(other)),
            (Self::Fine | Self::Uncounted, Some(wait)) => Self::Slow(wait),
        }
    }
}

/// All channels of one socket.
pub(crate) struct Channels {
    hub: Arc<Hub>,
    outbox: Outbox,
    greeting: Greeting,
    /// By topic, however the client wrote it.
    /// Boxed: a map makes room for eleven at once, and most sockets have one.
    joined: BTreeMap<Topic, Box<Channel>>,
    pending: BTreeMap<Topic, Waiting>,
    /// Topics whose first join without a token was answered.
    tokenless: BTreeSet<Topic>,
    joins: Bucket,
    ever_joined: bool,
    /// When the leases of the devices here were last renewed.
    renewed: Option<Instant>,
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
        let joins = Bucket::new(hub.config.limits.rates.joins);
        Self {
            hub,
            outbox,
            greeting,
            joined: BTreeMap::new(),
            pending: BTreeMap::new(),
            tokenless: BTreeSet::new(),
            joins,
            ever_joined: false,
            renewed: None,
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.greeting.version
    }

    /// Whether any join was granted on this socket.
    pub(crate) fn ever_joined(&self) -> bool {
        self.ever_joined
    }

    /// Handles one frame. What is rare is boxed: otherwise each socket's task would for ever be as
    /// large as the longest of these ways.
    pub(crate) async fn handle(&mut self, frame: Frame<'_>) -> Pace {
        let Frame { join_ref, reference, topic, push } = frame;
        let (join_ref, reference) = (join_ref.as_deref(), reference.as_deref());
        let event = match &push {
            Push::Broadcast { event, .. } | Push::Unknown(event) => event,
            Push::Join(_) | Push::Leave | Push::Heartbeat | Push::AccessToken(_) | Push::Presence(_) => "",
        };
        if [Some(&*topic), join_ref, reference, Some(event)].into_iter().flatten().any(is_too_long) {
            let refusal = Refusal::new(Code::TooLarge, "Topics, refs and names hold at most 128 bytes.");
            let reference = reference.filter(|text| !is_too_long(text));
            self.refuse_anywhere(clip(&topic), reference, clip(event), &refusal);
            return Pace::Uncounted;
        }
        match push {
            Push::Heartbeat => {
                self.heartbeat();
                reply(&self.outbox, self.version(), None, reference, &topic, true, "{}");
                Pace::Uncounted
            }
            Push::Join(payload) => {
                Box::pin(self.join(&topic, join_ref.or(reference), reference, payload)).await;
                Pace::Uncounted
            }
            Push::Leave => {
                Box::pin(self.leave(&topic, join_ref, reference)).await;
                Pace::Uncounted
            }
            Push::AccessToken(payload) => {
                Box::pin(self.access_token(&topic, payload)).await;
                Pace::Uncounted
            }
            Push::Presence(payload) => {
                Box::pin(self.presence(&topic, reference, payload)).await;
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
        let topic = clip(bad.topic.as_deref().unwrap_or("phoenix"));
        let reference = bad.reference.as_deref().filter(|text| !is_too_long(text));
        let refusal = Refusal::new(Code::BadEvent, bad.to_string());
        self.refuse_anywhere(topic, reference, "", &refusal);
    }

    fn refuse_anywhere(&self, topic: &str, reference: Option<&str>, event: &str, refusal: &Refusal) {
        match topic.parse().ok().and_then(|topic: Topic| self.joined.get(&topic)) {
            Some(channel) => channel.member.refuse(reference, event, refusal, channel.ack),
            None => {
                refuse(&self.outbox, self.version(), topic, reference, event, refusal);
                // Whether an ack was asked for is said by a join, and there is none.
                if reference.is_some() {
                    let response = refusal_json(refusal);
                    reply(&self.outbox, self.version(), None, reference, topic, false, &response);
                }
            }
        }
    }

    /// The client shows that it lives: its lease is renewed and it is awake.
    fn heartbeat(&mut self) {
        self.asleep(false);
        let now = Instant::now();
        if self.renewed.is_some_and(|renewed| now < renewed + RENEW) {
            return;
        }
        let staff = self.joined.values().filter(|channel| channel.identity.role.is_staff());
        let devices: BTreeSet<_> = staff.map(|channel| channel.identity.sid).collect();
        if devices.is_empty() {
            return;
        }
        self.renewed = Some(now);
        let hub = self.hub.clone();
        tokio::spawn(async move {
            let _task = hub.meters.tasks.leases.hold();
            for sid in devices {
                // A lease that could not be renewed is renewed by a later heartbeat.
                let _next = hub.backend.heartbeat(sid).await;
            }
        });
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
        let current = topic.and_then(|topic| self.join_ref_of(topic));
        if join_ref.is_some() && current.is_some() && current.as_deref() != join_ref {
            // Of a join whose place another has taken: some clients know their channels by topic alone.
            return reply(&self.outbox, self.version(), join_ref, reference, written, true, "{}");
        }
        if let Some(topic) = topic {
            self.give_up(topic).await;
            self.keep_sessions();
        }
        let close_ref = current.as_deref().or(join_ref);
        reply(&self.outbox, self.version(), close_ref, reference, written, true, "{}");
        self.close_frame(written, close_ref);
    }

    /// The `join_ref` of the join that stands.
    fn join_ref_of(&self, topic: Topic) -> Option<String> {
        let waiting = self.pending.get(&topic).and_then(|waiting| waiting.pending.join_ref.clone());
        waiting.or_else(|| self.joined.get(&topic)?.member.join_ref.as_deref().map(str::to_owned))
    }

    /// Whatever stands for this topic is over, without a word.
    async fn give_up(&mut self, topic: Topic) {
        if let Some(channel) = self.joined.remove(&topic) {
            self.depart(&channel).await;
        }
        if let Some(Waiting { pending, early, .. }) = self.pending.remove(&topic) {
            self.take_early(&pending.written, early).await;
        }
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
        self.waiting_due().into_iter().chain(ends).min()
    }

    /// Does what is due: ends channels whose token ended, and joins that never got one.
    pub(crate) async fn do_due(&mut self) {
        let now = self.hub.now();
        let ended = |channel: &Channel| now >= channel.identity.exp.after(LEEWAY);
        let over: Vec<Topic> =
            self.joined.iter().filter(|(_, channel)| ended(channel)).map(|(topic, _)| *topic).collect();
        for topic in over {
            self.unauthorized(topic).await;
        }
        self.do_waiting().await;
    }

    /// Ends a channel for good: a `system` error, then `phx_close`.
    async fn unauthorized(&mut self, topic: Topic) {
        let Some(channel) = self.joined.remove(&topic) else { return };
        self.tell_over(topic, &channel.member.topic, channel.member.join_ref.as_deref());
        self.depart(&channel).await;
        self.keep_sessions();
    }

    fn tell_over(&self, topic: Topic, written: &str, join_ref: Option<&str>) {
        let system = serde_json::json!({
            "extension": "system",
            "status": "error",
            "message": Code::Unauthorized.as_str(),
            "channel": topic.to_string(),
        });
        let version = self.version();
        self.outbox.send(frame::print(version, None, None, written, "system", &system.to_string()));
        self.close_frame(written, join_ref);
    }

    /// The hub remembers whose socket this is only as long as it is.
    fn keep_sessions(&self) {
        let identities = self.joined.values().map(|channel| &channel.identity);
        let sessions = identities.map(|identity| (identity.sid, identity.sub)).collect();
        self.hub.sockets.keep(self.outbox.id, sessions);
    }
}
