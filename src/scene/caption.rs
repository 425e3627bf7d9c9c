//! Captions: which words stand on screen when.

use std::ops::Range;

use crate::media::{MediaTime, WordTime};

/// Words that stand on screen together, counted from the start of the utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionLine {
    /// Shown from here.
    pub start: MediaTime,
    /// To here.
    pub end: MediaTime,
    /// The words.
    pub text: String,
}

/// The shortest time words stand on screen.
const SHORTEST: MediaTime = MediaTime::from_millis(700);

/// Cuts an utterance into screens of words that follow its sound.
///
/// `words` are in order; each is looked up in `text`, so that what stands on screen is the text as written. Without
/// words the whole text stands for the whole `duration`.
pub fn plan_captions(
    text: &str,
    words: &[WordTime],
    duration: MediaTime,
    capacity_ems: f32,
) -> Vec<CaptionLine> {
    let spans = locate(text, words);
    let mut lines: Vec<CaptionLine> = Vec::new();
    for group in groups(text, &spans, capacity_ems) {
        let (Some(first), Some(last)) = (words.get(group.start), words.get(group.end - 1)) else {
            continue;
        };
        let from = if group.start == 0 {
            0
        } else {
            spans[group.start].start
        };
        let to = spans.get(group.end).map_or(text.len(), |next| next.start);
        let shown = tidy(&text[from..to]);
        if !shown.is_empty() {
            lines.push(CaptionLine {
                start: first.start,
                end: last.end,
                text: shown,
            });
        }
    }
    if lines.is_empty() && !tidy(text).is_empty() {
        return vec![CaptionLine {
            start: MediaTime::ZERO,
            end: duration,
            text: tidy(text),
        }];
    }
    // A line stays until the next one comes, at least for the shortest time, never beyond the sound.
    let starts: Vec<MediaTime> = lines.iter().map(|line| line.start).collect();
    for (index, line) in lines.iter_mut().enumerate() {
        let next = starts.get(index + 1).copied().unwrap_or(duration);
        line.end = line
            .end
            .max(line.start + SHORTEST)
            .max(next)
            .min(next.max(line.start));
    }
    lines
}

/// The width of `text` in ems: a Chinese character is one em wide, a Latin letter about half.
fn width_ems(text: &str) -> f32 {
    text.chars()
        .map(|c| if is_wide(c) { 1.0 } else { 0.53 })
        .sum()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD)
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where each word stands in the text; a word that is not found (a voice may normalise) takes no room.
fn locate(text: &str, words: &[WordTime]) -> Vec<Range<usize>> {
    let mut from = 0;
    words
        .iter()
        .map(|word| {
            let needle = word.text.trim();
            match text[from..].find(needle) {
                Some(at) if !needle.is_empty() => {
                    let span = from + at..from + at + needle.len();
                    from = span.end;
                    span
                }
                _ => from..from,
            }
        })
        .collect()
}

/// Runs of words that fit, cut after punctuation where that leaves a line at least half full.
fn groups(text: &str, spans: &[Range<usize>], capacity_ems: f32) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    while start < spans.len() {
        let begin = spans[start].start;
        let width_to =
            |end: usize| width_ems(text.get(begin..spans[end - 1].end).unwrap_or_default());
        let mut end = start + 1;
        while end < spans.len() && width_to(end + 1) <= capacity_ems {
            end += 1;
        }
        if end < spans.len() {
            let punctuated = |at: &usize| {
                let tail = text
                    .get(spans[at - 1].start..spans[*at].start)
                    .unwrap_or_default();
                tail.trim_end().ends_with([
                    '，', '。', '！', '？', '；', '、', '：', ',', '.', '!', '?', ';', ':',
                ])
            };
            let best = (start + 1..=end)
                .rev()
                .find(|at| punctuated(at) && width_to(*at) >= capacity_ems * 0.4);
            end = best.unwrap_or(end);
        }
        groups.push(start..end);
        start = end;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timed(words: &[&str]) -> (Vec<WordTime>, MediaTime) {
        let step = MediaTime::from_millis(300);
        let at = |i: usize| MediaTime(step.0 * i as i64);
        let times = words.iter().enumerate().map(|(i, w)| WordTime {
            text: (*w).into(),
            start: at(i),
            end: at(i + 1),
        });
        (times.collect(), at(words.len()))
    }

    #[test]
    fn long_sentences_are_cut_at_punctuation() {
        let text = "Good evening everyone, and welcome to our shop, where tonight everything is half the price.";
        let words: Vec<&str> = text.split(' ').collect();
        let (times, duration) = timed(&words);
        let lines = plan_captions(text, &times, duration, 24.0);
        let shown: Vec<&str> = lines.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(
            shown,
            [
                "Good evening everyone,",
                "and welcome to our shop,",
                "where tonight everything is half the price."
            ]
        );
        assert!(lines.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn chinese_is_cut_by_characters() {
        let text = "大家晚上好，欢迎来到我们的直播间，今天给大家带来一款非常好喝的龙井茶。";
        let chars: Vec<String> = text
            .chars()
            .filter(|c| !"，。".contains(*c))
            .map(String::from)
            .collect();
        let words: Vec<&str> = chars.iter().map(String::as_str).collect();
        let (times, duration) = timed(&words);
        let lines = plan_captions(text, &times, duration, 20.0);
        assert_eq!(
            lines.iter().map(|l| l.text.as_str()).collect::<String>(),
            text
        );
        assert!(
            lines.iter().all(|l| width_ems(&l.text) <= 21.5),
            "{lines:?}"
        );
    }

    #[test]
    fn without_words_the_whole_text_stands() {
        let lines = plan_captions("Hello", &[], MediaTime::from_millis(900), 24.0);
        assert_eq!(
            lines,
            [CaptionLine {
                start: MediaTime::ZERO,
                end: MediaTime::from_millis(900),
                text: "Hello".into()
            }]
        );
        assert!(plan_captions("  ", &[], MediaTime::ZERO, 24.0).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_times_are_ordered(text in "[a-z你好，。, ]{1,120}", capacity in 4.0f32..30.0) {
            let words: Vec<&str> = text.split_whitespace().collect();
            let (times, duration) = timed(&words);
            let lines = plan_captions(&text, &times, duration, capacity);
            let strip = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(strip(&lines.iter().map(|l| l.text.clone()).collect::<String>()), strip(&text));
            prop_assert!(lines.windows(2).all(|p| p[0].end <= p[1].start && p[0].start <= p[0].end));
        }
    }
}
