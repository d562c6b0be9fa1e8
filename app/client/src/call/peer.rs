//! One peer connection between this page's leg and one other leg. Its commands are done one after
//! the other, so no offer is made while another one is being taken.

mod exchange;
mod sound;

use super::{
    negotiation::{Connection, Negotiation, PathWatch},
    stats::{self, Stats},
};
use crate::{
    media::Speaker,
    page::{Listener, call, get, now_ms},
};
use futures::{StreamExt, channel::mpsc};
use js_sys::{Array, Object, Reflect};
use sound::attach;
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use tincan_signaling::{
    event::{Body, IceServer},
    id::LegId,
    leg::Leg,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    MediaStreamTrack, RtcConfiguration, RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSignalingState, RtcTrackEvent,
};

enum Command {
    Offer { restart: bool },
    Hear(Body),
}

type Send = dyn Fn(Body);

/// The connection to one other leg.
pub(super) struct Peer {
    leg: LegId,
    connection: RtcPeerConnection,
    commands: mpsc::UnboundedSender<Command>,
    negotiation: RefCell<Negotiation>,
    /// Candidates that came before the description they belong to.
    waiting: RefCell<Vec<RtcIceCandidateInit>>,
    track: RefCell<Option<MediaStreamTrack>>,
    /// Which connection of the other side the last description came from.
    remote_origin: RefCell<Option<String>>,
    was_up: Cell<bool>,
    watch: RefCell<PathWatch>,
    silent: Cell<bool>,
    send: Box<Send>,
    listeners: RefCell<Vec<Listener>>,
}

impl Peer {
    /// A fresh connection; the side whose turn it is makes the first offer at once.
    pub(super) fn new(
        own: &Leg,
        leg: &Leg,
        servers: &[IceServer],
        speaker: &Speaker,
        track: Option<MediaStreamTrack>,
        send: impl Fn(Body) + 'static,
        changed: impl Fn() + 'static,
    ) -> Option<Rc<Self>> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(servers)).ok()?;
        let (commands, mut todo) = mpsc::unbounded();
        let peer = Rc::new(Self {
            leg: leg.id,
            connection,
            commands,
            negotiation: RefCell::new(Negotiation::new(own, leg)),
            waiting: RefCell::default(),
            track: RefCell::new(track),
            remote_origin: RefCell::default(),
            was_up: Cell::new(false),
            watch: RefCell::default(),
            silent: Cell::new(false),
            send: Box::new(send),
            listeners: RefCell::default(),
        });
        peer.listen(speaker, changed);
        let doing = Rc::downgrade(&peer);
        spawn_local(async move {
            while let Some(command) = todo.next().await {
                let Some(peer) = doing.upgrade() else { return };
                // A step that the browser refuses is mended by the next offer.
                let _ = peer.run(command).await;
            }
        });
        if peer.negotiation.borrow().may_offer() {
            peer.prepare();
            peer.order(Command::Offer { restart: false });
        }
        Some(peer)
    }

    /// What the other leg said.
    pub(super) fn hear(&self, body: Body) {
        self.order(Command::Hear(body));
    }

    /// Uses other servers from the next restart on.
    pub(super) fn use_servers(&self, servers: &[IceServer]) {
        call(&self.connection, "setConfiguration", &configuration(servers));
    }

    /// How the path is, as people see it: one that was up and is being renewed is lost, and so is
    /// one on which nothing comes.
    pub(super) fn connection(&self) -> Connection {
        match self.state() {
            Connection::Connecting if self.was_up.get() => Connection::Lost,
            Connection::Up if self.silent.get() => Connection::Lost,
            state => state,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Failed
    }

    pub(super) const fn leg(&self) -> LegId {
        self.leg
    }

    /// A socket is back: an unfinished negotiation is begun again. True: on a fresh connection.
    pub(super) fn resume(&self) -> bool {
        let stable = self.connection.signaling_state() == RtcSignalingState::Stable;
        (!stable || self.state() != Connection::Up) && self.renew()
    }

    /// Looks for a new path now. True: on a fresh connection.
    pub(super) fn renew(&self) -> bool {
        let (may_offer, anew) = {
            let negotiation = self.negotiation.borrow();
            (negotiation.may_offer(), negotiation.begins_anew())
        };
        if may_offer && !anew {
            self.order(Command::Offer { restart: true });
        }
        may_offer && anew
    }

    /// Looks whether a path must be renewed, or an offer made again. True: on a fresh connection.
    pub(super) fn mend(&self) -> bool {
        let (state, failed) = (self.state(), self.has_failed());
        let due = self.negotiation.borrow_mut().renew(state, failed, now_ms());
        due && self.renew()
    }

    pub(super) async fn stats(&self) -> Option<Stats> {
        let stats = stats::read(&self.connection).await?;
        let received = &stats.received;
        let silent = self.watch.borrow_mut().is_silent(received.packets, received.checks, now_ms());
        self.silent.set(silent);
        Some(stats)
    }

    pub(super) fn close(&self) {
        self.commands.close_channel();
        self.listeners.take();
        self.connection.close();
    }

    fn order(&self, command: Command) {
        // Closed: nothing is to be done any more.
        let _ = self.commands.unbounded_send(command);
    }

    /// How the path is by the browser's own word.
    pub(super) fn state(&self) -> Connection {
        match self.connection.connection_state() {
            RtcPeerConnectionState::Connected => {
                self.was_up.set(true);
                self.negotiation.borrow_mut().came_up();
                Connection::Up
            }
            RtcPeerConnectionState::Disconnected | RtcPeerConnectionState::Failed => Connection::Lost,
            RtcPeerConnectionState::Closed => Connection::None,
            _ => Connection::Connecting,
        }
    }

    fn listen(self: &Rc<Self>, speaker: &Speaker, changed: impl Fn() + 'static) {
        let peer = Rc::downgrade(self);
        let candidate = move |event: web_sys::Event| tell_candidate(&peer, &event);
        let speaker = speaker.clone();
        let track = move |event: web_sys::Event| {
            if let Some(event) = event.dyn_ref::<RtcTrackEvent>() {
                attach(&speaker, event.streams().get(0).dyn_into().ok(), &event.track());
            }
        };
        *self.listeners.borrow_mut() = vec![
            Listener::on(&self.connection, "connectionstatechange", move |_| changed()),
            Listener::on(&self.connection, "icecandidate", candidate),
            Listener::on(&self.connection, "track", track),
        ];
    }
}

fn tell_candidate(peer: &Weak<Peer>, event: &web_sys::Event) {
    let Some(peer) = peer.upgrade() else { return };
    let Some(event) = event.dyn_ref::<RtcPeerConnectionIceEvent>() else { return };
    let Some(candidate): Option<RtcIceCandidate> = event.candidate() else { return };
    (peer.send)(Body::Candidate {
        candidate: candidate.candidate(),
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
        username_fragment: get(&candidate, "usernameFragment").as_string(),
    });
}

fn configuration(servers: &[IceServer]) -> RtcConfiguration {
    let list = Array::new();
    for server in servers {
        let entry = Object::new();
        let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
        let fields = [
            ("urls", Some(JsValue::from(urls))),
            ("username", server.username.as_deref().map(JsValue::from_str)),
            ("credential", server.credential.as_deref().map(JsValue::from_str)),
        ];
        for (name, value) in fields {
            // Setting a property of a fresh object cannot fail.
            let _ = value.map(|value| Reflect::set(&entry, &name.into(), &value));
        }
        list.push(&entry);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    configuration
}
