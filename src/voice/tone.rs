//! The voice that needs nothing: a beep for each syllable or so.

use crate::media::{MediaTime, SAMPLE_RATE_HZ, WordTime};
use crate::sound::beep;

use super::Speech;
use super::text::is_han;
use super::words::split_words;

/// Samples of one beep: 110 ms.
const BEEP: usize = SAMPLE_RATE_HZ as usize * 110 / 1000;
/// Samples between beeps of a word: 30 ms.
const GAP: usize = SAMPLE_RATE_HZ as usize * 30 / 1000;
/// Samples between words, on top: 30 ms.
const WORD_GAP: usize = SAMPLE_RATE_HZ as usize * 30 / 1000;
/// Samples for a mark, on top: 180 ms.
const MARK_GAP: usize = SAMPLE_RATE_HZ as usize * 180 / 1000;
/// Peak of the beeps: -15 dBFS RMS, as loud as a voice.
const AMPLITUDE: f32 = 0.25;
/// Pitches in Hz, in turn; in the range of voices.
const PITCHES_HZ: [f32; 5] = [220.0, 277.0, 247.0, 330.0, 294.0];

/// Beeps `text`; the times of the words are exact.
pub(super) fn speak(text: &str) -> Speech {
    let mut speech = Speech {
        sample_rate_hz: SAMPLE_RATE_HZ,
        ..Speech::default()
    };
    let mut count = 0;
    for word in split_words(text) {
        let start = MediaTime::from_samples(speech.samples.len());
        let syllables = syllables(&word.text);
        for syllable in 0..syllables {
            if syllable > 0 {
                speech.samples.extend([0.0; GAP]);
            }
            speech
                .samples
                .extend(beep(PITCHES_HZ[count % PITCHES_HZ.len()], BEEP, AMPLITUDE));
            count += 1;
        }
        let end = MediaTime::from_samples(speech.samples.len());
        speech.samples.extend([0.0; WORD_GAP]);
        if word.has_mark {
            speech.samples.extend([0.0; MARK_GAP]);
        }
        speech.words.push(WordTime {
            text: word.text,
            start,
            end,
        });
    }
    speech
}

/// Runs of vowels, Han characters and digits; at least 1.
fn syllables(word: &str) -> usize {
    let (mut count, mut in_vowels) = (0, false);
    for c in word.to_lowercase().chars() {
        let is_vowel = "aeiouyàáâäèéêëìíîïòóôöùúûü".contains(c);
        count += usize::from(is_han(c) || c.is_ascii_digit() || (is_vowel && !in_vowels));
        in_vowels = is_vowel;
    }
    count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_exactly_where_the_beeps_are() {
        let speech = speak("Hello, 你好 x");
        assert_eq!(speech.words.len(), 4);
        for word in &speech.words {
            let range = word.start.0 as usize..word.end.0 as usize;
            assert!(
                speech.samples[range].iter().any(|s| s.abs() > 0.2),
                "{word:?}"
            );
        }
        for pair in speech.words.windows(2) {
            let gap = &speech.samples[pair[0].end.0 as usize..pair[1].start.0 as usize];
            assert!(!gap.is_empty() && gap.iter().all(|s| *s == 0.0));
        }
        assert_eq!(syllables("Hello,"), 2);
        assert_eq!(speech, speak("Hello, 你好 x"));
    }
}
