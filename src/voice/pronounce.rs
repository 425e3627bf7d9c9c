//! How a text is pronounced: its words as phones, by the program espeak-ng.
//!
//! Each word is asked for alone (a run of Han characters together, since their sound depends on their neighbours), so that
//! every phone has its word.

use std::ops::Range;
use std::process::Command;
use std::sync::Arc;

use super::text::{is_han, is_latin};
use super::words::split_words;
use super::{Language, Result, SynthesisContext, Voice, process};
use crate::remote::Deadline;

/// What is put between phones; no phone has it.
const SEPARATOR: char = '|';
/// The most that is read of an answer: 4096 characters at 50 bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A word and how it is pronounced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PronouncedWord {
    /// As written, with the punctuation around it.
    pub text: String,
    /// Its phones in IPA; none when espeak-ng does not know how to say it.
    pub phones: Vec<String>,
}

/// Words that are asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    voice: String,
    line: String,
    words: Range<usize>,
}

/// How `text` is pronounced. Han characters and their numbers are read as Mandarin, Latin letters as English, unless
/// `voice` names another voice of espeak-ng for what is not Han.
///
/// # Errors
/// When espeak-ng is missing or fails.
pub fn pronounce(
    text: &str,
    voice: Option<&str>,
    context: &SynthesisContext,
) -> Result<Vec<PronouncedWord>> {
    let deadline = Deadline::new(context.time_limit, Arc::clone(&context.cancel));
    let mut words: Vec<PronouncedWord> = split_words(text)
        .into_iter()
        .map(|word| PronouncedWord {
            text: word.text,
            phones: Vec::new(),
        })
        .collect();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let pieces = pieces(&texts, voice, Language::of(text));
    let mut voices: Vec<&str> = pieces.iter().map(|piece| piece.voice.as_str()).collect();
    voices.sort_unstable();
    voices.dedup();
    for voice in voices {
        let asked: Vec<&Piece> = pieces.iter().filter(|piece| piece.voice == voice).collect();
        let answer = ask(voice, &asked, &deadline)?;
        for (piece, line) in asked.iter().zip(answer.lines()) {
            hand_out(line, voice, &mut words[piece.words.clone()]);
        }
    }
    Ok(words)
}

/// The lines to be asked for.
fn pieces(texts: &[&str], voice: Option<&str>, language: Language) -> Vec<Piece> {
    let english = voice.unwrap_or("en-us");
    let mut pieces: Vec<Piece> = Vec::new();
    for (word, text) in texts.iter().enumerate() {
        let said = said(text, language);
        let is_chinese =
            text.chars().any(is_han) || (language == Language::Zh && !text.chars().any(is_latin));
        let voice = if is_chinese {
            "cmn-latn-pinyin"
        } else {
            english
        };
        let is_character = said.chars().count() == 1 && said.chars().all(is_han);
        // A mark ends a run of characters.
        let goes_on = is_character
            && word > 0
            && pieces
                .last()
                .is_some_and(|last| last.line.chars().all(is_han))
            && texts[word - 1].chars().all(is_han);
        match pieces.last_mut() {
            Some(last) if goes_on => {
                last.line.push_str(&said);
                last.words.end = word + 1;
            }
            _ => pieces.push(Piece {
                voice: voice.to_owned(),
                line: said,
                words: word..word + 1,
            }),
        }
    }
    pieces
}

/// A word without the marks that would cut or change it; money behind its number.
fn said(text: &str, language: Language) -> String {
    let mut money = "";
    let mut said = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (index, &c) in chars.iter().enumerate() {
        let inside = index > 0
            && chars[index - 1].is_alphanumeric()
            && chars
                .get(index + 1)
                .is_some_and(|next| next.is_alphanumeric());
        match c {
            '$' if language != Language::Zh => money = " dollars",
            '€' if language != Language::Zh => money = " euros",
            '£' if language != Language::Zh => money = " pounds",
            '’' | '\'' if inside => said.push('\''),
            '.' | ',' | '-' | '@' | ':' | '/' if inside => said.push(c),
            '%' | '&' | '+' | '=' => said.push(c),
            c if c.is_alphanumeric() => said.push(c),
            _ => {}
        }
    }
    said.push_str(money);
    said
}

/// espeak-ng's phones of each piece, a line each: without `--stdin` it answers line by line.
fn ask(voice: &str, pieces: &[&Piece], deadline: &Deadline) -> Result<String> {
    let speaker = Voice::Espeak {
        voice: voice.to_owned(),
    };
    let mut command = Command::new("espeak-ng");
    command.args([
        "-q",
        "-b",
        "1",
        "--ipa",
        &format!("--sep={SEPARATOR}"),
        "-v",
        voice,
    ]);
    let input: String = pieces
        .iter()
        .map(|piece| format!("{}\n", piece.line))
        .collect();
    let mut answer = Vec::new();
    let remedy = "is espeak-ng installed? (apt install espeak-ng)";
    process::run(&speaker, command, &input, remedy, deadline, &mut |block| {
        let room = MAX_ANSWER_BYTES
            .saturating_sub(answer.len())
            .min(block.len());
        answer.extend_from_slice(&block[..room]);
        Ok(())
    })?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Gives the phones of one line to its words: syllable by syllable when there are as many as words, else evenly.
fn hand_out(line: &str, voice: &str, words: &mut [PronouncedWord]) {
    let syllables: Vec<Vec<String>> = line
        .split_whitespace()
        .map(|syllable| phones(syllable, voice))
        .filter(|phones| !phones.is_empty())
        .collect();
    if let [word] = words {
        word.phones = syllables.concat();
        return;
    }
    let (count, total) = (syllables.len(), words.len());
    for (index, syllable) in syllables.into_iter().enumerate() {
        words[index * total / count].phones.extend(syllable);
    }
}

/// The phones of a syllable without marks of stress and tone (of which Mandarin's third is written ɜ); `(en)` marks a
/// change of language.
fn phones(syllable: &str, voice: &str) -> Vec<String> {
    let tones: &[char] = if voice.starts_with("cmn") {
        &['1', '2', '5', 'ɜ']
    } else {
        &[]
    };
    syllable
        .split(SEPARATOR)
        .map(|phone| {
            phone
                .trim_start_matches(['ˈ', 'ˌ', '_'])
                .trim_end_matches(tones)
        })
        .filter(|phone| phone.chars().any(char::is_alphabetic) && !phone.starts_with('('))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, String, Range<usize>)> {
        let words = split_words(text);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        pieces(&texts, None, Language::of(text))
            .into_iter()
            .map(|piece| (piece.voice, piece.line, piece.words))
            .collect()
    }

    #[test]
    fn words_are_asked_for_alone_and_characters_together() {
        let zh = || "cmn-latn-pinyin".to_owned();
        let en = || "en-us".to_owned();
        assert_eq!(
            lines("大家好，今天有3个iPhone 15！"),
            [
                (zh(), "大家好".to_owned(), 0..3),
                (zh(), "今天有".to_owned(), 3..6),
                (zh(), "3".to_owned(), 6..7),
                (zh(), "个".to_owned(), 7..8),
                (en(), "iPhone".to_owned(), 8..9),
                (zh(), "15".to_owned(), 9..10),
            ]
        );
        assert_eq!(
            lines("It’s “only” $3.50, really..."),
            [
                (en(), "It's".to_owned(), 0..1),
                (en(), "only".to_owned(), 1..2),
                (en(), "3.50 dollars".to_owned(), 2..3),
                (en(), "really".to_owned(), 3..4),
            ]
        );
    }

    #[test]
    fn phones_lose_stress_and_tone() {
        assert_eq!(phones("n|ˈiɜ|", "cmn"), ["n", "i"]);
        let mixed = "(en)|p|əə|s|ɛ1|n|t|(cmn)|";
        assert_eq!(phones(mixed, "cmn"), ["p", "əə", "s", "ɛ", "n", "t"]);
        assert_eq!(phones("θ|ɹ|ˈiː", "en-us"), ["θ", "ɹ", "iː"]);
        assert_eq!(phones("ɡ|ˈɜː|l", "en-us"), ["ɡ", "ɜː", "l"]);
    }
}
