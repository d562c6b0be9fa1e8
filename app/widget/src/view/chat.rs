//! The conversation: what can be done now, what was said, and the field to write in.

use super::{
    head::Head,
    icon::{SLACK, can, icon, still},
};
use crate::{
    effect::dom,
    field::{flag, part, pick, press, text, watch},
    page::{Act, Page},
    timeline::{Item, Timeline},
    words,
};
use leptos::{ev::KeyboardEvent, prelude::*};
use tincan_signaling::agent::Availability;

/// The chat screen; in a call it stands in front of the stage and shows the way back.
#[component]
pub(crate) fn Chat(page: Page) -> impl IntoView {
    view! {
        <Head page />
        {part(move || {
            if page.chatting.get() {
                call_bar(page).into_any()
            } else if page.available.get().voice_enabled {
                offer(page).into_any()
            } else {
                ().into_any()
            }
        })}
        <Log page />
        <Compose page />
    }
}

/// The way back to the call.
fn call_bar(page: Page) -> impl IntoView {
    view! {
        <button class="w__call stage" type="button" on:click=press(move || page.chatting.set(false))>
            {icon("phone", "ico ico--sm ico--solid")} <span class="grow">"Back to the call"</span>
            <span class="num">{text(move || words::clock(page.talked().unwrap_or_default()))}</span>
        </button>
    }
}

/// What the visitor can do now: exactly one main action.
fn offer(page: Page) -> impl IntoView {
    let class = move || match page.available.get().agent_status {
        Availability::Online => "btn btn--lg btn--block btn--primary",
        Availability::Busy | Availability::Offline => "btn btn--lg btn--block",
    };
    let words = move || {
        page.notice.get().unwrap_or_else(|| {
            match page.available.get().agent_status {
                Availability::Online => "Free, in your browser. No phone number needed.",
                Availability::Busy => "All our people are on calls right now.",
                Availability::Offline => "Nobody can take calls right now. Write to us here.",
            }
            .to_owned()
        })
    };
    view! {
        <section class="offer" aria-label="Talk to us">
            <div class="line">
                {can("can can--rim", None, "user")} {still(SLACK)}
                {can("can can--rim", Some(words::initial(&page.boot.tenant)), "headset")}
            </div>
            <button class=pick(class) type="button" on:click=press(move || page.act(Act::Call))>
                {icon("phone", "ico ico--solid")}
                "Call"
            </button>
            <p class="offer__text" role="status">{text(words)}</p>
        </section>
    }
}

#[component]
fn Log(page: Page) -> impl IntoView {
    watch(move || {
        page.timeline.track();
        page.typing.track();
        page.pending.track();
        page.link.track();
        dom::scroll_to_end();
    });
    let empty =
        move || page.timeline.with(|timeline| timeline.items.is_empty()) && page.pending.with(Vec::is_empty);
    let lines = move || page.timeline.with(|timeline| timeline.items.iter().map(line).collect::<Vec<_>>());
    let waiting = move || {
        let line = |text| my_line(text, "Sending…".to_owned());
        page.pending.get().into_iter().map(line).collect::<Vec<_>>()
    };
    let typing = move || page.typing.get().map(|name| [&name, " is typing…"].concat()).unwrap_or_default();
    view! {
        <div class="w__log" role="log" aria-label="Conversation" tabindex="0">
            <p class="w__empty" hidden=flag(move || !empty())>
                "Write to us, and somebody answers here. Your messages stay when you change the page."
            </p>
            {part(move || lines().into_any())}
            {part(move || waiting().into_any())}
            <p
                class="msg__meta msg__meta--read"
                hidden=flag(move || !page.timeline.with(Timeline::last_is_read))
            >
                "Read"
            </p>
            <p class="w__typing" role="status">{text(typing)}</p>
        </div>
    }
}

fn line(item: &Item) -> AnyView {
    match item {
        Item::Text(text) if text.mine => my_line(text.text.clone(), dom::time_of_day(text.at)),
        Item::Text(text) => view! {
            <div class="msg">
                <div class="msg__body" dir="auto">{text.text.clone()}</div>
                <span class="msg__meta">{[&text.name, ", ", &dom::time_of_day(text.at)].concat()}</span>
            </div>
        }
        .into_any(),
        Item::Call { talked, .. } => {
            let words = talked
                .map_or_else(|| "Call, not connected".to_owned(), |t| ["Call, ", &words::clock(t)].concat());
            view! { <p class="event">{icon("phone", "ico")} <span class="num">{words}</span></p> }.into_any()
        }
    }
}

fn my_line(text: String, meta: String) -> AnyView {
    view! {
        <div class="msg msg--me">
            <div class="msg__body" dir="auto">{text}</div>
            <span class="msg__meta num">{meta}</span>
        </div>
    }
    .into_any()
}

#[component]
fn Compose(page: Page) -> impl IntoView {
    let nothing = move || page.draft.with(|draft| draft.trim().is_empty());
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            page.act(Act::Send);
        }
    };
    view! {
        <p class="w__notice" role="status" hidden=flag(move || page.unsent.get().is_none())>
            {text(move || page.unsent.get().unwrap_or_default())}
        </p>
        <form
            class="w__compose"
            on:submit=move |event| {
                event.prevent_default();
                page.act(Act::Send);
            }
        >
            <textarea
                rows="1"
                aria-label="Message"
                placeholder="Write a message"
                maxlength="4000"
                data-focus=""
                prop:value=text(move || page.draft.get())
                on:input=move |event| {
                    page.draft.set(event_target_value(&event));
                    page.act(Act::Typing);
                }
                on:keydown=on_key
            ></textarea>
            <button class="w__send" type="submit" aria-label="Send" disabled=flag(nothing)>
                {icon("send", "ico")}
            </button>
        </form>
    }
}
