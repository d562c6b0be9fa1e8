//! Short messages at the top: who took the call, what was refused.

use crate::{
    components::{Can, Icon},
    contexts::desk::use_desk,
};
use leptos::prelude::*;
use std::time::Duration;

/// How long "Taken by" stays; what went wrong stays until it is closed.
const TAKEN_SHOWN: Duration = Duration::from_secs(8);

/// The place for messages; screen readers hear what comes into it.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let desk = use_desk();
    Effect::new(move |_| {
        if desk.taken.get().is_none() {
            return;
        }
        let hide = move || drop(desk.taken.try_set(None));
        if let Ok(timeout) = set_timeout_with_handle(hide, TAKEN_SHOWN) {
            // The next one has its own time.
            on_cleanup(move || timeout.clear());
        }
    });
    view! {
        <div class="toasts" aria-live="polite">
            {move || desk.taken.get().map(|by| view! {
                <div class="toast">
                    <Can name=by.clone() class="can--sm"/>
                    <span class="strong">{format!("Taken by {by}")}</span>
                    <Close close=move || desk.taken.set(None)/>
                </div>
            })}
            {move || desk.trouble.get().map(|words| view! {
                <div class="toast">
                    <Icon name="warn"/>
                    <span>{words}</span>
                    <Close close=move || desk.trouble.set(None)/>
                </div>
            })}
        </div>
    }
}

#[component]
fn Close(close: impl Fn() + Send + Sync + 'static) -> impl IntoView {
    view! {
        <button class="btn btn--sm btn--icon" type="button" aria-label="Close" on:click=move |_| close()>
            <Icon name="close" class="ico--sm"/>
        </button>
    }
}
