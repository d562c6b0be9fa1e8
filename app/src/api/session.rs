//! Who is signed in: what the page starts with, and what every server function asks first.

#[cfg(feature = "ssr")]
use super::ApiError;
use serde::{Deserialize, Serialize};
use tincan_signaling::{Sub, TenantId, event::Role};

/// Who asks for a page of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Guest {
    /// A member of a tenant's staff, with what the page starts with.
    Staff(Boot),
    /// Signed in, but not for a tenant: an operator of the instance.
    Other,
    Nobody,
}

impl Guest {
    /// Of whoever asks for the page. In the browser it comes with the page.
    pub(crate) fn of_request() -> Self {
        #[cfg(feature = "ssr")]
        {
            use leptos::prelude::use_context;
            let signed_in = use_context::<Option<tincan_backend::Identity>>().flatten().is_some();
            match Boot::of_request() {
                Some(boot) => Self::Staff(boot),
                None if signed_in => Self::Other,
                None => Self::Nobody,
            }
        }
        #[cfg(not(feature = "ssr"))]
        Self::Nobody
    }
}

/// What a page of staff starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub(crate) me: Sub,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) tenant: TenantId,
    pub(crate) socket_url: String,
    pub(crate) public_url: String,
}

impl Boot {
    /// Managers look at the settings, admins change them.
    pub(crate) const fn sees_settings(&self) -> bool {
        matches!(self.role, Role::Admin | Role::Manager)
    }

    /// Whether settings may be changed.
    pub(crate) const fn changes_settings(&self) -> bool {
        matches!(self.role, Role::Admin)
    }

    #[cfg(feature = "ssr")]
    fn of_request() -> Option<Self> {
        let site = leptos::prelude::use_context::<crate::Site>()?;
        let Staff { identity, tenant, .. } = staff().ok()?;
        Some(Self {
            me: identity.sub,
            name: identity.name,
            role: identity.role,
            tenant,
            socket_url: site.socket_url,
            public_url: site.public_url,
        })
    }
}

/// A member of a tenant's staff, with what use cases need.
#[cfg(feature = "ssr")]
pub(super) struct Staff {
    pub(super) backend: tincan_backend::Backend,
    pub(super) identity: tincan_backend::Identity,
    pub(super) tenant: TenantId,
}

/// Whoever called, if that is a member of staff.
#[cfg(feature = "ssr")]
pub(super) fn staff() -> Result<Staff, ApiError> {
    use leptos::prelude::use_context;
    use tincan_backend::{Backend, Identity};
    use tincan_signaling::{Code, Refusal};

    let refuse = |code, reason| refused(Refusal::new(code, reason).into());
    let identity = use_context::<Option<Identity>>().flatten();
    let Some((identity, backend)) = identity.zip(use_context::<Backend>()) else {
        return Err(refuse(Code::Unauthorized, "You are signed out. Sign in again."));
    };
    match identity.tenant {
        Some(tenant) if identity.is_staff_of(tenant) => Ok(Staff { backend, identity, tenant }),
        _ => Err(refuse(Code::Forbidden, "Only staff of a tenant may do this.")),
    }
}

/// A use case's refusal on its way to the page: trouble of our own is logged here, once.
#[cfg(feature = "ssr")]
pub(super) fn refused(error: tincan_backend::Refused) -> ApiError {
    use axum::http::{HeaderMap, StatusCode, header::ACCEPT, request::Parts};
    use leptos::prelude::use_context;

    if let tincan_backend::Refused::Internal(cause) = &error {
        tracing::error!(%cause, "a server function failed");
    }
    let refusal = error.refusal();
    // A plain form is sent back to its page by a redirect, which a status of ours would undo.
    let is_form = |headers: &HeaderMap| {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    };
    let by_form = use_context::<Parts>().is_none_or(|parts| is_form(&parts.headers));
    if let (false, Some(response)) = (by_form, use_context::<leptos_axum::ResponseOptions>()) {
        let status = StatusCode::from_u16(refusal.code.http_status());
        response.set_status(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    ApiError(refusal)
}
