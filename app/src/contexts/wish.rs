//! Ready or paused: what the agent wishes, one wish for all tabs of the browser. It outlives a
//! reload, so that an agent who was ready stays ready.

use leptos::{ev, prelude::*};
use tincan_client::{Lobby, Permission};
use tincan_signaling::{Sub, agent::Wish};

/// The wish of the person at this browser.
#[derive(Clone, Copy)]
pub(crate) struct WishContext {
    wish: RwSignal<Option<Wish>>,
    /// The wish of the last visit, which counts only where the microphone is still granted.
    left: RwSignal<Option<Wish>>,
    permission: RwSignal<Permission>,
    me: Sub,
}

impl WishContext {
    /// Nothing is wished before the page knows better; other tabs change it too.
    pub(super) fn new(me: Sub) -> Self {
        let this = Self {
            wish: RwSignal::new(None),
            left: RwSignal::new(None),
            permission: RwSignal::new(Permission::Unknown),
            me,
        };
        Effect::new(move |_| {
            this.left.set(stored(me));
            let listening = window_event_listener(ev::storage, move |event| {
                if event.key().as_deref() == Some(key(me).as_str()) {
                    this.wish.set(stored(me));
                }
            });
            on_cleanup(move || listening.remove());
        });
        this
    }

    /// What is wished now. `None`: nothing was said here, so nothing is asked of the server, which
    /// may know of another device of the same agent.
    pub(crate) fn get(self) -> Option<Wish> {
        wish(self.wish.get(), self.left.get(), self.permission.get())
    }

    /// Wishes for all tabs.
    pub(crate) fn set(self, wish: Wish) {
        self.wish.set(Some(wish));
        if let Ok(Some(store)) = window().local_storage() {
            let _ = store.set_item(&key(self.me), if wish == Wish::Ready { "ready" } else { "paused" });
        }
    }

    /// Tells the server, each time the wish changes.
    pub(super) fn tell(self, lobby: Lobby, microphone: ReadSignal<Permission>) {
        Effect::new(move |_| self.permission.set(microphone.get()));
        Effect::new(move |_| {
            if let Some(wish) = self.get() {
                lobby.track(wish, None);
            }
        });
    }
}

/// What is said here counts, unless the microphone was taken away since; what was left from the
/// last visit counts only as far as it can be kept without asking anybody.
fn wish(said: Option<Wish>, left: Option<Wish>, microphone: Permission) -> Option<Wish> {
    match (said, microphone) {
        (Some(Wish::Ready), Permission::Denied) => Some(Wish::Paused),
        (Some(said), _) => Some(said),
        (None, Permission::Granted) => left.filter(|left| *left == Wish::Ready),
        (None, Permission::Unknown | Permission::Prompt | Permission::Denied) => None,
    }
}

fn stored(me: Sub) -> Option<Wish> {
    let stored = window().local_storage().ok().flatten()?.get_item(&key(me)).ok().flatten()?;
    Some(if stored == "ready" { Wish::Ready } else { Wish::Paused })
}

fn key(me: Sub) -> String {
    format!("tincan.wish.{me}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_from_the_last_visit_needs_the_microphone_now() {
        let left = Some(Wish::Ready);
        assert_eq!(wish(None, left, Permission::Granted), Some(Wish::Ready));
        for microphone in [Permission::Unknown, Permission::Prompt, Permission::Denied] {
            assert_eq!(wish(None, left, microphone), None);
        }
        assert_eq!(wish(None, Some(Wish::Paused), Permission::Granted), None);
    }

    #[test]
    fn what_was_said_here_counts_until_the_microphone_is_taken_away() {
        // Some browsers grant for one visit only and go on saying `prompt`.
        assert_eq!(wish(Some(Wish::Ready), None, Permission::Prompt), Some(Wish::Ready));
        assert_eq!(wish(Some(Wish::Ready), None, Permission::Denied), Some(Wish::Paused));
        assert_eq!(wish(Some(Wish::Paused), Some(Wish::Ready), Permission::Granted), Some(Wish::Paused));
    }
}
