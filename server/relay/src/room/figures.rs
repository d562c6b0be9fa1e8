//! What a call adds to the figures and to the log of this node, on the node that appended.

use super::RoomCell;
use crate::meters::direction;
use metrics::{counter, histogram};
use tincan_signaling::{
    call::Call,
    event::{Entry, Event, MediaReport, Path},
    id::Timestamp,
};

/// As much of a call as must be known from before an event to say what the event brought.
#[derive(Clone, Copy)]
pub(super) struct Before {
    ringing: bool,
    live: bool,
    up: bool,
}

impl Before {
    pub(super) fn of(call: &Call) -> Self {
        let up = matches!(call, Call::Accepted(accepted) if accepted.media_up_at.is_some());
        Self { ringing: matches!(call, Call::Ringing(_)), live: call.is_live(), up }
    }

    /// Counts what came of the entry.
    pub(super) fn count(self, call: &Call, entry: &Entry) {
        if let Event::LegState { media, path, .. } = &entry.event {
            let path = match media {
                MediaReport::Up => *path,
                MediaReport::Failed => Some(Path::Failed),
                MediaReport::Lost => None,
            };
            if let Some(path) = path {
                counter!("tincan_ice_outcome_total", "path" => path.as_str()).increment(1);
            }
        }
        match call {
            Call::Idle | Call::Ringing(_) => {}
            Call::Accepted(accepted) => {
                if self.ringing {
                    seconds("tincan_call_ring_seconds", accepted.head.requested_at, accepted.at);
                }
                if let Some(up) = accepted.media_up_at.filter(|_| !self.up) {
                    seconds("tincan_call_setup_seconds", accepted.at, up);
                }
            }
            Call::Ended(ended) => {
                let new = matches!(entry.event, Event::CallRequest { .. });
                if !self.live && !new {
                    return;
                }
                let direction = direction(ended.head.caller_role);
                let labels = [("direction", direction), ("result", ended.reason.as_str())];
                counter!("tincan_calls_total", &labels).increment(1);
                if self.ringing {
                    seconds("tincan_call_ring_seconds", ended.head.requested_at, ended.at);
                }
                if let Some(up) = ended.media_up_at {
                    seconds("tincan_call_duration_seconds", up, ended.at);
                }
            }
        }
    }
}

impl RoomCell {
    /// Says in the log how far the call has come, and nothing of what was said in it.
    pub(super) fn note(&self, before: Before, call: &Call) {
        let Some(call_id) = call.id() else { return };
        let (tenant, room) = (self.tenant, self.id);
        match call {
            Call::Ringing(_) if !before.ringing => {
                tracing::info!(%tenant, %room, %call_id, "a call rings");
            }
            Call::Accepted(_) if before.ringing => {
                tracing::info!(%tenant, %room, %call_id, "a call was answered");
            }
            Call::Ended(ended) if before.live => {
                tracing::info!(%tenant, %room, %call_id, reason = ended.reason.as_str(), "a call ended");
            }
            Call::Idle | Call::Ringing(_) | Call::Accepted(_) | Call::Ended(_) => {}
        }
    }
}

fn seconds(name: &'static str, from: Timestamp, to: Timestamp) {
    histogram!(name).record(to.since(from).as_secs_f64());
}
