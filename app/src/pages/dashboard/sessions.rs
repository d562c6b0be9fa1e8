//! The list of chat sessions as a value: what is known of each, and in which group it stands.

use serde::{Deserialize, Serialize};
use std::{collections::HashMap, time::Duration};
use tincan_signaling::{
    CallState, SessionId, Sub, Timestamp,
    lobby::{LastCall, SessionUpdate},
};

/// One chat session in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) update: SessionUpdate,
    /// Messages of the visitor that nobody here has read.
    pub(crate) unread: u32,
}

/// Where a session stands in the list, in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// The visitor wrote last, calls, or called in vain.
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

    /// When something happened last.
    pub(crate) fn at(&self) -> Timestamp {
        let called = self.update.last_call.as_ref().map_or(Timestamp(0), |call| call.ended_at);
        self.update.last_at.max(called)
    }

    /// The group for an agent.
    pub(crate) fn group(&self, me: Sub) -> Group {
        let update = &self.update;
        let of_agent = |agent: Option<Sub>| if agent == Some(me) { Group::Yours } else { Group::Team };
        match update.call {
            Some(CallState::Ringing) if update.call_by.is_none() => return Group::Waiting,
            Some(
                CallState::Ringing
                | CallState::Connecting
                | CallState::Active
                | CallState::Held
                | CallState::Reconnecting,
            ) => return of_agent(update.call_by),
            Some(CallState::Idle | CallState::Ended) | None => {}
        }
        match &update.last_call {
            _ if !update.open => Group::Closed,
            Some(LastCall { agent: None, .. }) => Group::Waiting,
            Some(call) => of_agent(call.agent),
            None if update.last_from_visitor => Group::Waiting,
            None => of_agent(update.last_by),
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
) -> Vec<Session> {
    let mut sessions: Vec<Session> = listed.to_vec();
    for update in updates {
        match sessions.iter_mut().find(|known| known.update.session_id == update.session_id) {
            Some(known) => known.take(update),
            // Who has only opened the chat is no conversation yet.
            None if !update.begun => {}
            None => {
                let unread = u32::from(update.last_from_visitor && update.last_text.is_some());
                sessions.push(Session { update: update.clone(), unread });
            }
        }
    }
    for session in &mut sessions {
        let seen_at = seen.get(&session.update.session_id);
        if seen_at.is_some_and(|at| *at >= session.update.last_at) {
            session.unread = 0;
        }
    }
    sessions.sort_by_key(|session| std::cmp::Reverse(session.at()));
    sessions
}

impl Session {
    fn take(&mut self, update: &SessionUpdate) {
        if update.last_at < self.update.last_at {
            // The list was read after this update, which still knows better who is there.
            self.update.online = update.online;
            self.update.call = update.call;
            self.update.call_with.clone_from(&update.call_with);
            self.update.call_by = update.call_by;
            self.update.last_call = later(self.update.last_call.take(), update.last_call.as_ref());
            return;
        }
        if update.last_text.is_none() {
            // A room that was opened anew remembers no text, the list does.
            let known = &mut self.update;
            let (last_text, last_by) = (known.last_text.take(), known.last_by);
            let (last_from_visitor, last_at) = (known.last_from_visitor, known.last_at);
            let page_url = update.page_url.clone().or_else(|| known.page_url.take());
            let last_call = later(known.last_call.take(), update.last_call.as_ref());
            self.update = SessionUpdate {
                last_text,
                last_by,
                last_from_visitor,
                last_at,
                page_url,
                last_call,
                ..update.clone()
            };
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

/// The one that ended later.
fn later(known: Option<LastCall>, told: Option<&LastCall>) -> Option<LastCall> {
    let told = told.filter(|told| known.as_ref().is_none_or(|known| known.ended_at <= told.ended_at));
    told.cloned().or(known)
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

    const ME: Sub = Sub(Uuid::from_u128(8));

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
            call_by: None,
            last_call: None,
        }
    }

    fn session(update: SessionUpdate) -> Session {
        Session { update, unread: 0 }
    }

    fn called(at: u64, agent: Option<Sub>) -> LastCall {
        LastCall {
            call_id: CallId(Uuid::from_u128(u128::from(at))),
            requested_at: Timestamp(at - 1),
            ended_at: Timestamp(at),
            by_staff: false,
            agent,
            answered_name: None,
            reason: if agent.is_some() { EndReason::Completed } else { EndReason::NoAnswer },
            detail: None,
            talked_ms: None,
        }
    }

    #[test]
    fn groups_follow_who_wrote_last_and_who_calls() {
        let mut row = session(update(1, 1));
        assert_eq!(row.group(ME), Group::Waiting);
        row.update.last_from_visitor = false;
        assert_eq!(row.group(ME), Group::Team);
        row.update.last_by = Some(ME);
        assert_eq!(row.group(ME), Group::Yours);
        row.update.call = Some(CallState::Active);
        row.update.call_by = Some(Sub(Uuid::from_u128(9)));
        assert_eq!(row.group(ME), Group::Team);
        row.update.call = Some(CallState::Ringing);
        assert_eq!(row.group(ME), Group::Team);
        row.update.call_by = None;
        assert_eq!(row.group(ME), Group::Waiting);
        row.update.call = None;
        row.update.open = false;
        assert_eq!(row.group(ME), Group::Closed);
    }

    #[test]
    fn whoever_called_in_vain_waits_and_whoever_was_answered_does_not() {
        let mut row = session(update(1, 1));
        for (agent, group) in
            [(Some(ME), Group::Yours), (Some(Sub(Uuid::from_u128(9))), Group::Team), (None, Group::Waiting)]
        {
            row.update.last_call = Some(called(2, agent));
            assert_eq!(row.group(ME), group);
            assert_eq!(row.at(), Timestamp(2));
        }
    }

    #[test]
    fn updates_win_over_the_list_and_count_as_unread() {
        let listed = [session(update(1, 10)), session(update(2, 20))];
        let updates = [update(1, 30), update(3, 25)];
        let merged = merge(&listed, &updates, &HashMap::new());
        let rows: Vec<(u64, u32)> = merged.iter().map(|row| (row.update.last_at.0, row.unread)).collect();
        assert_eq!(rows, [(30, 1), (25, 1), (20, 0)]);
        let seen = HashMap::from([(listed[0].update.session_id, Timestamp(30))]);
        assert_eq!(merge(&listed, &updates, &seen)[0].unread, 0);
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
            merge(&[], &[update], &HashMap::new()).len()
        };
        assert_eq!((rows(false), rows(true)), (0, 1));
    }

    #[test]
    fn a_room_without_memory_takes_no_text_away() {
        let listed = [session(update(1, 10))];
        let anew = SessionUpdate { last_text: None, last_from_visitor: false, ..update(1, 50) };
        let merged = merge(&listed, &[anew], &HashMap::new());
        assert_eq!(merged[0].group(ME), Group::Waiting);
        assert_eq!((merged[0].update.last_at, merged[0].unread), (Timestamp(10), 0));
    }

    #[test]
    fn a_call_stands_until_something_new_is_written() {
        let listed = [session(SessionUpdate { last_call: Some(called(12, Some(ME))), ..update(1, 10) })];
        let merged = |told: SessionUpdate| merge(&listed, &[told], &HashMap::new()).remove(0);
        // The list was read after the call, this update is from before it.
        assert_eq!(merged(update(1, 9)).group(ME), Group::Yours);
        // A room that was opened anew, and one that saw another call.
        let anew = SessionUpdate { last_text: None, last_from_visitor: false, ..update(1, 50) };
        assert_eq!(merged(anew.clone()).group(ME), Group::Yours);
        let again = SessionUpdate { last_call: Some(called(40, None)), ..anew };
        assert_eq!(merged(again).group(ME), Group::Waiting);
        assert_eq!(merged(update(1, 20)).group(ME), Group::Waiting);
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
