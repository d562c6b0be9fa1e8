//! What all pages of staff have in common: the desk with its socket, the dialog of a call that
//! rings, and messages. It stays while one goes from page to page.

use crate::{
    api::{Boot, Guest},
    call::{IncomingCall, Toasts, provide_ringer},
    components::PaperLine,
    contexts::desk::provide_desk,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use tincan_client::SocketStatus;

/// The frame around dashboard and admin.
#[component]
pub(crate) fn Staff() -> impl IntoView {
    match SharedValue::new(Guest::of_request).into_inner() {
        Guest::Staff(boot) => view! { <Signed boot/> }.into_any(),
        Guest::Other => view! { <NoTenant/> }.into_any(),
        Guest::Nobody => view! { <SignedOut/> }.into_any(),
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
        <Title text="Signed out, Tincan"/>
        <main class="empty empty--page">
            <h1>"You are signed out"</h1>
            <div class="row"><a class="btn btn--primary" href="/login" rel="external">"Sign in"</a></div>
        </main>
    }
}

/// An operator belongs to no tenant and so has no calls and no settings here.
#[component]
fn NoTenant() -> impl IntoView {
    view! {
        <Title text="No team, Tincan"/>
        <main class="empty empty--page">
            <PaperLine initial="?"/>
            <h1>"This account belongs to no team"</h1>
            <p>"Chats and calls are for the people of a tenant. Sign in as one of them."</p>
            <form class="row" method="post" action="/api/auth/logout">
                <button class="btn btn--primary">"Sign out"</button>
            </form>
        </main>
    }
}

/// Back to this page afterwards.
fn sign_in_again() {
    let location = window().location();
    let part = |part: Result<String, _>| part.unwrap_or_default();
    let here = part(location.pathname()) + &part(location.search());
    let _ = location.set_href(&format!("/login?next={}", js_sys::encode_uri_component(&here)));
}
