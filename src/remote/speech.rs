//! Speech from a server that has the shape of OpenAI's `POST /v1/audio/speech`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::{Deadline, Error, Result};

/// The most characters the interface takes at once.
pub const MAX_INPUT_CHARS: usize = 4096;
/// The sample rate of [`Format::Pcm`]: 16-bit little-endian mono at 24 kHz.
pub const PCM_RATE_HZ: u32 = 24_000;

/// What the server is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A WAV file, at whatever rate the server likes.
    #[default]
    Wav,
    /// Bare samples at [`PCM_RATE_HZ`].
    Pcm,
}

impl Format {
    /// As the interface spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "wav" => Ok(Self::Wav),
            "pcm" => Ok(Self::Pcm),
            _ => Err(format!("format `{text}` is not `wav` or `pcm`")),
        }
    }
}

/// How a server tells when its words sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamps {
    /// It does not.
    #[default]
    None,
    /// As Kokoro-FastAPI does at `POST /dev/captioned_speech`.
    Kokoro,
}

impl FromStr for Timestamps {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "kokoro" => Ok(Self::Kokoro),
            _ => Err(format!("timestamps `{text}` is not `none` or `kokoro`")),
        }
    }
}

/// A speech server and how to treat it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechServer {
    /// Where it is, with or without `/v1`, for example `http://127.0.0.1:8880`.
    pub base_url: String,
    /// The model it is asked for.
    pub model: String,
    /// The environment variable that holds its key; the key goes nowhere but into the request. Unset: no key is sent.
    pub key_env: String,
    /// What it is asked for.
    pub format: Format,
    /// How fast it speaks, 0.25..=4.
    pub speed: f32,
    /// How it tells when its words sound.
    pub timestamps: Timestamps,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for the head of the answer after that.
    pub first_byte_timeout: Duration,
    /// How often a request is tried in all, at least 1.
    pub tries: u32,
}

impl Default for SpeechServer {
    fn default() -> Self {
        Self {
            base_url: "https://api.openai.com".to_owned(),
            model: "gpt-4o-mini-tts".to_owned(),
            key_env: "OPENAI_API_KEY".to_owned(),
            format: Format::Wav,
            speed: 1.0,
            timestamps: Timestamps::None,
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(20),
            tries: 3,
        }
    }
}

impl SpeechServer {
    /// The address that is asked.
    pub fn url(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        match self.timestamps {
            Timestamps::None => format!("{base}/v1/audio/speech"),
            Timestamps::Kokoro => format!("{base}/dev/captioned_speech"),
        }
    }

    /// What the sound comes as: captioned speech is asked for as bare samples, which can be joined piece by piece.
    pub fn sound_format(&self) -> Format {
        match self.timestamps {
            Timestamps::None => self.format,
            Timestamps::Kokoro => Format::Pcm,
        }
    }

    /// Whether the server is on this machine.
    pub fn is_local(&self) -> bool {
        let host = self.base_url.split("://").last().unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        ["127.", "localhost", "[::1]"]
            .iter()
            .any(|start| host.starts_with(start))
    }

    /// Whether the variable of [`SpeechServer::key_env`] holds a key.
    pub fn has_key(&self) -> bool {
        !self.key_env.is_empty() && std::env::var(&self.key_env).is_ok_and(|key| !key.is_empty())
    }
}

/// What the server sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// The bytes: WAV, or samples when [`Format::Pcm`] was asked for.
    pub bytes: Vec<u8>,
    /// What the server calls them, or empty.
    pub content_type: String,
    /// When its words sound, where the server was asked to tell.
    pub words: Vec<SpokenWord>,
}

/// A word as a server spoke it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SpokenWord {
    /// The word, or a mark between words.
    #[serde(rename = "word")]
    pub text: String,
    /// Seconds from the start of the sound.
    #[serde(rename = "start_time")]
    pub start_secs: f64,
    /// Seconds from the start of the sound.
    #[serde(rename = "end_time")]
    pub end_secs: f64,
}

/// Asks `server` to say `text` with `voice`; tries again on overload, server errors and broken connections.
///
/// # Errors
/// When the text is too long, the server cannot be reached, refuses, takes too long or sends no sound, or when `deadline`
/// ends the waiting.
#[cfg(feature = "remote")]
pub fn speak(
    server: &SpeechServer,
    voice: &str,
    text: &str,
    deadline: &Deadline,
) -> Result<Spoken> {
    check_length(server, text)?;
    let mut request = serde_json::json!({
        "model": server.model,
        "input": text,
        "voice": voice,
        "response_format": server.sound_format().name(),
        "speed": server.speed.clamp(0.25, 4.0),
    });
    if server.timestamps == Timestamps::None {
        return super::http::ask_for_sound(server, &request, deadline);
    }
    request["stream"] = false.into();
    request["return_timestamps"] = true.into();
    let answer = super::http::ask_for_sound(server, &request, deadline)?;
    super::captioned::read(&answer, &server.url())
}

/// Asks `server` to say `text` with `voice`; this build cannot.
///
/// # Errors
/// Always.
#[cfg(not(feature = "remote"))]
pub fn speak(
    server: &SpeechServer,
    _voice: &str,
    text: &str,
    _deadline: &Deadline,
) -> Result<Spoken> {
    check_length(server, text)?;
    Err(Error::NotBuilt)
}

fn check_length(server: &SpeechServer, text: &str) -> Result<()> {
    let chars = text.chars().count();
    if chars > MAX_INPUT_CHARS {
        return Err(Error::TooLong {
            url: server.url(),
            chars,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for base in [
            "http://localhost:8880",
            "http://localhost:8880/",
            "http://localhost:8880/v1",
            "http://localhost:8880/v1/",
        ] {
            let server = SpeechServer {
                base_url: base.to_owned(),
                ..SpeechServer::default()
            };
            assert_eq!(server.url(), "http://localhost:8880/v1/audio/speech");
            assert!(server.is_local());
        }
        assert!(!SpeechServer::default().is_local());
    }

    #[test]
    fn formats() {
        assert_eq!("pcm".parse(), Ok(Format::Pcm));
        assert!("mp3".parse::<Format>().is_err());
    }
}
