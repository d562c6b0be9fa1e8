//! What was said, in order: history from HTTP and events from the room, each once.

use std::time::Duration;
use tincan_signaling::{
    CallId, EventId, Timestamp,
    call::Call,
    event::{Entry, Event, Role},
};

/// One line of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Text(Said),
    /// A call that is over; `talked` when sound ever flowed.
    Call {
        id: CallId,
        at: Timestamp,
        talked: Option<Duration>,
    },
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: EventId,
    pub(crate) mine: bool,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// The conversation as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    pub(crate) items: Vec<Item>,
    /// The last line of mine that somebody else has seen.
    pub(crate) read: Option<EventId>,
}

impl Timeline {
    /// Takes in an event of the room. True when it was a new line of somebody else.
    pub(crate) fn take(&mut self, entry: &Entry) -> bool {
        let mine = entry.from.role == Role::Visitor;
        match &entry.event {
            Event::Message { id, text } => {
                let line =
                    Said { id: *id, mine, name: entry.from.name.clone(), text: text.clone(), at: entry.at };
                self.put(line) && !mine
            }
            Event::Read { up_to } => {
                if !mine {
                    self.read = Some(*up_to);
                }
                false
            }
            Event::CallRequest { .. }
            | Event::CallAccept { .. }
            | Event::CallDecline { .. }
            | Event::CallCancel { .. }
            | Event::Hangup { .. }
            | Event::LegJoin { .. }
            | Event::LegState { .. }
            | Event::Media { .. }
            | Event::CallTransfer { .. }
            | Event::CallTimeout { .. }
            | Event::LegLost { .. }
            | Event::LegBack { .. }
            | Event::RungChanged { .. }
            | Event::CallEnd { .. } => false,
        }
    }

    /// Takes in what the room's call has come to: a call that is over is a line, once.
    pub(crate) fn take_call(&mut self, call: &Call) {
        let Call::Ended(ended) = call else { return };
        self.put_call(ended.head.id, ended.at, call.talked(ended.at));
    }

    /// A call that is over, from the room or from history.
    pub(crate) fn put_call(&mut self, id: CallId, at: Timestamp, talked: Option<Duration>) {
        if !self.items.iter().any(|item| matches!(item, Item::Call { id: known, .. } if *known == id)) {
            self.insert(Item::Call { id, at, talked });
        }
    }

    /// A line that the server has. True when it was not here yet.
    pub(crate) fn put(&mut self, line: Said) -> bool {
        if self.items.iter().any(|item| matches!(item, Item::Text(known) if known.id == line.id)) {
            return false;
        }
        self.insert(Item::Text(line));
        true
    }

    /// The last line of somebody else: what `read` reports.
    pub(crate) fn last_of_others(&self) -> Option<EventId> {
        self.items.iter().rev().find_map(|item| match item {
            Item::Text(line) if !line.mine => Some(line.id),
            Item::Text(_) | Item::Call { .. } => None,
        })
    }

    /// Whether the staff has seen the last line, and it is mine.
    pub(crate) fn last_is_read(&self) -> bool {
        match self.items.last() {
            Some(Item::Text(line)) => line.mine && self.read == Some(line.id),
            Some(Item::Call { .. }) | None => false,
        }
    }

    fn insert(&mut self, item: Item) {
        let after = self.items.iter().rposition(|known| known.at() <= item.at()).map_or(0, |at| at + 1);
        self.items.insert(after, item);
    }
}

impl Item {
    /// When it happened, by the server's clock.
    pub(crate) const fn at(&self) -> Timestamp {
        match self {
            Self::Text(line) => line.at,
            Self::Call { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
