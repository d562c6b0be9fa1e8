//! Who comes, who goes, and what each gets to hear first.

use super::{Closed, Inner, RoomCell, Seat};
use crate::{
    hub::Hub,
    member::{Fanout, Member},
    outbox::SocketId,
    presence::Diff,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use tincan_signaling::{
    call::Call,
    code::{Code, Refusal},
    event::{Event, Role, Rung},
    id::LegId,
    wire::{AvailabilityEvent, Joined, Replay, Snapshot},
};

impl RoomCell {
    /// Lets a member in: the reply, what was missed, the state of the call, then everything new.
    pub(crate) async fn join(
        &self,
        hub: &Arc<Hub>,
        mut member: Member,
        reference: Option<&str>,
        replay: Option<Replay>,
        page_url: Option<String>,
    ) -> Result<Result<Member, Refusal>, Closed> {
        let voice_enabled = match hub.voice_enabled(self.tenant).await {
            Ok(voice_enabled) => voice_enabled,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut inner = match self.open(hub).await {
            Ok(inner) => inner,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if inner.closed {
            return Err(Closed);
        }
        let (socket, most) = (member.outbox.id, hub.config.limits.members);
        if inner.members.len() >= most && !inner.members.contains_key(&socket) {
            return Ok(Err(Refusal {
                retry_after_ms: Some(5_000),
                limit: Some(most as u64),
                ..Refusal::new(Code::LimitReached, "There are too many sockets in this room.")
            }));
        }
        let now = hub.now();
        let (epoch, seq) = (inner.epoch, inner.room.seq);
        let missed = match &replay {
            Some(ask) => inner.ring.missed(ask, epoch, seq, now),
            None => Some(Vec::new()),
        };
        let result = if replay.is_none() {
            "fresh"
        } else if missed.is_some() {
            "ok"
        } else {
            "gap"
        };
        metrics::counter!("tincan_resume_total", "result" => result).increment(1);

        let same_key =
            |(other, there): (&SocketId, &Seat)| *other != socket && there.member.key == member.key;
        if inner.members.iter().any(same_key) {
            member.key = format!("{}~{}", member.key, socket.0).into();
        }
        // Joined again under another name: the old one is shown no longer.
        let before = inner.members.get(&socket).map(|seat| seat.member.key.clone());
        if let Some(before) = before.filter(|before| *before != member.key) {
            let diffs = inner.presence.untrack(&before, socket);
            inner.send_diffs(&diffs);
        }
        let joined = Joined { postgres_changes: Vec::new(), epoch, seq, gap: missed.is_none() };
        member.reply(reference, true, &serde_json::to_string(&joined).unwrap_or_default());
        for entry in missed.unwrap_or_default() {
            member.send("broadcast", &entry.to_broadcast(true));
        }
        let snapshot = Snapshot::of(&inner.room, now);
        member.broadcast("call_state", &serde_json::to_string(&snapshot).unwrap_or_default());
        if member.sender.role == Role::Visitor {
            let agent_status = hub.tenant(self.tenant).availability();
            let event = AvailabilityEvent { agent_status, voice_enabled };
            member.broadcast("availability", &serde_json::to_string(&event).unwrap_or_default());
        }
        if member.presence.is_some() {
            member.send("presence_state", &inner.presence.state().to_string());
        }
        if member.sender.role == Role::Visitor {
            inner.page_url = page_url.or(inner.page_url.take());
            inner.visitor_gone = None;
            inner.tell_lobby = true;
        }
        hub.meters.told("call_state", 1);
        let seat = Seat { member: Box::new(member.clone()), _counted: hub.meters.members.hold() };
        inner.members.insert(socket, seat);
        inner.empty_since = None;
        self.ring_visitor_again(hub, &mut inner, &member).await;
        self.wake.notify_one();
        Ok(Ok(member))
    }

    /// A visitor who was called and comes back in time hears it ring again by `call_state`; only
    /// one who had been dropped is rung anew.
    async fn ring_visitor_again(&self, hub: &Arc<Hub>, inner: &mut Inner, member: &Member) {
        let Call::Ringing(ringing) = &inner.room.call else { return };
        let outbound = ringing.head.caller_role.is_staff();
        if !outbound || member.sender.role != Role::Visitor || ringing.is_rung(member.sender.sub) {
            return;
        }
        let add = vec![Rung { sub: member.sender.sub, name: member.sender.name.clone() }];
        let event = Event::RungChanged { call_id: ringing.head.id, add, drop: Vec::new(), busy: false };
        self.append_system(hub, inner, event).await;
    }

    /// A member is gone, with the legs its socket carried.
    pub(crate) async fn leave(&self, hub: &Arc<Hub>, socket: SocketId) {
        let mut inner = self.inner.lock().await;
        let Some(Seat { member, .. }) = inner.members.remove(&socket) else { return };
        let diffs = inner.presence.untrack(&member.key, socket);
        inner.send_diffs(&diffs);
        let lost: Vec<LegId> = inner
            .leg_sockets
            .iter()
            .filter(|(_, carrier)| **carrier == socket)
            .map(|(leg, _)| *leg)
            .collect();
        for leg in lost {
            inner.leg_sockets.remove(&leg);
            if inner.room.call.leg(leg).is_some()
                && let Some(call_id) = inner.room.call.id()
            {
                self.append_system(hub, &mut inner, Event::LegLost { call_id, leg }).await;
            }
        }
        let now = hub.now();
        if inner.members.is_empty() {
            inner.empty_since = Some(now);
        }
        if member.sender.role == Role::Visitor && !inner.visitor_is_here() {
            inner.visitor_gone = Some(now);
            inner.tell_lobby = true;
        }
        self.wake.notify_one();
    }

    /// Shows a member to the others.
    pub(crate) async fn track(&self, socket: SocketId, meta: Map<String, Value>) {
        let mut inner = self.inner.lock().await;
        let Some(key) = inner.members.get(&socket).map(|seat| seat.member.key.clone()) else { return };
        let diffs = inner.presence.track(&key, socket, meta);
        inner.send_diffs(&diffs);
    }

    /// Shows a member no longer.
    pub(crate) async fn untrack(&self, socket: SocketId) {
        let mut inner = self.inner.lock().await;
        let Some(key) = inner.members.get(&socket).map(|seat| seat.member.key.clone()) else { return };
        let diffs = inner.presence.untrack(&key, socket);
        inner.send_diffs(&diffs);
    }

    /// Tells visitors whether somebody can answer.
    pub(crate) async fn tell_availability(&self, hub: &Hub, event: AvailabilityEvent) {
        let inner = self.inner.lock().await;
        let payload = serde_json::to_string(&event).unwrap_or_default();
        let members = inner.members.values().map(|seat| &seat.member);
        for member in members.filter(|member| member.sender.role == Role::Visitor) {
            member.broadcast("availability", &payload);
            hub.meters.told("availability", 1);
        }
    }
}

impl Inner {
    fn send_diffs(&self, diffs: &[Diff]) {
        for diff in diffs {
            let payload = diff.to_string();
            let mut fanout = Fanout::new("presence_diff", &payload);
            let members = self.members.values().map(|seat| &seat.member);
            for member in members.filter(|member| member.presence.is_some()) {
                fanout.to(member);
            }
        }
    }
}
