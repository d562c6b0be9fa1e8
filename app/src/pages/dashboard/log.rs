//! What was said and called, in order, with what is going on as its last line.

use super::{
    parts::Parts,
    sessions::named,
    timeline::{Item, Message, last_read},
};
use crate::{
    api::Boot,
    call::record::CallRecord,
    components::{Clock, Icon},
    contexts::desk::use_desk,
};
use leptos::{html, prelude::*};
use tincan_signaling::{Call, EventId, Sub, event::Role};

/// The messages and calls of the conversation.
#[component]
pub(crate) fn Log(parts: Parts, items: Memo<Vec<Item>>, name: Memo<String>) -> impl IntoView {
    let desk = use_desk();
    let me = expect_context::<Boot>().me;
    let read = Memo::new(move |_| last_read(&items.read(), &parts.live()));
    let log = NodeRef::<html::Div>::new();
    stay_at_the_end(log, parts, items);
    let now = move || {
        let joined = parts.joined.get()?;
        let (icon, words) = joined.call.with(|call| going_on(call, &name.get()))?;
        Some(view! { <div class="event"><Icon name=icon/>{words}</div> })
    };
    let typing = move || {
        let typing = parts.joined.get()?.typing.get()?;
        let who = if typing.sub == me { return None } else { named(&typing.name) };
        Some(view! { <div class="event" aria-live="off">{format!("{who} is typing")}</div> })
    };
    let pending = move || parts.joined.get().map(|joined| joined.pending.get()).unwrap_or_default();
    view! {
        <div class="conv__log" node_ref=log tabindex="0" role="log" aria-label="Messages">
            <div class="conv__start">
                {move || parts.more.get().then(|| view! {
                    <button class="btn btn--sm btn--quiet" type="button" on:click=move |_| parts.read_earlier(desk)>
                        "Earlier messages"
                    </button>
                })}
                {move || items.read().is_empty().then(|| view! {
                    <p class="event">"Nothing was said yet."</p>
                })}
            </div>
            <For
                each=move || items.get()
                key=Item::key
                children=move |item| match item {
                    Item::Message(message) => view! { <Said message read me/> }.into_any(),
                    Item::Call(record) => view! { <Called record/> }.into_any(),
                }
            />
            {move || pending().into_iter().map(|waiting| view! {
                <div class="msg msg--me">
                    <div class="msg__body" dir="auto">{waiting.text}</div>
                    <span class="msg__meta">"Waiting to send"</span>
                </div>
            }).collect_view()}
            {now}
            {typing}
        </div>
    }
}

#[component]
fn Said(message: Message, read: Memo<Option<EventId>>, me: Sub) -> impl IntoView {
    let Message { id, at, from, name, by_visitor, text } = message;
    let who = match (by_visitor, from == me) {
        (true, _) => String::new(),
        (false, true) => "You, ".into(),
        (false, false) => format!("{name}, "),
    };
    view! {
        <div class=if by_visitor { "msg" } else { "msg msg--me" }>
            <div class="msg__body" dir="auto">{text}</div>
            <span class="msg__meta">
                {who}<Clock at/>{move || (read.get() == Some(id)).then_some(". Read")}
            </span>
        </div>
    }
}

#[component]
fn Called(record: CallRecord) -> impl IntoView {
    let icon = if record.answered() { "phone" } else { "phone-down" };
    let with = record.answered_by.clone().filter(|_| record.answered() && !record.by_staff);
    view! {
        <div class="event">
            <Icon name=icon/>
            <span>{record.words()}{with.map(|with| format!(" with {with}"))}", " <Clock at=record.at/></span>
        </div>
    }
}

/// The call that is going on here, as the last line of the conversation.
fn going_on(call: &Call, visitor: &str) -> Option<(&'static str, String)> {
    match call {
        Call::Idle | Call::Ended(_) => None,
        Call::Ringing(ringing) if ringing.head.caller_role == Role::Visitor => {
            Some(("phone", format!("{visitor} is calling")))
        }
        Call::Ringing(ringing) => {
            Some(("phone", format!("{} is calling {visitor}", ringing.head.caller_name)))
        }
        Call::Accepted(accepted) => {
            let agent = accepted.legs.iter().find(|leg| leg.role.is_staff()).map(|leg| leg.name.clone());
            Some((
                "phone",
                format!("On a call with {}", agent.unwrap_or_else(|| accepted.answered_name.clone())),
            ))
        }
    }
}

/// Scrolls to what is new, unless somebody has scrolled up to read.
fn stay_at_the_end(log: NodeRef<html::Div>, parts: Parts, items: Memo<Vec<Item>>) {
    Effect::new(move |before: Option<bool>| {
        items.track();
        if let Some(joined) = parts.joined.get() {
            joined.pending.track();
            joined.typing.track();
        }
        let Some(log) = log.get() else { return false };
        let left = log.scroll_height() - log.scroll_top() - log.client_height();
        if before != Some(true) || left < 200 {
            request_animation_frame(move || log.set_scroll_top(log.scroll_height()));
        }
        true
    });
}
