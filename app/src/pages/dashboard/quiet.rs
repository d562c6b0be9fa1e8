//! No conversation is open.

use crate::{
    api::Boot,
    components::{Icon, PaperLine, initial},
    contexts::desk::use_desk,
};
use leptos::prelude::*;
use tincan_signaling::{Call, agent::Wish};

/// Says what will happen here, and lets the agent try the ring.
#[component]
pub(crate) fn Quiet() -> impl IntoView {
    let desk = use_desk();
    let name = expect_context::<Boot>().name;
    let talking = move || desk.call.get().filter(|at_hand| at_hand.call.with(Call::is_live));
    let words = move || match desk.wish.get() {
        _ if talking().is_some() => "Your call goes on above. Choose a chat on the left to write.",
        Some(Wish::Ready) => {
            "You are ready. When a visitor writes or calls, it appears on the left, and this page rings even behind another tab."
        }
        Some(Wish::Paused) | None => "Press Ready to be rung. Chats appear on the left in any case.",
    };
    let test = move |_| {
        if let Some(live) = desk.live.get_untracked() {
            live.speaker.unlock();
            live.speaker.test_sound();
        }
    };
    view! {
        <div class="empty empty--page">
            <PaperLine initial=initial(&name).unwrap_or_default()/>
            <h1>{move || if talking().is_some() { "You are on a call" } else { "The line is quiet" }}</h1>
            <p>{words}</p>
            <noscript><p>"Live messages and calls need JavaScript."</p></noscript>
            <div class="row">
                <button class="btn" type="button" disabled=move || desk.live.read().is_none() on:click=test>
                    <Icon name="bell" class="ico--sm"/>"Test the sound"
                </button>
            </div>
        </div>
    }
}
