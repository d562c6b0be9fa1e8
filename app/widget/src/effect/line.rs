//! The line: carries out what the visitor does, and turns what the client learns into the page's
//! signals. The one place of the widget that holds the socket, the microphone and the call.

mod report;
mod wires;

use super::{
    loader::{self, Asked, Heard},
    visitor::{Papers, Visitor},
};
use crate::{
    page::{Act, Link, Page},
    screen::{Screen, Step},
    words,
};
use reactive_graph::{owner::Owner, prelude::*};
use std::{cell::RefCell, rc::Rc};
use tincan_client::{CallDriver, MicState, Microphone, Room, Socket, SocketConfig, Speaker, Timer};
use tincan_signaling::{Code, Refusal, call::Call};
use wasm_bindgen_futures::spawn_local;

/// What goes on as soon as the microphone is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Start,
    Accept,
    TakeOver,
}

/// Socket, room and call, once the server said who we are.
#[derive(Clone)]
struct Wire {
    socket: Socket,
    room: Room,
    driver: CallDriver,
    papers: Papers,
}

/// Everything the widget holds of the outside.
#[derive(Clone)]
pub(crate) struct Line {
    page: Page,
    owner: Owner,
    mic: Microphone,
    speaker: Speaker,
    rest: Rc<RefCell<Rest>>,
}

#[derive(Default)]
struct Rest {
    wire: Option<Wire>,
    papers: Option<Papers>,
    wanted: Option<Wanted>,
    /// The host page asked to return before we knew of the call.
    return_asked: bool,
    /// The test was done or skipped once: the next call goes without.
    tested: bool,
    /// The call was cancelled before the room had it.
    dropped: bool,
}

/// Starts everything. Called once, in the root component.
pub(crate) fn start(page: Page) {
    let Some(owner) = Owner::current() else { return };
    let line = Line { page, owner, mic: Microphone::new(), speaker: Speaker::new(), rest: Rc::default() };
    wires::microphone(&line);
    let acts = line.clone();
    page.on_act(move |act| acts.act(act));
    let (mic, speaker) = (line.mic.clone(), line.speaker.clone());
    page.measure(move || mic.level(), move || speaker.level());
    loader::greet(page.boot, move |heard| line.hear(heard));
}

impl Line {
    fn wire(&self) -> Option<Wire> {
        self.rest.borrow().wire.clone()
    }

    fn hear(&self, heard: Heard) {
        match heard {
            Heard::Init { resume, leg, open, page } => {
                if self.rest.borrow().papers.is_some() {
                    return;
                }
                self.page.former.set(leg);
                self.page.open.set(open);
                let papers = Papers::new(&self.page.boot.key, resume);
                self.rest.borrow_mut().papers = Some(papers.clone());
                let line = self.clone();
                spawn_local(async move { line.connect(papers, page).await });
            }
            Heard::Shown { open, act } => {
                self.page.open.set(open);
                match act {
                    Some(Asked::Call) => self.act(Act::Call),
                    Some(Asked::Return) if self.page.screen.now() == Screen::Return => {
                        self.act(Act::TakeOver);
                    }
                    Some(Asked::Return) => self.rest.borrow_mut().return_asked = true,
                    None => {}
                }
            }
            Heard::Resume { resume } => {
                if let Some(papers) = &self.rest.borrow().papers {
                    papers.set_resume(resume);
                }
            }
            Heard::Hangup => self.end(),
            Heard::Shutdown => {
                self.end();
                if let Some(wire) = self.wire() {
                    wire.socket.close();
                }
            }
            Heard::Leave => self.page.open.set(false),
        }
    }

    /// Says who we are, as often as it takes, and goes into the room.
    async fn connect(self, papers: Papers, page_url: Option<String>) {
        let mut pause_ms = 1_000;
        let visitor = loop {
            match papers.ask().await {
                Ok(visitor) => break visitor,
                Err(Refusal { code: Code::Unavailable | Code::RateLimited, .. }) => {
                    self.page.link.set(Link::Lost);
                    wait(pause_ms).await;
                    pause_ms = (pause_ms * 2).min(15_000);
                }
                Err(refusal) => {
                    self.page.link.set(Link::Over);
                    report::error(&refusal);
                    return;
                }
            }
        };
        self.owner.clone().with(|| self.join(papers, visitor, page_url));
    }

    fn join(&self, papers: Papers, visitor: Visitor, page_url: Option<String>) {
        let me = visitor.me;
        let socket = Socket::connect(SocketConfig {
            url: self.page.boot.ws_url.clone(),
            key: self.page.boot.key.clone(),
            me,
            token: papers.tokens(me),
            page_url,
        });
        let room = socket.room(visitor.session_id);
        let driver = CallDriver::new(&room, &self.mic, &self.speaker);
        let wire = Wire { socket, room, driver, papers };
        self.rest.borrow_mut().wire = Some(wire.clone());
        self.page.me.set(Some(me));
        wires::room(self, &wire);
        wires::call(self, &wire);
        report::wire(self, &wire);
    }

    /// Carries out what the visitor did. Whatever needs the tap for sound comes before any wait.
    fn act(&self, act: Act) {
        let page = self.page;
        match act {
            Act::Send => self.send(),
            Act::Typing => {
                if let Some(wire) = self.wire() {
                    wire.room.type_now();
                }
            }
            Act::Call => self.call(),
            Act::Start => {
                self.speaker.unlock();
                self.with_microphone(Wanted::Start);
            }
            Act::AskAgain => {
                self.speaker.unlock();
                self.ask_again();
            }
            Act::Back => {
                self.rest.borrow_mut().wanted = None;
                page.step.set(Step::Chat);
                self.release_microphone();
            }
            Act::Device(id) => self.open_microphone(Some(id)),
            Act::TestSound => {
                self.speaker.unlock();
                self.speaker.test_sound();
            }
            Act::Cancel => self.cancel(),
            Act::HangUp => self.end(),
            Act::Mute(muted) => {
                if let Some(wire) = self.wire() {
                    wire.driver.set_muted(muted);
                }
            }
            Act::Hear => self.speaker.unlock(),
            Act::Accept => {
                self.speaker.unlock();
                self.speaker.ring(false);
                self.with_microphone(Wanted::Accept);
            }
            Act::Decline => self.decline(),
            Act::TakeOver => {
                self.speaker.unlock();
                self.with_microphone(Wanted::TakeOver);
            }
            Act::Dismiss => self.dismiss(),
            Act::Close => loader::say("close", &[]),
        }
    }

    fn send(&self) {
        let page = self.page;
        let text = page.draft.peek(|draft| draft.trim().to_owned());
        if text.is_empty() {
            return;
        }
        let Some(wire) = self.wire() else {
            page.unsent.set(Some("One moment, we are still connecting.".to_owned()));
            return;
        };
        page.draft.set(String::new());
        page.unsent.set(None);
        let said = wire.room.say(text.clone());
        spawn_local(async move {
            if let Err(refusal) = said.await {
                // What was typed is never lost: it goes back before what was typed since.
                page.draft.update(|draft| {
                    *draft = if draft.is_empty() { text } else { [text.as_str(), draft.as_str()].join("\n") };
                });
                page.unsent.set(Some(words::refusal(&refusal)));
                report::error(&refusal);
            }
        });
    }

    fn call(&self) {
        let page = self.page;
        self.speaker.unlock();
        let words = words::nobody_ready(page.available.now().agent_status);
        page.notice.set(words.map(str::to_owned));
        if words.is_some() {
            return;
        }
        if self.rest.borrow().tested {
            self.with_microphone(Wanted::Start);
            return;
        }
        page.step.set(Step::Before);
        self.open_microphone(None);
    }

    /// Goes on with `wanted` now or as soon as the microphone is there.
    fn with_microphone(&self, wanted: Wanted) {
        let page = self.page;
        self.rest.borrow_mut().wanted = Some(wanted);
        if page.step.now() != Step::Before {
            page.step.set(Step::Asked);
        }
        match self.mic.state().get_untracked() {
            MicState::On => self.go_on(),
            MicState::Asking => {}
            MicState::Off | MicState::Failed(_) => self.open_microphone(None),
        }
    }

    fn open_microphone(&self, device: Option<String>) {
        let opening = self.mic.open(device);
        // How it went stands in the microphone's state.
        spawn_local(async move {
            let _ = opening.await;
        });
    }

    /// Once more, from the advice: back to where the visitor was.
    fn ask_again(&self) {
        let wanted = self.rest.borrow().wanted;
        self.page.step.set(if wanted.is_some() { Step::Asked } else { Step::Before });
        self.open_microphone(None);
    }

    /// Does what is wanted once both are there, the microphone and the room.
    fn go_on(&self) {
        let (page, Some(wire)) = (self.page, self.wire()) else { return };
        if page.link.now() != Link::Up || self.mic.state().get_untracked() != MicState::On {
            return;
        }
        let Some(wanted) = self.rest.borrow_mut().wanted.take() else { return };
        {
            let mut rest = self.rest.borrow_mut();
            rest.tested = true;
            rest.dropped = false;
        }
        page.step.set(Step::Asked);
        page.notice.set(None);
        page.chatting.set(false);
        let line = self.clone();
        let ringing = page.call.peek(Call::id);
        spawn_local(async move {
            let outcome = match (wanted, ringing) {
                (Wanted::Start, _) => wire.driver.start().await.map(drop),
                (Wanted::Accept, Some(call)) => wire.driver.accept(call).await,
                (Wanted::Accept, None) => Ok(()),
                (Wanted::TakeOver, _) => wire.driver.return_here().await,
            };
            if outcome.is_ok() && line.rest.borrow().dropped {
                // Both were pressed: the call, and Cancel before the room knew of it.
                drop(wire.driver.cancel().await);
            }
            line.settle(outcome);
        });
    }

    /// The room answered: what it has is shown from here on.
    fn settle(&self, outcome: Result<(), Refusal>) {
        self.page.step.set(Step::Chat);
        if let Err(refusal) = outcome {
            self.page.notice.set(Some(words::refusal(&refusal)));
            report::error(&refusal);
            self.release_microphone();
        }
    }

    fn cancel(&self) {
        {
            let mut rest = self.rest.borrow_mut();
            rest.wanted = None;
            rest.dropped = true;
        }
        self.page.step.set(Step::Chat);
        if let Some(wire) = self.wire() {
            let cancelled = wire.driver.cancel();
            spawn_local(async move { drop(cancelled.await) });
        }
        self.release_microphone();
    }

    fn decline(&self) {
        let (Some(wire), Some(call)) = (self.wire(), self.page.call.peek(Call::id)) else { return };
        self.speaker.ring(false);
        self.page.dismissed.set(Some(call));
        let declined = wire.driver.decline(call);
        spawn_local(async move { drop(declined.await) });
    }

    /// Ends whatever call there is, in the way that fits.
    fn end(&self) {
        match self.page.screen.now() {
            Screen::Talking => {
                if let Some(wire) = self.wire() {
                    let ended = wire.driver.hang_up();
                    spawn_local(async move { drop(ended.await) });
                }
            }
            Screen::Ringing | Screen::Asked => self.cancel(),
            Screen::Incoming => self.decline(),
            Screen::Chat
            | Screen::Before
            | Screen::Problem(_)
            | Screen::Return
            | Screen::Elsewhere
            | Screen::Over => {}
        }
    }

    fn dismiss(&self) {
        self.page.dismissed.set(self.page.call.peek(Call::id));
        self.page.notice.set(None);
    }

    /// We only listen during the call, or in the test.
    fn release_microphone(&self) {
        if !self.page.call.peek(Call::is_live) {
            self.mic.close();
        }
    }
}

/// Lets some time go by.
async fn wait(ms: u32) {
    let (done, waited) = futures::channel::oneshot::channel();
    let _timer = Timer::after(ms, move || {
        // Nobody waits any more: fine.
        let _ = done.send(());
    });
    let _ = waited.await;
}
