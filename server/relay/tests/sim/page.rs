//! One page in one browser: a socket that comes back by itself, the channels on it, and timers. What
//! `app/client/src/socket` does with a browser's WebSocket is done here with a simulated one.

use super::{
    client::{
        backoff::Backoff,
        outbox::{Link, Step},
    },
    net::{ConnId, Happening, Net, PageId, Timer, Token},
    seat::{Seat, Todo},
};
use axum::extract::ws::Message;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};
use tincan_signaling::{
    code::{Code, Refusal},
    event::Event,
    frame::{self, Version},
    id::{CallId, SessionId, Sub, TenantId, Topic},
    json,
    lobby::LobbyEvent,
    wire::{self, Broadcast, BroadcastConfig, Join, JoinConfig, PresenceConfig},
};

/// The times of `app/client/src/socket/connection.rs`.
const BEAT_MS: u64 = 25_000;
const LIVELY_BEAT_MS: u64 = 1_500;
const LIVELY_RETRY_MS: u32 = 1_500;
const ANSWER_MS: u64 = 3_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Out,
    Joining,
    Joined,
}

struct Channel {
    state: State,
    join_ref: String,
    backoff: Backoff,
}

/// What a dashboard knows of its lobby.
pub(super) struct Lobby {
    pub(super) tenant: TenantId,
    pub(super) ringing: BTreeMap<CallId, SessionId>,
    pub(super) ready: bool,
}

pub(super) struct Page {
    id: PageId,
    pub(super) me: Sub,
    pub(super) open: bool,
    pub(super) conn: Option<ConnId>,
    /// Counts the tries to open a socket: an answer to an older one is nobody's.
    life: u32,
    channels: BTreeMap<Topic, Channel>,
    pub(super) seats: BTreeMap<SessionId, Seat>,
    pub(super) lobby: Option<Lobby>,
    pub(super) token: Option<Token>,
    asking: bool,
    next_ref: u64,
    backoff: Backoff,
    heard_at: u64,
    beat_sent: Option<u64>,
    timers: BTreeMap<Timer, u64>,
    set: u64,
}

#[derive(Deserialize)]
struct Frame<'a>(
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] &'a RawValue,
);

#[derive(Deserialize)]
struct Reply<'a> {
    status: &'a str,
    #[serde(borrow)]
    response: &'a RawValue,
}

impl Page {
    pub(super) fn new(id: PageId, me: Sub, token: Token, lobby: Option<TenantId>, net: &mut Net) -> Self {
        let mut page = Self {
            id,
            me,
            open: true,
            conn: None,
            life: 0,
            channels: BTreeMap::new(),
            seats: BTreeMap::new(),
            lobby: lobby.map(|tenant| Lobby { tenant, ringing: BTreeMap::new(), ready: true }),
            token: None,
            asking: false,
            next_ref: 0,
            backoff: Backoff::default(),
            heard_at: 0,
            beat_sent: None,
            timers: BTreeMap::new(),
            set: 0,
        };
        if let Some(tenant) = lobby {
            page.enter(Topic::Lobby(tenant));
        }
        page.take_token(net, token);
        page.knock(net);
        page
    }

    fn enter(&mut self, topic: Topic) {
        let channel = Channel { state: State::Out, join_ref: String::new(), backoff: Backoff::default() };
        self.channels.insert(topic, channel);
    }

    /// Shows a room.
    pub(super) fn sit(&mut self, net: &mut Net, session: SessionId) {
        if self.seats.contains_key(&session) {
            return;
        }
        self.seats.insert(session, Seat::new(session, self.me, net.truth.clone()));
        self.enter(Topic::Room(session));
        self.join(net, Topic::Room(session));
    }

    /// Shows it no longer.
    pub(super) fn rise(&mut self, net: &mut Net, session: SessionId) {
        if self.seats.remove(&session).is_none() {
            return;
        }
        let topic = Topic::Room(session);
        if let Some(channel) = self.channels.remove(&topic)
            && channel.state != State::Out
        {
            self.send(net, Some(&channel.join_ref), topic, "phx_leave", "{}");
        }
    }

    /// The page is closed by its person, or crashes.
    pub(super) fn close(&mut self, net: &mut Net) {
        self.open = false;
        self.timers.clear();
        if let Some(conn) = self.conn.take() {
            net.hang_up(conn);
        }
        for seat in self.seats.values_mut() {
            seat.down();
        }
    }

    /// Whether everything that is said reaches this page right now.
    pub(super) fn is_back(&self) -> bool {
        self.conn.is_some()
            && self.channels.values().all(|channel| channel.state == State::Joined)
            && self.seats.values().all(|seat| seat.link == Link::Synced)
    }

    pub(super) fn is_lively(&self) -> bool {
        self.seats.values().any(|seat| seat.call().is_live())
    }

    // Timers.

    fn set(&mut self, net: &mut Net, timer: Timer, ms: u64) {
        self.set += 1;
        self.timers.insert(timer, self.set);
        net.after(ms, Happening::Timer { page: self.id, timer, set: self.set });
    }

    pub(super) fn timer(&mut self, net: &mut Net, timer: Timer, set: u64) {
        if !self.open || self.timers.get(&timer) != Some(&set) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::Retry => self.knock(net),
            Timer::Beat => self.beat(net),
            Timer::Renew => {
                self.token = None;
                self.ask_token(net);
            }
            Timer::Join(topic) => {
                if self.channels.get(&topic).is_some_and(|channel| channel.state == State::Out) {
                    self.join(net, topic);
                }
            }
            Timer::Slowed(session) => self.flush(net, session),
        }
    }

    // The socket.

    fn knock(&mut self, net: &mut Net) {
        if !self.open || self.conn.is_some() {
            return;
        }
        self.life += 1;
        let wait = net.rng.range(2..60);
        net.after(wait, Happening::Knock { page: self.id, life: self.life });
    }

    pub(super) fn is_knocking(&self, life: u32) -> bool {
        self.open && self.conn.is_none() && self.life == life
    }

    pub(super) fn opened(&mut self, net: &mut Net, life: u32, conn: Option<ConnId>) {
        let Some(conn) = conn else {
            if self.is_knocking(life) {
                self.retry(net);
            }
            return;
        };
        if !self.is_knocking(life) {
            net.hang_up(conn);
            return;
        }
        self.conn = Some(conn);
        self.heard_at = net.now;
        self.pace(net);
        let topics: Vec<Topic> = self.channels.keys().copied().collect();
        for topic in topics {
            self.join(net, topic);
        }
    }

    fn retry(&mut self, net: &mut Net) {
        let most = if self.is_lively() { LIVELY_RETRY_MS } else { u32::MAX };
        let wait = self.backoff.next_ms(net.rng.part(), most);
        self.set(net, Timer::Retry, wait.into());
    }

    /// The socket is gone, by its own word or by ours.
    pub(super) fn lost(&mut self, net: &mut Net) {
        if let Some(conn) = self.conn.take() {
            net.hang_up(conn);
        }
        self.timers.remove(&Timer::Beat);
        for channel in self.channels.values_mut() {
            channel.state = State::Out;
        }
        for seat in self.seats.values_mut() {
            seat.down();
        }
        if self.open {
            self.retry(net);
        }
    }

    fn pace(&mut self, net: &mut Net) {
        self.beat_sent = None;
        let ms = if self.is_lively() { LIVELY_BEAT_MS } else { BEAT_MS };
        self.set(net, Timer::Beat, ms);
    }

    fn beat(&mut self, net: &mut Net) {
        if let Some(sent) = self.beat_sent.take() {
            if self.heard_at < sent {
                return self.lost(net);
            }
            return self.pace(net);
        }
        let Some(conn) = self.conn else { return };
        net.up(conn, "[null,\"0\",\"phoenix\",\"heartbeat\",{}]".to_owned());
        self.beat_sent = Some(net.now);
        self.set(net, Timer::Beat, ANSWER_MS);
    }

    fn send(
        &mut self,
        net: &mut Net,
        join_ref: Option<&str>,
        topic: Topic,
        event: &str,
        payload: &str,
    ) -> Option<String> {
        let conn = self.conn?;
        self.next_ref += 1;
        let reference = self.next_ref.to_string();
        let topic = format!("realtime:{topic}");
        let join_ref = join_ref.unwrap_or(&reference);
        net.up(conn, frame::print(Version::V2, Some(join_ref), Some(&reference), &topic, event, payload));
        Some(reference)
    }

    // Tokens.

    fn ask_token(&mut self, net: &mut Net) {
        if self.token.is_none() && !std::mem::replace(&mut self.asking, true) {
            net.token_wanted.push(self.id);
        }
    }

    pub(super) fn token_came(&mut self, net: &mut Net, token: Option<Token>) {
        self.asking = false;
        if !self.open {
            return;
        }
        match token {
            Some(token) => self.take_token(net, token),
            None => self.set(net, Timer::Renew, 2_000),
        }
    }

    fn take_token(&mut self, net: &mut Net, token: Token) {
        self.set(net, Timer::Renew, token.expires_in_s * 750);
        let payload = serde_json::json!({ "access_token": token.access }).to_string();
        self.token = Some(token);
        let topics: Vec<Topic> = self.channels.keys().copied().collect();
        for topic in topics {
            match self.join_ref(topic) {
                Some(join_ref) => {
                    self.send(net, Some(&join_ref), topic, "access_token", &payload);
                }
                None => self.join(net, topic),
            }
        }
    }

    // Channels.

    fn join_ref(&self, topic: Topic) -> Option<String> {
        let channel = self.channels.get(&topic).filter(|channel| channel.state != State::Out)?;
        Some(channel.join_ref.clone())
    }

    fn join(&mut self, net: &mut Net, topic: Topic) {
        if self.conn.is_none() {
            return;
        }
        let Some(token) = self.token.clone() else { return self.ask_token(net) };
        let mut join = match topic {
            Topic::Room(session) => match self.seats.get(&session) {
                Some(seat) => seat.join(),
                None => return,
            },
            Topic::Lobby(_) => Join {
                config: JoinConfig {
                    broadcast: BroadcastConfig { ack: true, own: false, replay: None },
                    presence: PresenceConfig { key: self.me.to_string(), enabled: true },
                    private: true,
                    ..JoinConfig::default()
                },
                ..Join::default()
            },
        };
        join.access_token = Some(token.access);
        join.page_url = Some("https://shop.example/pans".to_owned());
        let payload = serde_json::to_string(&join).expect("a join can be written");
        let Some(reference) = self.send(net, None, topic, "phx_join", &payload) else { return };
        if let Some(channel) = self.channels.get_mut(&topic) {
            (channel.state, channel.join_ref) = (State::Joining, reference);
        }
        match topic {
            Topic::Room(session) => {
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.joining();
                }
                self.flush(net, session);
            }
            Topic::Lobby(_) => self.track(net),
        }
    }

    fn join_later(&mut self, net: &mut Net, topic: Topic) {
        let part = net.rng.part();
        let Some(channel) = self.channels.get_mut(&topic) else { return };
        channel.state = State::Out;
        let wait = channel.backoff.next_ms(part, u32::MAX);
        self.set(net, Timer::Join(topic), wait.into());
    }

    /// Says in the lobby what this person wants.
    pub(super) fn track(&mut self, net: &mut Net) {
        let Some(lobby) = &self.lobby else { return };
        let (topic, status) = (Topic::Lobby(lobby.tenant), if lobby.ready { "ready" } else { "paused" });
        let track =
            serde_json::json!({ "type": "presence", "event": "track", "payload": { "status": status } });
        if let Some(join_ref) = self.join_ref(topic) {
            self.send(net, Some(&join_ref), topic, "presence", &track.to_string());
        }
    }

    // Saying.

    /// Says an event in a room, now or as soon as it can be said.
    pub(super) fn say(&mut self, net: &mut Net, session: SessionId, event: Event) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let steps = seat.say(event);
        self.take(net, session, steps);
        self.flush(net, session);
    }

    /// Sends a signal if the room can be reached.
    pub(super) fn signal(&mut self, net: &mut Net, session: SessionId, event: &str, payload: &str) {
        let topic = Topic::Room(session);
        if let Some(join_ref) = self.join_ref(topic) {
            self.send(net, Some(&join_ref), topic, "broadcast", &wire::broadcast(event, payload, None));
        }
    }

    pub(super) fn flush(&mut self, net: &mut Net, session: SessionId) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let steps = seat.due();
        self.take(net, session, steps);
    }

    pub(super) fn take(&mut self, net: &mut Net, session: SessionId, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Send(key, event) => {
                    let topic = Topic::Room(session);
                    let payload = wire::broadcast(event.name(), &event.to_json(None), None);
                    let sent = self
                        .join_ref(topic)
                        .and_then(|join_ref| self.send(net, Some(&join_ref), topic, "broadcast", &payload));
                    if let (Some(reference), Some(seat)) = (sent, self.seats.get_mut(&session)) {
                        seat.outbox.sent(key, reference);
                    }
                }
                Step::Settle(key, outcome) => {
                    if let Some(seat) = self.seats.get_mut(&session) {
                        seat.settle(key, &outcome);
                    }
                }
            }
        }
    }

    // Hearing.

    pub(super) fn heard(&mut self, net: &mut Net, message: &Message) {
        self.heard_at = net.now;
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return self.lost(net),
            // A page does not see pings.
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) => return,
        };
        let Frame(join_ref, reference, topic, event, payload) =
            serde_json::from_str(text).expect("the relay sends frames of version 2.0.0");
        let Ok(topic) = topic.parse::<Topic>() else { return };
        let Some(channel) = self.channels.get(&topic) else { return };
        let join = channel.join_ref.clone();
        match event.as_ref() {
            "phx_reply" => {
                let reply: Reply<'_> = serde_json::from_str(payload.get()).expect("a reply has a status");
                let granted = reply.status == "ok";
                let response = reply.response.get();
                match reference.as_deref() {
                    Some(reference) if reference == join => self.join_answered(net, topic, granted, response),
                    Some(reference) => self.push_answered(net, topic, reference, granted, response),
                    None => {}
                }
            }
            "broadcast" => self.broadcast(net, topic, payload.get()),
            "system" if payload.get().contains("unauthorized") => self.token = None,
            "phx_close" if join_ref.is_none_or(|join_ref| join_ref == join) => {
                if let Topic::Room(session) = topic
                    && let Some(seat) = self.seats.get_mut(&session)
                {
                    seat.down();
                }
                self.join_later(net, topic);
            }
            _ => {}
        }
    }

    fn join_answered(&mut self, net: &mut Net, topic: Topic, granted: bool, response: &str) {
        if !granted {
            net.note(&format!("join of {topic} refused: {response}"));
            if response.contains("Token") || response.contains("Unauthorized") {
                self.token = None;
            }
            if let Topic::Room(session) = topic
                && let Some(seat) = self.seats.get_mut(&session)
            {
                seat.link = Link::Down;
                // A token that ended is renewed, a limit passes; anything else is an answer: a room
                // where nothing was said yet is nobody's but its visitor's.
                if response.contains("permissions") {
                    assert!(self.lobby.is_some(), "a room was closed to its own visitor: {response}");
                    let denied = seat.outbox.deny(&Refusal::new(Code::Forbidden, response));
                    self.take(net, session, denied);
                }
            }
            return self.join_later(net, topic);
        }
        self.backoff.reset();
        if let Some(channel) = self.channels.get_mut(&topic) {
            channel.state = State::Joined;
            channel.backoff.reset();
        }
        if let Topic::Room(session) = topic
            && let Some(seat) = self.seats.get_mut(&session)
        {
            seat.joined(response);
        }
    }

    fn push_answered(&mut self, net: &mut Net, topic: Topic, reference: &str, granted: bool, response: &str) {
        let Topic::Room(session) = topic else { return };
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let outcome = if granted {
            Ok(serde_json::from_str(response).ok())
        } else {
            Err(serde_json::from_str::<Refusal>(response)
                .unwrap_or_else(|_| Refusal::new(Code::Forbidden, "unreadable")))
        };
        let (steps, todo) = seat.reply(reference, outcome);
        self.take(net, session, steps);
        self.todo(net, session, &todo);
    }

    fn broadcast(&mut self, net: &mut Net, topic: Topic, payload: &str) {
        match topic {
            Topic::Room(session) => {
                let broadcast: Broadcast<'_> = json::read(payload).expect("the relay's can be read");
                let Some(seat) = self.seats.get_mut(&session) else { return };
                let was_live = seat.call().is_live();
                let (steps, todo) = seat.broadcast(&broadcast);
                let is_live = seat.call().is_live();
                self.take(net, session, steps);
                self.todo(net, session, &todo);
                if was_live != is_live && self.conn.is_some() {
                    self.pace(net);
                }
            }
            Topic::Lobby(_) => {
                let Some(lobby) = &mut self.lobby else { return };
                match serde_json::from_str(payload) {
                    Ok(LobbyEvent::LobbyState { ringing }) => {
                        lobby.ringing = ringing.iter().map(|ring| (ring.call_id, ring.session_id)).collect();
                    }
                    Ok(LobbyEvent::Ringing(ring)) => {
                        lobby.ringing.insert(ring.call_id, ring.session_id);
                    }
                    Ok(LobbyEvent::RingStopped { call_id } | LobbyEvent::Taken { call_id, .. }) => {
                        lobby.ringing.remove(&call_id);
                    }
                    Ok(LobbyEvent::SessionUpdated(_)) | Err(_) => {}
                }
            }
        }
    }

    fn todo(&mut self, net: &mut Net, session: SessionId, todo: &Todo) {
        match todo {
            Todo::Nothing => {}
            Todo::Flush => self.flush(net, session),
            Todo::Synced => {
                self.flush(net, session);
                // After each return a page in a call says which leg it carries.
                let own = self.seats.get(&session).and_then(Seat::own_leg);
                if let Some((call_id, leg)) = own {
                    self.say(net, session, Event::LegJoin { call_id, leg: Some(leg), replaces: None });
                }
            }
            Todo::Wait(ms) => self.set(net, Timer::Slowed(session), *ms),
        }
    }
}
