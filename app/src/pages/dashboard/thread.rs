//! The conversation on screen: header, messages and calls in order, and the box to write in.

use super::{
    compose::Compose,
    conversation::newest,
    log::Log,
    parts::Parts,
    sessions::{named, place},
    timeline::{Item, last_of_visitor},
    visitor::Visitor,
};
use crate::{
    api::Conversation,
    components::{Can, Icon},
    contexts::desk::{Desk, use_desk},
};
use leptos::prelude::*;
use tincan_client::SocketStatus;
use tincan_signaling::{Call, CallState, EventId, lobby::SessionUpdate};

/// The conversation with its visitor beside it.
#[component]
pub(crate) fn Thread(first: Conversation) -> impl IntoView {
    let desk = use_desk();
    let now = newest(&first.session);
    let parts = Parts::new(first);
    parts.follow(desk);
    let items = Memo::new(move |_| parts.items());
    mark_seen(desk, parts, items);
    let name = Memo::new(move |_| named(&now.read().0.visitor));
    let details = RwSignal::new(false);
    view! {
        <div class="main__split" data-details=move || details.get().then_some("")>
            <section class="conv" aria-label=move || format!("Conversation with {}", name.get())>
                <header class="conv__head">
                    <a class="btn btn--icon btn--quiet only-narrow" href="/dashboard" aria-label="Back">
                        <Icon name="left" class="ico--flip"/>
                    </a>
                    <Can
                        name=name
                        dot=Signal::derive(move || now.read().1.and_then(|online| online.then_some("on")))
                    />
                    <div class="grow">
                        <h1 class="conv__title" dir="auto">{name}</h1>
                        <p class="conv__sub"><span class="clip">{move || where_words(&now.read())}</span></p>
                    </div>
                    <CallVisitor parts online=Signal::derive(move || now.read().1)/>
                    <button
                        class="btn btn--icon btn--quiet only-medium"
                        type="button"
                        aria-label="Visitor details"
                        title="Visitor details"
                        aria-expanded=move || details.get().to_string()
                        on:click=move |_| details.update(|shown| *shown = !*shown)
                    ><Icon name="info"/></button>
                </header>
                <Log parts items name/>
                <Compose parts name/>
            </section>
            <Visitor now items name/>
        </div>
    }
}

/// Calls the visitor, when there is one to call and nobody is on the line.
#[component]
fn CallVisitor(parts: Parts, online: Signal<Option<bool>>) -> impl IntoView {
    let desk = use_desk();
    let offered = move || {
        let Some(joined) = parts.joined.get() else { return false };
        let voice = joined.availability.get().is_none_or(|event| event.voice_enabled);
        let up = desk.live.get().is_some_and(|live| live.status.get() == SocketStatus::Up);
        let busy = desk.call.get().is_some_and(|at_hand| at_hand.call.with(Call::is_live));
        up && voice && !busy && !joined.call.with(Call::is_live) && online.get() == Some(true)
    };
    move || {
        offered().then(|| {
            view! {
                <button
                    class="btn"
                    type="button"
                    aria-label="Call visitor"
                    title="Call visitor"
                    on:click=move |_| desk.call_visitor(parts.session)
                ><Icon name="phone" class="ico--sm ico--solid"/><span>"Call visitor"</span></button>
            }
        })
    }
}

fn where_words((update, online): &(SessionUpdate, Option<bool>)) -> String {
    if update.call == Some(CallState::Held) {
        return "On hold".into();
    }
    match (online, &update.page_url) {
        (Some(false), _) => "Has left the page".into(),
        (_, Some(page)) => format!("On {}", place(page)),
        (Some(true), None) => "On the page".into(),
        (None, None) => String::new(),
    }
}

/// What is on screen in front of somebody was read: tell the visitor, and count it no more.
fn mark_seen(desk: Desk, parts: Parts, items: Memo<Vec<Item>>) {
    Effect::new(move |told: Option<Option<EventId>>| {
        let last = last_of_visitor(&items.read());
        let at = items.read().last().map(Item::at);
        desk.now.track();
        if document().hidden() {
            return told.flatten();
        }
        if let Some(at) = at {
            let session = parts.session;
            let seen = desk.seen.read_untracked().get(&session).copied().unwrap_or_default();
            if seen < at {
                desk.seen.update(|seen| {
                    seen.insert(session, at);
                });
            }
        }
        if let (Some(last), Some(joined)) = (last, parts.joined.get())
            && told.flatten() != Some(last)
        {
            joined.room.read(last);
            return Some(last);
        }
        told.flatten()
    });
}
