//! Speech to mouth: a streaming ONNX model that hears visual phones, and a table that turns them into ARKit shapes; or any
//! other model that has a manifest.
//!
//! Sound comes in at 16 kHz in pieces of any size (or as a whole utterance at 48 kHz), poses come out at 50 per second.
//! A stream is owned by one thread; every speech worker opens its own. Without the runtime or a model, [`LipSync`] falls
//! back to a mouth that follows loudness.

mod align;
mod check;
mod csv;
mod device;
mod energy;
mod error;
mod features;
mod front;
mod graph;
mod manifest;
mod model;
mod open;
mod phones;
mod pose;
mod retarget;
mod rows;
mod runtime;
mod table;
mod timed;
mod timing;

use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use crate::media::{Blendshapes, Emotion, FrameRate, MediaTime, MouthTrack, SAMPLE_RATE_HZ};
use crate::sound;

pub use align::{Aligner, Alignment, Mismatch, Posterior, SpokenWord};
pub use csv::{CsvRows, write_csv};
pub use device::{Device, UnknownDevice};
pub use error::{Error, Result};
pub use front::Loudness;
pub use manifest::{MODEL_RATE_HZ, Manifest, STEP_SAMPLES};
pub use phones::VISUAL_PHONES;
pub use retarget::viseme_faces;
pub use runtime::{RuntimeInfo, RuntimeSearch, runtime_info};
pub use timed::TimedLips;

use energy::EnergyStream;
use front::Front;
use manifest::Source;
use model::Model;
use retarget::Poser;
use rows::Rows;
use table::REACH;

/// Poses per second.
pub const MOUTH_RATE: FrameRate = FrameRate::whole(50);

/// Seconds from pose to pose.
const STEP_SECS: f64 = 0.02;

/// What a host can feel, as manifests name it.
const EMOTIONS: [&str; 7] = [
    "neutral",
    "joy",
    "warmth",
    "surprise",
    "concern",
    "excitement",
    "apology",
];

/// Loudness the model-free twin expects, dB below full scale.
const ENERGY_LEVEL_DBFS: f32 = -20.0;

/// How lively the mouth articulates; the factors stand in the pose table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// As people talk to each other.
    #[default]
    Neutral,
    /// As a presenter does.
    Broadcast,
    /// As in a quiet room.
    Soft,
}

impl Style {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Broadcast => "broadcast",
            Self::Soft => "soft",
        }
    }
}

impl FromStr for MouthSource {
    type Err = UnknownSource;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownSource> {
        match name {
            "auto" => Ok(Self::Auto),
            "audio" => Ok(Self::Audio),
            "timings" => Ok(Self::Timings),
            _ => Err(UnknownSource(name.to_owned())),
        }
    }
}

/// A source of the mouth that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lip-sync source `{0}`: there are auto, audio and timings")]
pub struct UnknownSource(String);

impl FromStr for Style {
    type Err = UnknownStyle;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownStyle> {
        [Self::Neutral, Self::Broadcast, Self::Soft]
            .into_iter()
            .find(|style| style.name() == name)
            .ok_or_else(|| UnknownStyle(name.to_owned()))
    }
}

/// What moves the mouth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouthSource {
    /// The phones in time that the voice reports, else the text where it can be laid over the sound, else the sound.
    #[default]
    Auto,
    /// The sound alone.
    Audio,
    /// As `Auto`, with a warning for each sentence whose mouth had to be made from the sound.
    Timings,
}

/// A style that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lip-sync style `{0}`: there are neutral, broadcast and soft")]
pub struct UnknownStyle(String);

/// What to open.
#[derive(Clone, Debug, Default)]
pub struct LipSyncOptions {
    /// A `model.toml`; the built-in model without it.
    pub model: Option<PathBuf>,
    /// The ONNX Runtime library; looked for in the usual places without it.
    pub runtime_path: Option<PathBuf>,
    /// How lively the mouth articulates.
    pub style: Style,
    /// Where the model runs.
    pub device: Device,
    /// Who speaks, for models that know several by name (`from = "identity"`).
    pub identity: Option<String>,
    /// What moves the mouth where speech comes from a voice.
    pub source: MouthSource,
}

/// What runs, for logs and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LipSyncInfo {
    /// The model's name, or `energy`.
    pub name: String,
    /// The model's version; empty for `energy`.
    pub version: String,
    /// The licence of the weights; empty for `energy`.
    pub license: String,
    /// SHA-256 of the model file; empty for `energy`.
    pub sha256: String,
    /// The library that runs it.
    pub runtime: Option<RuntimeInfo>,
}

/// Speech to mouth.
#[derive(Debug)]
pub enum LipSync {
    /// An ONNX model.
    Onnx(Box<OnnxLips>),
    /// Loudness only.
    Energy(EnergyLips),
}

/// A model with everything around it.
#[derive(Debug)]
pub struct OnnxLips {
    front: Front,
    engine: OnnxEngine,
    /// At 16 kHz, to the answer that a pose needs.
    lookahead_samples: usize,
    /// The classes of an answer, of a model that answers with classes.
    names: Option<Vec<String>>,
    info: LipSyncInfo,
}

/// The part of [`OnnxLips`] that takes a block.
#[derive(Debug)]
struct OnnxEngine {
    model: Model,
    rows: Rows,
    poser: Poser,
}

/// Loudness only: no runtime, no model.
#[derive(Debug)]
pub struct EnergyLips {
    front: Front,
    stream: EnergyStream,
}

impl LipSync {
    /// Opens a model.
    ///
    /// # Errors
    /// When the runtime cannot be had, a file cannot be read, or the model does not fit its manifest.
    pub fn open(options: &LipSyncOptions) -> Result<Self> {
        open::open(options).map(|lips| Self::Onnx(Box::new(lips)))
    }

    /// Opens a model, or the model-free twin together with a warning that says why and what to do.
    pub fn open_or_energy(options: &LipSyncOptions) -> (Self, Option<String>) {
        match Self::open(options) {
            Ok(lips) => (lips, None),
            Err(error) => {
                let warning = format!(
                    "lip-sync by loudness only (lips will not close for p, b and m): {}",
                    with_causes(&error)
                );
                (Self::energy(), Some(warning))
            }
        }
    }

    /// The model-free twin.
    pub fn energy() -> Self {
        Self::Energy(EnergyLips {
            front: Front::new(ENERGY_LEVEL_DBFS),
            stream: EnergyStream::default(),
        })
    }

    /// Starts anew, for a sound whose loudness is known: what is pushed from here on gives the poses of
    /// [`Self::track_16k`], without holding the whole sound.
    pub fn begin(&mut self, loudness: &Loudness) {
        self.reset();
        self.front().level.fix(loudness);
    }

    /// Takes the next sound at 16 kHz, any number of samples, and gives the poses that are ready.
    ///
    /// Pose i (counted since the start or the last [`Self::finish`]) belongs to the instant (i + 0.5) * 20 ms of the
    /// sound, and comes out [`Self::lookahead`] later. The same sound gives the same bits however it is cut.
    ///
    /// # Errors
    /// When the model fails; the stream starts anew then.
    pub fn push(&mut self, samples_16k: &[f32]) -> Result<Vec<Blendshapes>> {
        let mut poses = Vec::with_capacity(samples_16k.len() / STEP_SAMPLES + 1);
        self.push_into(samples_16k, &mut poses)?;
        Ok(poses)
    }

    /// As [`Self::push`], appending to `poses`: a stream that keeps its list takes nothing from the heap.
    ///
    /// # Errors
    /// When the model fails; the stream starts anew then.
    pub fn push_into(&mut self, samples_16k: &[f32], poses: &mut Vec<Blendshapes>) -> Result<()> {
        let result = match self {
            Self::Onnx(lips) => {
                let OnnxLips { front, engine, .. } = lips.as_mut();
                front.push(samples_16k, poses, |block, poses| engine.step(block, poses))
            }
            Self::Energy(lips) => {
                let EnergyLips { front, stream } = lips;
                front.push(samples_16k, poses, |block, poses| {
                    poses.extend(stream.step(block));
                    Ok(())
                })
            }
        };
        if result.is_err() {
            self.reset();
        }
        result
    }

    /// Ends the sound: gives the poses still owed (in all one per 320 samples, rounded up) and starts anew.
    ///
    /// # Errors
    /// When the model fails.
    pub fn finish(&mut self) -> Result<Vec<Blendshapes>> {
        let mut poses = Vec::new();
        let result = match self {
            Self::Onnx(lips) => {
                let OnnxLips { front, engine, .. } = lips.as_mut();
                front.finish(&mut poses, |block, poses| engine.step(block, poses))
            }
            Self::Energy(lips) => {
                let EnergyLips { front, stream } = lips;
                front.finish(&mut poses, |block, poses| {
                    poses.extend(stream.step(block));
                    Ok(())
                })
            }
        };
        self.reset();
        result.map(|()| poses)
    }

    /// Tells a model that asks for it (`from = "emotion"` in its manifest) what the speaker feels from now on.
    ///
    /// # Errors
    /// When the runtime cannot take the numbers.
    pub fn set_emotion(&mut self, emotion: Emotion) -> Result<()> {
        let name = EMOTIONS[match emotion {
            Emotion::Neutral => 0,
            Emotion::Joy => 1,
            Emotion::Warmth => 2,
            Emotion::Surprise => 3,
            Emotion::Concern => 4,
            Emotion::Excitement => 5,
            Emotion::Apology => 6,
        }];
        match self {
            Self::Onnx(lips) => lips.engine.model.choose(Source::Emotion, name),
            Self::Energy(_) => Ok(()),
        }
    }

    /// Forgets all sound so far.
    pub fn reset(&mut self) {
        match self {
            Self::Onnx(lips) => {
                lips.front.reset();
                lips.engine.model.reset();
                lips.engine.rows.reset();
                lips.engine.poser.reset();
            }
            Self::Energy(lips) => {
                lips.front.reset();
                lips.stream.reset();
            }
        }
    }

    /// The mouth of a whole utterance at 48 kHz, on the utterance's own timeline: the look-ahead is compensated.
    ///
    /// Loudness is measured over the whole utterance first. Any stream in progress is dropped.
    ///
    /// # Errors
    /// When the model fails.
    pub fn track(&mut self, samples_48k: &[f32]) -> Result<MouthTrack> {
        self.track_16k(&to_model_rate(samples_48k)?)
    }

    /// As [`Self::track`], for sound that is at 16 kHz already.
    ///
    /// # Errors
    /// When the model fails.
    pub fn track_16k(&mut self, samples_16k: &[f32]) -> Result<MouthTrack> {
        self.begin(&Loudness::of(samples_16k));
        let mut frames = self.push(samples_16k)?;
        frames.extend(self.finish()?);
        Ok(MouthTrack {
            start: half_step(),
            rate: MOUTH_RATE,
            frames,
        })
    }

    /// As [`Self::track_16k`], but as a live stream would do it: loudness is followed, not known beforehand.
    ///
    /// # Errors
    /// When the model fails.
    pub fn track_streaming_16k(&mut self, samples_16k: &[f32]) -> Result<MouthTrack> {
        self.reset();
        let mut frames = Vec::new();
        for step in samples_16k.chunks(STEP_SAMPLES) {
            frames.extend(self.push(step)?);
        }
        frames.extend(self.finish()?);
        Ok(MouthTrack {
            start: half_step(),
            rate: MOUTH_RATE,
            frames,
        })
    }

    /// How much sound after a pose's instant must be known before the pose comes out.
    pub fn lookahead(&self) -> MediaTime {
        let samples = match self {
            Self::Onnx(lips) => lips.lookahead_samples + lips.engine.poser.reach() * STEP_SAMPLES,
            Self::Energy(_) => REACH * STEP_SAMPLES + STEP_SAMPLES / 2,
        };
        MediaTime::from_samples(samples * (SAMPLE_RATE_HZ / MODEL_RATE_HZ) as usize)
    }

    /// What runs.
    pub fn info(&self) -> LipSyncInfo {
        match self {
            Self::Onnx(lips) => lips.info.clone(),
            Self::Energy(_) => LipSyncInfo {
                name: "energy".to_owned(),
                version: String::new(),
                license: String::new(),
                sha256: String::new(),
                runtime: None,
            },
        }
    }

    /// What runs, in a few words: `zhubo-lips 0.1.0 (60cbe52b) on ONNX Runtime 1.24.4, CPU`.
    pub fn describe(&self) -> String {
        let info = self.info();
        match info.runtime {
            Some(runtime) => format!(
                "{} {} ({}) on ONNX Runtime {}, {}",
                info.name,
                info.version,
                info.sha256.get(..8).unwrap_or_default(),
                runtime.version,
                runtime.provider
            ),
            None => "loudness only, no model".to_owned(),
        }
    }

    /// Numbers of the model for sound at 16 kHz that is levelled already, one row per frame of the model (the built-in one:
    /// probabilities, one row per 20 ms), not compensated: for comparing runtimes. Nothing for the model-free twin.
    ///
    /// # Errors
    /// When the model fails.
    pub fn posteriors(&mut self, samples_16k: &[f32]) -> Result<Vec<Vec<f32>>> {
        self.reset();
        let mut rows = Vec::new();
        if let Self::Onnx(lips) = self {
            let (blocks, _) = samples_16k.as_chunks::<STEP_SAMPLES>();
            let model = &mut lips.engine.model;
            blocks
                .iter()
                .try_for_each(|block| model.push(block, |row| rows.push(row.to_vec())))?;
        }
        self.reset();
        Ok(rows)
    }

    /// Whether phones in time are no worse than what this makes of the sound: not so with a model that answers with shapes.
    pub fn yields_to_phones(&self) -> bool {
        match self {
            Self::Onnx(lips) => lips.names.is_some(),
            Self::Energy(_) => true,
        }
    }

    /// What the model hears in a whole utterance at 48 kHz, step by step with the look-ahead taken out: row n is about
    /// the sound from n * 20 ms on. Nothing without a model that answers with classes. Any stream in progress is dropped.
    ///
    /// # Errors
    /// When the model fails.
    pub fn hear(&mut self, samples_48k: &[f32]) -> Result<Option<Posterior>> {
        let samples = to_model_rate(samples_48k)?;
        self.begin(&Loudness::of(&samples));
        let Self::Onnx(lips) = self else {
            return Ok(None);
        };
        let OnnxLips {
            front,
            engine,
            names,
            ..
        } = lips.as_mut();
        let Some(names) = names.clone() else {
            return Ok(None);
        };
        let OnnxEngine { model, rows, .. } = engine;
        let mut heard = Vec::with_capacity(samples.len() / STEP_SAMPLES + 1);
        let mut hear = |block: &front::Block, heard: &mut Vec<Vec<f32>>| {
            model.push(block, |frame| {
                rows.push(frame, |answer| heard.push(answer.to_vec()));
            })
        };
        let result = front
            .push(&samples, &mut heard, &mut hear)
            .and_then(|()| front.finish(&mut heard, &mut hear));
        self.reset();
        result.map(|()| Some(Posterior { names, rows: heard }))
    }

    fn front(&mut self) -> &mut Front {
        match self {
            Self::Onnx(lips) => &mut lips.front,
            Self::Energy(lips) => &mut lips.front,
        }
    }
}

impl OnnxEngine {
    fn step(&mut self, block: &front::Block, poses: &mut Vec<Blendshapes>) -> Result<()> {
        let Self { model, rows, poser } = self;
        model.push(block, |frame| {
            rows.push(frame, |answer| poses.extend(poser.push(answer)));
        })
    }
}

/// The middle of the first step.
fn half_step() -> MediaTime {
    MediaTime(MOUTH_RATE.pts_of(1).ticks() / 2)
}

/// 48 kHz to the model's rate.
fn to_model_rate(samples_48k: &[f32]) -> Result<Vec<f32>> {
    sound::resample(samples_48k, SAMPLE_RATE_HZ, MODEL_RATE_HZ).map_err(|error| Error::Resample {
        reason: error.to_string(),
    })
}

/// An error and its causes in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
