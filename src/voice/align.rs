//! Finds the words in the phones of an English voice: letters and phones are matched in order, at the least cost.
//!
//! flite tells when each phone sounds but not which word it belongs to. English spelling is close enough to its sound for
//! word borders to come out right nearly always; silent letters, names and numbers cost a little, nothing fails.

use crate::media::{PhoneTime, WordTime};

use super::words::split_words;

/// The cost of a letter that is not heard.
const SILENT_LETTER: u32 = 5;
/// The same for the letters that often are not heard inside a word: e, h, g, w, u; a doubled one costs nothing.
const OFTEN_SILENT: u32 = 2;
/// The cost of a phone that is not written.
const UNWRITTEN_PHONE: u32 = 6;
/// A phone that is written by the letter before (x is k s) or left out in writing (m-ax-m).
const MISMATCH: u32 = 12;
/// A pause at the border of two words, with and without a mark in the text, and inside a word.
const PAUSE_AT_MARK: u32 = 0;
const PAUSE_AT_BORDER: u32 = 6;
const PAUSE_INSIDE: u32 = 40;
/// Running over a mark without a pause.
const NO_PAUSE_AT_MARK: u32 = 4;
/// Beyond so many pairs of letters and phones the alignment is not tried.
const MAX_CELLS: usize = 16_000_000;

/// What is matched against phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// A letter of word `word`, and the letter before it in that word (0 for none).
    Letter { letter: u8, before: u8, word: usize },
    /// The border after a word.
    Border { has_mark: bool },
}

/// How a cell was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Both,
    UnitOnly,
    PhoneOnly,
}

/// The words of `text` in time, from phones in CMU names; empty when there are no phones or far too many.
pub(super) fn words_from_phones(text: &str, phones: &[PhoneTime]) -> Vec<WordTime> {
    let words = split_words(text);
    let units = units(
        &words
            .iter()
            .map(|word| (word.text.as_str(), word.has_mark))
            .collect::<Vec<_>>(),
    );
    if words.is_empty() || phones.is_empty() || units.len().saturating_mul(phones.len()) > MAX_CELLS
    {
        return Vec::new();
    }
    let owners = owners(&units, phones);
    let mut spans: Vec<Option<(usize, usize)>> = vec![None; words.len()];
    for (phone, owner) in owners.iter().enumerate() {
        if let Some(word) = owner {
            let span = spans[*word].get_or_insert((phone, phone));
            span.1 = phone;
        }
    }
    // A word without phones of its own stands, without length, where the word before it ends.
    let mut last = phones
        .iter()
        .find(|p| p.phone != "pau")
        .map_or(phones[0].start, |p| p.start);
    words
        .into_iter()
        .zip(spans)
        .map(|(word, span)| {
            let (start, end) = span.map_or((last, last), |(first, end)| {
                (phones[first].start, phones[end].end)
            });
            last = end;
            WordTime {
                text: word.text,
                start,
                end,
            }
        })
        .collect()
}

/// The letters of all words; digits and symbols as they are spoken, capitals alone by their names.
fn units(words: &[(&str, bool)]) -> Vec<Unit> {
    let mut units = Vec::new();
    for (word, (text, has_mark)) in words.iter().enumerate() {
        let is_acronym = text.chars().filter(char::is_ascii_uppercase).count() > 1
            && !text.chars().any(|c| c.is_ascii_lowercase());
        let mut before = 0;
        let text = irregular(text).unwrap_or(text);
        // The sign of money is said behind its number.
        let is_money = |c: &char| matches!(c, '$' | '€' | '£' | '¥' | '￥');
        let money = text.chars().filter(is_money);
        for c in text.chars().filter(|c| !is_money(c)).chain(money) {
            for letter in spoken_letters(c, is_acronym).bytes() {
                units.push(Unit::Letter {
                    letter,
                    before,
                    word,
                });
                before = letter;
            }
        }
        units.push(Unit::Border {
            has_mark: *has_mark,
        });
    }
    units
}

/// Words whose first sound is not written, as they sound.
fn irregular(word: &str) -> Option<&'static str> {
    let letters = word
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    match letters.as_str() {
        "one" => Some("wan"),
        "ones" | "once" => Some("wans"),
        "someone" => Some("samwan"),
        "anyone" => Some("eniwan"),
        "everyone" => Some("evriwan"),
        _ => None,
    }
}

/// How a character is written out; letters stay themselves.
fn spoken_letters(c: char, is_acronym: bool) -> &'static str {
    const LETTERS: [&str; 26] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "u", "v", "w", "x", "y", "z",
    ];
    const NAMES: [&str; 26] = [
        "ey", "bi", "si", "di", "i", "ef", "ji", "eych", "ay", "jey", "key", "el", "em", "en", "o",
        "pi", "kyu", "ar", "es", "ti", "yu", "vi", "dabalyu", "eks", "way", "zi",
    ];
    const DIGITS: [&str; 10] = [
        "ziro", "wan", "tu", "thri", "for", "faiv", "siks", "seven", "eit", "nain",
    ];
    match c {
        'a'..='z' => LETTERS[c as usize - 'a' as usize],
        'A'..='Z' if is_acronym => NAMES[c as usize - 'A' as usize],
        'A'..='Z' => LETTERS[c as usize - 'A' as usize],
        '0'..='9' => DIGITS[c as usize - '0' as usize],
        '%' => "persent",
        '$' => "dolars",
        '€' => "yuros",
        '£' => "paunds",
        '¥' | '￥' => "yuan",
        '&' => "and",
        '+' => "plus",
        '=' => "ikuals",
        '@' => "at",
        'à'..='æ' | 'À'..='Æ' => "a",
        'è'..='ë' | 'È'..='Ë' => "e",
        'ì'..='ï' | 'Ì'..='Ï' => "i",
        'ò'..='ø' | 'Ò'..='Ø' => "o",
        'ù'..='ü' | 'Ù'..='Ü' => "u",
        'ç' | 'Ç' => "s",
        'ñ' | 'Ñ' => "n",
        _ => "",
    }
}

/// The word of each phone; `None` for pauses.
fn owners(units: &[Unit], phones: &[PhoneTime]) -> Vec<Option<usize>> {
    let width = phones.len() + 1;
    let mut steps = vec![Step::PhoneOnly; (units.len() + 1) * width];
    let mut row = vec![0u32; width];
    for j in 1..width {
        row[j] = row[j - 1] + extra_phone(None, units, 0, &phones[j - 1].phone);
    }
    for i in 1..=units.len() {
        let unit = units[i - 1];
        let above = row;
        row = vec![0; width];
        for j in 0..width {
            let skip = above[j] + extra_unit(unit);
            let mut best = (skip, Step::UnitOnly);
            if j > 0 {
                let phone = phones[j - 1].phone.as_str();
                let both = above[j - 1] + matched(unit, phone);
                let extra = row[j - 1] + extra_phone(Some(unit), units, i, phone);
                best = best
                    .min_by_cost((both, Step::Both))
                    .min_by_cost((extra, Step::PhoneOnly));
            }
            row[j] = best.0;
            steps[i * width + j] = best.1;
        }
    }
    let mut owners = vec![None; phones.len()];
    let (mut i, mut j) = (units.len(), phones.len());
    while i > 0 || j > 0 {
        match steps[i * width + j] {
            Step::UnitOnly => i -= 1,
            step => {
                j -= 1;
                if phones[j].phone != "pau" {
                    owners[j] = owner(units, i);
                }
                i -= usize::from(step == Step::Both);
            }
        }
    }
    owners
}

/// The word to which a phone at unit `i` (counted from 1) belongs: that of the unit, after a border the next word's.
fn owner(units: &[Unit], i: usize) -> Option<usize> {
    let word = |unit: &Unit| match unit {
        Unit::Letter { word, .. } => Some(*word),
        Unit::Border { .. } => None,
    };
    units[..i]
        .last()
        .and_then(word)
        .or_else(|| units[i..].iter().find_map(word))
        .or_else(|| units[..i].iter().rev().find_map(word))
}

trait Cheaper {
    fn min_by_cost(self, other: Self) -> Self;
}

impl Cheaper for (u32, Step) {
    fn min_by_cost(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }
}

/// The cost of a unit without a phone.
fn extra_unit(unit: Unit) -> u32 {
    match unit {
        Unit::Border { has_mark: true } => NO_PAUSE_AT_MARK,
        Unit::Border { has_mark: false } => 0,
        Unit::Letter { letter, before, .. } if letter == before => 0,
        Unit::Letter {
            letter: b'e' | b'h' | b'g' | b'w' | b'u',
            before: 1..,
            ..
        } => OFTEN_SILENT,
        Unit::Letter { .. } => SILENT_LETTER,
    }
}

/// The cost of a phone without a unit, after unit `after` (number `i`).
fn extra_phone(after: Option<Unit>, units: &[Unit], i: usize, phone: &str) -> u32 {
    let at_border = matches!(after, None | Some(Unit::Border { .. })) || i == units.len();
    match (phone, at_border) {
        ("pau", true) => PAUSE_AT_MARK + 1,
        ("pau", false) => PAUSE_INSIDE,
        // `r` is written in `er` and `ax`; a vowel before l, m, n, r is often not.
        ("ax" | "ih" | "y" | "er" | "ah", false) => UNWRITTEN_PHONE / 2,
        (_, false) => UNWRITTEN_PHONE,
        (_, true) => UNWRITTEN_PHONE * 2,
    }
}

/// The cost of a unit and a phone that stand for each other.
fn matched(unit: Unit, phone: &str) -> u32 {
    match unit {
        Unit::Border { has_mark } if phone == "pau" => {
            if has_mark {
                PAUSE_AT_MARK
            } else {
                PAUSE_AT_BORDER
            }
        }
        Unit::Border { .. } => MISMATCH * 4,
        Unit::Letter { .. } if phone == "pau" => PAUSE_INSIDE,
        Unit::Letter { letter, .. } => letter_cost(letter, phone),
    }
}

fn letter_cost(letter: u8, phone: &str) -> u32 {
    let is_vowel_phone = phone.starts_with(['a', 'e', 'i', 'o', 'u']);
    let (first, rare): (&[&str], &[&str]) = match letter {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' if is_vowel_phone => return 1,
        b'b' => (&["b"], &[]),
        b'c' => (&["k", "s"], &["ch", "sh"]),
        b'd' => (&["d"], &["t", "jh"]),
        b'f' => (&["f"], &["v"]),
        b'g' => (&["g", "jh"], &["zh", "ng", "f"]),
        b'h' => (&["hh"], &["f"]),
        b'j' => (&["jh"], &["y", "hh", "zh"]),
        b'k' => (&["k"], &[]),
        b'l' => (&["l"], &[]),
        b'm' => (&["m"], &[]),
        b'n' => (&["n", "ng"], &[]),
        b'p' => (&["p"], &["f"]),
        b'q' => (&["k"], &[]),
        b'r' => (&["r", "er"], &[]),
        b's' => (&["s", "z"], &["sh", "zh"]),
        b't' => (&["t", "th", "dh"], &["d", "ch", "sh"]),
        b'u' => (&["w"], &["y"]),
        b'v' => (&["v"], &["f"]),
        b'w' => (&["w"], &["hh"]),
        b'x' => (&["k"], &["z", "s", "g"]),
        b'y' => (&["y"], &[]),
        b'z' => (&["z"], &["s", "t", "zh"]),
        b'o' => (&[], &["w"]),
        _ => (&[], &[]),
    };
    if first.contains(&phone) {
        0
    } else if rare.contains(&phone) {
        2
    } else {
        MISMATCH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;

    /// Words with the phones that were given to each.
    fn grouped(text: &str, phones: &str) -> Vec<String> {
        let phones: Vec<PhoneTime> = phones
            .split_whitespace()
            .enumerate()
            .map(|(i, phone)| PhoneTime {
                phone: phone.to_owned(),
                start: MediaTime(i as i64),
                end: MediaTime(i as i64 + 1),
            })
            .collect();
        words_from_phones(text, &phones)
            .iter()
            .map(|word| {
                let inside = phones
                    .iter()
                    .filter(|p| p.start >= word.start && p.end <= word.end);
                inside
                    .map(|p| p.phone.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }

    #[test]
    fn words_get_their_phones() {
        assert_eq!(
            grouped(
                "Hello, maybe people.",
                "pau hh ax l ow pau m ey b iy p iy p ax l pau"
            ),
            ["hh ax l ow", "m ey b iy", "p iy p ax l"]
        );
        assert_eq!(
            grouped(
                "Well, good morning to everybody in the room",
                "pau w eh l pau g uh d m ao r n ih ng t ax eh v r iy b aa d iy ih n dh ax r uw m pau"
            ),
            [
                "w eh l",
                "g uh d",
                "m ao r n ih ng",
                "t ax",
                "eh v r iy b aa d iy",
                "ih n",
                "dh ax",
                "r uw m"
            ]
        );
        assert_eq!(
            grouped("I knew one queen.", "pau ay n uw w ah n k w iy n pau"),
            ["ay", "n uw", "w ah n", "k w iy n"]
        );
        assert_eq!(
            grouped(
                "Paid $3 to the USA",
                "pau p ey d th r iy d aa l er z t ax dh ax y uw eh s ey pau"
            )[0],
            "p ey d"
        );
    }

    #[test]
    fn nothing_fails() {
        assert!(words_from_phones("a b", &[]).is_empty());
        assert!(words_from_phones("", &[]).is_empty());
        assert_eq!(grouped("好 Привет !!", "pau hh pau").len(), 2);
        assert_eq!(grouped("a b c d e", "pau").len(), 5);
    }
}
