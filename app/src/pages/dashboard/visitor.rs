//! The card about the visitor, beside the conversation.

use super::{sessions::place, timeline::Item};
use crate::components::{Can, Clock};
use leptos::prelude::*;
use tincan_signaling::lobby::SessionUpdate;

/// Who the visitor is, as far as anybody knows, and the calls before.
#[component]
pub(crate) fn Visitor(
    now: Memo<(SessionUpdate, Option<bool>)>,
    items: Memo<Vec<Item>>,
    name: Memo<String>,
) -> impl IntoView {
    let chip = move || match (now.read().1, now.read().0.open) {
        (Some(true), _) => view! { <span class="chip chip--go">"On the page"</span> }.into_any(),
        (Some(false), _) => view! { <span class="chip">"Has left the page"</span> }.into_any(),
        (None, false) => view! { <span class="chip">"Closed"</span> }.into_any(),
        (None, true) => view! { <span class="chip">"Open"</span> }.into_any(),
    };
    let calls = Memo::new(move |_| {
        let items = items.read();
        let calls = items.iter().rev().filter_map(|item| match item {
            Item::Call(record) => record.talk().map(|words| (words, record.at)),
            Item::Message(_) => None,
        });
        calls.take(8).collect::<Vec<_>>()
    });
    view! {
        <aside class="who" aria-label="Visitor">
            <div class="who__top">
                <Can name=name class="can--lg" dot=Signal::derive(move || now.read().1.and_then(|on| on.then_some("on")))/>
                <div class="grow">
                    <b class="strong" dir="auto">{name}</b>
                    <div class="row">{chip}</div>
                </div>
            </div>
            <dl class="facts">
                {move || now.read().0.page_url.clone().map(|page| view! {
                    <div><dt>"Page"</dt><dd class="ltr">{place(&page)}</dd></div>
                })}
                <div><dt>"Last sign"</dt><dd>{move || view! { <Clock at=now.read().0.last_at/> }}</dd></div>
                <div><dt>"Identity"</dt><dd>"Not verified"</dd></div>
            </dl>
            {move || (!calls.read().is_empty()).then(|| view! {
                <div>
                    <h2>"Talked before"</h2>
                    <ol class="trail">
                        {calls.get().into_iter().map(|(words, at)| view! {
                            <li><span class="clip">{words}</span><Clock at/></li>
                        }).collect_view()}
                    </ol>
                </div>
            })}
        </aside>
    }
}
