//! What all pages of staff have in common: the desk with its socket, the dialog of a call that
//! rings, and messages. It stays while one goes from page to page.

use crate::{
    api::Boot,
    call::{IncomingCall, Toasts, provide_ringer},
    contexts::desk::provide_desk,
};
use leptos::prelude::*;
use leptos_router::components::Outlet;
use tincan_client::SocketStatus;

/// The frame around dashboard and admin.
#[component]
pub(crate) fn Staff() -> impl IntoView {
    match SharedValue::new(Boot::of_request).into_inner() {
        Some(boot) => view! { <Signed boot/> }.into_any(),
        None => view! { <SignedOut/> }.into_any(),
    }
}

#[component]
fn Signed(boot: Boot) -> impl IntoView {
    let desk = provide_desk(&boot);
    provide_ringer(desk, &boot);
    provide_context(boot);
    Effect::new(move |_| {
        let status = desk.live.get().map(|live| live.status.get());
        if status == Some(SocketStatus::SignedOut) {
            sign_in_again();
        }
    });
    view! {
        <Outlet/>
        <Toasts/>
        <IncomingCall/>
    }
}

/// The server shows staff pages to staff only; a page that was reached without it asks it again.
#[component]
fn SignedOut() -> impl IntoView {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect("/login?next=/dashboard");
    Effect::new(|_| sign_in_again());
    view! {
        <main class="empty empty--page">
            <h1>"You are signed out"</h1>
            <div class="row"><a class="btn btn--primary" href="/login" rel="external">"Sign in"</a></div>
        </main>
    }
}

fn sign_in_again() {
    let _ = window().location().set_href("/login?next=/dashboard");
}
