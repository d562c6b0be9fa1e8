//! The people of a tenant.

use super::{ApiError, Shown};
#[cfg(feature = "ssr")]
use super::{
    once,
    session::{Staff, refused, staff},
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use tincan_signaling::{UserId, event::Role};

/// One member of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) disabled: bool,
}

/// Everybody who signs in for this tenant.
#[server(prefix = "/sfn", endpoint = "users", input = GetUrl)]
pub(crate) async fn list_users() -> Result<Vec<Member>, ApiError> {
    let Staff { backend, identity, tenant } = staff()?;
    let users = backend.list_users(&identity, tenant).await.map_err(refused)?;
    Ok(users.into_iter().map(Member::from).collect())
}

/// Adds somebody; the password that was made for them is in the answer and nowhere else.
#[server(prefix = "/sfn", endpoint = "add-user")]
pub(crate) async fn add_user(name: String, email: String, role: Role) -> Result<Shown, ApiError> {
    use tincan_backend::accounts::NewUser;
    let Staff { backend, identity, tenant } = staff()?;
    let new = NewUser { tenant: Some(tenant), email, name, role, password: None };
    let created = backend.create_user(&identity, new).await.map_err(refused)?;
    Ok(once::show(created.user.email, created.password.unwrap_or_default()))
}

/// Shuts somebody out at once, or lets them in again.
#[server(prefix = "/sfn", endpoint = "set-user-enabled")]
pub(crate) async fn set_user_enabled(user: UserId, enabled: bool) -> Result<(), ApiError> {
    let Staff { backend, identity, .. } = staff()?;
    let done = if enabled {
        backend.enable_user(&identity, user).await
    } else {
        backend.disable_user(&identity, user).await
    };
    done.map(drop).map_err(refused)
}

/// Makes somebody an agent, a manager or an admin. Their devices are signed out.
#[server(prefix = "/sfn", endpoint = "set-user-role")]
pub(crate) async fn set_user_role(user: UserId, role: Role) -> Result<(), ApiError> {
    let Staff { backend, identity, .. } = staff()?;
    backend.set_role(&identity, user, role).await.map(drop).map_err(refused)
}

/// Makes a new password for somebody; it is in the answer and nowhere else.
#[server(prefix = "/sfn", endpoint = "reset-password")]
pub(crate) async fn reset_password(user: UserId) -> Result<Shown, ApiError> {
    let Staff { backend, identity, .. } = staff()?;
    let password = backend.reset_password(&identity, user, None).await.map_err(refused)?;
    let user = backend.user(&identity, user).await.map_err(refused)?;
    Ok(once::show(user.email, password))
}

#[cfg(feature = "ssr")]
impl From<tincan_backend::accounts::UserView> for Member {
    fn from(user: tincan_backend::accounts::UserView) -> Self {
        Self { id: user.id, name: user.name, email: user.email, role: user.role, disabled: user.disabled }
    }
}
