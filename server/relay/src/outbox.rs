//! The way to one socket: a bounded queue that nobody ever waits for.

use axum::extract::ws::Utf8Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{Notify, mpsc};

/// How many frames may wait for one socket.
pub(crate) const QUEUE: usize = 1024;

/// The number of a socket on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// Why the server closes a socket (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    /// The queue was full, or the client was too fast for too long: it may come back and resume.
    Overrun,
    RateLimited,
    /// The server goes down.
    Restart,
    /// The device was signed out.
    Revoked,
    /// No join, no heartbeat or no frame in time.
    Silent,
}

impl Close {
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Overrun | Self::RateLimited => 1013,
            Self::Restart => 1012,
            Self::Revoked => 1008,
            Self::Silent => 1001,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Overrun => "overrun",
            Self::RateLimited => "rate-limited",
            Self::Restart => "restart",
            Self::Revoked => "unauthorized",
            Self::Silent => "silent",
        }
    }
}

/// What others do to a socket. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) id: SocketId,
    queue: mpsc::Sender<Utf8Bytes>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    overrun: AtomicBool,
    revoked: AtomicBool,
    wake: Notify,
}

impl Outbox {
    /// An outbox and the end that the socket's task reads.
    pub(crate) fn new(id: SocketId) -> (Self, mpsc::Receiver<Utf8Bytes>) {
        let (queue, frames) = mpsc::channel(QUEUE);
        (Self { id, queue, shared: Arc::default() }, frames)
    }

    /// Queues one text frame. A full queue closes the socket: its client resumes, and nothing that
    /// was promised is dropped silently.
    pub(crate) fn send(&self, frame: impl Into<Utf8Bytes>) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(frame.into())
            && !self.shared.overrun.swap(true, Ordering::Relaxed)
        {
            metrics::counter!("tincan_ws_overruns_total").increment(1);
            self.shared.wake.notify_one();
        }
    }

    /// Queues one text frame as soon as there is room. False: the socket is gone.
    pub(crate) async fn send_patiently(&self, frame: impl Into<Utf8Bytes>) -> bool {
        self.queue.send(frame.into()).await.is_ok()
    }

    /// Closes the socket; its client comes back and is asked for its rights again.
    pub(crate) fn come_again(&self) {
        self.shared.overrun.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }

    /// Closes the socket for good: its device was signed out.
    pub(crate) fn revoke(&self) {
        self.shared.revoked.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }

    /// Waits until somebody wants the socket closed.
    pub(crate) async fn closed(&self) -> Close {
        loop {
            if self.shared.revoked.load(Ordering::Relaxed) {
                return Close::Revoked;
            }
            if self.shared.overrun.load(Ordering::Relaxed) {
                return Close::Overrun;
            }
            self.shared.wake.notified().await;
        }
    }
}
