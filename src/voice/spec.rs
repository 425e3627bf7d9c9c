//! Voices as people write them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Error, Voice};

impl FromStr for Voice {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Spec {
            spec: spec.to_owned(),
            what: what.to_owned(),
        };
        let spec_trimmed = spec.trim();
        let (kind, name) = spec_trimmed.split_once(':').unwrap_or((spec_trimmed, ""));
        let name = name.trim();
        let or = |default: &str| {
            if name.is_empty() {
                default.to_owned()
            } else {
                name.to_owned()
            }
        };
        match kind {
            "espeak" if is_plain_name(&or("en-us")) => Ok(Self::Espeak { voice: or("en-us") }),
            "flite" if is_plain_name(&or("slt")) => Ok(Self::Flite { voice: or("slt") }),
            "espeak" | "flite" => Err(wrong(
                "the name may hold letters, digits, `-`, `_` and `+` and must not start with `-`",
            )),
            "openai" => Ok(Self::OpenAi { voice: or("alloy") }),
            "command" => {
                let mut words = split_command(name).map_err(wrong)?.into_iter();
                let program = words
                    .next()
                    .ok_or_else(|| wrong("the program is missing"))?;
                Ok(Self::Command {
                    program,
                    args: words.collect(),
                })
            }
            "clip" if name.is_empty() => Err(wrong("the file is missing")),
            "clip" => Ok(Self::Clip {
                path: PathBuf::from(name),
            }),
            "tone" if name.is_empty() => Ok(Self::Tone),
            "tone" => Err(wrong("tone takes no name")),
            _ => Err(wrong("unknown kind of voice")),
        }
    }
}

/// Names that cannot be mistaken for an option, a path or an address (flite would fetch one).
fn is_plain_name(name: &str) -> bool {
    !name.starts_with('-')
        && name.len() <= 64
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_+".contains(c))
}

/// Splits at blanks; quotes hold together, a backslash takes the next character as it is (not inside single quotes).
fn split_command(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                let next = chars.next().ok_or("a backslash stands at the end")?;
                word.get_or_insert_default().push(next);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed");
    }
    words.extend(word);
    Ok(words)
}

impl fmt::Display for Voice {
    /// The form that parses back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Espeak { voice } => write!(f, "espeak:{voice}"),
            Self::Flite { voice } => write!(f, "flite:{voice}"),
            Self::OpenAi { voice } => write!(f, "openai:{voice}"),
            Self::Command { program, args } => {
                write!(f, "command:{}", quoted(program))?;
                args.iter()
                    .try_for_each(|arg| write!(f, " {}", quoted(arg)))
            }
            Self::Clip { path } => write!(f, "clip:{}", path.display()),
            Self::Tone => f.write_str("tone"),
        }
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./{}=:+,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn voices_are_read() {
        let read = |spec: &str| spec.parse::<Voice>().unwrap();
        assert_eq!(
            read("espeak"),
            Voice::Espeak {
                voice: "en-us".into()
            }
        );
        assert_eq!(
            read("espeak:cmn-latn-pinyin").to_string(),
            "espeak:cmn-latn-pinyin"
        );
        assert_eq!(
            read("flite:kal16"),
            Voice::Flite {
                voice: "kal16".into()
            }
        );
        assert_eq!(
            read("openai:nova"),
            Voice::OpenAi {
                voice: "nova".into()
            }
        );
        assert_eq!(read(" tone "), Voice::Tone);
        assert_eq!(
            read(r#"command:piper --model "my voice.onnx" -f - 'it''s' a\ b """#),
            Voice::Command {
                program: "piper".into(),
                args: ["--model", "my voice.onnx", "-f", "-", "its", "a b", ""]
                    .map(String::from)
                    .to_vec()
            }
        );
        assert_eq!(
            read("clip:C:/a b.wav"),
            Voice::Clip {
                path: "C:/a b.wav".into()
            }
        );
    }

    #[test]
    fn wrong_voices_say_what_is_allowed() {
        for spec in [
            "",
            "festival:x",
            "espeak:-w",
            "flite:http://x/y.flitevox",
            "flite:../x",
            "clip:",
            "command:",
            "command:'x",
            "command:x\\",
            "tone:x",
            "Espeak:en",
        ] {
            let message = spec.parse::<Voice>().unwrap_err().to_string();
            assert!(
                message.contains("flite:NAME") && message.contains(spec),
                "{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(words in prop::collection::vec("[ -~é好]{0,12}", 1..5)) {
            prop_assume!(!words[0].is_empty());
            let voice = Voice::Command { program: words[0].clone(), args: words[1..].to_vec() };
            prop_assert_eq!(voice.to_string().parse::<Voice>().unwrap(), voice);
        }

        #[test]
        fn any_spec_is_survived(spec in any::<String>()) {
            let _ = spec.parse::<Voice>();
        }
    }
}
