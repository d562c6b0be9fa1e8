//! The conversation as one list: what the server kept, what has happened since, and the calls.

use crate::call::record::CallRecord;
use serde::{Deserialize, Serialize};
use tincan_signaling::{Entry, Event, EventId, Sub, Timestamp, event::Role};

/// One thing in a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Item {
    Message(Message),
    Call(CallRecord),
}

/// A line of text somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    pub(crate) from: Sub,
    pub(crate) name: String,
    pub(crate) by_visitor: bool,
    pub(crate) text: String,
}

impl Item {
    /// Its place in the conversation.
    pub(crate) const fn at(&self) -> Timestamp {
        match self {
            Self::Message(message) => message.at,
            Self::Call(record) => record.at,
        }
    }

    /// What tells it from all others, also when it is drawn again.
    pub(crate) fn key(&self) -> uuid::Uuid {
        match self {
            Self::Message(message) => message.id.0,
            Self::Call(record) => record.id.0,
        }
    }

    /// The message, when it is one.
    pub(crate) const fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Call(_) => None,
        }
    }
}

/// Joins history and what this page has seen itself; what stands in both stands here once.
pub(crate) fn merge(history: &[Item], live: &[Entry], ended: &[CallRecord]) -> Vec<Item> {
    let fresh = live.iter().filter_map(message_of).map(Item::Message);
    let calls = ended.iter().cloned().map(Item::Call);
    let mut items: Vec<Item> = history.to_vec();
    for item in fresh.chain(calls) {
        if !items.iter().any(|known| known.key() == item.key()) {
            items.push(item);
        }
    }
    items.sort_by_key(Item::at);
    items
}

fn message_of(entry: &Entry) -> Option<Message> {
    let Event::Message { id, text } = &entry.event else { return None };
    Some(Message {
        id: *id,
        at: entry.at,
        from: entry.from.sub,
        name: entry.from.name.clone(),
        by_visitor: entry.from.role == Role::Visitor,
        text: text.clone(),
    })
}

/// The last of the visitor's messages, for saying that it was read.
pub(crate) fn last_of_visitor(items: &[Item]) -> Option<EventId> {
    items.iter().rev().filter_map(Item::message).find(|message| message.by_visitor).map(|message| message.id)
}

/// The last of our messages that the visitor has read, as far as this page heard of it.
pub(crate) fn last_read(items: &[Item], live: &[Entry]) -> Option<EventId> {
    let up_to = live.iter().rev().find_map(|entry| match entry.event {
        Event::Read { up_to } if entry.from.role == Role::Visitor => Some(up_to),
        _ => None,
    })?;
    let read = items.iter().position(|item| item.key() == up_to.0)?;
    let mut until = items[..=read].iter().rev().filter_map(Item::message);
    until.find(|message| !message.by_visitor).map(|message| message.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::event::Sender;
    use uuid::Uuid;

    fn id(number: u128) -> EventId {
        EventId(Uuid::from_u128(number))
    }

    fn said(number: u128, at: u64, role: Role) -> Entry {
        let from = Sender { sub: Sub(Uuid::from_u128(9)), role, name: "Somebody".into(), leg: None };
        let event = Event::Message { id: id(number), text: number.to_string() };
        Entry { id: id(number), seq: 1, prev: 0, at: Timestamp(at), from, event }
    }

    #[test]
    fn history_and_live_overlap_and_stay_in_order() {
        let all = [said(1, 10, Role::Visitor), said(2, 30, Role::Agent), said(3, 20, Role::Visitor)];
        let history = merge(&[], &all[..2], &[]);
        let merged = merge(&history, &all, &[]);
        let keys: Vec<u128> = merged.iter().map(|item| item.key().as_u128()).collect();
        assert_eq!(keys, [1, 3, 2]);
        assert_eq!(last_of_visitor(&merged), Some(id(3)));
    }

    #[test]
    fn read_reaches_back_to_the_last_own_message() {
        let mut live = vec![said(1, 10, Role::Agent), said(2, 20, Role::Visitor), said(3, 30, Role::Agent)];
        let items = merge(&[], &live, &[]);
        assert_eq!(last_read(&items, &live), None);
        live.push(Entry { event: Event::Read { up_to: id(2) }, ..said(4, 40, Role::Visitor) });
        assert_eq!(last_read(&items, &live), Some(id(1)));
    }
}
