//! What follows from a fold: rings, records, ICE servers, the lobby's list.

use super::{Inner, LastText, RoomCell};
use crate::{hub::Hub, recorder::Line};
use std::sync::Arc;
use tincan_backend::calls::CallRecord;
use tincan_signaling::{
    call::{Call, CallState, Effect},
    event::{Entry, Event, Role},
    lobby::{LastCall, LobbyEvent, Ringing, SessionUpdate},
};

impl RoomCell {
    /// Runs effects. Those that leave the room run only on the node that appended (`mine`).
    pub(super) fn after_fold(
        &self,
        hub: &Arc<Hub>,
        inner: &mut Inner,
        entry: &Entry,
        effects: Vec<Effect>,
        mine: bool,
    ) {
        match &entry.event {
            Event::Message { text, .. } => {
                let from_visitor = entry.from.role == Role::Visitor;
                inner.last_text =
                    Some(LastText { text: text.clone(), by: entry.from.sub, from_visitor, at: entry.at });
                inner.tell_lobby = true;
                inner.session_open = true;
            }
            Event::LegBack { leg, .. } => inner.send_ice_servers(hub, *leg),
            Event::Read { .. } => {}
            _ => inner.tell_lobby = true,
        }
        for effect in effects {
            match effect {
                Effect::EnterMedia { leg } => inner.send_ice_servers(hub, leg),
                Effect::LegReplaced { old, .. } => {
                    inner.leg_sockets.remove(&old);
                }
                Effect::Ring { users } if mine => self.ring(hub, inner, &users),
                Effect::StopRing { users, taken_by } if mine => {
                    if let Some(call) = inner.room.call.id() {
                        hub.tenant(self.tenant).stop_ring(call, &users, taken_by.as_deref());
                    }
                }
                Effect::Record if mine => self.record(hub, inner),
                Effect::Ended { .. } => {
                    inner.leg_sockets.clear();
                    if let Some(call) = inner.room.call.id() {
                        hub.release(self.tenant, call);
                    }
                }
                Effect::Ring { .. } | Effect::StopRing { .. } | Effect::Record => {}
                Effect::Refuse(refusal) => {
                    tracing::warn!(room = %self.id, code = %refusal.code, "a refused event stood in the log");
                }
            }
        }
        if mine && matches!(entry.event, Event::CallRequest { .. } | Event::CallAccept { .. }) {
            hub.statuses_changed(self.tenant);
        }
    }

    /// Rings staff in the lobby; a visitor who is called sees it in the room itself.
    fn ring(&self, hub: &Arc<Hub>, inner: &Inner, users: &[tincan_signaling::event::Rung]) {
        let Call::Ringing(ringing) = &inner.room.call else { return };
        if ringing.head.caller_role.is_staff() {
            return;
        }
        let ringing = Ringing {
            call_id: ringing.head.id,
            session_id: self.id,
            visitor: ringing.head.caller_name.clone(),
            page_url: inner.page_url.clone(),
            waiting_since: ringing.head.requested_at,
        };
        hub.tenant(self.tenant).ring(&ringing, users);
    }

    pub(super) fn record(&self, hub: &Arc<Hub>, inner: &Inner) {
        hub.recorder.put(Line {
            room: self.info.clone(),
            page_url: inner.page_url.clone(),
            record: CallRecord {
                tenant: self.tenant,
                session: self.id,
                epoch: inner.epoch,
                seq: inner.room.seq,
                call: inner.room.call.clone(),
            },
        });
    }

    /// Tells the lobby how this session stands.
    pub(super) fn tell_lobby(&self, hub: &Arc<Hub>, inner: &mut Inner) {
        inner.tell_lobby = false;
        inner.told_lobby_at = hub.now();
        let update = self.session_update(hub, inner);
        hub.tenant(self.tenant).tell(&LobbyEvent::SessionUpdated(update));
    }

    /// How this session stands, for a dashboard that just came; nothing when nobody is there.
    pub(crate) async fn session_for_newcomer(&self, hub: &Arc<Hub>) -> Option<SessionUpdate> {
        let inner = self.inner.lock().await;
        let lively = inner.visitor_is_here() || inner.room.call.is_live();
        lively.then(|| self.session_update(hub, &inner))
    }

    fn session_update(&self, hub: &Arc<Hub>, inner: &Inner) -> SessionUpdate {
        let state = inner.room.call.state();
        let live = !matches!(state, CallState::Idle | CallState::Ended);
        let last = inner.last_text.as_ref();
        let (mut staff, mut last_call) = (None, None);
        match &inner.room.call {
            Call::Ringing(ringing) if ringing.head.caller_role.is_staff() => staff = Some(&ringing.leg),
            Call::Accepted(accepted) => staff = accepted.legs.iter().find(|leg| leg.role.is_staff()),
            Call::Ended(ended) if last.is_none_or(|last| last.at <= ended.at) => {
                last_call = Some(LastCall::from(ended));
            }
            Call::Idle | Call::Ringing(_) | Call::Ended(_) => {}
        }
        SessionUpdate {
            session_id: self.id,
            visitor: self.info.visitor_name.clone(),
            open: inner.session_open,
            begun: self.info.stored || last.is_some() || state != CallState::Idle,
            online: inner.visitor_is_here(),
            page_url: inner.page_url.clone(),
            last_text: last.map(|last| last.text.clone()),
            last_from_visitor: last.is_some_and(|last| last.from_visitor),
            last_by: last.map(|last| last.by),
            last_at: last.map_or_else(|| hub.now(), |last| last.at),
            call: live.then_some(state),
            call_with: staff.map(|leg| leg.name.clone()),
            call_by: staff.map(|leg| leg.sub),
            last_call,
        }
    }
}
