//! The room of a chat session: its log folded as it arrives, and everything said into it kept
//! until the server has it.

mod ledger;
mod outbox;

use crate::{
    page::{TimerSlot, new_id, now_ms},
    socket::{Line, Member},
};
use futures::channel::oneshot;
use ledger::{Adopted, Ledger, Taken};
use leptos::prelude::*;
use outbox::{Key, Link, Outbox, Step};
use send_wrapper::SendWrapper;
use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    rc::{Rc, Weak},
};
use tincan_signaling::{
    Call,
    code::{Code, Refusal},
    event::{Entry, Event, Sender, Signal as Addressed},
    id::{CallId, EventId, SessionId, Sub, Timestamp, Topic},
    wire::{
        AvailabilityEvent, Broadcast, BroadcastConfig, Join, JoinConfig, Joined, Refused, Snapshot, Typing,
    },
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
    answers: RefCell<BTreeMap<Key, Answer>>,
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
    pub fn joined(&self) -> Signal<bool> {
        self.0.joined.clone().into()
    }

    /// Why the room could not be joined; it is tried again all the same.
    pub fn denied(&self) -> Signal<Option<Refusal>> {
        self.0.denied.clone().into()
    }

    /// The call, as folded from the log.
    pub fn call(&self) -> Signal<Call> {
        self.0.call.clone().into()
    }

    /// What was logged since the page joined, in order. To be merged with the history by `id`.
    pub fn timeline(&self) -> Signal<Vec<Entry>> {
        self.0.timeline.clone().into()
    }

    /// Rises when the history is to be read by HTTP: after the first join and after each gap.
    pub fn history_due(&self) -> Signal<u32> {
        self.0.history_due.clone().into()
    }

    /// Own messages that are not confirmed yet, oldest first.
    pub fn pending(&self) -> Signal<Vec<Pending>> {
        self.0.pending.clone().into()
    }

    /// Who is typing.
    pub fn typing(&self) -> Signal<Option<Sender>> {
        self.0.typing.clone().into()
    }

    /// Whether somebody can be called, as last told.
    pub fn availability(&self) -> Signal<Option<AvailabilityEvent>> {
        self.0.availability.clone().into()
    }

    /// The last push that was refused.
    pub fn refused(&self) -> Signal<Option<Refused>> {
        self.0.refused.clone().into()
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

impl Inner {
    fn send(&self, event: &str, payload: &str) -> Option<String> {
        self.line.broadcast(Topic::Room(self.session), event, payload)
    }

    fn push(&self, event: Event) -> oneshot::Receiver<Result<(), Refusal>> {
        let (answer, answered) = oneshot::channel();
        let is_message = matches!(event, Event::Message { .. });
        let (key, settled) = self.outbox.borrow_mut().put(event);
        self.answers.borrow_mut().insert(key, answer);
        self.take(settled);
        self.flush();
        if is_message {
            self.show_pending();
        }
        answered
    }

    /// Sends what can be sent now.
    fn flush(&self) {
        let call = self.ledger.borrow().call();
        let steps = self.outbox.borrow_mut().due(self.link.get(), &call, self.line.config.me);
        self.take(steps);
    }

    fn take(&self, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            match step {
                Step::Send(key, event) => {
                    if let Some(reference) = self.send(event.name(), &event.to_json(None)) {
                        self.outbox.borrow_mut().sent(key, reference);
                    }
                }
                Step::Settle(key, outcome) => {
                    let answer = self.answers.borrow_mut().remove(&key);
                    if let Some(answer) = answer {
                        // Whoever asked may have stopped waiting.
                        let _ = answer.send(outcome);
                    }
                }
            }
        }
    }

    fn show_pending(&self) {
        let outbox = self.outbox.borrow();
        let pending = outbox.messages().map(|(id, text)| Pending { id, text: text.to_owned() });
        let pending: Vec<Pending> = pending.collect();
        drop(outbox);
        if self.pending.with_untracked(|old| *old != pending) {
            self.pending.set(pending);
        }
    }

    fn show_call(&self) {
        let call = self.ledger.borrow().call();
        let (changed, pace) = self.call.with_untracked(|old| (*old != call, old.is_live() != call.is_live()));
        if changed {
            self.call.set(call);
            if pace {
                self.line.pace();
            }
            self.tell(&News::Call);
        }
    }

    fn tell(&self, news: &News<'_>) {
        let watchers: Vec<Rc<Watcher>> = {
            let mut watchers = self.watchers.borrow_mut();
            watchers.retain(|watcher| watcher.strong_count() > 0);
            watchers.iter().filter_map(Weak::upgrade).collect()
        };
        for watcher in watchers {
            watcher(news);
        }
    }

    fn entry(&self, entry: Entry, replayed: bool) {
        if !replayed {
            self.clock.hear(entry.at);
        }
        let taken = self.ledger.borrow_mut().entry(&entry);
        if taken == Taken::Hole {
            // While a join is under way the missing entries are coming already.
            if self.link.get() == Link::Synced {
                self.line.rejoin(Topic::Room(self.session));
            }
            return;
        }
        if self.timeline.with_untracked(|old| old.iter().rev().any(|held| held.id == entry.id)) {
            return;
        }
        if let Event::Message { id, .. } = &entry.event {
            let confirmed = self.outbox.borrow_mut().confirm(*id);
            self.take(confirmed);
            if self.typing.with_untracked(|who| who.as_ref().is_some_and(|who| who.sub == entry.from.sub)) {
                self.typing.set(None);
            }
        }
        self.timeline.update(|timeline| timeline.push(entry));
        self.show_pending();
        if taken == Taken::Folded {
            self.show_call();
        }
    }

    fn snapshot(&self, snapshot: Snapshot) {
        self.clock.hear(snapshot.at);
        let adopted = self.ledger.borrow_mut().snapshot(snapshot);
        if adopted == Adopted::Diverged {
            web_sys::console::debug_1(&"tincan: fold_divergence, the server's call was taken over".into());
        }
        self.show_call();
        if self.link.get() == Link::Joining {
            self.link.set(Link::Synced);
            self.joined.set(true);
            self.flush();
            self.tell(&News::Joined);
        }
        if adopted == Adopted::New {
            self.history_due.update(|due| *due += 1);
        }
    }

    fn typing(&self, sender: Sender) {
        if sender.sub == self.line.config.me {
            return;
        }
        self.typing.set(Some(sender));
        let room = self.own.clone();
        self.typing_ends.set(TYPING_MS, move || {
            if let Some(room) = room.upgrade() {
                room.typing.set(None);
            }
        });
    }
}

impl Member for Inner {
    fn join(&self) -> Join {
        let replay = self.ledger.borrow().replay();
        let broadcast = BroadcastConfig { ack: true, own: true, replay };
        let config = JoinConfig { broadcast, private: true, ..JoinConfig::default() };
        Join { config, ..Join::default() }
    }

    fn joining(&self) {
        self.link.set(Link::Joining);
        self.outbox.borrow_mut().down();
        self.flush();
    }

    fn joined(&self, response: &str) -> bool {
        let Ok(joined) = serde_json::from_str::<Joined>(response) else { return false };
        self.denied.set(None);
        self.clock.restart();
        self.ledger.borrow_mut().joined(&joined)
    }

    fn denied(&self, refusal: Refusal) {
        self.link.set(Link::Down);
        // A token that ended is renewed, a limit passes; anything else is an answer.
        if !matches!(refusal.code, Code::Unauthorized | Code::RateLimited) {
            let steps = self.outbox.borrow_mut().deny(&refusal);
            self.take(steps);
            self.show_pending();
        }
        self.joined.set(false);
        self.denied.set(Some(refusal));
    }

    fn down(&self) {
        self.link.set(Link::Down);
        self.outbox.borrow_mut().down();
        self.joined.set(false);
        self.typing.set(None);
    }

    fn reply(&self, reference: &str, outcome: Result<(), Refusal>) {
        let answer = self.outbox.borrow_mut().reply(reference, outcome);
        match answer {
            Some(Ok(step)) => {
                self.take([step]);
                self.show_pending();
            }
            Some(Err(wait_ms)) => {
                let room = self.own.clone();
                self.slowed.set(wait_ms.try_into().unwrap_or(u32::MAX), move || {
                    if let Some(room) = room.upgrade() {
                        room.flush();
                    }
                });
            }
            None => {}
        }
    }

    fn broadcast(&self, broadcast: &Broadcast<'_>) {
        let payload = broadcast.payload.get();
        if let Some(entry) = Entry::from_broadcast(broadcast) {
            if let (Ok(entry), Some(meta)) = (entry, broadcast.meta) {
                self.entry(entry, meta.replayed);
            }
            return;
        }
        if let Some(Ok(signal)) = Addressed::parse(&broadcast.event, payload) {
            return self.tell(&News::Signal(&signal));
        }
        match broadcast.event.as_str() {
            "call_state" => {
                if let Ok(snapshot) = serde_json::from_str(payload) {
                    self.snapshot(snapshot);
                }
            }
            "typing" => {
                if let Ok(Typing { from }) = serde_json::from_str(payload) {
                    self.typing(from);
                }
            }
            "availability" => {
                if let Ok(availability) = serde_json::from_str(payload) {
                    self.availability.set(Some(availability));
                }
            }
            "refused" => {
                if let Ok(refused) = serde_json::from_str(payload) {
                    self.refused.set(Some(refused));
                }
            }
            _ => {}
        }
    }

    fn is_lively(&self) -> bool {
        self.call.with_untracked(Call::is_live)
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.line.exit(Topic::Room(self.session), self);
    }
}

/// The server's clock, seen from this page: how far it is ahead of the page's own.
#[derive(Default)]
pub(crate) struct Clock(Cell<Option<f64>>);

impl Clock {
    /// Something said just now arrived. The quickest one tells best.
    pub(crate) fn hear(&self, at: Timestamp) {
        let ahead = at.0 as f64 - now_ms();
        self.0.set(Some(self.0.get().map_or(ahead, |best| best.max(ahead))));
    }

    /// Something said some time ago arrived: the server's clock is at least that far.
    pub(crate) fn hear_past(&self, at: Timestamp) {
        self.0.set(Some((at.0 as f64 - now_ms()).max(self.0.get().unwrap_or(0.0))));
    }

    /// The page's clock may have been set meanwhile.
    fn restart(&self) {
        self.0.set(None);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp((now_ms() + self.0.get().unwrap_or(0.0)).max(0.0) as u64)
    }
}

/// How often others are told that one is typing.
const TYPING_EVERY_MS: f64 = 2_000.0;
/// How long somebody counts as typing after the last word of it.
const TYPING_MS: u32 = 4_000;
