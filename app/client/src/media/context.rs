//! The page's one `AudioContext`. It is made or woken inside a tap, where browsers allow it.

use std::cell::RefCell;
use web_sys::{AudioContext, AudioContextState};

thread_local! {
    static CONTEXT: RefCell<Option<AudioContext>> = const { RefCell::new(None) };
}

/// The context, made at the first use; `None` where there is no such thing.
pub(crate) fn context() -> Option<AudioContext> {
    CONTEXT.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = AudioContext::new().ok();
        }
        slot.clone()
    })
}

/// Wakes the context if there is one already.
pub(crate) fn wake_again() {
    if CONTEXT.with_borrow(Option::is_some) {
        wake();
    }
}

/// Wakes the context; only a tap can do so in most browsers. Must not wait for anything before.
pub(crate) fn wake() {
    let Some(context) = context() else { return };
    if context.state() != AudioContextState::Running
        && let Ok(waking) = context.resume()
    {
        // Not allowed without a tap: the next one wakes it.
        wasm_bindgen_futures::spawn_local(async move {
            let _ = wasm_bindgen_futures::JsFuture::from(waking).await;
        });
    }
}
