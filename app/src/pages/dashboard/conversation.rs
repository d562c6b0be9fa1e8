//! One conversation: first what the server keeps of it, then what happens.

use super::{sessions::Session, thread::Thread};
use crate::{api::read_conversation, contexts::desk::use_desk};
use leptos::prelude::*;
use tincan_signaling::{SessionId, lobby::SessionUpdate};

/// The conversation of one session.
#[component]
pub(crate) fn Conversation(session: SessionId) -> impl IntoView {
    let first = Resource::new(move || session, |session| read_conversation(session, None));
    view! {
        <Suspense fallback=|| view! { <p class="list__note">"Loading the conversation"</p> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(first) => view! { <Thread first/> }.into_any(),
                    Err(error) => view! {
                        <div class="empty empty--page">
                            <h1>"This chat cannot be shown"</h1>
                            <p>{error.words()}</p>
                            <div class="row"><a class="btn" href="/dashboard">"All chats"</a></div>
                        </div>
                    }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// What is known of a session now: what was read, with the newest update over it.
pub(super) fn newest(read: &Session) -> Memo<(SessionUpdate, Option<bool>)> {
    let desk = use_desk();
    let read = read.update.clone();
    Memo::new(move |_| {
        let live = desk.live.get();
        let updates = live.as_ref().map(|live| live.sessions.get()).unwrap_or_default();
        // The lobby tells a newcomer of everybody who is there: whoever it did not name is not.
        let told = live.is_some_and(|live| live.joined.get());
        match updates.into_iter().find(|update| update.session_id == read.session_id) {
            Some(update) => {
                let page_url = update.page_url.clone().or_else(|| read.page_url.clone());
                let online = Some(update.online);
                (SessionUpdate { page_url, ..update }, online)
            }
            None => (read.clone(), told.then_some(false)),
        }
    })
}
