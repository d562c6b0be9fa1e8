//! The call bar: the live call, whatever page the agent is on. It is always in the document, so
//! that its status is heard when it changes.

use super::{
    mic_words::mic_words,
    strand::{Line, Strand},
    words,
};
use crate::{
    api::Boot,
    components::{Can, Icon},
    contexts::{DeskCall, desk::use_desk},
    pages::dashboard::sessions::named,
};
use leptos::prelude::*;
use std::time::Duration;
use tincan_client::{Connection, MicState, Place};
use tincan_signaling::{Call, CallState, Sub, Timestamp};

/// How long the end of a call stays on screen.
const END_SHOWN: Duration = Duration::from_secs(15);

/// What the bar is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bar {
    Idle,
    /// It rings on one side or the other.
    Calling,
    Talking,
    /// The page that had the call is gone.
    Return,
    /// Another tab has it.
    UseHere,
    Over,
}

impl Bar {
    fn of(call: &Call, place: Place, me: Sub, now: Timestamp) -> Self {
        match (call, place) {
            (Call::Ringing(ringing), _) if ringing.head.caller == me => Self::Calling,
            (Call::Idle | Call::Ringing(_), _) | (Call::Accepted(_), Place::None) => Self::Idle,
            (Call::Accepted(_), Place::Here) => Self::Talking,
            (Call::Accepted(_), Place::Elsewhere { gone: true, .. }) => Self::Return,
            (Call::Accepted(_), Place::Elsewhere { gone: false, .. }) => Self::UseHere,
            (Call::Ended(ended), _) => {
                let mine = ended.head.caller == me || ended.answered_by == Some(me);
                if mine && now.since(ended.at) < END_SHOWN { Self::Over } else { Self::Idle }
            }
        }
    }
}

/// The bar of whichever call this agent is busy with.
#[component]
pub(crate) fn CallBar() -> impl IntoView {
    let desk = use_desk();
    let me = expect_context::<Boot>().me;
    let bar = Memo::new(move |_| match (desk.call.get(), desk.now.get()) {
        (Some(at_hand), Some(now)) => at_hand.call.with(|call| Bar::of(call, at_hand.place.get(), me, now)),
        _ => Bar::Idle,
    });
    Effect::new(move |_| {
        let over =
            desk.call.get().is_some_and(|at_hand| at_hand.call.with(|call| matches!(call, Call::Ended(_))));
        if over && bar.get() == Bar::Idle {
            desk.put_away();
        }
    });
    let words = move || {
        let Some(at_hand) = desk.call.get() else { return String::new() };
        match bar.get() {
            Bar::Idle => String::new(),
            Bar::Return => "You are still in this call".into(),
            Bar::UseHere => "On a call in another tab".into(),
            Bar::Talking if at_hand.connection.get() == Connection::Lost => "Reconnecting".into(),
            Bar::Calling | Bar::Talking | Bar::Over => at_hand.call.with(|call| words::state(call, me)),
        }
    };
    let name = move || {
        let at_hand = desk.call.get().filter(|_| bar.get() != Bar::Idle)?;
        let other = at_hand.call.with(|call| words::other_side(call, me));
        Some(named(&other.or_else(|| desk.visitor_of(at_hand.session)).unwrap_or_default()))
    };
    view! {
        <section
            class="bar"
            class:stage=move || !matches!(bar.get(), Bar::Idle | Bar::Over)
            class:bar--over=move || bar.get() == Bar::Over
            data-idle=move || (bar.get() == Bar::Idle).then_some("")
            aria-label=move || (bar.get() != Bar::Idle).then_some("Active call")
        >
            <div class="bar__who">
                <span class="bar__name" dir="auto">{name}</span>
                <span class="bar__sub" role="status">{words}</span>
            </div>
            {move || desk.call.get().map(|at_hand| view! { <Controls at_hand bar/> })}
        </section>
    }
}

/// Everything in the bar beside the words.
#[component]
fn Controls(at_hand: DeskCall, bar: Memo<Bar>) -> impl IntoView {
    let desk = use_desk();
    let at_hand = StoredValue::new(at_hand);
    let at = move || at_hand.get_value();
    move || match bar.get() {
        Bar::Idle => ().into_any(),
        Bar::Calling => view! {
            <span class="beads" aria-hidden="true"><i></i><i></i><i></i></span>
            <div class="bar__tools"><HangUp/></div>
        }
        .into_any(),
        Bar::Talking => view! { <Talking at_hand=at()/> }.into_any(),
        Bar::Return => view! {
            <div class="bar__tools">
                <button class="btn btn--accept btn--pill" type="button" on:click=move |_| desk.return_here()>
                    <Icon name="phone" class="ico--solid"/>"Return to your call"
                </button>
                <HangUp/>
            </div>
        }
        .into_any(),
        Bar::UseHere => view! {
            <div class="bar__tools">
                <button class="btn btn--paper btn--pill" type="button" on:click=move |_| desk.return_here()>
                    "Use here"
                </button>
            </div>
        }
        .into_any(),
        Bar::Over => view! {
            <Talked at_hand=at()/>
            <div class="bar__tools">
                <button
                    class="btn btn--icon btn--quiet"
                    type="button"
                    aria-label="Close"
                    on:click=move |_| desk.put_away()
                ><Icon name="close"/></button>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Talking(at_hand: DeskCall) -> impl IntoView {
    let me = expect_context::<Boot>();
    let DeskCall { call, muted, held, connection, ref driver, .. } = at_hand;
    let other = call.with_untracked(|call| words::other_side(call, me.me)).unwrap_or_default();
    let line = Memo::new(move |_| match (call.with(Call::state), connection.get()) {
        (CallState::Reconnecting, _) | (_, Connection::Lost) => Line::Torn,
        (CallState::Held, _) => Line::Slack,
        _ => Line::Live,
    });
    let quiet = move || line.get() != Line::Live;
    let theirs = move || if quiet() { "can--rim can--mute" } else { "can--rim can--them" };
    let mine = move || if quiet() || muted.get() { "can--rim can--mute" } else { "can--rim can--me" };
    let (mute, hold) = (driver.clone(), driver.clone());
    let mute_words = move || if muted.get() { "Unmute microphone" } else { "Mute microphone" };
    let hold_words = move || if held.get() { "Resume" } else { "Hold" };
    view! {
        <div class="line">
            <Can name=named(&other) class=Signal::derive(theirs)/>
            <Strand line muted/>
            <Can name=me.name class=Signal::derive(mine)/>
        </div>
        <Talked at_hand=at_hand.clone()/>
        <div class="bar__tools">
            <Hear/>
            <button
                class="tool"
                type="button"
                aria-label=mute_words
                title=mute_words
                data-active=move || muted.get().then_some("")
                on:click=move |_| mute.set_muted(!muted.get_untracked())
            ><Icon name=Signal::derive(move || if muted.get() { "mic-off" } else { "mic" })/></button>
            <button
                class="tool"
                type="button"
                aria-label=hold_words
                title=hold_words
                data-active=move || held.get().then_some("")
                on:click=move |_| hold.set_held(!held.get_untracked())
            ><Icon name=Signal::derive(move || if held.get() { "play" } else { "pause" })/></button>
            <HangUp/>
        </div>
        <Microphone/>
    }
}

/// How long was talked; not live, so that no second is read out.
#[component]
fn Talked(at_hand: DeskCall) -> impl IntoView {
    let desk = use_desk();
    let over = move || at_hand.call.with(|call| matches!(call, Call::Ended(_)));
    let talked = Memo::new(move |_| {
        let now = desk.now.get().unwrap_or_default();
        at_hand.call.with(|call| call.talked(now))
    });
    // A call that nobody talked in has no duration once it is over.
    move || {
        (talked.get().is_some() || !over()).then(|| {
            view! {
                <span class="bar__time" role="timer" aria-label="Call duration">
                    {words::duration(talked.get().unwrap_or_default())}
                </span>
            }
        })
    }
}

#[component]
fn HangUp() -> impl IntoView {
    let desk = use_desk();
    view! {
        <button
            class="tool tool--wide tool--stop"
            type="button"
            aria-label="Hang up"
            on:click=move |_| desk.hang_up()
        ><Icon name="phone-down" class="ico--solid"/><span>"Hang up"</span></button>
    }
}

/// Shown for as long as the browser holds the sound back.
#[component]
fn Hear() -> impl IntoView {
    let desk = use_desk();
    let hear = move |_| {
        if let Some(live) = desk.live.get_untracked() {
            live.speaker.unlock();
        }
    };
    move || {
        let blocked = desk.live.get().is_some_and(|live| live.needs_tap.get());
        blocked.then(|| {
            view! {
                <button class="btn btn--paper btn--pill" type="button" on:click=hear>
                    <Icon name="speaker"/>"Tap to hear"
                </button>
            }
        })
    }
}

/// What is wrong with the microphone in a call, and the way out.
#[component]
fn Microphone() -> impl IntoView {
    let desk = use_desk();
    let again = move |_| {
        if let Some(live) = desk.live.get_untracked() {
            let opening = live.microphone.open(None);
            leptos::task::spawn_local(async move {
                // Whatever came of it stands in the microphone's state.
                let _ = opening.await;
            });
        }
    };
    move || match desk.live.get().map(|live| live.mic_state.get()) {
        Some(MicState::Failed(error)) => Some(view! {
            <p class="bar__note" role="alert">
                <Icon name="mic-off" class="ico--sm"/>
                <span class="grow">{mic_words(error)}</span>
                <button class="btn btn--sm" type="button" on:click=again>"Try again"</button>
            </p>
        }),
        _ => None,
    }
}
