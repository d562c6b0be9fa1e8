//! One WebSocket a page, in version 2.0.0 of the protocol: it comes back by itself, renews its
//! token, notices a dead network by heartbeats, and carries the channels of rooms and lobbies.
//!
//! A channel is a [`Member`]: the socket joins it whenever it can and tells it what it hears.

mod backoff;
mod channels;
mod connection;
mod down;
pub(crate) mod presence;
mod tokens;

use crate::{
    few::Few,
    lobby::Lobby,
    page::{Listener, TimerSlot, window},
    room::Room,
};
use backoff::Backoff;
use futures::future::LocalBoxFuture;
use reactive_graph::signal::{ArcRwSignal, ReadSignal};
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use tincan_signaling::{
    code::Refusal,
    id::{SessionId, Sub, TenantId, Topic},
    wire::{Broadcast, Join},
};
use web_sys::WebSocket;

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
    pub fn status(&self) -> ReadSignal<SocketStatus> {
        self.0.status.read_only().into()
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
    channels: RefCell<Few<Topic, Channel>>,
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

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(Wire { socket, _listeners: listeners }) = self.wire.take() {
            drop(listeners);
            let _ = socket.close();
        }
    }
}

/// Shows a counter on the root element, where tests find it.
fn show_count(name: &str, count: u32) {
    let root = window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute(name, &count.to_string());
    }
}
