//! The end of a call: why, how long it was, and what can be done next.

use super::{
    head::Head,
    icon::{LOOSE, can, icon, still},
};
use crate::{
    field::{flag, part, press, text},
    page::{Act, Page},
    words::{self, Words},
};
use leptos::prelude::*;
use tincan_signaling::Call;

/// The reason in words, **Call again** and the way back to the chat.
#[component]
pub(crate) fn Over(page: Page) -> impl IntoView {
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
                    {part(move || can("can can--lg can--rim", Some(words::initial(&page.them())), "headset").into_any())}
                </div>
                <div class="note" role="status">
                    <h2>{text(move || words().title)}</h2>
                    <p class="num">{text(move || words().text)}</p>
                    <p class="note__more" hidden=flag(move || page.notice.get().is_none())>{text(move || page.notice.get().unwrap_or_default())}</p>
                </div>
            </div>
        </div>
        <div class="w__foot">
            {part(move || if may_call() { view! {
                <button class="btn btn--primary btn--lg" type="button" data-focus="" on:click=press(move || page.act(Act::Call))>
                    {icon("phone", "ico ico--solid")}
                    "Call again"
                </button>
            }.into_any() } else { ().into_any() })}
            <button class="btn btn--quiet" type="button" on:click=press(move || page.act(Act::Dismiss))>
                "Back to chat"
            </button>
        </div>
    }
}
