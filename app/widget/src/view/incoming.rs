//! An agent calls: a dialog over the conversation, which stays as it is.

use super::icon::{beads, can, icon};
use crate::{
    field::{part, press, text},
    page::{Act, Page},
    words,
};
use leptos::prelude::*;

/// **Accept** or **Decline**.
#[component]
pub(crate) fn Incoming(page: Page) -> impl IntoView {
    view! {
        <div class="w__veil">
            <section class="w__ring stage" role="alertdialog" aria-label="Incoming call" aria-describedby="ring-who">
                <p class="w__sub">"Incoming call"</p>
                <div class="line">
                    {part(move || can("can can--xl can--rim can--them", Some(words::initial(&page.them())), "headset").into_any())} {beads()}
                    {can("can can--xl can--rim can--me ripple", None, "user")}
                </div>
                <p class="call__state" id="ring-who">{text(move || [&page.them(), " is calling"].concat())}</p>
                <p class="call__text">"Your browser may ask to use the microphone. We only listen during the call."</p>
                <div class="w__answer">
                    <button class="btn btn--lg btn--decline" type="button" on:click=press(move || page.act(Act::Decline))>
                        {icon("phone-down", "ico ico--solid")}
                        "Decline"
                    </button>
                    <button class="btn btn--lg btn--accept" type="button" data-focus="" on:click=press(move || page.act(Act::Accept))>
                        {icon("phone", "ico ico--solid")}
                        "Accept"
                    </button>
                </div>
            </section>
        </div>
    }
}
