//! Text to speech: a text goes in, mono sound with its words (and phones, where the voice tells) in time comes out.
//!
//! Everything here blocks and belongs on a speech worker. Programs are run without a shell; whatever they or a server do,
//! the call ends by its deadline with one clear error.

#![allow(
    clippy::cast_possible_truncation,
    reason = "samples lose nothing that is heard as f32; counts are bounded by minutes of sound, and float-to-int casts saturate"
)]

mod align;
mod check;
mod choice;
mod clean;
mod engines;
mod espeak;
mod flite;
mod process;
mod pronounce;
mod spec;
mod text;
mod tone;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::media::{PhoneAlphabet, PhoneTime, WordTime};
use crate::remote::{Deadline, SpeechServer};
use crate::sound;

pub use check::installed_voices;
pub use choice::VoiceChoice;
pub use pronounce::{PronouncedWord, pronounce};
pub use text::{
    Language, MAX_SENTENCE_CHARS, Sentence, for_caption, for_speech, is_speakable, sentences,
};
pub use words::{spread_words, times_of};

/// The most sound one call may give, in seconds.
pub const MAX_SPEECH_SECS: u32 = 600;
/// The longest text one call takes, in characters; [`sentences`] cuts longer ones.
pub const MAX_TEXT_CHARS: usize = 4096;

/// Who speaks. Parsed from `espeak:en-us`, `flite:slt`, `openai:NAME`, `command:PROGRAM ARGS`, `clip:FILE.wav` or `tone`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// The program espeak-ng with one of its voices, for example `en-us` or `cmn-latn-pinyin`; reports phones and words
    /// in time where its library and Python are there.
    Espeak {
        /// The voice's name, variants such as `en-us+f3` included.
        voice: String,
    },
    /// The program flite with one of its English voices, for example `slt`; reports phones in time.
    Flite {
        /// The voice's name.
        voice: String,
    },
    /// A server with the shape of OpenAI's speech interface; which one is said by [`SynthesisContext::server`].
    OpenAi {
        /// The voice's name on that server.
        voice: String,
    },
    /// Any program that writes a WAV to its standard output. It gets the text on its standard input.
    Command {
        /// The program, found by the search path unless it holds a slash.
        program: String,
        /// Its arguments; `{text}` and `{lang}` are replaced.
        args: Vec<String>,
    },
    /// A WAV file as it is, whatever the text.
    Clip {
        /// The file.
        path: PathBuf,
    },
    /// Beeps, one for each syllable or so: needs nothing installed and is always the same.
    Tone,
}

/// What one synthesis may use.
#[derive(Clone, Debug)]
pub struct SynthesisContext {
    /// Set from elsewhere to end the work at once.
    pub cancel: Arc<AtomicBool>,
    /// The longest the whole synthesis may take.
    pub time_limit: Duration,
    /// The server of `openai:` voices.
    pub server: SpeechServer,
}

impl Default for SynthesisContext {
    fn default() -> Self {
        Self {
            cancel: Arc::default(),
            time_limit: Duration::from_secs(60),
            server: SpeechServer::default(),
        }
    }
}

/// Speech as a voice gave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speech {
    /// Mono samples in -1..=1.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Words in time, reported by the voice or spread over the sound.
    pub words: Vec<WordTime>,
    /// Whether the voice reported the words.
    pub words_are_reported: bool,
    /// Phones in time when the voice reports them, else empty.
    pub phones: Vec<PhoneTime>,
    /// How the phones are written.
    pub alphabet: PhoneAlphabet,
}

impl Speech {
    /// How long it sounds, in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate_hz.max(1))
    }

    /// The samples at another rate, for example [`crate::media::SAMPLE_RATE_HZ`].
    ///
    /// # Errors
    /// When one of the rates cannot be handled.
    pub fn at_rate(&self, sample_rate_hz: u32) -> Result<Vec<f32>> {
        sound::resample(&self.samples, self.sample_rate_hz, sample_rate_hz).map_err(|source| {
            Error::Sound {
                voice: "speech".to_owned(),
                source,
                remedy: String::new(),
            }
        })
    }
}

/// What can go wrong with a voice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A voice that is not understood.
    #[error(
        "voice `{spec}`: {what}; a voice is one of espeak:VOICE (espeak:en-us, espeak:cmn-latn-pinyin), flite:NAME (slt, rms, awb, kal16, kal), openai:NAME, command:PROGRAM ARGS, clip:FILE.wav, tone"
    )]
    Spec {
        /// What was given.
        spec: String,
        /// What is wrong with it.
        what: String,
    },
    /// There is nothing in the text that a voice could say.
    #[error("there is nothing to say: the text holds no letter, character or digit")]
    NothingToSay,
    /// The text is too long for one call.
    #[error(
        "{chars} characters are more than the {MAX_TEXT_CHARS} that are spoken at once: cut the text into sentences"
    )]
    TextTooLong {
        /// Characters given.
        chars: usize,
    },
    /// A program could not be started.
    #[error("{voice}: start {program}: {remedy}")]
    Start {
        /// The voice.
        voice: String,
        /// The program.
        program: String,
        /// What to do about it.
        remedy: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A voice that is not there.
    #[error("{voice} is not available: {remedy}")]
    Missing {
        /// The voice.
        voice: String,
        /// What to do about it.
        remedy: String,
    },
    /// A program failed.
    #[error("{voice}: {program} ended with {status}: {stderr}")]
    Failed {
        /// The voice.
        voice: String,
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// A program or server took too long.
    #[error(
        "{voice}: no speech within {secs:.1} s: it hangs or is too slow; try it by hand, or allow it more time"
    )]
    TimedOut {
        /// The voice.
        voice: String,
        /// The limit in seconds.
        secs: f64,
    },
    /// The caller wanted no more.
    #[error("{voice}: cancelled")]
    Cancelled {
        /// The voice.
        voice: String,
    },
    /// What came back is not usable sound.
    #[error("{voice}: no usable sound came back{remedy}")]
    Sound {
        /// The voice.
        voice: String,
        /// What is wrong with it.
        #[source]
        source: sound::Error,
        /// What to do about it, starting with its own separator, or empty.
        remedy: String,
    },
    /// Only silence came back.
    #[error("{voice} gave only silence for this text: {remedy}")]
    Silence {
        /// The voice.
        voice: String,
        /// What to do about it.
        remedy: String,
    },
    /// The server behind an `openai:` voice failed.
    #[error("{voice}")]
    Server {
        /// The voice.
        voice: String,
        /// The cause.
        #[source]
        source: crate::remote::Error,
    },
    /// A file could not be read or written.
    #[error("{voice}: {what} {}", path.display())]
    File {
        /// The voice.
        voice: String,
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// A result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Voice {
    /// A voice that speaks `language` on any machine that was set up: flite `slt` for English, espeak for the rest.
    pub fn for_language(language: Language) -> Self {
        match language {
            Language::En => Self::Flite {
                voice: "slt".to_owned(),
            },
            // Plain `cmn` reads the digits of the tones aloud.
            Language::Zh => Self::Espeak {
                voice: "cmn-latn-pinyin".to_owned(),
            },
            Language::Other => Self::Espeak {
                voice: "en-us".to_owned(),
            },
        }
    }

    /// Says `text` (a sentence, at most [`MAX_TEXT_CHARS`]). Control characters and emoji are not spoken.
    ///
    /// Silence at the ends is cut to a constant, loudness is aligned; `clip` and `tone` are left as they are. The same
    /// text and voice give the same sound, as far as the program or server behind it does.
    ///
    /// # Errors
    /// When there is nothing to say, the voice is missing, fails, hangs, or gives something else than sound.
    pub fn synthesize(&self, text: &str, context: &SynthesisContext) -> Result<Speech> {
        let deadline = Deadline::new(context.time_limit, Arc::clone(&context.cancel));
        let text = for_speech(text);
        let chars = text.chars().count();
        if chars > MAX_TEXT_CHARS {
            return Err(Error::TextTooLong { chars });
        }
        if let Self::Clip { path } = self {
            return self.clip(path, &text);
        }
        if !is_speakable(&text) {
            return Err(Error::NothingToSay);
        }
        let mut speech = match self {
            Self::Tone => return Ok(tone::speak(&text)),
            Self::Espeak { voice } => self.espeak(voice, &text, &deadline)?,
            Self::Flite { voice } => self.flite(voice, &text, &deadline)?,
            Self::OpenAi { voice } => self.open_ai(voice, &text, &context.server, &deadline)?,
            Self::Command { program, args } => self.command(program, args, &text, &deadline)?,
            Self::Clip { path } => self.clip(path, &text)?,
        };
        if !clean::clean(&mut speech) {
            return Err(self.silence(&text));
        }
        speech.words_are_reported = !speech.words.is_empty();
        if !speech.words_are_reported {
            speech.words = spread_words(&text, &speech.samples, speech.sample_rate_hz);
        }
        Ok(speech)
    }

    /// The error for a voice that said nothing.
    fn silence(&self, text: &str) -> Error {
        let remedy = match (self, Language::of(text)) {
            (Self::Flite { .. }, language) if language != Language::En => {
                "flite speaks English only; use espeak:cmn-latn-pinyin for Chinese".to_owned()
            }
            _ => "does it speak this language? try another voice".to_owned(),
        };
        Error::Silence {
            voice: self.to_string(),
            remedy,
        }
    }
}
