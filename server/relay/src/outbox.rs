//! The way to one socket: a bounded queue that nobody ever waits for.

use axum::extract::ws::Utf8Bytes;
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio::sync::Notify;

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
    shared: Arc<Shared>,
}

/// The end of an outbox that the socket's task reads.
#[derive(Debug)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
}

/// What the socket's task does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Write(Utf8Bytes),
    /// Somebody wants the socket closed.
    Close(Close),
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    max_frames: usize,
    max_bytes: usize,
    /// Told when there is room again for those who are patient.
    room: Notify,
}

/// Most sockets are idle most of the time: then this has allocated nothing.
#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    close: Option<Close>,
    /// Nobody reads any more.
    gone: bool,
    /// Whom to wake, and whether it sleeps.
    reader: Option<Waker>,
    asleep: bool,
    /// Somebody waits for room.
    patient: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self, inner: &mut Inner) -> Option<Utf8Bytes> {
        let frame = inner.frames.pop_front()?;
        inner.bytes -= frame.len();
        if inner.frames.is_empty() && inner.frames.capacity() > KEPT {
            inner.frames = VecDeque::new();
        }
        if std::mem::take(&mut inner.patient) {
            self.room.notify_waiters();
        }
        Some(frame)
    }
}

impl Inner {
    fn wake(&mut self) {
        if std::mem::take(&mut self.asleep)
            && let Some(reader) = &self.reader
        {
            reader.wake_by_ref();
        }
    }

    fn close(&mut self, why: Close) {
        if self.close.is_none() || why == Close::Revoked {
            self.close = Some(why);
            self.wake();
        }
    }
}

impl Queue {
    /// The next frame to write, or that the socket is to be closed, which comes first. Cancelling
    /// this loses nothing.
    pub(crate) async fn next(&mut self) -> Next {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &Context<'_>) -> Poll<Next> {
        let mut inner = self.shared.lock();
        if let Some(why) = inner.close {
            return Poll::Ready(Next::Close(why));
        }
        if let Some(frame) = self.shared.pop(&mut inner) {
            return Poll::Ready(Next::Write(frame));
        }
        if !inner.reader.as_ref().is_some_and(|reader| reader.will_wake(context.waker())) {
            inner.reader = Some(context.waker().clone());
        }
        inner.asleep = true;
        Poll::Pending
    }

    /// The next frame if one waits.
    pub(crate) fn try_next(&mut self) -> Option<Utf8Bytes> {
        self.shared.pop(&mut self.shared.lock())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mut inner = self.shared.lock();
        *inner = Inner { gone: true, ..Inner::default() };
        self.shared.room.notify_waiters();
    }
}

impl Outbox {
    /// An outbox for so many frames and bytes, and the end that the socket's task reads.
    pub(crate) fn new(id: SocketId, max_frames: usize, max_bytes: usize) -> (Self, Queue) {
        let inner = Mutex::default();
        let shared = Arc::new(Shared { inner, max_frames, max_bytes, room: Notify::new() });
        (Self { id, shared: shared.clone() }, Queue { shared })
    }

    /// Queues one text frame. A full queue closes the socket: its client resumes, and nothing that
    /// was promised is dropped silently.
    pub(crate) fn send(&self, frame: impl Into<Utf8Bytes>) {
        let mut inner = self.shared.lock();
        if self.put(&mut inner, frame.into()).is_err() {
            inner.close(Close::Overrun);
        }
    }

    /// Queues one text frame as soon as there is room. False: the socket is gone.
    pub(crate) async fn send_patiently(&self, frame: impl Into<Utf8Bytes>) -> bool {
        let mut frame = frame.into();
        loop {
            // Made before the look at the queue: room made in between is not missed.
            let room = self.shared.room.notified();
            {
                let mut inner = self.shared.lock();
                match self.put(&mut inner, frame) {
                    Ok(()) => return !inner.gone,
                    Err(back) => frame = back,
                }
                inner.patient = true;
            }
            room.await;
        }
    }

    /// Puts a frame into the queue, or gives it back when there is no room. What is sent to a socket
    /// that is gone is gone too.
    fn put(&self, inner: &mut Inner, frame: Utf8Bytes) -> Result<(), Utf8Bytes> {
        // Behind a frame that did not fit nothing may follow: its client would see a hole.
        if inner.gone || inner.close == Some(Close::Overrun) {
            return Ok(());
        }
        // One large frame passes an empty queue.
        let fits = inner.frames.len() < self.shared.max_frames.max(1)
            && (inner.bytes + frame.len() <= self.shared.max_bytes || inner.frames.is_empty());
        if !fits {
            return Err(frame);
        }
        inner.bytes += frame.len();
        inner.frames.push_back(frame);
        inner.wake();
        Ok(())
    }

    /// How many frames and bytes wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let inner = self.shared.lock();
        (inner.frames.len(), inner.bytes)
    }

    /// Closes the socket; its client comes back and is asked for its rights again.
    pub(crate) fn come_again(&self) {
        self.shared.lock().close(Close::Overrun);
    }

    /// Closes the socket for good: its device was signed out.
    pub(crate) fn revoke(&self) {
        self.shared.lock().close(Close::Revoked);
    }

    /// Closes the socket because the server goes down.
    pub(crate) fn restart(&self) {
        self.shared.lock().close(Close::Restart);
    }
}

/// So many places for frames stay allocated.
const KEPT: usize = 16;

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
            assert_eq!(queue.next().await, Next::Write("0123456789".into()));
            outbox.send("0123456789");
            assert_eq!(outbox.waiting(), (2, 20), "there was room again");
            outbox.send("0123456789");
            assert_eq!(queue.next().await, Next::Close(Close::Overrun));
            assert_eq!(outbox.waiting(), (2, 20), "what did not fit is not counted");
            assert!(queue.try_next().is_some());
            outbox.send("0123456789");
            assert_eq!(outbox.waiting(), (1, 10), "nothing follows what did not fit");
            assert!(queue.try_next().is_some() && queue.try_next().is_none());
            assert_eq!(outbox.waiting(), (0, 0));
        }
    }

    #[tokio::test]
    async fn one_large_frame_passes_an_empty_queue() {
        let (outbox, mut queue) = Outbox::new(SocketId(1), 4, 5);
        outbox.send("0123456789");
        assert_eq!(queue.try_next().as_deref(), Some("0123456789"));
    }

    #[tokio::test]
    async fn a_patient_sender_waits_for_room_and_ends_with_the_socket() {
        let (outbox, mut queue) = Outbox::new(SocketId(1), 1, 100);
        outbox.send("one");
        let patient = tokio::spawn({
            let outbox = outbox.clone();
            async move { (outbox.send_patiently("two").await, outbox.send_patiently("three").await) }
        });
        assert_eq!(queue.next().await, Next::Write("one".into()));
        assert_eq!(queue.next().await, Next::Write("two".into()), "woken by the frame that came");
        drop(queue);
        assert!(patient.await.is_ok_and(|(two, _)| two));
        assert!(!outbox.send_patiently("four").await);
    }

    #[tokio::test]
    async fn signing_out_wins_over_coming_again() {
        let (outbox, mut queue) = Outbox::new(SocketId(1), 1, 100);
        outbox.send("one");
        outbox.come_again();
        outbox.revoke();
        outbox.restart();
        assert_eq!(queue.next().await, Next::Close(Close::Revoked), "before what waits");
        assert_eq!(queue.try_next().as_deref(), Some("one"));
    }
}
