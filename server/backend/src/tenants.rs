//! Tenants: what they are called, what they may use, how their widget looks.
//!
//! What sockets and pages ask all the time is answered from memory. A change made here takes effect
//! at once; one made by another process (the command line, another node) within seconds.

use crate::{
    Backend, Change, Identity, Refused, Result,
    accounts::checked_name,
    clock,
    error::{not_found, refuse},
    plans::{self, Plan},
    secrets,
    storage::{
        StorageError, sites,
        tenants::{self, Setting, Tenant},
    },
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tincan_signaling::{Code, Entitlements, TenantId, Timestamp};

/// A tenant as its staff and our own pages may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantView {
    pub id: TenantId,
    pub name: String,
    /// The public key of the snippet. It names the tenant and gives no rights.
    pub key: String,
    pub plan: Plan,
    /// What the plan gives, narrowed by the tenant's own settings.
    pub entitlements: Entitlements,
    /// The tenant's own switch for calls.
    pub voice_switch: bool,
    pub theme: Theme,
    pub created_at: Timestamp,
}

/// How a tenant's widget looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    /// 0 to 359.
    pub hue: u16,
    /// 0 to 0.16.
    pub chroma: f64,
    /// Words on the launcher beside its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
}

impl Default for Theme {
    fn default() -> Self {
        Self { hue: 218, chroma: 0.1, launcher: None }
    }
}

/// Tenants in memory.
#[derive(Default)]
pub(crate) struct Tenants {
    cache: RwLock<Cache>,
}

#[derive(Default)]
struct Cache {
    /// Counts invalidations: what was read before one is not kept after it.
    generation: u64,
    loaded: HashMap<TenantId, Arc<Loaded>>,
    /// A key never changes its tenant.
    by_key: HashMap<String, TenantId>,
}

/// A tenant as it was a moment ago.
#[derive(PartialEq)]
pub(crate) struct Loaded {
    pub(crate) view: TenantView,
    pub(crate) origins: Vec<String>,
}

impl Backend {
    /// Adds a tenant with calls switched on, as far as the plan has them.
    pub async fn create_tenant(&self, by: &Identity, name: &str, plan: Plan) -> Result<TenantView> {
        by.must_be_operator()?;
        let theme = Theme::default();
        let row = Tenant {
            id: self.new_id(),
            name: checked_name(name)?,
            public_key: secrets::public_key(),
            plan: plan.as_str().to_owned(),
            voice_enabled: true,
            theme_hue: theme.hue.into(),
            theme_chroma: theme.chroma,
            theme_launcher: theme.launcher,
            created_at: self.inner.clock.utc(),
        };
        let mut tx = self.begin().await?;
        tenants::insert(&mut tx, &row).await?;
        self.record(&mut tx, by, Some(TenantId(row.id)), "tenant.create", plan.as_str()).await?;
        tx.commit().await?;
        view(row)
    }

    /// The tenant that a public key names.
    pub async fn tenant_by_key(&self, key: &str) -> Result<TenantId> {
        if let Some(tenant) = self.inner.tenants.read().by_key.get(key) {
            return Ok(*tenant);
        }
        if key.len() > MAX_KEY || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return not_found("tenant");
        }
        let Some(row) = tenants::find_by_key(self.db(), key).await? else { return not_found("tenant") };
        let tenant = TenantId(row.id);
        self.inner.tenants.write().by_key.insert(row.public_key, tenant);
        Ok(tenant)
    }

    /// A tenant. For pages of its own staff: whoever asks is checked by the caller's session.
    pub async fn tenant_view(&self, tenant: TenantId) -> Result<TenantView> {
        Ok(self.tenant(tenant).await?.view.clone())
    }

    /// All tenants, for operators and the console.
    pub async fn tenants(&self, by: &Identity) -> Result<Vec<TenantView>> {
        by.must_be_operator()?;
        tenants::all(self.db()).await?.into_iter().map(view).collect()
    }

    /// What a tenant may use.
    pub async fn entitlements(&self, tenant: TenantId) -> Result<Entitlements> {
        Ok(self.tenant(tenant).await?.view.entitlements.clone())
    }

    /// The tenant's own switch for calls. It cannot give what the plan does not.
    pub async fn set_voice(&self, by: &Identity, tenant: TenantId, on: bool) -> Result<TenantView> {
        by.must_administer(tenant)?;
        if on && !self.tenant(tenant).await?.view.plan.gives().voice_enabled {
            return Err(tincan_signaling::Denied::VoiceNotEnabled.into());
        }
        self.set(by, tenant, Setting::VoiceEnabled(on), "tenant.voice", if on { "on" } else { "off" }).await
    }

    /// What the tenant has bought; for operators and the console.
    pub async fn set_plan(&self, by: &Identity, tenant: TenantId, plan: Plan) -> Result<TenantView> {
        by.must_be_operator()?;
        self.set(by, tenant, Setting::Plan(plan.as_str()), "tenant.plan", plan.as_str()).await
    }

    /// How the widget looks.
    pub async fn set_theme(&self, by: &Identity, tenant: TenantId, theme: Theme) -> Result<TenantView> {
        by.must_administer(tenant)?;
        if theme.hue >= 360 || !(0.0..=0.16).contains(&theme.chroma) {
            return refuse(Code::BadRequest, "A hue is 0 to 359 and a chroma 0 to 0.16.");
        }
        let launcher = theme.launcher.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
        if launcher
            .as_ref()
            .is_some_and(|words| words.chars().count() > 40 || words.contains(char::is_control))
        {
            return refuse(Code::BadRequest, "The launcher's words have at most 40 characters.");
        }
        let setting = Setting::Theme { hue: theme.hue.into(), chroma: theme.chroma, launcher };
        self.set(by, tenant, setting, "tenant.theme", "").await
    }

    /// A tenant from memory, or from the database when it is not there.
    pub(crate) async fn tenant(&self, tenant: TenantId) -> Result<Arc<Loaded>> {
        let generation = {
            let cache = self.inner.tenants.read();
            if let Some(loaded) = cache.loaded.get(&tenant) {
                return Ok(Arc::clone(loaded));
            }
            cache.generation
        };
        let loaded = Arc::new(self.load_tenant(tenant).await?);
        let mut cache = self.inner.tenants.write();
        if cache.generation == generation {
            cache.loaded.insert(tenant, Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    /// Reads a tenant again after a change, and tells everybody what is different.
    pub(crate) async fn reload_tenant(&self, tenant: TenantId) -> Result<Arc<Loaded>> {
        let before = {
            let mut cache = self.inner.tenants.write();
            cache.generation += 1;
            cache.loaded.remove(&tenant)
        };
        let now = self.tenant(tenant).await?;
        // Who was not in memory was asked by nobody, except that a change made right now may race
        // with the first to ask: then everything is told, which does no harm.
        let before = before.as_deref();
        if before.is_none_or(|before| before.view.entitlements != now.view.entitlements) {
            self.announce(Change::Entitlements { tenant });
        }
        if before.is_none_or(|before| before.origins != now.origins) {
            self.announce(Change::Origins { tenant });
        }
        if before.is_none_or(|before| before.view != now.view) {
            self.announce(Change::Tenant { tenant });
        }
        Ok(now)
    }

    /// Takes in what other processes changed about tenants that are in memory.
    pub(crate) async fn refresh_tenants(&self) -> Result<()> {
        let held: Vec<(TenantId, Arc<Loaded>)> =
            self.inner.tenants.read().loaded.iter().map(|(id, loaded)| (*id, Arc::clone(loaded))).collect();
        for (tenant, held) in held {
            if self.load_tenant(tenant).await? != *held {
                self.reload_tenant(tenant).await?;
            }
        }
        Ok(())
    }

    async fn load_tenant(&self, tenant: TenantId) -> Result<Loaded> {
        let Some(row) = tenants::find(self.db(), tenant.0).await? else { return not_found("tenant") };
        let origins = sites::all(self.db(), tenant.0).await?;
        Ok(Loaded { view: view(row)?, origins })
    }

    async fn set(
        &self,
        by: &Identity,
        tenant: TenantId,
        setting: Setting,
        action: &str,
        target: &str,
    ) -> Result<TenantView> {
        let mut tx = self.begin().await?;
        if !tenants::lock(&mut tx, tenant.0).await? {
            return not_found("tenant");
        }
        tenants::set(&mut tx, tenant.0, setting).await?;
        self.record(&mut tx, by, Some(tenant), action, target).await?;
        tx.commit().await?;
        Ok(self.reload_tenant(tenant).await?.view.clone())
    }
}

impl Tenants {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Cache> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Cache> {
        self.cache.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the tenant of a row may use.
pub(crate) fn entitlements_of(row: &Tenant) -> Result<Entitlements> {
    Ok(plans::entitlements(plan_of(row)?, row.voice_enabled))
}

fn plan_of(row: &Tenant) -> Result<Plan> {
    Plan::ALL.into_iter().find(|plan| plan.as_str() == row.plan).ok_or_else(|| {
        Refused::from(StorageError::Inconsistent { table: "tenants", id: row.id.to_string(), column: "plan" })
    })
}

fn view(row: Tenant) -> Result<TenantView> {
    Ok(TenantView {
        id: TenantId(row.id),
        plan: plan_of(&row)?,
        entitlements: entitlements_of(&row)?,
        name: row.name,
        key: row.public_key,
        voice_switch: row.voice_enabled,
        theme: Theme {
            hue: row.theme_hue.rem_euclid(360) as u16,
            chroma: row.theme_chroma,
            launcher: row.theme_launcher,
        },
        created_at: clock::to_wire(row.created_at),
    })
}

const MAX_KEY: usize = 64;
/// How soon changes of other processes are taken in.
pub(crate) const REFRESH: Duration = Duration::from_secs(5);
