//! The string at rest: the one ornament there is, for pages where nothing is going on.

use super::Icon;
use leptos::prelude::*;

/// A slack string between whatever stands beside it.
#[component]
pub(crate) fn Rest(#[prop(default = 64)] sag: u32) -> impl IntoView {
    view! {
        <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
            <path class="string__rest" d=format!("M0 40C60 {sag} 180 {sag} 240 40")></path>
        </svg>
    }
}

/// Two cans and a slack string on paper, above the words of an empty state.
#[component]
pub(crate) fn PaperLine(#[prop(into)] initial: String) -> impl IntoView {
    view! {
        <div class="empty__art paper-string line" aria-hidden="true">
            <span class="can can--lg can--rim"><Icon name="user"/></span>
            <Rest sag=76/>
            <span class="can can--lg can--rim">{initial}</span>
        </div>
    }
}
