//! One task a room: wakes for the call's deadline, the lobby's list and the end of the room.

use super::{Inner, RoomCell};
use crate::{hub::Hub, tenant::RungChange};
use std::{sync::Arc, time::Duration};
use tincan_signaling::{
    call::Call,
    event::{Event, Rung},
    id::Timestamp,
    reason::EndReason,
};

/// How long a called visitor may be without a socket.
const VISITOR_LOST: Duration = Duration::from_secs(10);
/// A log that cannot be reached is asked again, but not in a tight loop.
const SOONEST: Duration = Duration::from_millis(10);
/// The lobby hears of one session at most so often.
const LOBBY_EVERY: Duration = Duration::from_secs(1);

impl RoomCell {
    /// Runs until the room is closed.
    pub(crate) async fn run(self: Arc<Self>, hub: Arc<Hub>) {
        let _task = hub.meters.tasks.rooms.hold();
        let life = hub.config.limits.room_life();
        loop {
            let next = {
                let Ok(mut inner) = self.open(&hub).await else {
                    tokio::time::sleep(LOBBY_EVERY).await;
                    continue;
                };
                Box::pin(self.do_due(&hub, &mut inner)).await;
                if inner.closed {
                    return;
                }
                if inner.is_cut_off() {
                    // Not in a tight loop, if a log should have lost something for good.
                    drop(inner);
                    tokio::time::sleep(SOONEST).await;
                    continue;
                }
                inner.next_wake(life)
            };
            let now = hub.now();
            let sleep = next.map_or(Duration::from_secs(3600), |next| next.since(now).max(SOONEST));
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    async fn do_due(&self, hub: &Arc<Hub>, inner: &mut Inner) {
        let now = hub.now();
        if let (Some(deadline), Some(call_id)) = (inner.room.call.deadline(), inner.room.call.id())
            && now >= deadline
        {
            self.append_system(hub, inner, Event::CallTimeout { call_id }).await;
        }
        if inner.visitor_gone.is_some_and(|gone| now >= gone.after(VISITOR_LOST)) {
            inner.visitor_gone = None;
            if let Call::Ringing(ringing) = &inner.room.call
                && ringing.is_rung(self.visitor())
            {
                let call_id = ringing.head.id;
                let drop = vec![self.visitor()];
                let event = Event::RungChanged { call_id, add: Vec::new(), drop, busy: false };
                self.append_system(hub, inner, event).await;
            }
        }
        inner.ring.trim(now);
        if inner.tell_lobby && now >= inner.told_lobby_at.after(LOBBY_EVERY) {
            self.tell_lobby(hub, inner);
        }
        if inner.members.is_empty()
            && !inner.room.call.is_live()
            && inner.empty_since.is_some_and(|since| now >= since.after(hub.config.limits.room_life()))
        {
            inner.closed = true;
            // The log first: whoever opens the room anew must not find the old one.
            hub.log.close(self.id).await;
            hub.forget_room(self);
        }
    }

    /// Carries out what a change of statuses means for a ringing call.
    pub(crate) async fn change_rung(&self, hub: &Arc<Hub>, change: RungChange) {
        let Ok(mut inner) = self.open(hub).await else { return };
        let Call::Ringing(ringing) = &inner.room.call else { return };
        if ringing.head.id != change.call {
            return;
        }
        let new = |rung: &Rung| !ringing.is_rung(rung.sub) && !ringing.declined.contains(&rung.sub);
        let add: Vec<Rung> = change.add.into_iter().filter(new).collect();
        let drop: Vec<_> = change.drop.into_iter().filter(|sub| ringing.is_rung(*sub)).collect();
        if add.is_empty() && drop.is_empty() {
            return;
        }
        let event = Event::RungChanged { call_id: change.call, add, drop, busy: change.busy };
        self.append_system(hub, &mut inner, event).await;
    }

    /// Voice was taken from the tenant: a ringing call ends, an accepted one runs out.
    pub(crate) async fn voice_lost(&self, hub: &Arc<Hub>) {
        let Ok(mut inner) = self.open(hub).await else { return };
        if let Call::Ringing(ringing) = &inner.room.call {
            let call_id = ringing.head.id;
            let event = Event::CallEnd { call_id, reason: EndReason::NotEntitled };
            self.append_system(hub, &mut inner, event).await;
        }
    }

    /// The conversation was closed by an agent, or a day went by.
    pub(crate) async fn session_closed(&self) {
        let mut inner = self.inner.lock().await;
        inner.session_open = false;
        inner.tell_lobby = true;
        self.wake.notify_one();
    }
}

impl Inner {
    fn next_wake(&self, life: Duration) -> Option<Timestamp> {
        let call = self.room.call.deadline();
        let visitor = self.visitor_gone.map(|gone| gone.after(VISITOR_LOST));
        let lobby = self.tell_lobby.then(|| self.told_lobby_at.after(LOBBY_EVERY));
        let end = self.empty_since.filter(|_| !self.room.call.is_live()).map(|since| since.after(life));
        [call, visitor, lobby, end, self.ring.ends()].into_iter().flatten().min()
    }
}
