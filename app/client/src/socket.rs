//! One WebSocket a page, in version 2.0.0 of the protocol: it comes back by itself, renews its
//! token, notices a dead network by heartbeats, and carries the channels of rooms and lobbies.
//!
//! A channel is a [`Member`]: the socket joins it whenever it can and tells it what it hears.

mod backoff;
mod down;
pub(crate) mod presence;

use crate::{
    lobby::Lobby,
    page::{Listener, TimerSlot, now_ms, random, window},
    room::Room,
};
use backoff::Backoff;
use down::{Down, What};
use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{self, Version},
    id::{SessionId, Sub, TOPIC_PREFIX, TenantId, Topic},
    wire::{Broadcast, Join},
};
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, PageTransitionEvent, VisibilityState, WebSocket};

/// An access token and how long it lives from now.
#[derive(Clone)]
pub struct Token {
    pub text: String,
    pub expires_in_s: u32,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// For good: sign in again.
    SignedOut,
    /// Right now; it is asked for again.
    Unavailable,
}

/// Where tokens come from: a login's refresh, a widget's `resume`. Asked whenever one is needed.
pub type TokenSource = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<Token, TokenError>>>;

/// What a socket needs to know. The token never stands in the address.
pub struct SocketConfig {
    /// `ws(s)://HOST/realtime/v1/websocket`.
    pub url: String,
    /// The tenant's public key, or `dashboard`.
    pub key: String,
    /// Whom the tokens speak for.
    pub me: Sub,
    pub token: TokenSource,
    /// Where a visitor is, for the agents.
    pub page_url: Option<String>,
}

/// How the socket is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SocketStatus {
    Connecting,
    Up,
    /// Tried again at this moment of the page's clock.
    Down {
        retry_at_ms: f64,
    },
    /// There are no more tokens: sign in again.
    SignedOut,
    /// Closed by this page.
    Closed,
}

/// The page's connection to the server. Cheap to clone.
#[derive(Clone)]
pub struct Socket(pub(crate) SendWrapper<Rc<Line>>);

impl Socket {
    /// Connects, and stays connected until [`Socket::close`] or the page ends.
    pub fn connect(config: SocketConfig) -> Self {
        let line = Rc::new_cyclic(|own| Line {
            own: own.clone(),
            config,
            status: ArcRwSignal::new(SocketStatus::Connecting),
            wire: RefCell::default(),
            page: RefCell::default(),
            channels: RefCell::default(),
            next_ref: Cell::new(0),
            token: RefCell::default(),
            asking: Cell::new(false),
            backoff: RefCell::default(),
            retry: TimerSlot::default(),
            renew: TimerSlot::default(),
            beat: TimerSlot::default(),
            heard_at_ms: Cell::new(0.0),
            opened: Cell::new(0),
            resumed: Cell::new(0),
        });
        line.watch_page();
        line.open();
        Self(SendWrapper::new(line))
    }

    /// How the socket is.
    pub fn status(&self) -> Signal<SocketStatus> {
        self.0.status.clone().into()
    }

    /// Whom this page speaks for.
    pub fn me(&self) -> Sub {
        self.0.config.me
    }

    /// Joins the room of a chat session, or gives the same room again while somebody holds it.
    pub fn room(&self, session: SessionId) -> Room {
        Room::join(&self.0, session)
    }

    /// Joins the lobby of a tenant, or gives the same lobby again while somebody holds it.
    pub fn lobby(&self, tenant: TenantId) -> Lobby {
        Lobby::join(&self.0, tenant)
    }

    /// Closes for good.
    pub fn close(&self) {
        self.0.close(SocketStatus::Closed);
    }
}

/// Somebody in a channel. The socket calls; nothing of it is borrowed meanwhile.
pub(crate) trait Member {
    /// How to join right now; the socket adds the token.
    fn join(&self) -> Join;
    /// The join went out: pushes may follow it.
    fn joining(&self) {}
    /// The join was granted. Says whether it went on where the last one was cut.
    fn joined(&self, response: &str) -> bool;
    /// The join was refused; it is tried again.
    fn denied(&self, refusal: Refusal);
    /// The channel is gone for now.
    fn down(&self);
    /// The answer to a push.
    fn reply(&self, _reference: &str, _outcome: Result<(), Refusal>) {}
    fn broadcast(&self, broadcast: &Broadcast<'_>);
    fn presence_state(&self, _payload: &str) {}
    fn presence_diff(&self, _payload: &str) {}
    /// Whether a lost network must be noticed quickly.
    fn is_lively(&self) -> bool {
        false
    }
    fn as_any(self: Rc<Self>) -> Rc<dyn std::any::Any>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channeling {
    Out,
    Joining,
    Joined,
}

struct Channel {
    member: Weak<dyn Member>,
    state: Channeling,
    join_ref: String,
    /// It was joined before.
    known: bool,
    backoff: Backoff,
    retry: Rc<TimerSlot>,
}

struct Wire {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

/// What stands behind [`Socket`].
pub(crate) struct Line {
    own: Weak<Self>,
    pub(crate) config: SocketConfig,
    status: ArcRwSignal<SocketStatus>,
    wire: RefCell<Option<Wire>>,
    page: RefCell<Vec<Listener>>,
    channels: RefCell<BTreeMap<Topic, Channel>>,
    next_ref: Cell<u64>,
    token: RefCell<Option<String>>,
    asking: Cell<bool>,
    backoff: RefCell<Backoff>,
    retry: TimerSlot,
    renew: TimerSlot,
    beat: TimerSlot,
    heard_at_ms: Cell<f64>,
    opened: Cell<u32>,
    resumed: Cell<u32>,
}

impl Line {
    /// The member of this topic, if it is of this kind and held by somebody.
    pub(crate) fn member<M: Member + 'static>(&self, topic: Topic) -> Option<Rc<M>> {
        self.find(topic)?.as_any().downcast().ok()
    }

    /// Puts a member into a channel and joins as soon as possible.
    pub(crate) fn enter(&self, topic: Topic, member: Weak<dyn Member>) {
        let channel = Channel {
            member,
            state: Channeling::Out,
            join_ref: String::new(),
            known: false,
            backoff: Backoff::default(),
            retry: Rc::default(),
        };
        self.channels.borrow_mut().insert(topic, channel);
        self.join(topic);
    }

    /// Leaves the channel that this member is in; it may be somebody else's by now.
    pub(crate) fn exit<M>(&self, topic: Topic, member: &M) {
        let channel = {
            let mut channels = self.channels.borrow_mut();
            let own = std::ptr::from_ref(member).cast::<()>();
            match channels.get(&topic) {
                Some(channel) if channel.member.as_ptr().cast::<()>() == own => channels.remove(&topic),
                Some(_) | None => None,
            }
        };
        let Some(channel) = channel else { return };
        if channel.state != Channeling::Out {
            self.send(Some(&channel.join_ref), topic, "phx_leave", "{}");
        }
    }

    /// Joins again on the same socket: something is missing, or the token changed hands.
    pub(crate) fn rejoin(&self, topic: Topic) {
        if self.set_state(topic, Channeling::Out) {
            self.join(topic);
        }
    }

    /// Sends a broadcast into a channel that is joined or about to be; gives its ref.
    pub(crate) fn broadcast(&self, topic: Topic, event: &str, payload: &str) -> Option<String> {
        let join_ref = self.join_ref(topic)?;
        let payload = tincan_signaling::wire::broadcast(event, payload, None);
        self.send(Some(&join_ref), topic, "broadcast", &payload)
    }

    /// Sends a presence push into a channel that is joined or about to be.
    pub(crate) fn presence(&self, topic: Topic, payload: &str) -> Option<String> {
        let join_ref = self.join_ref(topic)?;
        self.send(Some(&join_ref), topic, "presence", payload)
    }

    fn join_ref(&self, topic: Topic) -> Option<String> {
        let channels = self.channels.borrow();
        let channel = channels.get(&topic).filter(|channel| channel.state != Channeling::Out)?;
        Some(channel.join_ref.clone())
    }

    fn find(&self, topic: Topic) -> Option<Rc<dyn Member>> {
        self.channels.borrow().get(&topic)?.member.upgrade()
    }

    fn topics(&self) -> Vec<Topic> {
        self.channels.borrow().keys().copied().collect()
    }

    fn set_state(&self, topic: Topic, state: Channeling) -> bool {
        let mut channels = self.channels.borrow_mut();
        let Some(channel) = channels.get_mut(&topic) else { return false };
        channel.state = state;
        true
    }

    fn is_up(&self) -> bool {
        self.wire.borrow().as_ref().is_some_and(|wire| wire.socket.ready_state() == WebSocket::OPEN)
    }

    fn is_over(&self) -> bool {
        matches!(self.status.get_untracked(), SocketStatus::SignedOut | SocketStatus::Closed)
    }

    // ---- connecting -------------------------------------------------------------------------

    fn open(&self) {
        if self.is_over() || self.wire.borrow().is_some() {
            return;
        }
        self.retry.stop();
        self.status.set(SocketStatus::Connecting);
        self.ask_token();
        let SocketConfig { url, key, .. } = &self.config;
        let key = String::from(js_sys::encode_uri_component(key));
        let Ok(socket) = WebSocket::new(&format!("{url}?apikey={key}&vsn=2.0.0")) else {
            return self.lost();
        };
        let hear = |name, then: fn(&Self, &web_sys::Event)| {
            let line = self.own.clone();
            Listener::on(&socket, name, move |event| {
                if let Some(line) = line.upgrade() {
                    then(&line, &event);
                }
            })
        };
        let listeners = [
            hear("open", |line, _| line.opened()),
            hear("message", Self::heard),
            hear("close", |line, _| line.lost()),
        ];
        *self.wire.borrow_mut() = Some(Wire { socket, _listeners: listeners });
        self.heard_at_ms.set(now_ms());
        self.beat_after(OPEN_MS, |line| {
            if !line.is_up() {
                line.lost();
            }
        });
    }

    fn opened(&self) {
        self.opened.set(self.opened.get() + 1);
        show_count("data-sockets", self.opened.get());
        self.heard_at_ms.set(now_ms());
        self.status.set(SocketStatus::Up);
        self.beat_after(self.beat_ms(), Self::beat);
        for topic in self.topics() {
            self.join(topic);
        }
    }

    /// The socket is gone, by its own word or by ours.
    fn lost(&self) {
        let most_ms = if self.is_lively() { LIVELY_RETRY_MS } else { u32::MAX };
        let wait_ms = self.backoff.borrow_mut().next_ms(random(), most_ms);
        self.drop_wire();
        if self.is_over() {
            return;
        }
        self.status.set(SocketStatus::Down { retry_at_ms: now_ms() + f64::from(wait_ms) });
        let line = self.own.clone();
        self.retry.set(wait_ms, move || {
            if let Some(line) = line.upgrade() {
                line.open();
            }
        });
    }

    fn drop_wire(&self) {
        self.beat.stop();
        let Some(wire) = self.wire.take() else { return };
        // A dead network would keep the closing handshake, and its event, for a minute.
        let Wire { socket, _listeners: listeners } = wire;
        drop(listeners);
        let _ = socket.close();
        for topic in self.topics() {
            self.set_state(topic, Channeling::Out);
            if let Some(member) = self.find(topic) {
                member.down();
            }
        }
    }

    fn close(&self, status: SocketStatus) {
        self.status.set(status);
        self.retry.stop();
        self.renew.stop();
        self.drop_wire();
    }

    /// What the page tells about itself: back online, visible again, put away, taken out again.
    fn watch_page(&self) {
        let Some(window) = window() else { return };
        let hear = |target: &web_sys::EventTarget, name, then: fn(&Self, &web_sys::Event)| {
            let line = self.own.clone();
            Listener::on(target, name, move |event| {
                if let Some(line) = line.upgrade() {
                    then(&line, &event);
                }
            })
        };
        let mut page = vec![
            hear(&window, "online", |line, _| line.hurry()),
            hear(&window, "pageshow", |line, _| line.hurry()),
            hear(&window, "pagehide", |line, event| {
                if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                    line.retry.stop();
                    line.drop_wire();
                }
            }),
        ];
        if let Some(document) = window.document() {
            page.push(hear(&document, "visibilitychange", |line, _| {
                let document = window_document();
                if document.is_some_and(|it| it.visibility_state() == VisibilityState::Visible) {
                    line.hurry();
                }
            }));
        }
        *self.page.borrow_mut() = page;
    }

    /// Something changed for the better: connect now, or find out now whether we still are.
    fn hurry(&self) {
        if self.is_up() {
            self.beat();
        } else if self.wire.borrow().is_none() {
            self.backoff.borrow_mut().reset();
            self.open();
        }
    }

    // ---- heartbeats -------------------------------------------------------------------------

    fn beat_ms(&self) -> u32 {
        if self.is_lively() { LIVELY_BEAT_MS } else { BEAT_MS }
    }

    /// Whether some channel is in a call.
    fn is_lively(&self) -> bool {
        let lively = |topic: Topic| self.find(topic).is_some_and(|member| member.is_lively());
        self.topics().into_iter().any(lively)
    }

    /// A call began or ended: the next heartbeat may come sooner.
    pub(crate) fn pace(&self) {
        if self.is_up() {
            self.beat_after(self.beat_ms(), Self::beat);
        }
    }

    fn beat(&self) {
        let sent_at = now_ms();
        if self.post("[null,\"0\",\"phoenix\",\"heartbeat\",{}]") {
            self.beat_after(ANSWER_MS, move |line| {
                if line.heard_at_ms.get() < sent_at {
                    line.lost();
                } else {
                    line.pace();
                }
            });
        } else {
            self.lost();
        }
    }

    fn beat_after(&self, ms: u32, then: impl FnOnce(&Self) + 'static) {
        let line = self.own.clone();
        self.beat.set(ms, move || {
            if let Some(line) = line.upgrade() {
                then(&line);
            }
        });
    }

    // ---- frames -----------------------------------------------------------------------------

    fn send(&self, join_ref: Option<&str>, topic: Topic, event: &str, payload: &str) -> Option<String> {
        let number = self.next_ref.get() + 1;
        self.next_ref.set(number);
        let reference = number.to_string();
        let topic = format!("{TOPIC_PREFIX}{topic}");
        let join_ref = join_ref.unwrap_or(&reference);
        let text = frame::print(Version::V2, Some(join_ref), Some(&reference), &topic, event, payload);
        self.post(&text).then_some(reference)
    }

    fn post(&self, text: &str) -> bool {
        let wire = self.wire.borrow();
        let Some(wire) = wire.as_ref() else { return false };
        wire.socket.ready_state() == WebSocket::OPEN && wire.socket.send_with_str(text).is_ok()
    }

    fn heard(&self, event: &web_sys::Event) {
        self.heard_at_ms.set(now_ms());
        let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
        let Some(text) = text else { return };
        let Some(Down { join_ref, reference, topic, what }) = Down::parse(&text) else { return };
        let Ok(topic) = topic.parse::<Topic>() else { return };
        let Some(member) = self.find(topic) else { return };
        let (current, join) = {
            let channels = self.channels.borrow();
            let Some(channel) = channels.get(&topic) else { return };
            let current = join_ref.is_none_or(|join_ref| join_ref == channel.join_ref);
            (current, channel.join_ref.clone())
        };
        match what {
            What::Reply(outcome) if reference.as_deref() == Some(&join) => match outcome {
                Ok(response) => self.granted(topic, &*member, response.get()),
                Err(refusal) => self.denied(topic, &*member, refusal),
            },
            What::Reply(outcome) => {
                if let Some(reference) = reference {
                    member.reply(&reference, outcome.map(|_| ()));
                }
            }
            What::Broadcast(broadcast) => member.broadcast(&broadcast),
            What::PresenceState(payload) => member.presence_state(payload.get()),
            What::PresenceDiff(payload) => member.presence_diff(payload.get()),
            What::Unauthorized => {
                self.token.take();
            }
            What::Closed if current => {
                self.set_state(topic, Channeling::Out);
                member.down();
                self.join_later(topic);
            }
            What::Closed | What::Other => {}
        }
    }

    // ---- channels ---------------------------------------------------------------------------

    /// Joins if there is a socket and a token; asks for a token if there is none.
    fn join(&self, topic: Topic) {
        if !self.is_up() {
            return;
        }
        let Some(token) = self.token.borrow().clone() else { return self.ask_token() };
        let Some(member) = self.find(topic) else { return };
        let mut join = member.join();
        join.access_token = Some(token);
        join.page_url.clone_from(&self.config.page_url);
        let Ok(payload) = serde_json::to_string(&join) else { return };
        let Some(reference) = self.send(None, topic, "phx_join", &payload) else { return };
        if let Some(channel) = self.channels.borrow_mut().get_mut(&topic) {
            channel.state = Channeling::Joining;
            channel.join_ref = reference;
        }
        member.joining();
    }

    fn join_later(&self, topic: Topic) {
        let waiting = self.channels.borrow_mut().get_mut(&topic).map(|channel| {
            let wait_ms = channel.backoff.next_ms(random(), u32::MAX);
            (wait_ms, channel.retry.clone())
        });
        let Some((wait_ms, retry)) = waiting else { return };
        let line = self.own.clone();
        retry.set(wait_ms, move || {
            if let Some(line) = line.upgrade()
                && line.join_ref(topic).is_none()
            {
                line.join(topic);
            }
        });
    }

    fn granted(&self, topic: Topic, member: &dyn Member, response: &str) {
        self.backoff.borrow_mut().reset();
        let known = self.channels.borrow_mut().get_mut(&topic).is_some_and(|channel| {
            channel.state = Channeling::Joined;
            channel.backoff.reset();
            std::mem::replace(&mut channel.known, true)
        });
        if member.joined(response) && known {
            self.resumed.set(self.resumed.get() + 1);
            show_count("data-resumed", self.resumed.get());
        }
    }

    fn denied(&self, topic: Topic, member: &dyn Member, refusal: Refusal) {
        self.set_state(topic, Channeling::Out);
        if refusal.code == Code::Unauthorized {
            self.token.take();
        }
        member.denied(refusal);
        self.join_later(topic);
    }

    // ---- tokens -----------------------------------------------------------------------------

    /// Gets a token unless there is one or it is being got; then joins what waits for it.
    fn ask_token(&self) {
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
                    line.renew_after(TOKEN_RETRY_MS + (random() * 1_000.0) as u32);
                }
            }
        });
    }

    fn take_token(&self, token: Token) {
        // Renewed after three quarters of its life, so that a slow network does not outlast it.
        self.renew_after(token.expires_in_s.saturating_mul(750).max(1_000));
        let payload = serde_json::json!({ "access_token": token.text }).to_string();
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

    fn renew_after(&self, ms: u32) {
        let line = self.own.clone();
        self.renew.set(ms, move || {
            if let Some(line) = line.upgrade().filter(|line| !line.is_over()) {
                line.token.take();
                line.ask_token();
            }
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(Wire { socket, _listeners: listeners }) = self.wire.take() {
            drop(listeners);
            let _ = socket.close();
        }
    }
}

fn window_document() -> Option<web_sys::Document> {
    window()?.document()
}

/// Shows a counter on the root element, where tests find it.
fn show_count(name: &str, count: u32) {
    let root = window_document().and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute(name, &count.to_string());
    }
}

/// How long connecting may take.
const OPEN_MS: u32 = 8_000;
/// The usual time between two heartbeats.
const BEAT_MS: u32 = 25_000;
/// The time between two heartbeats in a call: a dead network is noticed within five seconds.
const LIVELY_BEAT_MS: u32 = 1_500;
/// The longest time between two tries in a call.
const LIVELY_RETRY_MS: u32 = 1_500;
/// How long a heartbeat may stay unanswered.
const ANSWER_MS: u32 = 3_000;
/// How long to wait before asking for a token again.
const TOKEN_RETRY_MS: u32 = 2_000;
