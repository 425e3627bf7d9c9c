//! Makes the sound of all voices alike: no offset, the same little silence at the ends, the same loudness.

use crate::media::{MediaTime, PhoneTime, SAMPLE_RATE_HZ};
use crate::sound::{Limiter, gain_towards, gated_rms_dbfs};

use super::Speech;
use super::words::stretches_secs;

/// Silence before the first sound, in milliseconds.
const LEAD_MS: u32 = 40;
/// Silence after the last sound, in milliseconds; fading endings need more than beginnings.
const TAIL_MS: u32 = 120;
/// The level that voices are brought to: gated RMS in dB relative to full scale. With the peaks of speech 15 dB higher
/// this nearly fills the range without the limiter at work all the time.
const LEVEL_DBFS: f32 = -18.0;
/// No voice is made louder than this, in dB: what is softer is noise.
const MAX_GAIN_DB: f32 = 18.0;

/// Cleans up in place, times of words and phones included. False when there is no sound at all.
pub(super) fn clean(speech: &mut Speech) -> bool {
    let rate = speech.sample_rate_hz;
    remove_offset(&mut speech.samples);
    let Some(level) = gated_rms_dbfs(&speech.samples, rate) else {
        return false;
    };
    trim(speech);
    let gain = gain_towards(level, LEVEL_DBFS, MAX_GAIN_DB);
    for sample in &mut speech.samples {
        *sample *= gain;
    }
    // Works at other rates as well; its times are then a little longer.
    Limiter::new(1).process(&mut speech.samples);
    true
}

/// Takes the mean away.
fn remove_offset(samples: &mut [f32]) {
    let sum: f64 = samples.iter().map(|s| f64::from(*s)).sum();
    let mean = (sum / samples.len().max(1) as f64) as f32;
    for sample in samples {
        *sample -= mean;
    }
}

/// Makes the silence at both ends as long as it shall be, and moves words and phones along.
fn trim(speech: &mut Speech) {
    let rate = speech.sample_rate_hz;
    let stretches = stretches_secs(&speech.samples, rate);
    let (Some((first, _)), Some((_, last))) = (stretches.first(), stretches.last()) else {
        return;
    };
    let samples = |secs: f64| (secs.max(0.0) * f64::from(rate)).round() as usize;
    // Some voices are not quiet in their pauses: where phones are reported they know better.
    let spoken = |phone: &&PhoneTime| phone.phone != "pau";
    let first_phone = speech
        .phones
        .iter()
        .find(spoken)
        .map(|p| p.start.as_secs_f64() - 0.02);
    let last_phone = speech
        .phones
        .iter()
        .rfind(spoken)
        .map(|p| p.end.as_secs_f64() + 0.06);
    let first = samples(first.max(first_phone.unwrap_or(0.0)));
    let last = samples(last.min(last_phone.unwrap_or(f64::INFINITY)))
        .clamp(first, speech.samples.len().max(first));
    let (lead, tail) = (
        (rate * LEAD_MS / 1000) as usize,
        (rate * TAIL_MS / 1000) as usize,
    );
    let mut cut = vec![0.0; lead.saturating_sub(first)];
    let padded = cut.len();
    let start = first.saturating_sub(lead);
    let end = (last + tail).min(speech.samples.len());
    cut.extend_from_slice(&speech.samples[start..end]);
    cut.resize(lead + (last - first) + tail, 0.0);
    fade_ends(&mut cut, rate);
    let shift_samples = padded as i64 - start as i64;
    let shift = MediaTime((shift_samples * i64::from(SAMPLE_RATE_HZ)) / i64::from(rate));
    let length = MediaTime(cut.len() as i64 * i64::from(SAMPLE_RATE_HZ) / i64::from(rate));
    speech.samples = cut;
    let moved = |time: MediaTime| (time + shift).clamp(MediaTime::ZERO, length);
    for word in &mut speech.words {
        (word.start, word.end) = (moved(word.start), moved(word.end));
    }
    for phone in &mut speech.phones {
        (phone.start, phone.end) = (moved(phone.start), moved(phone.end));
    }
    speech.phones.retain(|phone| phone.end > phone.start);
}

/// Fades in and out over 5 ms, so that noise under the voice does not start with a click.
fn fade_ends(samples: &mut [f32], rate: u32) {
    let length = ((rate / 200) as usize).min(samples.len() / 2);
    let count = samples.len();
    for index in 0..length {
        let gain = index as f32 / length as f32;
        samples[index] *= gain;
        samples[count - 1 - index] *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::WordTime;

    fn speech(silence_before: usize, sound: usize, silence_after: usize, amplitude: f32) -> Speech {
        let mut samples = vec![0.1; silence_before];
        samples.extend((0..sound).map(|i| 0.1 + (i as f32 * 0.3).sin() * amplitude));
        samples.extend(vec![0.1; silence_after]);
        let at = |n: usize| MediaTime(n as i64 * 3);
        Speech {
            samples,
            sample_rate_hz: 16_000,
            words: vec![WordTime {
                text: "w".into(),
                start: at(silence_before),
                end: at(silence_before + sound),
            }],
            phones: vec![PhoneTime {
                phone: "pau".into(),
                start: at(0),
                end: at(silence_before),
            }],
            ..Speech::default()
        }
    }

    #[test]
    fn ends_level_and_times_are_constant() {
        for (before, after, amplitude) in [(0, 0, 0.03), (8_000, 16_000, 0.3), (100, 3_000, 0.8)] {
            let mut speech = speech(before, 16_000, after, amplitude);
            assert!(clean(&mut speech));
            let word = &speech.words[0];
            assert!(
                (word.start.as_millis_f64() - 40.0).abs() <= 12.0,
                "{word:?}"
            );
            assert!(
                (word.end.as_millis_f64() - 1040.0).abs() <= 12.0,
                "{word:?}"
            );
            assert!(
                (speech.duration_secs() - 1.16).abs() <= 0.03,
                "{}",
                speech.duration_secs()
            );
            let level = gated_rms_dbfs(&speech.samples, 16_000).unwrap();
            assert!((level - LEVEL_DBFS).abs() < 1.0, "{level}");
            let mean: f32 = speech.samples.iter().sum::<f32>() / speech.samples.len() as f32;
            assert!(mean.abs() < 0.01, "{mean}");
        }
    }

    #[test]
    fn a_whisper_is_not_blown_up_and_silence_is_found() {
        let mut soft = speech(0, 16_000, 0, 0.004);
        assert!(clean(&mut soft));
        assert!(gated_rms_dbfs(&soft.samples, 16_000).unwrap() < -30.0);
        let mut silent = speech(16_000, 0, 0, 0.0);
        assert!(!clean(&mut silent));
        assert!(!clean(&mut Speech::default()));
    }
}
