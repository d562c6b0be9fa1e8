//! From the client's signals to the page's: what came in, put where the views look.

use super::{Line, Wire};
use crate::{
    effect::{dom, history, loader},
    field::{Field, watch},
    page::{Link, Page},
    screen::{Screen, Step},
    words,
};
use reactive_graph::{owner::on_cleanup, prelude::*};
use tincan_client::{Connection, HearTest, Hearing, MicError, MicState, Permission, Place, SocketStatus};
use tincan_signaling::{Code, Timestamp, call::Call};
use wasm_bindgen_futures::spawn_local;

/// The microphone: the test's picture, and going on by itself when what was in the way is gone.
pub(super) fn microphone(line: &Line) {
    let page = line.page;
    let (state, permission) = (line.mic.state(), line.mic.permission());
    let (devices, device) = (line.mic.devices(), line.mic.device());
    let it = line.clone();
    watch(move || match state.get() {
        MicState::On => {
            if matches!(page.step.now(), Step::Problem(_)) {
                page.step.set(Step::Before);
            }
            it.go_on();
        }
        MicState::Failed(problem) => {
            if page.step.now() != Step::Chat {
                page.step.set(Step::Problem(problem));
            }
            if problem == MicError::Policy {
                tell_owner();
            }
        }
        MicState::Off | MicState::Asking => {}
    });
    let it = line.clone();
    watch(move || {
        let granted = permission.get() == Permission::Granted;
        let plugged = !devices.with(Vec::is_empty);
        let helped = match page.step.now() {
            Step::Problem(MicError::Blocked | MicError::Dismissed) => granted,
            Step::Problem(MicError::NoDevice) => plugged,
            _ => false,
        };
        if helped {
            it.ask_again();
        }
    });
    watch(move || {
        let (devices, device) = (devices.get(), device.get().unwrap_or_default());
        let open = state.get() == MicState::On;
        page.test.update(|test| (test.devices, test.device, test.open) = (devices, device, open));
    });
    hear_test(line);
}

/// Listens in the test, ten times a second, until the answer is clear; a new device starts anew.
fn hear_test(line: &Line) {
    let (page, mic) = (line.page, line.mic.clone());
    let device = line.mic.device();
    let listens =
        Field::of(false, move || page.step.get() == Step::Before && page.test.with(|test| test.open));
    watch(move || {
        device.track();
        if !listens.get() {
            return;
        }
        page.test.update(|test| (test.heard, test.silent) = (false, false));
        let mut test = HearTest::new(dom::now_ms());
        let mic = mic.clone();
        let ticking = dom::every(100, move || {
            let hearing = test.feed(mic.level(), dom::now_ms());
            let now = (hearing == Hearing::Heard, hearing == Hearing::Silent);
            if page.test.peek(|test| (test.heard, test.silent)) != now {
                page.test.update(|test| (test.heard, test.silent) = now);
            }
        });
        on_cleanup(move || dom::no_more(ticking));
    });
}

/// The room: link, people, and what is said.
pub(super) fn room(line: &Line, wire: &Wire) {
    let page = line.page;
    let (status, denied, joined) = (wire.socket.status(), wire.room.denied(), wire.room.joined());
    let mut was_up = false;
    watch(move || {
        let link = match status.get() {
            SocketStatus::SignedOut | SocketStatus::Closed => Link::Over,
            SocketStatus::Up if joined.get() => Link::Up,
            _ if was_up => Link::Lost,
            SocketStatus::Down { .. } => Link::Lost,
            SocketStatus::Connecting | SocketStatus::Up => Link::Connecting,
        };
        // A token that ended is renewed and a limit passes; anything else stays so.
        let over = !joined.get()
            && denied.get().is_some_and(|refusal| {
                !matches!(refusal.code, Code::Unauthorized | Code::RateLimited | Code::Unavailable)
            });
        page.link.set(if over { Link::Over } else { link });
        was_up |= link == Link::Up;
    });
    let (available, typing, pending) = (wire.room.availability(), wire.room.typing(), wire.room.pending());
    watch(move || {
        if let Some(available) = available.get() {
            page.available.set(available);
            // The answer to a press stays true, and goes when somebody is ready.
            if page.notice.peek(Option::is_some) {
                page.notice.set(words::nobody_ready(available.agent_status).map(str::to_owned));
            }
        }
    });
    watch(move || page.typing.set(typing.get().map(|sender| sender.name)));
    watch(move || page.pending.set(pending.get().into_iter().map(|line| line.text).collect()));
    let it = line.clone();
    watch(move || {
        if page.link.get() == Link::Up {
            it.go_on();
        }
    });
    said(page, wire);
    read_history(page, wire);
    read_receipts(page, wire);
}

/// Logged events, each once, as they come.
fn said(page: Page, wire: &Wire) {
    let log = wire.room.timeline();
    let mut taken = 0;
    watch(move || {
        log.with(|log| {
            let mut news = 0;
            page.timeline.update(|timeline| {
                for entry in log.iter().skip(taken) {
                    if timeline.take(entry) {
                        news += 1;
                        super::report::message(entry);
                    }
                }
            });
            if news > 0 && !page.open.now() {
                super::report::unread(news);
            }
            taken = log.len();
        });
    });
}

/// Reads the history at the first join and after each gap.
fn read_history(page: Page, wire: &Wire) {
    let due = wire.room.history_due();
    let (session, papers) = (wire.room.session(), wire.papers.clone());
    // A visitor who was never here before has no history.
    let least = u32::from(papers.is_new());
    watch(move || {
        if due.get() <= least {
            return;
        }
        let papers = papers.clone();
        spawn_local(async move {
            // Without it the conversation starts with what comes now; the next join tries again.
            if let Ok(history) = history::read(session, &papers.token()).await {
                page.timeline.update(|timeline| history.merge_into(timeline));
            }
        });
    });
}

/// Says what was seen: only what is on screen in an open widget.
fn read_receipts(page: Page, wire: &Wire) {
    let room = wire.room.clone();
    let mut told = None;
    watch(move || {
        let seen = page.timeline.with(crate::timeline::Timeline::last_of_others);
        let visible = page.open.get()
            && page.link.get() == Link::Up
            && (page.screen.get() == Screen::Chat || page.chatting.get());
        if let Some(up_to) = seen.filter(|_| visible && told != seen) {
            room.read(up_to);
            told = seen;
        }
    });
}

/// The call: whose it is, how it sounds, and what the clock says.
pub(super) fn call(line: &Line, wire: &Wire) {
    let page = line.page;
    let (call, place) = (wire.room.call(), wire.driver.place());
    let me = wire.room.me();
    let mut known = false;
    watch(move || {
        let (call, place) = (call.get(), place.get());
        if let (false, Call::Ended(ended)) = (known || page.former.now().is_some(), &call) {
            // It ended before this page was there: no news.
            page.dismissed.set(Some(ended.head.id));
        }
        let leg = (place == Place::Here).then(|| call.legs_of(me).next().map(|leg| leg.id)).flatten();
        if leg.is_some() {
            page.former.set(None);
        }
        page.timeline.update(|timeline| timeline.take_call(&call));
        known |= !matches!(call, Call::Idle);
        if !call.is_live() {
            page.chatting.set(false);
        }
        page.leg.set(leg);
        page.call.set(call);
    });
    let (muted, connection, tap) = (wire.driver.muted(), wire.driver.connection(), line.speaker.needs_tap());
    watch(move || page.muted.set(muted.get()));
    watch(move || page.torn.set(matches!(connection.get(), Connection::Lost)));
    watch(move || page.blocked.set(tap.get()));
    returning(line);
    ringtone(line);
    let room = wire.room.clone();
    // For the life of the page.
    let _ticking = dom::every(250, move || {
        if page.call.peek(Call::is_live) {
            page.now.set(room.server_now());
        }
    });
    let room = wire.room.clone();
    watch(move || {
        // At once when the call changes, so that no timer starts with an old moment.
        page.call.track();
        let now = room.server_now();
        if now > Timestamp(0) {
            page.now.set(now);
        }
    });
}

/// The host page's **Return to your call** was pressed before we knew of the call.
fn returning(line: &Line) {
    let it = line.clone();
    watch(move || {
        if it.page.screen.get() == Screen::Return && std::mem::take(&mut it.rest.borrow_mut().return_asked) {
            it.act(crate::page::Act::TakeOver);
        }
    });
}

/// An agent's call rings, also in a closed widget, which then comes up.
fn ringtone(line: &Line) {
    let (page, speaker) = (line.page, line.speaker.clone());
    let mut was = false;
    watch(move || {
        let rings = match page.screen.get() {
            Screen::Incoming => true,
            Screen::Before => page.rung(),
            _ => false,
        };
        if rings != was {
            speaker.ring(rings);
        }
        was = rings;
        if rings && !page.open.now() {
            loader::say("show", &[]);
        }
    });
}

fn tell_owner() {
    let origin = dom::window().location().origin().unwrap_or_default();
    loader::tell_owner(
        &[
            "Tincan: this page's Permissions-Policy keeps the microphone from the chat. Send: Permissions-Policy: microphone=(self \"",
            &origin,
            "\"), autoplay=(self \"",
            &origin,
            "\"), speaker-selection=(self \"",
            &origin,
            "\")",
        ]
        .concat(),
    );
}
