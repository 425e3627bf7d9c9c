//! Gestures for words: where in an utterance the rules find something.

use std::ops::Range;

use super::rules::{DENIALS, DENYING, RULES, count, stands_at};
use crate::media::WordTime;

/// What a rule found: the words and which gestures would do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Words by their index.
    pub(super) words: Range<usize>,
    /// Names, any of which would do.
    pub(super) gestures: Vec<String>,
}

/// The words of an utterance as one text in small letters, each character with the word it belongs to.
struct Text {
    chars: Vec<char>,
    owners: Vec<usize>,
}

impl Text {
    fn of(words: &[WordTime]) -> Self {
        let (mut chars, mut owners) = (Vec::new(), Vec::new());
        for (index, word) in words.iter().enumerate() {
            let joins = |c: Option<&char>| c.is_none_or(|c| !c.is_ascii());
            let first = word.text.chars().next();
            // Words of letters are parted by a space, Chinese ones follow each other.
            if !joins(chars.last()) || (!chars.is_empty() && !joins(first.as_ref())) {
                chars.push(' ');
                owners.push(index);
            }
            for c in word.text.trim().chars() {
                let c = if c == '’' { '\'' } else { c };
                chars.push(c.to_lowercase().next().unwrap_or(c));
                owners.push(index);
            }
        }
        Self { chars, owners }
    }

    fn is_denied(&self, at: usize) -> bool {
        DENIALS.iter().any(|denial| {
            let length = denial.chars().count();
            let before = at.checked_sub(length).map(|from| &self.chars[from..at]);
            before.is_some_and(|before| before.iter().copied().eq(denial.chars()))
        })
    }

    /// The longest line of the rules that stands at a place: its characters, those that are stressed, and its gestures.
    fn rule_at(&self, at: usize) -> Option<(usize, Range<usize>, Vec<String>)> {
        let lines = RULES
            .iter()
            .flat_map(|rule| rule.words.iter().map(move |word| (*word, rule.gestures)));
        let longest = lines
            .filter(|(word, _)| {
                word.starts_with(self.chars[at]) && stands_at(&self.chars, at, word)
            })
            .max_by_key(|(word, _)| word.chars().count());
        let counted = count(&self.chars, at);
        let (word, gestures) = match (longest, counted) {
            (None, Some((number, end))) => {
                // The number itself, not what is counted: 三 of 三种, `one` of `number one`.
                let is_latin = self.chars[at].is_ascii_alphabetic();
                let stressed = if is_latin { end - 1..end } else { at..at + 1 };
                return Some((end, stressed, vec![format!("count-{number}")]));
            }
            (longest, _) => longest?,
        };
        let end = at + word.chars().count();
        let is_denied = self.is_denied(at);
        let gestures = gestures
            .iter()
            .filter(|name| !is_denied || DENYING.contains(name))
            .map(|name| (*name).to_owned())
            .collect();
        Some((end, at..end, gestures))
    }
}

/// All that the rules find, in order and without overlap.
pub(super) fn find(words: &[WordTime]) -> Vec<Found> {
    let text = Text::of(words);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.chars.len() {
        let Some((end, stressed, gestures)) = text.rule_at(at) else {
            at += 1;
            continue;
        };
        if !gestures.is_empty() {
            found.push(Found {
                words: text.owners[stressed.start]..text.owners[stressed.end - 1] + 1,
                gestures,
            });
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;

    fn words(text: &str) -> Vec<WordTime> {
        let is_han = |c: char| !c.is_ascii() && c.is_alphabetic();
        let mut texts: Vec<String> = vec![String::new()];
        for c in text.chars() {
            let joins = c != ' '
                && !is_han(c)
                && !texts
                    .last()
                    .is_some_and(|t| t.starts_with(is_han) && c.is_alphanumeric());
            if !joins {
                texts.push(String::new());
            }
            if c != ' '
                && let Some(last) = texts.last_mut()
            {
                last.push(c);
            }
        }
        let time = |text: String| WordTime {
            text,
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
        };
        texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(time)
            .collect()
    }

    /// The first gesture of each find, with its words.
    fn gestures(text: &str) -> Vec<(String, String)> {
        let words = words(text);
        let said = |range: Range<usize>| {
            words[range]
                .iter()
                .map(|w| w.text.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        find(&words)
            .into_iter()
            .map(|found| (found.gestures[0].clone(), said(found.words)))
            .collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = gestures(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn english_words_make_gestures() {
        check(
            "Welcome, everybody!",
            &[("welcome", "Welcome,"), ("open", "everybody!")],
        );
        check(
            "Hi, look at this one.",
            &[("wave", "Hi,"), ("present", "look at this")],
        );
        check(
            "Thank you and see you tomorrow",
            &[("thanks", "Thank you"), ("wave", "see you")],
        );
        check(
            "Never! I don’t know.",
            &[("no", "Never!"), ("shrug", "don’t know.")],
        );
        check(
            "The link is on the left, below.",
            &[
                ("point-down", "The link"),
                ("point-left", "on the left,"),
                ("point-down", "below."),
            ],
        );
        check(
            "It is great, I love it.",
            &[("thumbs-up", "great,"), ("heart", "love")],
        );
    }

    #[test]
    fn other_words_do_not() {
        for text in [
            "Nothing in knothing, whither thisbe greatest lovely",
            "This week is not great.",
            "He does not love it.",
            "It was left over, right?",
            "I know no one.",
            "A hundred and five dollars, 3.5 percent, $5, one moment, a second please",
            "five hundred, 25 pieces, two percent",
            "有没有人知道，没有问题，棒球，我不喜欢",
            "五折，三百个，五元，十五个，两千个，3点，它是一个很好的，特别红",
            "",
        ] {
            let found = gestures(text);
            let allowed = |(name, _): &(String, String)| name == "ok";
            assert!(found.iter().all(allowed), "{text}: {found:?}");
        }
    }

    #[test]
    fn numbers_count() {
        check(
            "Three reasons: first, it is light.",
            &[("count-3", "Three"), ("count-1", "first,")],
        );
        check(
            "two colours and 4 sizes",
            &[("count-2", "two"), ("count-4", "4")],
        );
        check(
            "Secondly, number one.",
            &[("count-2", "Secondly,"), ("count-1", "one.")],
        );
        check(
            "我们有三大优点，第一，买2瓶送一个",
            &[
                ("count-3", "三"),
                ("count-1", "一，"),
                ("count-2", "2"),
                ("count-1", "一"),
            ],
        );
        check(
            "两个颜色，五种口味",
            &[("count-2", "两"), ("count-5", "五")],
        );
    }

    #[test]
    fn chinese_words_make_gestures() {
        check(
            "大家好，欢迎来到直播间！",
            &[("wave", "大 家 好，"), ("welcome", "欢 迎")],
        );
        check(
            "这款真的很棒，点下方小黄车",
            &[
                ("present", "这 款"),
                ("thumbs-up", "很 棒，"),
                ("point-down", "下 方"),
                ("point-down", "小 黄 车"),
            ],
        );
        check(
            "千万别错过，谢谢大家，再见",
            &[
                ("no", "千 万 别"),
                ("thanks", "谢 谢"),
                ("open", "大 家，"),
                ("wave", "再 见"),
            ],
        );
        check("特别推荐", &[("thumbs-up", "推 荐")]);
        check(
            "恭喜！谁知道呢，想一想",
            &[
                ("clap", "恭 喜！"),
                ("shrug", "谁 知 道"),
                ("think", "想 一 想"),
            ],
        );
    }
}
