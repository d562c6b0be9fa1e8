//! The box to write in. Enter sends, Shift and Enter begins a new line.

use super::parts::Joined;
use crate::{api, components::Icon, contexts::desk::use_desk};
use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};

/// Writes to the visitor of the conversation.
#[component]
pub(crate) fn Compose(joined: RwSignal<Option<Joined>>, name: Memo<String>) -> impl IntoView {
    let desk = use_desk();
    let area = NodeRef::<html::Textarea>::new();
    let empty = RwSignal::new(true);
    let send = move || {
        let (Some(area), Some(joined)) = (area.get_untracked(), joined.get_untracked()) else { return };
        let text = area.value();
        if text.trim().is_empty() {
            return;
        }
        area.set_value("");
        empty.set(true);
        let saying = joined.room.say(text);
        spawn_local(async move {
            if let Err(refusal) = saying.await {
                desk.trouble.set(Some(api::words(&refusal)));
            }
        });
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let written = move |_| {
        let text = area.get_untracked().map(|area| area.value()).unwrap_or_default();
        empty.set(text.trim().is_empty());
        if let (false, Some(joined)) = (text.is_empty(), joined.get_untracked()) {
            joined.room.type_now();
        }
    };
    view! {
        <form
            class="conv__write"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <textarea
                node_ref=area
                aria-label="Message"
                dir="auto"
                rows="2"
                maxlength="8000"
                placeholder=move || format!("Write to {}", name.get())
                on:keydown=keys
                on:input=written
            ></textarea>
            <div class="conv__tools">
                <span class="grow"></span>
                <button class="btn btn--primary btn--sm" disabled=move || empty.get() || joined.read().is_none()>
                    "Send"<Icon name="send" class="ico--sm"/>
                </button>
            </div>
        </form>
    }
}
