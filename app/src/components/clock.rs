//! A moment as people read it: the server writes UTC, the browser then its own time.

use leptos::prelude::*;
use tincan_signaling::Timestamp;

/// False while the page is as the server rendered it, true from the first effect on: what only the
/// browser knows (its time zone) may be shown from then on without upsetting hydration.
pub(crate) fn hydrated() -> RwSignal<bool> {
    let here = RwSignal::new(false);
    Effect::new(move |_| here.set(true));
    here
}

/// Hours and minutes of a moment.
#[component]
pub(crate) fn Clock(at: Timestamp) -> impl IntoView {
    let here = hydrated();
    view! {
        <span class="num ltr">{move || if here.get() { local(at) } else { utc(at) }}</span>
    }
}

fn utc(at: Timestamp) -> String {
    let minutes = at.0 / 60_000;
    format!("{}:{:02}", minutes / 60 % 24, minutes % 60)
}

fn local(at: Timestamp) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64));
    let today = js_sys::Date::new_0();
    let time = format!("{}:{:02}", date.get_hours(), date.get_minutes());
    if date.to_date_string() == today.to_date_string() {
        time
    } else {
        format!("{} {}, {time}", date.get_date(), MONTHS[date.get_month() as usize % 12])
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_writes_hours_and_minutes() {
        assert_eq!(utc(Timestamp(0)), "0:00");
        assert_eq!(utc(Timestamp(86_400_000 + 9 * 3_600_000 + 5 * 60_000)), "9:05");
    }
}
