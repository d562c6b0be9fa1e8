//! What a conversation on screen is made of: what was read, the room, and what happens in it.

use super::timeline::{Item, merge};
use crate::{
    api::{Conversation, read_conversation},
    call::record::CallRecord,
    contexts::desk::Desk,
};
use leptos::{prelude::*, task::spawn_local};
use tincan_client::{Pending, Room};
use tincan_signaling::{Call, Entry, EventId, SessionId, event::Sender, wire::AvailabilityEvent};

/// The room of the conversation as this page is in it.
#[derive(Clone)]
pub(super) struct Joined {
    pub(super) room: Room,
    pub(super) call: ReadSignal<Call>,
    pub(super) timeline: ReadSignal<Vec<Entry>>,
    pub(super) pending: ReadSignal<Vec<Pending>>,
    pub(super) typing: ReadSignal<Option<Sender>>,
    pub(super) history_due: ReadSignal<u32>,
    pub(super) availability: ReadSignal<Option<AvailabilityEvent>>,
}

impl Joined {
    fn new(room: Room) -> Self {
        Self {
            call: room.call(),
            timeline: room.timeline(),
            pending: room.pending(),
            typing: room.typing(),
            history_due: room.history_due(),
            availability: room.availability(),
            room,
        }
    }
}

/// What the thread is made of.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) session: SessionId,
    pub(super) joined: RwSignal<Option<Joined>>,
    pub(super) history: RwSignal<Vec<Item>>,
    pub(super) ended: RwSignal<Vec<CallRecord>>,
    pub(super) more: RwSignal<bool>,
}

impl Parts {
    /// Starts with what was read; nothing is joined yet.
    pub(super) fn new(first: Conversation) -> Self {
        Self {
            session: first.session.update.session_id,
            joined: RwSignal::new(None),
            history: RwSignal::new(first.items),
            ended: RwSignal::default(),
            more: RwSignal::new(first.more),
        }
    }

    /// Everything there is to show, in order.
    pub(super) fn items(self) -> Vec<Item> {
        merge(&self.history.read(), &self.live(), &self.ended.read())
    }

    /// What was logged in the room since this page joined it.
    pub(super) fn live(self) -> Vec<Entry> {
        self.joined.get().map(|joined| joined.timeline.get()).unwrap_or_default()
    }

    /// Joins the room once the page is connected, and reads again what was missed.
    pub(super) fn follow(self, desk: Desk) {
        Effect::new(move |_| {
            let Some(live) = desk.live.get() else { return };
            self.joined.set(Some(Joined::new(live.socket.room(self.session))));
        });
        Effect::new(move |_| {
            let due = self.joined.get().map_or(0, |joined| joined.history_due.get());
            if due > 0 {
                spawn_local(async move {
                    if let Ok(Some(read)) = read_conversation(self.session, None).await {
                        self.take(read.items);
                    }
                });
            }
        });
        Effect::new(move |_| {
            let Some(joined) = self.joined.get() else { return };
            let Call::Ended(ended) = joined.call.get() else { return };
            let record = CallRecord::of(&ended);
            if !self.ended.read_untracked().iter().any(|known| known.id == record.id) {
                self.ended.update(|ended| ended.push(record));
            }
        });
    }

    fn take(self, items: Vec<Item>) {
        self.history.try_update(|history| *history = merge_items(history, items));
    }

    /// Reads the part before the first item.
    pub(super) fn read_earlier(self, desk: Desk) {
        let Some(first) = self.history.read_untracked().first().map(Item::key) else { return };
        spawn_local(async move {
            match read_conversation(self.session, Some(EventId(first))).await {
                Ok(Some(read)) => {
                    self.more.try_set(read.more);
                    self.take(read.items);
                }
                Ok(None) => {}
                Err(error) => drop(desk.trouble.try_set(Some(error.words()))),
            }
        });
    }
}

fn merge_items(known: &[Item], read: Vec<Item>) -> Vec<Item> {
    let mut items = read;
    let old: Vec<Item> =
        known.iter().filter(|item| !items.iter().any(|new| new.key() == item.key())).cloned().collect();
    items.extend(old);
    items.sort_by_key(Item::at);
    items
}
