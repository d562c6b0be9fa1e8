//! The list of chat sessions, live.

use super::{
    sessions::{Group, Session, ago, merge, named},
    status::Status,
};
use crate::{
    api::{Boot, list_sessions},
    call::{Ringer, record::CallRecord, words},
    components::{Can, Clock, Icon},
    contexts::desk::use_desk,
};
use leptos::prelude::*;
use tincan_signaling::{CallState, SessionId, Sub, Timestamp, lobby::Ringing};

const GROUPS: [Group; 4] = [Group::Waiting, Group::Yours, Group::Team, Group::Closed];

/// Status, find box and sessions.
#[component]
pub(crate) fn List(open: Memo<Option<SessionId>>) -> impl IntoView {
    let desk = use_desk();
    let needle = RwSignal::new(String::new());
    // Read again after each time away: what was missed is not repeated by the lobby.
    let joins = Memo::new(move |before: Option<&u32>| {
        let joined = desk.live.get().is_some_and(|live| live.joined.get());
        before.copied().unwrap_or_default() + u32::from(joined)
    });
    let listed = Resource::new(move || joins.get().saturating_sub(1), |_| list_sessions());
    view! {
        <section class="list" aria-label="Chat sessions">
            <div class="list__top">
                <Status/>
                <label class="find">
                    <Icon name="search" class="ico--sm"/>
                    <input
                        type="search"
                        placeholder="Find a visitor"
                        aria-label="Find a visitor"
                        on:input=move |event| needle.set(event_target_value(&event))
                    />
                </label>
            </div>
            <div class="list__scroll">
                <Rings/>
                <Transition fallback=|| view! { <p class="list__note">"Loading the chats"</p> }>
                    {move || Suspend::new(async move {
                        match listed.await {
                            Ok(listed) => view! { <Rows listed needle open/> }.into_any(),
                            Err(error) => view! {
                                <p class="list__note" role="alert">{error.words()}</p>
                            }.into_any(),
                        }
                    })}
                </Transition>
            </div>
        </section>
    }
}

/// Calls that ring for this agent, on stage. A row brings back the dialog that was hidden.
#[component]
fn Rings() -> impl IntoView {
    let ringer = expect_context::<Ringer>();
    let any =
        move || (!ringer.all.read().is_empty()).then(|| view! { <h2 class="list__group">"Calling you"</h2> });
    view! {
        {any}
        <For each=move || ringer.all.get() key=|ringing| ringing.call_id children=|ringing| view! { <Ring ringing/> }/>
    }
}

#[component]
fn Ring(ringing: Ringing) -> impl IntoView {
    let desk = use_desk();
    let call_id = ringing.call_id;
    let name = named(&ringing.visitor);
    let waiting = move || desk.now.get().map(|now| words::duration(now.since(ringing.waiting_since)));
    let show = move |_| {
        desk.hidden.update(|hidden| {
            hidden.remove(&call_id);
        });
    };
    view! {
        <button class="sess sess--ring" type="button" on:click=show>
            <Can name=name.clone() class="can--rim ripple"/>
            <span class="sess__top">
                <span class="sess__name clip" dir="auto">{name}</span>
                <span class="sess__time num">{waiting}</span>
            </span>
            <span class="sess__last">
                <span class="clip">"Open to answer"</span>
                <span class="beads" aria-hidden="true"><i></i><i></i><i></i></span>
            </span>
        </button>
    }
}

#[component]
fn Rows(listed: Vec<Session>, needle: RwSignal<String>, open: Memo<Option<SessionId>>) -> impl IntoView {
    let desk = use_desk();
    let me = expect_context::<Boot>().me;
    let ringer = expect_context::<Ringer>();
    let all = Memo::new(move |_| {
        let updates = desk.live.get().map(|live| live.sessions.get()).unwrap_or_default();
        merge(&listed, &updates, &desk.seen.read())
    });
    let grouped = Memo::new(move |_| {
        let needle = needle.read();
        let ringing = ringer.all.read();
        let rings =
            |session: &Session| ringing.iter().any(|ringing| ringing.session_id == session.update.session_id);
        let found = all.get().into_iter().filter(|session| session.matches(&needle) && !rings(session));
        found.map(|session| (session.group(me), session.update.session_id)).collect::<Vec<_>>()
    });
    let nobody = move || match (
        grouped.read().is_empty() && ringer.all.read().is_empty(),
        needle.read().trim().is_empty(),
    ) {
        (false, _) => None,
        (true, true) => Some("No one is waiting. New chats and calls appear here."),
        (true, false) => Some("No chat matches."),
    };
    view! {
        {GROUPS.map(|group| view! { <GroupRows group grouped all open/> })}
        {move || nobody().map(|words| view! { <div class="empty"><p>{words}</p></div> })}
    }
}

#[component]
fn GroupRows(
    group: Group,
    grouped: Memo<Vec<(Group, SessionId)>>,
    all: Memo<Vec<Session>>,
    open: Memo<Option<SessionId>>,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let grouped = grouped.read();
        grouped.iter().filter(|(in_group, _)| *in_group == group).map(|(_, id)| *id).collect::<Vec<_>>()
    });
    let heading = move || {
        let count = ids.read().len();
        (count > 0).then(|| {
            view! {
                <h2 class="list__group">
                    {group.title()}" "
                    {(group == Group::Waiting).then(|| view! { <span class="badge">{count}</span> })}
                </h2>
            }
        })
    };
    view! {
        {heading}
        <For
            each=move || ids.get()
            key=|id| *id
            children=move |id| view! { <Row id all waits={group == Group::Waiting} open/> }
        />
    }
}

#[component]
fn Row(id: SessionId, all: Memo<Vec<Session>>, waits: bool, open: Memo<Option<SessionId>>) -> impl IntoView {
    let me = expect_context::<Boot>().me;
    let session =
        Memo::new(move |_| all.read().iter().find(|session| session.update.session_id == id).cloned());
    let with = move |read: fn(&Session) -> String| session.read().as_ref().map(read).unwrap_or_default();
    let unread = move || session.read().as_ref().map_or(0, |session| session.unread);
    let dot = move || session.read().as_ref().and_then(dot);
    let last_at = move || session.read().as_ref().map(Session::at).unwrap_or_default();
    view! {
        <a
            class="sess"
            href=format!("/dashboard?chat={id}")
            aria-current=move || (open.get() == Some(id)).then_some("true")
            data-unread=move || (unread() > 0).then_some("")
        >
            <Can name=Signal::derive(move || with(Session::name)) dot=Signal::derive(dot)/>
            <span class="sess__top">
                <span class="sess__name clip" dir="auto">{move || with(Session::name)}</span>
                <Passed since=Signal::derive(last_at) waits/>
            </span>
            <span class="sess__last">
                <span class="clip" dir="auto">{move || session.read().as_ref().map(|session| last_words(session, me)).unwrap_or_default()}</span>
                {move || (unread() > 0).then(|| view! {
                    <span class="badge">{unread}<span class="sr">" unread"</span></span>
                })}
            </span>
        </a>
    }
}

/// How long ago, or for how long somebody waits.
#[component]
fn Passed(since: Signal<Timestamp>, waits: bool) -> impl IntoView {
    let desk = use_desk();
    let long = move || waits && desk.now.get().is_some_and(|now| now.since(since.get()).as_secs() >= 120);
    view! {
        <span class="sess__time num" class:sess__time--warn=long>
            {move || match desk.now.get() {
                None => view! { <Clock at=since.get()/> }.into_any(),
                Some(now) => ago(now.since(since.get())).into_any(),
            }}
        </span>
    }
}

fn dot(session: &Session) -> Option<&'static str> {
    match session.update.call {
        Some(CallState::Idle | CallState::Ended) | None => session.update.online.then_some("on"),
        Some(_) => Some("call"),
    }
}

fn last_words(session: &Session, me: Sub) -> String {
    let update = &session.update;
    match (update.call, &update.call_with) {
        (Some(CallState::Ringing), _) if update.call_by == Some(me) => return "You are calling".into(),
        (Some(CallState::Ringing), Some(with)) => return format!("{with} is calling"),
        (Some(CallState::Ringing), None) => return "Calling".into(),
        (Some(CallState::Connecting | CallState::Active | CallState::Reconnecting), Some(with)) => {
            return format!("On a call with {with}");
        }
        (Some(CallState::Held), Some(with)) => return format!("On hold by {with}"),
        _ => {}
    }
    if let Some(call) = &update.last_call {
        let record = CallRecord::from(call);
        return if call.agent == Some(me) { record.own_words() } else { record.words() };
    }
    match &update.last_text {
        // A session begins with a message or with a call.
        None => "Called, nothing written".into(),
        Some(text) if update.last_by == Some(me) => format!("You: {text}"),
        Some(text) => text.clone(),
    }
}
