//! A call of this visitor that this page does not carry: the way back to it.

use super::{
    head::StageHead,
    icon::{SLACK, can, icon, still},
};
use crate::{
    field::{part, press},
    page::{Act, Page},
    words,
};
use leptos::prelude::*;

/// **Return to your call** when nobody carries it, **Use here** when another tab does.
#[component]
pub(crate) fn Away(page: Page, elsewhere: bool) -> impl IntoView {
    let (title, text, button) = if elsewhere {
        ("Call in your other tab", "Your call goes on there. You can move it to this tab.", "Use here")
    } else {
        ("Your call is still on", "One tap and you are back in the same call.", "Return to your call")
    };
    view! {
        <StageHead page />
        <div class="call">
            <div class="call__mid">
                <div class="line">
                    {can("can can--xl can--rim can--mute", None, "user")} {still(SLACK)}
                    {part(move || can("can can--xl can--rim can--them", Some(words::initial(&page.them())), "headset").into_any())}
                </div>
                <div class="call__who" role="status">
                    <p class="call__state">{title}</p>
                    <p class="call__text">{text}</p>
                </div>
            </div>
            <div class="w__foot">
                <button class="btn btn--lg btn--paper" type="button" data-focus="" on:click=press(move || page.act(Act::TakeOver))>
                    {icon("phone", "ico ico--solid")}
                    {button}
                </button>
                <button class="btn btn--quiet" type="button" on:click=press(move || page.chatting.set(true))>
                    "Write instead"
                </button>
            </div>
        </div>
    }
}
