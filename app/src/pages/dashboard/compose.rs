//! The box to write in. Enter sends, Shift and Enter begins a new line.

use super::parts::Parts;
use crate::{api, components::Icon, contexts::desk::use_desk};
use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

/// Writes to the visitor of the conversation.
#[component]
pub(crate) fn Compose(parts: Parts, name: Memo<String>) -> impl IntoView {
    let desk = use_desk();
    let (session, joined) = (parts.session, parts.joined);
    let draft = Memo::new(move |_| desk.drafts.read().get(&session).cloned().unwrap_or_default());
    let send = move || {
        let (text, Some(joined)) = (draft.get_untracked(), joined.get_untracked()) else { return };
        if text.trim().is_empty() {
            return;
        }
        desk.drafts.update(|drafts| drop(drafts.remove(&session)));
        let saying = joined.room.say(text.clone());
        spawn_local(async move {
            if let Err(refusal) = saying.await {
                // What was typed is never lost: it goes back before what was typed since.
                desk.drafts.try_update(|drafts| {
                    let draft = drafts.entry(session).or_default();
                    *draft = if draft.is_empty() { text } else { format!("{text}\n{draft}") };
                });
                desk.trouble.try_set(Some(api::words(&refusal)));
            }
        });
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let written = move |event| {
        let text = event_target_value(&event);
        if let (false, Some(joined)) = (text.is_empty(), joined.get_untracked()) {
            joined.room.type_now();
        }
        desk.drafts.update(|drafts| drop(drafts.insert(session, text)));
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
                aria-label="Message"
                dir="auto"
                rows="2"
                maxlength="8000"
                placeholder=move || format!("Write to {}", name.get())
                prop:value=draft
                on:keydown=keys
                on:input=written
            ></textarea>
            <div class="conv__tools">
                <span class="grow"></span>
                <button
                    class="btn btn--primary btn--sm"
                    disabled=move || draft.read().trim().is_empty() || joined.read().is_none()
                >"Send"<Icon name="send" class="ico--sm"/></button>
            </div>
        </form>
    }
}
