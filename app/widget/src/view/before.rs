//! Before a call: why the browser asks for the microphone, and a test one may skip.

use super::{head::BackHead, icon::icon};
use crate::{
    effect::string::{self, Strand},
    field::{flag, part, pick, press, text},
    page::{Act, Page},
};
use leptos::prelude::*;
use tincan_client::Device;

/// The microphone test.
#[component]
pub(crate) fn Before(page: Page) -> impl IntoView {
    view! {
        <BackHead page title="Before we call" />
        <div class="w__body">
            <div class="mic">
                <p class="why">
                    {icon("shield", "ico")}
                    <span>"Your browser will ask to use the microphone. We only listen during the call."</span>
                </p>
                <Meter page />
                <Devices page />
                <button class="btn btn--quiet btn--sm" type="button" on:click=press(move || page.act(Act::TestSound))>
                    {icon("play", "ico ico--sm ico--solid")}
                    "Play test sound"
                </button>
            </div>
        </div>
        <div class="w__foot">
            <button
                class="btn btn--primary btn--lg"
                type="button"
                data-focus=""
                on:click=press(move || page.act(Act::Start))
            >
                {icon("phone", "ico ico--solid")}
                "Start call"
            </button>
            <button class="btn btn--quiet" type="button" on:click=press(move || page.act(Act::Start))>
                "Skip test"
            </button>
        </div>
    }
}

/// What the microphone hears, as a strand, as a bar and in words.
#[component]
fn Meter(page: Page) -> impl IntoView {
    string::run(move || {
        let level = page.my_level();
        string::set_level(level);
        [Some((Strand::Alone, level)), None]
    });
    let words = move || {
        if page.rung() {
            return "We are calling you right now. Start the call to answer.";
        }
        page.test.with(|test| match (test.open, test.heard, test.silent) {
            (false, ..) => "Waiting for the microphone. Choose Allow when your browser asks.",
            (true, true, _) => "We can hear you",
            (true, false, false) => "Say something",
            (true, false, true) => "We can’t hear anything. Is the right microphone selected or muted?",
        })
    };
    let heard = move || page.test.with(|test| test.open && test.heard);
    let class = move || if heard() { "mic__words mic__ok" } else { "mic__words" };
    view! {
        <div class="mic__meter">
            <div class="paper-string">
                <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
                    <path class="string__me" d="M0 40L240 40"></path>
                </svg>
            </div>
            <div class="bar" aria-hidden="true"></div>
            <p class=pick(class) role="status">
                <span hidden=flag(move || !heard())>{icon("check", "ico ico--sm")}</span>
                {pick(words)}
            </p>
        </div>
    }
}

/// The menu of microphones; it has names only once the browser granted one.
#[component]
fn Devices(page: Page) -> impl IntoView {
    let options = move || {
        let option = |device: &Device| {
            view! { <option value=device.id.clone()>{device.label.clone()}</option> }.into_any()
        };
        page.test.with(|test| test.devices.iter().map(option).collect::<Vec<_>>()).into_any()
    };
    let known = move || page.test.with(|test| !test.devices.is_empty());
    view! {
        <label class="field" hidden=flag(move || !known())>
            <span class="field__label">"Microphone"</span>
            <span class="pick">
                {icon("mic", "ico")}
                <select
                    class="input"
                    on:change=move |event| page.act(Act::Device(event_target_value(&event)))
                    prop:value=text(move || page.test.with(|test| test.device.clone()))
                >
                    {part(options)}
                </select>
                {icon("down", "ico")}
            </span>
        </label>
    }
}
