//! A path that shows nothing.

use crate::components::PaperLine;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page for paths that lead nowhere.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    view! {
        <Title text="Not found, Tincan"/>
        <main class="empty empty--page">
            <PaperLine initial="?"/>
            <h1>"There is nothing here"</h1>
            <p>"The address may be mistyped, or the page is gone."</p>
            <div class="row">
                <a class="btn" href="/dashboard">"Dashboard"</a>
            </div>
        </main>
    }
}
