//! The lobby of a tenant's staff: what rings for this user, the live list of chat sessions, and
//! who of the staff is there.

use crate::{
    room::Clock,
    socket::{Line, Member, presence::Presence},
};
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use send_wrapper::SendWrapper;
use serde::Serialize;
use std::{any::Any, cell::RefCell, rc::Rc};
use tincan_signaling::{
    agent::Wish,
    code::Refusal,
    id::{CallId, Sub, TenantId, Timestamp, Topic},
    json::{self, Raw},
    lobby::{LobbyEvent, Ringing, SessionUpdate, StaffPresence},
    wire::{Broadcast, BroadcastConfig, Join, JoinConfig, PresenceConfig},
};

/// Somebody else accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub call_id: CallId,
    pub by: String,
}

/// A tenant's lobby as this page holds it. Cheap to clone; left when the last clone is gone.
#[derive(Clone)]
pub struct Lobby(SendWrapper<Rc<Inner>>);

struct Inner {
    line: Rc<Line>,
    tenant: TenantId,
    wish: RefCell<Option<(Wish, Option<String>)>>,
    presence: RefCell<Presence<StaffPresence>>,
    clock: Clock,
    joined: ArcRwSignal<bool>,
    ringing: ArcRwSignal<Vec<Ringing>>,
    taken: ArcRwSignal<Option<Taken>>,
    sessions: ArcRwSignal<Vec<SessionUpdate>>,
    staff: ArcRwSignal<Vec<(Sub, StaffPresence)>>,
    own: ArcRwSignal<Option<StaffPresence>>,
}

impl Lobby {
    pub(crate) fn join(line: &Rc<Line>, tenant: TenantId) -> Self {
        let topic = Topic::Lobby(tenant);
        if let Some(inner) = line.member::<Inner>(topic) {
            return Self(SendWrapper::new(inner));
        }
        let inner = Rc::new(Inner {
            line: line.clone(),
            tenant,
            wish: RefCell::default(),
            presence: RefCell::default(),
            clock: Clock::default(),
            joined: ArcRwSignal::new(false),
            ringing: ArcRwSignal::new(Vec::new()),
            taken: ArcRwSignal::new(None),
            sessions: ArcRwSignal::new(Vec::new()),
            staff: ArcRwSignal::new(Vec::new()),
            own: ArcRwSignal::new(None),
        });
        let member: Rc<dyn Member> = inner.clone();
        line.enter(topic, Rc::downgrade(&member));
        Self(SendWrapper::new(inner))
    }

    /// Whether the lobby is heard right now.
    pub fn joined(&self) -> ReadSignal<bool> {
        self.0.joined.read_only().into()
    }

    /// Exactly what rings for this user, oldest first.
    pub fn ringing(&self) -> ReadSignal<Vec<Ringing>> {
        self.0.ringing.read_only().into()
    }

    /// The last call that rang here and somebody else accepted.
    pub fn taken(&self) -> ReadSignal<Option<Taken>> {
        self.0.taken.read_only().into()
    }

    /// The newest update of each chat session since the page joined, newest first.
    pub fn sessions(&self) -> ReadSignal<Vec<SessionUpdate>> {
        self.0.sessions.read_only().into()
    }

    /// The staff that is there, by name.
    pub fn staff(&self) -> ReadSignal<Vec<(Sub, StaffPresence)>> {
        self.0.staff.read_only().into()
    }

    /// What the server says of this user.
    pub fn own(&self) -> ReadSignal<Option<StaffPresence>> {
        self.0.own.read_only().into()
    }

    /// Asks to be ready or paused, now and after every reconnect.
    pub fn track(&self, wish: Wish, reason: Option<String>) {
        *self.0.wish.borrow_mut() = Some((wish, reason));
        self.0.tell_wish();
    }

    /// The server's time, as near as this page knows it.
    pub fn server_now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Leaves the lobby now, whoever still holds it.
    pub fn leave(&self) {
        self.0.line.exit(Topic::Lobby(self.0.tenant), &**self.0);
        self.0.joined.set(false);
    }
}

/// A presence push that says how this user wishes to be seen.
#[derive(Serialize)]
struct Track {
    #[serde(rename = "type")]
    kind: &'static str,
    event: &'static str,
    payload: Tracked,
}

#[derive(Serialize)]
struct Tracked {
    status: Wish,
    reason: Option<String>,
}

impl Inner {
    fn tell_wish(&self) {
        let Some((wish, reason)) = self.wish.borrow().clone() else { return };
        let track = Track { kind: "presence", event: "track", payload: Tracked { status: wish, reason } };
        if let Ok(track) = json::write(&track) {
            self.line.presence(Topic::Lobby(self.tenant), &track);
        }
    }

    fn take(&self, event: LobbyEvent) {
        match event {
            LobbyEvent::LobbyState { ringing } => self.ringing.set(ringing),
            LobbyEvent::Ringing(ring) => {
                self.ringing.update(|ringing| {
                    ringing.retain(|old| old.call_id != ring.call_id);
                    ringing.push(ring);
                });
            }
            LobbyEvent::RingStopped { call_id } => self.stop(call_id),
            LobbyEvent::Taken { call_id, by } => {
                self.taken.set(Some(Taken { call_id, by }));
                self.stop(call_id);
            }
            LobbyEvent::SessionUpdated(update) => {
                self.clock.hear_past(update.last_at);
                self.sessions.update(|sessions| {
                    sessions.retain(|old| old.session_id != update.session_id);
                    sessions.insert(0, update);
                    sessions.sort_by_key(|session| std::cmp::Reverse(session.last_at));
                });
            }
        }
    }

    fn stop(&self, call_id: CallId) {
        if self.ringing.with_untracked(|ringing| ringing.iter().any(|ring| ring.call_id == call_id)) {
            self.ringing.update(|ringing| ringing.retain(|ring| ring.call_id != call_id));
        }
    }

    fn show_staff(&self) {
        let presence = self.presence.borrow();
        let mut staff: Vec<(Sub, StaffPresence)> =
            presence.iter().filter_map(|(key, staff)| Some((key.parse().ok()?, staff.clone()))).collect();
        drop(presence);
        staff.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        let own = staff.iter().find(|(sub, _)| *sub == self.line.config.me);
        let own = own.map(|(_, staff)| staff.clone());
        if self.own.with_untracked(|old| *old != own) {
            self.own.set(own);
        }
        self.staff.set(staff);
    }
}

impl Member for Inner {
    fn join(&self) -> Join {
        let key = self.line.config.me.to_string();
        let config = JoinConfig {
            broadcast: BroadcastConfig { ack: true, own: false, replay: None },
            presence: PresenceConfig { key, enabled: true },
            private: true,
            ..JoinConfig::default()
        };
        Join { config, ..Join::default() }
    }

    fn joining(&self) {
        self.tell_wish();
    }

    fn joined(&self, _response: &str) -> bool {
        self.joined.set(true);
        false
    }

    fn denied(&self, _refusal: Refusal) {
        self.joined.set(false);
    }

    fn down(&self) {
        self.joined.set(false);
    }

    fn broadcast(&self, broadcast: &Broadcast<'_>) {
        let Raw(payload) = broadcast.payload;
        let mut tagged = String::from("{\"event\":");
        json::quote(&mut tagged, &broadcast.event);
        tagged.extend([",\"payload\":", payload, "}"]);
        if let Ok(event) = json::read(&tagged) {
            self.take(event);
        }
    }

    fn presence_state(&self, payload: &str) {
        self.presence.borrow_mut().state(payload);
        self.show_staff();
    }

    fn presence_diff(&self, payload: &str) {
        self.presence.borrow_mut().diff(payload);
        self.show_staff();
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.line.exit(Topic::Lobby(self.tenant), self);
    }
}
