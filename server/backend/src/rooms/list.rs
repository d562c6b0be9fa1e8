//! The list of conversations, the one with the newest event first.

use super::history;
use crate::{
    Backend, Identity, Result, clock,
    error::{forbidden, not_found, refuse},
    storage::{
        calls::{self, CallRow},
        chat_sessions::{self, ChatSession as Row, Cursor},
        messages::{self, Message},
    },
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tincan_signaling::{Code, SessionId, Sub, Timestamp, event::Role, lobby::LastCall};
use uuid::Uuid;

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSessions {
    pub items: Vec<ChatSession>,
    /// For the next page; `None` when this is the last.
    pub next: Option<String>,
}

/// One conversation in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSession {
    pub session_id: SessionId,
    /// The visitor's display name.
    pub visitor: String,
    pub open: bool,
    /// Where the visitor was last, without query and fragment.
    pub page_url: Option<String>,
    pub last_text: Option<String>,
    pub last_from_visitor: bool,
    /// Who wrote the last text.
    pub last_by: Option<Sub>,
    pub last_at: Timestamp,
    /// The last call, when nothing was written since it ended.
    pub last_call: Option<LastCall>,
    /// Messages of the visitor that nobody of the staff has read or answered.
    pub unread: u32,
}

impl Backend {
    /// Conversations: to staff all of their tenant, to a visitor its own.
    pub async fn chat_sessions(
        &self,
        who: &Identity,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ChatSessions> {
        let Some(tenant) = who.tenant else { return forbidden() };
        let visitor = who.visitor().map(|visitor| visitor.0);
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let after = match cursor {
            None => None,
            Some(text) => match read_cursor(text) {
                Some(cursor) => Some(cursor),
                None => return refuse(Code::BadRequest, "This cursor is not one of ours."),
            },
        };
        let mut rows = chat_sessions::page(self.db(), tenant.0, visitor, after, limit as u64 + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(write_cursor);
        Ok(ChatSessions { items: self.with_texts(rows).await?, next })
    }

    /// One conversation as it stands in the list.
    pub async fn chat_session(&self, who: &Identity, session: SessionId) -> Result<ChatSession> {
        self.room_access(who, session).await?;
        let row = chat_sessions::find(self.db(), session.0).await?;
        match self.with_texts(row.into_iter().collect()).await?.pop() {
            Some(session) => Ok(session),
            None => not_found("chat session"),
        }
    }

    async fn with_texts(&self, rows: Vec<Row>) -> Result<Vec<ChatSession>> {
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.last_message_id).collect();
        let last = messages::find_many(self.db(), &ids).await?;
        let mut last_by_id: HashMap<Uuid, Message> = last.into_iter().map(|row| (row.id, row)).collect();
        let sessions: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let calls = calls::last_of(self.db(), &sessions).await?;
        let mut call_by_session: HashMap<Uuid, CallRow> =
            calls.into_iter().map(|call| (call.session_id, call)).collect();
        let view = |row: Row| {
            let last = row.last_message_id.and_then(|id| last_by_id.remove(&id));
            let call = call_by_session.remove(&row.id);
            let call = call.filter(|call| {
                last.as_ref().is_none_or(|last| call.ended_at.is_some_and(|ended| last.created_at <= ended))
            });
            Ok(ChatSession {
                session_id: SessionId(row.id),
                visitor: row.visitor_name,
                open: row.closed_at.is_none(),
                page_url: row.page_url,
                last_from_visitor: last
                    .as_ref()
                    .is_some_and(|last| last.author_role == Role::Visitor.as_str()),
                last_by: last.as_ref().map(|last| Sub(last.author)),
                last_text: last.map(|last| last.body),
                last_at: clock::to_wire(row.last_at),
                last_call: call.map(history::last_call).transpose()?.flatten(),
                unread: row.unread.try_into().unwrap_or(0),
            })
        };
        rows.into_iter().map(view).collect()
    }
}

fn write_cursor(row: &Row) -> String {
    format!("{}.{}", clock::to_us(row.last_at), row.id)
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let (last_us, id) = text.split_once('.')?;
    Some(Cursor { last_at: clock::to_utc_us(last_us.parse().ok()?), id: id.parse().ok()? })
}

const MAX_PAGE: u32 = 100;
