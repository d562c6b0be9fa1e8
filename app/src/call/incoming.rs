//! The incoming-call dialog. It never takes the caret out of a text somebody is writing.

use super::{ringer::Ringer, words};
use crate::{
    api::{Boot, last_words},
    components::{Can, Icon},
    contexts::desk::{Desk, use_desk},
    effects::focus,
    pages::dashboard::sessions::{named, place},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use tincan_signaling::lobby::Ringing;

/// Shows the call that rings, when one does.
#[component]
pub(crate) fn IncomingCall() -> impl IntoView {
    let ringer = expect_context::<Ringer>();
    view! { {move || ringer.shown.get().map(|ringing| view! { <Dialog ringing/> })} }
}

#[component]
fn Dialog(ringing: Ringing) -> impl IntoView {
    let desk = use_desk();
    let boot = expect_context::<Boot>();
    let ringer = expect_context::<Ringer>();
    let ringing = StoredValue::new(ringing);
    let call_id = ringing.with_value(|ringing| ringing.call_id);
    let name = ringing.with_value(|ringing| named(&ringing.visitor));
    let dialog = NodeRef::<html::Section>::new();
    let accept = NodeRef::<html::Button>::new();
    let aside = take_focus(accept);
    let waiting = move || {
        let since = ringing.with_value(|ringing| ringing.waiting_since);
        desk.now.get().map(|now| words::duration(now.since(since)))
    };
    let silenced = move || desk.silenced.read().contains(&call_id);
    let silence = move |_| {
        desk.silenced.update(|silenced| {
            silenced.insert(call_id);
        });
    };
    let more = move || match ringer.all.with(Vec::len) {
        0 | 1 => None,
        calls => Some(view! { <span class="chip">{format!("{} more waiting", calls - 1)}</span> }),
    };
    // Wherever the focus is: a click beside the dialog takes it away from its buttons.
    let keys = window_event_listener(ev::keydown, move |event| match event.key().as_str() {
        "Escape" if !event.is_composing() => hide(desk, call_id),
        "Tab" if !aside => {
            if let Some(dialog) = dialog.get_untracked() {
                focus::keep_inside(&event, &dialog);
            }
        }
        _ => {}
    });
    on_cleanup(move || keys.remove());
    view! {
        <div class="veil" data-aside=aside.then_some("")>
            <section
                node_ref=dialog
                class="ring stage"
                role="alertdialog"
                aria-modal=(!aside).to_string()
                aria-labelledby="ring-title"
                aria-describedby="ring-who"
            >
                <header class="ring__top">
                    <h2 id="ring-title">"Incoming call"</h2>
                    <span class="grow"></span>
                    {more}
                    <span class="chip num"><Icon name="clock"/>"Waiting " {waiting}</span>
                    <button
                        class="btn btn--quiet btn--icon btn--sm btn--pill"
                        type="button"
                        aria-label="Silence"
                        title="Silence"
                        disabled=silenced
                        on:click=silence
                    ><Icon name="silent"/></button>
                </header>
                <div class="ring__who">
                    <div class="line" aria-hidden="true">
                        <Can name=name.clone() class="can--xl can--rim can--them ripple"/>
                        <span class="beads"><i></i><i></i><i></i></span>
                        <Can name=boot.name.clone() class="can--xl can--rim can--me"/>
                    </div>
                    <div class="ring__name" id="ring-who"><strong dir="auto">{name}</strong></div>
                </div>
                <Facts ringing=ringing.get_value()/>
                <div class="ring__act">
                    <div>
                        <button
                            class="btn btn--decline"
                            type="button"
                            on:click=move |_| ringing.with_value(|ringing| desk.decline(ringing))
                        ><Icon name="phone-down" class="ico--solid"/>"Decline"</button>
                        <span class="kbd" aria-hidden="true"><b>"Alt"</b><b>"⇧"</b><b>"D"</b></span>
                    </div>
                    <div>
                        <button
                            node_ref=accept
                            class="btn btn--accept"
                            type="button"
                            on:click=move |_| ringing.with_value(|ringing| desk.accept(ringing))
                        ><Icon name="phone" class="ico--solid"/>"Accept"</button>
                        <span class="kbd" aria-hidden="true"><b>"Alt"</b><b>"⇧"</b><b>"A"</b></span>
                    </div>
                </div>
                <footer class="ring__more">
                    <a
                        class="btn btn--quiet btn--sm"
                        href=ringing.with_value(|ringing| format!("/dashboard?chat={}", ringing.session_id))
                        on:click=move |_| hide(desk, call_id)
                    ><Icon name="chat" class="ico--sm"/>"Reply by chat"</a>
                    <span><span class="kbd"><b>"Esc"</b></span>" hides this"</span>
                </footer>
            </section>
        </div>
    }
}

/// Where the visitor is, and what was written last.
#[component]
fn Facts(ringing: Ringing) -> impl IntoView {
    let desk = use_desk();
    let session = ringing.session_id;
    let last = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        spawn_local(async move {
            if let Ok(words) = last_words(session).await {
                last.try_set(words);
            }
        });
    });
    let last = move || {
        let fresh = desk.live.get().and_then(|live| {
            let sessions = live.sessions.get();
            let update = sessions.into_iter().find(|update| update.session_id == session)?;
            update.last_text.filter(|_| update.last_from_visitor)
        });
        fresh.or_else(|| last.get())
    };
    view! {
        <dl class="ring__facts">
            {ringing.page_url.map(|page| view! {
                <div><dt>"Page"</dt><dd class="clip ltr">{place(&page)}</dd></div>
            })}
            {move || last().map(|text| view! {
                <div><dt>"Last wrote"</dt><dd dir="auto" class="ring__said">{format!("“{text}”")}</dd></div>
            })}
        </dl>
    }
}

/// Puts the dialog away without declining; the row in the list brings it back.
fn hide(desk: Desk, call: tincan_signaling::CallId) {
    desk.hidden.update(|hidden| {
        hidden.insert(call);
    });
}

/// Focuses the button that answers and gives the focus back afterwards, unless somebody is writing:
/// then the dialog stands aside. Says which.
fn take_focus(accept: NodeRef<html::Button>) -> bool {
    if focus::is_writing() {
        return true;
    }
    let before = StoredValue::new_local(focus::now());
    Effect::new(move |_| {
        if let Some(button) = accept.get() {
            focus::give(&button);
        }
    });
    on_cleanup(move || {
        if let Some(Some(element)) = before.try_get_value() {
            focus::give(&element);
        }
    });
    false
}
