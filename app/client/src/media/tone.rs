//! Tones made on the spot: ringback for the caller, ringtone for whoever is called, a test sound.

use super::context;
use web_sys::{AudioContext, GainNode, OscillatorNode};

/// A pattern: which frequencies, and when they sound within one round (start and end in seconds).
pub(crate) struct Cadence {
    hertz: &'static [f32],
    sounds: &'static [(f64, f64)],
    round_s: f64,
    rounds: u32,
    volume: f32,
}

/// What a caller hears while it rings: 425 Hz, one second in five (ETSI TR 101 041-2, most of Europe).
pub(crate) const RINGBACK: Cadence =
    Cadence { hertz: &[425.0], sounds: &[(0.0, 1.0)], round_s: 5.0, rounds: 30, volume: 0.12 };

/// What rings at whoever is called.
pub(crate) const RINGTONE: Cadence = Cadence {
    hertz: &[660.0, 880.0],
    sounds: &[(0.0, 0.35), (0.5, 0.85)],
    round_s: 2.8,
    rounds: 50,
    volume: 0.16,
};

/// Two short notes.
pub(crate) const TEST: Cadence =
    Cadence { hertz: &[523.25], sounds: &[(0.0, 0.18), (0.28, 0.6)], round_s: 0.7, rounds: 1, volume: 0.2 };

/// Sounds until dropped or until its rounds are over.
pub(crate) struct Tone {
    oscillators: Vec<OscillatorNode>,
    gain: GainNode,
}

impl Tone {
    pub(crate) fn play(cadence: &Cadence) -> Option<Self> {
        let context = context::context()?;
        let gain = envelope(&context, cadence)?;
        let oscillators = cadence.hertz.iter().filter_map(|hertz| {
            let oscillator = context.create_oscillator().ok()?;
            oscillator.frequency().set_value(*hertz);
            oscillator.connect_with_audio_node(&gain).ok()?;
            oscillator.start().ok()?;
            Some(oscillator)
        });
        Some(Self { oscillators: oscillators.collect(), gain })
    }
}

/// Opens and closes softly, so that nothing clicks.
fn envelope(context: &AudioContext, cadence: &Cadence) -> Option<GainNode> {
    const SOFT_S: f64 = 0.02;
    let gain = context.create_gain().ok()?;
    let volume = gain.gain();
    let from = context.current_time() + 0.01;
    volume.set_value(0.0);
    for round in 0..cadence.rounds {
        let round_at = from + f64::from(round) * cadence.round_s;
        for (start, end) in cadence.sounds {
            volume.set_value_at_time(0.0, round_at + start).ok()?;
            volume.linear_ramp_to_value_at_time(cadence.volume, round_at + start + SOFT_S).ok()?;
            volume.set_value_at_time(cadence.volume, round_at + end - SOFT_S).ok()?;
            volume.linear_ramp_to_value_at_time(0.0, round_at + end).ok()?;
        }
    }
    gain.connect_with_audio_node(&context.destination()).ok()?;
    Some(gain)
}

impl Drop for Tone {
    fn drop(&mut self) {
        for oscillator in &self.oscillators {
            let _ = oscillator.stop();
            let _ = oscillator.disconnect();
        }
        let _ = self.gain.disconnect();
    }
}
