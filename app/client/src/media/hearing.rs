//! What can be told from levels and counters: whether a microphone is heard, whether the other
//! side is.

/// The level (RMS, 0 to 1) from which a microphone is heard.
const HEARD_LEVEL: f32 = 0.015;
/// How long it must be heard.
const HEARD_MS: f64 = 300.0;
/// How long a silent microphone is listened to before that is said.
const WINDOW_MS: f64 = 2_000.0;
/// How long no packet, or no sound in the packets, is nothing to speak of.
const QUIET_MS: f64 = 3_000.0;

/// The verdict of the microphone test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    Listening,
    Heard,
    Silent,
}

/// The microphone test: feed it levels, it says what it makes of them.
#[derive(Clone, Copy, Debug)]
pub struct HearTest {
    quiet_since_ms: f64,
    loud_since_ms: Option<f64>,
    heard: bool,
}

impl HearTest {
    /// A test that begins now.
    pub const fn new(now_ms: f64) -> Self {
        Self { quiet_since_ms: now_ms, loud_since_ms: None, heard: false }
    }

    /// Takes the level at this moment. Once heard it stays so.
    pub fn feed(&mut self, level: f32, now_ms: f64) -> Hearing {
        if level >= HEARD_LEVEL {
            let since = *self.loud_since_ms.get_or_insert(now_ms);
            self.heard |= now_ms - since >= HEARD_MS;
            self.quiet_since_ms = now_ms;
        } else {
            self.loud_since_ms = None;
        }
        if self.heard {
            Hearing::Heard
        } else if now_ms - self.quiet_since_ms >= WINDOW_MS {
            Hearing::Silent
        } else {
            Hearing::Listening
        }
    }
}

/// What comes from the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteSound {
    /// Nothing is connected.
    None,
    Playing,
    /// Packets arrive and hold no sound, though the other side is neither muted nor on hold.
    Silent,
    /// No packets arrive.
    Stalled,
    /// The other side is muted, or somebody holds.
    Muted,
}

/// Follows the counters of received audio.
#[derive(Debug, Default)]
pub(crate) struct SoundWatch {
    packets: f64,
    energy: f64,
    packet_at_ms: Option<f64>,
    sound_at_ms: Option<f64>,
}

impl SoundWatch {
    /// Takes the totals so far; `muted`: no sound is expected.
    pub(crate) fn feed(&mut self, packets: f64, energy: f64, muted: bool, now_ms: f64) -> RemoteSound {
        let packet_at = *self.packet_at_ms.get_or_insert(now_ms);
        let sound_at = *self.sound_at_ms.get_or_insert(now_ms);
        let (more_packets, more_energy) = (packets > self.packets, energy - self.energy > 1e-7);
        (self.packets, self.energy) = (packets, energy);
        if more_packets {
            self.packet_at_ms = Some(now_ms);
        }
        if more_energy || muted {
            self.sound_at_ms = Some(now_ms);
        }
        if !more_packets && now_ms - packet_at >= QUIET_MS {
            RemoteSound::Stalled
        } else if muted {
            RemoteSound::Muted
        } else if !more_energy && now_ms - sound_at >= QUIET_MS {
            RemoteSound::Silent
        } else {
            RemoteSound::Playing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_heard_after_three_tenths_of_a_second() {
        let mut test = HearTest::new(0.0);
        assert_eq!(test.feed(0.02, 100.0), Hearing::Listening);
        assert_eq!(test.feed(0.001, 200.0), Hearing::Listening);
        assert_eq!(test.feed(0.02, 300.0), Hearing::Listening);
        assert_eq!(test.feed(0.02, 600.0), Hearing::Heard);
        assert_eq!(test.feed(0.0, 9_000.0), Hearing::Heard);
    }

    #[test]
    fn silence_is_said_after_two_seconds_and_taken_back() {
        let mut test = HearTest::new(0.0);
        assert_eq!(test.feed(0.001, 1_999.0), Hearing::Listening);
        assert_eq!(test.feed(0.001, 2_000.0), Hearing::Silent);
        assert_eq!(test.feed(0.02, 2_100.0), Hearing::Listening);
        assert_eq!(test.feed(0.02, 2_400.0), Hearing::Heard);
    }

    #[test]
    fn silence_and_loss_are_two_things() {
        let mut watch = SoundWatch::default();
        assert_eq!(watch.feed(0.0, 0.0, false, 0.0), RemoteSound::Playing);
        assert_eq!(watch.feed(50.0, 0.1, false, 1_000.0), RemoteSound::Playing);
        assert_eq!(watch.feed(100.0, 0.1, false, 4_000.0), RemoteSound::Silent);
        assert_eq!(watch.feed(150.0, 0.1, true, 5_000.0), RemoteSound::Muted);
        assert_eq!(watch.feed(150.0, 0.1, true, 8_000.0), RemoteSound::Stalled);
        assert_eq!(watch.feed(200.0, 0.2, false, 9_000.0), RemoteSound::Playing);
    }
}
