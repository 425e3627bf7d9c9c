//! The Python program that speaks with espeak-ng's library. It is kept from sentence to sentence: to start it takes 0.1 s.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::remote::Deadline;
use crate::voice::process::Session;
use crate::voice::{Error, MAX_SPEECH_SECS, Result, Voice};

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
    Spoken {
        rate: u32,
        bytes: usize,
        events: Vec<Event>,
    },
    Failed {
        error: String,
    },
}

/// Sound with its events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    pub(super) samples: Vec<f32>,
    pub(super) sample_rate_hz: u32,
    pub(super) events: Vec<Event>,
}

/// Helpers that wait for work, in the whole process: one for each sentence that was spoken at the same time. The lock is
/// held to take one out or put it back. They end with us, when their input is closed.
static IDLE: Mutex<Vec<Session>> = Mutex::new(Vec::new());
/// More than this many are not kept.
const MAX_IDLE: usize = 4;

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
    let request = serde_json::json!({
        "voice": name,
        "text": input.text,
        "markup": input.is_markup,
        "words_per_minute": WORDS_PER_MIN,
    });
    let request = format!("{request}\n");
    // One that waited may have ended meanwhile: then a new one gets the same request.
    let waiting = idle().pop();
    if let Some(waiting) = waiting {
        match ask(waiting, voice, &request, deadline) {
            Err(Error::Missing { remedy, .. }) => tracing::debug!("{voice}: helper anew: {remedy}"),
            answer => return answer,
        }
    }
    let mut command = Command::new("python3");
    // Neither site packages nor the user's environment: they are not needed, and cost time to look at.
    command.args(["-I", "-S", "-c", PROGRAM]);
    let fresh = Session::start(command).map_err(|source| Error::Start {
        voice: voice.to_string(),
        program: "python3".to_owned(),
        remedy: "is Python installed? (apt install python3)".to_owned(),
        source,
    })?;
    ask(fresh, voice, &request, deadline)
}

fn idle() -> MutexGuard<'static, Vec<Session>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request to one helper, which is kept when it has answered.
fn ask(mut session: Session, voice: &Voice, request: &str, deadline: &Deadline) -> Result<Spoken> {
    let wrong = |remedy: String| Error::Missing {
        voice: voice.to_string(),
        remedy,
    };
    let mut bytes = Vec::new();
    session.ask(voice, request, deadline, &mut |block| {
        bytes.extend_from_slice(block);
        is_complete(&bytes).map_err(wrong)
    })?;
    let mut idle = idle();
    if idle.len() < MAX_IDLE {
        idle.push(session);
    }
    drop(idle);
    read(&bytes).map_err(wrong)
}

/// The head of an answer and where its sound begins, once they are there.
fn head(bytes: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return Ok(None);
    };
    let head = serde_json::from_slice(&bytes[..end]).map_err(|error| error.to_string())?;
    Ok(Some((head, end + 1)))
}

fn is_complete(bytes: &[u8]) -> Result<bool, String> {
    Ok(match head(bytes)? {
        Some((Head::Spoken { bytes: count, .. }, start)) => bytes.len() >= start + count,
        Some((Head::Failed { .. }, _)) => true,
        None => false,
    })
}

/// One answer.
fn read(bytes: &[u8]) -> Result<Spoken, String> {
    let (head, start) = head(bytes)?.ok_or("the answer is cut off")?;
    let (rate, count, events) = match head {
        Head::Failed { error } => return Err(error),
        Head::Spoken {
            rate,
            bytes,
            events,
        } => (rate, bytes, events),
    };
    let sound = &bytes[start..];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let mut answer =
            br#"{"rate": 22050, "bytes": 4, "events": [[0, 1, 2], [5, "a"]]}"#.to_vec();
        answer.extend(b"\n\x00\x40\x00\xC0");
        let spoken = read(&answer).unwrap();
        assert_eq!(spoken.samples, [0.5, -0.5]);
        assert_eq!(is_complete(&answer), Ok(true));
        assert_eq!(is_complete(&answer[..answer.len() - 1]), Ok(false));
        assert_eq!(is_complete(b"{\"ra"), Ok(false));
        assert_eq!(
            spoken.events,
            [Event::Word(0, 1, 2), Event::Phone(5, "a".to_owned())]
        );
        answer.pop();
        assert!(read(&answer).is_err());
        assert_eq!(
            read(b"{\"error\": \"no voice\"}\n"),
            Err("no voice".to_owned())
        );
        assert!(read(b"").is_err());
    }
}
