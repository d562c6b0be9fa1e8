//! Everything this node holds: rooms, tenants, sockets; and what is done across them.

use crate::{
    RelayConfig,
    log::RoomLog,
    member::Member,
    outbox::{Outbox, SocketId},
    recorder::{Line, Recorder},
    room::RoomCell,
    tenant::{self, Change, RUNG_LOST, Tenant},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tincan_backend::{
    Backend, Identity, Refused,
    calls::{CallGrant, CallRecord, RunningCall},
    rooms::RoomInfo,
};
use tincan_signaling::{
    code::{Code, Refusal},
    event::{MediaKind, Role},
    id::{CallId, ClientSessionId, Epoch, SessionId, Sub, TenantId, Timestamp},
    lobby::LobbyEvent,
    room::Room,
    wire::AvailabilityEvent,
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
    rooms: Mutex<HashMap<SessionId, Arc<RoomCell>>>,
    tenants: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    sockets: Mutex<HashMap<SocketId, Connected>>,
    next_socket: AtomicU64,
}

struct Connected {
    outbox: Outbox,
    sessions: Vec<(ClientSessionId, Sub)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(backend: Backend, config: RelayConfig, log: Arc<dyn RoomLog>) -> Arc<Self> {
        Arc::new(Self {
            backend,
            config,
            log,
            recorder: Recorder::default(),
            draining: watch::Sender::new(false),
            rooms: Mutex::default(),
            tenants: Mutex::default(),
            sockets: Mutex::default(),
            next_socket: AtomicU64::new(1),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.backend.now()
    }

    pub(crate) fn new_id(&self) -> Uuid {
        self.backend.new_id()
    }

    // Sockets.

    /// Takes in a new socket; refused when the node is full or goes down.
    pub(crate) fn connect(
        &self,
    ) -> Result<(Outbox, tokio::sync::mpsc::Receiver<axum::extract::ws::Utf8Bytes>), Refusal> {
        let mut sockets = lock(&self.sockets);
        if *self.draining.borrow() || sockets.len() >= self.config.max_sockets {
            return Err(Refusal {
                retry_after_ms: Some(1_000),
                ..Refusal::new(Code::Unavailable, "The server takes no new sockets right now.")
            });
        }
        let id = SocketId(self.next_socket.fetch_add(1, Ordering::Relaxed));
        let (outbox, frames) = Outbox::new(id);
        sockets.insert(id, Connected { outbox: outbox.clone(), sessions: Vec::new() });
        metrics::gauge!("tincan_ws_connections").set(sockets.len() as f64);
        metrics::counter!("tincan_ws_connections_total").increment(1);
        Ok((outbox, frames))
    }

    pub(crate) fn disconnect(&self, socket: SocketId) {
        let mut sockets = lock(&self.sockets);
        sockets.remove(&socket);
        metrics::gauge!("tincan_ws_connections").set(sockets.len() as f64);
    }

    /// Remembers whose socket this is, so that signing out closes it.
    pub(crate) fn identify(&self, socket: SocketId, identity: &Identity) {
        if let Some(connected) = lock(&self.sockets).get_mut(&socket) {
            let key = (identity.sid, identity.sub);
            if !connected.sessions.contains(&key) {
                connected.sessions.push(key);
            }
        }
    }

    /// Closes all sockets of a device or of a person.
    pub(crate) fn revoke(&self, wanted: impl Fn(ClientSessionId, Sub) -> bool) {
        for connected in lock(&self.sockets).values() {
            if connected.sessions.iter().any(|(sid, sub)| wanted(*sid, *sub)) {
                connected.outbox.revoke();
            }
        }
    }

    /// Closes every socket, so that everybody comes back through the door.
    pub(crate) fn everybody_again(&self) {
        for connected in lock(&self.sockets).values() {
            connected.outbox.come_again();
        }
    }

    /// Every room open on this node.
    pub(crate) fn rooms(&self) -> Vec<Arc<RoomCell>> {
        lock(&self.rooms).values().cloned().collect()
    }

    pub(crate) fn socket_count(&self) -> usize {
        lock(&self.sockets).len()
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
        Ok(self.open_room(info))
    }

    pub(crate) fn room(&self, session: SessionId) -> Option<Arc<RoomCell>> {
        lock(&self.rooms).get(&session).cloned()
    }

    pub(crate) fn open_room(self: &Arc<Self>, info: RoomInfo) -> Arc<RoomCell> {
        let (session, tenant) = (info.session, info.tenant);
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(&session) {
            return room.clone();
        }
        let room = Arc::new(RoomCell::new(info, self.now()));
        rooms.insert(session, room.clone());
        metrics::gauge!("tincan_rooms_active").set(rooms.len() as f64);
        drop(rooms);
        self.tenant(tenant).add_room(session);
        tokio::spawn(room.clone().run(self.clone()));
        room
    }

    pub(crate) fn forget_room(&self, room: &RoomCell) {
        let mut rooms = lock(&self.rooms);
        rooms.remove(&room.id);
        metrics::gauge!("tincan_rooms_active").set(rooms.len() as f64);
        drop(rooms);
        self.tenant(room.tenant).drop_room(room.id);
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
            self.open_room(room);
            tracing::info!(room = %session, "a running call goes on");
        }
        Ok(())
    }

    // Tenants.

    pub(crate) fn tenant(&self, id: TenantId) -> Arc<Tenant> {
        lock(&self.tenants).entry(id).or_insert_with(|| Arc::new(Tenant::new(id))).clone()
    }

    /// Carries out what a change of statuses means elsewhere.
    pub(crate) fn follow(self: &Arc<Self>, tenant: TenantId, change: Change) {
        if change == Change::default() {
            return;
        }
        let hub = self.clone();
        tokio::spawn(async move {
            for rung in change.rung {
                if let Some(room) = hub.room(rung.session) {
                    room.change_rung(&hub, rung).await;
                }
            }
            if change.availability.is_some() {
                hub.tell_availability(tenant).await;
            }
        });
    }

    /// Tells every visitor of a tenant how things stand now.
    pub(crate) async fn tell_availability(self: &Arc<Self>, tenant: TenantId) {
        let Ok(voice_enabled) = self.voice_enabled(tenant).await else { return };
        let tenant = self.tenant(tenant);
        let event = AvailabilityEvent { agent_status: tenant.availability(), voice_enabled };
        for session in tenant.rooms() {
            if let Some(room) = self.room(session) {
                room.tell_availability(event).await;
            }
        }
    }

    /// Shows a dashboard that just came every session where somebody is, or is called. There may
    /// be more than its queue holds, so this waits for room in it.
    pub(crate) fn show_sessions(self: &Arc<Self>, tenant: Arc<Tenant>, member: Member) {
        let hub = self.clone();
        tokio::spawn(async move {
            for session in tenant.rooms() {
                if let Some(room) = hub.room(session)
                    && let Some(update) = room.session_for_newcomer(&hub).await
                    && !tenant::send_patiently(&member, &LobbyEvent::SessionUpdated(update)).await
                {
                    return;
                }
            }
        });
    }

    /// Folds a tenant's statuses anew and does what follows.
    pub(crate) fn statuses_changed(self: &Arc<Self>, tenant: TenantId) {
        let change = self.tenant(tenant).refresh(self.now());
        self.follow(tenant, change);
    }

    /// Looks at a tenant again after a while: somebody may be gone for good, or done with wrap-up.
    pub(crate) fn look_again(self: &Arc<Self>, tenant: TenantId, after: Duration) {
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after + Duration::from_millis(50)).await;
            hub.statuses_changed(tenant);
        });
    }

    /// A dashboard's socket is gone.
    pub(crate) fn leave_lobby(self: &Arc<Self>, tenant: TenantId, socket: SocketId) {
        let change = self.tenant(tenant).leave(socket, self.now());
        self.follow(tenant, change);
        self.look_again(tenant, RUNG_LOST);
    }

    /// A call is over: its users are free.
    pub(crate) fn release(self: &Arc<Self>, tenant: TenantId, call: CallId) {
        let wrap_up = self.config.wrap_up;
        let change = self.tenant(tenant).release(call, wrap_up, self.now());
        self.follow(tenant, change);
        if !wrap_up.is_zero() {
            self.look_again(tenant, wrap_up);
        }
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
        let running = self.tenant(tenant).running_calls();
        self.backend.authorize_call(tenant, call, media, running).await.map_err(tell)
    }
}

/// What the other side is told; trouble of our own is logged here, once.
pub(crate) fn tell(refused: Refused) -> Refusal {
    if let Refused::Internal(error) = &refused {
        tracing::error!(%error, "the backend failed");
    }
    refused.refusal()
}
