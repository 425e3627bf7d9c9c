//! Text as people type it: cut into sentences, cleaned for a voice, its language guessed.

use crate::media::MediaTime;

/// A sentence longer than this many characters is split further.
pub const MAX_SENTENCE_CHARS: usize = 200;

/// A sentence and the pause that belongs behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The text as it is to be shown; white space is collapsed.
    pub text: String,
    /// Silence to leave after it, besides the little that the sound itself has at its ends.
    pub pause_after: MediaTime,
}

/// What most of a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Han characters, no kana.
    Zh,
    /// Latin letters.
    En,
    /// Another script, or no letters at all.
    Other,
}

impl Language {
    /// Guesses by the share of the scripts; one Han character counts as two letters.
    pub fn of(text: &str) -> Self {
        let (mut han, mut latin, mut other, mut kana) = (0usize, 0, 0, 0);
        for c in text.chars() {
            if is_han(c) {
                han += 2;
            } else if is_latin(c) {
                latin += 1;
            } else if matches!(c, '\u{3041}'..='\u{30FF}') {
                kana += 2;
            } else if c.is_alphabetic() {
                other += 1;
            }
        }
        if kana * 10 > han + kana {
            other += han + kana;
            han = 0;
        }
        if han + latin + other == 0 || other > han + latin {
            Self::Other
        } else if han >= latin {
            Self::Zh
        } else {
            Self::En
        }
    }

    /// `zh`, `en`, or `und` for anything else (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
            Self::Other => "und",
        }
    }
}

/// Whether `c` is a Chinese character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇' | '々')
}

/// Whether `c` is a letter of the Latin alphabet, accented ones included.
pub(super) fn is_latin(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// Whether a voice can say anything of it: a letter, a character or a digit.
pub fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// White space collapsed to single spaces, control and invisible formatting characters removed; emoji stay.
pub fn for_caption(text: &str) -> String {
    clean(text, |c| !is_invisible(c))
}

/// As [`for_caption`], without emoji: what a voice gets.
pub fn for_speech(text: &str) -> String {
    clean(text, |c| !is_invisible(c) && !is_emoji(c))
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if keep(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Control characters and what only steers direction or line breaking; the joiner of emoji and of Indic scripts stays.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
        || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FFFE}' | '\u{FFFF}')
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{25A0}'..='\u{25FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{20E3}' | '\u{E0020}'..='\u{E007F}' | '\u{200D}')
}

/// Cuts a text at sentence ends, Chinese and English, so that each piece can be spoken while the next is being made.
///
/// Pieces beyond [`MAX_SENTENCE_CHARS`] are split at commas, then at spaces, then anywhere. What nobody can say (emoji,
/// punctuation) stays with the sentence before or after it; a text without anything speakable gives nothing.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let chars: Vec<char> = text.chars().collect();
    let mut found: Vec<Sentence> = Vec::new();
    let mut waiting = String::new();
    let mut start = 0;
    while start < chars.len() {
        let (end, pause_ms) = sentence_end(&chars, start);
        for (piece, pause_ms) in split_long(&chars[start..end], pause_ms) {
            add(&mut found, &mut waiting, &piece, pause_ms);
        }
        start = end;
    }
    found
}

/// Adds a piece, or keeps what cannot be spoken for its neighbours.
fn add(found: &mut Vec<Sentence>, waiting: &mut String, piece: &str, pause_ms: i64) {
    let piece = for_caption(piece);
    let pause_after = MediaTime::from_millis(pause_ms);
    if is_speakable(&piece) {
        let text = format!("{waiting}{piece}");
        waiting.clear();
        found.push(Sentence { text, pause_after });
    } else if let Some(last) = found.last_mut() {
        if !piece.is_empty()
            && last.text.chars().count() + piece.chars().count() < 2 * MAX_SENTENCE_CHARS
        {
            if !last.text.ends_with(is_han_mark) {
                last.text.push(' ');
            }
            last.text.push_str(&piece);
        }
        last.pause_after = last.pause_after.max(pause_after);
    } else if waiting.chars().count() + piece.chars().count() < MAX_SENTENCE_CHARS {
        waiting.push_str(&piece);
        if !waiting.is_empty() {
            waiting.push(' ');
        }
    }
}

fn is_han_mark(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '；' | '，' | '、' | '…' | '：' | '”' | '」' | '』' | '）'
    )
}

/// Marks that may follow the end of a sentence and still belong to it.
fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | ')'
            | ']'
            | '}'
            | '»'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '］'
            | '｝'
    )
}

fn is_end_mark(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '。' | '！' | '？' | '；' | '｡' | '‥' | '‼' | '⁇' | '⁈' | '⁉'
    )
}

/// Where the sentence that starts at `start` ends (exclusive), and the pause after it in milliseconds.
fn sentence_end(chars: &[char], start: usize) -> (usize, i64) {
    let mut at = start;
    while at < chars.len() {
        let c = chars[at];
        if c == '\n' || c == '\u{2028}' || c == '\u{2029}' {
            if !goes_on_after_newline(chars, start, at) {
                return (at + 1, 400);
            }
            at += 1;
            continue;
        }
        if !is_end_mark(c) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < chars.len() && is_end_mark(chars[end]) {
            end += 1;
        }
        let marks = &chars[at..end];
        while end < chars.len() && is_closer(chars[end]) {
            end += 1;
        }
        if ends_here(chars, start, at, marks, end) {
            return (end, mark_pause_ms(marks));
        }
        at = end;
    }
    (chars.len(), 250)
}

fn mark_pause_ms(marks: &[char]) -> i64 {
    match marks {
        ['；'] => 150,
        [_, _, ..] | ['…' | '‥'] => 400,
        ['!' | '?' | '！' | '？'] => 300,
        _ => 250,
    }
}

/// A single line break in the middle of a sentence: small letters go on in the next line.
fn goes_on_after_newline(chars: &[char], start: usize, at: usize) -> bool {
    let next = chars.get(at + 1).copied();
    let before = chars[start..at].iter().rev().find(|c| !c.is_whitespace());
    next.is_some_and(char::is_lowercase) && before.is_some_and(|c| c.is_alphanumeric() || *c == ',')
}

/// Whether the marks at `at` (up to `end`, closing quotes included) end the sentence that began at `start`.
fn ends_here(chars: &[char], start: usize, at: usize, marks: &[char], end: usize) -> bool {
    if marks.iter().any(|c| !matches!(c, '.' | '!' | '?')) {
        return true;
    }
    let Some(&next) = chars.get(end) else {
        return true;
    };
    if !next.is_whitespace() {
        // `3.14`, `example.com/?a=1`, `U.S.A`; but Chinese goes on without a space.
        return is_han(next);
    }
    let following = chars[end..]
        .iter()
        .copied()
        .find(|c| !c.is_whitespace() && !is_opener(*c));
    if following.is_some_and(char::is_lowercase) {
        return false;
    }
    marks != ['.'] || end > at + 1 || !is_abbreviation(&chars[start..at], following)
}

fn is_opener(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '“' | '‘' | '(' | '[' | '{' | '«' | '「' | '『' | '（' | '【' | '《' | '〈'
    )
}

/// Always followed by more of the sentence.
const TITLES: [&str; 17] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "gen", "col", "lt", "sgt", "rev", "hon", "vs",
    "e.g", "i.e", "approx",
];
/// Followed by a number when they do not end the sentence.
const BEFORE_NUMBERS: [&str; 8] = ["no", "nos", "fig", "vol", "ch", "pp", "art", "sec"];

/// Whether the full stop after `sentence` only marks an abbreviation, an initial or the number of a list.
fn is_abbreviation(sentence: &[char], following: Option<char>) -> bool {
    let word: String = sentence
        .iter()
        .rev()
        .take(12)
        .take_while(|c| !c.is_whitespace() && !is_opener(**c))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let lower = word.to_lowercase();
    if TITLES.contains(&lower.as_str()) {
        return true;
    }
    if BEFORE_NUMBERS.contains(&lower.as_str()) {
        return following.is_some_and(|c| c.is_ascii_digit());
    }
    let mut letters = word.chars();
    let initial =
        matches!((letters.next(), letters.next()), (Some(c), None) if c.is_uppercase() && c != 'I');
    let whole: String = sentence.iter().collect();
    let is_list_number = !word.is_empty()
        && word.chars().all(|c| c.is_ascii_digit())
        && whole.trim() == word
        && word.len() <= 3;
    initial || is_list_number
}

/// Splits a sentence that is too long; the last part keeps the sentence's pause.
fn split_long(chars: &[char], pause_ms: i64) -> Vec<(String, i64)> {
    let mut parts = Vec::new();
    let mut rest = chars;
    while rest.len() > MAX_SENTENCE_CHARS {
        let window = MAX_SENTENCE_CHARS / 4..MAX_SENTENCE_CHARS;
        let at_clause = window.clone().rev().find(|i| is_clause_end(rest, *i));
        let at_space = || window.rev().find(|i| rest[*i].is_whitespace());
        let (cut, pause_ms) = match (at_clause, at_clause.is_none().then(at_space).flatten()) {
            (Some(i), _) => (i + 1, 100),
            (None, Some(i)) => (i + 1, 0),
            (None, None) => (MAX_SENTENCE_CHARS, 0),
        };
        let (part, more) = rest.split_at(cut);
        parts.push((part.iter().collect(), pause_ms));
        rest = more;
    }
    parts.push((rest.iter().collect(), pause_ms));
    parts
}

fn is_clause_end(chars: &[char], at: usize) -> bool {
    match chars[at] {
        '，' | '、' | '：' | '；' | '—' => true,
        ',' | ';' | ':' => chars
            .get(at + 1)
            .is_none_or(|c| c.is_whitespace() || is_han(*c)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
