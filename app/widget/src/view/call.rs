//! The stage: ringing and talking.

use super::{
    head::StageHead,
    icon::{SLACK, TORN, beads, can, icon, still},
};
use crate::{
    effect::{
        dom,
        string::{self, Strand},
    },
    page::{Act, Page},
    words,
};
use leptos::{html, prelude::*};
use tincan_signaling::call::CallState;

/// Somebody is rung, or the room has not answered the request yet.
#[component]
pub(crate) fn Ringing(page: Page, asked: bool) -> impl IntoView {
    let cancel = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(cancel) = cancel.get() {
            dom::focus_gently(&cancel);
        }
    });
    let text = if asked {
        "One moment, we set the call up."
    } else {
        "You will hear it here, even from another tab."
    };
    view! {
        <StageHead page />
        <div class="call">
            <div class="call__mid">
                <div class="line">
                    {can("can can--xl can--rim can--me", None, "user")} {beads()}
                    {can("can can--xl can--rim can--them ripple", Some(words::initial(&page.boot.tenant)), "headset")}
                </div>
                <div class="call__who">
                    <p class="call__state">
                        <span role="status">{if asked { "Connecting…" } else { "Ringing…" }}</span>
                        {(!asked).then(|| view! { <span class="num" aria-hidden="true">{move || words::clock(page.rings())}</span> })}
                    </p>
                    <p class="call__text">{text}</p>
                </div>
            </div>
            <div class="call__tray">
                <button class="round round--stop" type="button" aria-label="Cancel" node_ref=cancel on:click=move |_| page.act(Act::Cancel)>
                    <span class="round__disc">{icon("phone-down", "ico ico--lg ico--solid")}</span>
                    <span>"Cancel"</span>
                </button>
            </div>
        </div>
    }
}

/// The call itself.
#[component]
pub(crate) fn Talking(page: Page) -> impl IntoView {
    let state = Memo::new(move |_| page.state());
    let away = move || matches!(state.get(), CallState::Reconnecting | CallState::Held);
    let my_can = move || match (page.muted.get(), away()) {
        (false, false) => can("can can--xl can--rim can--me", None, "user").into_any(),
        (true, false) => can("can can--xl can--rim can--mute", None, "mic-off").into_any(),
        (_, true) => can("can can--xl can--rim can--mute", None, "user").into_any(),
    };
    let their_can = move || {
        let class = if away() { "can can--xl can--rim can--mute" } else { "can can--xl can--rim can--them" };
        can(class, Some(words::initial(&page.them())), "headset")
    };
    let middle = move || match state.get() {
        CallState::Connecting => beads().into_any(),
        CallState::Reconnecting => still(TORN).into_any(),
        CallState::Held => still(SLACK).into_any(),
        _ => live(page).into_any(),
    };
    let detail = move || match state.get() {
        CallState::Connecting => "Almost there.",
        CallState::Reconnecting => "Stay here, we keep trying for half a minute.",
        CallState::Held => "They are coming back.",
        _ => "",
    };
    view! {
        <StageHead page />
        <div class="call" class=("call--ask", move || page.blocked.get())>
            <div class="call__mid">
                <div class="line">{my_can}{middle}{their_can}</div>
                <div class="call__names">
                    <span>{move || if page.muted.get() { "You, muted" } else { "You" }}</span>
                    <span class="clip">{move || page.them()}</span>
                </div>
                <div class="call__who">
                    <p class="call__time" role="timer" aria-label="Call duration">
                        {move || words::clock(page.talked().unwrap_or_default())}
                    </p>
                    <Status page state />
                    <p class="call__text">{detail}</p>
                </div>
            </div>
            <Tray page />
            <div class="call__sheet" hidden=move || !page.blocked.get()>
                <button class="hear" type="button" on:click=move |_| page.act(Act::Hear)>
                    {icon("speaker", "ico ico--lg")}
                    "Tap to hear"
                </button>
                <p class="call__text">
                    {move || [&page.them(), " is on the line. Your browser waits for a tap before it plays sound."].concat()}
                </p>
            </div>
        </div>
    }
}

/// The state in words, for everybody.
#[component]
fn Status(page: Page, state: Memo<CallState>) -> impl IntoView {
    let words = move || words::state(state.get(), page.muted.get(), &page.them(), page.held_by_them());
    let loud = move || !matches!(state.get(), CallState::Active);
    view! {
        <p class="call__words" class=("call__state", loud) role="status">{words}</p>
    }
}

/// The two strands.
fn live(page: Page) -> impl IntoView {
    let me = NodeRef::<leptos::svg::Path>::new();
    let them = NodeRef::<leptos::svg::Path>::new();
    string::run(move || {
        let (Some(me), Some(them)) = (me.get_untracked(), them.get_untracked()) else { return Vec::new() };
        if !page.open.get_untracked() {
            return Vec::new();
        }
        let mine = if page.muted.get_untracked() { 0.0 } else { page.my_level() };
        vec![(them, Strand::Them, page.their_level()), (me, Strand::Me, mine)]
    });
    view! {
        <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
            <path class="string__them" d="M0 40L240 40" node_ref=them></path>
            <path class="string__me" d="M0 40L240 40" node_ref=me></path>
        </svg>
    }
}

#[component]
fn Tray(page: Page) -> impl IntoView {
    let muted = move || page.muted.get();
    view! {
        <div class="call__tray">
            <button
                class="round"
                type="button"
                aria-label=move || if muted() { "Unmute microphone" } else { "Mute microphone" }
                data-active=move || muted().then_some("")
                on:click=move |_| page.act(Act::Mute(!page.muted.get_untracked()))
            >
                <span class="round__disc">
                    {move || icon(if muted() { "mic-off" } else { "mic" }, "ico ico--lg")}
                </span>
                <span>{move || if muted() { "Unmute" } else { "Mute" }}</span>
            </button>
            <button class="round" type="button" on:click=move |_| page.chatting.set(true)>
                <span class="round__disc">{icon("chat", "ico ico--lg")}</span>
                <span>"Chat"</span>
            </button>
            <button class="round round--stop" type="button" on:click=move |_| page.act(Act::HangUp)>
                <span class="round__disc">{icon("phone-down", "ico ico--lg ico--solid")}</span>
                <span>"Hang up"</span>
            </button>
        </div>
    }
}
