//! A server on a port of its own, and a client that speaks 2.0.0 text frames.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tincan_backend::{
    Backend, BackendConfig, Clock, Device, Identity, accounts::NewUser, plans::Plan, widget::VisitorSession,
};
use tincan_relay::{Limits, Relay, RelayConfig, log::LocalLog};
use tincan_signaling::{TenantId, event::Role};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};
use uuid::Uuid;

pub(crate) const ORIGIN: &str = "http://127.0.0.1:1";

/// One running server with two tenants.
pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) relay: Relay,
    pub(crate) addr: SocketAddr,
    pub(crate) tenant: Tenant,
    pub(crate) other: Tenant,
    pub(crate) folder: TempDir,
    pub(crate) log: Arc<LocalLog>,
    limits: Limits,
    server: JoinHandle<()>,
}

pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) key: String,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    /// With other numbers than the usual.
    pub(crate) async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(&folder).await;
        let console = Identity::console();
        let mut tenants = Vec::new();
        for (name, plan) in [("One", Plan::Premium), ("Two", Plan::Premium)] {
            let view = backend.create_tenant(&console, name, plan).await.unwrap();
            tenants.push(Tenant { id: view.id, key: view.key });
        }
        let log = Arc::new(LocalLog::default());
        let (relay, addr, server) = serve(&backend, limits.clone(), log.clone()).await;
        let (other, tenant) = (tenants.pop().unwrap(), tenants.pop().unwrap());
        Self { backend, relay, addr, tenant, other, folder, log, limits, server }
    }

    /// The process dies and a new one starts on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.relay.drain(Duration::from_millis(10)).await;
        self.server.abort();
        self.backend.close().await;
        self.backend = open(&self.folder).await;
        self.log = Arc::new(LocalLog::default());
        (self.relay, self.addr, self.server) =
            serve(&self.backend, self.limits.clone(), self.log.clone()).await;
    }

    /// A new agent of a tenant, signed in: the access token and the user's id.
    pub(crate) async fn agent(&self, tenant: &Tenant, name: &str) -> (String, Uuid) {
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        let new = NewUser {
            tenant: Some(tenant.id),
            email: email.clone(),
            name: name.into(),
            role: Role::Agent,
            password: Some("correct horse battery".into()),
        };
        let created = self.backend.create_user(&Identity::console(), new).await.unwrap();
        let device = Device::dashboard(None, "test");
        let signed = self.backend.login(&email, "correct horse battery", &device).await.unwrap();
        (signed.access_token, created.user.id.0)
    }

    pub(crate) async fn visitor(&self, tenant: &Tenant) -> VisitorSession {
        self.backend.widget_session(&tenant.key, None).await.unwrap()
    }

    pub(crate) async fn connect(&self, key: &str) -> Client {
        self.try_connect(&format!("apikey={key}&vsn=2.0.0")).await.unwrap()
    }

    pub(crate) async fn try_connect(&self, query: &str) -> Result<Client, Error> {
        self.connect_from(query, None).await
    }

    pub(crate) async fn connect_from(&self, query: &str, origin: Option<&str>) -> Result<Client, Error> {
        let url = format!("ws://{}/realtime/v1/websocket?{query}", self.addr);
        let mut request = url.into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let (stream, _) = connect_async(request).await?;
        Ok(Client { stream, next_ref: 0, inbox: Vec::new() })
    }

    /// A ready agent in its lobby.
    pub(crate) async fn ready_agent(&self, name: &str) -> (Client, String, Uuid) {
        let (token, id) = self.agent(&self.tenant, name).await;
        let mut client = self.connect("dashboard").await;
        let lobby = lobby(&self.tenant);
        client.join(&lobby, &token).await;
        client.presence(&lobby, json!({"status": "ready"})).await;
        (client, token, id)
    }
}

async fn open(folder: &TempDir) -> Backend {
    let config = BackendConfig::new(folder.path(), ORIGIN);
    Backend::open(config, Clock::system()).await.unwrap()
}

async fn serve(backend: &Backend, limits: Limits, log: Arc<LocalLog>) -> (Relay, SocketAddr, JoinHandle<()>) {
    let config = RelayConfig { limits, ..RelayConfig::new(ORIGIN) };
    let relay = Relay::start(backend.clone(), config, log).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, router) = (listener.local_addr().unwrap(), relay.router());
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (relay, addr, server)
}

pub(crate) fn room(session: &VisitorSession) -> String {
    format!("realtime:{}", session.topic)
}

pub(crate) fn lobby(tenant: &Tenant) -> String {
    format!("realtime:tenant_{}", tenant.id)
}

pub(crate) fn id() -> Uuid {
    Uuid::new_v4()
}

/// A socket with everything it has received and nobody has asked for yet.
pub(crate) struct Client {
    stream: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
    next_ref: u64,
    inbox: Vec<Value>,
}

impl Client {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn raw(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    fn fresh(&mut self) -> String {
        self.next_ref += 1;
        self.next_ref.to_string()
    }

    /// Joins with ack and own events, and gives the response.
    pub(crate) async fn join(&mut self, topic: &str, token: &str) -> Value {
        let broadcast = json!({"ack": true, "self": true});
        self.join_with(topic, json!({"config": {"broadcast": broadcast}, "access_token": token})).await
    }

    pub(crate) async fn join_with(&mut self, topic: &str, payload: Value) -> Value {
        let reference = self.fresh();
        self.send(json!([reference, reference, topic, "phx_join", payload])).await;
        self.reply(&reference).await
    }

    /// Pushes a broadcast and gives the reply.
    pub(crate) async fn push(&mut self, topic: &str, event: &str, payload: Value) -> Value {
        let reference = self.fresh();
        let payload = json!({"type": "broadcast", "event": event, "payload": payload});
        self.send(json!(["1", reference, topic, "broadcast", payload])).await;
        self.reply(&reference).await
    }

    pub(crate) async fn presence(&mut self, topic: &str, payload: Value) -> Value {
        let reference = self.fresh();
        let payload = json!({"type": "presence", "event": "track", "payload": payload});
        self.send(json!(["1", reference, topic, "presence", payload])).await;
        self.reply(&reference).await
    }

    /// The payload of the reply to `reference`.
    pub(crate) async fn reply(&mut self, reference: &str) -> Value {
        self.take(|frame| frame[3] == "phx_reply" && frame[1] == reference).await[4].clone()
    }

    /// The next broadcast of this event: its payload, with `meta` put into it.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        let frame = self.take(|frame| frame[3] == "broadcast" && frame[4]["event"] == event).await;
        let mut payload = frame[4]["payload"].clone();
        payload["meta"] = frame[4]["meta"].clone();
        payload
    }

    /// The next frame with this channel event.
    pub(crate) async fn frame(&mut self, event: &str) -> Value {
        self.take(|frame| frame[3] == event).await
    }

    /// Whether such a broadcast came before the answer to a heartbeat sent now.
    pub(crate) async fn heard(&mut self, event: &str) -> bool {
        let reference = self.fresh();
        self.send(json!([null, reference, "phoenix", "heartbeat", {}])).await;
        self.reply(&reference).await;
        self.inbox.iter().any(|frame| frame[3] == "broadcast" && frame[4]["event"] == event)
    }

    async fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.inbox.iter().position(&wanted) {
            return self.inbox.remove(at);
        }
        loop {
            let waited = tokio::time::timeout(Duration::from_secs(15), self.stream.next()).await;
            let message = waited.unwrap_or_else(|_| panic!("nothing came; there is {:#?}", self.inbox));
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if wanted(&frame) {
                        return frame;
                    }
                    self.inbox.push(frame);
                }
                Some(Ok(_)) => {}
                ended => panic!("the socket ended: {ended:?}; there is {:#?}", self.inbox),
            }
        }
    }

    /// Waits for the close frame: its code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(Duration::from_secs(15), self.stream.next()).await.unwrap() {
                Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub(crate) async fn hang_up(mut self) {
        // The server sees the end either way.
        let _closed = self.stream.close(None).await;
    }
}
