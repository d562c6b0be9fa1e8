//! One conversation: first what the server keeps of it, then what happens.

use super::{sessions::Session, thread::Thread};
use crate::{
    api::{self, read_conversation},
    contexts::desk::{Desk, use_desk},
};
use leptos::prelude::*;
use tincan_signaling::{SessionId, lobby::SessionUpdate};

/// The conversation of one session.
#[component]
pub(crate) fn Conversation(session: SessionId) -> impl IntoView {
    let first = Resource::new(move || session, |session| read_conversation(session, None));
    let desk = use_desk();
    view! {
        <Suspense fallback=|| view! { <p class="list__note">"Loading the conversation"</p> }>
            {move || Suspend::new(async move {
                let words = match first.await {
                    Ok(Some(first)) => return view! { <Thread first/> }.into_any(),
                    Ok(None) => match begins_now(desk, session) {
                        Some(first) => return view! { <Thread first/> }.into_any(),
                        None => "There is no such chat.".into(),
                    },
                    Err(error) => error.words(),
                };
                view! {
                    <div class="empty empty--page">
                        <h1>"This chat cannot be shown"</h1>
                        <p>{words}</p>
                        <div class="row"><a class="btn" href="/dashboard">"All chats"</a></div>
                    </div>
                }.into_any()
            })}
        </Suspense>
    }
}

/// A conversation that the lobby knows already and the database not yet: it begins in this moment.
fn begins_now(desk: Desk, session: SessionId) -> Option<api::Conversation> {
    let updates = desk.live.get_untracked()?.sessions.get_untracked();
    let update = updates.into_iter().find(|update| update.session_id == session)?;
    let session = Session { update, unread: 0 };
    Some(api::Conversation { session, items: Vec::new(), more: false })
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
