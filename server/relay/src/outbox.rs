//! The way to one socket: a bounded queue that nobody ever waits for.

use axum::extract::ws::Utf8Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::sync::{
    Notify,
    mpsc::{self, error::TrySendError},
};

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
    /// Every reason, and that of a socket that went by itself.
    pub(crate) const REASONS: [&str; 6] =
        [Self::GONE, "overrun", "rate-limited", "restart", "unauthorized", "silent"];
    pub(crate) const GONE: &str = "gone";

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

#[derive(Debug)]
struct Shared {
    overrun: AtomicBool,
    revoked: AtomicBool,
    wake: Notify,
    /// What waits, and how much of it may.
    bytes: AtomicUsize,
    max_bytes: usize,
}

/// The end of an outbox that the socket's task reads.
#[derive(Debug)]
pub(crate) struct Queue {
    frames: mpsc::Receiver<Utf8Bytes>,
    shared: Arc<Shared>,
}

impl Queue {
    /// The next frame to write; cancelling this loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.recv().await?;
        self.shared.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    /// The next frame if one waits.
    pub(crate) fn try_next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.try_recv().ok()?;
        self.shared.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }
}

impl Outbox {
    /// An outbox for so many frames and bytes, and the end that the socket's task reads.
    pub(crate) fn new(id: SocketId, max_frames: usize, max_bytes: usize) -> (Self, Queue) {
        let (queue, frames) = mpsc::channel(max_frames.max(1));
        let shared = Arc::new(Shared {
            overrun: AtomicBool::new(false),
            revoked: AtomicBool::new(false),
            wake: Notify::new(),
            bytes: AtomicUsize::new(0),
            max_bytes,
        });
        (Self { id, queue, shared: shared.clone() }, Queue { frames, shared })
    }

    /// Queues one text frame. A full queue closes the socket: its client resumes, and nothing that
    /// was promised is dropped silently.
    pub(crate) fn send(&self, frame: impl Into<Utf8Bytes>) {
        let frame = frame.into();
        let bytes = frame.len();
        let before = self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        let room = before + bytes <= self.shared.max_bytes || before == 0;
        let sent = if room { self.queue.try_send(frame) } else { Err(TrySendError::Full(frame)) };
        let Err(error) = sent else { return };
        self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if matches!(error, TrySendError::Full(_)) && !self.shared.overrun.swap(true, Ordering::Relaxed) {
            self.shared.wake.notify_one();
        }
    }

    /// Queues one text frame as soon as there is room. False: the socket is gone.
    pub(crate) async fn send_patiently(&self, frame: impl Into<Utf8Bytes>) -> bool {
        let frame = frame.into();
        let Ok(place) = self.queue.reserve().await else { return false };
        self.shared.bytes.fetch_add(frame.len(), Ordering::Relaxed);
        place.send(frame);
        true
    }

    /// How many frames and bytes wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let frames = self.queue.max_capacity() - self.queue.capacity();
        (frames, self.shared.bytes.load(Ordering::Relaxed))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_that_is_full_by_frames_or_by_bytes_closes_its_socket() {
        for (frames, bytes) in [(2, 1_000), (100, 25)] {
            let (outbox, mut queue) = Outbox::new(SocketId(1), frames, bytes);
            outbox.send("0123456789");
            outbox.send("0123456789");
            assert_eq!(outbox.waiting(), (2, 20));
            assert_eq!(queue.next().await.as_deref(), Some("0123456789"));
            outbox.send("0123456789");
            assert_eq!(outbox.waiting(), (2, 20), "there was room again");
            outbox.send("0123456789");
            assert_eq!(outbox.closed().await, Close::Overrun);
            assert_eq!(outbox.waiting(), (2, 20), "what did not fit is not counted");
            assert!(queue.try_next().is_some() && queue.try_next().is_some() && queue.try_next().is_none());
            assert_eq!(outbox.waiting(), (0, 0));
        }
    }

    #[tokio::test]
    async fn one_large_frame_passes_an_empty_queue() {
        let (outbox, mut queue) = Outbox::new(SocketId(1), 4, 5);
        outbox.send("0123456789");
        assert_eq!(queue.try_next().as_deref(), Some("0123456789"));
    }
}
