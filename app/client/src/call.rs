//! The browser's side of a call: it looks at the call as folded from the room's log and makes the
//! page match, with a microphone, one peer connection for each other leg, and sound.
//!
//! The room decides; this driver carries out. Everything here may happen again at any time
//! without harm: after a reconnect, a replay or a `call_state` it looks and acts once more.

mod look;
mod negotiation;
mod paths;
mod peer;
mod stats;

pub use negotiation::Connection;

use crate::{
    few::Few,
    media::{Microphone, SoundWatch, Speaker, TrackWatcher},
    page::{Listener, TimerSlot, get, new_id, window},
    room::{News, Room, Watcher},
};
use peer::Peer;
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::{Event, IceServer, MediaKind, Signal as Addressed},
    id::{CallId, LegId},
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
    peers: RefCell<Few<LegId, Rc<Peer>>>,
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
    pub fn place(&self) -> ReadSignal<Place> {
        self.0.place.read_only().into()
    }

    /// Whether this page's microphone is muted in the call.
    pub fn muted(&self) -> ReadSignal<bool> {
        self.0.muted.read_only().into()
    }

    /// Whether this page's leg holds the call.
    pub fn held(&self) -> ReadSignal<bool> {
        self.0.held.read_only().into()
    }

    /// How this page's own connection to the other side is; quicker than the room's word.
    pub fn connection(&self) -> ReadSignal<Connection> {
        self.0.connection.read_only().into()
    }

    /// The last call event that was refused, for example `taken`.
    pub fn refused(&self) -> ReadSignal<Option<Refusal>> {
        self.0.refused.read_only().into()
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

    /// Stops calling, also while the request is still waiting for the network. Without a call there
    /// is nothing to stop.
    pub fn cancel(&self) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let said = match self.0.asked.take() {
            Some(call_id) => {
                // One that is not waiting any more has arrived.
                let may_have_arrived = self.0.room.withdraw(call_id).unwrap_or(true);
                self.0.depart();
                may_have_arrived.then_some(call_id)
            }
            None => Some(self.0.room.call_now()).filter(Call::is_live).and_then(|call| call.id()),
        };
        let said = said.map(|call_id| self.0.say(Event::CallCancel { call_id }));
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
            News::Back(leg) => self.came_back(*leg),
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
