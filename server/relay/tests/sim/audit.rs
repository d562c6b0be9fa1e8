//! What must stand in the database when everything is over: every message that was promised, none
//! twice, and one whole record a call.

use super::truth::{Truth, reason};
use std::collections::{BTreeMap, BTreeSet};
use tincan_backend::{
    Backend, Identity,
    rooms::{Part, TimelineItem},
};
use tincan_signaling::{
    Call, Code, EndReason, TenantId,
    event::Role,
    id::{CallId, ClientSessionId, EventId, SessionId, Sub, Timestamp},
};

pub(super) struct Audit<'a> {
    pub(super) truth: &'a Truth,
    pub(super) rooms: &'a [SessionId],
    pub(super) tenant: TenantId,
    /// A process ended in an orderly way: what rang was ended by the next.
    pub(super) restarted: bool,
    /// A process died without writing what was waiting.
    pub(super) killed: bool,
}

#[derive(Default)]
struct History {
    messages: BTreeSet<(SessionId, EventId)>,
    records: BTreeMap<CallId, Record>,
}

struct Record {
    ended_at: Option<Timestamp>,
    reason: Option<EndReason>,
}

impl Audit<'_> {
    pub(super) async fn run(&self, backend: &Backend) {
        let mut history = History::default();
        for room in self.rooms {
            self.read(backend, *room, &mut history).await;
        }
        let History { messages, records } = history;
        let lost: Vec<(SessionId, EventId)> =
            self.truth.lock().acked.difference(&messages).copied().collect();
        assert!(lost.is_empty(), "promised and lost: {lost:?}");
        assert!(self.truth.messages().is_subset(&messages), "relayed and not stored");
        let calls = self.truth.calls();
        for (id, call) in &calls {
            assert!(call.accepts.len() <= 1, "a call was answered twice: {:?}", call.accepts);
            let won = self.truth.lock().winners.get(id).map_or(0, BTreeSet::len);
            assert!(won <= 1, "two were told that they answered {id}");
            match records.get(id) {
                None => assert!(self.killed, "no record of {id}: {:?}", call.last),
                Some(record) => self.check(*id, &call.last, record),
            }
        }
    }

    fn check(&self, id: CallId, last: &Call, record: &Record) {
        assert!(record.ended_at.is_some(), "the record of {id} has no end: {last:?}");
        let ended = reason(last);
        let gone = last.is_live() && self.restarted && record.reason == Some(EndReason::ServerGone);
        let same = ended == record.reason || gone || self.killed;
        assert!(same, "the record of {id} says {:?}, the log {ended:?}", record.reason);
    }

    /// Reads a whole conversation, page by page.
    async fn read(&self, backend: &Backend, room: SessionId, history: &mut History) {
        let who = self.auditor();
        let mut part = Part::Latest;
        loop {
            let page = match backend.messages(&who, room, part, 200).await {
                // Nothing was ever said or called there.
                Err(refused) if refused.code() == Code::NotFound => return,
                page => page.expect("the history can be read"),
            };
            let mut first = None;
            for item in page.items {
                let id = match item {
                    TimelineItem::Message { id, .. } => {
                        assert!(history.messages.insert((room, id)), "a message stands twice in the history");
                        id.0
                    }
                    TimelineItem::Call { id, ended_at, reason, .. } => {
                        let before = history.records.insert(id, Record { ended_at, reason });
                        assert!(before.is_none(), "a call has two records");
                        id.0
                    }
                };
                first.get_or_insert(id);
            }
            match first {
                Some(first) if page.more => part = Part::Before(first),
                Some(_) | None => return,
            }
        }
    }

    fn auditor(&self) -> Identity {
        Identity {
            sub: Sub(uuid::Uuid::nil()),
            sid: ClientSessionId(uuid::Uuid::nil()),
            role: Role::Agent,
            tenant: Some(self.tenant),
            session: None,
            name: "Auditor".to_owned(),
            exp: Timestamp(u64::MAX),
        }
    }
}
