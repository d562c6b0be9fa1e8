//! How long to wait before trying again: soon at first, then every ten seconds, never in step with
//! all the others.

/// Waiting times in milliseconds; the last one repeats.
const STEPS_MS: [u32; 5] = [200, 1_000, 2_000, 5_000, 10_000];

/// Counts the tries since something last worked.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: usize,
}

impl Backoff {
    /// How long to wait now, in milliseconds, about `most_ms` at most. `random` from 0 up to 1 moves
    /// it by half either way: whoever was cut off together does not come back together.
    pub(crate) fn next_ms(&mut self, random: f64, most_ms: u32) -> u32 {
        let step = STEPS_MS[self.tries.min(STEPS_MS.len() - 1)].min(most_ms);
        self.tries += 1;
        (f64::from(step) * (0.5 + random)) as u32
    }

    /// It worked.
    pub(crate) const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_seconds_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> = (0..7).map(|_| backoff.next_ms(0.5, u32::MAX)).collect();
        assert_eq!(waits, [200, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.next_ms(0.0, u32::MAX), 100);
        assert!(backoff.next_ms(0.999, u32::MAX) < 1_500);
        assert_eq!(backoff.next_ms(0.5, 1_500), 1_500);
    }
}
