//! Everything this node holds: rooms, tenants, sockets; and what is done across them.

mod sockets;
mod staff;
mod upkeep;

use sockets::Sockets;
use staff::Staff;

use crate::{
    RelayConfig,
    log::RoomLog,
    member::Member,
    meters::Meters,
    outbox::{Outbox, Queue, SocketId},
    recorder::{Line, Recorder},
    room::RoomCell,
    tenant::{self, Tenant},
};
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tincan_backend::{
    Backend, Identity, Refused,
    calls::{CallGrant, CallRecord, RunningCall},
    rooms::RoomInfo,
};
use tincan_signaling::{
    code::{Code, Refusal},
    event::{MediaKind, Role},
    id::{CallId, Epoch, SessionId, TenantId, Timestamp},
    lobby::LobbyEvent,
    room::Room,
};
use tokio::sync::watch;
use uuid::Uuid;

/// The relay's state on this node.
pub(crate) struct Hub {
    pub(crate) backend: Backend,
    pub(crate) config: RelayConfig,
    pub(crate) log: Arc<dyn RoomLog>,
    pub(crate) recorder: Recorder,
    /// Becomes true when the server goes down.
    pub(crate) draining: watch::Sender<bool>,
    pub(crate) sockets: Sockets,
    pub(crate) meters: Meters,
    staff: Staff,
    rooms: Mutex<Rooms>,
    tenants: Mutex<BTreeMap<TenantId, Arc<Tenant>>>,
}

type Rooms = BTreeMap<SessionId, Arc<RoomCell>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(backend: Backend, config: RelayConfig, log: Arc<dyn RoomLog>) -> Arc<Self> {
        Arc::new(Self {
            backend,
            recorder: Recorder::default(),
            draining: watch::Sender::new(false),
            sockets: Sockets::new(config.limits.clone()),
            meters: Meters::new(),
            staff: Staff::default(),
            rooms: Mutex::default(),
            tenants: Mutex::default(),
            config,
            log,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.backend.now()
    }

    pub(crate) fn new_id(&self) -> Uuid {
        self.backend.new_id()
    }

    // Sockets.

    /// Takes in a new socket; refused when there are too many, or the node goes down.
    pub(crate) fn connect(
        &self,
        address: IpAddr,
        tenant: Option<TenantId>,
    ) -> Result<(Outbox, Queue), Refusal> {
        if *self.draining.borrow() {
            return Err(Refusal {
                retry_after_ms: Some(1_000),
                ..Refusal::new(Code::Unavailable, "The server takes no new sockets right now.")
            });
        }
        let opened = self.sockets.open(address, tenant)?;
        self.meters.sockets.add(1);
        self.meters.connected.increment(1);
        Ok(opened)
    }

    pub(crate) fn disconnect(&self, socket: SocketId) {
        if self.sockets.close(socket) {
            self.meters.sockets.add(-1);
        }
    }

    /// Every room open on this node.
    pub(crate) fn rooms(&self) -> Vec<Arc<RoomCell>> {
        lock(&self.rooms).values().cloned().collect()
    }

    /// How many calls ring or go on, of all tenants.
    pub(crate) fn active_calls(&self) -> u32 {
        u32::try_from(self.meters.calls.get()).unwrap_or(0)
    }

    // Rooms.

    /// The room of a chat session, for somebody who may enter it.
    pub(crate) async fn room_for(
        self: &Arc<Self>,
        identity: &Identity,
        session: SessionId,
    ) -> Result<Arc<RoomCell>, Refusal> {
        if let Some(room) = self.room(session) {
            let own = match identity.role {
                Role::Visitor => identity.session == Some(session),
                Role::Agent | Role::Manager | Role::Admin => identity.tenant == Some(room.tenant),
                Role::Operator | Role::Gateway | Role::System => false,
            };
            let refusal = || Refusal::new(Code::Forbidden, "This room is not yours to enter.");
            return own.then_some(room).ok_or_else(refusal);
        }
        let info = self.backend.room_access(identity, session).await.map_err(tell)?;
        self.open_room(info)
    }

    pub(crate) fn room(&self, session: SessionId) -> Option<Arc<RoomCell>> {
        lock(&self.rooms).get(&session).cloned()
    }

    fn open_room(self: &Arc<Self>, info: RoomInfo) -> Result<Arc<RoomCell>, Refusal> {
        let (limits, tenant) = (&self.config.limits, self.tenant(info.tenant));
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(&info.session) {
            return Ok(room.clone());
        }
        if rooms.len() >= limits.rooms {
            return Err(crowded("The server has too many open rooms.", limits.rooms));
        }
        if !tenant.add_room(info.session, limits.rooms_per_tenant) {
            return Err(crowded("There are too many open rooms.", limits.rooms_per_tenant));
        }
        Ok(self.insert_room(&mut rooms, info))
    }

    fn insert_room(self: &Arc<Self>, rooms: &mut Rooms, info: RoomInfo) -> Arc<RoomCell> {
        let room = Arc::new(RoomCell::new(info, self.now(), &self.config.limits, &self.meters));
        rooms.insert(room.id, room.clone());
        tokio::spawn(room.clone().run(self.clone()));
        room
    }

    pub(crate) fn forget_room(&self, room: &RoomCell) {
        let tenant = self.tenant(room.tenant);
        let mut rooms = lock(&self.rooms);
        rooms.remove(&room.id);
        tenant.drop_room(room.id);
    }

    /// Takes up the calls that a process before this one left running.
    pub(crate) async fn restore(self: &Arc<Self>) -> Result<(), Refusal> {
        let now = self.now();
        for RunningCall { room, call } in self.backend.running_calls().await.map_err(tell)? {
            let call = call.restored(now);
            let (tenant, session) = (room.tenant, room.session);
            if !call.is_live() {
                let epoch = Epoch(self.new_id());
                let record = CallRecord { tenant, session, epoch, seq: 0, call };
                self.recorder.put(Line { room, page_url: None, record });
                continue;
            }
            for leg in call.legs().iter().filter(|leg| leg.role.is_staff()) {
                if let Some(id) = call.id() {
                    // Nobody can be on another call yet.
                    let _free = self.tenant(tenant).reserve(leg.sub, &leg.name, id, now);
                }
            }
            if let Err(error) = self.log.compact(session, Room { seq: 0, call }).await {
                tracing::error!(room = %session, %error, "a running call could not be taken up");
                continue;
            }
            // Whatever the limits are now: these calls were let in before.
            self.tenant(tenant).add_room(session, usize::MAX);
            self.insert_room(&mut lock(&self.rooms), room);
            tracing::info!(room = %session, "a running call goes on");
        }
        Ok(())
    }

    // Tenants.

    pub(crate) fn tenant(&self, id: TenantId) -> Arc<Tenant> {
        let mut tenants = lock(&self.tenants);
        tenants.entry(id).or_insert_with(|| Arc::new(Tenant::new(id, &self.meters))).clone()
    }

    /// Shows a dashboard that just came every session where somebody is, or is called. There may
    /// be more than its queue holds, so this waits for room in it.
    pub(crate) fn show_sessions(self: &Arc<Self>, tenant: Arc<Tenant>, member: Member) {
        let (hub, socket) = (self.clone(), member.outbox.id);
        let list = tokio::spawn(async move {
            let _task = hub.meters.tasks.lists.hold();
            for session in tenant.rooms() {
                if let Some(room) = hub.room(session)
                    && let Some(update) = room.session_for_newcomer(&hub).await
                    && !tenant::send_patiently(&member, &LobbyEvent::SessionUpdated(update)).await
                {
                    return;
                }
            }
        });
        self.sockets.lists(socket, list.abort_handle());
    }

    // What the backend decides and stores.

    pub(crate) async fn voice_enabled(&self, tenant: TenantId) -> Result<bool, Refusal> {
        self.backend.voice_enabled(tenant).await.map_err(tell)
    }

    pub(crate) async fn authorize_call(
        &self,
        tenant: TenantId,
        call: CallId,
        media: MediaKind,
    ) -> Result<CallGrant, Refusal> {
        if self.recorder.waiting() >= self.config.limits.records {
            return Err(Refusal {
                retry_after_ms: Some(1_000),
                ..Refusal::new(Code::Unavailable, "Calls cannot be written down right now.")
            });
        }
        let running = self.tenant(tenant).running_calls();
        self.backend.authorize_call(tenant, call, media, running).await.map_err(tell)
    }
}

/// More rooms open when others have closed.
fn crowded(reason: &str, limit: usize) -> Refusal {
    Refusal {
        retry_after_ms: Some(5_000),
        limit: Some(limit as u64),
        ..Refusal::new(Code::LimitReached, reason)
    }
}

/// What the other side is told; trouble of our own is logged here, once.
pub(crate) fn tell(refused: Refused) -> Refusal {
    if let Refused::Internal(error) = &refused {
        tracing::error!(%error, "the backend failed");
    }
    refused.refusal()
}
