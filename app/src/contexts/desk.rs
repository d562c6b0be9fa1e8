//! The agent's desk: what is connected, the call at hand, and what the buttons do.

use super::{DeskCall, Live, wish::WishContext};
use crate::{
    api::{self, Boot, my_call},
    call::mic_words::mic_words,
    effects::{mark, notice},
};
use leptos::{prelude::*, reactive::owner::Owner, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::collections::{HashMap, HashSet};
use tincan_client::{Permission, Place};
use tincan_signaling::{
    Call, CallId, Event, Refusal, SessionId, Sub, Timestamp,
    agent::{AgentStatus, Wish},
    lobby::Ringing,
};

/// Everything the pages of staff share. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    /// Nothing before the page has connected; always nothing on the server.
    pub(crate) live: RwSignal<Option<Live>>,
    /// The call this agent is busy with.
    pub(crate) call: RwSignal<Option<DeskCall>>,
    /// The server's time, once a second.
    pub(crate) now: RwSignal<Option<Timestamp>>,
    pub(crate) wish: WishContext,
    me: Sub,
    /// Rings whose dialog was hidden; the row in the list brings it back.
    pub(crate) hidden: RwSignal<HashSet<CallId>>,
    /// Rings without sound.
    pub(crate) silenced: RwSignal<HashSet<CallId>>,
    /// Until when each session was looked at here.
    pub(crate) seen: RwSignal<HashMap<SessionId, Timestamp>>,
    /// What went wrong, in words, until it is closed.
    pub(crate) trouble: RwSignal<Option<String>>,
    /// Who took the last call that rang here.
    pub(crate) taken: RwSignal<Option<String>>,
    /// What was typed and not sent, by conversation: going to another one loses nothing.
    pub(crate) drafts: RwSignal<HashMap<SessionId, String>>,
    /// An answer, a call or a return is on its way: a second press must not begin another.
    asking: StoredValue<bool>,
    go: Callback<String>,
    owner: StoredValue<Option<Owner>>,
}

/// Makes the desk and, in the browser, connects it.
pub(crate) fn provide_desk(boot: &Boot) -> Desk {
    let navigate = use_navigate();
    let desk = Desk {
        live: RwSignal::new(None),
        call: RwSignal::new(None),
        now: RwSignal::new(None),
        wish: WishContext::new(boot.me),
        me: boot.me,
        hidden: RwSignal::default(),
        silenced: RwSignal::default(),
        seen: RwSignal::default(),
        trouble: RwSignal::new(None),
        taken: RwSignal::new(None),
        drafts: RwSignal::default(),
        asking: StoredValue::new(false),
        go: Callback::new(move |path: String| navigate(&path, NavigateOptions::default())),
        owner: StoredValue::new(Owner::current()),
    };
    provide_context(desk);
    let boot = boot.clone();
    Effect::new(move |_| desk.in_owner(|| desk.connect(&boot)));
    desk
}

/// The desk of this page.
pub(crate) fn use_desk() -> Desk {
    expect_context()
}

impl Desk {
    /// Signals made in an event handler must live as long as the desk, not as the handler.
    fn in_owner<T>(self, make: impl FnOnce() -> T) -> T {
        match self.owner.get_value() {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }

    fn connect(self, boot: &Boot) {
        let live = Live::connect(boot);
        self.wish.tell(live.lobby.clone(), live.permission);
        self.tick(&live);
        self.look_for_own_call(&live);
        self.watch_own_call(&live);
        self.live.set(Some(live));
    }

    fn tick(self, live: &Live) {
        let lobby = live.lobby.clone();
        self.now.set(Some(lobby.server_now()));
        let tick = move || self.now.set(Some(lobby.server_now()));
        if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    }

    /// After a reload the tab knows by itself where its call is; a second tab asks the server as
    /// soon as it hears that this agent is on a call.
    fn look_for_own_call(self, live: &Live) {
        if let Some(session) = mark::read() {
            self.open(live, session);
        }
        let (own, live) = (live.own, live.clone());
        Effect::new(move |asked: Option<bool>| {
            let on_call = own.get().is_some_and(|own| own.status == AgentStatus::OnCall);
            let asks = on_call && !self.is_busy() && asked != Some(true);
            if asks {
                let live = live.clone();
                spawn_local(async move {
                    if let Ok(Some(session)) = my_call().await
                        && !self.is_busy()
                    {
                        self.open(&live, session);
                    }
                });
            }
            on_call
        });
    }

    /// Comes back by itself where nothing needs to be asked, and forgets what is over.
    fn watch_own_call(self, live: &Live) {
        let permission = live.permission;
        Effect::new(move |before: Option<Option<SessionId>>| {
            let call = self.call.get()?;
            let was_here = before.flatten() == Some(call.session);
            match (call.place.get(), call.call.get()) {
                (Place::Here, _) => {
                    mark::set(call.session);
                    return Some(call.session);
                }
                (Place::Elsewhere { gone: true, .. }, _) => {
                    if mark::read() == Some(call.session) && permission.get() == Permission::Granted {
                        self.return_here();
                    }
                }
                // Another tab took it over: it is no longer this one's to come back to.
                (Place::Elsewhere { gone: false, .. }, _) if was_here => mark::clear(),
                (Place::None, Call::Ended(_)) => mark::clear(),
                (Place::None | Place::Elsewhere { .. }, _) => {}
            }
            None
        });
    }

    /// Whether a call of this agent goes on, here or in another tab.
    fn is_busy(self) -> bool {
        self.call.with_untracked(|call| {
            call.as_ref().is_some_and(|at_hand| {
                let mine = |call: &Call| call.head().is_some_and(|head| head.caller == self.me);
                let in_it = at_hand.place.get_untracked() != Place::None;
                at_hand.call.with_untracked(|call| call.is_live() && (in_it || mine(call)))
            })
        })
    }

    /// The visitor's name in that session, as far as the lobby told it.
    pub(crate) fn visitor_of(self, session: SessionId) -> Option<String> {
        let updates = self.live.get()?.sessions.get();
        updates.into_iter().find(|update| update.session_id == session).map(|update| update.visitor)
    }

    /// Opens the conversation of that session, unless it is open.
    fn show(self, session: SessionId) {
        let path = format!("/dashboard?chat={session}");
        if !window().location().href().is_ok_and(|here| here.ends_with(&path)) {
            self.go.run(path);
        }
    }

    /// The call of that session, joined if it was not.
    fn open(self, live: &Live, session: SessionId) -> DeskCall {
        if let Some(open) = self.call.get_untracked().filter(|open| open.session == session) {
            return open;
        }
        let call = self.in_owner(|| DeskCall::open(live, session));
        self.call.set(Some(call.clone()));
        call
    }

    /// Answers a call that rings. Must run inside the tap: sound starts there.
    pub(crate) fn accept(self, ringing: &Ringing) {
        if self.is_busy() {
            self.trouble.set(Some(BUSY.into()));
            return;
        }
        let Some(live) = self.begins() else { return };
        live.speaker.ring(false);
        let call = self.open(&live, ringing.session_id);
        let accepting = call.driver.accept(ringing.call_id);
        self.show(ringing.session_id);
        self.ask(async move {
            let accepted = accepting.await;
            if accepted.is_err() {
                self.put_away();
            }
            accepted
        });
    }

    /// Lets a call that rings ring elsewhere.
    pub(crate) fn decline(self, ringing: &Ringing) {
        let Some(live) = self.live.get_untracked() else { return };
        let room = self.in_owner(|| live.socket.room(ringing.session_id));
        let call_id = ringing.call_id;
        self.carry_out(async move { room.push(Event::CallDecline { call_id }).await });
    }

    /// Calls the visitor of that session. Must run inside the tap.
    pub(crate) fn call_visitor(self, session: SessionId) {
        if self.is_busy() {
            return;
        }
        let Some(live) = self.begins() else { return };
        let call = self.open(&live, session);
        let starting = call.driver.start();
        self.ask(async move { starting.await.map(drop) });
    }

    /// Takes the own call into this page: after a reload, or from another tab.
    pub(crate) fn return_here(self) {
        let Some(call) = self.call.get_untracked() else { return };
        if self.begins().is_none() {
            return;
        }
        let returning = call.driver.return_here();
        self.show(call.session);
        self.ask(returning);
    }

    /// Unlocks the sound for something that is asked once; nothing while it is being asked already.
    fn begins(self) -> Option<Live> {
        let live = self.live.get_untracked().filter(|_| !self.asking.get_value())?;
        live.speaker.unlock();
        Some(live)
    }

    /// Carries out what is asked once.
    fn ask(self, what: impl Future<Output = Result<(), Refusal>> + 'static) {
        self.asking.set_value(true);
        self.carry_out(async move {
            let outcome = what.await;
            self.asking.try_set_value(false);
            outcome
        });
    }

    /// Ends the call, or stops asking for it.
    pub(crate) fn hang_up(self) {
        let Some(call) = self.call.get_untracked() else { return };
        let ringing = matches!(call.call.get_untracked(), Call::Ringing(_));
        if ringing {
            let cancelling = call.driver.cancel();
            self.carry_out(cancelling);
        } else {
            let hanging_up = call.driver.hang_up();
            self.carry_out(hanging_up);
        }
    }

    /// Puts the ended call away.
    pub(crate) fn put_away(self) {
        self.call.set(None);
    }

    /// Ready: microphone, sound and notifications are asked for in this one tap.
    pub(crate) fn ready(self) {
        let Some(live) = self.live.get_untracked() else { return };
        self.trouble.set(None);
        live.speaker.unlock();
        notice::ask();
        let opening = live.microphone.open(None);
        spawn_local(async move {
            match opening.await {
                Ok(()) => {
                    let talking = self.call.with_untracked(|call| {
                        call.as_ref().is_some_and(|call| call.place.get_untracked() == Place::Here)
                    });
                    if !talking {
                        live.microphone.close();
                    }
                    self.wish.set(Wish::Ready);
                }
                Err(error) => self.trouble.set(Some(mic_words(error).into())),
            }
        });
    }

    /// No calls for now.
    pub(crate) fn pause(self) {
        self.trouble.set(None);
        self.wish.set(Wish::Paused);
    }

    /// Carries something out and says in words when it was refused.
    fn carry_out(self, what: impl Future<Output = Result<(), Refusal>> + 'static) {
        spawn_local(async move {
            let Err(refusal) = what.await else { return };
            match refusal.by {
                Some(by) => self.taken.set(Some(by)),
                None => self.trouble.set(Some(api::words(&refusal))),
            }
        });
    }
}

const BUSY: &str = "You are on a call already. Hang up first, or let this one ring elsewhere.";
