//! A moment as people read it where they are.

use crate::page::window;
use js_sys::{Date, Object, Reflect};
use tincan_signaling::Timestamp;
use wasm_bindgen::JsValue;

/// What the clock on the wall shows then, in the browser's own language and habit: `0:22` would be
/// a duration to many. With the day before it, unless that is today.
pub fn wall_clock(at: Timestamp) -> String {
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    let mut shown = vec![("hour", "numeric"), ("minute", "2-digit")];
    if date.to_date_string() != Date::new_0().to_date_string() {
        shown.extend([("day", "numeric"), ("month", "short")]);
    }
    let options = Object::new();
    for (part, form) in shown {
        // Setting a key of a fresh object does not fail.
        let _ = Reflect::set(&options, &part.into(), &form.into());
    }
    let language = window().and_then(|window| window.navigator().language());
    date.to_locale_string(language.as_deref().unwrap_or("en"), &options).into()
}
