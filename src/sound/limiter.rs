//! Holds peaks below full scale without delay.

/// The level that no sample passes, in dB relative to full scale.
///
/// Peaks between samples may be about 1 dB higher than the samples show; this leaves them room.
pub const CEILING_DBFS: f32 = -1.0;

/// [`CEILING_DBFS`] as a gain: 10^(-1/20).
const CEILING: f32 = 0.891_250_9;

/// How long the gain stays down after a peak, in frames: 5 ms at 48 kHz, half a period of 100 Hz, so that the gain does not
/// follow the wave itself.
const HOLD_FRAMES: u32 = 240;

/// Per frame, the share of the way back to 1: a time constant of 60 ms at 48 kHz.
const RELEASE: f32 = 1.0 / 2880.0;

/// A peak limiter for interleaved sound at 48 kHz.
///
/// It looks at one frame at a time: the gain falls within the frame that needs it and comes back slowly, so there is no
/// delay and no sample passes the ceiling. All channels share the gain. Sound that stays below the ceiling passes bit for
/// bit. Samples that are not finite become silence.
#[derive(Clone, Debug)]
pub struct Limiter {
    channels: usize,
    gain: f32,
    hold: u32,
}

impl Limiter {
    /// A limiter for `channels` interleaved channels (at least 1).
    pub fn new(channels: usize) -> Self {
        Self {
            channels: channels.max(1),
            gain: 1.0,
            hold: 0,
        }
    }

    /// Frames by which the sound comes out later: none.
    pub const fn latency_samples(&self) -> usize {
        0
    }

    /// The gain of the last frame, 0..=1; 1 means that nothing is being held.
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// Limits whole frames in place.
    pub fn process(&mut self, samples: &mut [f32]) {
        for frame in samples.chunks_mut(self.channels) {
            let mut peak = 0.0f32;
            for sample in frame.iter_mut() {
                if !sample.is_finite() {
                    *sample = 0.0;
                }
                peak = peak.max(sample.abs());
            }
            self.follow(peak);
            if self.gain < 1.0 {
                for sample in frame {
                    // The clamp only takes rounding away.
                    *sample = (*sample * self.gain).clamp(-CEILING, CEILING);
                }
            }
        }
    }

    /// Moves the gain by one frame whose highest sample is `peak`.
    fn follow(&mut self, peak: f32) {
        if peak * self.gain > CEILING {
            self.gain = CEILING / peak;
            self.hold = HOLD_FRAMES;
        } else if self.hold > 0 {
            self.hold -= 1;
        } else if self.gain < 1.0 {
            let released = self.gain + (1.0 - self.gain) * RELEASE;
            let released = if released > 0.9999 { 1.0 } else { released };
            self.gain = if peak * released > CEILING {
                CEILING / peak
            } else {
                released
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quiet_sound_passes_untouched() {
        let sound: Vec<f32> = (0..4800).map(|i| (i as f32 * 0.1).sin() * 0.89).collect();
        let mut limited = sound.clone();
        Limiter::new(2).process(&mut limited);
        assert_eq!(sound, limited);
        assert!((CEILING - super::super::db_to_gain(CEILING_DBFS)).abs() < 1e-6);
    }

    #[test]
    fn the_gain_comes_back_after_a_peak() {
        let mut limiter = Limiter::new(1);
        limiter.process(&mut [4.0]);
        assert!(limiter.gain() < 0.25);
        limiter.process(&mut vec![0.1; 48_000]);
        assert_eq!(limiter.gain(), 1.0);
    }

    #[test]
    fn a_loud_sine_stays_a_sine() {
        let mut sound: Vec<f32> = (0..48_000)
            .map(|i| (i as f32 * 0.026_18).sin() * 2.0)
            .collect();
        Limiter::new(1).process(&mut sound);
        // After the first peak the gain is constant: what is left is the same sine, smaller.
        let settled = &sound[24_000..];
        let error: f32 = settled
            .iter()
            .enumerate()
            .map(|(i, s)| (s - ((i + 24_000) as f32 * 0.026_18).sin() * CEILING).powi(2))
            .sum();
        let power: f32 = settled.iter().map(|s| s * s).sum();
        assert!(error / power < 1e-3, "distortion {}", error / power);
    }

    proptest! {
        #[test]
        fn nothing_passes_the_ceiling_and_blocks_do_not_matter(
            sound in prop::collection::vec(prop_oneof![-8.0f32..8.0, -1.0f32..1.0, Just(f32::NAN), Just(f32::INFINITY), Just(1e30f32)], 0..800),
            cut in 0usize..800,
        ) {
            let even = sound.len() / 2 * 2;
            let mut whole = sound[..even].to_vec();
            let mut parts = whole.clone();
            Limiter::new(2).process(&mut whole);
            let mut limiter = Limiter::new(2);
            let (first, second) = parts.split_at_mut(cut.min(even) / 2 * 2);
            limiter.process(first);
            limiter.process(second);
            prop_assert!(whole.iter().all(|s| s.abs() <= CEILING));
            prop_assert_eq!(whole, parts);
        }
    }
}
