//! The dashboard: the list of chat sessions, the conversation, and the call at hand.

mod banner;
mod compose;
mod conversation;
mod list;
mod log;
mod parts;
mod quiet;
mod rail;
pub(crate) mod sessions;
mod status;
mod thread;
pub(crate) mod timeline;
mod visitor;

use crate::call::{CallBar, Ringer};
use banner::Banner;
use conversation::Conversation;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use list::List;
use quiet::Quiet;
use rail::{Rail, TabBar};
use tincan_signaling::SessionId;

/// The dashboard of whoever is signed in. Which conversation is open stands in the address.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    let query = use_query_map();
    let ringer = expect_context::<Ringer>();
    let open = Memo::new(move |_| query.read().get("chat").and_then(|id| id.parse::<SessionId>().ok()));
    view! {
        <Title text=move || ringer.title("Chats")/>
        <div class="app" data-pane=move || if open.get().is_some() { "conv" } else { "list" }>
            <Banner/>
            <Rail/>
            <List open/>
            <main class="main">
                <CallBar/>
                {move || match open.get() {
                    Some(session) => view! { <Conversation session/> }.into_any(),
                    None => view! { <Quiet/> }.into_any(),
                }}
            </main>
            <TabBar/>
        </div>
    }
}
