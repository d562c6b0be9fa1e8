//! What stands for a WebSocket: the end that the relay's real socket task holds. What comes in was
//! delivered by the simulated network; what goes out lies here until the network takes it.

use axum::extract::ws::Message;
use futures::{Sink, Stream};
use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio::sync::{Notify, mpsc};

/// The relay's end of one socket.
pub(super) struct ServerEnd {
    pub(super) incoming: mpsc::UnboundedReceiver<Message>,
    pub(super) wire: Arc<Wire>,
}

/// What the relay wrote and the network has not taken yet.
pub(super) struct Wire {
    state: Mutex<State>,
    /// Something was written, on whatever wire.
    pub(super) news: Arc<Notify>,
}

#[derive(Default)]
struct State {
    written: VecDeque<Message>,
    closed: bool,
    /// The page reads nothing: after a while the relay cannot write.
    stalled: bool,
    waiting: Option<Waker>,
}

impl Wire {
    pub(super) fn new(news: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), news })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page stops reading, or goes on.
    pub(super) fn stall(&self, stalled: bool) {
        let mut state = self.lock();
        state.stalled = stalled;
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
    }

    /// Takes everything written so far, and says whether the relay let go of the socket.
    pub(super) fn take(&self) -> (VecDeque<Message>, bool) {
        let mut state = self.lock();
        (std::mem::take(&mut state.written), state.closed)
    }
}

impl Stream for ServerEnd {
    type Item = Result<Message, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(cx).map(|message| message.map(Ok))
    }
}

impl Sink<Message> for ServerEnd {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        let mut state = self.wire.lock();
        if state.stalled {
            state.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
        self.wire.lock().written.push_back(message);
        self.wire.news.notify_one();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.wire.lock().closed = true;
        self.wire.news.notify_one();
    }
}
