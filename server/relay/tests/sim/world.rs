//! One simulated world: a server that may die and come back on the same data folder, a tenant with
//! agents and visitors, the network between them, and the checks at the end.

use super::{
    audit::Audit,
    net::{Cut, Happening, Net, Token, TokenAnswer},
    page::Page,
    people::{Person, Role},
    rng::Rng,
    spy::SpyLog,
    template::{START, Template},
    truth::{Counts, Truth},
};
use crate::{Limits, Rate, Rates, Relay, RelayConfig, channel::Greeting, socket};
use std::{
    cell::Cell,
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    rc::Rc,
    time::Duration,
};
use tempfile::TempDir;
use tincan_backend::{
    Backend, BackendConfig, Clock,
    weather::{self, Act, Meets},
};
use tincan_signaling::{
    frame::Version,
    id::{SessionId, Timestamp},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// What one world came to.
pub(super) struct Report {
    pub(super) trace: u64,
    pub(super) calls: u64,
    pub(super) accepted: u64,
    pub(super) counts: Counts,
}

pub(super) struct World {
    net: Net,
    pages: Vec<Page>,
    people: Vec<Person>,
    rooms: Vec<SessionId>,
    folder: TempDir,
    tenant: tincan_signaling::TenantId,
    key: String,
    life: u32,
    /// Nobody answers at the door before.
    deaf_until: u64,
    tokens_asked: BTreeSet<usize>,
    phase: Phase,
    /// Since when everybody should be done with the phase.
    since: u64,
    weather: Rc<Cell<bool>>,
    weather_rng: Rng,
    /// A process died without writing what was waiting.
    killed: bool,
    limits: Limits,
    wrap_up: Duration,
    /// The room log is far away, in the lives of this world.
    far: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Everything goes wrong that can.
    Busy,
    /// Nothing goes wrong any more; calls come to their ends.
    Calm,
    /// Everybody comes back to the room.
    Settle,
    /// Everybody has left; rooms close.
    Empty,
    Over,
}

/// How a life of the server ends.
enum End {
    Restart { gracefully: bool },
    Over,
}

impl World {
    pub(super) fn run(seed: u64, template: &Template) -> Report {
        let mut rng = Rng::new(seed);
        let truth = Truth::default();
        let (folder, agents) = template.copy();
        let mut world = Self {
            net: Net::new(rng.fork(), truth),
            pages: Vec::new(),
            people: Vec::new(),
            rooms: Vec::new(),
            folder,
            tenant: template.tenant,
            key: template.key.clone(),
            life: 0,
            deaf_until: 0,
            tokens_asked: BTreeSet::new(),
            phase: Phase::Busy,
            since: 0,
            weather: Rc::default(),
            weather_rng: rng.fork(),
            killed: false,
            limits: limits(&mut rng),
            far: rng.chance(250),
            wrap_up: Duration::from_secs(rng.weighed(&[(2, 0), (1, 4)])),
        };
        for (sub, token) in agents {
            world.people.push(Person::new(Role::Agent { tenant: template.tenant }, sub, token));
        }
        world.plan(&mut rng);
        while matches!(world.live(), End::Restart { .. }) {
            world.life += 1;
            world.net.truth.lock().counts.restarts += 1;
        }
        weather::set(None);
        let calls = world.net.truth.calls();
        let accepted = calls.values().filter(|call| !call.accepts.is_empty()).count() as u64;
        let counts = world.net.truth.lock().counts;
        Report { trace: world.net.trace(), calls: calls.len() as u64, accepted, counts }
    }

    /// What will go wrong, and when it is over.
    fn plan(&mut self, rng: &mut Rng) {
        let busy_ms = rng.range(60_000..150_000);
        self.net.at(busy_ms, Happening::Calm);
        if rng.chance(250) {
            let at = rng.range(10_000..busy_ms);
            self.net.at(at, Happening::Restart { gracefully: rng.chance(500) });
        }
    }

    /// One life of the server's process.
    fn live(&mut self) -> End {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without a driver can be built");
        let end = runtime.block_on(self.serve());
        if let End::Restart { gracefully } = end {
            self.killed |= !gracefully;
            self.net.note(&format!("the process ends, gracefully: {gracefully}"));
            self.net.cut_all();
            self.deaf_until = self.net.now + self.net.rng.range(200..6_000);
            for page in std::mem::take(&mut self.tokens_asked) {
                self.net.after(500, Happening::Token { page, token: None });
            }
        }
        end
    }

    async fn serve(&mut self) -> End {
        let base = Instant::now() - Duration::from_millis(self.net.now);
        weather::set(Some(Box::new(|_| Meets::default())));
        let clock = Clock::of_runtime(Timestamp(START.0 + self.net.now), self.life);
        let mut config = BackendConfig::new(self.folder.path(), "http://127.0.0.1:1");
        config.access_ttl = Duration::from_secs(240);
        let backend = Backend::open(config, clock).await.expect("the folder opens");
        let log = SpyLog::new(self.net.truth.clone(), self.life, self.weather_rng.fork(), self.far);
        let relay =
            Relay::start(backend.clone(), self.config(), log.clone()).await.expect("the relay starts");
        self.blow();
        if self.life == 0 {
            self.invite(&backend).await;
        }
        let (answers, mut answered) = mpsc::unbounded_channel::<TokenAnswer>();
        let (drained, mut gone) = mpsc::unbounded_channel::<()>();
        let news = self.net.news.clone();
        let end = loop {
            let next = self.net.next_at().expect("the world has an end");
            tokio::select! {
                biased;
                Some(()) = gone.recv() => break End::Restart { gracefully: true },
                Some((page, token)) = answered.recv() => {
                    self.tick(base);
                    self.token_answered(page, token);
                }
                () = news.notified() => {
                    self.tick(base);
                    self.net.collect();
                }
                () = sleep_until(base + Duration::from_millis(next)) => {
                    self.tick(base);
                    while let Some(happening) = self.net.due() {
                        match happening {
                            Happening::Restart { gracefully: false } => {
                                self.net.note("killed");
                                return self.die(backend).await;
                            }
                            Happening::Restart { gracefully: true } => {
                                let (relay, drained) = (relay.clone(), drained.clone());
                                tokio::spawn(async move {
                                    relay.drain(Duration::from_millis(300)).await;
                                    let _told = drained.send(());
                                });
                            }
                            other => self.happen(other, &relay),
                        }
                    }
                    for page in std::mem::take(&mut self.net.token_wanted) {
                        self.ask_token(page, &backend, &answers);
                    }
                    if self.phase == Phase::Over {
                        break End::Over;
                    }
                }
            }
        };
        self.weather.set(false);
        match end {
            End::Over => {
                self.check_empty(&relay, &log);
                relay.drain(Duration::ZERO).await;
                let (truth, rooms) = (&self.net.truth, self.rooms.as_slice());
                let (restarted, killed) = (self.life > 0, self.killed);
                Audit { truth, rooms, tenant: self.tenant, restarted, killed }.run(&backend).await;
            }
            End::Restart { .. } => self.net.note("drained"),
        }
        backend.close().await;
        end
    }

    /// Killed: what the process had not written is gone. The database's own files stay whole.
    async fn die(&mut self, backend: Backend) -> End {
        self.weather.set(false);
        backend.close().await;
        End::Restart { gracefully: false }
    }

    fn tick(&mut self, base: Instant) {
        self.net.now = Instant::now().duration_since(base).as_millis() as u64;
    }

    /// Statements take as long as they like, and some fail.
    fn blow(&mut self) {
        let (rough, mut rng) = (self.weather.clone(), self.weather_rng.fork());
        rough.set(self.phase == Phase::Busy);
        let truth = self.net.truth.clone();
        weather::set(Some(Box::new(move |act| {
            let mut meets = Meets::default();
            if !rough.get() {
                return meets;
            }
            let wait = |rng: &mut Rng| match rng.range(0..100) {
                0..60 => Duration::ZERO,
                60..98 => Duration::from_millis(rng.range(1..8)),
                _ => Duration::from_millis(rng.range(20..900)),
            };
            match act {
                Act::Begin | Act::Read | Act::Write => {
                    meets.wait_before = wait(&mut rng);
                    meets.fails_before = rng.chance(5);
                }
                Act::Commit => {
                    meets.wait_after = wait(&mut rng);
                    meets.fails_after = rng.chance(5);
                }
                Act::Open | Act::Within | Act::Close => {}
            }
            if meets.fails_before || meets.fails_after {
                truth.lock().counts.faults += 1;
            }
            meets
        })));
    }

    /// Visitors come to the site.
    async fn invite(&mut self, backend: &Backend) {
        let rough = self.weather.replace(false);
        for _ in 0..VISITORS {
            let place = backend.widget_session(&self.key, None).await.expect("a visitor gets a place");
            let token = Token { access: place.token, renewal: place.resume, expires_in_s: place.expires_in };
            let role = Role::Visitor { session: place.session_id };
            self.people.push(Person::new(role, place.visitor_id.into(), token));
            self.rooms.push(place.session_id);
        }
        for person in 0..self.people.len() {
            Person::look_up_later(person, &mut self.net);
        }
        self.weather.set(rough);
    }

    fn happen(&mut self, happening: Happening, relay: &Relay) {
        let net = &mut self.net;
        match happening {
            Happening::Knock { page, life } => self.knock(page, life, relay),
            Happening::Opened { page, life, conn } => self.pages[page].opened(net, life, conn),
            Happening::Up { conn, text } => net.deliver_up(conn, text),
            Happening::Down { conn, message } => {
                if net.deliver_down(conn, &message) {
                    let page = &mut self.pages[net.page_of(conn)];
                    if page.conn == Some(conn) {
                        page.heard(net, &message);
                    }
                }
            }
            Happening::PageHears { conn } => {
                if net.page_hears(conn) {
                    let page = &mut self.pages[net.page_of(conn)];
                    if page.conn == Some(conn) {
                        net.note(&format!("page hears that {conn} is gone"));
                        page.lost(net);
                    }
                }
            }
            Happening::ServerHears { conn } => net.server_hears(conn),
            Happening::Timer { page, timer, set } => self.pages[page].timer(net, timer, set),
            Happening::Token { page, token } => {
                if let Some(token) = &token
                    && let Some(person) = self.people.iter_mut().find(|person| person.page == Some(page))
                {
                    person.token = token.clone();
                }
                self.pages[page].token_came(net, token);
            }
            Happening::Act { person } => self.act(person),
            Happening::Cut { conn, how } => {
                if !net.calm && !net.is_cut(conn) {
                    net.cut(conn, how);
                }
            }
            Happening::Stall { conn, on } => net.stall(conn, on),
            Happening::Calm => {
                net.note("calm");
                net.calm = true;
                self.weather.set(false);
                (self.phase, self.since) = (Phase::Calm, self.net.now);
                self.net.after(1_000, Happening::End);
            }
            Happening::End => self.look_for_end(),
            Happening::Restart { .. } => {}
        }
    }

    fn knock(&mut self, page: usize, life: u32, relay: &Relay) {
        if !self.pages[page].is_knocking(life) {
            return;
        }
        let net = &mut self.net;
        let tenant = self.pages[page].lobby.is_none().then_some(self.tenant);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let opened = if net.now < self.deaf_until { None } else { relay.hub.connect(address, tenant).ok() };
        let wait = net.rng.range(2..60);
        let Some((outbox, frames)) = opened else {
            return net.after(wait, Happening::Opened { page, life, conn: None });
        };
        let (conn, end) = net.connect(page);
        let greeting = Greeting { version: Version::V2, tenant, token: None };
        tokio::spawn(socket::run(relay.hub.clone(), end, outbox, frames, greeting));
        net.after(wait, Happening::Opened { page, life, conn: Some(conn) });
        if !net.calm && net.rng.chance(100) {
            let (from, long) = (net.rng.range(100..30_000), net.rng.range(100..14_000));
            net.after(from, Happening::Stall { conn, on: true });
            net.after(from + long, Happening::Stall { conn, on: false });
        }
        // How this one will die.
        if !net.calm && net.rng.chance(600) {
            let soon = net.rng.chance(200);
            let after = net.rng.range(if soon { 1..400 } else { 400..60_000 });
            let how = net.rng.weighed(&[
                (6, Cut::Reset),
                (2, Cut::Silence),
                (1, Cut::DeafServer),
                (1, Cut::DeafPage),
            ]);
            net.after(after, Happening::Cut { conn, how });
        }
    }

    fn act(&mut self, person: usize) {
        if matches!(self.phase, Phase::Empty | Phase::Over) {
            return;
        }
        self.people[person].act(&mut self.net, &mut self.pages, &self.rooms);
        Person::look_up_later(person, &mut self.net);
    }

    fn ask_token(&mut self, page: usize, backend: &Backend, answers: &mpsc::UnboundedSender<TokenAnswer>) {
        let Some(person) = self.people.iter().find(|person| person.page == Some(page)) else { return };
        self.tokens_asked.insert(page);
        let (backend, answers) = (backend.clone(), answers.clone());
        let renewal = person.token.renewal.clone();
        let visitor = matches!(person.role, Role::Visitor { .. });
        let key = self.key.clone();
        tokio::spawn(async move {
            let token = if visitor {
                backend.widget_session(&key, Some(&renewal)).await.map(|place| Token {
                    access: place.token,
                    renewal: place.resume,
                    expires_in_s: place.expires_in,
                })
            } else {
                backend.refresh(&renewal, None).await.map(|signed| Token {
                    access: signed.access_token,
                    renewal: signed.refresh_token,
                    expires_in_s: signed.expires_in,
                })
            };
            let _told = answers.send((page, token));
        });
    }

    fn token_answered(&mut self, page: usize, token: Result<Token, tincan_backend::Refused>) {
        if !self.tokens_asked.remove(&page) {
            return;
        }
        let token = match token {
            Ok(token) => Some(token),
            Err(tincan_backend::Refused::Internal(_)) => None,
            Err(tincan_backend::Refused::Refusal(refusal)) => {
                panic!("somebody was signed out who did nothing wrong: {refusal:?}")
            }
        };
        let wait = self.net.rng.range(5..200);
        self.net.after(wait, Happening::Token { page, token });
    }

    // How it ends.

    fn look_for_end(&mut self) {
        let waited = self.net.now - self.since;
        match self.phase {
            Phase::Calm => {
                let live = self
                    .rooms
                    .iter()
                    .find(|room| self.net.truth.newest(**room).is_some_and(|(_, held)| held.call.is_live()));
                assert!(
                    live.is_none() || waited < 300_000,
                    "a call never ends: {:?}",
                    live.and_then(|room| self.net.truth.newest(*room))
                );
                if live.is_none() && waited > 5_000 {
                    (self.phase, self.since) = (Phase::Settle, self.net.now);
                }
            }
            Phase::Settle => {
                let late = self.late();
                assert!(
                    late.is_none() || waited < 120_000,
                    "a page does not come back: {}",
                    late.unwrap_or_default()
                );
                if late.is_none() && waited > 40_000 {
                    self.check_members();
                    for page in self.pages.iter_mut().filter(|page| page.open) {
                        page.close(&mut self.net);
                    }
                    (self.phase, self.since) = (Phase::Empty, self.net.now);
                }
            }
            Phase::Empty => {
                if waited > 260_000 {
                    self.phase = Phase::Over;
                }
            }
            Phase::Busy | Phase::Over => {}
        }
        self.net.after(1_000, Happening::End);
    }

    /// A page that is not back yet, or has something to say.
    fn late(&self) -> Option<String> {
        self.pages.iter().filter(|page| page.open).find_map(|page| {
            if page.conn.is_none() {
                return Some(format!("{} has no socket", page.me));
            }
            page.seats.values().find_map(|seat| {
                let unsaid = seat.outbox.messages().count();
                let synced = seat.link == super::client::outbox::Link::Synced;
                (!synced || unsaid > 0).then(|| format!("{}: {:?}, {unsaid} unsaid", page.me, seat.link))
            })
        })
    }

    /// Every member's state equals the room's.
    fn check_members(&self) {
        for page in self.pages.iter().filter(|page| page.open) {
            for seat in page.seats.values() {
                let (epoch, room) =
                    self.net.truth.newest(seat.session).expect("a room with a member has a log");
                let held = seat.ledger.replay().expect("a member that is back knows the room");
                assert_eq!((held.epoch, held.after_seq), (Some(epoch), Some(room.seq)), "a member is behind");
                assert_eq!(seat.call(), room.call, "a member holds another call than the room");
            }
            if let Some(lobby) = &page.lobby {
                assert!(lobby.ringing.is_empty(), "it still rings for {} though no call does", page.me);
            }
        }
    }

    /// After everybody left nothing is held.
    fn check_empty(&self, relay: &Relay, log: &SpyLog) {
        assert_eq!(relay.hub.rooms().len(), 0, "rooms are left");
        assert_eq!(relay.sockets(), 0, "sockets are left");
        assert_eq!(log.rooms(), 0, "logs are left");
        assert_eq!(relay.active_calls(), 0, "calls are left");
        assert!(relay.hub.tenant(self.tenant).is_idle(), "the tenant holds something");
    }

    fn config(&self) -> RelayConfig {
        let limits = self.limits.clone();
        let wrap_up = self.wrap_up;
        RelayConfig { wrap_up, limits, ..RelayConfig::new("http://127.0.0.1:1") }
    }
}

/// The usual limits, or tight ones: rings that forget, rooms that close at once, rates that refuse.
fn limits(rng: &mut Rng) -> Limits {
    let fast = Rate { burst: 1e6, per_second: 1e6 };
    let usual = Rates::default();
    let requests = Rates { call_requests: fast, ..usual };
    let rates = if rng.chance(300) {
        requests
    } else {
        Rates { messages: fast, call_events: fast, joins: fast, ..requests }
    };
    let mut limits = Limits { rates, ..Limits::default() };
    if rng.chance(300) {
        limits.ring_events = 8;
    }
    if rng.chance(200) {
        limits.ring_s = 3;
    }
    if rng.chance(300) {
        limits.room_life_s = 2;
    }
    if rng.chance(200) {
        (limits.ring_events, limits.queue_frames) = (16, 40);
    }
    limits
}

const VISITORS: usize = 5;
