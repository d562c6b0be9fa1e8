//! One task a socket: it owns the stream, everybody else holds only an outbox.

use crate::{
    channel::{Channels, Greeting, Pace},
    hub::{Hub, tell},
    outbox::{Close, Next, Outbox, Queue},
    rates::Bucket,
};
use axum::{
    Json,
    extract::{
        FromRequestParts, Query, Request, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use futures::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use std::{
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tincan_backend::ClientIp;
use tincan_signaling::{
    code::{Code, Refusal},
    frame::{Frame, MAX_FRAME, Version},
};
use tokio::time::{Instant, sleep_until, timeout};

/// A WebSocket ping goes out so often; without any frame for twice as long the network is lost.
const PING: Duration = Duration::from_secs(10);
const DEAD: Duration = Duration::from_secs(20);
/// Without a Phoenix heartbeat a page is asleep, then given up.
const ASLEEP: Duration = Duration::from_secs(75);
const FROZEN: Duration = Duration::from_secs(150);
/// A socket that joined nothing is closed.
const UNJOINED: Duration = Duration::from_secs(10);
/// A socket that was too fast all that time is closed.
const TOO_FAST: Duration = Duration::from_secs(10);
/// One that was not for so long is forgiven.
const CALM: Duration = Duration::from_secs(1);
/// A peer that takes nothing for so long is gone.
const WRITE: Duration = Duration::from_secs(10);
/// The library's own buffers would take 128 KiB a socket.
const BUFFER: usize = 4 * 1024;

/// The query of a socket. Nothing of it ever reaches a log.
#[derive(Deserialize)]
pub(crate) struct Query_ {
    #[serde(default)]
    apikey: Option<String>,
    #[serde(default)]
    vsn: Option<String>,
}

/// Where a request comes from that nobody looked at.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
/// The key of our own pages for staff.
const DASHBOARD: &str = "dashboard";
/// How Phoenix clients hide a token in the subprotocol.
const BEARER: &str = "base64url.bearer.phx.";

/// `GET /realtime/v1/websocket`: limits, key and origin are checked before the upgrade.
pub(crate) async fn upgrade(State(hub): State<Arc<Hub>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let address = parts.extensions.get::<ClientIp>().map_or(UNKNOWN, |client| client.counted_as());
    if let Err(refusal) = hub.sockets.knock(address) {
        return refuse(&refusal);
    }
    let Ok(Query(query)) = Query::<Query_>::try_from_uri(&parts.uri) else {
        return refuse(&Refusal::new(Code::BadRequest, "The query cannot be read."));
    };
    let (greeting, phoenix) = match greet(&hub, &query, &parts.headers).await {
        Ok(greeting) => greeting,
        Err(refusal) => return refuse(&refusal),
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let (outbox, frames) = match hub.connect(address, greeting.tenant) {
        Ok(connected) => connected,
        Err(refusal) => return refuse(&refusal),
    };
    let upgrade = upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME);
    let upgrade = if phoenix { upgrade.protocols(["phoenix"]) } else { upgrade };
    let (failed, socket) = (hub.clone(), outbox.id);
    upgrade
        .on_failed_upgrade(move |_| failed.disconnect(socket))
        .on_upgrade(move |stream| run(hub, stream, outbox, frames, greeting))
}

fn refuse(refusal: &Refusal) -> Response {
    metrics::counter!("tincan_ws_refused_total", "reason" => refusal.code.as_str()).increment(1);
    let status = StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = serde_json::json!({ "error": refusal.reason, "code": refusal.code });
    let Some(wait) = refusal.retry_after_ms else { return (status, Json(body)).into_response() };
    body["retry_after_ms"] = wait.into();
    let seconds = HeaderValue::from(wait.div_ceil(1_000));
    (status, [(header::RETRY_AFTER, seconds)], Json(body)).into_response()
}

/// Who knocks: the version, the tenant that the key names, the token if one came along.
async fn greet(hub: &Arc<Hub>, query: &Query_, headers: &HeaderMap) -> Result<(Greeting, bool), Refusal> {
    let version = match query.vsn.as_deref() {
        None => Version::default(),
        Some(vsn) => Version::parse(vsn)
            .ok_or_else(|| Refusal::new(Code::BadRequest, "vsn must be 1.0.0 or 2.0.0."))?,
    };
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let offered: Vec<&str> = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let bearer = offered.iter().find_map(|protocol| protocol.strip_prefix(BEARER)).and_then(decode);
    let key = query.apikey.as_deref().filter(|key| !key.is_empty());
    let (mut tenant, mut token) = (None, bearer);
    match key {
        // By the token alone, from a page of the tenant's.
        None => tenant = token.as_deref().and_then(|token| hub.backend.tenant_of(token)),
        Some(DASHBOARD) => {}
        // A token in place of a key. One that has ended still names its tenant; rights come at join.
        Some(jwt) if jwt.matches('.').count() == 2 => {
            tenant = hub.backend.tenant_of(jwt);
            if hub.backend.verify(jwt).is_ok() {
                token = token.or_else(|| Some(jwt.to_owned()));
            }
        }
        Some(key) => tenant = Some(hub.backend.tenant_by_key(key).await.map_err(tell)?),
    }
    let token = token.filter(|token| token.len() <= hub.config.limits.join_bytes);
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if let Some(origin) = origin.filter(|origin| *origin != hub.config.own_origin) {
        let allowed = match tenant {
            Some(tenant) => hub.backend.origin_allowed(tenant, origin).await.map_err(tell)?,
            None => false,
        };
        if !allowed {
            return Err(Refusal::new(Code::OriginDenied, "This origin is not on the list."));
        }
    }
    Ok((Greeting { version, tenant, token }, offered.contains(&"phoenix")))
}

/// Base64 (either alphabet, padded or not) to text.
fn decode(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What carries frames: a WebSocket, or what stands for one in the simulator.
pub(crate) trait Frames: Stream<Item = Result<Message, axum::Error>> + Sink<Message> + Unpin {}

impl<T: Stream<Item = Result<Message, axum::Error>> + Sink<Message> + Unpin> Frames for T {}

/// Writes to a peer that reads; one that does not is gone.
async fn write(stream: &mut impl Frames, message: Message) -> Option<()> {
    timeout(WRITE, stream.send(message)).await.ok()?.ok()
}

/// Writes a frame, and what waits behind it along with it: a peer that is told much at once is told
/// it in few packets.
async fn write_all(stream: &mut impl Frames, frame: Utf8Bytes, frames: &mut Queue) -> Option<()> {
    let mut bytes = frame.len();
    let all = async {
        stream.feed(Message::Text(frame)).await?;
        while bytes < BUFFER
            && let Some(frame) = frames.try_next()
        {
            bytes += frame.len();
            stream.feed(Message::Text(frame)).await?;
        }
        stream.flush().await
    };
    timeout(WRITE, all).await.ok()?.ok()
}

struct Clocks {
    opened: Instant,
    last_frame: Instant,
    last_heartbeat: Instant,
    next_ping: Instant,
    asleep: bool,
    /// Not read before then, because the client was too fast.
    slow_until: Option<Instant>,
    slow_since: Option<Instant>,
    /// From then on a frame of any kind shows that the client is no longer too fast.
    calm_from: Instant,
    /// What the client may send, whatever it is.
    frames: Bucket,
    bytes: Bucket,
}

impl Clocks {
    /// Counts one message that just came: how long to wait before the next is read.
    fn count(&mut self, message: &Message) -> Option<Duration> {
        let bytes = match message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
            Message::Close(_) => 0,
        };
        let frames = self.frames.owe_at(self.last_frame, 1.0);
        self.bytes.owe_at(self.last_frame, bytes as f64).max(frames)
    }

    /// When something is due at the latest.
    fn next_due(&self, hub: &Hub, channels: &Channels) -> Instant {
        let due = channels.next_due(hub.now()).map_or(self.next_ping, |due| due.min(self.next_ping));
        // Not reading a client that was too fast is our silence, not its own.
        self.slow_until.unwrap_or_else(|| self.last_frame + DEAD).min(due)
    }

    /// Reads on more slowly when the client was too fast. False: it was so for too long.
    fn pace(&mut self, pace: Pace, hub: &Hub) -> bool {
        let now = self.last_frame;
        match pace {
            Pace::Slow(wait) => {
                hub.meters.slowed.increment(1);
                self.slow_until = Some(now + wait);
                self.calm_from = now + wait + CALM;
                return now.duration_since(*self.slow_since.get_or_insert(now)) <= TOO_FAST;
            }
            Pace::Fine => self.slow_since = None,
            Pace::Uncounted if now >= self.calm_from => self.slow_since = None,
            Pace::Uncounted => {}
        }
        true
    }
}

/// Serves one socket from its first frame to the last.
pub(crate) async fn run(
    hub: Arc<Hub>,
    mut stream: impl Frames,
    outbox: Outbox,
    mut frames: Queue,
    greeting: Greeting,
) {
    let _task = hub.meters.tasks.sockets.hold();
    let socket = outbox.id;
    let mut channels = Channels::new(hub.clone(), outbox, greeting);
    let why = serve(&hub, &mut stream, &mut frames, &mut channels).await;
    Box::pin(channels.leave_all()).await;
    hub.disconnect(socket);
    let reason = why.map_or(Close::GONE, Close::reason);
    metrics::counter!("tincan_ws_disconnects_total", "reason" => reason).increment(1);
    if let Some(why) = why {
        while let Some(frame) = frames.try_next() {
            if write(&mut stream, Message::Text(frame)).await.is_none() {
                return;
            }
        }
        let close = CloseFrame { code: why.code(), reason: why.reason().into() };
        // The other side may be gone already.
        let _gone = write(&mut stream, Message::Close(Some(close))).await;
    }
}

/// Serves until the socket is gone (`None`) or the server wants it closed.
async fn serve(
    hub: &Arc<Hub>,
    stream: &mut impl Frames,
    frames: &mut Queue,
    channels: &mut Channels,
) -> Option<Close> {
    let now = Instant::now();
    let mut clocks = Clocks {
        opened: now,
        last_frame: now,
        last_heartbeat: now,
        next_ping: now + PING,
        asleep: false,
        slow_until: None,
        slow_since: None,
        calm_from: now,
        frames: Bucket::new(hub.config.limits.rates.frames),
        bytes: Bucket::new(hub.config.limits.rates.bytes),
    };
    let mut timer = pin!(sleep_until(clocks.next_due(hub, channels)));
    loop {
        let pace = tokio::select! {
            biased;
            () = &mut timer => {
                if let Some(why) = on_time(stream, channels, &mut clocks).await? {
                    return Some(why);
                }
                timer.as_mut().reset(clocks.next_due(hub, channels));
                continue;
            }
            next = frames.next() => {
                match next {
                    Next::Close(why) => return Some(why),
                    Next::Write(frame) => write_all(stream, frame, frames).await?,
                }
                continue;
            }
            message = stream.next(), if clocks.slow_until.is_none() => {
                let message = message?.ok()?;
                clocks.last_frame = Instant::now();
                if matches!(message, Message::Close(_)) {
                    return None;
                }
                let wait = clocks.count(&message);
                take(&message, channels, &mut clocks).await.and(wait)
            }
        };
        if !clocks.pace(pace, hub) {
            return Some(Close::RateLimited);
        }
        // A signal or typing, taken at once, changes nothing that is due.
        if pace != Pace::Fine {
            let due = clocks.next_due(hub, channels);
            // A timer that fires too early is set again then; most frames only move it away.
            if due < timer.deadline() {
                timer.as_mut().reset(due);
            }
        }
    }
}

/// Does what is due: `None` when the peer is gone, inside it why the server closes the socket.
async fn on_time(
    stream: &mut impl Frames,
    channels: &mut Channels,
    clocks: &mut Clocks,
) -> Option<Option<Close>> {
    let now = Instant::now();
    if clocks.slow_until.is_some_and(|until| now >= until) {
        clocks.slow_until = None;
        clocks.last_frame = now;
    }
    if clocks.slow_until.is_none() && now >= clocks.last_frame + DEAD {
        return Some(Some(Close::Silent));
    }
    Box::pin(channels.do_due()).await;
    if now >= clocks.next_ping {
        clocks.next_ping = now + PING;
        if let Some(why) = overdue(clocks, now, channels) {
            return Some(Some(why));
        }
        write(stream, Message::Ping(axum::body::Bytes::new())).await?;
    }
    Some(None)
}

async fn take(message: &Message, channels: &mut Channels, clocks: &mut Clocks) -> Pace {
    let frame = match message {
        Message::Text(text) => Frame::parse_text(channels.version(), text),
        Message::Binary(bytes) => Frame::parse_binary(bytes),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Pace::Uncounted,
    };
    match frame {
        Ok(frame) => {
            if matches!(frame.push, tincan_signaling::frame::Push::Heartbeat) {
                clocks.last_heartbeat = Instant::now();
                clocks.asleep = false;
            }
            channels.handle(frame).await
        }
        Err(bad) => {
            channels.malformed(&bad);
            Pace::Uncounted
        }
    }
}

/// Whether a socket has been unjoined or frozen for too long.
fn overdue(clocks: &mut Clocks, now: Instant, channels: &Channels) -> Option<Close> {
    if !channels.ever_joined() && now.duration_since(clocks.opened) >= UNJOINED {
        return Some(Close::Silent);
    }
    let quiet = now.duration_since(clocks.last_heartbeat);
    if quiet > FROZEN {
        return Some(Close::Silent);
    }
    if quiet > ASLEEP && !clocks.asleep {
        clocks.asleep = true;
        channels.asleep(true);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_token_comes_out_of_the_subprotocol() {
        assert_eq!(decode("aGVsbG8").as_deref(), Some("hello"));
        assert_eq!(decode("aGVsbG8=").as_deref(), Some("hello"));
        assert_eq!(decode("_-8").as_deref(), None);
        assert_eq!(decode("%%"), None);
    }
}
