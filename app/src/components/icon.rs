//! An icon out of the sprite. It says nothing to screen readers: the control carries the name.

use leptos::prelude::*;

/// One icon of `/icons.svg`, with classes beside `ico`.
#[component]
pub(crate) fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("ico {class}") aria-hidden="true">
            <use href=move || format!("/icons.svg#{}", name.get())></use>
        </svg>
    }
}
