//! The origins on which a tenant's widget works.

use super::ApiError;
#[cfg(feature = "ssr")]
use super::session::{Staff, refused, staff};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// All origins of the tenant.
#[server(prefix = "/sfn", endpoint = "origins", input = GetUrl)]
pub(crate) async fn list_origins() -> Result<Vec<String>, ApiError> {
    let Staff { backend, tenant, .. } = staff()?;
    backend.origins(tenant).await.map_err(refused)
}

/// Adds an origin and gives it back as it is compared from now on.
#[server(prefix = "/sfn", endpoint = "add-origin")]
pub(crate) async fn add_origin(origin: String) -> Result<String, ApiError> {
    let Staff { backend, identity, tenant } = staff()?;
    backend.add_origin(&identity, tenant, &origin).await.map_err(refused)
}

/// Takes an origin off the list.
#[server(prefix = "/sfn", endpoint = "remove-origin")]
pub(crate) async fn remove_origin(origin: String) -> Result<(), ApiError> {
    let Staff { backend, identity, tenant } = staff()?;
    backend.remove_origin(&identity, tenant, &origin).await.map_err(refused)
}
