//! Calls: whether one may start, and the record that each of them leaves.

use crate::{
    Backend, Identity, Refused, Result, clock,
    error::{forbidden, refuse},
    rooms::{RoomInfo, room_of},
    storage::{
        calls::{self, CallRow},
        chat_sessions,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tincan_signaling::{
    Call, CallId, Code, Disposition, EndReason, SessionId, TenantId,
    event::MediaKind,
    id::{Epoch, Seq},
    sdp,
};

/// What a call that may start is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallGrant {
    /// There is a TURN relay, and the plan has it.
    pub turn: bool,
    /// How long it rings.
    pub ring_ms: u32,
}

/// A call as it is after an event of its room.
#[derive(Clone, Debug)]
pub struct CallRecord {
    pub tenant: TenantId,
    pub session: SessionId,
    /// The life of the room's log that `seq` belongs to.
    pub epoch: Epoch,
    /// The last event folded into `call`.
    pub seq: Seq,
    pub call: Call,
}

/// A call that had not ended when the process before this one did.
#[derive(Clone, Debug)]
pub struct RunningCall {
    pub room: RoomInfo,
    pub call: Call,
}

impl Backend {
    /// Whether the tenant has calls at all: the same check that hides or shows the Call button.
    pub async fn voice_enabled(&self, tenant: TenantId) -> Result<bool> {
        Ok(self.entitlements(tenant).await?.call(0).is_ok())
    }

    /// Whether this call may start in this tenant while `running` others go on. An id is good for one
    /// call: another with the same would leave no record of its own.
    pub async fn authorize_call(
        &self,
        tenant: TenantId,
        call: CallId,
        media: MediaKind,
        running: u32,
    ) -> Result<CallGrant> {
        let entitlements = self.entitlements(tenant).await?;
        entitlements.call(running)?;
        if media == MediaKind::Video {
            entitlements.video()?;
        }
        if calls::find(self.db(), call.0).await?.is_some() {
            return refuse(Code::WrongState, "The call has ended.");
        }
        Ok(CallGrant {
            turn: self.inner.config.turn_configured && entitlements.turn().is_ok(),
            ring_ms: self.inner.config.ring.as_millis().try_into().unwrap_or(u32::MAX),
        })
    }

    /// Whether a leg may send video in this tenant.
    pub async fn authorize_video(&self, tenant: TenantId) -> Result<()> {
        Ok(self.entitlements(tenant).await?.video()?)
    }

    /// Whether a telephone may join a call of this tenant.
    pub async fn authorize_telephone(&self, tenant: TenantId) -> Result<()> {
        Ok(self.entitlements(tenant).await?.telephone()?)
    }

    /// Whether this session description may pass: it is what a call needs, and has nothing that the
    /// tenant is not entitled to.
    pub async fn authorize_description(&self, tenant: TenantId, sdp: &str) -> Result<()> {
        Ok(sdp::check(sdp, &self.entitlements(tenant).await?)?)
    }

    /// Whether whoever asks may have credentials of a TURN relay: visitors and staff of a tenant that
    /// is entitled to one.
    pub async fn authorize_turn(&self, who: &Identity) -> Result<()> {
        let Some(tenant) = who.tenant else { return forbidden() };
        Ok(self.entitlements(tenant).await?.turn()?)
    }

    /// The conversation in which this user has a leg of a call that goes on: how a dashboard that was
    /// loaded again finds back.
    pub async fn live_call_of(&self, who: &Identity) -> Result<Option<SessionId>> {
        let Some(tenant) = who.tenant else { return Ok(None) };
        let rows = calls::running_in(self.db(), tenant.0).await?;
        let has_leg = |row: &CallRow| {
            serde_json::from_value::<Call>(row.snapshot.clone())
                .is_ok_and(|call| call.is_live() && call.legs_of(who.sub).next().is_some())
        };
        Ok(rows.into_iter().rev().find(has_leg).map(|row| SessionId(row.session_id)))
    }

    /// Writes the record of a call as it is now: at request, accept, change of legs and end. Writing
    /// the same twice, an older state, or anything after the end changes nothing. The conversation
    /// must be stored (`touch_session`).
    pub async fn save_call(&self, record: &CallRecord) -> Result<()> {
        let Some(row) = row(record)? else { return Ok(()) };
        let mut tx = self.begin().await?;
        if calls::upsert(&mut tx, &row).await? {
            chat_sessions::touch(&mut tx, row.session_id, None, self.inner.clock.utc()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Calls that have no end yet; at start those of the process before. One whose record cannot be
    /// read is ended here, so that it is not found again.
    pub async fn running_calls(&self) -> Result<Vec<RunningCall>> {
        let mut running = Vec::new();
        for row in calls::running(self.db()).await? {
            let session = chat_sessions::find(self.db(), row.session_id).await?;
            let call = serde_json::from_value::<Call>(row.snapshot).ok().filter(Call::is_live);
            match (session, call) {
                (Some(session), Some(call)) => {
                    running.push(RunningCall { room: room_of(session), call });
                }
                _ => {
                    tracing::error!(call_id = %row.id, "the record of a running call cannot be read: ended");
                    let reason = EndReason::ServerGone;
                    let disposition = Disposition::of(row.accepted_at.is_some(), reason);
                    let now = self.inner.clock.utc();
                    calls::give_up(self.db(), row.id, reason.as_str(), disposition.as_str(), now).await?;
                }
            }
        }
        Ok(running)
    }
}

/// The row of a call; `None` when there was none yet.
fn row(record: &CallRecord) -> Result<Option<CallRow>> {
    let Some(head) = record.call.head() else { return Ok(None) };
    let snapshot = serde_json::to_value(&record.call).map_err(Refused::internal)?;
    let empty = CallRow {
        id: head.id.0,
        tenant_id: record.tenant.0,
        session_id: record.session.0,
        epoch: record.epoch.0,
        seq: record.seq.try_into().unwrap_or(i64::MAX),
        caller: head.caller.0,
        caller_role: head.caller_role.as_str().to_owned(),
        caller_name: head.caller_name.clone(),
        rung: Value::Array(Vec::new()),
        answered_by: None,
        answered_name: None,
        requested_at: clock::to_utc(head.requested_at),
        accepted_at: None,
        media_up_at: None,
        ended_at: None,
        reason: None,
        disposition: None,
        path: None,
        snapshot,
    };
    Ok(Some(match &record.call {
        Call::Idle => return Ok(None),
        Call::Ringing(ringing) => {
            CallRow { rung: serde_json::to_value(&ringing.rung).map_err(Refused::internal)?, ..empty }
        }
        Call::Accepted(accepted) => CallRow {
            answered_by: Some(accepted.answered_by.0),
            answered_name: Some(accepted.answered_name.clone()),
            accepted_at: Some(clock::to_utc(accepted.at)),
            media_up_at: accepted.media_up_at.map(clock::to_utc),
            path: accepted.legs.iter().find_map(|leg| leg.path).map(|path| path.as_str().to_owned()),
            ..empty
        },
        Call::Ended(ended) => CallRow {
            answered_by: ended.answered_by.map(|sub| sub.0),
            answered_name: ended.answered_name.clone(),
            accepted_at: ended.accepted_at.map(clock::to_utc),
            media_up_at: ended.media_up_at.map(clock::to_utc),
            ended_at: Some(clock::to_utc(ended.at)),
            reason: Some(ended.reason.as_str().to_owned()),
            disposition: Some(ended.disposition().as_str().to_owned()),
            path: ended.path.map(|path| path.as_str().to_owned()),
            ..empty
        },
    }))
}
