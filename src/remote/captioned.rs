//! Speech with the times of its words, as Kokoro-FastAPI's `POST /dev/captioned_speech` answers: one JSON object, or one
//! for each piece of the sound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Error, Result, Spoken, SpokenWord};

/// Bytes of a wrong answer that are shown.
const SHOWN_BYTES: usize = 200;

/// One piece.
#[derive(Debug, Deserialize)]
struct Piece {
    audio: String,
    #[serde(default)]
    timestamps: Option<Vec<SpokenWord>>,
}

/// The pieces joined; times count from the start of the whole. `url` is for messages.
pub(super) fn read(answer: &Spoken, url: &str) -> Result<Spoken> {
    let wrong = |what: String| Error::NotSound {
        url: url.to_owned(),
        content_type: format!("captioned speech that cannot be read ({what})"),
        body: String::from_utf8_lossy(&answer.bytes[..answer.bytes.len().min(SHOWN_BYTES)])
            .into_owned(),
    };
    let mut spoken = Spoken::default();
    for piece in serde_json::Deserializer::from_slice(&answer.bytes).into_iter::<Piece>() {
        let piece = piece.map_err(|error| wrong(error.to_string()))?;
        let sound = STANDARD
            .decode(piece.audio)
            .map_err(|error| wrong(error.to_string()))?;
        spoken.bytes.extend(sound);
        spoken.words.extend(piece.timestamps.unwrap_or_default());
    }
    if spoken.bytes.is_empty() {
        return Err(wrong("it holds no sound".to_owned()));
    }
    Ok(spoken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Result<Spoken> {
        let spoken = Spoken {
            bytes: text.as_bytes().to_vec(),
            ..Spoken::default()
        };
        read(&spoken, "http://127.0.0.1:1")
    }

    #[test]
    fn pieces_are_joined() {
        let spoken = answer(
            "{\"audio\": \"AQI=\", \"timestamps\": [{\"word\": \"a\", \"start_time\": 0.1, \"end_time\": 0.2}]}\n{\"audio\": \"AwQ=\", \"timestamps\": null}\n",
        )
        .unwrap();
        assert_eq!(spoken.bytes, [1, 2, 3, 4]);
        assert_eq!(spoken.words[0].text, "a");
    }

    #[test]
    fn wrong_answers_are_told() {
        for text in [
            "",
            "{}",
            "{\"audio\": \"\"}",
            "{\"audio\": \"?\"}",
            "<html>",
        ] {
            let message = answer(text).unwrap_err().to_string();
            assert!(message.contains("captioned speech"), "{message}");
        }
    }
}
