//! The rail at the edge, and the tab bar that stands in for it on phones.

use crate::{
    api::Boot,
    components::{Can, Icon, Mark},
    contexts::theme::use_theme,
    effects::focus,
};
use leptos::{ev, html, prelude::*};

/// Chats, theme, settings, account.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let boot = expect_context::<Boot>();
    let theme = use_theme();
    view! {
        <nav class="rail" aria-label="Main">
            <a class="mark" href="/dashboard" aria-label="Tincan"><Mark/></a>
            <a class="rail__item" href="/dashboard" aria-current="page" aria-label="Chats" title="Chats">
                <Icon name="chat"/>
            </a>
            <span class="grow"></span>
            <button
                class="rail__item"
                type="button"
                aria-label=move || theme.label()
                title=move || theme.label()
                on:click=move |_| theme.switch()
            ><Icon name=Signal::derive(move || theme.icon())/></button>
            {boot.sees_settings().then(|| view! {
                <a class="rail__item" href="/admin" aria-label="Settings" title="Settings">
                    <Icon name="settings"/>
                </a>
            })}
            <Account name=boot.name.clone()/>
        </nav>
    }
}

/// Who is signed in, and the way out. A `details` opens without wasm too.
#[component]
fn Account(name: String) -> impl IntoView {
    let menu = NodeRef::<html::Details>::new();
    // A press anywhere else, or Escape, puts the menu away.
    let presses = window_event_listener(ev::pointerdown, move |event| {
        if let Some(menu) = menu.get_untracked().filter(|menu| !focus::is_inside(&event, menu)) {
            menu.set_open(false);
        }
    });
    let keys = window_event_listener(ev::keydown, move |event| {
        if let (Some(menu), "Escape") = (menu.get_untracked(), event.key().as_str()) {
            menu.set_open(false);
        }
    });
    on_cleanup(move || {
        presses.remove();
        keys.remove();
    });
    view! {
        <details class="account" node_ref=menu>
            <summary class="rail__item" aria-label="Your account" title="Your account">
                <Can name=name.clone() class="can--sm can--soft"/>
            </summary>
            <div class="menu">
                <p class="menu__head">{format!("Signed in as {name}")}</p>
                <form method="post" action="/api/auth/logout">
                    <button class="menu__item"><Icon name="left" class="ico--flip"/>"Sign out"</button>
                </form>
            </div>
        </details>
    }
}

/// The same ways on a phone.
#[component]
pub(crate) fn TabBar() -> impl IntoView {
    let boot = expect_context::<Boot>();
    let theme = use_theme();
    view! {
        <nav class="tabbar" aria-label="Main, small">
            <a href="/dashboard" aria-current="page"><Icon name="chat"/>"Chats"</a>
            {boot.sees_settings().then(|| view! { <a href="/admin"><Icon name="settings"/>"Settings"</a> })}
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
