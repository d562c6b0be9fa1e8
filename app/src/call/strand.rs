//! The string between the two cans of a call: its shape is the state of the line.

use super::wave::{self, Loudness};
use crate::{
    contexts::{Live, desk::use_desk},
    effects::talking::{self, Element},
};
use leptos::{prelude::*, svg};
use std::{cell::Cell, time::Duration};

/// How often a still string looks who talks.
const STILL: Duration = Duration::from_millis(500);

/// What the string shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Two strands that move with the voices.
    Live,
    /// Slack: held, or in another tab.
    Slack,
    /// Torn: the connection is being looked for.
    Torn,
}

/// The string, drawn by real samples while it is live.
#[component]
pub(crate) fn Strand(line: Memo<Line>, muted: ReadSignal<bool>) -> impl IntoView {
    move || match line.get() {
        Line::Live => view! { <Voices muted/> }.into_any(),
        Line::Slack => view! { <crate::components::Rest/> }.into_any(),
        Line::Torn => view! {
            <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none" aria-hidden="true">
                <path class="string__rest" d="M0 40C30 56 60 62 88 58"></path>
                <path class="string__dash" d="M96 57H146"></path>
                <path class="string__rest" d="M152 58C180 62 210 56 240 40"></path>
            </svg>
        }
        .into_any(),
    }
}

#[component]
fn Voices(muted: ReadSignal<bool>) -> impl IntoView {
    let desk = use_desk();
    let them = NodeRef::<svg::Path>::new();
    let me = NodeRef::<svg::Path>::new();
    let alive = StoredValue::new(true);
    on_cleanup(move || alive.set_value(false));
    Effect::new(move |_| {
        let (Some(them), Some(me), Some(live)) = (them.get(), me.get(), desk.live.get_untracked()) else {
            return;
        };
        if talking::stays_still() {
            let _ = them.set_attribute("d", &wave::flat(37.0));
            let _ = me.set_attribute("d", &wave::flat(43.0));
            show_who_talks(live, muted, me.into());
            return;
        }
        let (mut theirs, mut mine) = (Loudness::default(), Loudness::default());
        let mut last = js_sys::Date::now();
        let start = last;
        each_frame(alive, move || {
            let now = js_sys::Date::now();
            let dt = (now - last) / 1000.0;
            last = now;
            let t = (now - start) / 1000.0;
            let own = if muted.get_untracked() { 0.0 } else { f64::from(live.microphone.level()) };
            let loud = theirs.feed(f64::from(live.speaker.level()), dt);
            let _ = them.set_attribute("d", &wave::path(loud, t, 1.0, 0.0));
            let _ = me.set_attribute("d", &wave::path(mine.feed(own, dt), t, -1.0, 2.0));
        });
    });
    let straight = wave::flat(wave::MIDDLE);
    view! {
        <svg
            class="string"
            viewBox="0 0 240 80"
            preserveAspectRatio="none"
            role="img"
            aria-label=move || if muted.get() { "Microphone muted" } else { "Microphone working" }
        >
            <path node_ref=them class="string__them" d=straight.clone()></path>
            <path node_ref=me class="string__me" d=straight></path>
        </svg>
    }
}

/// For those who asked for less motion: twice a second, the can of whoever talks gets a thick rim.
fn show_who_talks(live: Live, muted: ReadSignal<bool>, strand: Element) {
    let loud = Cell::new((Loudness::default(), Loudness::default()));
    let look = move || {
        let (mut theirs, mut mine) = loud.get();
        let own = if muted.get_untracked() { 0.0 } else { f64::from(live.microphone.level()) };
        theirs.feed(f64::from(live.speaker.level()), STILL.as_secs_f64());
        mine.feed(own, STILL.as_secs_f64());
        loud.set((theirs, mine));
        talking::show(&strand, ".can--them", theirs.is_speech());
        talking::show(&strand, ".can--me", mine.is_speech());
    };
    if let Ok(interval) = set_interval_with_handle(look, STILL) {
        on_cleanup(move || interval.clear());
    }
}

/// Runs `draw` once a frame until `alive` is false. A hidden page has no frames, so it costs nothing.
fn each_frame(alive: StoredValue<bool>, mut draw: impl FnMut() + 'static) {
    request_animation_frame(move || {
        if alive.try_get_value() == Some(true) {
            draw();
            each_frame(alive, draw);
        }
    });
}
