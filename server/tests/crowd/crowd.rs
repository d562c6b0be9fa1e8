//! Pages on real sockets, in real time.

use crate::{
    net::{ConnId, Happening, Net, PageId},
    page::Page,
    people::{Person, Role},
    program::Program,
    rng::Rng,
    truth::Truth,
};
use axum::extract::ws::Message;
use futures::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tincan_signaling::id::SessionId;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{connect_async, tungstenite};

pub(crate) struct Crowd {
    pub(crate) net: Net,
    pub(crate) pages: Vec<Page>,
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<SessionId>,
    base: Instant,
    /// Where sockets are opened: the program, or the proxy before it.
    port: u16,
    key: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    tell: mpsc::UnboundedSender<Heard>,
}

/// What a socket's task says.
enum Heard {
    Opened { page: PageId, life: u32, conn: Option<ConnId> },
    Frame { conn: ConnId, message: Message },
    Gone { conn: ConnId },
}

/// How long connecting may take, as in `app/client/src/socket/connection.rs`.
const OPEN: Duration = Duration::from_secs(8);
/// How often the crowd is looked at.
const LOOK: Duration = Duration::from_millis(50);

impl Crowd {
    pub(crate) fn new(program: &Program, port: u16, seed: u64) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let mut people = Vec::new();
        let tenant = program.tenant;
        for (sub, token) in &program.agents {
            people.push(Person::new(Role::Agent { tenant }, *sub, token.clone()));
        }
        for (sub, session, token) in &program.visitors {
            people.push(Person::new(Role::Visitor { session: *session }, *sub, token.clone()));
        }
        Self {
            net: Net::new(Rng::new(seed), Truth::learned()),
            pages: Vec::new(),
            people,
            rooms: program.visitors.iter().map(|(_, session, _)| *session).collect(),
            base: Instant::now(),
            port,
            key: program.key.clone(),
            heard,
            tell,
        }
    }

    /// Opens a page for everybody.
    pub(crate) fn arrive(&mut self) {
        for person in 0..self.people.len() {
            self.act(person);
        }
    }

    pub(crate) fn act(&mut self, person: usize) {
        self.people[person].act(&mut self.net, &mut self.pages, &self.rooms);
    }

    /// Lets time pass until it is so; otherwise says what is missing.
    pub(crate) async fn until(
        &mut self,
        long: Duration,
        mut missing: impl FnMut(&mut Self) -> Option<String>,
    ) {
        let started = Instant::now();
        let mut look = started;
        loop {
            if Instant::now() >= look {
                match missing(self) {
                    None => return,
                    Some(what) => assert!(started.elapsed() < long, "after {long:?} still: {what}"),
                }
                look = Instant::now() + LOOK;
            }
            self.step(look).await;
        }
    }

    /// Lets time pass while something else is done.
    pub(crate) async fn during<T>(&mut self, done: impl Future<Output = T>) -> T {
        tokio::pin!(done);
        loop {
            let look = Instant::now() + LOOK;
            tokio::select! {
                output = &mut done => return output,
                () = self.step(look) => {}
            }
        }
    }

    async fn step(&mut self, until: Instant) {
        let next = self.net.next_at().map_or(until, |at| self.base + Duration::from_millis(at)).min(until);
        tokio::select! {
            biased;
            heard = self.heard.recv() => {
                self.tick();
                if let Some(heard) = heard {
                    self.hear(heard);
                }
            }
            () = sleep_until(next) => {
                self.tick();
                while let Some(happening) = self.net.due() {
                    self.happen(happening);
                }
            }
        }
    }

    fn tick(&mut self) {
        self.net.now = self.base.elapsed().as_millis() as u64;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Knock { page, life } => self.knock(page, life),
            Happening::Timer { page, timer, set } => self.pages[page].timer(&mut self.net, timer, set),
            Happening::Token { page, token } => self.pages[page].token_came(&mut self.net, token),
            Happening::Act { person } => {
                self.act(person);
                Person::look_up_later(person, &mut self.net);
            }
            Happening::Opened { .. }
            | Happening::Up { .. }
            | Happening::Down { .. }
            | Happening::PageHears { .. }
            | Happening::ServerHears { .. }
            | Happening::Cut { .. }
            | Happening::Stall { .. }
            | Happening::Restart { .. }
            | Happening::Calm
            | Happening::End => {}
        }
        // A test is shorter than a token lives: the same one is as good as new.
        for page in std::mem::take(&mut self.net.token_wanted) {
            let person = self.people.iter().find(|person| person.page == Some(page));
            let token = person.map(|person| person.token.clone());
            self.net.after(100, Happening::Token { page, token });
        }
    }

    fn knock(&mut self, page: PageId, life: u32) {
        if !self.pages[page].is_knocking(life) {
            return;
        }
        let (out, frames) = mpsc::unbounded_channel();
        let conn = self.net.connect_really(page, out);
        let key = if self.pages[page].lobby.is_some() { "dashboard" } else { &self.key };
        let url = format!("ws://127.0.0.1:{}/realtime/v1/websocket?apikey={key}&vsn=2.0.0", self.port);
        tokio::spawn(carry(url, page, life, conn, frames, self.tell.clone()));
    }

    fn hear(&mut self, heard: Heard) {
        let net = &mut self.net;
        match heard {
            Heard::Opened { page, life, conn } => self.pages[page].opened(net, life, conn),
            Heard::Frame { conn, message } => {
                let page = &mut self.pages[net.page_of(conn)];
                if page.conn == Some(conn) {
                    net.truth.lock().counts.frames += 1;
                    page.heard(net, &message);
                }
            }
            Heard::Gone { conn } => {
                let page = &mut self.pages[net.page_of(conn)];
                if page.conn == Some(conn) {
                    page.lost(net);
                }
            }
        }
    }

    /// A page that is not back, or has something to say.
    pub(crate) fn late(&self) -> Option<String> {
        let open = self.pages.iter().filter(|page| page.open);
        let mut late = open.filter(|page| {
            !page.is_back() || page.seats.values().any(|seat| seat.outbox.messages().next().is_some())
        });
        let first = late.next()?.me;
        Some(format!("{first} and {} others are not back", late.count()))
    }

    /// Everybody in a room holds the same.
    pub(crate) fn differing(&self) -> Option<String> {
        for room in &self.rooms {
            let seats = self.pages.iter().filter(|page| page.open).filter_map(|page| page.seats.get(room));
            let mut held = seats.map(|seat| (seat.ledger.replay(), seat.call()));
            let first = held.next();
            if let Some(other) = held.find(|held| Some(held) != first.as_ref()) {
                return Some(format!("{room}: {first:?} and {other:?}"));
            }
        }
        None
    }
}

/// Carries one socket's frames until it ends, or the page lets go of it.
async fn carry(
    url: String,
    page: PageId,
    life: u32,
    conn: ConnId,
    mut out: mpsc::UnboundedReceiver<String>,
    tell: mpsc::UnboundedSender<Heard>,
) {
    let opened = timeout(OPEN, connect_async(url)).await;
    // The test may be over.
    let say = |heard| drop(tell.send(heard));
    let Ok(Ok((mut socket, _))) = opened else { return say(Heard::Opened { page, life, conn: None }) };
    say(Heard::Opened { page, life, conn: Some(conn) });
    loop {
        tokio::select! {
            text = out.recv() => match text {
                Some(text) => {
                    if socket.send(tungstenite::Message::text(text)).await.is_err() {
                        break;
                    }
                }
                None => {
                    let _closed = timeout(Duration::from_secs(1), socket.close(None)).await;
                    return;
                }
            },
            message = socket.next() => match message {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    say(Heard::Frame { conn, message: Message::Text(text.as_str().into()) });
                }
                Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    say(Heard::Gone { conn });
}
