//! The string from real samples: one frame loop a view, which ends with the view, rests while the
//! page is hidden and stands still where motion is not wanted.

use super::dom::{document, window};
use js_sys::{Function, Math};
use reactive_graph::owner::on_cleanup;
use std::{
    cell::{Cell, OnceCell, RefCell},
    f64::consts::PI,
    fmt::Write,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

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

impl Strand {
    const fn selector(self) -> &'static str {
        match self {
            Self::Me | Self::Alone => ".string__me",
            Self::Them => ".string__them",
        }
    }
}

/// Draws what `levels` gives, frame by frame, until the view goes.
pub(crate) fn run(levels: impl Fn() -> [Option<(Strand, f32)>; 2] + 'static) {
    let still = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let mut smooth = [0.0_f64; 3];
    let mut last = 0.0_f64;
    frames(Box::new(move |ms: f64| {
        // The same ease whatever the screen's rate: made for 60 frames a second.
        let ease = 1.0 - Math::pow(0.82, ((ms - last) / 16.7).clamp(0.0, 6.0));
        last = ms;
        for (strand, level) in levels().into_iter().flatten() {
            let drawn = &mut smooth[strand as usize];
            *drawn += (loudness(level) - *drawn) * ease;
            let d = if still { flat(strand).to_owned() } else { wave(strand, *drawn, ms / 1000.0) };
            if let Ok(Some(path)) = document().query_selector(strand.selector()) {
                // A strand that cannot be drawn is not heard worse.
                let _ = path.set_attribute("d", &d);
            }
        }
    }));
}

/// Speech as the eye expects it: a quiet voice is visible, a loud one does not burst.
fn loudness(rms: f32) -> f64 {
    let rms = f64::from(rms);
    if rms < 0.004 { 0.0 } else { (rms * 6.0).sqrt().min(1.0) }
}

const fn flat(strand: Strand) -> &'static str {
    match strand {
        Strand::Me => "M0 40L8 43H232L240 40",
        Strand::Them => "M0 40L8 37H232L240 40",
        Strand::Alone => "M0 40L240 40",
    }
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
        let tied = Math::pow(Math::sin(PI * x).max(0.0), 0.9) * (1.0 + lean * 0.84 * (x - 0.5));
        let swing = 0.6 * Math::sin(x * 22.0 - run * t * 9.0 + seed)
            + 0.32 * Math::sin(x * 37.0 - run * t * 13.0 + seed * 2.3)
            + 0.3 * Math::sin(x * 9.0 + t * 3.0);
        let y = MIDDLE + level * height * tied * swing;
        let mx = f64::midpoint(px, x * WIDTH);
        for (sign, value) in [('Q', px), (' ', py), (' ', mx), (' ', f64::midpoint(py, y))] {
            d.push(sign);
            push_tenths(&mut d, value);
        }
        (px, py) = (x * WIDTH, y);
    }
    d.push_str("L240 40");
    d
}

/// One digit after the point, without the machinery that prints any float.
fn push_tenths(out: &mut String, value: f64) {
    let tenths = (value * 10.0) as i32;
    // Writing to a String does not fail.
    let _ = write!(out, "{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
}

/// Lights the level bar.
pub(crate) fn set_level(level: f32) {
    let Ok(Some(bar)) = document().query_selector(".bar") else { return };
    let mut text = ((loudness(level) * 100.0) as i32).to_string();
    text.push('%');
    if let Ok(bar) = bar.dyn_into::<HtmlElement>() {
        // A bar that cannot be lit still has words beside it.
        let _ = bar.style().set_property("--level", &text);
    }
}

/// Draws one frame, told its time in milliseconds.
type Draw = Box<dyn FnMut(f64)>;

/// The page's one loop of frames.
struct Frames {
    draw: RefCell<Option<Draw>>,
    /// Whose turn it is to draw: each view is a turn of its own.
    turn: Cell<u32>,
    /// A frame was asked for and has not come.
    asked: Cell<bool>,
    step: OnceCell<Function>,
}

thread_local! {
    static FRAMES: Frames = const {
        Frames { draw: RefCell::new(None), turn: Cell::new(0), asked: Cell::new(false), step: OnceCell::new() }
    };
}

/// Calls `draw` with each frame's time until the effect around it runs again or goes.
fn frames(draw: Draw) {
    let turn = FRAMES.with(|frames| frames.begin(draw));
    on_cleanup(move || FRAMES.with(|frames| frames.end(turn)));
}

impl Frames {
    fn begin(&self, draw: Draw) -> u32 {
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        self.draw.replace(Some(draw));
        self.ask();
        turn
    }

    fn end(&self, turn: u32) {
        if self.turn.get() == turn {
            self.turn.set(turn + 1);
            self.draw.take();
        }
    }

    /// The browser gives a hidden page no frames: the loop rests there.
    fn ask(&self) {
        if self.asked.get() {
            return;
        }
        let step = self.step.get_or_init(|| {
            let step = |ms: JsValue| FRAMES.with(|frames| frames.step(ms.as_f64().unwrap_or_default()));
            Closure::<dyn Fn(JsValue)>::new(step).into_js_value().unchecked_into()
        });
        self.asked.set(window().request_animation_frame(step).is_ok());
    }

    fn step(&self, ms: f64) {
        self.asked.set(false);
        let Some(mut draw) = self.draw.take() else { return };
        let turn = self.turn.get();
        draw(ms);
        if self.turn.get() == turn {
            self.draw.replace(Some(draw));
            self.ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_printed_like_floats() {
        let mut out = String::new();
        for value in [0.0, 240.0, 39.96, -0.25, -12.5] {
            push_tenths(&mut out, value);
            out.push(' ');
        }
        assert_eq!(out, "0.0 240.0 39.9 -0.2 -12.5 ");
    }

    #[test]
    fn silence_is_still_and_a_shout_does_not_burst() {
        assert!(loudness(0.001).abs() < f64::EPSILON && (loudness(9.0) - 1.0).abs() < f64::EPSILON);
        assert!(loudness(0.02) > 0.3, "a quiet voice is seen");
    }
}
