//! From espeak-ng's events to phones and words in time.

use crate::media::{MediaTime, PhoneAlphabet, PhoneTime, SAMPLE_RATE_HZ, WordTime};
use crate::voice::Speech;
use crate::voice::align::words_from_phones;
use crate::voice::words::split_words;

use super::helper::{Event, Spoken};
use super::markup::Input;

/// Samples below this are espeak-ng's silence (6 of 32768).
const SILENT: f32 = 2e-4;
/// Pauses shorter than this belong to a neighbour.
const SHORTEST_PAUSE_SECS: f64 = 0.07;
/// The longest silence that is the closure of a stop, and the shortest.
const LONGEST_CLOSURE_SECS: f64 = 0.09;
const SHORTEST_CLOSURE_SECS: f64 = 0.015;
/// What a stop leaves to the phone before it.
const LEAST_BEFORE_SECS: f64 = 0.02;
/// The silence is looked for from a little after the event to a little before it.
const AFTER_EVENT_SECS: f64 = 0.004;
const BEFORE_EVENT_SECS: f64 = 0.006;

const PAUSE: &str = "pau";

/// A phone between two samples, and the word event it came under.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    phone: String,
    start: usize,
    end: usize,
    event: Option<usize>,
}

/// A word event: where it stands in the text (from 1) and how many characters it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    position: usize,
    length: usize,
}

/// The speech of `text`, which was given to espeak-ng as `input`.
pub(super) fn speech(text: &str, input: &Input, spoken: Spoken) -> Speech {
    let Spoken {
        samples,
        sample_rate_hz,
        events,
    } = spoken;
    let (phones, places) = heard(&events, samples.len());
    let phones = close_stops(phones, &samples, sample_rate_hz);
    let time = |sample: usize| {
        MediaTime(sample as i64 * i64::from(SAMPLE_RATE_HZ) / i64::from(sample_rate_hz.max(1)))
    };
    let words = words(text, input, &phones, &places, time);
    Speech {
        phones: phones
            .into_iter()
            .map(|heard| PhoneTime {
                phone: heard.phone,
                start: time(heard.start),
                end: time(heard.end),
            })
            .collect(),
        words,
        samples,
        sample_rate_hz,
        alphabet: PhoneAlphabet::Ipa,
        ..Speech::default()
    }
}

/// Phones from event to event; those of no length (tones) are left out.
fn heard(events: &[Event], samples: usize) -> (Vec<Heard>, Vec<Place>) {
    let (mut phones, mut places): (Vec<Heard>, Vec<Place>) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Word(_, position, length) => places.push(Place {
                position: *position,
                length: *length,
            }),
            Event::Phone(sample, name) => {
                let start = (*sample).min(samples);
                if let Some(last) = phones.last_mut() {
                    last.end = start.max(last.start);
                }
                let is_pause = !name.chars().any(char::is_alphabetic) || name.starts_with('(');
                phones.push(Heard {
                    phone: if is_pause { PAUSE } else { name }.to_owned(),
                    start,
                    end: samples,
                    event: places.len().checked_sub(1),
                });
            }
        }
    }
    phones.retain(|heard| heard.end > heard.start);
    (phones, places)
}

/// An event of a voiceless stop marks its burst: gives the silence before it to the stop, and short pauses to neighbours.
fn close_stops(mut phones: Vec<Heard>, samples: &[f32], sample_rate_hz: u32) -> Vec<Heard> {
    let count = |secs: f64| (secs * f64::from(sample_rate_hz)) as usize;
    for index in 1..phones.len() {
        let burst = phones[index].start;
        if !is_voiceless_stop(&phones[index].phone) || burst >= samples.len() {
            continue;
        }
        let earliest = burst.saturating_sub(count(LONGEST_CLOSURE_SECS));
        let mut place = (burst + count(AFTER_EVENT_SECS)).min(samples.len() - 1);
        while place > burst.saturating_sub(count(BEFORE_EVENT_SECS))
            && samples[place].abs() > SILENT
        {
            place -= 1;
        }
        while place > earliest && samples[place].abs() < SILENT {
            place -= 1;
        }
        let before = phones[index - 1].start + count(LEAST_BEFORE_SECS);
        if place + count(SHORTEST_CLOSURE_SECS) < burst && place > earliest && place > before {
            phones[index - 1].end = place;
            phones[index].start = place;
        }
    }
    without_short_pauses(phones, count(SHORTEST_PAUSE_SECS))
}

/// A short pause belongs to the stop after it, else to what comes before.
fn without_short_pauses(mut phones: Vec<Heard>, shortest: usize) -> Vec<Heard> {
    let mut kept: Vec<Heard> = Vec::with_capacity(phones.len());
    for index in 0..phones.len() {
        let (start, end) = (phones[index].start, phones[index].end);
        let is_short = phones[index].phone == PAUSE && end - start < shortest;
        if is_short && 0 < index && index + 1 < phones.len() {
            if is_voiceless_stop(&phones[index + 1].phone) {
                phones[index + 1].start = start;
                continue;
            }
            if let Some(last) = kept.last_mut() {
                last.end = end;
                continue;
            }
        }
        kept.push(phones[index].clone());
    }
    kept
}

fn is_voiceless_stop(phone: &str) -> bool {
    phone != PAUSE && phone.starts_with(['p', 't', 'k', 'c', 'q', 'ʈ'])
}

/// The words of `text` in time.
fn words(
    text: &str,
    input: &Input,
    phones: &[Heard],
    places: &[Place],
    time: impl Fn(usize) -> MediaTime,
) -> Vec<WordTime> {
    let texts: Vec<String> = split_words(text)
        .into_iter()
        .map(|word| word.text)
        .collect();
    let owners = owners(&texts, input, places);
    let mut spans: Vec<Option<(MediaTime, MediaTime)>> = vec![None; texts.len()];
    for (at, &first) in owners.iter().enumerate() {
        // Words without an event of their own (`of the` is one to espeak-ng) share that of the word before them.
        let behind = owners[at + 1..].iter().find(|next| **next > first);
        let last = behind.map_or(texts.len(), |next| *next) - 1;
        let own: Vec<&Heard> = phones
            .iter()
            .filter(|heard| heard.event == Some(at) && heard.phone != PAUSE)
            .collect();
        if own.is_empty() {
            continue;
        }
        let has_more = owners[at + 1..].first() == Some(&first);
        let last = if has_more { first } else { last };
        for (word, start, end) in shared(&texts[first..=last], &own) {
            let span = spans[first + word].get_or_insert((time(start), time(end)));
            span.1 = span.1.max(time(end));
        }
    }
    let mut end_before = spans
        .iter()
        .flatten()
        .next()
        .map_or(MediaTime::ZERO, |span| span.0);
    texts
        .into_iter()
        .zip(spans)
        .map(|(text, span)| {
            let (start, end) = span.unwrap_or((end_before, end_before));
            end_before = end;
            WordTime { text, start, end }
        })
        .collect()
}

/// The word that each event is about.
fn owners(texts: &[String], input: &Input, places: &[Place]) -> Vec<usize> {
    // Which word a visible character belongs to.
    let words: Vec<usize> = texts
        .iter()
        .enumerate()
        .flat_map(|(word, text)| {
            text.chars()
                .filter(|c| !c.is_whitespace())
                .map(move |_| word)
        })
        .collect();
    let visible = input.visible();
    let word_at = |position: usize| -> usize {
        let index = position.saturating_sub(1);
        // A position may be that of a blank or of markup: then the next visible character is meant.
        let count = visible.get(index).map_or(words.len(), |(count, _)| *count);
        words.get(count).or(words.last()).copied().unwrap_or(0)
    };
    let mut owners: Vec<usize> = Vec::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let mut word = word_at(place.position);
        if let (Some(&before), Some(last)) = (owners.last(), index.checked_sub(1)) {
            word = word.max(before);
            // A number behind a Han character is reported at that character, a second time: it is the next word unless
            // that has an event of its own.
            let covered = word_at(place.position + place.length.saturating_sub(1));
            let is_again = places[last].position == place.position && covered > before;
            let has_own = places[index + 1..]
                .iter()
                .any(|later| word_at(later.position) == before + 1);
            if is_again && !has_own {
                word = before + 1;
            }
        }
        owners.push(word);
    }
    owners
}

/// The phones of one event shared out to its words: (word, first sample, last sample).
fn shared(texts: &[String], phones: &[&Heard]) -> Vec<(usize, usize, usize)> {
    let (start, end) = (phones[0].start, phones[phones.len() - 1].end);
    if texts.len() == 1 {
        return vec![(0, start, end)];
    }
    let cmu: Vec<PhoneTime> = phones
        .iter()
        .enumerate()
        .map(|(index, heard)| PhoneTime {
            phone: cmu_name(&heard.phone).to_owned(),
            start: MediaTime(index as i64),
            end: MediaTime(index as i64 + 1),
        })
        .collect();
    words_from_phones(&texts.join(" "), &cmu)
        .iter()
        .enumerate()
        .map(|(word, time)| {
            let sample = |index: i64| phones.get(index as usize).map_or(end, |heard| heard.start);
            (word, sample(time.start.0), sample(time.end.0))
        })
        .filter(|(_, start, end)| end > start)
        .collect()
}

/// A phone in IPA by its nearest CMU name: near enough to find its letter.
fn cmu_name(phone: &str) -> &'static str {
    let mut letters = phone.chars();
    match (letters.next(), letters.next()) {
        (Some('t'), Some('ʃ')) => "ch",
        (Some('d'), Some('ʒ')) => "jh",
        (Some('b'), _) => "b",
        (Some('d'), _) => "d",
        (Some('f'), _) => "f",
        (Some('ɡ' | 'g'), _) => "g",
        (Some('h'), _) => "hh",
        (Some('j'), _) => "y",
        (Some('k'), _) => "k",
        (Some('l' | 'ɫ'), _) => "l",
        (Some('m'), _) => "m",
        (Some('n'), _) => "n",
        (Some('ŋ'), _) => "ng",
        (Some('p'), _) => "p",
        (Some('ɹ' | 'r'), _) => "r",
        (Some('s'), _) => "s",
        (Some('ʃ'), _) => "sh",
        (Some('t' | 'ɾ'), _) => "t",
        (Some('θ'), _) => "th",
        (Some('ð'), _) => "dh",
        (Some('v'), _) => "v",
        (Some('w'), _) => "w",
        (Some('z'), _) => "z",
        (Some('ʒ'), _) => "zh",
        (Some('ɜ' | 'ɚ'), _) => "er",
        _ => "ax",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(sample: usize, name: &str) -> Event {
        Event::Phone(sample, name.to_owned())
    }

    fn speech_of(voice: &str, text: &str, events: Vec<Event>, samples: Vec<f32>) -> Speech {
        let spoken = Spoken {
            samples,
            sample_rate_hz: 48_000,
            events,
        };
        speech(text, &Input::new(voice, text), spoken)
    }

    fn spans(speech: &Speech) -> Vec<(String, i64, i64)> {
        speech
            .words
            .iter()
            .map(|w| (w.text.clone(), w.start.0, w.end.0))
            .collect()
    }

    #[test]
    fn words_that_espeak_runs_together_are_told_apart() {
        let events = vec![
            Event::Word(0, 1, 2),
            phone(0, "ʌ"),
            phone(5_000, "v"),
            phone(10_000, "ð"),
            phone(15_000, "ə"),
            Event::Word(20_000, 8, 4),
            phone(20_000, "ɹ"),
            phone(25_000, "uː"),
            phone(30_000, "m"),
            phone(35_000, ""),
        ];
        let speech = speech_of("en-us", "Of the room.", events, vec![0.1; 40_000]);
        assert_eq!(
            spans(&speech),
            [
                ("Of".into(), 0, 10_000),
                ("the".into(), 10_000, 20_000),
                ("room.".into(), 20_000, 35_000)
            ]
        );
        assert_eq!(speech.phones.last().unwrap().phone, "pau");
    }

    #[test]
    fn a_number_behind_a_han_character_is_a_word() {
        let events = vec![
            Event::Word(0, 1, 2),
            phone(0, "j"),
            phone(5_000, "iou"),
            Event::Word(10_000, 1, 2),
            phone(10_000, "s"),
            phone(15_000, "a"),
            Event::Word(20_000, 3, 1),
            phone(20_000, "kh"),
        ];
        let speech = speech_of("cmn-latn-pinyin", "有3款", events, vec![0.1; 30_000]);
        assert_eq!(
            spans(&speech),
            [
                ("有".into(), 0, 10_000),
                ("3".into(), 10_000, 20_000),
                ("款".into(), 20_000, 30_000)
            ]
        );
    }

    #[test]
    fn a_stop_begins_with_its_silence() {
        let mut samples = vec![0.1; 20_000];
        samples[7_000..10_050].fill(0.0);
        let events = vec![
            Event::Word(0, 1, 2),
            phone(0, "ɑː"),
            phone(10_000, "p"),
            phone(11_000, "ə"),
        ];
        let speech = speech_of("en-us", "apa", events, samples);
        let start = speech.phones[1].start.0;
        assert!((start - 7_000).abs() < 10, "{start}");
        assert_eq!(speech.phones[0].end, speech.phones[1].start);
    }
}
