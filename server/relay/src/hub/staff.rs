//! What follows when the status of an agent changes: rings in rooms, availability for visitors.
//!
//! Changes come in bursts, so they are gathered: one task at most for each tenant carries them out,
//! and one for all looks again at tenants where time alone changes something.

use super::{Hub, lock};
use crate::{
    outbox::SocketId,
    tenant::{Change, RUNG_LOST, RungChange},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tincan_signaling::{
    id::{CallId, TenantId, Timestamp},
    wire::AvailabilityEvent,
};
use tokio::sync::Notify;

/// What is still to be carried out.
#[derive(Default)]
pub(crate) struct Staff {
    /// By tenant; there is an entry exactly while its task runs.
    changes: Mutex<BTreeMap<TenantId, Gathered>>,
    /// When to look at which tenant again.
    looks: Mutex<BTreeSet<(Timestamp, TenantId)>>,
    wake: Notify,
}

/// Changes that nobody has carried out yet: of each call the newest, since it counts from what the
/// call has folded and so holds the others.
#[derive(Default)]
struct Gathered {
    rung: BTreeMap<CallId, RungChange>,
    availability: bool,
}

impl Gathered {
    fn add(&mut self, change: Change) {
        self.availability |= change.availability.is_some();
        self.rung.extend(change.rung.into_iter().map(|rung| (rung.call, rung)));
    }

    fn is_empty(&self) -> bool {
        self.rung.is_empty() && !self.availability
    }
}

/// Looks fall on a grid, so that many at about the same time are one.
const GRID_MS: u64 = 100;

impl Hub {
    /// Carries out what a change of statuses means elsewhere.
    pub(crate) fn follow(self: &Arc<Self>, tenant: TenantId, change: Change) {
        if change == Change::default() {
            return;
        }
        let mut changes = lock(&self.staff.changes);
        if let Some(gathered) = changes.get_mut(&tenant) {
            return gathered.add(change);
        }
        changes.entry(tenant).or_default().add(change);
        drop(changes);
        let hub = self.clone();
        tokio::spawn(async move {
            let _task = hub.meters.tasks.staff.hold();
            while let Some(gathered) = hub.next_changes(tenant) {
                hub.carry_out(tenant, gathered).await;
            }
        });
    }

    /// What was gathered meanwhile; `None` ends the task.
    fn next_changes(&self, tenant: TenantId) -> Option<Gathered> {
        let mut changes = lock(&self.staff.changes);
        let gathered = changes.get_mut(&tenant).map(std::mem::take)?;
        if gathered.is_empty() {
            changes.remove(&tenant);
            return None;
        }
        Some(gathered)
    }

    async fn carry_out(self: &Arc<Self>, tenant: TenantId, gathered: Gathered) {
        for rung in gathered.rung.into_values() {
            if let Some(room) = self.room(rung.session) {
                room.change_rung(self, rung).await;
            }
        }
        if gathered.availability {
            self.tell_availability(tenant).await;
        }
    }

    /// Tells every visitor of a tenant how things stand now.
    pub(crate) async fn tell_availability(self: &Arc<Self>, tenant: TenantId) {
        let Ok(voice_enabled) = self.voice_enabled(tenant).await else { return };
        let tenant = self.tenant(tenant);
        let event = AvailabilityEvent { agent_status: tenant.availability(), voice_enabled };
        for session in tenant.rooms() {
            if let Some(room) = self.room(session) {
                room.tell_availability(self, event).await;
            }
        }
    }

    /// Folds a tenant's statuses anew and does what follows.
    pub(crate) fn statuses_changed(self: &Arc<Self>, tenant: TenantId) {
        let change = self.tenant(tenant).refresh(self.now());
        self.follow(tenant, change);
    }

    /// Looks at a tenant again after a while: somebody may be gone for good, or done with wrap-up.
    pub(crate) fn look_again(&self, tenant: TenantId, after: Duration) {
        let at = self.now().after(after).0 / GRID_MS * GRID_MS + GRID_MS;
        if lock(&self.staff.looks).insert((Timestamp(at), tenant)) {
            self.staff.wake.notify_one();
        }
    }

    /// Looks again at tenants for as long as the node lives.
    pub(crate) async fn look_at_staff(self: Arc<Self>) {
        loop {
            let next = lock(&self.staff.looks).first().map(|(at, _)| *at);
            let now = self.now();
            if next.is_some_and(|at| at <= now) {
                let due = lock(&self.staff.looks).pop_first();
                if let Some((_, tenant)) = due {
                    self.statuses_changed(tenant);
                }
                continue;
            }
            let sleep = next.map_or(Duration::from_secs(3600), |at| at.since(now));
            tokio::select! {
                () = self.staff.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
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
}
