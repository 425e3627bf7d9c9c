//! What motion wants to know about the speech: how loud, where the accents are, where phrases begin and end.
//!
//! Made once per utterance from its sound, so that a nod can begin before its syllable and every value is a function of
//! the time alone.

use std::ops::Range;

use super::chance::smooth_step;
use super::pitch;
use crate::media::{Blendshapes, Emotion, MediaTime, TICKS_PER_SEC};

/// Loudness is measured over windows of this many samples at 48 kHz (20 ms).
const WINDOW: usize = 960;
/// Windows of silence put before and after the sound (0.6 s), so that everything fades in and out.
const PADDING: usize = 30;
/// The range of loudness below an utterance's loud parts that counts, dB.
const RANGE_DB: f32 = 30.0;
/// No sound below this counts as speech, dB below full scale.
const FLOOR_DB: f32 = -50.0;
/// Energy above which somebody speaks.
const SPEAKING: f32 = 0.15;
/// Half widths of the smoothing, in windows: loudness 60 ms, accents 100 ms.
const SMOOTH_ENERGY: usize = 3;
const SMOOTH_ACCENT: usize = 5;
/// Speech counts this long before and after it is heard (300 ms), in windows.
const PAUSE_BRIDGED: usize = 15;
/// A voice that is raised by this many semitones stands out as much as one that goes from silent to loud; no more counts.
const RAISED: f32 = 9.0;
/// An accent stands out from its surroundings (400 ms to both sides) by this much, and accents keep apart by 700 ms.
const ACCENT_RISE: f32 = 0.12;
const ACCENT_REACH: usize = 20;
const ACCENT_APART: usize = 35;
/// A nod begins 160 ms before its accent and is over 260 ms after it, in windows.
const NOD_BEFORE: usize = 8;
const NOD_AFTER: usize = 13;
/// A phrase ends where at least 400 ms of speech are followed by 240 ms without, in windows.
const PHRASE_SPEECH: usize = 20;
const PHRASE_PAUSE: usize = 12;
/// A phrase end is reported for this long.
const PHRASE_MEMORY: MediaTime = MediaTime::from_millis(1000);
/// A question shows from so long before its end to so long after, and takes so long to come and to go, seconds.
const ASKING_SECS: (f64, f64) = (0.45, 0.35);
const ASKING_FADE_SECS: f64 = 0.30;

/// The speech at one instant.
///
/// Best taken from a [`SpeechProfile`]; the default is silence with a neutral face.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpeechNow {
    /// The mouth from lip-sync.
    pub mouth: Blendshapes,
    /// Whether the host talks; short pauses count.
    pub speaking: bool,
    /// Smoothed loudness within the utterance, 0..=1.
    pub energy: f32,
    /// How far a nod on a stressed syllable has got, 0..=1.
    pub accent: f32,
    /// How long ago that syllable was at its strongest; negative before. `None` where no nod is due or it is not known.
    pub since_accent: Option<MediaTime>,
    /// How much a question is being asked, by its melody, 0..=1.
    pub asking: f32,
    /// How long ago a phrase ended, if within the last second.
    pub since_phrase_end: Option<MediaTime>,
    /// What the face is to show.
    pub emotion: Emotion,
}

impl SpeechNow {
    /// Nothing is said.
    pub fn silent(emotion: Emotion) -> Self {
        Self {
            emotion,
            ..Self::default()
        }
    }
}

/// A stressed syllable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accent {
    /// Where it is strongest, counted from the start of the utterance.
    pub at: MediaTime,
    /// How far it stands out in loudness and pitch, 0..=1.
    pub strength: f32,
}

/// What is said in one breath; times count from the start of the utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phrase {
    /// Where its sound begins.
    pub start: MediaTime,
    /// Where its sound ends.
    pub end: MediaTime,
    /// Whether the voice goes up at its end.
    pub asks: bool,
}

/// Loudness, accents and phrases of one utterance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeechProfile {
    energy: Vec<f32>,
    /// 1 where somebody speaks, pauses bridged.
    talk: Vec<f32>,
    /// The course of nods.
    course: Vec<f32>,
    accents: Vec<Accent>,
    phrases: Vec<Phrase>,
}

impl SpeechProfile {
    /// Measures mono sound at 48 kHz.
    pub fn new(samples_48k: &[f32]) -> Self {
        let raw = loudness(samples_48k);
        let energy = smoothed(&raw, SMOOTH_ENERGY);
        let speaking: Vec<f32> = energy
            .iter()
            .map(|&e| if e > SPEAKING { 1.0 } else { 0.0 })
            .collect();
        let mut pitch = vec![None; PADDING];
        pitch.extend(pitch::track(samples_48k, WINDOW));
        pitch.resize(energy.len(), None);
        let runs = phrases(&speaking);
        // Loudness and pitch together.
        let mut stress = raw;
        for run in &runs {
            for (index, height) in run.clone().zip(pitch::above_line(&pitch[run.clone()])) {
                stress[index] += energy[index] * (height / RAISED).clamp(0.0, 1.0);
            }
        }
        let peaks = accents(&smoothed(&stress, SMOOTH_ACCENT));
        Self {
            talk: widened(&speaking, PAUSE_BRIDGED),
            course: nods(&peaks, energy.len()),
            accents: peaks
                .iter()
                .map(|&(peak, strength)| Accent {
                    at: window_middle(peak),
                    strength,
                })
                .collect(),
            phrases: runs
                .into_iter()
                .map(|run| Phrase {
                    start: window_middle(run.start),
                    end: window_middle(run.end),
                    asks: pitch::rises(&pitch[run]),
                })
                .collect(),
            energy,
        }
    }

    /// The stressed syllables, in the order of time.
    pub fn accents(&self) -> &[Accent] {
        &self.accents
    }

    /// What is said between pauses, in the order of time.
    pub fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }

    /// The speech at `at`, counted from the start of the utterance; silent well before and after it.
    pub fn now(&self, at: MediaTime, mouth: Blendshapes, emotion: Emotion) -> SpeechNow {
        let since_phrase_end = self
            .phrases
            .iter()
            .rev()
            .map(|phrase| at - phrase.end)
            .find(|&since| since >= MediaTime::ZERO)
            .filter(|&since| since < PHRASE_MEMORY);
        let (before, after) = (nod_time(NOD_BEFORE), nod_time(NOD_AFTER));
        let since_accent = self
            .accents
            .iter()
            .map(|accent| at - accent.at)
            .find(|&since| since > -before && since < after);
        let asking = self.phrases.iter().filter(|phrase| phrase.asks);
        SpeechNow {
            mouth,
            speaking: sample(&self.talk, at) > 0.5,
            energy: sample(&self.energy, at),
            accent: sample(&self.course, at),
            since_accent,
            asking: asking
                .map(|phrase| asking_at((at - phrase.end).as_secs_f64()))
                .fold(0.0, f32::max),
            since_phrase_end,
            emotion,
        }
    }

    /// When the profile has nothing more to say: motion is idle from here on.
    pub fn settled(&self) -> MediaTime {
        let after_windows = window_middle(self.energy.len());
        match self.phrases.last() {
            Some(phrase) => after_windows.max(phrase.end + PHRASE_MEMORY),
            None => after_windows,
        }
    }
}

/// The middle of window `index`; the first ones lie before the sound.
fn window_middle(index: usize) -> MediaTime {
    let samples = MediaTime::from_samples(index * WINDOW + WINDOW / 2);
    samples - MediaTime::from_samples(PADDING * WINDOW)
}

fn sample(values: &[f32], at: MediaTime) -> f32 {
    let position = (at - window_middle(0)).ticks() as f64 / WINDOW as f64;
    let index = position.floor();
    let value = |index: f64| {
        if index < 0.0 {
            0.0
        } else {
            values.get(index as usize).copied().unwrap_or(0.0)
        }
    };
    value(index) + (value(index + 1.0) - value(index)) * (position - index) as f32
}

/// 0..=1 per window, against the utterance's own loud parts; padded with silence.
fn loudness(samples: &[f32]) -> Vec<f32> {
    let levels_db: Vec<f32> = samples
        .chunks(WINDOW)
        .map(|window| {
            let energy: f32 = window
                .iter()
                .filter(|sample| sample.is_finite())
                .map(|sample| sample * sample)
                .sum();
            10.0 * (energy / WINDOW as f32 + 1e-10).log10()
        })
        .collect();
    let mut sorted = levels_db.clone();
    sorted.sort_by(f32::total_cmp);
    let loud_db = sorted
        .get(sorted.len() * 95 / 100)
        .copied()
        .unwrap_or(FLOOR_DB)
        .max(FLOOR_DB + RANGE_DB);
    let mut energy = vec![0.0; PADDING];
    energy.extend(
        levels_db
            .iter()
            .map(|level| ((level - loud_db + RANGE_DB) / RANGE_DB).clamp(0.0, 1.0)),
    );
    energy.extend([0.0; PADDING]);
    energy
}

/// Raised-cosine smoothing over `half` windows to both sides.
fn smoothed(values: &[f32], half: usize) -> Vec<f32> {
    let weights: Vec<f32> = (0..=2 * half)
        .map(|i| {
            let x = (i as f32 + 1.0) / (2 * half + 2) as f32;
            1.0 - (std::f32::consts::TAU * x).cos()
        })
        .collect();
    let total: f32 = weights.iter().sum();
    (0..values.len())
        .map(|middle| {
            let sum: f32 = weights
                .iter()
                .enumerate()
                .filter_map(|(i, weight)| {
                    let index = (middle + i).checked_sub(half)?;
                    Some(values.get(index)? * weight)
                })
                .sum();
            sum / total
        })
        .collect()
}

/// The largest value within `half` windows.
fn widened(values: &[f32], half: usize) -> Vec<f32> {
    (0..values.len())
        .map(|i| {
            let range = i.saturating_sub(half)..(i + half + 1).min(values.len());
            values[range].iter().copied().fold(0.0, f32::max)
        })
        .collect()
}

/// The windows of stressed syllables and how strong they are, in the order of time; of two that are near, the stronger.
fn accents(stress: &[f32]) -> Vec<(usize, f32)> {
    let mut found: Vec<(usize, f32)> = (ACCENT_REACH..stress.len().saturating_sub(ACCENT_REACH))
        .filter_map(|peak| {
            let around = &stress[peak - ACCENT_REACH..=peak + ACCENT_REACH];
            let mean = around.iter().sum::<f32>() / around.len() as f32;
            let rise = stress[peak] - mean;
            let highest = around[ACCENT_REACH / 2..=ACCENT_REACH * 3 / 2]
                .iter()
                .all(|&e| e <= stress[peak]);
            (highest && rise >= ACCENT_RISE).then_some((peak, rise))
        })
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<(usize, f32)> = Vec::new();
    for (peak, rise) in found {
        if kept.iter().all(|own| own.0.abs_diff(peak) >= ACCENT_APART) {
            kept.push((peak, (rise / 0.4).min(1.0)));
        }
    }
    kept.sort_by_key(|own| own.0);
    kept
}

/// The course of nods over `windows`: one for each accent, as strong as the accent.
fn nods(accents: &[(usize, f32)], windows: usize) -> Vec<f32> {
    let mut course = vec![0.0f32; windows];
    for &(peak, strength) in accents {
        for step in 0..=NOD_BEFORE + NOD_AFTER {
            let x = if step <= NOD_BEFORE {
                step as f32 / NOD_BEFORE as f32
            } else {
                1.0 - (step - NOD_BEFORE) as f32 / NOD_AFTER as f32
            };
            if let Some(value) = course.get_mut(peak + step - NOD_BEFORE) {
                *value = value.max(strength * smooth_step(f64::from(x)) as f32);
            }
        }
    }
    course
}

/// `windows` of a nod as time.
fn nod_time(windows: usize) -> MediaTime {
    MediaTime::from_samples(windows * WINDOW)
}

/// How much a question is being asked, `secs` after its end.
fn asking_at(secs: f64) -> f32 {
    let (before, after) = ASKING_SECS;
    let come = smooth_step((secs + before + ASKING_FADE_SECS) / ASKING_FADE_SECS);
    let gone = smooth_step((secs - after) / ASKING_FADE_SECS);
    (come - gone) as f32
}

/// The windows of each phrase.
fn phrases(speaking: &[f32]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut spoken, mut silent, mut start) = (0, 0, 0);
    for (index, &on) in speaking.iter().enumerate() {
        if on > 0.5 {
            if spoken == 0 {
                start = index;
            }
            spoken += 1;
            silent = 0;
            continue;
        }
        silent += 1;
        if silent == PHRASE_PAUSE {
            if spoken >= PHRASE_SPEECH {
                found.push(start..index + 1 - PHRASE_PAUSE);
            }
            spoken = 0;
        }
    }
    found
}

const _: () = assert!(WINDOW as i64 * 50 == TICKS_PER_SEC);
