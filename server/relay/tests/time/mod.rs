//! What the relay does because time goes by: logs that live, rings that age, sockets that are read
//! more slowly. The clock is paused and jumps to the next timer, and the backend's follows it; the
//! socket's task is the real one, with a pipe for a WebSocket.

use crate::{Levels, Limits, Rate, Rates, Relay, RelayConfig, channel::Greeting, log::LocalLog, socket};
use axum::extract::ws::Message;
use futures::{Sink, Stream};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tempfile::TempDir;
use tincan_backend::{
    Backend, BackendConfig, Clock, Device, Identity, accounts::NewUser, plans::Plan, weather,
    widget::VisitorSession,
};
use tincan_signaling::{TenantId, Timestamp, event::Role, frame::Version};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use uuid::Uuid;

/// A server on a clock that stands still while anything can run.
struct World {
    relay: Relay,
    backend: Backend,
    log: Arc<LocalLog>,
    tenant: TenantId,
    key: String,
    _folder: TempDir,
}

impl World {
    async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        weather::set(Some(Box::new(|_| weather::Meets::default())));
        let clock = Clock::of_runtime(Timestamp(1_763_700_000_000), 1);
        let backend = Backend::open(BackendConfig::new(folder.path(), "http://127.0.0.1:1"), clock).await;
        let backend = backend.unwrap();
        let tenant = backend.create_tenant(&Identity::console(), "One", Plan::Premium).await.unwrap();
        let log = Arc::new(LocalLog::default());
        let config = RelayConfig { limits, ..RelayConfig::new("http://127.0.0.1:1") };
        let relay = Relay::start(backend.clone(), config, log.clone()).await.unwrap();
        Self { relay, backend, log, tenant: tenant.id, key: tenant.key, _folder: folder }
    }

    async fn visitor(&self) -> VisitorSession {
        self.backend.widget_session(&self.key, None).await.unwrap()
    }

    async fn agent(&self) -> String {
        let new = NewUser {
            tenant: Some(self.tenant),
            email: "one@example.com".into(),
            name: "Agent One".into(),
            role: Role::Agent,
            password: Some("correct horse battery".into()),
        };
        self.backend.create_user(&Identity::console(), new).await.unwrap();
        let device = Device::dashboard(None, "test");
        self.backend.login("one@example.com", "correct horse battery", &device).await.unwrap().access_token
    }

    fn connect(&self) -> Client {
        let hub = self.relay.hub.clone();
        let (outbox, queue) = hub.connect(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(self.tenant)).unwrap();
        let (up, incoming) = mpsc::unbounded_channel();
        let (outgoing, down) = mpsc::unbounded_channel();
        let greeting = Greeting { version: Version::V2, tenant: Some(self.tenant), token: None };
        tokio::spawn(socket::run(hub, Pipe { incoming, outgoing }, outbox, queue, greeting));
        Client { up, down, inbox: VecDeque::new(), next: 0 }
    }

    fn levels(&self) -> Levels {
        self.relay.levels()
    }
}

/// The relay's end of a pipe.
struct Pipe {
    incoming: mpsc::UnboundedReceiver<Message>,
    outgoing: mpsc::UnboundedSender<Message>,
}

impl Stream for Pipe {
    type Item = Result<Message, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(context).map(|message| message.map(Ok))
    }
}

impl Sink<Message> for Pipe {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
        // The other end may be gone already.
        let _gone = self.outgoing.send(message);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

/// The other end.
struct Client {
    up: mpsc::UnboundedSender<Message>,
    down: mpsc::UnboundedReceiver<Message>,
    inbox: VecDeque<Value>,
    next: u64,
}

impl Client {
    fn send(&self, frame: &Value) {
        self.up.send(Message::text(frame.to_string())).unwrap();
    }

    async fn ask(&mut self, topic: &str, event: &str, payload: Value) -> Value {
        self.next += 1;
        let reference = self.next.to_string();
        self.send(&json!([reference, reference, topic, event, payload]));
        self.take(|frame| frame[3] == "phx_reply" && frame[1] == reference).await[4].clone()
    }

    async fn join(&mut self, topic: &str, token: &str) -> Value {
        self.join_after(topic, token, &json!({})).await
    }

    async fn join_after(&mut self, topic: &str, token: &str, replay: &Value) -> Value {
        let broadcast = json!({"ack": true, "self": true, "replay": replay});
        self.ask(topic, "phx_join", json!({"config": {"broadcast": broadcast}, "access_token": token})).await
    }

    async fn push(&mut self, topic: &str, event: &str, payload: Value) -> Value {
        self.ask(topic, "broadcast", json!({"type": "broadcast", "event": event, "payload": payload})).await
    }

    async fn event(&mut self, event: &str) -> Value {
        self.take(|frame| frame[3] == "broadcast" && frame[4]["event"] == event).await[4].clone()
    }

    async fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.inbox.iter().position(&wanted) {
            return self.inbox.remove(at).unwrap();
        }
        loop {
            let Some(message) = self.down.recv().await else { panic!("gone; there is {:#?}", self.inbox) };
            let Message::Text(text) = message else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if wanted(&frame) {
                return frame;
            }
            self.inbox.push_back(frame);
        }
    }

    /// Stays for so long, alive as a page is.
    async fn stay(&mut self, seconds: u64) {
        for _ in 0..seconds / 10 {
            sleep(Duration::from_secs(10)).await;
            self.ask("phoenix", "heartbeat", json!({})).await;
        }
    }

    /// The code with which the server closes the socket.
    async fn closed(&mut self) -> Option<u16> {
        while let Some(message) = self.down.recv().await {
            if let Message::Close(close) = message {
                return close.map(|close| close.code);
            }
        }
        None
    }
}

fn room(session: &VisitorSession) -> String {
    format!("realtime:{}", session.topic)
}

fn text() -> Value {
    json!({"id": Uuid::new_v4(), "text": "hello"})
}

#[tokio::test(start_paused = true)]
async fn a_log_lives_two_minutes_after_the_last_member_left() {
    let world = World::with(Limits::default()).await;
    let session = world.visitor().await;
    let topic = room(&session);
    let mut visitor = world.connect();
    let first = visitor.join(&topic, &session.token).await;
    visitor.push(&topic, "message", text()).await;
    drop(visitor);
    sleep(Duration::from_secs(119)).await;
    assert_eq!((world.levels().rooms, world.log.size()), (1, (1, 1)));
    let mut again = world.connect();
    let replay = json!({"after_seq": 0, "epoch": first["response"]["epoch"]});
    let second = again.join_after(&topic, &session.token, &replay).await;
    assert_eq!((&second["response"]["gap"], &second["response"]["seq"]), (&json!(false), &json!(1)));
    assert_eq!(again.event("message").await["meta"]["replayed"], true);
    drop(again);
    sleep(Duration::from_millis(119_900)).await;
    assert_eq!(world.levels().rooms, 1, "two minutes count from the last member");
    sleep(Duration::from_millis(200)).await;
    let gone = Levels { tenants: 1, ..Levels::default() };
    assert_eq!((world.levels(), world.log.size()), (gone, (0, 0)));
    let mut late = world.connect();
    let third = late.join_after(&topic, &session.token, &replay).await;
    assert_eq!(third["response"]["gap"], true, "another life of the log");
    assert_ne!(third["response"]["epoch"], first["response"]["epoch"]);
    sleep(Duration::from_secs(6)).await;
    drop(late);
    sleep(Duration::from_secs(130)).await;
    assert_eq!(world.levels(), Levels::default(), "a tenant that nobody is in is forgotten too");
}

#[tokio::test(start_paused = true)]
async fn a_log_lives_as_long_as_its_call() {
    let world = World::with(Limits { room_life_s: 5, ..Limits::default() }).await;
    let (session, token) = (world.visitor().await, world.agent().await);
    let (topic, lobby) = (room(&session), format!("realtime:tenant_{}", world.tenant));
    let (mut agent, mut visitor) = (world.connect(), world.connect());
    agent.join(&lobby, &token).await;
    let ready = json!({"type": "presence", "event": "track", "payload": {"status": "ready"}});
    agent.ask(&lobby, "presence", ready).await;
    visitor.join(&topic, &session.token).await;
    let call_id = Uuid::new_v4();
    let asked = visitor.push(&topic, "call_request", json!({"call_id": call_id})).await;
    assert_eq!(asked["status"], "ok", "{asked}");
    agent.join(&topic, &token).await;
    for (client, event) in [(&mut agent, "call_accept"), (&mut visitor, "leg_state")] {
        let payload = json!({"call_id": call_id, "media": "up", "path": "host"});
        let answer = client.push(&topic, event, payload).await;
        assert_eq!(answer["status"], "ok", "{event}: {answer}");
    }
    agent.push(&topic, "leg_state", json!({"call_id": call_id, "media": "up", "path": "host"})).await;
    drop((agent, visitor));
    sleep(Duration::from_secs(110)).await;
    let levels = world.levels();
    assert_eq!((levels.members, levels.rooms, levels.calls), (0, 1, 1), "the two still talk");
    sleep(Duration::from_secs(20)).await;
    let levels = world.levels();
    assert_eq!((levels.rooms, levels.calls), (0, 0), "given up, and with it the log");
}

#[tokio::test(start_paused = true)]
async fn a_ring_forgets_after_two_minutes_though_members_stay() {
    let world = World::with(Limits::default()).await;
    let session = world.visitor().await;
    let topic = room(&session);
    let mut visitor = world.connect();
    visitor.join(&topic, &session.token).await;
    visitor.push(&topic, "message", text()).await;
    visitor.stay(60).await;
    visitor.push(&topic, "message", text()).await;
    visitor.stay(60).await;
    assert_eq!(world.levels().ring_events, 2);
    visitor.stay(50).await;
    let missed = visitor.join_after(&topic, &session.token, &json!({"after_seq": 1})).await;
    assert_eq!(missed["response"]["gap"], false);
    let too_long = visitor.join_after(&topic, &session.token, &json!({"after_seq": 0})).await;
    assert_eq!(too_long["response"]["gap"], true);
    visitor.stay(20).await;
    let levels = world.levels();
    assert_eq!((levels.ring_events, levels.ring_bytes, levels.members), (0, 0, 1));
    let nothing = visitor.join_after(&topic, &session.token, &json!({"after_seq": 2})).await;
    assert_eq!(nothing["response"]["gap"], false, "nothing was missed");
}

#[tokio::test(start_paused = true)]
async fn who_is_too_fast_is_read_slowly_and_closed_after_ten_seconds() {
    let slow = Rate { burst: 20.0, per_second: 10.0 };
    for (rates, frame) in [
        (Rates { signals: slow, ..Rates::default() }, "typing"),
        (Rates { frames: slow, ..Rates::default() }, "heartbeat"),
        (Rates { bytes: Rate { burst: 2_000.0, per_second: 1_500.0 }, ..Rates::default() }, "nonsense"),
    ] {
        let world = World::with(Limits { rates, ..Limits::default() }).await;
        let session = world.visitor().await;
        let topic = room(&session);
        let (mut fast, mut other) = (world.connect(), world.connect());
        fast.join(&topic, &session.token).await;
        other.join(&topic, &session.token).await;
        let started = Instant::now();
        for _ in 0..2_000 {
            fast.send(&match frame {
                "typing" => {
                    let payload = json!({"type": "broadcast", "event": "typing", "payload": {}});
                    json!(["1", "9", topic, "broadcast", payload])
                }
                "heartbeat" => json!([null, "9", "phoenix", "heartbeat", {}]),
                _ => json!({"nonsense": "x".repeat(100)}),
            });
        }
        assert_eq!(fast.closed().await, Some(1013), "{frame}");
        let took = started.elapsed().as_secs_f64();
        assert!((10.0..13.0).contains(&took), "{frame}: closed after {took} s");
        other.push(&topic, "message", text()).await;
        let heard = other.inbox.iter().filter(|frame| frame[4]["event"] == "typing").count();
        if frame == "typing" {
            assert!((110..160).contains(&heard), "{heard} typed in ten seconds at ten a second");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_too_fast_for_a_moment_is_forgiven() {
    let frames = Rate { burst: 20.0, per_second: 10.0 };
    let rates = Rates { frames, ..Rates::default() };
    let world = World::with(Limits { rates, ..Limits::default() }).await;
    let session = world.visitor().await;
    let topic = room(&session);
    let mut visitor = world.connect();
    visitor.join(&topic, &session.token).await;
    for _ in 0..6 {
        for _ in 0..40 {
            visitor.send(&json!([null, "9", "phoenix", "heartbeat", {}]));
        }
        sleep(Duration::from_secs(8)).await;
        visitor.ask("phoenix", "heartbeat", json!({})).await;
    }
    assert_eq!(visitor.push(&topic, "message", text()).await["status"], "ok");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_joins_nothing_is_closed() {
    let world = World::with(Limits::default()).await;
    let mut stranger = world.connect();
    let started = Instant::now();
    assert_eq!(stranger.closed().await, Some(1001));
    assert_eq!(started.elapsed().as_secs(), 10);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.levels(), Levels::default());
}
