//! Rights that end while sockets are open: devices signed out, plans changed, sites removed.

use crate::hub::Hub;
use std::sync::Arc;
use tincan_backend::Change;
use tokio::sync::broadcast::error::RecvError;

/// Carries out changes for as long as the server runs.
pub(crate) async fn watch(hub: Arc<Hub>) {
    let mut changes = hub.backend.changes();
    loop {
        match changes.recv().await {
            Ok(change) => carry_out(&hub, change).await,
            Err(RecvError::Lagged(missed)) => {
                hub.meters.changes_missed.increment(missed);
                tracing::warn!(missed, "changes of rights came too fast: everybody is asked again");
                hub.sockets.everybody_again();
                for room in hub.rooms() {
                    if hub.voice_enabled(room.tenant).await == Ok(false) {
                        room.voice_lost(&hub).await;
                    }
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn carry_out(hub: &Arc<Hub>, change: Change) {
    match change {
        Change::Revoked { sid } => hub.sockets.revoke(|socket_sid, _| socket_sid == sid),
        Change::UserDisabled { user } => hub.sockets.revoke(|_, sub| sub == user.into()),
        Change::KeyDropped => hub.sockets.everybody_again(),
        Change::Entitlements { tenant } => {
            hub.tell_availability(tenant).await;
            if hub.voice_enabled(tenant).await == Ok(false) {
                for session in hub.tenant(tenant).rooms() {
                    if let Some(room) = hub.room(session) {
                        room.voice_lost(hub).await;
                    }
                }
            }
        }
        Change::Origins { .. } | Change::Tenant { .. } => {}
        Change::SessionClosed { session, .. } => {
            if let Some(room) = hub.room(session) {
                room.session_closed().await;
            }
        }
    }
}
