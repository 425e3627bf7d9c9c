//! The Python program that speaks with espeak-ng's library.

use std::process::Command;

use serde::Deserialize;

use crate::remote::Deadline;
use crate::voice::{Error, MAX_SPEECH_SECS, Result, Voice, process};

use super::WORDS_PER_MIN;
use super::markup::Input;

/// The program, which Python gets as an argument.
const PROGRAM: &str = include_str!("helper.py");

/// What it reports about one moment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Event {
    /// From this sample on a phone sounds.
    Phone(usize, String),
    /// At this sample a word begins that stands at this character of the text (from 1) and is so many characters long.
    Word(usize, usize, usize),
}

/// What it answers before the sound.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Head {
    Spoken { rate: u32, bytes: usize, events: Vec<Event> },
    Failed { error: String },
}

/// Sound with its events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    pub(super) samples: Vec<f32>,
    pub(super) sample_rate_hz: u32,
    pub(super) events: Vec<Event>,
}

    /// Says `input` with espeak's voice `name`.
    ///
    /// # Errors
    /// When Python or the library is missing, or as a program can fail.
    pub(super) fn speak(
        voice: &Voice,
        name: &str,
        input: &Input,
        deadline: &Deadline,
    ) -> Result<Spoken> {
        let mut command = Command::new("python3");
        // Neither site packages nor the user's environment: they are not needed, and cost time to look at.
        command.args(["-I", "-S", "-c", PROGRAM]);
        let request = serde_json::json!({
            "voice": name,
            "text": input.text,
            "markup": input.is_markup,
            "words_per_minute": WORDS_PER_MIN,
        });
        let mut bytes = Vec::new();
        let remedy = "is Python installed? (apt install python3)";
        process::run(voice, command, &format!("{request}\n"), remedy, deadline, &mut |block| {
            bytes.extend_from_slice(block);
            Ok(())
        })?;
        read(&bytes).map_err(|remedy| Error::Missing {
            voice: voice.to_string(),
            remedy,
        })
    }

/// One answer.
fn read(bytes: &[u8]) -> Result<Spoken, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("the answer is cut off")?;
    let head = serde_json::from_slice(&bytes[..end]).map_err(|error| error.to_string())?;
    match head {
        Head::Failed { error } => Err(error),
        Head::Spoken { rate, bytes: count, events } => {
            let sound = &bytes[end + 1..];
            if sound.len() != count || rate == 0 || count / 2 > (MAX_SPEECH_SECS * rate) as usize {
                return Err(format!("{} bytes of sound instead of {count}", sound.len()));
            }
            let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
            Ok(Spoken {
                samples: sound.chunks_exact(2).map(sample).collect(),
                sample_rate_hz: rate,
                events,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let mut answer = br#"{"rate": 22050, "bytes": 4, "events": [[0, 1, 2], [5, "a"]]}"#.to_vec();
        answer.extend(b"\n\x00\x40\x00\xC0");
        let spoken = read(&answer).unwrap();
        assert_eq!(spoken.samples, [0.5, -0.5]);
        assert_eq!(spoken.events, [Event::Word(0, 1, 2), Event::Phone(5, "a".to_owned())]);
        answer.pop();
        assert!(read(&answer).is_err());
        assert_eq!(read(b"{\"error\": \"no voice\"}\n"), Err("no voice".to_owned()));
        assert!(read(b"").is_err());
    }
}
