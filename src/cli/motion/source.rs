//! What a host says: sentences of a text, made one by one, or a recording.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use super::super::say::text_or_stdin;
use super::super::{Failure, align, show, usage};
use super::Args;
use crate::config::VoiceSection;
use crate::engine::{self, Rehearsed};
use crate::lipsync::{LipSync, LipSyncOptions};
use crate::media::{Act, HostId, MediaTime, SAMPLE_RATE_HZ, WordTime};
use crate::motion::{Gesture, Library};
use crate::show::{Names, Sentence};
use crate::sound::SoundFile;
use crate::voice;

/// The longest recording, seconds: as long as the longest speech of a voice.
const LONGEST_SECS: usize = voice::MAX_SPEECH_SECS as usize;
/// A file with one of these endings is sound, also where it is missing.
const SOUNDS: [&str; 6] = ["wav", "flac", "mp3", "ogg", "opus", "oga"];

/// What is performed.
pub(super) struct Source {
    pub(super) what: Rehearsed,
    /// What looks like a mistake in the text.
    pub(super) warnings: Vec<String>,
}

impl Source {
    /// Finds out what the arguments ask for: a recording, a text, or nothing for some minutes.
    pub(super) fn open(args: &Args, host: &HostId, library: &Library) -> Result<Self, Failure> {
        let gestures: Vec<Arc<str>> = library.iter().flat_map(Gesture::names).collect();
        let names = Names {
            gestures: &gestures,
            hosts: std::slice::from_ref(host),
        };
        let Some(input) = &args.input else {
            let secs = 60.0 * args.minutes.unwrap_or_default();
            return Ok(Self {
                what: Rehearsed::Idle(MediaTime::from_secs_f64(secs)),
                warnings: Vec::new(),
            });
        };
        let path = Path::new(input);
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        let is_sound = ending.is_some_and(|ending| SOUNDS.iter().any(|own| ending == *own));
        if is_sound || (input != "-" && path.is_file()) {
            return Self::recording(path, args, host, &names);
        }
        if args.text.is_some() {
            return Err(usage(anyhow!(
                "--text gives the words of a sound file, and {input} is none"
            )));
        }
        let text = text_or_stdin(input.clone())?;
        let (mut sentences, warnings) = engine::sentences(&text, &names, None);
        if sentences.is_empty() {
            return Err(usage(anyhow!(
                "there is nothing to say in this text: it has no letters or digits, and no tag that is known"
            )));
        }
        if let Some(voice) = &args.voice {
            let choice = show::voices(&VoiceSection::default())?;
            choice.parse(voice).map_err(usage)?;
            for sentence in &mut sentences {
                sentence.voice = Some(voice.clone());
            }
        }
        Ok(Self {
            what: Rehearsed::Sentences(sentences),
            warnings,
        })
    }

    /// Makes a recording one utterance, with the words and tags of its text where that is known.
    fn recording(
        path: &Path,
        args: &Args,
        host: &HostId,
        names: &Names<'_>,
    ) -> Result<Self, Failure> {
        if args.voice.is_some() {
            return Err(usage(anyhow!(
                "--voice speaks a text, but {} is a sound file",
                path.display()
            )));
        }
        let samples = read(path)?;
        let text = args.text.clone().map(text_or_stdin).transpose()?;
        let (sentences, mut warnings) = engine::sentences(&text.unwrap_or_default(), names, None);
        let (mut lips, warning) = LipSync::open_or_energy(&LipSyncOptions::default());
        warnings.extend(warning);
        let mouth = lips.track(&samples)?;
        let whole = joined(sentences);
        let mut words = Vec::new();
        if !whole.text.is_empty() {
            let (spoken, alignment) =
                align::lay(&voice::for_speech(&whole.text), None, &samples, &mut lips)
                    .with_context(|| format!("lay --text over {}", path.display()))?;
            let word =
                |(word, (start, end)): (voice::PronouncedWord, (MediaTime, MediaTime))| WordTime {
                    text: word.text,
                    start,
                    end,
                };
            words = spoken.into_iter().zip(alignment.words).map(word).collect();
        }
        let utterance = engine::perform(&whole, host, samples, mouth, words);
        Ok(Self {
            what: Rehearsed::Utterance(Box::new(utterance)),
            warnings,
        })
    }
}

/// The whole recording as mono sound at 48 kHz.
fn read(path: &Path) -> Result<Vec<f32>, Failure> {
    let reading = || format!("read {}", path.display());
    let mut file = SoundFile::open(path, SAMPLE_RATE_HZ)
        .with_context(reading)
        .map_err(usage)?;
    let mut samples = Vec::new();
    while file
        .read(&mut samples)
        .with_context(reading)
        .map_err(usage)?
    {
        if samples.len() > LONGEST_SECS * SAMPLE_RATE_HZ as usize {
            let problem = anyhow!("it is longer than {LONGEST_SECS} s: cut it into parts");
            return Err(usage(problem.context(reading())));
        }
    }
    Ok(samples)
}

/// All sentences as one, for a recording has its own time: pauses go, what is asked for stays at its word.
fn joined(sentences: Vec<Sentence>) -> Sentence {
    let mut whole: Option<Sentence> = None;
    for mut sentence in sentences {
        let Some(whole) = &mut whole else {
            whole = Some(sentence);
            continue;
        };
        if !whole.text.is_empty() && !sentence.text.is_empty() {
            whole.text.push(' ');
        }
        let offset = whole.text.chars().count();
        whole.acts.push((offset, Act::Feel(sentence.emotion)));
        whole.text.push_str(&sentence.text);
        let acts = sentence.acts.drain(..);
        whole
            .acts
            .extend(acts.map(|(place, act)| (offset + place, act)));
        let marks = sentence.marks.drain(..);
        whole
            .marks
            .extend(marks.map(|(place, name)| (offset + place, name)));
    }
    let whole = whole.map(|whole| Sentence {
        activity: None,
        ..whole
    });
    whole.unwrap_or_else(silent)
}

/// A recording of which no words are known.
fn silent() -> Sentence {
    Sentence {
        id: 0,
        line_id: 0,
        text: String::new(),
        voice: None,
        speaker: None,
        emotion: crate::media::Emotion::Neutral,
        acts: Vec::new(),
        marks: Vec::new(),
        activity: None,
        pause_after: MediaTime::ZERO,
    }
}
