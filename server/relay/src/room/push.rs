//! What members push: logged events, signals, typing.

use super::{Inner, MAX_TRIES, Rejected, RoomCell, Seat};
use crate::hub::tell;
use crate::{hub::Hub, log::Draft, member::Fanout, outbox::SocketId, rates::Allowance};
use std::sync::{Arc, PoisonError};
use tincan_backend::{Identity, rooms::NewMessage};
use tincan_signaling::{
    call::Call,
    code::{Code, Refusal},
    event::{Body, Event, Role, Rung, Sender, Signal},
    id::{EventId, LegId, Timestamp},
    sdp,
    wire::{self, Ack, Typing},
};

/// Who pushes, and from where.
pub(crate) struct Speaker {
    pub(crate) identity: Arc<Identity>,
    /// Absent for what came over HTTP.
    pub(crate) socket: Option<SocketId>,
}

impl RoomCell {
    /// Takes in one event: completes it, decides on the newest state, appends it.
    pub(crate) async fn push(&self, hub: &Arc<Hub>, speaker: &Speaker, event: Event) -> Result<Ack, Refusal> {
        self.allow(hub, speaker, &event)?;
        let stored = self.store(hub, speaker, &event).await?;
        let mut inner = self.open(hub).await?;
        if inner.closed {
            return Err(Refusal {
                retry_after_ms: Some(100),
                ..Refusal::new(Code::Unavailable, "The room was just closed. Join again.")
            });
        }
        let mut chosen = None;
        for _ in 0..MAX_TRIES {
            // One push is one event, however often it is tried.
            if let Some(known) = chosen.and_then(|id| inner.ring.find(id)) {
                return Ok(Ack { id: known.id, seq: known.seq, at: known.at });
            }
            if let Some((id, at, fresh)) = stored {
                if let Some(known) = inner.ring.find(id) {
                    return Ok(Ack { id: known.id, seq: known.seq, at: known.at });
                }
                if !fresh && !inner.ring.would_hold(at, hub.now()) {
                    // Relayed long ago, and sent again because its answer was lost.
                    return Ok(Ack { id, seq: inner.room.seq, at });
                }
            }
            let mut attempt = self.complete(hub, &inner, speaker, event.clone()).await?;
            let from = &attempt.from;
            inner.room.check(from, &attempt.event, attempt.at)?;
            let reserved = self.reserve(hub, &inner, from, &attempt.event, attempt.at)?;
            if let Some((id, at, _)) = stored {
                (attempt.id, attempt.at) = (id, at);
            }
            attempt.id = *chosen.get_or_insert(attempt.id);
            let (id, at) = (attempt.id, attempt.at);
            let bound = inner.bind(speaker.socket, &attempt.event);
            inner.pushing = speaker.socket;
            let appended = self.append(hub, &mut inner, attempt).await;
            inner.pushing = None;
            let rejected = match appended {
                Ok(seq) => return Ok(Ack { id, seq, at }),
                Err(rejected) => rejected,
            };
            inner.unbind(bound);
            if let Some((sub, call)) = reserved {
                hub.tenant(self.tenant).unreserve(sub, call);
            }
            if let Rejected::Refused(refusal) = rejected {
                return Err(refusal);
            }
        }
        Err(Refusal {
            retry_after_ms: Some(200),
            ..Refusal::new(Code::Unavailable, "The room is very busy.")
        })
    }

    /// Whether this person may say one more thing of this kind now.
    fn allow(&self, hub: &Arc<Hub>, speaker: &Speaker, event: &Event) -> Result<(), Refusal> {
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        if allowances.len() >= hub.config.limits.members {
            allowances.retain(|_, allowance| !allowance.is_full());
        }
        let fresh = || Allowance::new(&hub.config.limits.rates);
        allowances.entry(speaker.identity.sub).or_insert_with(fresh).take(event)
    }

    /// A message waits for the database: relayed and acked after its commit.
    async fn store(
        &self,
        hub: &Arc<Hub>,
        speaker: &Speaker,
        event: &Event,
    ) -> Result<Option<(EventId, Timestamp, bool)>, Refusal> {
        match event {
            Event::Message { id, text } => {
                let from = speaker.identity.sender(None);
                let message = NewMessage { id: *id, from, text: text.clone() };
                let stored = hub.backend.store_message(&self.info, message).await.map_err(tell)?;
                Ok(Some((*id, stored.at, stored.fresh)))
            }
            Event::Read { up_to } => {
                hub.backend.mark_read(&speaker.identity, self.id, *up_to).await.map_err(tell)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Fills in what the server adds, and turns a leg's return into what it is.
    async fn complete(
        &self,
        hub: &Arc<Hub>,
        inner: &Inner,
        speaker: &Speaker,
        event: Event,
    ) -> Result<Draft, Refusal> {
        let sub = speaker.identity.sub;
        let bound = speaker.socket.and_then(|socket| inner.bound(socket));
        let fresh = |leg: Option<LegId>| leg.or_else(|| Some(LegId(hub.new_id())));
        let event = match event {
            Event::CallRequest { call_id, leg, media, .. } => {
                need_socket(speaker)?;
                if inner.room.call.is_rung(sub) {
                    // Glare: counts as an answer, the first call's id stays.
                    let call_id = inner.room.call.id().unwrap_or(call_id);
                    return Ok(draft(hub, speaker, Event::CallAccept { call_id, leg: fresh(leg) }, bound));
                }
                let grant = hub.authorize_call(self.tenant, call_id, media).await?;
                let (rung, busy) = self.whom_to_ring(hub, inner, speaker.identity.role);
                let (turn, ring_ms) = (grant.turn, grant.ring_ms);
                Event::CallRequest { call_id, leg: fresh(leg), media, rung, busy, turn, ring_ms }
            }
            Event::CallAccept { call_id, leg } => {
                need_socket(speaker)?;
                Event::CallAccept { call_id, leg: fresh(leg) }
            }
            Event::LegJoin { call_id, leg, replaces: None } => {
                need_socket(speaker)?;
                let mut own = inner.room.call.legs_of(sub).map(|leg| leg.id);
                let leg = leg.or_else(|| own.next().filter(|_| own.next().is_none()));
                let known = leg.and_then(|leg| inner.room.call.leg(leg));
                match known {
                    Some(known) if known.sub == sub => Event::LegBack { call_id, leg: known.id },
                    _ => Event::LegJoin { call_id, leg, replaces: None },
                }
            }
            Event::LegJoin { call_id, leg, replaces } => {
                need_socket(speaker)?;
                Event::LegJoin { call_id, leg: fresh(leg), replaces }
            }
            Event::LegState { call_id, leg, media, path } => {
                Event::LegState { call_id, leg: leg.or(bound), media, path }
            }
            Event::Media { call_id, leg, muted, held, video } => {
                if video {
                    hub.backend.authorize_video(self.tenant).await.map_err(tell)?;
                }
                Event::Media { call_id, leg: leg.or(bound), muted, held, video }
            }
            Event::CallTransfer { .. } => {
                hub.backend.authorize_telephone(self.tenant).await.map_err(tell)?;
                return Err(Refusal::new(Code::Unavailable, "No telephone gateway is set up."));
            }
            other => other,
        };
        Ok(draft(hub, speaker, event, bound))
    }

    /// A visitor's call rings every ready agent, an agent's call the visitor.
    fn whom_to_ring(&self, hub: &Arc<Hub>, inner: &Inner, caller: Role) -> (Vec<Rung>, bool) {
        if matches!(caller, Role::Visitor | Role::Gateway) {
            return hub.tenant(self.tenant).ready();
        }
        let visitor = inner
            .visitor_is_here()
            .then(|| Rung { sub: self.visitor(), name: self.info.visitor_name.clone() });
        (visitor.into_iter().collect(), false)
    }

    /// Staff are reserved before they enter a call: nobody is in two.
    fn reserve(
        &self,
        hub: &Arc<Hub>,
        inner: &Inner,
        from: &Sender,
        event: &Event,
        now: Timestamp,
    ) -> Result<Option<(tincan_signaling::Sub, tincan_signaling::CallId)>, Refusal> {
        let call = match event {
            Event::CallRequest { call_id, .. } | Event::CallAccept { call_id, .. } => *call_id,
            _ => return Ok(None),
        };
        debug_assert!(!matches!(inner.room.call, Call::Accepted(_)), "checked before");
        if !from.role.is_staff() {
            return Ok(None);
        }
        hub.tenant(self.tenant).reserve(from.sub, &from.name, call, now)?;
        Ok(Some((from.sub, call)))
    }

    /// Passes a signal on to the one leg it is for.
    pub(crate) async fn signal(
        &self,
        hub: &Arc<Hub>,
        speaker: &Speaker,
        mut signal: Signal,
    ) -> Result<(), Refusal> {
        if !fits(&signal.body) {
            return Err(Refusal::new(Code::TooLarge, "No candidate and no telephone is that long."));
        }
        if let Body::Candidate { candidate, .. } = &signal.body {
            sdp::check_candidate(candidate)?;
        }
        if let Body::Offer { sdp } | Body::Answer { sdp } = &signal.body {
            Box::pin(hub.backend.authorize_description(self.tenant, sdp)).await.map_err(tell)?;
        }
        let inner = self.open(hub).await?;
        let bound = speaker.socket.and_then(|socket| inner.bound(socket));
        let (from, to) = inner.room.route(bound, &signal)?;
        let to = to.id;
        signal.from = Some(from);
        signal.to = Some(to);
        if let Some(member) = inner.leg_member(to) {
            member.broadcast(signal.body.name(), &signal.to_json());
            hub.meters.told(signal.body.name(), 1);
        }
        Ok(())
    }

    /// Shows everybody else that somebody types.
    pub(crate) async fn typing(&self, hub: &Hub, speaker: &Speaker) {
        let inner = self.inner.lock().await;
        let typing = Typing { from: speaker.identity.sender(None) };
        let Ok(payload) = serde_json::to_string(&typing) else { return };
        let payload = wire::broadcast("typing", &payload, None);
        let mut fanout = Fanout::new("broadcast", &payload);
        for (socket, Seat { member, .. }) in &inner.members {
            if Some(*socket) != speaker.socket || member.own {
                fanout.to(member);
            }
        }
        hub.meters.told("typing", inner.members.len());
    }
}

impl Inner {
    /// The leg of the call that this socket carries.
    pub(super) fn bound(&self, socket: SocketId) -> Option<LegId> {
        let mut legs = self.room.call.legs().iter().map(|leg| leg.id);
        legs.find(|leg| self.leg_sockets.get(leg) == Some(&socket))
    }

    /// This socket carries the leg that the event brings in, before anybody can answer it. Gives
    /// back how it was.
    fn bind(&mut self, socket: Option<SocketId>, event: &Event) -> Option<(LegId, Option<SocketId>)> {
        let leg = match event {
            Event::CallRequest { leg, .. } | Event::CallAccept { leg, .. } | Event::LegJoin { leg, .. } => {
                (*leg)?
            }
            Event::LegBack { leg, .. } => *leg,
            _ => return None,
        };
        Some((leg, self.leg_sockets.insert(leg, socket?)))
    }

    fn unbind(&mut self, bound: Option<(LegId, Option<SocketId>)>) {
        match bound {
            Some((leg, Some(socket))) => self.leg_sockets.insert(leg, socket),
            Some((leg, None)) => self.leg_sockets.remove(&leg),
            None => None,
        };
    }

    pub(super) fn send_ice_servers(&self, hub: &Arc<Hub>, leg: LegId) {
        let Call::Accepted(accepted) = &self.room.call else { return };
        let Some(member) = self.leg_member(leg) else { return };
        let signal = Signal {
            call_id: accepted.head.id,
            to: Some(leg),
            from: None,
            body: Body::IceServers { ice_servers: hub.config.ice_servers.clone(), expires_at: None },
        };
        member.broadcast(signal.body.name(), &signal.to_json());
        hub.meters.told(signal.body.name(), 1);
    }
}

fn draft(hub: &Arc<Hub>, speaker: &Speaker, event: Event, bound: Option<LegId>) -> Draft {
    let named = match &event {
        Event::CallRequest { leg, .. }
        | Event::CallAccept { leg, .. }
        | Event::LegJoin { leg, .. }
        | Event::LegState { leg, .. }
        | Event::Media { leg, .. } => *leg,
        Event::LegBack { leg, .. } => Some(*leg),
        _ => None,
    };
    let from = speaker.identity.sender(named.or(bound));
    Draft { id: EventId(hub.new_id()), at: hub.now(), from, event }
}

/// The most digits at once, and what names the section a candidate is for. Descriptions and
/// candidates have limits of their own.
const MAX_DIGITS: usize = 64;
const MAX_NAMES: usize = 512;

fn fits(body: &Body) -> bool {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match body {
        Body::Candidate { sdp_mid, username_fragment, .. } => {
            length(sdp_mid) + length(username_fragment) <= MAX_NAMES
        }
        Body::Dtmf { digits, .. } => digits.len() <= MAX_DIGITS,
        Body::Offer { .. } | Body::Answer { .. } | Body::IceServers { .. } => true,
    }
}

/// What brings a leg along needs a socket to carry it.
fn need_socket(speaker: &Speaker) -> Result<(), Refusal> {
    match speaker.socket {
        Some(_) => Ok(()),
        None => Err(Refusal::new(Code::UseSocket, "This needs a joined socket.")),
    }
}
