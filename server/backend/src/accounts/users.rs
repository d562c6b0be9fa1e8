//! The people of a tenant: added, disabled, enabled, given a new password.

use crate::{
    Backend, Change, Identity, Result, clock,
    error::{not_found, refuse},
    secrets,
    storage::{
        Tx, tenants,
        users::{self, User},
    },
};
use serde::{Deserialize, Serialize};
use std::fmt;
use tincan_signaling::{Code, TenantId, Timestamp, UserId, event::Role, id::ClientSessionId};

/// A user as others may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    pub id: UserId,
    pub email: String,
    /// The display name, which visitors see.
    pub name: String,
    pub role: Role,
    /// `None` for operators.
    pub tenant: Option<TenantId>,
    pub disabled: bool,
    pub created_at: Timestamp,
}

/// Somebody to be added.
#[derive(Clone)]
pub struct NewUser {
    /// `None` for operators alone.
    pub tenant: Option<TenantId>,
    pub email: String,
    pub name: String,
    /// Agent, manager, admin or operator.
    pub role: Role,
    /// `None`: one is made.
    pub password: Option<String>,
}

/// Somebody who was added.
pub struct Created {
    pub user: UserView,
    /// The password that was made, to be shown once; `None` when it was given.
    pub password: Option<String>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: UserId(user.id),
            email: user.email,
            name: user.name,
            role: user.role,
            tenant: user.tenant_id.map(TenantId),
            disabled: user.disabled_at.is_some(),
            created_at: clock::to_wire(user.created_at),
        }
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created").field("user", &self.user.id).finish_non_exhaustive()
    }
}

impl Backend {
    /// Adds a user, when the plan has room for one more.
    pub async fn create_user(&self, by: &Identity, new: NewUser) -> Result<Created> {
        match (new.tenant, new.role) {
            (Some(tenant), Role::Agent | Role::Manager | Role::Admin) => by.must_administer(tenant)?,
            (None, Role::Operator) => by.must_be_operator()?,
            _ => return refuse(Code::BadRequest, "A tenant's user is an agent, a manager or an admin."),
        }
        let email = checked_email(&new.email)?;
        let name = checked_name(&new.name)?;
        let made = new.password.is_none().then(secrets::password);
        let password = new.password.or_else(|| made.clone()).unwrap_or_default();
        let user = User {
            id: self.new_id(),
            tenant_id: new.tenant.map(|tenant| tenant.0),
            email,
            name,
            role: new.role,
            password_hash: self.inner.passwords.hash(&password).await?,
            created_at: self.inner.clock.utc(),
            disabled_at: None,
        };
        let mut tx = self.begin().await?;
        self.one_more_user(&mut tx, new.tenant).await?;
        match users::insert(&mut tx, &user).await {
            Err(error) if error.is_duplicate() => {
                return refuse(Code::BadRequest, "Somebody has this email already.");
            }
            other => other?,
        }
        self.record(&mut tx, by, new.tenant, "user.create", &user.id.to_string()).await?;
        tx.commit().await?;
        Ok(Created { user: user.into(), password: made })
    }

    /// Ends all rights of a user. The last admin of a tenant stays.
    pub async fn disable_user(&self, by: &Identity, user: UserId) -> Result<UserView> {
        let mut tx = self.begin().await?;
        let mut found = self.administered(&mut tx, by, user).await?;
        if found.disabled_at.is_some() {
            return Ok(found.into());
        }
        if let (Some(tenant), Role::Admin) = (found.tenant_id, found.role)
            && users::count_active(&mut tx, tenant, Some(Role::Admin)).await? <= 1
        {
            return refuse(Code::WrongState, "The last admin cannot be disabled.");
        }
        found.disabled_at = Some(self.inner.clock.utc());
        users::set_disabled(&mut tx, found.id, found.disabled_at).await?;
        let sessions = self.revoke_all(&mut tx, found.id).await?;
        self.record(&mut tx, by, found.tenant_id.map(TenantId), "user.disable", &found.id.to_string())
            .await?;
        tx.commit().await?;
        self.all_revoked(sessions);
        self.announce(Change::UserDisabled { user });
        Ok(found.into())
    }

    /// Lets a disabled user sign in again, when the plan has room.
    pub async fn enable_user(&self, by: &Identity, user: UserId) -> Result<UserView> {
        let mut tx = self.begin().await?;
        let mut found = self.administered(&mut tx, by, user).await?;
        if found.disabled_at.is_none() {
            return Ok(found.into());
        }
        self.one_more_user(&mut tx, found.tenant_id.map(TenantId)).await?;
        found.disabled_at = None;
        users::set_disabled(&mut tx, found.id, None).await?;
        self.record(&mut tx, by, found.tenant_id.map(TenantId), "user.enable", &found.id.to_string()).await?;
        tx.commit().await?;
        Ok(found.into())
    }

    /// Makes a user of a tenant an agent, a manager or an admin. Their devices are signed out: what
    /// they hold speaks of the role before. The last admin of a tenant stays one.
    pub async fn set_role(&self, by: &Identity, user: UserId, role: Role) -> Result<UserView> {
        let mut tx = self.begin().await?;
        let mut found = self.administered(&mut tx, by, user).await?;
        let (Some(tenant), Role::Agent | Role::Manager | Role::Admin) = (found.tenant_id, role) else {
            return refuse(Code::BadRequest, "A tenant's user is an agent, a manager or an admin.");
        };
        if found.role == role {
            return Ok(found.into());
        }
        if found.role == Role::Admin
            && found.disabled_at.is_none()
            && users::count_active(&mut tx, tenant, Some(Role::Admin)).await? <= 1
        {
            return refuse(Code::WrongState, "The last admin stays one.");
        }
        let target = format!("{} {} to {}", found.id, found.role.as_str(), role.as_str());
        found.role = role;
        users::set_role(&mut tx, found.id, role).await?;
        let sessions = self.revoke_all(&mut tx, found.id).await?;
        self.record(&mut tx, by, Some(TenantId(tenant)), "user.role", &target).await?;
        tx.commit().await?;
        self.all_revoked(sessions);
        Ok(found.into())
    }

    /// Gives a user a new password (made when `None`) and signs all devices out. Returns it.
    pub async fn reset_password(
        &self,
        by: &Identity,
        user: UserId,
        password: Option<&str>,
    ) -> Result<String> {
        self.user(by, user).await?;
        let password = password.map_or_else(secrets::password, str::to_owned);
        let hash = self.inner.passwords.hash(&password).await?;
        let mut tx = self.begin().await?;
        let found = self.administered(&mut tx, by, user).await?;
        users::set_password(&mut tx, found.id, &hash).await?;
        let sessions = self.revoke_all(&mut tx, found.id).await?;
        self.record(&mut tx, by, found.tenant_id.map(TenantId), "user.reset_password", &found.id.to_string())
            .await?;
        tx.commit().await?;
        self.all_revoked(sessions);
        Ok(password)
    }

    /// The users of a tenant, for its staff, in the order they were added.
    pub async fn list_users(&self, by: &Identity, tenant: TenantId) -> Result<Vec<UserView>> {
        by.must_belong_to(tenant)?;
        Ok(users::of_tenant(self.db(), tenant.0).await?.into_iter().map(UserView::from).collect())
    }

    /// A user, for their tenant's admins and for themselves.
    pub async fn user(&self, by: &Identity, user: UserId) -> Result<UserView> {
        let Some(found) = users::find(self.db(), user.0).await? else { return not_found("user") };
        may_administer(by, &found)?;
        Ok(found.into())
    }

    /// A user by email, for operators and the console.
    pub async fn user_by_email(&self, by: &Identity, email: &str) -> Result<UserView> {
        by.must_be_operator()?;
        match users::find_by_email(self.db(), &email.trim().to_lowercase()).await? {
            Some(user) => Ok(user.into()),
            None => not_found("user"),
        }
    }

    /// A user whom `by` may change, with the tenant's row held until the transaction ends.
    async fn administered(&self, tx: &mut Tx, by: &Identity, user: UserId) -> Result<User> {
        let Some(found) = users::find_in(tx, user.0).await? else { return not_found("user") };
        match found.tenant_id {
            Some(tenant) => {
                by.must_administer(TenantId(tenant))?;
                tenants::lock(tx, tenant).await?;
            }
            None => by.must_be_operator()?,
        }
        // Read again: somebody may have been first while this one waited.
        match users::find_in(tx, user.0).await? {
            Some(user) => Ok(user),
            None => not_found("user"),
        }
    }

    /// Asks whether the tenant may have one more user, and lets nobody else add one meanwhile.
    async fn one_more_user(&self, tx: &mut Tx, tenant: Option<TenantId>) -> Result<()> {
        let Some(tenant) = tenant else { return Ok(()) };
        if !tenants::lock(tx, tenant.0).await? {
            return not_found("tenant");
        }
        let existing = users::count_active(tx, tenant.0, None).await?;
        let Some(row) = tenants::find_in(tx, tenant.0).await? else { return not_found("tenant") };
        Ok(crate::tenants::entitlements_of(&row)?.add_user(existing)?)
    }

    fn all_revoked(&self, sessions: Vec<ClientSessionId>) {
        for sid in sessions {
            self.revoked(sid, self.now());
        }
    }
}

fn may_administer(by: &Identity, user: &User) -> Result<()> {
    if by.user() == Some(UserId(user.id)) {
        return Ok(());
    }
    match user.tenant_id {
        Some(tenant) => by.must_administer(TenantId(tenant)),
        None => by.must_be_operator(),
    }
}

fn checked_email(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let plain = email.len() <= MAX_EMAIL && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    match email.split_once('@') {
        Some((local, domain))
            if plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            Ok(email)
        }
        _ => refuse(Code::BadRequest, "This is not an email address."),
    }
}

/// A display name without line breaks and not too long for a button.
pub(crate) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return refuse(Code::BadRequest, "A name has 1 to 80 characters.");
    }
    Ok(name.to_owned())
}

/// RFC 5321, section 4.5.3.1.3.
pub(super) const MAX_EMAIL: usize = 254;
const MAX_NAME: usize = 80;
