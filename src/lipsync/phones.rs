//! Phones of the synthesisers as visual phones, from the table that the training scripts read too
//! (`audio/lipsync/phones.toml`).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{Error, Result};
use crate::media::{MediaTime, PhoneAlphabet, PhoneTime};

/// The visual phones: silence, consonants, vowels.
pub const VISUAL_PHONES: [&str; 26] = [
    "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "LL", "RR", "WW", "YY", "HH", "AA",
    "AE", "AH", "EH", "IH", "IY", "AO", "OW", "UH", "UW", "YU", "ER",
];

/// The place of a visual phone in [`VISUAL_PHONES`].
pub(super) type Class = usize;

/// Silence.
pub(super) const SIL: Class = 0;
/// The first vowel; all after it are vowels too.
pub(super) const FIRST_VOWEL: Class = 14;

const TABLE: &str = include_str!("../../audio/lipsync/phones.toml");
const FILE: &str = "built-in phones.toml";

/// The share of the first vowel of a diphthong.
const FIRST_OF_DIPHTHONG: f64 = 0.6;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    arpabet: BTreeMap<String, String>,
    ipa: BTreeMap<String, String>,
    affricates: BTreeMap<String, String>,
    marks: Marks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    unseen: String,
    aspirated: String,
}

/// A stretch of time in which one visual phone is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    /// Seconds from the start of the sound.
    pub(super) start: f64,
    /// Seconds from the start of the sound.
    pub(super) end: f64,
    pub(super) class: Class,
}

/// The table, ready for look-ups.
#[derive(Clone, Debug)]
pub(super) struct PhoneTable {
    arpabet: HashMap<String, Vec<Class>>,
    ipa: HashMap<String, Vec<Class>>,
    affricates: HashMap<String, Vec<Class>>,
    unseen: Vec<char>,
    aspirated: Vec<Class>,
}

impl PhoneTable {
    /// The table that is built in.
    pub(super) fn built_in() -> Result<Self> {
        let document: Document = toml::from_str(TABLE).map_err(|source| Error::Parse {
            file: FILE.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self {
            arpabet: inverted("arpabet", &document.arpabet)?,
            ipa: inverted("ipa", &document.ipa)?,
            affricates: inverted("affricates", &document.affricates)?,
            unseen: document.marks.unseen.chars().collect(),
            aspirated: classes("marks.aspirated", &document.marks.aspirated)?,
        })
    }

    /// The visual phones of one phone, in order; none if it cannot be seen (a length mark, for example).
    pub(super) fn classes_of(&self, phone: &str, alphabet: PhoneAlphabet) -> Vec<Class> {
        match alphabet {
            PhoneAlphabet::Arpabet => {
                let name = phone.to_ascii_lowercase();
                let name = name.trim_end_matches(['0', '1', '2']);
                self.arpabet.get(name).cloned().unwrap_or(vec![SIL])
            }
            // `(en)` marks a change of language inside a sentence.
            PhoneAlphabet::Ipa if phone == "pau" || phone.starts_with('(') => vec![SIL],
            PhoneAlphabet::Ipa => self.classes_of_ipa(phone),
        }
    }

    fn classes_of_ipa(&self, phone: &str) -> Vec<Class> {
        let letters: Vec<char> = phone
            .chars()
            .filter(|c| !self.unseen.contains(c) && !matches!(c, '\u{300}'..='\u{36F}'))
            .collect();
        let mut found: Vec<Class> = Vec::new();
        let mut place = 0;
        while place < letters.len() {
            let pair: String = letters[place..letters.len().min(place + 2)]
                .iter()
                .collect();
            if let Some(classes) = self.affricates.get(&pair) {
                found.extend(classes);
                place += 2;
                continue;
            }
            let letter = letters[place];
            place += 1;
            let is_aspiration = letter == 'h'
                && found
                    .last()
                    .is_some_and(|last| self.aspirated.contains(last));
            if is_aspiration {
                continue;
            }
            for &class in self.ipa.get(&letter.to_string()).into_iter().flatten() {
                if found.last() != Some(&class) {
                    found.push(class);
                }
            }
        }
        found
    }

    /// Phones in time as visual phones in time: diphthongs split 60:40, other pairs evenly, neighbouring silences joined;
    /// a phone that cannot be seen lengthens the one before it.
    pub(super) fn segments(&self, phones: &[PhoneTime], alphabet: PhoneAlphabet) -> Vec<Segment> {
        let mut result: Vec<Segment> = Vec::new();
        for phone in phones {
            let classes = self.classes_of(&phone.phone, alphabet);
            let (start, end) = (secs(phone.start), secs(phone.end));
            if classes.is_empty() {
                if let Some(last) = result.last_mut() {
                    last.end = end;
                }
                continue;
            }
            let mut at = start;
            for (place, &class) in classes.iter().enumerate() {
                let until = at + (end - start) * share(&classes, place);
                match result.last_mut() {
                    Some(last) if class == SIL && last.class == SIL => last.end = until,
                    _ => result.push(Segment {
                        start: at,
                        end: until,
                        class,
                    }),
                }
                at = until;
            }
        }
        result
    }
}

/// The share of the visual phone `place` in its phone.
fn share(classes: &[Class], place: usize) -> f64 {
    let is_diphthong = classes.len() == 2 && classes.iter().all(|&class| class >= FIRST_VOWEL);
    match (is_diphthong, place) {
        (false, _) => 1.0 / classes.len() as f64,
        (true, 0) => FIRST_OF_DIPHTHONG,
        (true, _) => 1.0 - FIRST_OF_DIPHTHONG,
    }
}

fn secs(time: MediaTime) -> f64 {
    time.as_secs_f64()
}

fn inverted(key: &str, table: &BTreeMap<String, String>) -> Result<HashMap<String, Vec<Class>>> {
    let mut result = HashMap::new();
    for (names, phones) in table {
        let classes = classes(&format!("{key}.{names}"), names)?;
        for phone in phones.split_whitespace() {
            result.insert(phone.to_owned(), classes.clone());
        }
    }
    Ok(result)
}

fn classes(key: &str, names: &str) -> Result<Vec<Class>> {
    let class = |name: &str| {
        VISUAL_PHONES
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| Error::Invalid {
                file: FILE.to_owned(),
                key: key.to_owned(),
                problem: format!("there is no visual phone {name}"),
            })
    };
    names.split_whitespace().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(phone: &str, alphabet: PhoneAlphabet) -> String {
        let classes = PhoneTable::built_in().unwrap().classes_of(phone, alphabet);
        classes
            .iter()
            .map(|&class| VISUAL_PHONES[class])
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn phones_of_all_synthesisers_are_known() {
        for (phone, expected) in [
            ("pau", "sil"),
            ("OW1", "OW UH"),
            ("m", "PP"),
            ("el", "AH LL"),
            ("jh", "CH"),
        ] {
            assert_eq!(names(phone, PhoneAlphabet::Arpabet), expected, "{phone}");
        }
        for (phone, expected) in [
            ("pau", "sil"),
            ("(en)", "sil"),
            ("ˈaɪ", "AA IH"),
            ("tɕh", "CH"),
            ("ph", "PP"),
            ("th", "DD"),
            ("h", "HH"),
            ("s.", "SS"),
            ("iou", "IY OW UW"),
            ("uː", "UW"),
            ("ɑ̃", "AA"),
            ("ts", "SS"),
            ("əl", "AH LL"),
            ("ˑ", ""),
        ] {
            assert_eq!(names(phone, PhoneAlphabet::Ipa), expected, "{phone}");
        }
    }

    #[test]
    fn diphthongs_are_split_and_silences_joined() {
        let phones: Vec<PhoneTime> = [
            ("pau", 0, 50),
            ("pau", 50, 100),
            ("aɪ", 100, 200),
            ("ː", 200, 220),
            ("m", 220, 300),
        ]
        .map(|(phone, start, end)| PhoneTime {
            phone: phone.to_owned(),
            start: MediaTime::from_millis(start),
            end: MediaTime::from_millis(end),
        })
        .to_vec();
        let segments = PhoneTable::built_in()
            .unwrap()
            .segments(&phones, PhoneAlphabet::Ipa);
        let shown: Vec<String> = segments
            .iter()
            .map(|s| format!("{} {:.2} {:.2}", VISUAL_PHONES[s.class], s.start, s.end))
            .collect();
        assert_eq!(
            shown,
            [
                "sil 0.00 0.10",
                "AA 0.10 0.16",
                "IH 0.16 0.22",
                "PP 0.22 0.30"
            ]
        );
    }
}
