//! The room of a chat session: its log folded as it arrives, and everything said into it kept
//! until the server has it.

mod clock;
mod fold;
mod ledger;
mod outbox;

use crate::{
    few::Few,
    page::{TimerSlot, new_id, now_ms},
    socket::{Line, Member},
};
pub(crate) use clock::Clock;
use futures::channel::oneshot;
use ledger::Ledger;
use outbox::{Key, Link, Outbox};
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::{Entry, Event, Sender, Signal as Addressed},
    id::{CallId, EventId, LegId, SessionId, Sub, Timestamp, Topic},
    wire::{AvailabilityEvent, Refused},
};

/// An own message that the server has not confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub id: EventId,
    pub text: String,
}

/// What a call driver is told.
pub(crate) enum News<'a> {
    /// The call may have changed.
    Call,
    /// Back in the room, everything missed is folded.
    Joined,
    Signal(&'a Addressed),
    /// A leg of the call is back on a socket.
    Back(LegId),
}

/// Told what happens in the room.
pub(crate) type Watcher = dyn Fn(&News<'_>);
type Answer = oneshot::Sender<Result<(), Refusal>>;

/// A chat session's room as this page holds it. Cheap to clone; left when the last clone is gone.
#[derive(Clone)]
pub struct Room(pub(crate) SendWrapper<Rc<Inner>>);

pub(crate) struct Inner {
    own: Weak<Self>,
    line: Rc<Line>,
    session: SessionId,
    link: Cell<Link>,
    ledger: RefCell<Ledger>,
    outbox: RefCell<Outbox>,
    answers: RefCell<Few<Key, Answer>>,
    watchers: RefCell<Vec<Weak<Watcher>>>,
    clock: Clock,
    typed_at_ms: Cell<f64>,
    typing_ends: TimerSlot,
    slowed: TimerSlot,
    joined: ArcRwSignal<bool>,
    denied: ArcRwSignal<Option<Refusal>>,
    call: ArcRwSignal<Call>,
    timeline: ArcRwSignal<Vec<Entry>>,
    history_due: ArcRwSignal<u32>,
    pending: ArcRwSignal<Vec<Pending>>,
    typing: ArcRwSignal<Option<Sender>>,
    availability: ArcRwSignal<Option<AvailabilityEvent>>,
    refused: ArcRwSignal<Option<Refused>>,
}

impl Room {
    pub(crate) fn join(line: &Rc<Line>, session: SessionId) -> Self {
        let topic = Topic::Room(session);
        if let Some(inner) = line.member::<Inner>(topic) {
            return Self(SendWrapper::new(inner));
        }
        let inner = Rc::new_cyclic(|own| Inner {
            own: own.clone(),
            line: line.clone(),
            session,
            link: Cell::new(Link::Down),
            ledger: RefCell::default(),
            outbox: RefCell::default(),
            answers: RefCell::default(),
            watchers: RefCell::default(),
            clock: Clock::default(),
            typed_at_ms: Cell::new(0.0),
            typing_ends: TimerSlot::default(),
            slowed: TimerSlot::default(),
            joined: ArcRwSignal::new(false),
            denied: ArcRwSignal::new(None),
            call: ArcRwSignal::new(Call::Idle),
            timeline: ArcRwSignal::new(Vec::new()),
            history_due: ArcRwSignal::new(0),
            pending: ArcRwSignal::new(Vec::new()),
            typing: ArcRwSignal::new(None),
            availability: ArcRwSignal::new(None),
            refused: ArcRwSignal::new(None),
        });
        let weak = Rc::downgrade(&inner);
        line.enter(topic, weak);
        Self(SendWrapper::new(inner))
    }

    /// The chat session.
    pub fn session(&self) -> SessionId {
        self.0.session
    }

    /// Whom this page speaks for.
    pub fn me(&self) -> Sub {
        self.0.line.config.me
    }

    /// Whether everything said in the room reaches this page right now.
    pub fn joined(&self) -> ReadSignal<bool> {
        self.0.joined.read_only().into()
    }

    /// Why the room could not be joined; it is tried again all the same.
    pub fn denied(&self) -> ReadSignal<Option<Refusal>> {
        self.0.denied.read_only().into()
    }

    /// The call, as folded from the log.
    pub fn call(&self) -> ReadSignal<Call> {
        self.0.call.read_only().into()
    }

    /// What was logged since the page joined, in order. To be merged with the history by `id`.
    pub fn timeline(&self) -> ReadSignal<Vec<Entry>> {
        self.0.timeline.read_only().into()
    }

    /// Rises when the history is to be read by HTTP: after the first join and after each gap.
    pub fn history_due(&self) -> ReadSignal<u32> {
        self.0.history_due.read_only().into()
    }

    /// Own messages that are not confirmed yet, oldest first.
    pub fn pending(&self) -> ReadSignal<Vec<Pending>> {
        self.0.pending.read_only().into()
    }

    /// Who is typing.
    pub fn typing(&self) -> ReadSignal<Option<Sender>> {
        self.0.typing.read_only().into()
    }

    /// Whether somebody can be called, as last told.
    pub fn availability(&self) -> ReadSignal<Option<AvailabilityEvent>> {
        self.0.availability.read_only().into()
    }

    /// The last push that was refused.
    pub fn refused(&self) -> ReadSignal<Option<Refused>> {
        self.0.refused.read_only().into()
    }

    /// Says a line of text. It is on its way when this returns; the future ends when the server
    /// has it, over any number of reconnects.
    pub fn say(&self, text: String) -> impl Future<Output = Result<EventId, Refusal>> + use<> {
        let id = EventId(new_id());
        let sent = self.push(Event::Message { id, text });
        async move { sent.await.map(|()| id) }
    }

    /// Everything up to this message was seen.
    pub fn read(&self, up_to: EventId) {
        drop(self.push(Event::Read { up_to }));
    }

    /// Tells the others that something is being typed, every two seconds at most.
    pub fn type_now(&self) {
        let now = now_ms();
        if now - self.0.typed_at_ms.get() >= TYPING_EVERY_MS && self.0.send("typing", "{}").is_some() {
            self.0.typed_at_ms.set(now);
        }
    }

    /// Says an event. It is on its way when this returns; the future tells what came of it.
    pub fn push(&self, event: Event) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let answer = self.0.push(event);
        async move { answer.await.unwrap_or_else(|_| Err(Refusal::new(Code::Unavailable, "The room was left."))) }
    }

    /// The server's time, as near as this page knows it.
    pub fn server_now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Leaves the room now, whoever still holds it.
    pub fn leave(&self) {
        self.0.line.exit(Topic::Room(self.0.session), &**self.0);
        self.0.down();
    }

    /// Tells a driver what happens, for as long as it lives.
    pub(crate) fn watch(&self, watcher: &Rc<Watcher>) {
        self.0.watchers.borrow_mut().push(Rc::downgrade(watcher));
    }

    /// Sends a signal if the room can be reached right now. Nothing waits: an unfinished
    /// negotiation is begun again.
    pub(crate) fn signal(&self, signal: &Addressed) {
        self.0.send(signal.body.name(), &signal.to_json());
    }

    /// Takes back a request that nobody is known to have received, and gives up on its answer.
    /// Says whether it may have arrived all the same.
    pub(crate) fn withdraw(&self, call_id: CallId) -> Option<bool> {
        let room: &Inner = &self.0;
        let (tried, step) = room.outbox.borrow_mut().withdraw(call_id)?;
        room.take([step]);
        Some(tried)
    }

    /// The call right now, outside of any reactive scope.
    pub(crate) fn call_now(&self) -> Call {
        self.0.call.get_untracked()
    }

    pub(crate) fn is_joined(&self) -> bool {
        self.0.link.get() == Link::Synced
    }
}

/// How often others are told that one is typing.
const TYPING_EVERY_MS: f64 = 2_000.0;
