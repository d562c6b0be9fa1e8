//! The string from real samples: one frame loop a view, which ends with the view, rests while the
//! page is hidden and stands still where motion is not wanted.

use leptos::prelude::*;
use std::f64::consts::PI;
use std::fmt::Write;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{HtmlElement, SvgElement};

/// Whose voice runs along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strand {
    Me,
    Them,
    /// Only one voice: the microphone test.
    Alone,
}

const WIDTH: f64 = 240.0;
const MIDDLE: f64 = 40.0;
const POINTS: u32 = 36;

/// Draws what `levels` gives, frame by frame, until the view goes.
pub(crate) fn run(levels: impl Fn() -> Vec<(SvgElement, Strand, f32)> + 'static) {
    let still = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let mut smooth = [0.0_f64; 3];
    let mut last = 0.0_f64;
    frames(move |ms| {
        // The same ease whatever the screen's rate: made for 60 frames a second.
        let ease = 1.0 - 0.82_f64.powf(((ms - last) / 16.7).clamp(0.0, 6.0));
        last = ms;
        for (path, strand, level) in levels() {
            let drawn = &mut smooth[strand as usize];
            *drawn += (loudness(level) - *drawn) * ease;
            let d = if still { flat(strand) } else { wave(strand, *drawn, ms / 1000.0) };
            // A strand that cannot be drawn is not heard worse.
            let _ = path.set_attribute("d", &d);
        }
    });
}

/// Speech as the eye expects it: a quiet voice is visible, a loud one does not burst.
fn loudness(rms: f32) -> f64 {
    let rms = f64::from(rms);
    if rms < 0.004 { 0.0 } else { (rms * 6.0).sqrt().min(1.0) }
}

fn flat(strand: Strand) -> String {
    let y = match strand {
        Strand::Me => 43,
        Strand::Them => 37,
        Strand::Alone => 40,
    };
    let mut d = String::new();
    // Writing to a String does not fail.
    let _ = write!(d, "M0 40L8 {y}H232L240 40");
    d
}

/// One strand at time `t`: tied at both ends, swelling towards its own can.
fn wave(strand: Strand, level: f64, t: f64) -> String {
    let (lean, seed, height) = match strand {
        Strand::Me => (-1.0, 2.0, 30.0),
        Strand::Them => (1.0, 0.0, 38.0),
        Strand::Alone => (0.0, 1.0, 34.0),
    };
    let run = if lean == 0.0 { 1.0 } else { lean };
    let mut d = String::with_capacity(900);
    d.push_str("M0 40");
    let (mut px, mut py) = (0.0, MIDDLE);
    for k in 1..=POINTS {
        let x = f64::from(k) / f64::from(POINTS);
        let tied = (PI * x).sin().max(0.0).powf(0.9) * (1.0 + lean * 0.84 * (x - 0.5));
        let swing = 0.6 * (x * 22.0 - run * t * 9.0 + seed).sin()
            + 0.32 * (x * 37.0 - run * t * 13.0 + seed * 2.3).sin()
            + 0.3 * (x * 9.0 + t * 3.0).sin();
        let y = MIDDLE + level * height * tied * swing;
        let mx = f64::midpoint(px, x * WIDTH);
        let _ = write!(d, "Q{px:.1} {py:.1} {mx:.1} {:.1}", f64::midpoint(py, y));
        (px, py) = (x * WIDTH, y);
    }
    d.push_str("L240 40");
    d
}

/// Lights the level bar.
pub(crate) fn set_level(bar: &HtmlElement, level: f32) {
    let mut text = String::new();
    let _ = write!(text, "{:.0}%", loudness(level) * 100.0);
    let _ = bar.style().set_property("--level", &text);
}

/// Calls `draw` with each frame's time until the owner goes. The browser gives a hidden page none.
fn frames(mut draw: impl FnMut(f64) + 'static) {
    let alive = StoredValue::new_local(Some(0_i32));
    let step: StoredValue<Option<js_sys::Function>, LocalStorage> = StoredValue::new_local(None);
    let ask = move || {
        let id = step.try_get_value().flatten().and_then(|step| window().request_animation_frame(&step).ok());
        alive.try_set_value(id);
    };
    let frame = Closure::<dyn FnMut(JsValue)>::new(move |ms: JsValue| {
        if alive.try_get_value().flatten().is_some() {
            draw(ms.as_f64().unwrap_or_default());
            ask();
        }
    });
    // The browser's collector frees it when no frame is asked for any more.
    step.set_value(Some(frame.into_js_value().unchecked_into()));
    on_cleanup(move || {
        if let Some(id) = alive.try_get_value().flatten() {
            // An id that has run already is fine.
            let _ = window().cancel_animation_frame(id);
        }
    });
    ask();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_straight_string_and_the_ends_stay_tied() {
        let quiet = wave(Strand::Me, loudness(0.001), 3.0);
        assert!(quiet.split('Q').skip(1).all(|part| part.contains(" 40.0")));
        let loud = wave(Strand::Them, loudness(0.3), 3.0);
        assert!(loud.starts_with("M0 40Q") && loud.ends_with("L240 40") && loud != quiet);
        assert!((loudness(9.0) - 1.0).abs() < f64::EPSILON);
    }
}
