//! The sidebar of the settings: only what exists.

use crate::{
    components::{Icon, Mark},
    contexts::theme::use_theme,
};
use leptos::prelude::*;

/// Links to the parts of the page, and the ways out.
#[component]
pub(crate) fn Nav() -> impl IntoView {
    let theme = use_theme();
    view! {
        <nav class="adm__nav" aria-label="Settings">
            <a class="mark" href="/dashboard" aria-label="Tincan, dashboard"><Mark/><span>"Tincan"</span></a>
            <a href="#install"><Icon name="code"/>"Install"</a>
            <a href="#origins"><Icon name="globe"/>"Origins"</a>
            <a href="#plan"><Icon name="shield"/>"Plan"</a>
            <a href="#team"><Icon name="users"/>"Team"</a>
            <span class="grow"></span>
            <hr/>
            <a href="/dashboard"><Icon name="chat"/>"Dashboard"</a>
            <button type="button" on:click=move |_| theme.switch()>
                <Icon name=Signal::derive(move || theme.icon())/>
                {move || theme.label()}
            </button>
            <form method="post" action="/api/auth/logout">
                <button><Icon name="left" class="ico--flip"/>"Sign out"</button>
            </form>
        </nav>
    }
}
