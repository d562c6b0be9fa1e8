//! What makes noise when somebody calls: ringtone, title and desktop notification. All of it
//! follows what the lobby says rings, and stops in every tab when the lobby says so.

use crate::{
    api::Boot,
    contexts::desk::Desk,
    effects::notice::{self, Notice},
};
use leptos::{ev, prelude::*};
use tincan_signaling::lobby::Ringing;

/// The ring at hand.
#[derive(Clone, Copy)]
pub(crate) struct Ringer {
    /// The call the dialog is about; none when nothing rings or its dialog was hidden.
    pub(crate) shown: Memo<Option<Ringing>>,
    /// Everything that rings, hidden or not.
    pub(crate) all: Memo<Vec<Ringing>>,
}

impl Ringer {
    /// The page's title, with the number of calls in front while something rings.
    pub(crate) fn title(self, page: &'static str) -> String {
        match self.all.with(Vec::len) {
            0 => format!("{page}, Tincan"),
            calls => format!("({calls}) Incoming call"),
        }
    }
}

/// Makes the ringer of this page.
pub(crate) fn provide_ringer(desk: Desk, boot: &Boot) -> Ringer {
    let all = Memo::new(move |_| desk.live.get().map(|live| live.ringing.get()).unwrap_or_default());
    let shown = Memo::new(move |_| {
        let hidden = desk.hidden.read();
        all.get().into_iter().find(|ringing| !hidden.contains(&ringing.call_id))
    });
    let ringer = Ringer { shown, all };
    provide_context(ringer);
    sound(desk, all);
    notices(desk, all);
    taken(desk, boot.name.clone());
    shortcuts(desk, ringer);
    ringer
}

fn sound(desk: Desk, all: Memo<Vec<Ringing>>) {
    Effect::new(move |_| {
        let Some(live) = desk.live.get() else { return };
        let silenced = desk.silenced.read();
        let loud = all.read().iter().any(|ringing| !silenced.contains(&ringing.call_id));
        live.speaker.ring(loud && live.rings_here.get());
    });
    // A page that was reloaded may not make sound before it is touched once.
    let touched = window_event_listener(ev::pointerdown, move |_| {
        if let Some(live) = desk.live.get_untracked() {
            live.speaker.unlock();
        }
    });
    on_cleanup(move || touched.remove());
}

fn notices(desk: Desk, all: Memo<Vec<Ringing>>) {
    Effect::new(move |before: Option<Vec<Notice>>| {
        let ringing = all.get();
        let mut notices = before.unwrap_or_default();
        notices.retain(|notice| ringing.iter().any(|ringing| ringing.call_id == notice.call));
        let mine = desk.live.get().is_some_and(|live| live.rings_here.get());
        for new in ringing.iter().filter(|_| mine) {
            if !notices.iter().any(|notice| notice.call == new.call_id) {
                notices.extend(notice::show(new.call_id, &new.visitor));
            }
        }
        notices
    });
}

fn taken(desk: Desk, my_name: String) {
    Effect::new(move |_| {
        let Some(taken) = desk.live.get().and_then(|live| live.taken.get()) else { return };
        if taken.by != my_name {
            desk.taken.set(Some(taken.by));
        }
    });
}

/// Two modifiers, so that no letter typed anywhere answers a call (WCAG 2.1.4).
fn shortcuts(desk: Desk, ringer: Ringer) {
    let keys = window_event_listener(ev::keydown, move |event| {
        if !(event.alt_key() && event.shift_key()) {
            return;
        }
        // The call on screen; a hidden one only when there is no other.
        let shown = ringer.shown.get_untracked();
        let Some(ringing) = shown.or_else(|| ringer.all.get_untracked().into_iter().next()) else { return };
        match event.code().as_str() {
            "KeyA" => desk.accept(&ringing),
            "KeyD" => desk.decline(&ringing),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || keys.remove());
}
