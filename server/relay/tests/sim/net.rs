//! The simulated network: sockets that carry frames in order and reliably while they live, as slow
//! as they like, and die with what is under way; and the list of everything that is still to come.

use super::{
    rng::Rng,
    truth::Truth,
    wire::{ServerEnd, Wire},
};
use axum::extract::ws::Message;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};
use tincan_backend::Refused;
use tincan_signaling::id::{SessionId, Topic};
use tokio::sync::{Notify, mpsc};

pub(super) type ConnId = usize;
pub(super) type PageId = usize;

/// Something that is still to come.
#[derive(Debug)]
pub(super) enum Happening {
    /// A page's request for a socket reaches the server.
    Knock {
        page: PageId,
        life: u32,
    },
    /// The socket is open, as the page sees it; or it was refused.
    Opened {
        page: PageId,
        life: u32,
        conn: Option<ConnId>,
    },
    Up {
        conn: ConnId,
        text: String,
    },
    Down {
        conn: ConnId,
        message: Message,
    },
    /// The page hears that its socket is gone.
    PageHears {
        conn: ConnId,
    },
    /// The server hears so.
    ServerHears {
        conn: ConnId,
    },
    Timer {
        page: PageId,
        timer: Timer,
        set: u64,
    },
    /// An answer to an HTTP request of a page.
    Token {
        page: PageId,
        token: Option<Token>,
    },
    /// A person looks up and does something.
    Act {
        person: usize,
    },
    Cut {
        conn: ConnId,
        how: Cut,
    },
    Stall {
        conn: ConnId,
        on: bool,
    },
    Restart {
        gracefully: bool,
    },
    /// From here on nothing goes wrong any more.
    Calm,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Retry,
    Beat,
    Renew,
    Join(Topic),
    Slowed(SessionId),
}

/// How a socket dies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    /// Both sides hear of it soon.
    Reset,
    /// Nobody hears anything.
    Silence,
    /// Only one direction is dead.
    DeafServer,
    DeafPage,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) access: String,
    pub(super) renewal: String,
    pub(super) expires_in_s: u64,
}

/// An HTTP request for a new token came back.
pub(super) type TokenAnswer = (PageId, Result<Token, Refused>);

struct Conn {
    page: PageId,
    server: Option<mpsc::UnboundedSender<Message>>,
    wire: Option<Arc<Wire>>,
    /// The way to a real socket instead.
    real: Option<mpsc::UnboundedSender<String>>,
    up_at: u64,
    down_at: u64,
    up_dead: bool,
    down_dead: bool,
    /// The page knows that the socket is gone, or gave it up itself.
    told: bool,
    slow_ms: u64,
}

pub(super) struct Net {
    pub(super) now: u64,
    pub(super) rng: Rng,
    pub(super) calm: bool,
    /// How many times faster people are than people.
    pub(super) haste: u64,
    pub(super) truth: Truth,
    pub(super) news: Arc<Notify>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    number: u64,
    conns: Vec<Conn>,
    trace: DefaultHasher,
    pub(super) told: bool,
    /// Which pages want a token, with what they renew it by.
    pub(super) token_wanted: Vec<PageId>,
}

impl Net {
    pub(super) fn new(rng: Rng, truth: Truth) -> Self {
        Self {
            now: 0,
            rng,
            calm: false,
            haste: 1,
            truth,
            news: Arc::default(),
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            number: 0,
            conns: Vec::new(),
            trace: DefaultHasher::new(),
            told: std::env::var_os("TRACE").is_some(),
            token_wanted: Vec::new(),
        }
    }

    // What is still to come.

    pub(super) fn at(&mut self, at: u64, happening: Happening) {
        self.number += 1;
        self.queue.push(Reverse((at.max(self.now), self.number)));
        self.happenings.insert(self.number, happening);
    }

    pub(super) fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now + ms, happening);
    }

    pub(super) fn next_at(&self) -> Option<u64> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// The next thing that is due by now.
    pub(super) fn due(&mut self) -> Option<Happening> {
        if self.next_at()? > self.now {
            return None;
        }
        let Reverse((_, number)) = self.queue.pop()?;
        self.happenings.remove(&number)
    }

    // Sockets.

    /// A new socket of a page; the other end is the relay's.
    pub(super) fn connect(&mut self, page: PageId) -> (ConnId, ServerEnd) {
        let (server, incoming) = mpsc::unbounded_channel();
        let wire = Wire::new(self.news.clone());
        let slow_ms = self.rng.weighed(&[(6, 5), (3, 40), (1, 250)]);
        self.conns.push(Conn {
            page,
            server: Some(server),
            wire: Some(wire.clone()),
            real: None,
            up_at: self.now,
            down_at: self.now,
            up_dead: false,
            down_dead: false,
            told: false,
            slow_ms,
        });
        (self.conns.len() - 1, ServerEnd { incoming, wire })
    }

    /// A real socket of a page; what is sent here goes out on it.
    pub(super) fn connect_really(&mut self, page: PageId, real: mpsc::UnboundedSender<String>) -> ConnId {
        let (conn, _end) = self.connect(page);
        self.conns[conn].wire = None;
        self.conns[conn].server = None;
        self.conns[conn].real = Some(real);
        conn
    }

    pub(super) fn page_of(&self, conn: ConnId) -> PageId {
        self.conns[conn].page
    }

    fn latency(&mut self, conn: ConnId) -> u64 {
        let slow = self.conns[conn].slow_ms;
        let usual = self.rng.range(slow..slow * 2 + 2);
        if !self.calm && self.rng.chance(4) { usual + self.rng.range(200..4_000) } else { usual }
    }

    /// A page writes a frame.
    pub(super) fn up(&mut self, conn: ConnId, text: String) {
        if let Some(real) = &self.conns[conn].real {
            // A socket that is gone says so itself.
            let _gone = real.send(text);
            return;
        }
        let at = (self.now + self.latency(conn)).max(self.conns[conn].up_at);
        self.conns[conn].up_at = at;
        self.at(at, Happening::Up { conn, text });
    }

    /// The page closes its end: what it wrote before still arrives, nothing comes back.
    pub(super) fn hang_up(&mut self, conn: ConnId) {
        if self.conns[conn].real.take().is_some() {
            self.conns[conn].told = true;
            return;
        }
        let at = (self.now + self.latency(conn)).max(self.conns[conn].up_at);
        (self.conns[conn].down_dead, self.conns[conn].told) = (true, true);
        self.at(at, Happening::ServerHears { conn });
    }

    /// A frame reaches the relay.
    pub(super) fn deliver_up(&mut self, conn: ConnId, text: String) {
        if self.conns[conn].up_dead {
            return;
        }
        // A token differs from run to run; nothing else does.
        let shown = if text.contains("access_token") { &text[..text.len().min(24)] } else { &text };
        self.note(&format!("up {conn} {shown}"));
        if let Some(server) = &self.conns[conn].server {
            // A relay that let go of the socket reads nothing more.
            let _gone = server.send(Message::Text(text.into()));
        }
    }

    /// A frame reaches the page; false: it does not.
    pub(super) fn deliver_down(&mut self, conn: ConnId, message: &Message) -> bool {
        if self.conns[conn].down_dead {
            return false;
        }
        self.truth.lock().counts.frames += 1;
        match message {
            Message::Text(text) => self.note(&format!("down {conn} {text}")),
            // Browsers answer by themselves.
            Message::Ping(_) => {
                if !self.conns[conn].up_dead
                    && let Some(server) = &self.conns[conn].server
                {
                    let _gone = server.send(Message::Pong(axum::body::Bytes::new()));
                }
            }
            Message::Pong(_) | Message::Binary(_) | Message::Close(_) => {
                self.note(&format!("down {conn} {message:?}"));
            }
        }
        true
    }

    /// Takes what the relay wrote on its wires, and sends it on its way.
    pub(super) fn collect(&mut self) {
        for conn in 0..self.conns.len() {
            let Some(wire) = &self.conns[conn].wire else { continue };
            let (written, closed) = wire.take();
            for message in written {
                let at = (self.now + self.latency(conn)).max(self.conns[conn].down_at);
                self.conns[conn].down_at = at;
                if !self.conns[conn].down_dead {
                    self.at(at, Happening::Down { conn, message });
                }
            }
            if closed {
                self.conns[conn].wire = None;
                self.conns[conn].server = None;
                let at = (self.now + self.latency(conn)).max(self.conns[conn].down_at);
                if !self.conns[conn].down_dead {
                    self.at(at, Happening::PageHears { conn });
                }
            }
        }
    }

    /// The relay's end hears that the socket is gone.
    pub(super) fn server_hears(&mut self, conn: ConnId) {
        self.conns[conn].up_dead = true;
        self.conns[conn].server = None;
    }

    /// Whether a page may still hear of this socket's end.
    pub(super) fn page_hears(&mut self, conn: ConnId) -> bool {
        self.conns[conn].down_dead = true;
        !std::mem::replace(&mut self.conns[conn].told, true)
    }

    pub(super) fn is_cut(&self, conn: ConnId) -> bool {
        self.conns[conn].up_dead || self.conns[conn].down_dead
    }

    /// The socket dies, with everything under way.
    pub(super) fn cut(&mut self, conn: ConnId, how: Cut) {
        self.truth.lock().counts.cuts += 1;
        self.note(&format!("cut {conn} {how:?}"));
        if self.conns[conn].real.is_some() {
            return;
        }
        match how {
            Cut::Reset => {
                self.conns[conn].up_dead = true;
                let (page, server) = (self.rng.range(0..300), self.rng.range(0..300));
                self.at(self.now + server, Happening::ServerHears { conn });
                self.at(self.now + page, Happening::PageHears { conn });
                // The page may still read what had reached it.
                self.conns[conn].down_dead = self.rng.chance(500);
            }
            Cut::Silence => {
                self.conns[conn].up_dead = true;
                self.conns[conn].down_dead = true;
            }
            Cut::DeafServer => self.conns[conn].up_dead = true,
            Cut::DeafPage => self.conns[conn].down_dead = true,
        }
    }

    /// The page reads nothing for a while, or goes on.
    pub(super) fn stall(&mut self, conn: ConnId, on: bool) {
        self.note(&format!("stall {conn} {on}"));
        if let Some(wire) = &self.conns[conn].wire {
            wire.stall(on);
        }
    }

    /// The server's process is gone: every socket resets.
    pub(super) fn cut_all(&mut self) {
        for conn in 0..self.conns.len() {
            if self.conns[conn].wire.take().is_some() {
                self.conns[conn].server = None;
                self.conns[conn].up_dead = true;
                let at = (self.now + self.rng.range(0..200)).max(self.conns[conn].down_at);
                self.at(at, Happening::PageHears { conn });
            }
        }
    }

    // The trace.

    pub(super) fn note(&mut self, line: &str) {
        self.now.hash(&mut self.trace);
        line.hash(&mut self.trace);
        if self.told {
            eprintln!("{:>9} {line}", self.now);
        }
    }

    pub(super) fn trace(&self) -> u64 {
        self.trace.finish()
    }
}
