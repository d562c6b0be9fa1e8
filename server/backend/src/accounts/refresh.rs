//! Staying signed in, and signing out.

use super::{
    SignedIn,
    sign_in::{LEASE, REFRESH_TTL},
};
use crate::{
    Backend, Identity, Result,
    audit::Actor,
    clock,
    error::not_found,
    secrets,
    storage::{
        Tx, client_sessions,
        refresh_tokens::{self, RefreshToken},
        users::{self, User},
    },
    tokens::unauthorized,
};
use std::{net::IpAddr, sync::PoisonError, time::Duration};
use tincan_signaling::{TenantId, id::ClientSessionId};

/// What became of a refresh token that was shown.
enum Outcome {
    Good {
        user: User,
        session: ClientSessionId,
        successor: String,
    },
    /// Unknown, ended, or of somebody who lost all rights.
    Refused,
    /// Shown again too late: it is in two hands, and one of them is not the owner's.
    Stolen {
        user: User,
        session: ClientSessionId,
    },
}

impl Backend {
    /// Exchanges a refresh token for its successor and a fresh access token. The old one answers
    /// the same for 30 s, so that two tabs may ask at once; shown later, it ends the whole family.
    pub async fn refresh(&self, token: &str, from: Option<IpAddr>) -> Result<SignedIn> {
        if !refresh_tokens::is_known(self.db(), &secrets::hash(token)).await? {
            return Err(unauthorized().into());
        }
        let mut tx = self.begin().await?;
        match self.rotate(&mut tx, token).await? {
            Outcome::Good { user, session, successor } => {
                tx.commit().await?;
                self.signed_in(user, session, successor)
            }
            Outcome::Refused => Err(unauthorized().into()),
            Outcome::Stolen { user, session } => {
                tracing::warn!(%session, "a refresh token was used again: its client session is ended");
                let target = user.id.to_string();
                let tenant = user.tenant_id.map(TenantId);
                self.record_as(&mut tx, Actor::unknown(from), tenant, "refresh.reused", &target).await?;
                self.end_session(tx, session).await?;
                Err(unauthorized().into())
            }
        }
    }

    /// Ends the rights of the device that holds this refresh token. Unknown tokens are fine.
    pub async fn logout(&self, token: &str, from: Option<IpAddr>) -> Result<()> {
        let token_hash = secrets::hash(token);
        if !refresh_tokens::is_known(self.db(), &token_hash).await? {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let Some(row) = refresh_tokens::find(&mut tx, &token_hash).await? else { return Ok(()) };
        let Some(session) = client_sessions::find(&mut tx, row.family).await? else { return Ok(()) };
        if session.revoked_at.is_some() {
            return Ok(());
        }
        if let Some(user) = users::find_in(&mut tx, session.user_id).await? {
            let tenant = user.tenant_id.map(TenantId);
            let actor = Actor::user(&user, from);
            self.record_as(&mut tx, actor, tenant, "logout", &session.id.to_string()).await?;
        }
        self.end_session(tx, ClientSessionId(session.id)).await
    }

    /// Ends the rights of one signed-in device: its own user may, and whoever administers the tenant.
    pub async fn revoke_session(&self, by: &Identity, sid: ClientSessionId) -> Result<()> {
        let mut tx = self.begin().await?;
        let Some(session) = client_sessions::find(&mut tx, sid.0).await? else {
            return not_found("client session");
        };
        let owner = users::find_in(&mut tx, session.user_id).await?;
        let tenant = owner.and_then(|owner| owner.tenant_id).map(TenantId);
        if by.user().map(|user| user.0) != Some(session.user_id) {
            match tenant {
                Some(tenant) => by.must_administer(tenant)?,
                None => by.must_be_operator()?,
            }
        }
        if session.revoked_at.is_some() {
            return Ok(());
        }
        let action = if by.sid == sid { "logout" } else { "session.revoke" };
        self.record(&mut tx, by, tenant, action, &sid.to_string()).await?;
        self.end_session(tx, sid).await
    }

    /// The device is there: extends its lease. Cheap to call often; it writes every 30 s at most.
    pub async fn heartbeat(&self, sid: ClientSessionId) -> Result<()> {
        let now = self.now();
        {
            let mut leases = self.inner.leases.lock().unwrap_or_else(PoisonError::into_inner);
            if leases.get(&sid).is_some_and(|written| now.since(*written) < LEASE_WRITES) {
                return Ok(());
            }
            leases.retain(|_, written| now.since(*written) < LEASE);
            leases.insert(sid, now);
        }
        Ok(client_sessions::renew(self.db(), sid.0, clock::to_utc(now) + LEASE).await?)
    }

    async fn rotate(&self, tx: &mut Tx, token: &str) -> Result<Outcome> {
        let now = self.inner.clock.utc();
        let keys = self.inner.keys.at_hand();
        let token_hash = secrets::hash(token);
        let Some(row) = refresh_tokens::find(tx, &token_hash).await? else { return Ok(Outcome::Refused) };
        let Some(session) = client_sessions::find(tx, row.family).await? else { return Ok(Outcome::Refused) };
        let user = users::find_in(tx, session.user_id).await?.filter(|user| user.disabled_at.is_none());
        let Some(user) = user.filter(|_| session.revoked_at.is_none() && now < row.expires_at) else {
            return Ok(Outcome::Refused);
        };
        let session = ClientSessionId(session.id);
        let successor = keys.successor(token);
        let successor_hash = secrets::hash(&successor);
        if refresh_tokens::rotate(tx, &token_hash, &successor_hash, now).await? {
            let next = RefreshToken {
                token_hash: successor_hash,
                family: row.family,
                issued_at: now,
                expires_at: now + REFRESH_TTL,
                rotated_at: None,
                successor_hash: None,
            };
            refresh_tokens::insert(tx, &next).await?;
            return Ok(Outcome::Good { user, session, successor });
        }
        // Somebody was first, perhaps in the moment since it was read.
        let row = refresh_tokens::find(tx, &token_hash).await?;
        let Some(RefreshToken { rotated_at: Some(at), successor_hash: Some(given), .. }) = row else {
            return Ok(Outcome::Refused);
        };
        if now - at > GRACE {
            return Ok(Outcome::Stolen { user, session });
        }
        match keys.successors(token).find(|successor| secrets::hash(successor) == given) {
            Some(successor) => Ok(Outcome::Good { user, session, successor }),
            // The key it was made with is gone.
            None => Ok(Outcome::Refused),
        }
    }

    async fn end_session(&self, mut tx: Tx, sid: ClientSessionId) -> Result<()> {
        let now = self.inner.clock.utc();
        client_sessions::revoke(&mut tx, sid.0, now).await?;
        tx.commit().await?;
        self.revoked(sid, clock::to_wire(now));
        Ok(())
    }

    /// Ends all sessions of a user in a transaction; the caller tells the world after its commit.
    pub(super) async fn revoke_all(&self, tx: &mut Tx, user: uuid::Uuid) -> Result<Vec<ClientSessionId>> {
        let now = self.inner.clock.utc();
        let sessions = client_sessions::of_user(tx, user).await?;
        for id in &sessions {
            client_sessions::revoke(tx, *id, now).await?;
        }
        Ok(sessions.into_iter().map(ClientSessionId).collect())
    }
}

/// How long a rotated refresh token stays good.
const GRACE: Duration = Duration::from_secs(30);
const LEASE_WRITES: Duration = Duration::from_secs(30);
