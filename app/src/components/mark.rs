//! The mark: two cans and a slack string, and so a smile.

use leptos::prelude::*;

/// The mark alone; the word stands beside it where there is room.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 28 28" fill="none" aria-hidden="true">
            <path
                d="M5.7 16.8C8 24.4 20 24.4 22.3 16.8"
                stroke="currentColor"
                stroke-width="2.2"
                stroke-linecap="round"
            ></path>
            <rect x="2.6" y="4.8" width="6.4" height="8.8" rx="2.2" fill="currentColor"></rect>
            <rect x="19" y="4.8" width="6.4" height="8.8" rx="2.2" fill="currentColor"></rect>
        </svg>
    }
}
