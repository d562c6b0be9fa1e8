//! The end of a call: why, how long it was, and what can be done next.

use super::{
    head::Head,
    icon::{LOOSE, can, icon, still},
};
use crate::{
    effect::dom,
    page::{Act, Page},
    words::{self, Words},
};
use leptos::{html, prelude::*};
use tincan_signaling::Call;

/// The reason in words, **Call again** and the way back to the chat.
#[component]
pub(crate) fn Over(page: Page) -> impl IntoView {
    let again = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(again) = again.get() {
            dom::focus_gently(&again);
        }
    });
    let words = move || {
        page.call.with(|call| match (call, page.me.get()) {
            (Call::Ended(ended), Some(me)) => words::ended(ended, me),
            _ => Words::default(),
        })
    };
    let may_call = move || page.available.get().voice_enabled;
    view! {
        <Head page />
        <div class="w__body w__body--mid">
            <div class="end">
                <div class="line paper-string">
                    {can("can can--lg can--rim", None, "user")} {still(LOOSE)}
                    {move || can("can can--lg can--rim", Some(words::initial(&page.them())), "headset")}
                </div>
                <div class="note" role="status">
                    <h2>{move || words().title}</h2>
                    <p class="num">{move || words().text}</p>
                    <p class="note__more" hidden=move || page.notice.get().is_none()>{move || page.notice.get()}</p>
                </div>
            </div>
        </div>
        <div class="w__foot">
            {move || may_call().then(|| view! {
                <button class="btn btn--primary btn--lg" type="button" node_ref=again on:click=move |_| page.act(Act::Call)>
                    {icon("phone", "ico ico--solid")}
                    "Call again"
                </button>
            })}
            <button class="btn btn--quiet" type="button" on:click=move |_| page.act(Act::Dismiss)>
                "Back to chat"
            </button>
        </div>
    }
}
