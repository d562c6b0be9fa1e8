//! The stage: ringing and talking.

use super::{
    head::StageHead,
    icon::{SLACK, TORN, beads, can, icon, still},
};
use crate::{
    effect::string::{self, Strand},
    field::{Field, flag, part, pick, press, text},
    page::{Act, Page},
    words,
};
use leptos::prelude::*;
use tincan_signaling::call::CallState;

/// Somebody is rung, or the room has not answered the request yet.
#[component]
pub(crate) fn Ringing(page: Page, asked: bool) -> impl IntoView {
    let more = if asked {
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
                        {(!asked).then(|| view! { <span class="num" aria-hidden="true">{text(move || words::clock(page.rings()))}</span> })}
                    </p>
                    <p class="call__text">{more}</p>
                </div>
            </div>
            <div class="call__tray">
                <button class="round round--stop" type="button" aria-label="Cancel" data-focus="" on:click=press(move || page.act(Act::Cancel))>
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
    let state = Field::of(page.state_now(), move || page.state());
    let away = move || matches!(state.get(), CallState::Reconnecting | CallState::Held);
    let my_can = move || match (page.muted.get(), away()) {
        (false, false) => can("can can--xl can--rim can--me", None, "user").into_any(),
        (true, false) => can("can can--xl can--rim can--mute", None, "mic-off").into_any(),
        (_, true) => can("can can--xl can--rim can--mute", None, "user").into_any(),
    };
    let their_can = move || {
        let class = if away() { "can can--xl can--rim can--mute" } else { "can can--xl can--rim can--them" };
        can(class, Some(words::initial(&page.them())), "headset").into_any()
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
        <div class=pick(move || if page.blocked.get() { "call call--ask" } else { "call" })>
            <div class="call__mid">
                <div class="line">{part(my_can)}{part(middle)}{part(their_can)}</div>
                <div class="call__names">
                    <span>{pick(move || if page.muted.get() { "You, muted" } else { "You" })}</span>
                    <span class="clip">{text(move || page.them())}</span>
                </div>
                <div class="call__who">
                    <p class="call__time" role="timer" aria-label="Call duration">
                        {text(move || words::clock(page.talked().unwrap_or_default()))}
                    </p>
                    <Status page state />
                    <p class="call__text">{pick(detail)}</p>
                </div>
            </div>
            <Tray page />
            <div class="call__sheet" hidden=flag(move || !page.blocked.get())>
                <button class="hear" type="button" on:click=press(move || page.act(Act::Hear))>
                    {icon("speaker", "ico ico--lg")}
                    "Tap to hear"
                </button>
                <p class="call__text">
                    {text(move || [&page.them(), " is on the line. Your browser waits for a tap before it plays sound."].concat())}
                </p>
            </div>
        </div>
    }
}

/// The state in words, for everybody.
#[component]
fn Status(page: Page, state: Field<CallState>) -> impl IntoView {
    let words = move || words::state(state.get(), page.muted.get(), &page.them(), page.held_by_them());
    let class = move || match state.get() {
        CallState::Active => "call__words",
        _ => "call__words call__state",
    };
    view! {
        <p class=pick(class) role="status">{text(words)}</p>
    }
}

/// The two strands.
fn live(page: Page) -> impl IntoView {
    string::run(move || {
        if !page.open.now() {
            return [None, None];
        }
        let mine = if page.muted.now() { 0.0 } else { page.my_level() };
        [Some((Strand::Them, page.their_level())), Some((Strand::Me, mine))]
    });
    view! {
        <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
            <path class="string__them" d="M0 40L240 40"></path>
            <path class="string__me" d="M0 40L240 40"></path>
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
                aria-label=pick(move || if muted() { "Unmute microphone" } else { "Mute microphone" })
                data-active=flag(muted)
                on:click=press(move || page.act(Act::Mute(!page.muted.now())))
            >
                <span class="round__disc">
                    {part(move || icon(if muted() { "mic-off" } else { "mic" }, "ico ico--lg").into_any())}
                </span>
                <span>{pick(move || if muted() { "Unmute" } else { "Mute" })}</span>
            </button>
            <button class="round" type="button" on:click=press(move || page.chatting.set(true))>
                <span class="round__disc">{icon("chat", "ico ico--lg")}</span>
                <span>"Chat"</span>
            </button>
            <button class="round round--stop" type="button" on:click=press(move || page.act(Act::HangUp))>
                <span class="round__disc">{icon("phone-down", "ico ico--lg ico--solid")}</span>
                <span>"Hang up"</span>
            </button>
        </div>
    }
}
