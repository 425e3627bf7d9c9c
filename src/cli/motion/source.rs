//! What a host says: sentences of a text, made one by one, or a recording.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use super::super::say::text_or_stdin;
use super::super::{Failure, align, usage};
use super::{Args, lipsync_options, voices};
use crate::engine::{self, SpeechMaker};
use crate::lipsync::LipSync;
use crate::media::{Act, HostId, MediaTime, SAMPLE_RATE_HZ, Utterance, WordTime};
use crate::motion::Library;
use crate::show::{Names, Sentence};
use crate::sound::SoundFile;
use crate::voice::{self, Voice, VoiceChoice};

/// The longest recording, seconds: as long as the longest speech of a voice.
const LONGEST_SECS: usize = voice::MAX_SPEECH_SECS as usize;
/// A file with one of these endings is sound, also where it is missing.
const SOUNDS: [&str; 6] = ["wav", "flac", "mp3", "ogg", "opus", "oga"];

/// Utterances in the order in which they are said.
pub(super) struct Source {
    sentences: VecDeque<Sentence>,
    ready: Option<Arc<Utterance>>,
    maker: Option<(SpeechMaker, VoiceChoice, Option<Voice>)>,
    speaker: HostId,
    failed: Option<String>,
    /// What looks like a mistake in the text.
    pub(super) warnings: Vec<String>,
}

impl Source {
    /// Finds out what the arguments ask for: a recording, a text, or nothing.
    pub(super) fn open(args: &Args, host: &HostId, library: &Library) -> Result<Self, Failure> {
        let mut source = Self {
            sentences: VecDeque::new(),
            ready: None,
            maker: None,
            speaker: host.clone(),
            failed: None,
            warnings: Vec::new(),
        };
        let gestures: Vec<Arc<str>> = library
            .iter()
            .flat_map(|gesture| std::iter::once(&gesture.name).chain(&gesture.aliases))
            .cloned()
            .collect();
        let names = Names {
            gestures: &gestures,
            hosts: std::slice::from_ref(host),
        };
        let Some(input) = &args.input else {
            return Ok(source);
        };
        let path = Path::new(input);
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        let is_sound = ending.is_some_and(|ending| SOUNDS.iter().any(|own| ending == *own));
        if is_sound || (input != "-" && path.is_file()) {
            source.record(path, args.text.clone(), &names)?;
            return Ok(source);
        }
        if args.text.is_some() {
            return Err(usage(anyhow!(
                "--text gives the words of a sound file, and {input} is none"
            )));
        }
        let text = text_or_stdin(input.clone())?;
        let (sentences, warnings) = engine::sentences(&text, &names, None);
        if sentences.is_empty() {
            return Err(usage(anyhow!(
                "there is nothing to say in this text: it has no letters or digits, and no tag that is known"
            )));
        }
        (source.sentences, source.warnings) = (sentences.into(), warnings);
        let (choice, context) = voices()?;
        let named = args.voice.as_deref().map(|name| choice.parse(name));
        let named = named.transpose().map_err(usage)?;
        let (maker, warning) = SpeechMaker::open(&lipsync_options(), context)?;
        source.warnings.extend(warning);
        source.maker = Some((maker, choice, named));
        Ok(source)
    }

    /// Makes a recording one utterance, with the words and tags of its text where that is known.
    fn record(
        &mut self,
        path: &Path,
        text: Option<String>,
        names: &Names<'_>,
    ) -> Result<(), Failure> {
        let samples = read(path)?;
        let (mut lips, warning) = LipSync::open_or_energy(&lipsync_options());
        self.warnings.extend(warning);
        let mouth = lips.track(&samples)?;
        let text = text.map(text_or_stdin).transpose()?;
        let (sentences, warnings) = engine::sentences(&text.unwrap_or_default(), names, None);
        self.warnings.extend(warnings);
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
        let utterance = engine::perform(&whole, &self.speaker, samples, mouth, words);
        self.ready = Some(Arc::new(utterance));
        Ok(())
    }

    /// Whether nothing is left to say.
    pub(super) fn is_over(&self) -> bool {
        self.ready.is_none() && self.sentences.is_empty()
    }

    /// The next utterance, which stays the next one.
    pub(super) fn peek(&mut self) -> Option<Arc<Utterance>> {
        if self.ready.is_none() && self.failed.is_none() {
            let (maker, choice, named) = self.maker.as_mut()?;
            let sentence = self.sentences.pop_front()?;
            let voice = named
                .clone()
                .unwrap_or_else(|| choice.for_text(&sentence.text));
            let speaker = sentence.speaker.as_ref().unwrap_or(&self.speaker);
            match maker.utter(&sentence, &voice, speaker) {
                Ok(utterance) => self.ready = Some(Arc::new(utterance)),
                Err(message) => self.failed = Some(message),
            }
        }
        self.ready.clone()
    }

    /// Takes the next utterance.
    pub(super) fn take(&mut self) -> Option<Arc<Utterance>> {
        let next = self.peek();
        self.ready = None;
        next
    }

    /// Tells when a sentence could not be spoken.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match &self.failed {
            Some(message) => Err(anyhow!("a sentence could not be spoken: {message}")),
            None => Ok(()),
        }
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
