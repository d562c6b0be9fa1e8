//! The connections to the other legs: one each, looked after while the call lasts.

use super::{
    Inner,
    negotiation::{Connection, is_held, report},
    peer::Peer,
    stats,
};
use crate::{media::RemoteSound, page::now_ms};
use reactive_graph::prelude::*;
use std::rc::{Rc, Weak};
use tincan_signaling::{
    event::{Body, Event, IceServer, MediaReport, Path, Signal as Addressed},
    id::LegId,
    leg::Leg,
};
use wasm_bindgen_futures::spawn_local;

/// How many signals wait for their peer.
const EARLY: usize = 64;
/// How often a call is looked after.
const TICK_MS: u32 = 500;

impl Inner {
    pub(super) fn peers(&self) -> Vec<Rc<Peer>> {
        self.peers.borrow().values().cloned().collect()
    }

    pub(super) fn close_peers(&self) {
        let peers = self.peers.take();
        for peer in peers.values() {
            peer.close();
        }
        self.watch.take();
        self.reporting.set(false);
    }

    /// One fresh connection for each other leg, none for a leg that is gone.
    pub(super) fn match_peers(&self, own: &Leg, legs: &[Leg]) {
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

    pub(super) fn meet(&self, own: &Leg, leg: &Leg, servers: &[IceServer]) {
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

    pub(super) fn take_signal(&self, signal: &Addressed) {
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
        let known = self.peers.borrow().get(&from).cloned();
        if let (Some(peer), Body::Offer { sdp }) = (&known, &signal.body)
            && peer.is_anew(sdp)
        {
            self.begin_anew(from);
        }
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
    pub(super) fn rejoined(&self) {
        self.look();
        let call = self.room.call_now();
        let (Some(call_id), Some(own)) = (call.id(), self.own_leg(&call)) else { return };
        drop(self.room.push(Event::LegJoin { call_id, leg: Some(own.id), replaces: None }));
        if (own.muted, own.held) != (self.muted.get_untracked(), self.held.get_untracked()) {
            self.tell_switches(call_id, own.id);
        }
        self.redo(Peer::resume);
    }

    /// The other leg is back on a socket: what it did not hear is said again.
    pub(super) fn came_back(&self, leg: LegId) {
        self.redo(|peer| peer.leg() == leg && peer.resume());
    }

    pub(super) fn network_changed(&self) {
        if self.room.is_joined() {
            self.redo(Peer::renew);
        }
    }

    /// Looks at every peer, and gives those a fresh connection that need one.
    fn redo(&self, needs_fresh: impl Fn(&Peer) -> bool) {
        for peer in self.peers() {
            if needs_fresh(&peer) {
                self.begin_anew(peer.leg());
            }
        }
    }

    fn begin_anew(&self, leg: LegId) {
        let old = self.peers.borrow_mut().remove(&leg);
        if let Some(old) = old {
            old.close();
            self.speaker.detach();
            self.watch.take();
        }
        self.look();
    }

    pub(super) fn path_changed(&self) {
        if self.room.is_joined() {
            self.redo(Peer::mend);
        }
        self.show_connection();
        self.report();
    }

    pub(super) fn show_connection(&self) {
        let connection = self.worst(Peer::connection);
        if self.connection.with_untracked(|old| *old != connection) {
            self.connection.set(connection);
        }
    }

    /// The worst of all peers.
    pub(super) fn worst(&self, of: impl Fn(&Peer) -> Connection) -> Connection {
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
    pub(super) fn report(&self) {
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
    pub(super) fn tick(&self) {
        let own = self.own.clone();
        self.tick.set(TICK_MS, move || {
            let Some(inner) = own.upgrade() else { return };
            inner.tick();
            if inner.room.is_joined() {
                inner.redo(Peer::mend);
            }
            for peer in inner.peers() {
                spawn_local(listen_to(inner.own.clone(), peer));
            }
            inner.report();
        });
    }

    pub(super) fn heard(&self, peer: &Peer, received: stats::Received) {
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
            // Connected, and nothing arrives: another path may carry more. It was up, so the
            // connection stays.
            let _stays = peer.renew();
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
