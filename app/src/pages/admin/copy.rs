//! A button that copies a text. It needs the browser, so it comes with the wasm.

use crate::components::{Icon, hydrated};
use leptos::prelude::*;

/// Copies `text` and says so.
#[component]
pub(crate) fn Copy(text: String) -> impl IntoView {
    let here = hydrated();
    let copied = RwSignal::new(false);
    let text = StoredValue::new(text);
    let copy = move |_| {
        let writing = window().navigator().clipboard().write_text(&text.get_value());
        leptos::task::spawn_local(async move {
            let done = wasm_bindgen_futures::JsFuture::from(writing).await.is_ok();
            copied.try_set(done);
        });
    };
    move || {
        here.get().then(|| view! {
            <button class="btn btn--sm" type="button" on:click=copy>
                <Icon name=Signal::derive(move || if copied.get() { "check" } else { "copy" }) class="ico--sm"/>
                <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
            </button>
        })
    }
}
