//! Signing in with email and password, without telling which accounts exist.

use super::UserView;
use crate::{
    Backend, Device, Identity, Result,
    audit::Actor,
    clock,
    error::refuse,
    secrets,
    storage::{
        client_sessions::{self, ClientSession},
        refresh_tokens::{self, RefreshToken},
        users::{self, User},
    },
    tokens,
};
use serde::Serialize;
use std::{fmt, time::Duration};
use tincan_signaling::{Code, Sub, TenantId, id::ClientSessionId};

/// What somebody who signed in holds from then on.
#[derive(Clone, Serialize)]
pub struct SignedIn {
    /// For `Authorization: Bearer`, the access cookie and `phx_join`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// How long the access token is good, in seconds.
    pub expires_in: u64,
    /// For the refresh cookie alone: it stands in no body.
    #[serde(skip)]
    pub refresh_token: String,
    /// How long the refresh token is good, in seconds.
    #[serde(skip)]
    pub refresh_expires_in: u64,
    pub user: UserView,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("user", &self.user.id).finish_non_exhaustive()
    }
}

impl Backend {
    /// Signs in. Whatever is wrong, the answer and the time it takes are the same.
    pub async fn login(&self, email: &str, password: &str, device: &Device) -> Result<SignedIn> {
        let email = email.trim().to_lowercase();
        if email.len() > super::users::MAX_EMAIL || email.contains(char::is_control) {
            return wrong();
        }
        self.inner.throttle.attempt(&email, device.ip, self.now())?;
        let account = users::find_by_email(self.db(), &email).await?;
        let user = account.as_ref().filter(|user| user.disabled_at.is_none());
        let hash = user.map(|user| user.password_hash.clone());
        let fits = match self.inner.passwords.verify(password, hash).await {
            Ok(fits) => fits,
            Err(busy) => {
                // It was not tried.
                self.inner.throttle.succeeded(&email, device.ip);
                return Err(busy);
            }
        };
        let Some(user) = user.filter(|_| fits).cloned() else {
            self.record_failed_login(account.as_ref(), device.ip);
            return wrong();
        };
        self.inner.throttle.succeeded(&email, device.ip);
        self.start_session(user, device).await
    }

    /// Opens a session for a user whose password was right when it was read.
    async fn start_session(&self, checked: User, device: &Device) -> Result<SignedIn> {
        let mut tx = self.begin().await?;
        // Checking a password takes its time. Meanwhile another may have been set, or the user
        // disabled: that ended the sessions there were, and this one must not come after it.
        let user = users::hold(&mut tx, checked.id)
            .await?
            .filter(|user| user.disabled_at.is_none() && user.password_hash == checked.password_hash);
        let Some(user) = user else { return wrong() };
        let now = self.inner.clock.utc();
        let session = ClientSession {
            id: self.new_id(),
            user_id: user.id,
            feature: device.feature.chars().take(32).collect(),
            network: device.network(),
            user_agent: device.user_agent.chars().take(256).collect(),
            created_at: now,
            lease_until: now + LEASE,
            revoked_at: None,
        };
        let token = secrets::token();
        client_sessions::insert(&mut tx, &session).await?;
        let row = RefreshToken {
            token_hash: secrets::hash(&token),
            family: session.id,
            issued_at: now,
            expires_at: now + REFRESH_TTL,
            rotated_at: None,
            successor_hash: None,
        };
        refresh_tokens::insert(&mut tx, &row).await?;
        let actor = Actor::user(&user, device.ip);
        let tenant = user.tenant_id.map(TenantId);
        self.record_as(&mut tx, actor, tenant, "login", &session.id.to_string()).await?;
        tx.commit().await?;
        self.signed_in(user, ClientSessionId(session.id), token)
    }

    /// A fresh access token beside a refresh token.
    pub(super) fn signed_in(
        &self,
        user: User,
        sid: ClientSessionId,
        refresh_token: String,
    ) -> Result<SignedIn> {
        let now = clock::to_wire(self.inner.clock.utc());
        let ttl = self.inner.config.access_ttl;
        let identity = Identity {
            sub: Sub(user.id),
            sid,
            role: user.role,
            tenant: user.tenant_id.map(TenantId),
            session: None,
            name: user.name.clone(),
            exp: now.after(ttl),
        };
        Ok(SignedIn {
            access_token: tokens::sign(&self.inner.keys, &self.inner.config, &identity, now, self.new_id())?,
            token_type: "Bearer",
            expires_in: ttl.as_secs(),
            refresh_token,
            refresh_expires_in: REFRESH_TTL.as_secs(),
            user: UserView::from(user),
        })
    }
}

pub(super) fn wrong<T>() -> Result<T> {
    refuse(Code::Unauthorized, "The email or the password is wrong.")
}

/// How long a device counts as there without a heartbeat.
pub(super) const LEASE: Duration = Duration::from_secs(150);
/// Extended with each refresh. A session without a refresh token or a lease since then is deleted.
pub(crate) const REFRESH_TTL: Duration = Duration::from_hours(30 * 24);
