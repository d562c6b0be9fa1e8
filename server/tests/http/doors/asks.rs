//! Every path of the server: which methods it takes, and what is asked of whoever comes.

use super::scene::{Scene, Who};
use crate::app::TestApp;
use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, COOKIE, ORIGIN},
};
use serde_json::{Value, json};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nobody is asked who they are: a token, good or bad, changes nothing.
    Open,
    /// Files; they know their methods themselves.
    Files,
    /// A socket is opened there.
    Socket,
    /// Answers whoever may with a page, and leads others to sign in.
    Page,
    /// The HTTP API, with `Authorization` or the cookie.
    Api,
    /// A server function, with `Authorization` or the cookie.
    Function,
    /// What clients of the socket fall back to, with `Authorization` or an `apikey`.
    Fallback,
}

/// Whom a door lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// Somebody of any tenant.
    Tenant,
    /// The conversation's visitor, and the tenant's staff.
    Conversation,
    /// Staff of any tenant; they see their own.
    Staff,
    /// Staff, of the conversation's tenant.
    OwnStaff,
    /// Admins of any tenant, who change their own.
    Admin,
    /// Admins of the tenant whose user is meant.
    OwnAdmin,
    /// Admins, and operators.
    Auditor,
}

impl Need {
    pub(crate) fn is_met_by(self, who: Who) -> bool {
        let staff = matches!(who, Who::Agent | Who::Manager | Who::Admin);
        match self {
            Self::Nothing => true,
            Self::Tenant => who != Who::Operator,
            Self::Conversation => staff || who == Who::Visitor,
            Self::Staff => staff || who == Who::ForeignAdmin,
            Self::OwnStaff => staff,
            Self::Admin => matches!(who, Who::Admin | Who::ForeignAdmin),
            Self::OwnAdmin => who == Who::Admin,
            Self::Auditor => matches!(who, Who::Admin | Who::ForeignAdmin | Who::Operator),
        }
    }
}

/// One method of one path.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// As the router knows it.
    pub(crate) path: &'static str,
    pub(crate) door: Door,
    pub(crate) need: Need,
    pub(crate) filled: String,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Json(Value),
    Form(String),
}

/// How a token is brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Bearer,
    Cookie,
    KeyHeader,
    KeyQuery,
}

impl Ask {
    /// All the ways in which a token reaches this door.
    pub(crate) fn carriers(&self) -> &'static [Carrier] {
        match self.door {
            Door::Page | Door::Api | Door::Function => &[Carrier::Bearer, Carrier::Cookie],
            Door::Fallback => &[Carrier::Bearer, Carrier::KeyHeader, Carrier::KeyQuery],
            Door::Open | Door::Files | Door::Socket => &[],
        }
    }

    /// Whether a request with the right token would change something.
    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// The request of somebody without a token.
    pub(crate) fn bare(&self, app: &TestApp) -> RequestBuilder {
        self.to(app, &self.filled)
    }

    /// The request with a token, from our own pages.
    pub(crate) fn with(&self, app: &TestApp, carrier: Carrier, token: &str) -> RequestBuilder {
        match carrier {
            Carrier::Bearer => self.bare(app).header(AUTHORIZATION, format!("Bearer {token}")),
            Carrier::Cookie => {
                let cookie = format!("__Host-tincan={token}");
                self.bare(app).header(COOKIE, cookie).header(ORIGIN, app.url.origin())
            }
            Carrier::KeyHeader => self.bare(app).header("apikey", token),
            Carrier::KeyQuery => self.to(app, &format!("{}?apikey={}", self.filled, quoted(token))),
        }
    }

    fn to(&self, app: &TestApp, path: &str) -> RequestBuilder {
        let request = app.client.request(self.method.clone(), format!("{}{path}", app.url));
        match &self.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::Form(form) => {
                request.header("content-type", "application/x-www-form-urlencoded").body(form.clone())
            }
        }
    }
}

/// For the query of an address.
pub(crate) fn quoted(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The table. A path that is not in it fails the test that compares it with the router.
pub(crate) fn all(scene: &Scene) -> Vec<Ask> {
    let session = scene.visitor.session_id;
    let (key, target) = (&scene.app.demo.tenant_key, scene.target);
    let site = quoted(&scene.app.url.sample_site());
    let get = |path, door, need, filled: String| Ask {
        method: Method::GET,
        path,
        door,
        need,
        filled,
        body: Body::Nothing,
    };
    let open = |path: &'static str| get(path, Door::Open, Need::Nothing, path.to_owned());
    let files = |path: &'static str| get(path, Door::Files, Need::Nothing, path.to_owned());
    let socket = |path: &'static str| get(path, Door::Socket, Need::Nothing, path.to_owned());
    let page = |path: &'static str| get(path, Door::Page, Need::Nothing, path.to_owned());
    let read =
        |path: &'static str, need, query: String| get(path, Door::Function, need, format!("{path}{query}"));
    let post = |path: &'static str, door, need, filled: &str, body| Ask {
        method: Method::POST,
        path,
        door,
        need,
        filled: filled.to_owned(),
        body,
    };
    let function =
        |path: &'static str, need, form: String| post(path, Door::Function, need, path, Body::Form(form));
    let fallback = |path: &'static str, one: bool| {
        let said = json!({"id": scene.app.backend.new_id(), "text": "let me in"});
        let (filled, body) = if one {
            let path = path.replace("{topic}", &scene.visitor.topic).replace("{event}", "message");
            (path, said)
        } else {
            let message = json!({"topic": scene.visitor.topic, "event": "message", "payload": said});
            (path.to_owned(), json!({"messages": [message]}))
        };
        post(path, Door::Fallback, Need::Conversation, &filled, Body::Json(body))
    };
    let credentials = json!({"email": "nobody@example.com", "password": "let me in"});
    vec![
        open("/"),
        open("/login"),
        page("/dashboard"),
        page("/admin"),
        post("/login", Door::Open, Need::Nothing, "/login", Body::Form("email=a&password=b".into())),
        open("/api/auth/continue"),
        post("/api/auth/login", Door::Open, Need::Nothing, "/api/auth/login", Body::Json(credentials)),
        post("/api/auth/logout", Door::Open, Need::Nothing, "/api/auth/logout", Body::Nothing),
        post("/api/auth/refresh", Door::Open, Need::Nothing, "/api/auth/refresh", Body::Nothing),
        get("/api/widget/config", Door::Open, Need::Nothing, format!("/api/widget/config?key={key}")),
        post(
            "/api/widget/sessions",
            Door::Open,
            Need::Nothing,
            "/api/widget/sessions",
            Body::Json(json!({"key": key})),
        ),
        get("/api/chat-sessions", Door::Api, Need::Tenant, "/api/chat-sessions".into()),
        get(
            "/api/chat-sessions/{id}/messages",
            Door::Api,
            Need::Conversation,
            format!("/api/chat-sessions/{session}/messages"),
        ),
        post(
            "/api/turn-credentials",
            Door::Api,
            Need::Tenant,
            "/api/turn-credentials",
            Body::Json(json!({"purpose": "test"})),
        ),
        get("/api/audit-log", Door::Api, Need::Auditor, "/api/audit-log".into()),
        open("/api/openapi.json"),
        open("/healthz"),
        open("/readyz"),
        get("/widget/{key}", Door::Open, Need::Nothing, format!("/widget/{key}")),
        open("/demo"),
        open("/demo/"),
        open("/demo/pans"),
        files("/pkg"),
        files("/embed.js"),
        files("/favicon.svg"),
        files("/favicon.ico"),
        files("/icons.svg"),
        read("/sfn/sessions", Need::Staff, String::new()),
        read("/sfn/conversation", Need::OwnStaff, format!("?session={session}")),
        read("/sfn/last-words", Need::OwnStaff, format!("?session={session}")),
        read("/sfn/my-call", Need::Staff, String::new()),
        read("/sfn/origins", Need::Staff, String::new()),
        read("/sfn/tenant", Need::Staff, String::new()),
        read("/sfn/users", Need::Staff, String::new()),
        function("/sfn/add-origin", Need::Admin, "origin=https%3A%2F%2Fmine.example".into()),
        function("/sfn/set-voice", Need::Admin, "on=false".into()),
        function("/sfn/add-user", Need::Admin, "name=New&email=new%40x.example&role=admin".into()),
        function("/sfn/reset-password", Need::OwnAdmin, format!("user={target}")),
        function("/sfn/set-user-role", Need::OwnAdmin, format!("user={target}&role=manager")),
        function("/sfn/set-user-enabled", Need::OwnAdmin, format!("user={target}&enabled=false")),
        function("/sfn/remove-origin", Need::Admin, format!("origin={site}")),
        socket("/realtime/v1/websocket"),
        socket("/socket/websocket"),
        fallback("/api/broadcast", false),
        fallback("/realtime/v1/api/broadcast", false),
        fallback("/api/broadcast/{topic}/events/{event}", true),
        fallback("/realtime/v1/api/broadcast/{topic}/events/{event}", true),
    ]
}
