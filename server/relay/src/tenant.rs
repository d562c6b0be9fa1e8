//! One tenant's staff and lines: devices, statuses, the lobby, what rings, who is on a call.
//!
//! The lobby informs; rooms decide. What must be said in rooms because a status changed comes back
//! as [`Change`]s, which the hub carries out without holding this lock.

mod fold;

use crate::{
    member::{Fanout, Member},
    meters::{AGENTS, Held, Level, Meters},
    outbox::SocketId,
    presence::Presence,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tincan_signaling::{
    agent::{AgentStatus, Availability, Wish},
    code::{Code, Refusal},
    event::Rung,
    id::{CallId, SessionId, Sub, TenantId, Timestamp},
    lobby::{LobbyEvent, Ringing},
    wire,
};

/// How long a rung user may be without a socket.
pub(crate) const RUNG_LOST: Duration = Duration::from_secs(10);

/// One tenant on this node.
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    inner: Mutex<Inner>,
}

struct Inner {
    devices: BTreeMap<SocketId, StaffDevice>,
    users: BTreeMap<Sub, User>,
    presence: Presence,
    ringing: BTreeMap<CallId, Rings>,
    rooms: BTreeSet<SessionId>,
    availability: Availability,
    dashboards: Level,
    _counted: Held,
}

struct StaffDevice {
    member: Member,
    wish: Option<Wish>,
    asleep: bool,
    _counted: Held,
}

struct User {
    name: String,
    status: AgentStatus,
    since: Timestamp,
    reason: Option<String>,
    on_call: Option<CallId>,
    wrap_up_until: Option<Timestamp>,
    gone_since: Option<Timestamp>,
}

struct Rings {
    ringing: Ringing,
    users: BTreeSet<Sub>,
}

/// What must happen elsewhere because something changed here.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Change {
    /// For each ringing call: who is to be rung too, who no longer.
    pub(crate) rung: Vec<RungChange>,
    /// Visitors need to hear the new availability.
    pub(crate) availability: Option<Availability>,
}

/// What changes for one ringing call.
#[derive(Debug, PartialEq)]
pub(crate) struct RungChange {
    pub(crate) session: SessionId,
    pub(crate) call: CallId,
    pub(crate) add: Vec<Rung>,
    pub(crate) drop: Vec<Sub>,
    pub(crate) busy: bool,
}

impl Tenant {
    pub(crate) fn new(id: TenantId, meters: &Meters) -> Self {
        let inner = Inner {
            devices: BTreeMap::new(),
            users: BTreeMap::new(),
            presence: Presence::new(&meters.presences),
            ringing: BTreeMap::new(),
            rooms: BTreeSet::new(),
            availability: Availability::default(),
            dashboards: meters.dashboards.clone(),
            _counted: meters.tenants.hold(),
        };
        Self { id, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more dashboard would be too many.
    pub(crate) fn is_full(&self, socket: SocketId, most: usize) -> bool {
        let inner = self.lock();
        inner.devices.len() >= most && !inner.devices.contains_key(&socket)
    }

    /// Whether nobody and nothing is here: a new one would be the same.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.devices.is_empty()
            && inner.users.is_empty()
            && inner.ringing.is_empty()
            && inner.rooms.is_empty()
    }

    /// Adds up the users by status, in the order of [`AGENTS`].
    pub(crate) fn count_agents(&self, counts: &mut [usize; AGENTS.len()]) {
        for user in self.lock().users.values() {
            if let Some(at) = AGENTS.iter().position(|status| *status == user.status) {
                counts[at] += 1;
            }
        }
    }

    /// A dashboard enters the lobby (again).
    pub(crate) fn join(&self, member: Member, now: Timestamp) -> Change {
        let mut inner = self.lock();
        let socket = member.outbox.id;
        let user = inner.users.entry(member.sender.sub).or_insert_with(|| User {
            name: String::new(),
            status: AgentStatus::Offline,
            since: now,
            reason: None,
            on_call: None,
            wrap_up_until: None,
            gone_since: None,
        });
        user.name.clone_from(&member.sender.name);
        let (wish, asleep) =
            inner.devices.get(&socket).map_or((None, false), |device| (device.wish, device.asleep));
        let sub = member.sender.sub;
        let counted = inner.dashboards.hold();
        inner.devices.insert(socket, StaffDevice { member, wish, asleep, _counted: counted });
        let change = inner.refresh(now);
        let state = inner.presence.state().to_string();
        let ringing = inner.ringing_for(sub);
        if let Some(StaffDevice { member, .. }) = inner.devices.get(&socket) {
            if member.presence.is_some() {
                member.send("presence_state", &state);
            }
            send(member, &LobbyEvent::LobbyState { ringing });
        }
        change
    }

    /// A dashboard is gone. Whoever has no other is dropped from ringing calls after [`RUNG_LOST`].
    pub(crate) fn leave(&self, socket: SocketId, now: Timestamp) -> Change {
        let mut inner = self.lock();
        let Some(device) = inner.devices.remove(&socket) else { return Change::default() };
        let sub = device.member.sender.sub;
        if inner.devices.values().all(|other| other.member.sender.sub != sub)
            && let Some(user) = inner.users.get_mut(&sub)
        {
            user.gone_since = Some(now);
        }
        inner.refresh(now)
    }

    /// A dashboard asks to be ready or paused.
    pub(crate) fn wish(
        &self,
        socket: SocketId,
        wish: Option<Wish>,
        reason: Option<String>,
        now: Timestamp,
    ) -> Change {
        let mut inner = self.lock();
        let Some(device) = inner.devices.get_mut(&socket) else { return Change::default() };
        device.wish = wish;
        device.asleep = false;
        let sub = device.member.sender.sub;
        if let Some(wish) = wish {
            // The newest wish is the user's, on every device: tabs behave as one.
            for other in inner.devices.values_mut().filter(|other| other.member.sender.sub == sub) {
                other.wish = Some(wish);
            }
        }
        if let Some(user) = inner.users.get_mut(&sub) {
            user.reason = reason;
            user.gone_since = None;
        }
        inner.refresh(now)
    }

    /// A dashboard's heartbeat stopped, or came again.
    pub(crate) fn asleep(&self, socket: SocketId, asleep: bool, now: Timestamp) -> Change {
        let mut inner = self.lock();
        match inner.devices.get_mut(&socket) {
            Some(device) if device.asleep != asleep => device.asleep = asleep,
            _ => return Change::default(),
        }
        inner.refresh(now)
    }

    /// Looks again: some time has passed.
    pub(crate) fn refresh(&self, now: Timestamp) -> Change {
        self.lock().refresh(now)
    }

    /// Reserves a user for a call: nobody is in two.
    pub(crate) fn reserve(&self, user: Sub, name: &str, call: CallId, now: Timestamp) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let user = inner.users.entry(user).or_insert_with(|| User {
            name: name.to_owned(),
            status: AgentStatus::Offline,
            since: now,
            reason: None,
            on_call: None,
            wrap_up_until: None,
            gone_since: Some(now),
        });
        match user.on_call {
            Some(other) if other != call => Err(Refusal::new(Code::WrongState, "You are on another call.")),
            _ => {
                user.on_call = Some(call);
                Ok(())
            }
        }
    }

    /// The call is over, or the attempt failed: its users are free again.
    pub(crate) fn release(&self, call: CallId, wrap_up: Duration, now: Timestamp) -> Change {
        let mut inner = self.lock();
        for user in inner.users.values_mut().filter(|user| user.on_call == Some(call)) {
            user.on_call = None;
            if !wrap_up.is_zero() {
                user.wrap_up_until = Some(now.after(wrap_up));
            }
        }
        inner.refresh(now)
    }

    /// Frees one user whose accept came too late.
    pub(crate) fn unreserve(&self, user: Sub, call: CallId) {
        if let Some(user) = self.lock().users.get_mut(&user)
            && user.on_call == Some(call)
        {
            user.on_call = None;
        }
    }

    /// Who can be rung now, and whether some are on calls.
    pub(crate) fn ready(&self) -> (Vec<Rung>, bool) {
        let inner = self.lock();
        let mut ready: Vec<Rung> = inner
            .users
            .iter()
            .filter(|(_, user)| user.status == AgentStatus::Ready)
            .map(|(sub, user)| Rung { sub: *sub, name: user.name.clone() })
            .collect();
        ready.sort_by_key(|rung| rung.sub);
        (ready, inner.is_busy())
    }

    /// What visitors are told.
    pub(crate) fn availability(&self) -> Availability {
        self.lock().availability
    }

    /// These users are rung for this call.
    pub(crate) fn ring(&self, ringing: &Ringing, users: &[Rung]) {
        let mut inner = self.lock();
        let rings = inner
            .ringing
            .entry(ringing.call_id)
            .or_insert_with(|| Rings { ringing: ringing.clone(), users: BTreeSet::new() });
        rings.users.extend(users.iter().map(|rung| rung.sub));
        let event = LobbyEvent::Ringing(ringing.clone());
        inner.tell(&event, |sub| users.iter().any(|rung| rung.sub == sub));
    }

    /// These users are no longer rung.
    pub(crate) fn stop_ring(&self, call_id: CallId, users: &[Sub], taken_by: Option<&str>) {
        let mut inner = self.lock();
        if let Some(rings) = inner.ringing.get_mut(&call_id) {
            rings.users.retain(|sub| !users.contains(sub));
            if rings.users.is_empty() || taken_by.is_some() {
                inner.ringing.remove(&call_id);
            }
        }
        let event = match taken_by {
            Some(by) => LobbyEvent::Taken { call_id, by: by.to_owned() },
            None => LobbyEvent::RingStopped { call_id },
        };
        inner.tell(&event, |sub| users.contains(&sub));
    }

    /// Tells all dashboards.
    pub(crate) fn tell(&self, event: &LobbyEvent) {
        self.lock().tell(event, |_| true);
    }

    /// A room of this tenant is open on this node. False: there are too many.
    pub(crate) fn add_room(&self, room: SessionId, most: usize) -> bool {
        let mut inner = self.lock();
        let may = inner.rooms.len() < most || inner.rooms.contains(&room);
        if may {
            inner.rooms.insert(room);
        }
        may
    }

    /// A room of this tenant was closed.
    pub(crate) fn drop_room(&self, room: SessionId) {
        self.lock().rooms.remove(&room);
    }

    /// The rooms open on this node.
    pub(crate) fn rooms(&self) -> Vec<SessionId> {
        self.lock().rooms.iter().copied().collect()
    }

    /// How many calls go on or ring, as far as users are reserved or rung.
    pub(crate) fn running_calls(&self) -> u32 {
        let inner = self.lock();
        let reserved = inner.users.values().filter_map(|user| user.on_call);
        let all: BTreeSet<CallId> = reserved.chain(inner.ringing.keys().copied()).collect();
        u32::try_from(all.len()).unwrap_or(u32::MAX)
    }
}

impl Inner {
    fn is_busy(&self) -> bool {
        self.users.values().any(|user| matches!(user.status, AgentStatus::OnCall | AgentStatus::WrapUp))
    }

    fn ringing_for(&self, sub: Sub) -> Vec<Ringing> {
        let mine = self.ringing.values().filter(|rings| rings.users.contains(&sub));
        let mut mine: Vec<Ringing> = mine.map(|rings| rings.ringing.clone()).collect();
        mine.sort_by_key(|ringing| ringing.waiting_since);
        mine
    }

    fn tell(&self, event: &LobbyEvent, wanted: impl Fn(Sub) -> bool) {
        let Some((name, payload)) = print(event) else { return };
        let payload = wire::broadcast(&name, &payload, None);
        let mut fanout = Fanout::new("broadcast", &payload);
        for device in self.devices.values().filter(|device| wanted(device.member.sender.sub)) {
            fanout.to(&device.member);
        }
    }
}

fn send(member: &Member, event: &LobbyEvent) {
    if let Some((name, payload)) = print(event) {
        member.broadcast(&name, &payload);
    }
}

/// Tells one dashboard as soon as its queue has room. False: it is gone.
pub(crate) async fn send_patiently(member: &Member, event: &LobbyEvent) -> bool {
    match print(event) {
        Some((name, payload)) => member.broadcast_patiently(&name, &payload).await,
        None => true,
    }
}

fn print(event: &LobbyEvent) -> Option<(String, String)> {
    let value = serde_json::to_value(event).ok()?;
    Some((value["event"].as_str()?.to_owned(), value["payload"].to_string()))
}
