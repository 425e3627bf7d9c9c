//! A beep that can be found again in a recording.

use crate::media::SAMPLE_RATE_HZ;

use super::Ramp;

/// The pitch of the test pattern's beep, in Hz.
pub const BEEP_HZ: f32 = 1000.0;

/// How long the beep fades in and out: 2 ms at 48 kHz.
const RAMP_SAMPLES: usize = 96;

/// A sine at 48 kHz that starts at phase zero and fades in and out within 2 ms each (less when it is very short).
///
/// `samples` is its whole length; `amplitude` its peak, 0..=1.
pub fn beep(frequency_hz: f32, samples: usize, amplitude: f32) -> Vec<f32> {
    let fade = RAMP_SAMPLES.min(samples / 2);
    let mut ramp = Ramp::new(0.0);
    ramp.set(amplitude, fade);
    let per_sample = std::f64::consts::TAU * f64::from(frequency_hz) / f64::from(SAMPLE_RATE_HZ);
    (0..samples)
        .map(|index| {
            if index == samples - fade {
                ramp.set(0.0, fade);
            }
            (index as f64 * per_sample).sin() as f32 * ramp.next_gain()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beep_has_its_length_level_and_pitch() {
        let sound = beep(BEEP_HZ, 4800, 0.5);
        assert_eq!(sound.len(), 4800);
        let peak = sound.iter().fold(0.0f32, |most, s| most.max(s.abs()));
        assert!((peak - 0.5).abs() < 0.001, "{peak}");
        let crossings = sound
            .windows(2)
            .filter(|w| w[0] <= 0.0 && w[1] > 0.0)
            .count();
        assert!(
            (99..=101).contains(&crossings),
            "{crossings} periods in 100 ms"
        );
        assert_eq!(sound[0], 0.0);
        assert!(sound[4799].abs() < 0.01);
        let step = sound
            .windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f32::max);
        assert!(step < 0.08, "a step of {step} would click");
    }

    #[test]
    fn very_short_beeps_are_harmless() {
        for samples in 0..5 {
            assert_eq!(beep(BEEP_HZ, samples, 1.0).len(), samples);
        }
    }
}
