//! Words in time when the voice does not tell: spread over the sound, pauses respected.

use crate::media::{MediaTime, WordTime};

use super::text::is_han;

/// The grid on which loud and silent are told apart, in seconds.
const HOP_SECS: f64 = 0.01;
/// Silences shorter than this many hops (70 ms) belong to the word: stops such as p, t and k.
const SHORTEST_PAUSE_HOPS: usize = 7;
/// Beyond this much work the words are spread without looking for the best fit of words to stretches.
const MAX_FIT_STEPS: usize = 4_000_000;
/// How far a stretch may be from what its words suggest, in seconds and as a share of it; a misfit of so much costs 1. Words
/// of equal length really differ by about a sixth (measured on espeak-ng).
const TOLERANCE_SECS: f64 = 0.1;
const TOLERANCE_SHARE: f64 = 0.15;
/// A pause of this length where the text has no mark costs 1; the cost grows with its square, up to the limit below.
const PAUSE_WITHOUT_MARK_SECS: f64 = 0.04;
const MAX_PAUSE_COST: f64 = 16.0;
/// What it costs to run over a mark without a pause.
const MARK_WITHOUT_PAUSE: f64 = 2.0;

/// A word as written and how long it takes to say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    /// With the punctuation around it.
    pub text: String,
    /// About how long it takes, in letters of English.
    pub weight: f64,
    /// Whether punctuation follows that a speaker hears as a pause.
    pub has_mark: bool,
}

/// Cuts a text into words; each Han character is one. Opening marks go with the word behind them, others with the one before.
pub(super) fn split_words(text: &str) -> Vec<Word> {
    let mut texts: Vec<String> = Vec::new();
    let mut opening = String::new();
    // Whether the next letter goes on with the last word.
    let mut joined = false;
    let mut spaced = false;
    for c in text.chars() {
        let symbol_joins = joined && !c.is_alphanumeric();
        let after_space = std::mem::replace(&mut spaced, c.is_whitespace());
        if c.is_whitespace() {
            joined = false;
        } else if is_character(c) {
            texts.push(std::mem::take(&mut opening) + &c.to_string());
            joined = false;
        } else if c.is_alphanumeric() || symbol_joins {
            match texts.last_mut() {
                Some(last) if joined => last.push(c),
                _ => texts.push(std::mem::take(&mut opening) + &c.to_string()),
            }
            joined = true;
        } else if is_opening(c) || texts.is_empty() {
            opening.push(c);
        } else if let Some(last) = texts.last_mut() {
            if after_space {
                last.push(' ');
            }
            last.push(c);
        }
    }
    if let Some(last) = texts.last_mut() {
        last.push_str(&opening);
    }
    texts
        .into_iter()
        .map(|text| Word {
            weight: text.chars().map(letter_weight).sum::<f64>().max(1.0),
            has_mark: text
                .chars()
                .rev()
                .take_while(|c| !c.is_alphanumeric())
                .any(is_pause_mark),
            text,
        })
        .collect()
}

/// A character that is a word of its own: Han or kana.
fn is_character(c: char) -> bool {
    is_han(c) || matches!(c, '\u{3041}'..='\u{30FF}')
}

fn is_opening(c: char) -> bool {
    matches!(
        c,
        '“' | '‘'
            | '('
            | '['
            | '{'
            | '«'
            | '「'
            | '『'
            | '（'
            | '【'
            | '《'
            | '〈'
            | '¿'
            | '¡'
            | '$'
            | '€'
            | '£'
            | '¥'
            | '#'
            | '@'
    )
}

fn is_pause_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '.'
            | ';'
            | ':'
            | '!'
            | '?'
            | '…'
            | '，'
            | '。'
            | '；'
            | '：'
            | '！'
            | '？'
            | '、'
            | '—'
            | '–'
    )
}

/// About how long a character takes to say, in letters of English (0.07 s).
fn letter_weight(c: char) -> f64 {
    if is_character(c) {
        3.0
    } else if c.is_ascii_digit()
        || matches!(c, '%' | '$' | '€' | '£' | '¥' | '&' | '+' | '=' | '@' | '#')
    {
        3.5
    } else if matches!(c, '\u{AC00}'..='\u{D7AF}') {
        2.5
    } else if c.is_alphanumeric() {
        1.0
    } else {
        0.0
    }
}

/// Spreads the words of `text` over `samples` (mono): over its stretches of sound, by the length of the words, with pauses
/// where the text has marks. In order and without overlap; silence all through counts as sound.
pub fn spread_words(text: &str, samples: &[f32], sample_rate_hz: u32) -> Vec<WordTime> {
    let words = split_words(text);
    let stretches = stretches_secs(samples, sample_rate_hz);
    if words.is_empty() {
        return Vec::new();
    }
    let spans = if words.len() * words.len() * stretches.len() <= MAX_FIT_STEPS {
        fit(&words, &stretches)
    } else {
        proportional(&words, &stretches)
    };
    words
        .into_iter()
        .zip(spans)
        .map(|(word, (start, end))| WordTime {
            text: word.text,
            start: MediaTime::from_secs_f64(start),
            end: MediaTime::from_secs_f64(end),
        })
        .collect()
}

/// The parts of the sound that are not silent, as (start, end) in seconds; the whole when there are none.
pub(super) fn stretches_secs(samples: &[f32], sample_rate_hz: u32) -> Vec<(f64, f64)> {
    let rate = f64::from(sample_rate_hz.max(1));
    let hop = ((rate * HOP_SECS) as usize).max(1);
    let levels: Vec<f32> = samples
        .chunks(hop)
        .map(|part| (part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32).sqrt())
        .collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    // 36 dB below the loudest moment: quieter than any phone that is meant to be heard.
    let gate = (loudest * 0.016).max(1e-4);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, _) in levels
        .iter()
        .enumerate()
        .filter(|(_, level)| **level > gate)
    {
        match found.last_mut() {
            Some((_, end)) if index - *end < SHORTEST_PAUSE_HOPS => *end = index + 1,
            _ => found.push((index, index + 1)),
        }
    }
    let total = samples.len() as f64 / rate;
    if found.is_empty() {
        return vec![(0.0, total)];
    }
    let secs = |hops: usize| ((hops * hop) as f64 / rate).min(total);
    found
        .into_iter()
        .map(|(start, end)| (secs(start), secs(end)))
        .collect()
}

/// Gives each stretch a run of words so that their lengths agree best and pauses fall on marks.
fn fit(words: &[Word], stretches: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let weights = cumulative(words);
    let lengths: Vec<f64> = stretches.iter().map(|(start, end)| end - start).collect();
    let secs_per_weight = lengths.iter().sum::<f64>() / weights[words.len()];
    let marks: Vec<usize> = std::iter::once(0)
        .chain(words.iter().scan(0, |count, word| {
            *count += usize::from(word.has_mark);
            Some(*count)
        }))
        .collect();
    let count = words.len();
    // best[b]: the least misfit when the stretches so far have used b words; from[j][b]: where stretch j began.
    let mut best = vec![f64::INFINITY; count + 1];
    best[0] = 0.0;
    let mut from = Vec::with_capacity(stretches.len());
    for (stretch, length) in lengths.iter().enumerate() {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut began = vec![0; count + 1];
        let is_last = stretch + 1 == lengths.len();
        let tolerance = TOLERANCE_SECS + TOLERANCE_SHARE * length;
        for b in usize::from(stretch == 0)..=count {
            let cut = if is_last || b == 0 || words[b - 1].has_mark {
                0.0
            } else {
                let pause = stretches[stretch + 1].0 - stretches[stretch].1;
                (pause / PAUSE_WITHOUT_MARK_SECS)
                    .powi(2)
                    .min(MAX_PAUSE_COST)
            };
            for a in 0..=b {
                if best[a].is_infinite() || (stretch > 0 && a == 0) {
                    continue;
                }
                let misfit = ((weights[b] - weights[a]) * secs_per_weight - length) / tolerance;
                // Marks before the last word of the run are run over.
                let over = if b > a { marks[b - 1] - marks[a] } else { 0 } as f64;
                let cost = best[a] + misfit * misfit + over * MARK_WITHOUT_PAUSE + cut;
                if cost < next[b] {
                    next[b] = cost;
                    began[b] = a;
                }
            }
        }
        best = next;
        from.push(began);
    }
    let mut spans = vec![(0.0, 0.0); count];
    let mut b = count;
    for (stretch, began) in from.iter().enumerate().rev() {
        let a = began[b];
        let (start, end) = stretches[stretch];
        if a == b && a > 0 {
            // No word of its own: the word before it goes on.
            spans[a - 1].1 = f64::max(spans[a - 1].1, end);
        }
        for i in a..b {
            let place = |weight: f64| {
                start + (end - start) * (weight - weights[a]) / (weights[b] - weights[a])
            };
            spans[i] = (
                place(weights[i]),
                f64::max(spans[i].1, place(weights[i + 1])),
            );
        }
        b = a;
    }
    spans
}

/// Spreads by length alone.
fn proportional(words: &[Word], stretches: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let weights = cumulative(words);
    let sounding: f64 = stretches.iter().map(|(start, end)| end - start).sum();
    let mut spans = Vec::with_capacity(words.len());
    let (mut stretch, mut before) = (0, 0.0);
    let mut place = |share: f64| {
        let at = share * sounding;
        while stretch + 1 < stretches.len()
            && at > before + stretches[stretch].1 - stretches[stretch].0
        {
            before += stretches[stretch].1 - stretches[stretch].0;
            stretch += 1;
        }
        (stretches[stretch].0 + at - before).min(stretches[stretch].1)
    };
    let total = weights[words.len()];
    let mut start = place(0.0);
    for weight in &weights[1..] {
        let end = place(weight / total);
        spans.push((start, end));
        start = end;
    }
    spans
}

/// Letters of the text that a word may be away from where it is looked for: what a voice leaves out.
const MAX_SKIPPED_LETTERS: usize = 40;

/// When each of `places` in `text` (in characters) is reached: inside a word its beginning, behind it and its marks the
/// beginning of the next one, after the last word its end. Without words all are at the start.
///
/// Words are found in the text by their letters, so emoji and punctuation may differ; a word that is written in another
/// way (`three` for `3`) stands for the letters between its neighbours.
pub fn times_of(text: &str, words: &[WordTime], places: &[usize]) -> Vec<MediaTime> {
    // How many letters stand before each place, the end included.
    let mut before = vec![0];
    let mut letters = Vec::new();
    for c in text.chars() {
        letters.extend(c.is_alphanumeric().then(|| folded(c)));
        before.push(letters.len());
    }
    let ends = word_ends(&letters, words);
    places
        .iter()
        .map(|place| {
            let place = before[(*place).min(before.len() - 1)];
            let word = ends.partition_point(|end| *end <= place);
            match (words.get(word), words.last()) {
                (Some(word), _) => word.start,
                (None, Some(last)) => last.end,
                (None, None) => MediaTime::ZERO,
            }
        })
        .collect()
}

fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Where each word ends among `letters`, never falling.
fn word_ends(letters: &[char], words: &[WordTime]) -> Vec<usize> {
    let mut found = Vec::with_capacity(words.len());
    let (mut from, mut reach) = (0, MAX_SKIPPED_LETTERS);
    for word in words {
        let own: Vec<char> = word
            .text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .map(folded)
            .collect();
        let ahead = &letters[from..letters.len().min(from + reach + own.len())];
        let at = (!own.is_empty())
            .then(|| ahead.windows(own.len()).position(|part| *part == own[..]))
            .flatten();
        if let Some(at) = at {
            let start = from + at;
            from = start + own.len();
            reach = MAX_SKIPPED_LETTERS;
            found.push(Some((start, from)));
        } else {
            reach += own.len();
            found.push(None);
        }
    }
    // The first of some words that are not found reaches to the next one that is.
    let mut next = letters.len();
    let mut ends = vec![0; words.len()];
    for (end, found) in ends.iter_mut().zip(&found).rev() {
        *end = found.map_or(next, |(_, end)| end);
        next = found.map_or(next, |(start, _)| start);
    }
    ends
}

/// The weight of the words before each place.
fn cumulative(words: &[Word]) -> Vec<f64> {
    std::iter::once(0.0)
        .chain(words.iter().scan(0.0, |sum, word| {
            *sum += word.weight;
            Some(*sum)
        }))
        .collect()
}

#[cfg(test)]
mod tests;
