//! Ready or paused: what the agent wishes, one wish for all tabs of the browser. It outlives a
//! reload, so that an agent who was ready stays ready.

use leptos::{ev, prelude::*};
use tincan_client::{Lobby, Permission};
use tincan_signaling::{Sub, agent::Wish};

/// The wish of the person at this browser.
#[derive(Clone, Copy)]
pub(crate) struct WishContext {
    wish: RwSignal<Wish>,
    me: Sub,
}

impl WishContext {
    /// The wish as the last visit left it; other tabs change it too.
    pub(super) fn new(me: Sub) -> Self {
        let this = Self { wish: RwSignal::new(Wish::Paused), me };
        Effect::new(move |_| {
            this.wish.set(stored(me));
            let listening = window_event_listener(ev::storage, move |_| {
                let stored = stored(me);
                if this.wish.get_untracked() != stored {
                    this.wish.set(stored);
                }
            });
            on_cleanup(move || listening.remove());
        });
        this
    }

    /// What is wished now.
    pub(crate) fn get(self) -> Wish {
        self.wish.get()
    }

    /// Wishes for all tabs.
    pub(crate) fn set(self, wish: Wish) {
        self.wish.set(wish);
        if let Ok(Some(store)) = window().local_storage() {
            let _ = store.set_item(&key(self.me), if wish == Wish::Ready { "ready" } else { "paused" });
        }
    }

    /// Tells the server, each time the wish changes. Ready needs a granted microphone: a wish from
    /// before does not count when it was taken away since.
    pub(super) fn tell(self, lobby: Lobby, microphone: Signal<Permission>) {
        Effect::new(move |_| {
            let granted = !matches!(microphone.get(), Permission::Denied | Permission::Prompt);
            let wish = if granted { self.wish.get() } else { Wish::Paused };
            lobby.track(wish, None);
        });
    }
}

fn stored(me: Sub) -> Wish {
    let ready =
        window().local_storage().ok().flatten().and_then(|store| store.get_item(&key(me)).ok().flatten());
    if ready.as_deref() == Some("ready") { Wish::Ready } else { Wish::Paused }
}

fn key(me: Sub) -> String {
    format!("tincan.wish.{me}")
}
