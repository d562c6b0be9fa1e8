//! The microphone is not there: what it is and the way out.

use super::{head::BackHead, icon::icon};
use crate::{
    field::press,
    page::{Act, Page},
    words,
};
use leptos::prelude::*;
use tincan_client::MicError;

/// One screen a cause.
#[component]
pub(crate) fn Problem(page: Page, problem: MicError) -> impl IntoView {
    let advice = words::advice(problem);
    let picture = (problem == MicError::Blocked).then(|| {
        view! {
            <div class="addr" aria-hidden="true">
                <div class="addr__bar">
                    <span class="addr__key">{icon("settings", "ico ico--sm")}</span>
                    <span class="ltr clip">{crate::effect::dom::parent_host()}</span>
                </div>
                <div class="addr__pop">
                    {icon("mic", "ico ico--sm")} <span class="grow">"Microphone"</span>
                    <span class="switch" aria-checked="true"></span>
                </div>
            </div>
        }
    });
    let steps = (!advice.steps.is_empty()).then(|| {
        view! {
            <ol class="steps note">
                {advice.steps.iter().map(|step| view! { <li>{*step}</li> }.into_any()).collect::<Vec<_>>()}
            </ol>
        }
    });
    let quiet = if advice.again { "btn btn--quiet" } else { "btn btn--primary btn--lg" };
    view! {
        <BackHead page title="Microphone" />
        <div class="w__body">
            <div class="note" role="alert">
                <h2>{advice.title}</h2>
                <p>{advice.text}</p>
            </div>
            {picture}
            {steps}
        </div>
        <div class="w__foot">
            {advice.again.then(|| view! {
                <button class="btn btn--primary btn--lg" type="button" on:click=press(move || page.act(Act::AskAgain))>
                    "Try again"
                </button>
            })}
            <button class=quiet type="button" on:click=press(move || page.act(Act::Back))>
                "Write instead"
            </button>
        </div>
    }
}
