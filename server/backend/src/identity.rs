//! Who asks, and from which device.

use crate::{
    ClientIp,
    error::{Result, forbidden},
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use tincan_signaling::{
    SessionId, Sub, TenantId, Timestamp, UserId,
    event::{Role, Sender},
    id::{ClientSessionId, LegId, VisitorId},
};

/// Whoever an access token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user or visitor.
    pub sub: Sub,
    /// The signed-in device, or one widget of a visitor.
    pub sid: ClientSessionId,
    pub role: Role,
    /// `None` for operators.
    pub tenant: Option<TenantId>,
    /// For visitors: the one room they may enter.
    pub session: Option<SessionId>,
    /// The display name.
    pub name: String,
    /// When the token ends.
    pub exp: Timestamp,
}

impl Identity {
    /// The operator at the command line of the server itself: may do everything.
    pub fn console() -> Self {
        Self {
            sub: Sub(uuid::Uuid::nil()),
            sid: ClientSessionId(uuid::Uuid::nil()),
            role: Role::System,
            tenant: None,
            session: None,
            name: "Console".to_owned(),
            exp: Timestamp(u64::MAX),
        }
    }

    /// The user's id; `None` for visitors.
    pub fn user(&self) -> Option<UserId> {
        (self.role != Role::Visitor).then_some(UserId(self.sub.0))
    }

    /// The visitor's id; `None` for users.
    pub fn visitor(&self) -> Option<VisitorId> {
        (self.role == Role::Visitor).then_some(VisitorId(self.sub.0))
    }

    /// Agent, manager or admin of this tenant.
    pub fn is_staff_of(&self, tenant: TenantId) -> bool {
        self.role.is_staff() && self.tenant == Some(tenant)
    }

    /// What stands in `from` of what this one says.
    pub fn sender(&self, leg: Option<LegId>) -> Sender {
        Sender { sub: self.sub, role: self.role, name: self.name.clone(), leg }
    }

    /// Operators of the instance and its console.
    pub(crate) fn must_be_operator(&self) -> Result<()> {
        if matches!(self.role, Role::Operator | Role::System) { Ok(()) } else { forbidden() }
    }

    /// Admins of this tenant, and operators.
    pub(crate) fn must_administer(&self, tenant: TenantId) -> Result<()> {
        if self.role == Role::Admin && self.tenant == Some(tenant) {
            return Ok(());
        }
        self.must_be_operator()
    }

    /// Staff of this tenant, and operators.
    pub(crate) fn must_belong_to(&self, tenant: TenantId) -> Result<()> {
        if self.is_staff_of(tenant) { Ok(()) } else { self.must_be_operator() }
    }
}

/// The device somebody signs in from.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Stored only cut to its network.
    pub ip: Option<IpAddr>,
    pub user_agent: String,
    /// What kind of client: `dashboard`, `api`, ..
    pub feature: String,
}

impl Device {
    /// A browser at our own pages.
    pub fn dashboard(ip: Option<IpAddr>, user_agent: &str) -> Self {
        Self { ip, user_agent: user_agent.to_owned(), feature: "dashboard".to_owned() }
    }

    /// The network of the address, as far as it is stored: /24 or /48.
    pub(crate) fn network(&self) -> Option<String> {
        self.ip.map(|ip| ClientIp(ip).to_string())
    }
}
