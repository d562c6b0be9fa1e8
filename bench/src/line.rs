//! One socket of the load: opens in a peer's dialect, sends frames, and tells events from the rest.

use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes, client::IntoClientRequest, protocol::WebSocketConfig},
};

/// What is spoken on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Every frame is an event.
    Bare,
    /// Phoenix channels, version 2.0.0.
    Phoenix,
    Nats,
    PeerJs,
}

/// One open socket.
pub(crate) struct Line {
    stream: WebSocketStream<TcpStream>,
    dialect: Dialect,
    /// What has come of a NATS message that is not whole yet.
    rest: Vec<u8>,
}

/// What came in one frame.
pub(crate) enum Heard {
    Events(usize),
    /// A Phoenix frame, event or not.
    Text(Utf8Bytes),
    Nothing,
}

impl Line {
    /// Opens a socket; `path` with its query.
    pub(crate) async fn open(address: SocketAddr, path: &str, dialect: Dialect) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((next_source(), 0).into())?;
        let tcp = timeout(PATIENCE, socket.connect(address)).await??;
        tcp.set_nodelay(true)?;
        let request = format!("ws://{address}{path}").into_client_request()?;
        let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER);
        let (stream, _) = timeout(PATIENCE, client_async_with_config(request, tcp, Some(config)))
            .await
            .context("no answer to the upgrade")??;
        Ok(Self { stream, dialect, rest: Vec::new() })
    }

    pub(crate) fn is_phoenix(&self) -> bool {
        self.dialect == Dialect::Phoenix
    }

    pub(crate) async fn send(&mut self, message: Message) -> Result<()> {
        Ok(self.stream.send(message).await?)
    }

    pub(crate) async fn say(&mut self, text: impl Into<Utf8Bytes>) -> Result<()> {
        self.send(Message::Text(text.into())).await
    }

    /// The next frame. May be dropped while it waits, and nothing is lost.
    pub(crate) async fn hear(&mut self) -> Result<Heard> {
        let message = self.stream.next().await.context("the server closed the socket")??;
        Ok(match (self.dialect, message) {
            (_, Message::Close(frame)) => bail!("the server closed the socket: {frame:?}"),
            (Dialect::Bare, Message::Text(_) | Message::Binary(_)) => Heard::Events(1),
            (Dialect::Phoenix, Message::Text(text)) => Heard::Text(text),
            (Dialect::PeerJs, Message::Text(text)) => {
                if text.contains("\"type\":\"ERROR\"") || text.contains("\"type\":\"EXPIRE\"") {
                    bail!("PeerJS answers {text}");
                }
                Heard::Events(text.contains("\"type\":\"CANDIDATE\"").into())
            }
            (Dialect::Nats, Message::Binary(bytes)) => self.nats(&bytes).await?,
            _ => Heard::Nothing,
        })
    }

    /// Waits for so many events, ignoring everything else.
    pub(crate) async fn events(&mut self, wanted: usize) -> Result<()> {
        let mut heard = 0;
        while heard < wanted {
            heard += match self.hear().await? {
                Heard::Events(events) => events,
                Heard::Text(text) => usize::from(event(&text)?.is_some_and(is_measured)),
                Heard::Nothing => 0,
            };
        }
        Ok(())
    }

    /// Waits for a Phoenix frame that holds this.
    pub(crate) async fn until(&mut self, wanted: &str) -> Result<Utf8Bytes> {
        let found = async {
            loop {
                if let Heard::Text(text) = self.hear().await? {
                    event(&text)?;
                    if text.contains(wanted) {
                        return Ok(text);
                    }
                }
            }
        };
        timeout(PATIENCE, found).await.with_context(|| format!("{wanted} never came"))?
    }

    async fn nats(&mut self, bytes: &[u8]) -> Result<Heard> {
        self.rest.extend_from_slice(bytes);
        let (mut events, mut at, mut ping) = (0, 0, false);
        while let Some(end) = self.rest[at..].windows(2).position(|two| two == b"\r\n") {
            let line = std::str::from_utf8(&self.rest[at..at + end])?;
            let mut next = at + end + 2;
            if line.starts_with("MSG ") {
                let length: usize = line.rsplit(' ').next().unwrap_or_default().parse()?;
                next += length + 2;
                if next > self.rest.len() {
                    break;
                }
                events += 1;
            } else if line.starts_with("PING") {
                ping = true;
            } else if line.starts_with("-ERR") {
                bail!("NATS answers {line}");
            }
            at = next;
        }
        self.rest.drain(..at);
        if ping {
            self.send(Message::Binary("PONG\r\n".into())).await?;
        }
        Ok(Heard::Events(events))
    }
}

/// The name of the event in a Phoenix broadcast. A refusal is an error: then nothing is measured.
pub(crate) fn event(text: &str) -> Result<Option<&str>> {
    let head = text.get(..HEAD).unwrap_or(text);
    let Some((_, rest)) = head.split_once("\"type\":\"broadcast\",\"event\":\"") else { return Ok(None) };
    let name = rest.split('"').next();
    if name == Some("refused") {
        bail!("the server refuses: {text}");
    }
    Ok(name)
}

/// The events whose relaying is measured.
pub(crate) fn is_measured(name: &str) -> bool {
    matches!(name, "candidate" | "message" | "typing")
}

/// A loopback address to come from: one alone has too few ports for 18,000 sockets after another.
fn next_source() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + (1 + next / 4_000 % 60) * 256)
}

const BUFFER: usize = 4 * 1024;
/// The event's name stands within so many bytes of a frame.
const HEAD: usize = 240;
const PATIENCE: Duration = Duration::from_secs(30);
