//! The shape of a strand: a travelling wave whose height is how loud somebody is right now.

use std::f64::consts::PI;

pub(super) const WIDTH: f64 = 240.0;
pub(super) const MIDDLE: f64 = 40.0;
const POINTS: u32 = 36;
/// How much of the way to a new loudness is gone in one frame at 60 Hz.
const EASE: f64 = 0.18;
/// Speech has an RMS of about this; it should swing the strand most of its way.
const SPEECH: f64 = 0.16;

/// Loudness, smoothed over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loudness(f64);

impl Loudness {
    /// Takes in an RMS of 0 to 1 after `dt` seconds; gives 0 to 1.
    pub(super) fn feed(&mut self, rms: f64, dt: f64) -> f64 {
        let target = (rms / SPEECH).clamp(0.0, 1.0).sqrt();
        let frames = (dt * 60.0).clamp(0.0, 20.0);
        self.0 += (target - self.0) * (1.0 - (1.0 - EASE).powf(frames));
        if self.0 < 0.01 { 0.0 } else { self.0 }
    }

    /// Whether somebody speaks.
    pub(super) fn is_speech(self) -> bool {
        self.0 > 0.3
    }
}

/// The path of one strand at `t` seconds. `lean` is 1 for the strand of the start, -1 for the other:
/// each swells towards its own can and runs away from it.
pub(super) fn path(loud: f64, t: f64, lean: f64, seed: f64) -> String {
    use std::fmt::Write;
    let mut d = format!("M0 {MIDDLE}");
    let (mut px, mut py) = (0.0, MIDDLE);
    for point in 1..=POINTS {
        let x = f64::from(point) / f64::from(POINTS);
        let tied = (PI * x).sin().max(0.0).powf(0.9) * (1.0 - lean * 0.42 * (x - 0.5) * 2.0);
        let wave = 0.6 * (x * 22.0 - lean * t * 9.0 + seed).sin()
            + 0.32 * (x * 37.0 - lean * t * 13.0 + seed * 2.3).sin()
            + 0.3 * (x * 9.0 + t * 3.0).sin();
        let (nx, ny) = (x * WIDTH, MIDDLE + loud * 34.0 * tied * wave);
        let _ = write!(d, "Q{px:.1} {py:.1} {:.1} {:.1}", f64::midpoint(px, nx), f64::midpoint(py, ny));
        (px, py) = (nx, ny);
    }
    let _ = write!(d, "L{WIDTH} {MIDDLE}");
    d
}

/// A straight strand at height `y`, for those who asked for less motion.
pub(super) fn flat(y: f64) -> String {
    format!("M0 {MIDDLE}L8 {y}H{}L{WIDTH} {MIDDLE}", WIDTH - 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_straight_string() {
        let numbers = path(0.0, 3.0, 1.0, 0.0).replace(['M', 'Q', 'L'], " ");
        let heights: Vec<&str> = numbers.split_whitespace().skip(1).step_by(2).collect();
        assert!(heights.iter().all(|height| height.parse::<f64>().unwrap() == MIDDLE));
    }

    #[test]
    fn loudness_follows_within_a_third_of_a_second_and_falls_back() {
        let mut loud = Loudness::default();
        for _ in 0..20 {
            loud.feed(SPEECH, 1.0 / 60.0);
        }
        assert!(loud.is_speech());
        for _ in 0..60 {
            loud.feed(0.0, 1.0 / 60.0);
        }
        assert!(loud.feed(0.0, 1.0 / 60.0) < f64::EPSILON);
    }
}
