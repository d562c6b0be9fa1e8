//! Conversations: who may be in them, and when they open and close.

mod history;
mod list;
mod messages;

pub use history::{Author, History, Part, TimelineItem};
pub use list::{ChatSession, ChatSessions};
pub(crate) use messages::MessageWriter;
pub use messages::{NewMessage, Stored};

use crate::{
    Backend, Change, Identity, Result,
    error::{forbidden, not_found},
    storage::{
        StorageError, Tx,
        chat_sessions::{self, ChatSession as Row},
        messages as message_rows,
        read_marks::{self, ReadMark},
        visitor_resumes, visitors,
    },
    widget::RESUME_TTL,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use time::OffsetDateTime;
use tincan_signaling::{EventId, SessionId, TenantId, event::Role, id::VisitorId};

/// A room, as whoever may enter it needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    pub tenant: TenantId,
    pub session: SessionId,
    pub visitor: VisitorId,
    pub visitor_name: String,
    /// Whether the conversation is open. A message or a call opens it again.
    pub open: bool,
    /// Whether there is a row: not before the first message or call.
    pub stored: bool,
}

impl Backend {
    /// The room of a chat session, for its visitor and for the staff of its tenant.
    pub async fn room_access(&self, who: &Identity, session: SessionId) -> Result<RoomInfo> {
        let Some(tenant) = who.tenant else { return forbidden() };
        if who.role == Role::Visitor && who.session != Some(session) {
            return forbidden();
        }
        let Some(row) = chat_sessions::find(self.db(), session.0).await? else {
            return unstored_room(who, tenant, session);
        };
        let theirs = who.is_staff_of(TenantId(row.tenant_id))
            || (who.visitor() == Some(VisitorId(row.visitor_id)) && tenant.0 == row.tenant_id);
        if theirs { Ok(room_of(row)) } else { forbidden() }
    }

    /// A first call, or a sign of life with a call: writes the rows of visitor and conversation when
    /// they are not there yet, opens the conversation, and notes where the visitor is.
    pub async fn touch_session(&self, room: &RoomInfo, page_url: Option<&str>) -> Result<()> {
        let now = self.inner.clock.utc();
        let page_url = page_url.and_then(without_query);
        let mut tx = self.begin().await?;
        ensure_stored(&mut tx, room, now).await?;
        chat_sessions::touch(&mut tx, room.session.0, page_url.as_deref(), now).await?;
        Ok(tx.commit().await?)
    }

    /// Closes a conversation; its staff may. Closing a closed one is fine.
    pub async fn close_session(&self, by: &Identity, session: SessionId) -> Result<()> {
        let room = self.room_access(by, session).await?;
        if !by.role.is_staff() {
            return forbidden();
        }
        let mut tx = self.begin().await?;
        let closed = chat_sessions::close(&mut tx, session.0, None, self.inner.clock.utc()).await?;
        tx.commit().await?;
        if closed {
            self.announce(Change::SessionClosed { tenant: room.tenant, session });
        }
        Ok(())
    }

    /// Somebody has read everything up to a message. Marks never go back.
    pub async fn mark_read(&self, who: &Identity, session: SessionId, up_to: EventId) -> Result<()> {
        self.room_access(who, session).await?;
        let mut tx = self.begin().await?;
        let found = message_rows::find_in(&mut tx, &[up_to.0]).await?;
        let Some(message) = found.into_iter().find(|message| message.session_id == session.0) else {
            return not_found("message");
        };
        let mark = ReadMark {
            session_id: session.0,
            sub: who.sub.0,
            is_staff: who.role.is_staff(),
            up_to: up_to.0,
            read_to: message.created_at,
        };
        if read_marks::advance(&mut tx, mark).await? && mark.is_staff {
            chat_sessions::set_read(&mut tx, session.0, mark.read_to).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Closes conversations in which nothing happened for a day and no call goes on.
    pub(crate) async fn close_idle(&self) -> Result<()> {
        let now = self.inner.clock.utc();
        let cutoff = now - IDLE;
        for row in chat_sessions::idle(self.db(), cutoff, CLOSE_AT_ONCE).await? {
            let mut tx = self.begin().await?;
            let closed = chat_sessions::close(&mut tx, row.id, Some(cutoff), now).await?;
            tx.commit().await?;
            if closed {
                let (tenant, session) = (TenantId(row.tenant_id), SessionId(row.id));
                self.announce(Change::SessionClosed { tenant, session });
            }
        }
        Ok(())
    }
}

pub(crate) fn room_of(row: Row) -> RoomInfo {
    RoomInfo {
        tenant: TenantId(row.tenant_id),
        session: SessionId(row.id),
        visitor: VisitorId(row.visitor_id),
        visitor_name: row.visitor_name,
        open: row.closed_at.is_none(),
        stored: true,
    }
}

/// Before the first message or call only the visitor knows the room.
fn unstored_room(who: &Identity, tenant: TenantId, session: SessionId) -> Result<RoomInfo> {
    let Some(visitor) = who.visitor() else { return not_found("chat session") };
    Ok(RoomInfo { tenant, session, visitor, visitor_name: who.name.clone(), open: true, stored: false })
}

/// Writes the rows of visitor and conversation when they are not there yet.
pub(crate) async fn ensure_stored(
    tx: &mut Tx,
    room: &RoomInfo,
    now: OffsetDateTime,
) -> std::result::Result<(), StorageError> {
    if room.stored {
        return Ok(());
    }
    visitors::ensure(tx, room.visitor.0, room.tenant.0, &room.visitor_name, now).await?;
    if chat_sessions::ensure(tx, room.session.0, room.tenant.0, room.visitor.0, now).await? {
        visitor_resumes::extend(tx, room.session.0, now + RESUME_TTL).await?;
    }
    Ok(())
}

/// A page's address without what may be personal in it: no query, no fragment, no user.
fn without_query(page_url: &str) -> Option<String> {
    let mut url = url::Url::parse(page_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let text = String::from(url);
    (text.len() <= MAX_PAGE_URL).then_some(text)
}

/// After how long without an event a conversation is closed.
const IDLE: Duration = Duration::from_hours(24);
const CLOSE_AT_ONCE: u64 = 200;
const MAX_PAGE_URL: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_addresses_lose_what_may_be_personal() {
        assert_eq!(
            without_query("https://me:secret@shop.example/pans?mail=me@x.example#me").as_deref(),
            Some("https://shop.example/pans")
        );
        assert_eq!(without_query("javascript:alert(1)"), None);
        assert_eq!(without_query(&format!("https://x.example/{}", "a".repeat(3000))), None);
    }
}
