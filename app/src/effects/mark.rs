//! This tab's own memory of being in a call, so that the same tab goes on after a reload.

use leptos::prelude::window;
use tincan_signaling::SessionId;

const KEY: &str = "tincan.call";

/// The session whose call this tab was in.
pub(crate) fn read() -> Option<SessionId> {
    store()?.get_item(KEY).ok()??.parse().ok()
}

/// This tab is in the call of that session.
pub(crate) fn set(session: SessionId) {
    if let Some(store) = store() {
        let _ = store.set_item(KEY, &session.to_string());
    }
}

/// The call is over.
pub(crate) fn clear() {
    if let Some(store) = store() {
        let _ = store.remove_item(KEY);
    }
}

fn store() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}
