//! What happened in a conversation: messages and call records, in order, page by page.

use crate::{
    Backend, Identity, Result, clock,
    error::not_found,
    storage::{
        StorageError,
        calls::{self, CallRow},
        messages::{self, Message, Place, Window},
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tincan_signaling::{
    CallId, Disposition, EndReason, EventId, SessionId, Sub, Timestamp, event::Role, lobby::LastCall,
};
use uuid::Uuid;

/// Which part of a conversation; the ids are those of messages or calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Latest,
    Before(Uuid),
    After(Uuid),
}

/// A page of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The oldest first.
    pub items: Vec<TimelineItem>,
    /// Whether there is more in the direction that was asked for.
    pub more: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimelineItem {
    Message {
        id: EventId,
        from: Author,
        text: String,
        at: Timestamp,
    },
    /// The record of a call, at the moment it was asked for.
    Call {
        id: CallId,
        at: Timestamp,
        caller: Author,
        answered_by: Option<Sub>,
        answered_name: Option<String>,
        accepted_at: Option<Timestamp>,
        /// `None` while it goes on.
        ended_at: Option<Timestamp>,
        reason: Option<EndReason>,
        disposition: Option<Disposition>,
        /// From the first sound to the end; `None` when there was none.
        talked_ms: Option<u64>,
    },
}

/// Who said or asked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub sub: Sub,
    pub role: Role,
    pub name: String,
}

impl Backend {
    /// Part of a conversation, for its visitor and for the staff of its tenant.
    pub async fn messages(
        &self,
        who: &Identity,
        session: SessionId,
        part: Part,
        limit: u32,
    ) -> Result<History> {
        if !self.room_access(who, session).await?.stored {
            return Ok(History { items: Vec::new(), more: false });
        }
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let window = self.window(session, part).await?;
        let fetched = limit as u64 + 1;
        let mut items = Vec::new();
        for row in messages::page(self.db(), session.0, window, fetched).await? {
            items.push(((row.created_at, row.id), message(row)?));
        }
        for row in calls::page(self.db(), session.0, window, fetched).await? {
            items.push(((row.requested_at, row.id), call(row)?));
        }
        items.sort_by_key(|(place, _)| *place);
        let more = items.len() > limit;
        let items: Vec<TimelineItem> = items.into_iter().map(|(_, item)| item).collect();
        let items = match window {
            Window::After(_) => items.into_iter().take(limit).collect(),
            Window::Latest | Window::Before(_) => items[items.len().saturating_sub(limit)..].to_vec(),
        };
        Ok(History { items, more })
    }

    async fn window(&self, session: SessionId, part: Part) -> Result<Window> {
        let (id, wrap): (Uuid, fn(Place) -> Window) = match part {
            Part::Latest => return Ok(Window::Latest),
            Part::Before(id) => (id, Window::Before),
            Part::After(id) => (id, Window::After),
        };
        match self.time_of(session, id).await? {
            Some(at) => Ok(wrap(Place { at, id })),
            None => not_found("message or call"),
        }
    }

    async fn time_of(&self, session: SessionId, id: Uuid) -> Result<Option<OffsetDateTime>> {
        let message = messages::find_many(self.db(), &[id]).await?.pop();
        if let Some(message) = message.filter(|message| message.session_id == session.0) {
            return Ok(Some(message.created_at));
        }
        let call = calls::find(self.db(), id).await?.filter(|call| call.session_id == session.0);
        Ok(call.map(|call| call.requested_at))
    }
}

fn message(row: Message) -> Result<TimelineItem> {
    let role = role("messages", row.id, "author_role", &row.author_role)?;
    Ok(TimelineItem::Message {
        id: EventId(row.id),
        from: Author { sub: Sub(row.author), role, name: row.author_name },
        text: row.body,
        at: clock::to_wire(row.created_at),
    })
}

fn call(row: CallRow) -> Result<TimelineItem> {
    let role = role("calls", row.id, "caller_role", &row.caller_role)?;
    let (reason, talked_ms) = (reason(&row)?, talked_ms(&row));
    Ok(TimelineItem::Call {
        id: CallId(row.id),
        at: clock::to_wire(row.requested_at),
        caller: Author { sub: Sub(row.caller), role, name: row.caller_name },
        answered_by: row.answered_by.map(Sub),
        answered_name: row.answered_name,
        accepted_at: row.accepted_at.map(clock::to_wire),
        ended_at: row.ended_at.map(clock::to_wire),
        disposition: reason.map(|reason| Disposition::of(row.accepted_at.is_some(), reason)),
        reason,
        talked_ms,
    })
}

/// A call that is over, as the list shows it; nothing while it goes on.
pub(super) fn last_call(row: CallRow) -> Result<Option<LastCall>> {
    let by_staff = role("calls", row.id, "caller_role", &row.caller_role)?.is_staff();
    let Some((ended_at, reason)) = row.ended_at.zip(reason(&row)?) else { return Ok(None) };
    Ok(Some(LastCall {
        call_id: CallId(row.id),
        requested_at: clock::to_wire(row.requested_at),
        ended_at: clock::to_wire(ended_at),
        by_staff,
        agent: if by_staff { Some(Sub(row.caller)) } else { row.answered_by.map(Sub) },
        talked_ms: talked_ms(&row),
        answered_name: row.answered_name,
        reason,
        detail: None,
    }))
}

fn reason(row: &CallRow) -> Result<Option<EndReason>> {
    let Some(text) = &row.reason else { return Ok(None) };
    let known = EndReason::ALL.into_iter().find(|reason| reason.as_str() == text);
    let unknown = || StorageError::Inconsistent { table: "calls", id: row.id.to_string(), column: "reason" };
    Ok(Some(known.ok_or_else(unknown)?))
}

fn talked_ms(row: &CallRow) -> Option<u64> {
    let talked = row.ended_at? - row.media_up_at?;
    Some(talked.whole_milliseconds().try_into().unwrap_or(0))
}

fn role(table: &'static str, id: Uuid, column: &'static str, text: &str) -> Result<Role> {
    let role = ROLES.into_iter().find(|role| role.as_str() == text);
    Ok(role.ok_or_else(|| StorageError::Inconsistent { table, id: id.to_string(), column })?)
}

/// Whoever may speak in a room.
const ROLES: [Role; 6] =
    [Role::Visitor, Role::Agent, Role::Manager, Role::Admin, Role::Gateway, Role::System];
const MAX_PAGE: u32 = 200;
