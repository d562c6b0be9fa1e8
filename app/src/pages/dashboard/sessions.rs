//! The list of chat sessions as a value: what is known of each, and in which group it stands.

use crate::call::record::CallRecord;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, time::Duration};
use tincan_signaling::{CallState, SessionId, Sub, Timestamp, lobby::SessionUpdate};

/// One chat session in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) update: SessionUpdate,
    /// Messages of the visitor that nobody here has read.
    pub(crate) unread: u32,
    /// The own call that ended since anything was written.
    #[serde(default)]
    pub(crate) talk: Option<CallRecord>,
}

/// The own call that ended last in a session, and the last text there was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Talk {
    pub(crate) record: CallRecord,
    pub(crate) last_text: Option<String>,
}

/// Where a session stands in the list, in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// The visitor wrote last, or calls.
    Waiting,
    Yours,
    Team,
    Closed,
}

impl Group {
    /// The group's heading.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Yours => "Yours",
            Self::Team => "Team",
            Self::Closed => "Closed",
        }
    }
}

impl Session {
    /// The visitor's name, or what stands in for it.
    pub(crate) fn name(&self) -> String {
        named(&self.update.visitor)
    }

    /// The group for an agent.
    pub(crate) fn group(&self, me: Sub, my_name: &str) -> Group {
        let update = &self.update;
        match update.call {
            Some(CallState::Ringing) => return Group::Waiting,
            Some(CallState::Connecting | CallState::Active | CallState::Held | CallState::Reconnecting) => {
                let with_me = update.call_with.as_deref() == Some(my_name);
                return if with_me { Group::Yours } else { Group::Team };
            }
            Some(CallState::Idle | CallState::Ended) | None => {}
        }
        if !update.open {
            Group::Closed
        } else if self.talk.is_some() {
            Group::Yours
        } else if update.last_from_visitor {
            Group::Waiting
        } else if update.last_by == Some(me) {
            Group::Yours
        } else {
            Group::Team
        }
    }

    /// Whether this row answers to what was typed into the find box.
    pub(crate) fn matches(&self, needle: &str) -> bool {
        let needle = needle.trim().to_lowercase();
        let found = |text: &str| text.to_lowercase().contains(&needle);
        needle.is_empty()
            || found(&self.name())
            || self.update.last_text.as_deref().is_some_and(found)
            || self.update.page_url.as_deref().is_some_and(found)
    }
}

/// A visitor's name, or what stands in for it.
pub(crate) fn named(visitor: &str) -> String {
    if visitor.trim().is_empty() { crate::components::UNKNOWN.into() } else { visitor.to_owned() }
}

/// Puts live updates over what the server listed; sessions the list did not know come in front.
pub(crate) fn merge(
    listed: &[Session],
    updates: &[SessionUpdate],
    seen: &HashMap<SessionId, Timestamp>,
    talks: &HashMap<SessionId, Talk>,
) -> Vec<Session> {
    let mut sessions: Vec<Session> = listed.to_vec();
    for update in updates {
        match sessions.iter_mut().find(|known| known.update.session_id == update.session_id) {
            Some(known) => known.take(update),
            // Who has only opened the chat is no conversation yet.
            None if !update.begun => {}
            None => {
                let unread = u32::from(update.last_from_visitor && update.last_text.is_some());
                sessions.push(Session { update: update.clone(), unread, talk: None });
            }
        }
    }
    for session in &mut sessions {
        let talk = talks.get(&session.update.session_id);
        let talk = talk.filter(|talk| talk.last_text == session.update.last_text);
        session.talk = talk.map(|talk| talk.record.clone());
        let seen_at = seen.get(&session.update.session_id);
        if seen_at.is_some_and(|at| *at >= session.update.last_at) {
            session.unread = 0;
        }
    }
    sessions.sort_by_key(|session| std::cmp::Reverse(session.update.last_at));
    sessions
}

impl Session {
    fn take(&mut self, update: &SessionUpdate) {
        if update.last_at < self.update.last_at {
            // The list was read after this update, which still knows better who is there.
            self.update.online = update.online;
            self.update.call = update.call;
            self.update.call_with.clone_from(&update.call_with);
            return;
        }
        if update.last_text.is_none() {
            // A room that was opened anew remembers no text, the list does.
            let known = &self.update;
            let (last_text, last_by) = (known.last_text.clone(), known.last_by);
            let (last_from_visitor, last_at) = (known.last_from_visitor, known.last_at);
            let page_url = update.page_url.clone().or_else(|| known.page_url.clone());
            self.update =
                SessionUpdate { last_text, last_by, last_from_visitor, last_at, page_url, ..update.clone() };
            return;
        }
        let new_text = update.last_at > self.update.last_at && update.last_text != self.update.last_text;
        if new_text && update.last_from_visitor {
            self.unread += 1;
        } else if !update.last_from_visitor {
            self.unread = 0;
        }
        let page_url = update.page_url.clone().or_else(|| self.update.page_url.take());
        self.update = SessionUpdate { page_url, ..update.clone() };
    }
}

/// An address without what everybody knows: "shop.example/pans".
pub(crate) fn place(url: &str) -> String {
    let bare = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    bare.trim_end_matches('/').to_owned()
}

/// "now", "3 min", "2 h", "5 d": how long ago something was.
pub(crate) fn ago(passed: Duration) -> String {
    match passed.as_secs() / 60 {
        0 => "now".into(),
        minutes @ 1..60 => format!("{minutes} min"),
        minutes @ 60..1440 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::{CallId, EndReason};
    use uuid::Uuid;

    fn update(number: u128, at: u64) -> SessionUpdate {
        SessionUpdate {
            session_id: SessionId(Uuid::from_u128(number)),
            visitor: format!("Visitor {number}"),
            open: true,
            begun: true,
            online: true,
            page_url: None,
            last_text: Some(format!("text at {at}")),
            last_from_visitor: true,
            last_by: None,
            last_at: Timestamp(at),
            call: None,
            call_with: None,
        }
    }

    fn session(update: SessionUpdate) -> Session {
        Session { update, unread: 0, talk: None }
    }

    #[test]
    fn groups_follow_who_wrote_last_and_who_calls() {
        let me = Sub(Uuid::from_u128(8));
        let mut row = session(update(1, 1));
        assert_eq!(row.group(me, "Agent One"), Group::Waiting);
        row.update.last_from_visitor = false;
        assert_eq!(row.group(me, "Agent One"), Group::Team);
        row.update.last_by = Some(me);
        assert_eq!(row.group(me, "Agent One"), Group::Yours);
        row.update.call = Some(CallState::Active);
        row.update.call_with = Some("Agent Two".into());
        assert_eq!(row.group(me, "Agent One"), Group::Team);
        row.update.call = None;
        row.update.open = false;
        assert_eq!(row.group(me, "Agent One"), Group::Closed);
    }

    #[test]
    fn updates_win_over_the_list_and_count_as_unread() {
        let listed = [session(update(1, 10)), session(update(2, 20))];
        let updates = [update(1, 30), update(3, 25)];
        let merged = merge(&listed, &updates, &HashMap::new(), &HashMap::new());
        let rows: Vec<(u64, u32)> = merged.iter().map(|row| (row.update.last_at.0, row.unread)).collect();
        assert_eq!(rows, [(30, 1), (25, 1), (20, 0)]);
        let seen = HashMap::from([(listed[0].update.session_id, Timestamp(30))]);
        assert_eq!(merge(&listed, &updates, &seen, &HashMap::new())[0].unread, 0);
    }

    #[test]
    fn a_find_reads_names_texts_and_pages() {
        let mut row = session(update(4821, 7));
        row.update.page_url = Some("https://shop.example/pans".into());
        for found in ["", "4821", "TEXT AT", "pans"] {
            assert!(row.matches(found), "{found}");
        }
        assert!(!row.matches("kettle"));
    }

    #[test]
    fn whoever_only_opened_the_chat_is_no_conversation() {
        let silent = SessionUpdate { last_text: None, last_from_visitor: false, ..update(1, 50) };
        let rows = |begun| {
            let update = SessionUpdate { begun, ..silent.clone() };
            merge(&[], &[update], &HashMap::new(), &HashMap::new()).len()
        };
        assert_eq!((rows(false), rows(true)), (0, 1));
    }

    #[test]
    fn a_room_without_memory_takes_no_text_away() {
        let me = Sub(Uuid::from_u128(8));
        let listed = [session(update(1, 10))];
        let anew = SessionUpdate { last_text: None, last_from_visitor: false, ..update(1, 50) };
        let merged = merge(&listed, &[anew], &HashMap::new(), &HashMap::new());
        assert_eq!(merged[0].group(me, "Agent One"), Group::Waiting);
        assert_eq!((merged[0].update.last_at, merged[0].unread), (Timestamp(10), 0));
    }

    #[test]
    fn a_talk_stands_until_something_new_is_written() {
        let me = Sub(Uuid::from_u128(8));
        let listed = [session(update(1, 10))];
        let id = CallId(Uuid::from_u128(5));
        let record = CallRecord {
            id,
            at: Timestamp(11),
            by_staff: false,
            reason: EndReason::Completed,
            detail: None,
            answered_by: None,
            talked_ms: Some(12_000),
        };
        let last_text = listed[0].update.last_text.clone();
        let talks = HashMap::from([(listed[0].update.session_id, Talk { record, last_text })]);
        let after = merge(&listed, &[], &HashMap::new(), &talks);
        assert_eq!(after[0].group(me, "Agent One"), Group::Yours);
        let written = merge(&listed, &[update(1, 20)], &HashMap::new(), &talks);
        assert_eq!(written[0].group(me, "Agent One"), Group::Waiting);
    }

    #[test]
    fn places_are_short() {
        assert_eq!(place("https://shop.example/"), "shop.example");
        assert_eq!(place("http://localhost:3000/demo"), "localhost:3000/demo");
    }

    #[test]
    fn time_passed_is_short() {
        for (seconds, words) in [(5, "now"), (61, "1 min"), (7_300, "2 h"), (200_000, "2 d")] {
            assert_eq!(ago(Duration::from_secs(seconds)), words);
        }
    }
}
