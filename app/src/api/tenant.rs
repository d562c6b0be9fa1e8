//! The tenant itself: its key, its plan, and the voice switch.

use super::ApiError;
#[cfg(feature = "ssr")]
use super::session::{Staff, refused, staff};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use tincan_signaling::Entitlements;

/// What the admin page shows of the tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TenantPage {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) plan: String,
    /// What its plan allows.
    pub(crate) given: Entitlements,
    pub(crate) voice_switch: bool,
}

/// The tenant of whoever asks.
#[server(prefix = "/sfn", endpoint = "tenant", input = GetUrl)]
pub(crate) async fn read_tenant() -> Result<TenantPage, ApiError> {
    let Staff { backend, tenant, .. } = staff()?;
    backend.tenant_view(tenant).await.map(TenantPage::from).map_err(refused)
}

/// Switches voice calls on or off, as far as the plan has them; gives back how the switch stands.
#[server(prefix = "/sfn", endpoint = "set-voice")]
pub(crate) async fn set_voice(on: bool) -> Result<bool, ApiError> {
    let Staff { backend, identity, tenant } = staff()?;
    backend.set_voice(&identity, tenant, on).await.map(|view| view.voice_switch).map_err(refused)
}

#[cfg(feature = "ssr")]
impl From<tincan_backend::tenants::TenantView> for TenantPage {
    fn from(view: tincan_backend::tenants::TenantView) -> Self {
        Self {
            name: view.name,
            key: view.key,
            plan: view.plan.as_str().to_owned(),
            given: view.plan.gives(),
            voice_switch: view.voice_switch,
        }
    }
}
