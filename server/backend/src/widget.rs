//! What the widget of a tenant's site needs: how it looks, and a visitor to be.

use crate::{
    Backend, Identity, Result, clock, secrets,
    storage::{
        Tx, chat_sessions,
        visitor_resumes::{self, Resume},
    },
    tenants::Theme,
    tokens,
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use tincan_signaling::{
    SessionId, Sub, TenantId, Topic,
    event::Role,
    id::{ClientSessionId, VisitorId},
};

/// What the loader and the widget's page are told before a visitor acts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WidgetConfig {
    pub tenant: TenantId,
    /// The tenant's name, as visitors read it.
    pub name: String,
    pub features: Features,
    pub theme: Theme,
    /// The language of the widget (BCP 47).
    pub locale: String,
}

/// Which buttons there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    pub voice_enabled: bool,
    pub video_enabled: bool,
}

/// A visitor's right to be in its own room.
#[derive(Clone, Serialize)]
pub struct VisitorSession {
    pub session_id: SessionId,
    pub visitor_id: VisitorId,
    /// The access token.
    pub token: String,
    /// How long the access token is good, in seconds.
    pub expires_in: u64,
    /// To come back with: exchanged at each use.
    pub resume: String,
    /// The room's topic, without the prefix of the wire.
    pub topic: String,
    /// How the visitor is called, such as `Visitor 4821`.
    pub name: String,
}

impl fmt::Debug for VisitorSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisitorSession").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Which visitor, in which conversation, with which token to come back.
struct Place {
    session: SessionId,
    visitor: VisitorId,
    resume: String,
}

impl Backend {
    /// How the widget of a tenant looks and what it may do.
    pub async fn widget_config(&self, key: &str) -> Result<WidgetConfig> {
        let tenant = self.tenant_by_key(key).await?;
        let view = self.tenant_view(tenant).await?;
        Ok(WidgetConfig {
            tenant,
            name: view.name,
            features: Features {
                voice_enabled: view.entitlements.voice_enabled,
                video_enabled: view.entitlements.video_enabled,
            },
            theme: view.theme,
            locale: "en".to_owned(),
        })
    }

    /// A visitor's place: the one it had, when `resume` is still good, else a new one. Nothing is
    /// written about the visitor or the conversation before a first message or call.
    pub async fn widget_session(&self, key: &str, resume: Option<&str>) -> Result<VisitorSession> {
        let tenant = self.tenant_by_key(key).await?;
        let mut tx = self.begin().await?;
        let place = match resume {
            Some(token) => self.exchange(&mut tx, tenant, token).await?,
            None => None,
        };
        let place = match place {
            Some(place) => place,
            None => self.new_place(&mut tx, tenant).await?,
        };
        tx.commit().await?;
        self.visitor_session(tenant, place)
    }

    /// Exchanges a resume token for its successor. The last one stays good for 60 s and is answered
    /// with the newest of its line, so that two tabs end up with the same.
    async fn exchange(&self, tx: &mut Tx, tenant: TenantId, token: &str) -> Result<Option<Place>> {
        let now = self.inner.clock.utc();
        let Some(row) = visitor_resumes::find(tx, &secrets::hash(token)).await? else { return Ok(None) };
        let late = row.exchanged_at.is_some_and(|at| now - at > GRACE);
        if row.tenant_id != tenant.0 || now >= row.expires_at || late {
            return Ok(None);
        }
        visitor_resumes::exchange(tx, &row.token_hash, now).await?;
        let keys = self.inner.keys.at_hand();
        let mut next = keys.successor(token);
        while let Some(known) = visitor_resumes::find(tx, &secrets::hash(&next)).await? {
            if known.exchanged_at.is_none() {
                return Ok(Some(Place {
                    session: SessionId(known.session_id),
                    visitor: VisitorId(known.visitor_id),
                    resume: next,
                }));
            }
            next = keys.successor(&next);
        }
        let stored = chat_sessions::find_in(tx, row.session_id).await?;
        let closed = stored.as_ref().is_some_and(|session| session.closed_at.is_some());
        let place = Place {
            session: SessionId(if closed { self.new_id() } else { row.session_id }),
            visitor: VisitorId(row.visitor_id),
            resume: next,
        };
        self.keep(tx, tenant, &place, if stored.is_some() && !closed { RESUME_TTL } else { UNUSED_TTL })
            .await?;
        Ok(Some(place))
    }

    async fn new_place(&self, tx: &mut Tx, tenant: TenantId) -> Result<Place> {
        let place = Place {
            session: SessionId(self.new_id()),
            visitor: VisitorId(self.new_id()),
            resume: secrets::token(),
        };
        self.keep(tx, tenant, &place, UNUSED_TTL).await?;
        Ok(place)
    }

    async fn keep(&self, tx: &mut Tx, tenant: TenantId, place: &Place, ttl: Duration) -> Result<()> {
        let now = self.inner.clock.utc();
        let row = Resume {
            token_hash: secrets::hash(&place.resume),
            tenant_id: tenant.0,
            session_id: place.session.0,
            visitor_id: place.visitor.0,
            issued_at: now,
            expires_at: now + ttl,
            exchanged_at: None,
        };
        Ok(visitor_resumes::ensure(tx, &row).await?)
    }

    fn visitor_session(&self, tenant: TenantId, place: Place) -> Result<VisitorSession> {
        let now = clock::to_wire(self.inner.clock.utc());
        let ttl = self.inner.config.access_ttl;
        let name = display_name(place.visitor);
        let identity = Identity {
            sub: Sub::from(place.visitor),
            sid: ClientSessionId(self.new_id()),
            role: Role::Visitor,
            tenant: Some(tenant),
            session: Some(place.session),
            name: name.clone(),
            exp: now.after(ttl),
        };
        Ok(VisitorSession {
            session_id: place.session,
            visitor_id: place.visitor,
            token: tokens::sign(&self.inner.keys, &self.inner.config, &identity, now, self.new_id())?,
            expires_in: ttl.as_secs(),
            resume: place.resume,
            topic: Topic::Room(place.session).to_string(),
            name,
        })
    }
}

/// How an anonymous visitor is called: the same for the same visitor, on every device of the staff.
fn display_name(visitor: VisitorId) -> String {
    format!("Visitor {}", 1000 + visitor.0.as_u128() % 9000)
}

/// How long an exchanged token stays good.
pub(crate) const GRACE: Duration = Duration::from_secs(60);
/// How long a visitor with a conversation may stay away.
pub(crate) const RESUME_TTL: Duration = Duration::from_hours(30 * 24);
/// How long one who has said nothing yet may.
const UNUSED_TTL: Duration = Duration::from_hours(24);
