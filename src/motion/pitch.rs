//! How high a voice is, window by window: the other half of stress besides loudness, and how questions are told.

/// Sound is looked at at 8 kHz: every sixth sample of 48 kHz, after the mean of six.
const SHRINK: usize = 6;
const RATE_HZ: f32 = 8_000.0;
/// Samples of 8 kHz that are compared (30 ms), and lags in them: 500 to 70 Hz.
const COMPARED: usize = 240;
const LAGS: std::ops::RangeInclusive<usize> = 16..=114;
/// A sound that repeats itself less than this is no voice; 1 is a perfect repeat.
const VOICED: f32 = 0.55;
/// The first peak of at least this share of the highest is the pitch: later ones are its multiples.
const FIRST_PEAK: f32 = 0.88;
/// Quieter sound is not looked at, mean square.
const FLOOR: f32 = 1e-6;
/// A pitch further than this from the middle one is a mistake, semitones.
const RANGE: f32 = 14.0;
/// How far a voice sinks in a phrase (declination), semitones in a second: what is outside is a melody.
const SINKS: (f32, f32) = (-6.0, 0.0);

/// Semitones above the middle pitch of the utterance in each window of `window` samples at 48 kHz; `None` where there is no
/// voice. By the normalised autocorrelation (Rabiner 1977).
pub(super) fn track(samples_48k: &[f32], window: usize) -> Vec<Option<f32>> {
    let sound: Vec<f32> = samples_48k
        .chunks(SHRINK)
        .map(|part| {
            let sum: f32 = part.iter().filter(|sample| sample.is_finite()).sum();
            sum.clamp(-8.0, 8.0) / SHRINK as f32
        })
        .collect();
    let reach = COMPARED + LAGS.end();
    let hertz: Vec<Option<f32>> = (0..samples_48k.len().div_ceil(window))
        .map(|index| {
            let middle = (index * window + window / 2) / SHRINK;
            let from = middle.checked_sub(reach / 2)?;
            hertz_of(sound.get(from..from + reach)?)
        })
        .collect();
    let steady: Vec<Option<f32>> = (0..hertz.len())
        .map(|index| hertz[index].and(median_around(&hertz, index)))
        .collect();
    let mut all: Vec<f32> = steady.iter().flatten().copied().collect();
    all.sort_by(f32::total_cmp);
    let Some(&middle) = all.get(all.len() / 2) else {
        return steady;
    };
    steady
        .iter()
        .map(|hertz| {
            let semitones = 12.0 * (hertz.as_ref()? / middle).log2();
            (semitones.abs() < RANGE).then_some(semitones)
        })
        .collect()
}

/// The pitch of one stretch.
fn hertz_of(sound: &[f32]) -> Option<f32> {
    let first = &sound[..COMPARED];
    let power = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>();
    let own = power(first);
    if own / (COMPARED as f32) < FLOOR {
        return None;
    }
    let likeness: Vec<f32> = LAGS
        .map(|lag| {
            let later = &sound[lag..lag + COMPARED];
            let both: f32 = first.iter().zip(later).map(|(a, b)| a * b).sum();
            both / (own * power(later)).sqrt().max(f32::MIN_POSITIVE)
        })
        .collect();
    let highest = likeness.iter().copied().fold(0.0, f32::max);
    if highest < VOICED {
        return None;
    }
    let place = (1..likeness.len() - 1).find(|&i| {
        likeness[i] >= FIRST_PEAK * highest
            && likeness[i] >= likeness[i - 1]
            && likeness[i] >= likeness[i + 1]
    })?;
    // The top of the parabola through three points.
    let [a, b, c] = [likeness[place - 1], likeness[place], likeness[place + 1]];
    let bend = a - 2.0 * b + c;
    let aside = if bend.abs() > 1e-9 {
        (0.5 * (a - c) / bend).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    Some(RATE_HZ / ((LAGS.start() + place) as f32 + aside))
}

/// The median of the voiced windows among five.
fn median_around(hertz: &[Option<f32>], index: usize) -> Option<f32> {
    let range = index.saturating_sub(2)..(index + 3).min(hertz.len());
    let mut near: Vec<f32> = hertz[range].iter().flatten().copied().collect();
    near.sort_by(f32::total_cmp);
    near.get(near.len() / 2).copied()
}

/// Semitones above the line along which a voice sinks in the course of a phrase; 0 where there is no voice.
pub(super) fn above_line(phrase: &[Option<f32>]) -> Vec<f32> {
    let points = || {
        let voiced = phrase.iter().enumerate();
        voiced.filter_map(|(index, pitch)| Some((index as f32, (*pitch)?)))
    };
    let count = points().count().max(1) as f32;
    let (x, y) = points().fold((0.0, 0.0), |(x, y), (i, p)| (x + i / count, y + p / count));
    let (both, own) = points().fold((0.0f32, 0.0f32), |(both, own), (i, p)| {
        (both + (i - x) * (p - y), own + (i - x) * (i - x))
    });
    // 50 windows in a second.
    let slope = (both / own.max(1.0)).clamp(SINKS.0 / 50.0, SINKS.1 / 50.0);
    phrase
        .iter()
        .enumerate()
        .map(|(index, pitch)| pitch.map_or(0.0, |pitch| pitch - y - slope * (index as f32 - x)))
        .collect()
}

/// Whether the voice goes up at the end of a phrase, as in a question.
pub(super) fn rises(phrase: &[Option<f32>]) -> bool {
    /// The end and what is before it, in voiced windows, and how much higher the end is, semitones.
    const END: usize = 8;
    const BEFORE: usize = 24;
    const HIGHER: f32 = 2.5;
    let voiced: Vec<f32> = phrase.iter().flatten().copied().collect();
    let Some(split) = voiced.len().checked_sub(END).filter(|&split| split >= END) else {
        return false;
    };
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    mean(&voiced[split..]) - mean(&voiced[split.saturating_sub(BEFORE)..split]) > HIGHER
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buzz at 48 kHz whose pitch follows `hertz`, with harmonics as a voice has.
    fn buzz(secs: f32, hertz: impl Fn(f32) -> f32) -> Vec<f32> {
        let mut phase = 0.0f32;
        (0..(secs * 48_000.0) as usize)
            .map(|i| {
                phase += hertz(i as f32 / 48_000.0) / 48_000.0;
                let wave = |n: f32| (std::f32::consts::TAU * n * phase).sin() / n;
                0.2 * (wave(1.0) + wave(2.0) + wave(3.0) + wave(4.0))
            })
            .collect()
    }

    #[test]
    fn the_pitch_of_a_voice_is_found_without_octave_errors() {
        for base in [90.0, 120.0, 210.0, 330.0] {
            let glide = buzz(1.0, |t| if t < 0.5 { base } else { base * 1.189_207 });
            let track = track(&glide, 960);
            let mean = |part: &[Option<f32>]| {
                let voiced: Vec<f32> = part.iter().flatten().copied().collect();
                assert!(voiced.len() * 10 > part.len() * 9, "{base}: {voiced:?}");
                voiced.iter().sum::<f32>() / voiced.len() as f32
            };
            let rise = mean(&track[28..47]) - mean(&track[3..22]);
            assert!((rise - 3.0).abs() < 0.3, "{base} Hz: {rise} semitones");
        }
    }

    #[test]
    fn noise_and_silence_have_no_pitch() {
        let mut state = 1u32;
        let noise: Vec<f32> = (0..48_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        let voiced = track(&noise, 960).iter().flatten().count();
        assert!(voiced < 5, "{voiced}");
        assert!(track(&vec![0.0; 48_000], 960).iter().all(Option::is_none));
    }

    #[test]
    fn a_question_rises_and_a_statement_sinks() {
        let asks = buzz(1.2, |t| {
            if t < 0.9 {
                180.0
            } else {
                180.0 + 250.0 * (t - 0.9)
            }
        });
        let says = buzz(1.2, |t| 200.0 - 40.0 * t);
        assert!(rises(&track(&asks, 960)));
        assert!(!rises(&track(&says, 960)));
        let line = above_line(&track(&says, 960));
        assert!(line.iter().all(|st| st.abs() < 1.0), "{line:?}");
    }
}
