//! Reading chat sessions and their conversations.

use super::ApiError;
#[cfg(feature = "ssr")]
use super::session::{Staff, refused, staff};
use crate::pages::dashboard::{sessions::Session, timeline::Item};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use tincan_signaling::{EventId, SessionId};

/// One session with what was said in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) session: Session,
    pub(crate) items: Vec<Item>,
    /// There is more before the first item.
    pub(crate) more: bool,
}

/// The newest chat sessions of the tenant.
#[server(prefix = "/sfn", endpoint = "sessions", input = GetUrl)]
pub(crate) async fn list_sessions() -> Result<Vec<Session>, ApiError> {
    let Staff { backend, identity, .. } = staff()?;
    let page = backend.chat_sessions(&identity, None, SESSIONS).await.map_err(refused)?;
    Ok(page.items.into_iter().map(Session::from).collect())
}

/// A session and the newest part of its conversation, or the part before an item. `None`: there is
/// no such session, or nothing was said in it yet.
#[server(prefix = "/sfn", endpoint = "conversation", input = GetUrl)]
pub(crate) async fn read_conversation(
    session: SessionId,
    before: Option<EventId>,
) -> Result<Option<Conversation>, ApiError> {
    use tincan_backend::rooms::Part;
    use tincan_signaling::Code;
    let Staff { backend, identity, .. } = staff()?;
    let part = before.map_or(Part::Latest, |id| Part::Before(id.0));
    let chat = match backend.chat_session(&identity, session).await {
        Ok(chat) => chat,
        Err(missing) if missing.code() == Code::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    let history = backend.messages(&identity, session, part, ITEMS).await.map_err(refused)?;
    let items = history.items.into_iter().filter_map(from_backend::item).collect();
    Ok(Some(Conversation { session: chat.into(), items, more: history.more }))
}

/// What the visitor wrote last in a session that rings. One that begins with the call has nothing,
/// and perhaps is not stored yet.
#[server(prefix = "/sfn", endpoint = "last-words", input = GetUrl)]
pub(crate) async fn last_words(session: SessionId) -> Result<Option<String>, ApiError> {
    use tincan_backend::rooms::{Part, TimelineItem};
    use tincan_signaling::{Code, event::Role};
    let Staff { backend, identity, .. } = staff()?;
    let items = match backend.messages(&identity, session, Part::Latest, ITEMS).await {
        Ok(history) => history.items,
        Err(missing) if missing.code() == Code::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    Ok(items.into_iter().rev().find_map(|item| match item {
        TimelineItem::Message { from, text, .. } if from.role == Role::Visitor => Some(text),
        _ => None,
    }))
}

/// The session of the call that a leg of mine is in, for a page that was reloaded.
#[server(prefix = "/sfn", endpoint = "my-call", input = GetUrl)]
pub(crate) async fn my_call() -> Result<Option<SessionId>, ApiError> {
    let Staff { backend, identity, .. } = staff()?;
    backend.live_call_of(&identity).await.map_err(refused)
}

#[cfg(feature = "ssr")]
const SESSIONS: u32 = 100;
#[cfg(feature = "ssr")]
const ITEMS: u32 = 100;

#[cfg(feature = "ssr")]
mod from_backend {
    use super::{Item, Session};
    use crate::{call::record::CallRecord, pages::dashboard::timeline::Message};
    use tincan_backend::rooms::{ChatSession, TimelineItem};
    use tincan_signaling::{event::Role, lobby::SessionUpdate};

    impl From<ChatSession> for Session {
        fn from(chat: ChatSession) -> Self {
            let update = SessionUpdate {
                session_id: chat.session_id,
                visitor: chat.visitor,
                open: chat.open,
                begun: true,
                online: false,
                page_url: chat.page_url,
                last_text: chat.last_text,
                last_from_visitor: chat.last_from_visitor,
                last_by: chat.last_by,
                last_at: chat.last_at,
                call: None,
                call_with: None,
                call_by: None,
                last_call: chat.last_call,
            };
            Self { update, unread: chat.unread }
        }
    }

    /// One item of the conversation; a call that is still going on is none yet.
    pub(super) fn item(item: TimelineItem) -> Option<Item> {
        match item {
            TimelineItem::Message { id, from, text, at } => {
                let by_visitor = from.role == Role::Visitor;
                Some(Item::Message(Message { id, at, from: from.sub, name: from.name, by_visitor, text }))
            }
            TimelineItem::Call { id, at, caller, answered_name, reason, talked_ms, .. } => {
                Some(Item::Call(CallRecord {
                    id,
                    at,
                    by_staff: caller.role != Role::Visitor,
                    reason: reason?,
                    detail: None,
                    answered_by: answered_name,
                    talked_ms,
                }))
            }
        }
    }
}
