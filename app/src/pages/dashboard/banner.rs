//! The banner over everything: the socket is gone.

use crate::{components::Icon, contexts::desk::use_desk};
use leptos::prelude::*;
use tincan_client::SocketStatus;

/// Says that the page is disconnected and when it tries again.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let desk = use_desk();
    let down = Memo::new(move |_| match desk.live.get().map(|live| live.status.get()) {
        Some(SocketStatus::Down { retry_at_ms }) => Some(retry_at_ms),
        _ => None,
    });
    let seconds = move || {
        desk.now.track();
        let left = down.get().unwrap_or_default() - js_sys::Date::now();
        (left / 1000.0).ceil().max(0.0)
    };
    let is_down = Memo::new(move |_| down.get().is_some());
    move || {
        is_down.get().then(|| {
            view! {
                <div class="banner" role="alert">
                    <Icon name="offline"/>
                    <span class="grow">
                        <b class="strong">"Disconnected."</b>
                        " Trying again "
                        <span class="num" aria-hidden="true">{move || format!("in {} s", seconds())}</span>
                        ". A call in progress goes on; new ones ring elsewhere."
                    </span>
                </div>
            }
        })
    }
}
