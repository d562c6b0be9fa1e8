//! The browser's side of a call: it looks at the call as folded from the room's log and makes the
//! page match, with a microphone, one peer connection for each other leg, and sound.
//!
//! The room decides; this driver carries out. Everything here may happen again at any time
//! without harm: after a reconnect, a replay or a `call_state` it looks and acts once more.

mod negotiation;
mod peer;
mod stats;

pub use negotiation::Connection;

use crate::{
    media::{Microphone, RemoteSound, SoundWatch, Speaker, TrackWatcher},
    page::{Listener, TimerSlot, get, new_id, now_ms, window},
    room::{News, Room, Watcher},
};
use futures::future::Either;
use leptos::prelude::*;
use negotiation::{is_held, report};
use peer::Peer;
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::{Body, Event, IceServer, MediaKind, MediaReport, Path, Signal as Addressed},
    id::{CallId, LegId},
    leg::{Leg, Socket as LegSocket},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, MediaStreamTrack};

/// Where this person's leg of the live call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not in the call, or there is none.
    None,
    /// On this page.
    Here,
    /// On another page. `gone`: that page has no connection, it was probably reloaded or left.
    Elsewhere { leg: LegId, gone: bool },
}

/// Drives the calls of one room on this page. Cheap to clone; a call on this page lasts as long
/// as somebody holds it.
#[derive(Clone)]
pub struct CallDriver(SendWrapper<Rc<Inner>>);

struct Inner {
    own: Weak<Self>,
    room: Room,
    mic: Microphone,
    speaker: Speaker,
    /// This page's leg, from the moment it asked for one.
    leg: Cell<Option<LegId>>,
    /// Whether that leg was seen in the call.
    entered: Cell<bool>,
    /// The call asked for and not answered for yet.
    asked: Cell<Option<CallId>>,
    /// What kind of network the browser last spoke of.
    network: RefCell<JsValue>,
    ice: RefCell<Option<Vec<IceServer>>>,
    peers: RefCell<BTreeMap<LegId, Rc<Peer>>>,
    /// Signals that came before their peer was known.
    early: RefCell<Vec<Addressed>>,
    reporting: Cell<bool>,
    watch: RefCell<SoundWatch>,
    tick: TimerSlot,
    place: ArcRwSignal<Place>,
    muted: ArcRwSignal<bool>,
    held: ArcRwSignal<bool>,
    connection: ArcRwSignal<Connection>,
    refused: ArcRwSignal<Option<Refusal>>,
    /// Kept alive for the room and the microphone, which hold them weakly.
    watchers: RefCell<Option<Watchers>>,
    listeners: RefCell<Vec<Listener>>,
}

struct Watchers {
    _news: Rc<Watcher>,
    _track: Rc<TrackWatcher>,
}

impl CallDriver {
    /// A driver for the calls of this room.
    pub fn new(room: &Room, mic: &Microphone, speaker: &Speaker) -> Self {
        let inner = Rc::new_cyclic(|own| Inner {
            own: own.clone(),
            room: room.clone(),
            mic: mic.clone(),
            speaker: speaker.clone(),
            leg: Cell::new(None),
            entered: Cell::new(false),
            asked: Cell::new(None),
            network: RefCell::new(JsValue::UNDEFINED),
            ice: RefCell::default(),
            peers: RefCell::default(),
            early: RefCell::default(),
            reporting: Cell::new(false),
            watch: RefCell::default(),
            tick: TimerSlot::default(),
            place: ArcRwSignal::new(Place::None),
            muted: ArcRwSignal::new(false),
            held: ArcRwSignal::new(false),
            connection: ArcRwSignal::new(Connection::None),
            refused: ArcRwSignal::new(None),
            watchers: RefCell::default(),
            listeners: RefCell::default(),
        });
        inner.listen();
        inner.look();
        Self(SendWrapper::new(inner))
    }

    /// Where this person's leg is.
    pub fn place(&self) -> Signal<Place> {
        self.0.place.clone().into()
    }

    /// Whether this page's microphone is muted in the call.
    pub fn muted(&self) -> Signal<bool> {
        self.0.muted.clone().into()
    }

    /// Whether this page's leg holds the call.
    pub fn held(&self) -> Signal<bool> {
        self.0.held.clone().into()
    }

    /// How this page's own connection to the other side is; quicker than the room's word.
    pub fn connection(&self) -> Signal<Connection> {
        self.0.connection.clone().into()
    }

    /// The last call event that was refused, for example `taken`.
    pub fn refused(&self) -> Signal<Option<Refusal>> {
        self.0.refused.clone().into()
    }

    /// Calls whoever can answer in this room.
    pub fn start(&self) -> impl Future<Output = Result<CallId, Refusal>> + use<> {
        let call_id = CallId(new_id());
        let leg = Some(self.0.take_leg());
        let request = Event::CallRequest {
            call_id,
            leg,
            media: MediaKind::Audio,
            rung: Vec::new(),
            busy: false,
            turn: false,
            ring_ms: 0,
        };
        self.0.asked.set(Some(call_id));
        let said = self.0.say(request);
        let own = self.0.own.clone();
        async move {
            let outcome = said.await;
            let Some(inner) = own.upgrade() else { return outcome.map(|()| call_id) };
            if inner.asked.get() != Some(call_id) {
                // Cancelled by whoever asked: nothing to complain about.
                return Ok(call_id);
            }
            inner.asked.set(None);
            outcome.map(|()| call_id)
        }
    }

    /// Answers a call that rings here.
    pub fn accept(&self, call_id: CallId) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let leg = Some(self.0.take_leg());
        self.0.say(Event::CallAccept { call_id, leg })
    }

    /// Brings the call to this page: after a reload, or from another tab.
    pub fn return_here(&self) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let call = self.0.room.call_now();
        let old = call.legs_of(self.0.room.me()).next().map(|leg| leg.id);
        let asked = call.id().zip(old).map(|(call_id, old)| {
            let leg = Some(self.0.take_leg());
            self.0.say(Event::LegJoin { call_id, leg, replaces: Some(old) })
        });
        async move {
            match asked {
                Some(said) => said.await,
                None => Err(Refusal::new(Code::UnknownCall, "There is no call to return to.")),
            }
        }
    }

    /// Does not take a call that rings here.
    pub fn decline(&self, call_id: CallId) -> impl Future<Output = Result<(), Refusal>> + use<> {
        self.0.say(Event::CallDecline { call_id })
    }

    /// Stops calling, also while the request is still waiting for the network.
    pub fn cancel(&self) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let asked = self.0.asked.take();
        let arrived = asked.and_then(|call_id| Some((call_id, self.0.room.withdraw(call_id)?)));
        if arrived.is_some() {
            self.0.depart();
        }
        let said = match arrived {
            Some((_, false)) => None,
            Some((call_id, true)) => Some(Either::Left(self.0.say(Event::CallCancel { call_id }))),
            None => Some(Either::Right(self.0.say_of_call(|call_id| Event::CallCancel { call_id }))),
        };
        async move {
            match said {
                Some(said) => said.await,
                None => Ok(()),
            }
        }
    }

    /// Ends the call for everybody.
    pub fn hang_up(&self) -> impl Future<Output = Result<(), Refusal>> + use<> {
        // Silent at once, whatever the network does.
        self.0.mic.set_enabled(false);
        self.0.say_of_call(|call_id| Event::Hangup { call_id })
    }

    /// Mutes or unmutes this page's microphone, at once.
    pub fn set_muted(&self, muted: bool) {
        self.0.muted.set(muted);
        self.0.switched();
    }

    /// Holds or resumes the call: nobody hears anybody while some leg holds.
    pub fn set_held(&self, held: bool) {
        self.0.held.set(held);
        self.0.switched();
    }
}

impl Inner {
    fn listen(&self) {
        let own = self.own.clone();
        let news: Rc<Watcher> = Rc::new(move |news: &News<'_>| {
            if let Some(inner) = own.upgrade() {
                inner.hear(news);
            }
        });
        self.room.watch(&news);
        let own = self.own.clone();
        let track: Rc<TrackWatcher> = Rc::new(move |track: Option<&MediaStreamTrack>| {
            if let Some(inner) = own.upgrade() {
                for peer in inner.peers() {
                    peer.send_track(track);
                }
            }
        });
        self.mic.watch(&track);
        *self.watchers.borrow_mut() = Some(Watchers { _news: news, _track: track });
        // The way to the network changed: look for a new path without waiting for the old to die.
        let Some(window) = window() else { return };
        let own = self.own.clone();
        let online = Listener::on(&window, "online", move |_| {
            if let Some(inner) = own.upgrade() {
                inner.network_changed();
            }
        });
        self.listeners.borrow_mut().push(online);
        let connection = get(&window.navigator(), "connection");
        let Some(target) = connection.dyn_ref::<EventTarget>().cloned() else { return };
        *self.network.borrow_mut() = get(&connection, "type");
        let own = self.own.clone();
        let changed = Listener::on(&target, "change", move |_| {
            // It also tells of every change of speed; only another network is of interest.
            let Some(inner) = own.upgrade() else { return };
            let network = get(&connection, "type");
            if inner.network.replace(network.clone()) != network {
                inner.network_changed();
            }
        });
        self.listeners.borrow_mut().push(changed);
    }

    fn hear(&self, news: &News<'_>) {
        match news {
            News::Call => self.look(),
            News::Joined => self.rejoined(),
            News::Signal(signal) => self.take_signal(signal),
        }
    }

    // ---- what people ask for ----------------------------------------------------------------

    /// A new leg for this page, and the microphone along with it. Called inside a tap.
    fn take_leg(&self) -> LegId {
        let leg = LegId(new_id());
        self.close_peers();
        self.leg.set(Some(leg));
        self.entered.set(false);
        self.ice.take();
        self.early.take();
        self.muted.set(false);
        self.held.set(false);
        self.refused.set(None);
        self.mic.set_enabled(true);
        self.speaker.unlock();
        if self.mic.is_off() {
            let opening = self.mic.open(None);
            spawn_local(async move {
                // A failure stands in the microphone's state; the call goes on without it.
                let _ = opening.await;
            });
        }
        leg
    }

    /// Says a call event; a refusal is shown and gives the leg back.
    fn say(&self, event: Event) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let asked = match &event {
            Event::CallRequest { leg, .. } | Event::CallAccept { leg, .. } | Event::LegJoin { leg, .. } => {
                *leg
            }
            _ => None,
        };
        let said = self.room.push(event);
        let own = self.own.clone();
        async move {
            let outcome = said.await;
            let Some(inner) = own.upgrade() else { return outcome };
            // A leg that was given up meanwhile is not spoken of any more.
            let current = asked.is_none() || inner.leg.get() == asked;
            if let (Err(refusal), true) = (&outcome, current) {
                inner.refused.set(Some(refusal.clone()));
                if asked.is_some() && !inner.entered.get() {
                    inner.depart();
                }
            }
            outcome
        }
    }

    fn say_of_call(&self, event: fn(CallId) -> Event) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let said = self.room.call_now().id().map(|call_id| self.say(event(call_id)));
        async move {
            match said {
                Some(said) => said.await,
                None => Err(Refusal::new(Code::UnknownCall, "There is no call.")),
            }
        }
    }

    fn switched(&self) {
        let call = self.room.call_now();
        self.apply_switches(&call);
        let (Some(call_id), Some(own)) = (call.id(), self.own_leg(&call)) else { return };
        self.tell_switches(call_id, own.id);
    }

    fn tell_switches(&self, call_id: CallId, leg: LegId) {
        let (muted, held) = (self.muted.get_untracked(), self.held.get_untracked());
        drop(self.room.push(Event::Media { call_id, leg: Some(leg), muted, held, video: false }));
    }

    // ---- looking at the call ----------------------------------------------------------------

    fn own_leg<'a>(&self, call: &'a Call) -> Option<&'a Leg> {
        call.leg(self.leg.get()?)
    }

    /// Looks at the call and makes the page match.
    fn look(&self) {
        let call = self.room.call_now();
        self.show_place(&call);
        let own = self.own_leg(&call).cloned();
        let rings = matches!(&call, Call::Ringing(ringing) if Some(ringing.leg.id) == self.leg.get());
        self.speaker.ringback(rings);
        match (&call, own) {
            (Call::Accepted(accepted), Some(own)) => {
                self.enter(&own);
                self.apply_switches(&call);
                self.match_peers(&own, &accepted.legs);
                self.report();
                if !self.tick.is_set() {
                    self.tick();
                }
            }
            (Call::Ringing(_), Some(own)) => self.enter(&own),
            // Ended, or the leg went to another page. A leg that was only asked for stays.
            (Call::Idle | Call::Ringing(_) | Call::Accepted(_) | Call::Ended(_), _) => {
                if self.entered.get() {
                    self.depart();
                }
            }
        }
    }

    /// The leg is in the call: a returning one was muted or on hold, and stays so.
    fn enter(&self, own: &Leg) {
        if !self.entered.replace(true) {
            self.muted.set(own.muted || self.muted.get_untracked());
            self.held.set(own.held || self.held.get_untracked());
        }
    }

    fn show_place(&self, call: &Call) {
        let place = if self.own_leg(call).is_some() {
            Place::Here
        } else {
            call.legs_of(self.room.me()).next().map_or(Place::None, |leg| Place::Elsewhere {
                leg: leg.id,
                gone: matches!(leg.socket, LegSocket::Lost(_)),
            })
        };
        if self.place.with_untracked(|old| *old != place) {
            self.place.set(place);
        }
    }

    fn apply_switches(&self, call: &Call) {
        let held = is_held(call) || self.held.get_untracked();
        self.mic.set_enabled(!held && !self.muted.get_untracked());
        self.speaker.set_silent(held);
    }

    /// This page is no longer in the call: its media stops.
    fn depart(&self) {
        self.leg.set(None);
        self.entered.set(false);
        self.tick.stop();
        self.close_peers();
        self.ice.take();
        self.early.take();
        self.speaker.ringback(false);
        self.speaker.detach();
        self.speaker.set_silent(false);
        self.mic.close();
        self.mic.set_enabled(true);
        self.muted.set(false);
        self.held.set(false);
        self.show_connection();
        self.show_place(&self.room.call_now());
    }

    // ---- peers ------------------------------------------------------------------------------

    fn peers(&self) -> Vec<Rc<Peer>> {
        self.peers.borrow().values().cloned().collect()
    }

    fn close_peers(&self) {
        let peers = self.peers.take();
        for peer in peers.values() {
            peer.close();
        }
        self.watch.take();
        self.reporting.set(false);
    }

    /// One fresh connection for each other leg, none for a leg that is gone.
    fn match_peers(&self, own: &Leg, legs: &[Leg]) {
        let gone: Vec<Rc<Peer>> = {
            let mut peers = self.peers.borrow_mut();
            let gone = peers.keys().filter(|id| legs.iter().all(|leg| leg.id != **id)).copied();
            let gone: Vec<LegId> = gone.collect();
            gone.iter().filter_map(|id| peers.remove(id)).collect()
        };
        for peer in &gone {
            peer.close();
        }
        if !gone.is_empty() {
            self.speaker.detach();
            self.watch.take();
        }
        let Some(servers) = self.ice.borrow().clone() else { return };
        for leg in legs.iter().filter(|leg| leg.id != own.id) {
            if !self.peers.borrow().contains_key(&leg.id) {
                self.meet(own, leg, &servers);
            }
        }
        self.show_connection();
    }

    fn meet(&self, own: &Leg, leg: &Leg, servers: &[IceServer]) {
        let Some(call_id) = self.room.call_now().id() else { return };
        let (room, id) = (self.room.clone(), leg.id);
        let send = move |body| {
            room.signal(&Addressed { call_id, to: Some(id), from: None, body });
        };
        let driver = self.own.clone();
        let changed = move || {
            if let Some(inner) = driver.upgrade() {
                inner.path_changed();
            }
        };
        let peer = Peer::new(own, leg, servers, &self.speaker, self.mic.track(), send, changed);
        let Some(peer) = peer else { return };
        self.peers.borrow_mut().insert(leg.id, peer.clone());
        let early = self.early.take();
        let (mine, others) = early.into_iter().partition::<Vec<_>, _>(|signal| signal.from == Some(leg.id));
        *self.early.borrow_mut() = others;
        for signal in mine {
            peer.hear(signal.body);
        }
    }

    fn take_signal(&self, signal: &Addressed) {
        if signal.to.is_some() && signal.to != self.leg.get() {
            return;
        }
        if let Body::IceServers { ice_servers, .. } = &signal.body {
            *self.ice.borrow_mut() = Some(ice_servers.clone());
            for peer in self.peers() {
                peer.use_servers(ice_servers);
            }
            return self.look();
        }
        let Some(from) = signal.from else { return };
        let peer = self.peers.borrow().get(&from).cloned();
        match peer {
            Some(peer) => peer.hear(signal.body.clone()),
            None if self.leg.get().is_some() => {
                let mut early = self.early.borrow_mut();
                if early.len() < EARLY {
                    early.push(signal.clone());
                }
            }
            None => {}
        }
    }

    /// Back on a socket: the leg says so, its switches are told again if the room missed them, and
    /// what was not finished is begun again.
    fn rejoined(&self) {
        self.look();
        let call = self.room.call_now();
        let (Some(call_id), Some(own)) = (call.id(), self.own_leg(&call)) else { return };
        drop(self.room.push(Event::LegJoin { call_id, leg: Some(own.id), replaces: None }));
        if (own.muted, own.held) != (self.muted.get_untracked(), self.held.get_untracked()) {
            self.tell_switches(call_id, own.id);
        }
        for peer in self.peers() {
            peer.resume();
        }
    }

    fn network_changed(&self) {
        if self.room.is_joined() {
            for peer in self.peers() {
                peer.renew();
            }
        }
    }

    fn path_changed(&self) {
        self.show_connection();
        self.report();
    }

    fn show_connection(&self) {
        let connection = self.worst(Peer::connection);
        if self.connection.with_untracked(|old| *old != connection) {
            self.connection.set(connection);
        }
    }

    /// The worst of all peers.
    fn worst(&self, of: impl Fn(&Peer) -> Connection) -> Connection {
        let peers = self.peers.borrow();
        let connections = peers.values().map(|peer| of(peer));
        connections
            .max_by_key(|connection| match connection {
                Connection::None => 0,
                Connection::Up => 1,
                Connection::Connecting => 2,
                Connection::Lost => 3,
            })
            .unwrap_or(Connection::None)
    }

    /// Tells the room what it does not know of this leg's media, one report at a time.
    fn report(&self) {
        let call = self.room.call_now();
        let (Some(call_id), Some(own)) = (call.id(), self.own_leg(&call)) else { return };
        let failed = self.peers.borrow().values().any(|peer| peer.has_failed());
        let Some(media) = report(own, self.worst(Peer::state), failed) else { return };
        if self.reporting.replace(true) {
            return;
        }
        let (leg, peer, own) = (own.id, self.peers().into_iter().next(), self.own.clone());
        spawn_local(async move {
            let path = path_of(media, peer.as_deref()).await;
            let said = own
                .upgrade()
                .map(|inner| inner.room.push(Event::LegState { call_id, leg: Some(leg), media, path }));
            if let Some(said) = said {
                // Whatever came of it, the next look tells what the room holds.
                let _ = said.await;
            }
            if let Some(inner) = own.upgrade() {
                inner.reporting.set(false);
            }
        });
    }

    /// Twice a second in a call: what is heard, and whether a path must be renewed.
    fn tick(&self) {
        let own = self.own.clone();
        self.tick.set(TICK_MS, move || {
            let Some(inner) = own.upgrade() else { return };
            inner.tick();
            for peer in inner.peers() {
                if inner.room.is_joined() {
                    peer.mend();
                }
                spawn_local(listen_to(inner.own.clone(), peer));
            }
            inner.report();
        });
    }

    fn heard(&self, peer: &Peer, received: stats::Received) {
        if self.speaker.is_blocked() {
            // Nothing is played, so nothing is counted as heard.
            self.watch.take();
            return;
        }
        let call = self.room.call_now();
        let quiet = call.legs().iter().any(|leg| Some(leg.id) != self.leg.get() && leg.muted);
        let silent = quiet || is_held(&call);
        let sound = self.watch.borrow_mut().feed(received.packets, received.energy, silent, now_ms());
        if sound == RemoteSound::Stalled && self.speaker.show(sound) {
            // Connected, and nothing arrives: another path may carry more.
            peer.renew();
        }
        self.speaker.show(sound);
    }
}

/// Reads the counters of one peer and shows what they say.
async fn listen_to(driver: Weak<Inner>, peer: Rc<Peer>) {
    let Some(stats) = peer.stats().await else { return };
    let Some(inner) = driver.upgrade() else { return };
    inner.show_connection();
    if peer.state() == Connection::Up {
        peer.recover_sound(&inner.speaker);
        inner.heard(&peer, stats.received);
    }
}

async fn path_of(media: MediaReport, peer: Option<&Peer>) -> Option<Path> {
    match media {
        MediaReport::Up => peer?.stats().await?.path,
        MediaReport::Lost | MediaReport::Failed => None,
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for peer in self.peers.borrow().values() {
            peer.close();
        }
        if self.leg.get().is_some() {
            self.speaker.ringback(false);
            self.speaker.detach();
            self.mic.close();
        }
    }
}

/// How many signals wait for their peer.
const EARLY: usize = 64;
/// How often a call is looked after.
const TICK_MS: u32 = 500;
