//! The use cases, on every database that is at hand.

mod calls;
mod demo;
mod messages;
mod sign_in;
mod tenants;
mod users;
mod widget;

use crate::{
    Backend, BackendConfig, Change, Clock, Device, Identity, Refused, Result,
    accounts::{NewUser, SignedIn, UserView},
    plans::Plan,
    rooms::{NewMessage, RoomInfo, Stored},
    storage::test_db::TestDb,
    tenants::TenantView,
    widget::VisitorSession,
};
use std::time::Duration;
use tempfile::TempDir;
use tincan_signaling::{Code, EventId, Timestamp, event::Role};
use tokio::sync::broadcast;

/// A backend with a clock that stands still.
pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) clock: Clock,
    pub(crate) config: BackendConfig,
    _dir: TempDir,
}

/// Runs a test on a fresh backend over each database.
pub(crate) async fn on_each_database(test: impl AsyncFn(&World)) {
    for db in TestDb::each().await {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::standing_at(Timestamp(1_800_000_000_000));
        let mut config = BackendConfig::new(dir.path(), "http://127.0.0.1:7000");
        config.database_url = db.url();
        let backend = Backend::open(config.clone(), clock.clone()).await.unwrap();
        let world = World { backend, clock, config, _dir: dir };
        Box::pin(test(&world)).await;
        world.backend.close().await;
        db.drop_it().await;
    }
}

impl World {
    /// Another process on the same data.
    pub(crate) async fn reopened(&self) -> Backend {
        Backend::open(self.config.clone(), self.clock.clone()).await.unwrap()
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn tenant(&self, plan: Plan) -> TenantView {
        self.backend.create_tenant(&Identity::console(), "Test & Co", plan).await.unwrap()
    }

    pub(crate) async fn user(&self, tenant: &TenantView, email: &str, role: Role) -> UserView {
        let new = NewUser {
            tenant: Some(tenant.id),
            email: email.into(),
            name: format!("{} One", role.as_str()),
            role,
            password: Some(PASSWORD.into()),
        };
        self.backend.create_user(&Identity::console(), new).await.unwrap().user
    }

    pub(crate) async fn sign_in(&self, email: &str) -> SignedIn {
        self.backend.login(email, PASSWORD, &device()).await.unwrap()
    }

    /// A user of a tenant, signed in.
    pub(crate) async fn staff(&self, tenant: &TenantView, email: &str, role: Role) -> Identity {
        self.user(tenant, email, role).await;
        self.backend.verify(&self.sign_in(email).await.access_token).unwrap()
    }

    pub(crate) async fn visitor(&self, tenant: &TenantView) -> (Identity, VisitorSession) {
        let session = self.backend.widget_session(&tenant.key, None).await.unwrap();
        (self.backend.verify(&session.token).unwrap(), session)
    }

    pub(crate) async fn say(&self, who: &Identity, room: &RoomInfo, text: &str) -> Result<Stored> {
        self.backend.store_message(room, self.message(who, text)).await
    }

    pub(crate) fn message(&self, who: &Identity, text: &str) -> NewMessage {
        NewMessage { id: EventId(self.backend.new_id()), from: who.sender(None), text: text.into() }
    }
}

pub(crate) fn device() -> Device {
    Device::dashboard(Some("203.0.113.77".parse().unwrap()), "Test")
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    match result.unwrap_err() {
        Refused::Refusal(refusal) => refusal.code,
        Refused::Internal(error) => panic!("{error}"),
    }
}

pub(crate) fn heard(changes: &mut broadcast::Receiver<Change>) -> Vec<Change> {
    std::iter::from_fn(|| changes.try_recv().ok()).collect()
}

pub(crate) const PASSWORD: &str = "correct horse battery";
