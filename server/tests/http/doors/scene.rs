//! Two tenants, their people and a conversation; and all that must not change when somebody is sent
//! away.

use crate::app::{SignedIn, TestApp};
use serde_json::{Value, json};
use tincan_backend::{
    Clock, Identity,
    accounts::NewUser,
    demo::Credentials,
    rooms::{NewMessage, Part},
    widget::VisitorSession,
};
use tincan_signaling::{EventId, TenantId, Timestamp, UserId, event::Role};

/// Who is who.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The visitor of the conversation.
    Visitor,
    /// Another visitor of the same tenant.
    OtherVisitor,
    Agent,
    Manager,
    Admin,
    /// Of another tenant.
    ForeignVisitor,
    ForeignAdmin,
    /// Of the instance, and of no tenant.
    Operator,
}

impl Who {
    pub(crate) const ALL: [Self; 8] = [
        Self::Visitor,
        Self::OtherVisitor,
        Self::Agent,
        Self::Manager,
        Self::Admin,
        Self::ForeignVisitor,
        Self::ForeignAdmin,
        Self::Operator,
    ];
}

/// A server on a clock that stands still.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) clock: Clock,
    pub(crate) tenant: TenantId,
    pub(crate) visitor: VisitorSession,
    pub(crate) admin: SignedIn,
    /// The agent at whom the functions of the admin page are aimed.
    pub(crate) target: UserId,
    /// Of the admin, signed with a key that was dropped since.
    pub(crate) of_dropped_key: String,
    tokens: Vec<(Who, String)>,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        let clock = Clock::standing_at(Timestamp(1_800_000_000_000));
        let app = TestApp::on(clock.clone(), &UNHURRIED).await;
        let demo = app.demo.clone();
        let (key, foreign_key) = (&demo.tenant_key, &demo.other_tenant.tenant_key);
        let of_dropped_key = app.sign_in(&demo.admin).await.token().to_owned();
        app.backend.rotate_keys(&Identity::console(), true).await.unwrap();
        let tenant = app.backend.tenant_by_key(key).await.unwrap();
        let foreign = app.backend.tenant_by_key(foreign_key).await.unwrap();
        let session = async |key: &str| app.backend.widget_session(key, None).await.unwrap();
        let visitor = session(key).await;
        say_hello(&app, &visitor).await;
        let admin = app.sign_in(&demo.admin).await;
        let foreign_admin = add(&app, Some(foreign), "admin@harbour-bikes.example", Role::Admin).await;
        let operator = add(&app, None, "operator@instance.example", Role::Operator).await;
        let target = app.backend.user_by_email(&Identity::console(), &demo.agents[1].email).await.unwrap().id;
        let token = async |who: &Credentials| app.sign_in(who).await.token().to_owned();
        let tokens = vec![
            (Who::Visitor, visitor.token.clone()),
            (Who::OtherVisitor, session(key).await.token),
            (Who::Agent, token(&demo.agents[0]).await),
            (Who::Manager, token(&demo.manager).await),
            (Who::Admin, admin.token().to_owned()),
            (Who::ForeignVisitor, session(foreign_key).await.token),
            (Who::ForeignAdmin, token(&foreign_admin).await),
            (Who::Operator, token(&operator).await),
        ];
        Self { app, clock, tenant, visitor, admin, target, of_dropped_key, tokens }
    }

    pub(crate) fn token(&self, who: Who) -> &str {
        &self.tokens.iter().find(|(known, _)| *known == who).unwrap().1
    }

    pub(crate) fn room(&self) -> String {
        format!("realtime:{}", self.visitor.topic)
    }

    pub(crate) fn lobby(&self) -> String {
        format!("realtime:tenant_{}", self.tenant)
    }

    /// A user of the tenant whose role and rights may be taken, signed in.
    pub(crate) async fn colleague(&self, email: &str, role: Role) -> (UserId, SignedIn) {
        let credentials = add(&self.app, Some(self.tenant), email, role).await;
        let user = self.app.backend.user_by_email(&Identity::console(), email).await.unwrap();
        (user.id, self.app.sign_in(&credentials).await)
    }

    /// Everything that somebody who was sent away must not have changed.
    pub(crate) async fn state(&self) -> Value {
        let (backend, by) = (&self.app.backend, Identity::console());
        let admin = backend.verify(self.token(Who::Admin)).unwrap();
        let session = self.visitor.session_id;
        json!({
            "users": backend.list_users(&by, self.tenant).await.unwrap(),
            "origins": backend.origins(self.tenant).await.unwrap(),
            "tenant": backend.tenant_view(self.tenant).await.unwrap(),
            "sessions": backend.chat_sessions(&admin, None, 100).await.unwrap(),
            "said": backend.messages(&admin, session, Part::Latest, 100).await.unwrap(),
            "noted": backend.audit_log(&by, Some(self.tenant), None, 200).await.unwrap(),
            "noted of none": backend.audit_log(&by, None, None, 200).await.unwrap(),
        })
    }
}

async fn say_hello(app: &TestApp, visitor: &VisitorSession) {
    let identity = app.backend.verify(&visitor.token).unwrap();
    let room = app.backend.room_access(&identity, visitor.session_id).await.unwrap();
    let id = EventId(app.backend.new_id());
    let message = NewMessage { id, from: identity.sender(None), text: "Hello".to_owned() };
    app.backend.store_message(&room, message).await.unwrap();
}

async fn add(app: &TestApp, tenant: Option<TenantId>, email: &str, role: Role) -> Credentials {
    let password = "correct horse battery".to_owned();
    let new = NewUser {
        tenant,
        email: email.to_owned(),
        name: "Somebody".to_owned(),
        role,
        password: Some(password.clone()),
    };
    app.backend.create_user(&Identity::console(), new).await.unwrap();
    Credentials { email: email.to_owned(), password }
}

/// Thousands knock from one address here.
const UNHURRIED: [(&str, &str); 3] = [
    ("limits.socket.upgrades.burst", "100000"),
    ("limits.socket.upgrades.per_second", "1000"),
    ("limits.socket.sockets_per_person", "2000"),
];
