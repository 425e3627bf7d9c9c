//! Text as espeak-ng is to read it.

use crate::voice::text::{is_han, is_latin};

/// What espeak-ng is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) text: String,
    /// Whether the text is SSML.
    pub(super) is_markup: bool,
}

impl Input {
    /// `text` for the voice `voice`.
    pub(super) fn new(voice: &str, text: &str) -> Self {
        let plain = without_phonemes(text);
        // The Mandarin voice reads English letters as pinyin: hand English words to an English voice, by markup.
        if voice.starts_with("cmn") && text.chars().any(is_han) && text.chars().any(is_latin) {
            return Self {
                text: with_english_voice(&plain),
                is_markup: true,
            };
        }
        Self {
            text: plain,
            is_markup: false,
        }
    }

    /// For each character of the text the number of visible characters (of what is to be said) before it, and whether it
    /// is one of them.
    pub(super) fn visible(&self) -> Vec<(usize, bool)> {
        let mut visible = Vec::new();
        let mut count = 0;
        let (mut in_tag, mut in_entity) = (false, false);
        for c in self.text.chars() {
            let is_start = self.is_markup && matches!(c, '<' | '&');
            if is_start {
                (in_tag, in_entity) = (c == '<', c == '&');
            }
            let is_visible = if in_entity {
                c == ';'
            } else {
                !in_tag && !c.is_whitespace()
            };
            visible.push((count, is_visible));
            count += usize::from(is_visible);
            in_tag &= c != '>';
            in_entity &= c != ';';
        }
        visible
    }
}

/// espeak takes what stands in `[[...]]` as phonemes; people do not mean that.
fn without_phonemes(text: &str) -> String {
    text.replace("[[", "[ [")
}

/// The text as SSML in which runs of two and more Latin letters (with what stands between them) have an English voice.
fn with_english_voice(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_inside = |c: char| c.is_ascii() && !c.is_ascii_control();
    let mut out = String::from("<speak>");
    let mut at = 0;
    while at < chars.len() {
        let mut end = at;
        while end < chars.len() && is_inside(chars[end]) {
            end += 1;
        }
        // The run of ASCII goes from its first letter to its last; digits after a word are part of a name (`iPhone 15`).
        let first = (at..end).find(|i| is_latin(chars[*i]));
        let last = (at..end).rev().find(|i| chars[*i].is_alphanumeric());
        match (first, last) {
            (Some(first), Some(last)) if last > first => {
                push_escaped(&mut out, &chars[at..first]);
                out.push_str("<voice name=\"en-us\">");
                push_escaped(&mut out, &chars[first..=last]);
                out.push_str("</voice>");
                push_escaped(&mut out, &chars[last + 1..end]);
            }
            _ => push_escaped(&mut out, &chars[at..end]),
        }
        if end < chars.len() {
            push_escaped(&mut out, &chars[end..=end]);
            end += 1;
        }
        at = end;
    }
    out.push_str("</speak>");
    out
}

fn push_escaped(out: &mut String, chars: &[char]) {
    for c in chars {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(*c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_names_get_an_english_voice() {
        assert_eq!(
            with_english_voice("我买3个iPhone 15。A&B <b>好"),
            "<speak>我买3个<voice name=\"en-us\">iPhone 15</voice>。<voice name=\"en-us\">A&amp;B &lt;b</voice>&gt;好</speak>"
        );
        assert_eq!(with_english_voice("维生素C好"), "<speak>维生素C好</speak>");
        assert_eq!(without_phonemes("a [[h@loU]] b"), "a [ [h@loU]] b");
    }

    #[test]
    fn visible_characters_are_counted_through_markup() {
        let input = Input::new("cmn", "好 AB&<b");
        let visible: String = input
            .visible()
            .iter()
            .zip(input.text.chars())
            .filter(|((_, is_visible), _)| *is_visible)
            .map(|(_, c)| c)
            .collect();
        assert_eq!(visible, "好AB;;b");
        assert_eq!(input.visible().last(), Some(&(6, false)));
    }
}
