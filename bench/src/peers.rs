//! Who is measured, and how two sockets of each come to talk.

use crate::{
    line::{Dialect, Line},
    pair::{Frames, Pair},
    people::People,
    process::{Process, free_port},
    tincan,
    words::{self, SIZE, Setup, Ticket},
};
use anyhow::{Context, Result};
use std::{env, fs, net::SocketAddr, path::Path, process::Command};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// A relay that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Relay {
    Floor,
    Tincan,
    Nats,
    PeerJs,
}

/// What the two sockets of a pair send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Candidate,
    Message,
}

impl Relay {
    pub(crate) const ALL: [Self; 4] = [Self::Floor, Self::Tincan, Self::Nats, Self::PeerJs];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Tincan => "Tincan",
            Self::Nats => "nats-server",
            Self::PeerJs => "PeerJS",
        }
    }

    /// Starts the program, `work` being a folder it may write to.
    pub(crate) async fn start(self, people: &People, work: &Path) -> Result<Process> {
        let address = free_port()?;
        match self {
            Self::Tincan => tincan::start_on_copy(&people.data()).await,
            Self::Floor => {
                let program = env::current_exe()?.with_file_name("floor");
                Process::start(Command::new(program).arg(address.to_string()), address).await
            }
            Self::Nats => {
                let config = work.join("nats.conf");
                let text = format!(
                    "listen: \"{}\"\nwebsocket {{ host: \"{}\", port: {}, no_tls: true }}\n",
                    free_port()?,
                    address.ip(),
                    address.port()
                );
                fs::write(&config, text)?;
                let mut command = Command::new("nats-server");
                command.arg("-c").arg(config).args(["-l", "/dev/null"]);
                Process::start(&mut command, address).await
            }
            Self::PeerJs => {
                let program =
                    env::var_os("TINCAN_BENCH_PEERJS").context("TINCAN_BENCH_PEERJS names no program")?;
                let mut command = Command::new("node");
                command.arg(program).args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
                command.args(["--path", "/", "--concurrent_limit", "100000", "--alive_timeout", "600000"]);
                Process::start(&mut command, address).await
            }
        }
    }

    /// By what the two sockets of a pair join.
    pub(crate) fn invitation(self, people: &People, number: usize) -> Invitation {
        if self != Self::Tincan {
            return Invitation::None;
        }
        let tenant = &people.tenants[number / CALLS_A_TENANT];
        let visitor = tenant.visitor(number % CALLS_A_TENANT);
        let agent = visitor.with(&tenant.agents[number % CALLS_A_TENANT]);
        Invitation::Room { visitor, agent }
    }

    /// Opens both sockets of a pair, joined where the peer has rooms.
    pub(crate) async fn open(
        self,
        address: SocketAddr,
        number: usize,
        invitation: Invitation,
        row: Row,
    ) -> Result<Pair> {
        match (self, invitation) {
            (Self::Tincan, Invitation::Room { visitor, agent }) => {
                let lines = [visitor.open(address).await?, agent.open(address).await?];
                let setup = Setup::new(&visitor.session);
                let frames: [Frames; 2] = match row {
                    Row::Candidate => {
                        [same(setup.candidate(setup.agent)), same(setup.candidate(setup.visitor))]
                    }
                    Row::Message => [messages(&visitor.session), messages(&visitor.session)],
                };
                Ok(Pair { number, lines, frames, setup: Some(setup) })
            }
            (Self::Floor | Self::Tincan, _) => {
                let path = format!("/{number}");
                let lines = [
                    Line::open(address, &path, Dialect::Bare).await?,
                    Line::open(address, &path, Dialect::Bare).await?,
                ];
                let frame = Message::Text(Utf8Bytes::from("a".repeat(SIZE)));
                Ok(Pair { number, lines, frames: [same(frame.clone()), same(frame)], setup: None })
            }
            (Self::Nats, _) => {
                let lines = [nats(address, number, "a").await?, nats(address, number, "b").await?];
                let frame = |to: &str| {
                    let publish = format!("PUB {number}.{to} {SIZE}\r\n{}\r\n", "a".repeat(SIZE));
                    same(Message::Binary(Bytes::from(publish)))
                };
                Ok(Pair { number, lines, frames: [frame("b"), frame("a")], setup: None })
            }
            (Self::PeerJs, _) => {
                let lines = [peerjs(address, number, "a").await?, peerjs(address, number, "b").await?];
                let frame = |to: &str| same(peerjs_candidate(&format!("{number}{to}")));
                Ok(Pair { number, lines, frames: [frame("b"), frame("a")], setup: None })
            }
        }
    }
}

/// What a pair of sockets joins by.
pub(crate) enum Invitation {
    None,
    Room { visitor: Ticket, agent: Ticket },
}

async fn nats(address: SocketAddr, number: usize, own: &str) -> Result<Line> {
    let mut line = Line::open(address, "/", Dialect::Nats).await?;
    let hello = format!("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {number}.{own} 1\r\n");
    line.send(Message::Binary(Bytes::from(hello))).await?;
    Ok(line)
}

async fn peerjs(address: SocketAddr, number: usize, own: &str) -> Result<Line> {
    let path = format!("/peerjs?key=peerjs&id={number}{own}&token=t{number}{own}&version=1.5.5");
    Line::open(address, &path, Dialect::PeerJs).await
}

fn peerjs_candidate(to: &str) -> Message {
    let frame = |padding: &str| {
        let candidate = words::candidate(padding);
        format!(
            r#"{{"type":"CANDIDATE","payload":{{"candidate":{{"candidate":"{candidate}","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"EsAw"}},"type":"media","connectionId":"mc_x"}},"dst":"{to}"}}"#
        )
    };
    let bare = frame("").len();
    Message::Text(Utf8Bytes::from(frame(&"a".repeat(SIZE - bare))))
}

fn same(message: Message) -> Frames {
    Box::new(move || message.clone())
}

fn messages(session: &str) -> Frames {
    let session = session.to_owned();
    Box::new(move || words::message(&session))
}

/// As many calls as the plan allows a tenant at once.
pub(crate) const CALLS_A_TENANT: usize = 50;
