//! The conversation on screen: header, messages and calls in order, and the box to write in.

use super::{
    compose::Compose,
    conversation::newest,
    sessions::{named, place},
    timeline::{Item, Message, last_of_visitor, last_read, merge},
    visitor::Visitor,
};
use crate::{
    api::{Boot, Conversation, read_conversation},
    call::record::CallRecord,
    components::{Can, Clock, Icon},
    contexts::desk::{Desk, use_desk},
};
use leptos::{html, prelude::*, task::spawn_local};
use tincan_client::{Pending, Room};
use tincan_signaling::{Call, CallState, Entry, EventId, SessionId, event::Sender, wire::AvailabilityEvent};

/// The room of the conversation as this page is in it.
#[derive(Clone)]
pub(super) struct Joined {
    pub(super) room: Room,
    call: Signal<Call>,
    timeline: Signal<Vec<Entry>>,
    pending: Signal<Vec<Pending>>,
    typing: Signal<Option<Sender>>,
    history_due: Signal<u32>,
    availability: Signal<Option<AvailabilityEvent>>,
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
struct Parts {
    session: SessionId,
    joined: RwSignal<Option<Joined>>,
    history: RwSignal<Vec<Item>>,
    ended: RwSignal<Vec<CallRecord>>,
    more: RwSignal<bool>,
}

impl Parts {
    fn items(self) -> Vec<Item> {
        merge(&self.history.read(), &self.live(), &self.ended.read())
    }

    fn live(self) -> Vec<Entry> {
        self.joined.get().map(|joined| joined.timeline.get()).unwrap_or_default()
    }

    /// Joins the room once the page is connected, and reads again what was missed.
    fn follow(self, desk: Desk) {
        Effect::new(move |_| {
            let Some(live) = desk.live.get() else { return };
            self.joined.set(Some(Joined::new(live.socket.room(self.session))));
        });
        Effect::new(move |_| {
            let due = self.joined.get().map_or(0, |joined| joined.history_due.get());
            if due > 0 {
                spawn_local(async move {
                    if let Ok(read) = read_conversation(self.session, None).await {
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

    fn read_earlier(self) {
        let Some(first) = self.history.read_untracked().first().map(Item::key) else { return };
        spawn_local(async move {
            if let Ok(read) = read_conversation(self.session, Some(EventId(first))).await {
                self.more.try_set(read.more);
                self.take(read.items);
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

/// The conversation with its visitor beside it.
#[component]
pub(crate) fn Thread(first: Conversation) -> impl IntoView {
    let desk = use_desk();
    let now = newest(&first.session);
    let parts = Parts {
        session: first.session.update.session_id,
        joined: RwSignal::new(None),
        history: RwSignal::new(first.items),
        ended: RwSignal::default(),
        more: RwSignal::new(first.more),
    };
    parts.follow(desk);
    let items = Memo::new(move |_| parts.items());
    mark_seen(desk, parts, items);
    let name = Memo::new(move |_| named(&now.read().0.visitor));
    let details = RwSignal::new(false);
    view! {
        <div class="main__split" data-details=move || details.get().then_some("")>
            <section class="conv" aria-label=move || format!("Conversation with {}", name.get())>
                <header class="conv__head">
                    <a class="btn btn--icon btn--quiet only-narrow" href="/dashboard" aria-label="Back">
                        <Icon name="left" class="ico--flip"/>
                    </a>
                    <Can
                        name=name
                        dot=Signal::derive(move || now.read().1.and_then(|online| online.then_some("on")))
                    />
                    <div class="grow">
                        <h1 class="conv__title" dir="auto">{name}</h1>
                        <p class="conv__sub"><span class="clip">{move || where_words(&now.read())}</span></p>
                    </div>
                    <CallVisitor parts online=Signal::derive(move || now.read().1)/>
                    <button
                        class="btn btn--icon btn--quiet only-medium"
                        type="button"
                        aria-label="Visitor details"
                        title="Visitor details"
                        aria-expanded=move || details.get().to_string()
                        on:click=move |_| details.update(|shown| *shown = !*shown)
                    ><Icon name="info"/></button>
                </header>
                <Log parts items name/>
                <Compose joined=parts.joined name/>
            </section>
            <Visitor now items name/>
        </div>
    }
}

/// Calls the visitor, when there is one to call and nobody is on the line.
#[component]
fn CallVisitor(parts: Parts, online: Signal<Option<bool>>) -> impl IntoView {
    let desk = use_desk();
    let offered = move || {
        let Some(joined) = parts.joined.get() else { return false };
        let voice = joined.availability.get().is_none_or(|event| event.voice_enabled);
        let busy = desk.call.get().is_some_and(|at_hand| at_hand.call.with(Call::is_live));
        voice && !busy && !joined.call.with(Call::is_live) && online.get() == Some(true)
    };
    move || {
        offered().then(|| {
            view! {
                <button
                    class="btn"
                    type="button"
                    aria-label="Call visitor"
                    title="Call visitor"
                    on:click=move |_| desk.call_visitor(parts.session)
                ><Icon name="phone" class="ico--sm ico--solid"/><span>"Call visitor"</span></button>
            }
        })
    }
}

#[component]
fn Log(parts: Parts, items: Memo<Vec<Item>>, name: Memo<String>) -> impl IntoView {
    let me = expect_context::<Boot>().me;
    let read = Memo::new(move |_| last_read(&items.read(), &parts.live()));
    let log = NodeRef::<html::Div>::new();
    stay_at_the_end(log, parts, items);
    let now = move || {
        let joined = parts.joined.get()?;
        let (icon, words) = joined.call.with(|call| going_on(call, &name.get()))?;
        Some(view! { <div class="event"><Icon name=icon/>{words}</div> })
    };
    let typing = move || {
        let typing = parts.joined.get()?.typing.get()?;
        let who = if typing.sub == me { return None } else { named(&typing.name) };
        Some(view! { <div class="event" aria-live="off">{format!("{who} is typing")}</div> })
    };
    let pending = move || parts.joined.get().map(|joined| joined.pending.get()).unwrap_or_default();
    view! {
        <div class="conv__log" node_ref=log tabindex="0" role="log" aria-label="Messages">
            <div class="conv__start">
                {move || parts.more.get().then(|| view! {
                    <button class="btn btn--sm btn--quiet" type="button" on:click=move |_| parts.read_earlier()>
                        "Earlier messages"
                    </button>
                })}
                {move || items.read().is_empty().then(|| view! {
                    <p class="event">"Nothing was said yet."</p>
                })}
            </div>
            <For
                each=move || items.get()
                key=Item::key
                children=move |item| match item {
                    Item::Message(message) => view! { <Said message read me/> }.into_any(),
                    Item::Call(record) => view! { <Called record/> }.into_any(),
                }
            />
            {move || pending().into_iter().map(|waiting| view! {
                <div class="msg msg--me">
                    <div class="msg__body" dir="auto">{waiting.text}</div>
                    <span class="msg__meta">"Waiting to send"</span>
                </div>
            }).collect_view()}
            {now}
            {typing}
        </div>
    }
}

#[component]
fn Said(message: Message, read: Memo<Option<EventId>>, me: tincan_signaling::Sub) -> impl IntoView {
    let Message { id, at, from, name, by_visitor, text } = message;
    let who = match (by_visitor, from == me) {
        (true, _) => String::new(),
        (false, true) => "You, ".into(),
        (false, false) => format!("{name}, "),
    };
    view! {
        <div class=if by_visitor { "msg" } else { "msg msg--me" }>
            <div class="msg__body" dir="auto">{text}</div>
            <span class="msg__meta">
                {who}<Clock at/>{move || (read.get() == Some(id)).then_some(". Read")}
            </span>
        </div>
    }
}

#[component]
fn Called(record: CallRecord) -> impl IntoView {
    let icon = if record.answered() { "phone" } else { "phone-down" };
    let with = record.answered_by.clone().filter(|_| record.answered() && !record.by_staff);
    view! {
        <div class="event">
            <Icon name=icon/>
            <span>{record.words()}{with.map(|with| format!(" with {with}"))}", " <Clock at=record.at/></span>
        </div>
    }
}

/// The call that is going on here, as the last line of the conversation.
fn going_on(call: &Call, visitor: &str) -> Option<(&'static str, String)> {
    match call {
        Call::Idle | Call::Ended(_) => None,
        Call::Ringing(ringing) if ringing.head.caller_role == tincan_signaling::event::Role::Visitor => {
            Some(("phone", format!("{visitor} is calling")))
        }
        Call::Ringing(ringing) => {
            Some(("phone", format!("{} is calling {visitor}", ringing.head.caller_name)))
        }
        Call::Accepted(accepted) => {
            let agent = accepted.legs.iter().find(|leg| leg.role.is_staff()).map(|leg| leg.name.clone());
            Some((
                "phone",
                format!("On a call with {}", agent.unwrap_or_else(|| accepted.answered_name.clone())),
            ))
        }
    }
}

fn where_words((update, online): &(tincan_signaling::lobby::SessionUpdate, Option<bool>)) -> String {
    if update.call == Some(CallState::Held) {
        return "On hold".into();
    }
    match (online, &update.page_url) {
        (Some(false), _) => "Has left the page".into(),
        (_, Some(page)) => format!("On {}", place(page)),
        (Some(true), None) => "On the page".into(),
        (None, None) => String::new(),
    }
}

/// What is on screen in front of somebody was read: tell the visitor, and count it no more.
fn mark_seen(desk: Desk, parts: Parts, items: Memo<Vec<Item>>) {
    Effect::new(move |told: Option<Option<EventId>>| {
        let last = last_of_visitor(&items.read());
        let at = items.read().last().map(Item::at);
        desk.now.track();
        if document().hidden() {
            return told.flatten();
        }
        if let Some(at) = at {
            let session = parts.session;
            let seen = desk.seen.read_untracked().get(&session).copied().unwrap_or_default();
            if seen < at {
                desk.seen.update(|seen| {
                    seen.insert(session, at);
                });
            }
        }
        if let (Some(last), Some(joined)) = (last, parts.joined.get())
            && told.flatten() != Some(last)
        {
            joined.room.read(last);
            return Some(last);
        }
        told.flatten()
    });
}

/// Scrolls to what is new, unless somebody has scrolled up to read.
fn stay_at_the_end(log: NodeRef<html::Div>, parts: Parts, items: Memo<Vec<Item>>) {
    Effect::new(move |before: Option<bool>| {
        items.track();
        if let Some(joined) = parts.joined.get() {
            joined.pending.track();
            joined.typing.track();
        }
        let Some(log) = log.get() else { return false };
        let left = log.scroll_height() - log.scroll_top() - log.client_height();
        if before != Some(true) || left < 200 {
            request_animation_frame(move || log.set_scroll_top(log.scroll_height()));
        }
        true
    });
}
