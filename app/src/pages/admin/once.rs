//! A password that was just made: shown now and never again.

use super::copy::Copy;
use crate::api::Shown;
use leptos::prelude::*;

/// The password with the person it is for.
#[component]
pub(crate) fn ShownOnce(shown: Shown) -> impl IntoView {
    view! {
        <div class="once">
            <p>
                "Password for " <b class="strong">{shown.email}</b>
                ". Pass it on now: it is not shown again."
            </p>
            <div class="snippet">
                <code>{shown.password.clone()}</code>
                <Copy text=shown.password/>
            </div>
        </div>
    }
}
