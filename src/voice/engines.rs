//! Speech servers, any program, and files.

use std::path::Path;
use std::process::Command;

use crate::media::{MediaTime, WordTime};
use crate::remote::{self, Deadline, Format, SpeechServer, SpokenWord};
use crate::sound;
use crate::sound::wav::{self, Parser};

use super::words::split_words;
use super::{Error, Language, MAX_SPEECH_SECS, Result, Speech, Voice, process, spread_words};

impl Voice {
    pub(super) fn command(
        &self,
        program: &str,
        args: &[String],
        text: &str,
        deadline: &Deadline,
    ) -> Result<Speech> {
        let mut command = Command::new(program);
        // With a blank in front no text can be taken for an option.
        let argument = if text.starts_with('-') {
            format!(" {text}")
        } else {
            text.to_owned()
        };
        let language = Language::of(text).tag();
        for arg in args {
            command.arg(arg.replace("{lang}", language).replace("{text}", &argument));
        }
        let remedy = "is the program installed and executable?";
        let hint = "; the program must write one WAV file to its standard output and nothing else";
        self.wav_from(command, text, remedy, hint, deadline)
    }

    /// Runs a program that writes WAV to its standard output.
    pub(super) fn wav_from(
        &self,
        command: Command,
        input: &str,
        remedy: &str,
        hint: &str,
        deadline: &Deadline,
    ) -> Result<Speech> {
        let bad = |source| Error::Sound {
            voice: self.to_string(),
            source,
            remedy: hint.to_owned(),
        };
        let mut parser = Parser::new(MAX_SPEECH_SECS);
        process::run(self, command, input, remedy, deadline, &mut |block| {
            parser.push(block).map_err(bad)
        })?;
        Ok(spoken(parser.finish().map_err(bad)?))
    }

    pub(super) fn open_ai(
        &self,
        voice: &str,
        text: &str,
        server: &SpeechServer,
        deadline: &Deadline,
    ) -> Result<Speech> {
        let answer =
            remote::speak(server, voice, text, deadline).map_err(|source| match source {
                remote::Error::Cancelled { .. } => Error::Cancelled {
                    voice: self.to_string(),
                },
                source => Error::Server {
                    voice: self.to_string(),
                    source,
                },
            })?;
        if server.sound_format() == Format::Pcm && !is_file(&answer.bytes) {
            let samples = answer.bytes.chunks_exact(2);
            if samples.len() > (MAX_SPEECH_SECS * remote::PCM_RATE_HZ) as usize {
                return Err(Error::Sound {
                    voice: self.to_string(),
                    source: sound::Error::TooLong {
                        limit_secs: MAX_SPEECH_SECS,
                    },
                    remedy: String::new(),
                });
            }
            return Ok(Speech {
                samples: samples
                    .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
                    .collect(),
                sample_rate_hz: remote::PCM_RATE_HZ,
                words: reported_words(text, &answer.words),
                ..Speech::default()
            });
        }
        let kind = if answer.content_type.is_empty() {
            "sound"
        } else {
            &answer.content_type
        };
        let sound =
            wav::read(answer.bytes.as_slice(), MAX_SPEECH_SECS).map_err(|source| Error::Sound {
                voice: self.to_string(),
                source,
                remedy: format!(
                    "; {} was asked for {} and sent {} bytes of {kind}",
                    server.url(),
                    server.sound_format(),
                    answer.bytes.len()
                ),
            })?;
        Ok(spoken(sound))
    }

    pub(super) fn clip(&self, path: &Path, text: &str) -> Result<Speech> {
        let file = std::fs::File::open(path).map_err(|source| Error::File {
            voice: self.to_string(),
            what: "open",
            path: path.to_owned(),
            source,
        })?;
        let sound =
            wav::read(std::io::BufReader::new(file), MAX_SPEECH_SECS).map_err(|source| {
                Error::Sound {
                    voice: self.to_string(),
                    source,
                    remedy: String::new(),
                }
            })?;
        let mut speech = spoken(sound);
        speech.words = spread_words(text, &speech.samples, speech.sample_rate_hz);
        Ok(speech)
    }
}

/// The words of `text` at the times a server gave; its own words when it read the text otherwise (numbers written out).
fn reported_words(text: &str, spoken: &[SpokenWord]) -> Vec<WordTime> {
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let at = |secs: f64| MediaTime::from_secs_f64(secs.clamp(0.0, f64::from(MAX_SPEECH_SECS)));
    // The times of each letter.
    let times: Vec<(char, MediaTime, MediaTime)> = spoken
        .iter()
        .flat_map(|word| {
            let (start, end) = (at(word.start_secs), at(word.end_secs.max(word.start_secs)));
            letters(&word.text)
                .chars()
                .map(move |c| (c, start, end))
                .collect::<Vec<_>>()
        })
        .collect();
    let words = split_words(text);
    if times.iter().map(|(c, ..)| *c).ne(letters(text).chars()) {
        return spoken
            .iter()
            .filter(|word| word.text.chars().any(char::is_alphanumeric))
            .map(|word| WordTime {
                text: word.text.clone(),
                start: at(word.start_secs),
                end: at(word.end_secs.max(word.start_secs)),
            })
            .collect();
    }
    let mut place = 0;
    words
        .into_iter()
        .filter_map(|word| {
            let own = &times[place..place + letters(&word.text).chars().count()];
            place += own.len();
            Some(WordTime {
                text: word.text,
                start: own.first()?.1,
                end: own.last()?.2,
            })
        })
        .collect()
}

/// Whether bytes that should be bare samples are a file or a text instead.
fn is_file(bytes: &[u8]) -> bool {
    let is_text = bytes.len() >= 16
        && bytes[..16]
            .iter()
            .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    is_text
        || [&b"RIFF"[..], b"ID3", b"OggS", b"fLaC"]
            .iter()
            .any(|start| bytes.starts_with(start))
}

fn spoken(sound: wav::Wav) -> Speech {
    Speech {
        samples: sound.samples,
        sample_rate_hz: sound.sample_rate_hz,
        ..Speech::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_server_go_to_our_words() {
        let spoken = |words: &[(&str, f64, f64)]| -> Vec<SpokenWord> {
            let word = |&(text, start_secs, end_secs): &(&str, f64, f64)| SpokenWord {
                text: text.to_owned(),
                start_secs,
                end_secs,
            };
            words.iter().map(word).collect()
        };
        let shown = |text: &str, words: &[(&str, f64, f64)]| -> Vec<String> {
            let words = reported_words(text, &spoken(words));
            words
                .iter()
                .map(|w| format!("{} {} {}", w.text, w.start, w.end))
                .collect()
        };
        assert_eq!(
            shown(
                "Don’t go, you!",
                &[
                    ("Don", 0.1, 0.3),
                    ("'t", 0.3, 0.4),
                    ("go", 0.5, 0.7),
                    (",", 0.7, 0.8),
                    ("you", 0.9, 1.2),
                    ("!", 1.2, 1.2)
                ]
            ),
            [
                "Don’t 0.100s 0.400s",
                "go, 0.500s 0.700s",
                "you! 0.900s 1.200s"
            ]
        );
        assert_eq!(
            shown(
                "3 of us",
                &[
                    ("three", 0.0, 0.2),
                    ("of", 0.2, 0.3),
                    (".", 0.3, 0.3),
                    ("us", f64::NAN, 0.1)
                ]
            )[..2],
            ["three 0.000s 0.200s", "of 0.200s 0.300s"]
        );
    }
}
