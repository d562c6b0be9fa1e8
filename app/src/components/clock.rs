//! A moment as people read it: the server writes UTC, the browser then its own time.

use leptos::prelude::*;
use tincan_client::wall_clock;
use tincan_signaling::Timestamp;

/// False while the page is as the server rendered it, true from the first effect on: what only the
/// browser knows (its time zone) may be shown from then on without upsetting hydration.
pub(crate) fn hydrated() -> RwSignal<bool> {
    let here = RwSignal::new(false);
    Effect::new(move |_| here.set(true));
    here
}

/// The time of day of a moment, the same on both faces.
#[component]
pub(crate) fn Clock(at: Timestamp) -> impl IntoView {
    let here = hydrated();
    view! {
        <span class="num ltr">{move || if here.get() { wall_clock(at) } else { utc(at) }}</span>
    }
}

fn utc(at: Timestamp) -> String {
    let minutes = at.0 / 60_000;
    format!("{}:{:02}", minutes / 60 % 24, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_writes_hours_and_minutes() {
        assert_eq!(utc(Timestamp(0)), "0:00");
        assert_eq!(utc(Timestamp(86_400_000 + 9 * 3_600_000 + 5 * 60_000)), "9:05");
    }
}
