//! `model.toml`: what must be known to run a lip-sync model. What the engine cannot satisfy is refused by name (`check`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::device::Device;
use super::{Error, Result, check};

/// Samples per second of the sound that comes in, in Hz; a model that wants another rate gets it from this one.
pub const MODEL_RATE_HZ: u32 = 16_000;
/// Samples in one step at that rate: 20 ms.
pub const STEP_SAMPLES: usize = 320;

/// A parsed and checked manifest.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// Licence of the weights, shown to the user.
    pub license: String,
    /// A line about it.
    #[serde(default)]
    pub about: Option<String>,
    /// Where it comes from.
    #[serde(default)]
    pub url: Option<String>,
    /// The ONNX file beside the manifest.
    pub file: PathBuf,
    /// SHA-256 of that file in lower-case hexadecimal digits.
    pub sha256: String,
    /// What the model hears.
    pub audio: Audio,
    /// A model that hears in its place and hands on what it heard.
    #[serde(default)]
    pub encoder: Option<Encoder>,
    /// How it is fed.
    pub stream: Stream,
    /// Names and shapes of the inputs.
    pub inputs: Inputs,
    /// Names and shapes of the outputs.
    pub outputs: Outputs,
    /// From answers to shapes.
    #[serde(default)]
    pub retarget: Retarget,
    /// Where it may run.
    #[serde(default)]
    pub runtime: Runtime,
}

/// What a model takes for sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioKind {
    /// Samples in -1..=1.
    Raw,
    /// Logarithm of mel energies of a Hann window (as in librosa and torchaudio).
    Logmel,
    /// Cosine transform (DCT-II, orthonormal) of `logmel`.
    Mfcc,
    /// Log mel energies as Kaldi makes them: mean taken out, pre-emphasis 0.97, Povey window, power-of-two transform.
    Fbank,
}

/// The logarithm of mel energies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// Natural.
    #[default]
    Ln,
    /// To base 10.
    Log10,
    /// Ten times that to base 10.
    Db,
}

/// Spacing and height of the mel filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mel {
    /// 2595 log10(1 + f/700), filters of height 1.
    #[default]
    Htk,
    /// Linear below 1 kHz, filters of area 1 (librosa's default).
    Slaney,
}

/// The order of time and bands in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Layout {
    /// One frame after the other.
    #[default]
    TF,
    /// One band after the other.
    FT,
}

/// One number, or one per place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// The same everywhere.
    One(f64),
    /// In order.
    Each(Vec<f64>),
}

impl Numbers {
    /// `count` numbers; nothing when it has another count.
    pub(super) fn spread(&self, count: usize) -> Option<Vec<f64>> {
        match self {
            Self::One(value) => Some(vec![*value; count]),
            Self::Each(values) => (values.len() == count).then(|| values.clone()),
        }
    }
}

/// `[audio]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// What the model takes for sound.
    pub kind: AudioKind,
    /// Samples per second; every other number of samples in the manifest counts at this rate.
    pub sample_rate_hz: u32,
    /// Loudness (RMS of speech) the model expects, dB below full scale.
    #[serde(default = "default_level_dbfs")]
    pub level_dbfs: f32,
    /// What a full-scale sample is to the model: 1, or 32768 for those that count in 16-bit steps.
    #[serde(default = "one")]
    pub full_scale: f32,
    /// Samples in the window of one frame.
    #[serde(default)]
    pub window: Option<usize>,
    /// Samples from frame to frame.
    #[serde(default)]
    pub hop: Option<usize>,
    /// Mel bands.
    #[serde(default)]
    pub n_mels: Option<usize>,
    /// Cepstral coefficients kept, the first included.
    #[serde(default)]
    pub n_mfcc: Option<usize>,
    /// Lower edge of the lowest band, Hz.
    #[serde(default)]
    pub fmin: f32,
    /// Upper edge of the highest band, Hz; half the sample rate by default.
    #[serde(default)]
    pub fmax: Option<f32>,
    /// Spacing and height of the mel filters (`fbank` has its own).
    #[serde(default)]
    pub mel: Mel,
    /// The logarithm.
    #[serde(default)]
    pub log: Log,
    /// Added to an energy before the logarithm (`fbank`: the least energy).
    #[serde(default = "default_eps")]
    pub eps: f32,
    /// Subtracted from each number.
    #[serde(default = "zero_number")]
    pub mean: Numbers,
    /// What each number is then divided by.
    #[serde(default = "one_number")]
    pub std: Numbers,
    /// The order of time and bands.
    #[serde(default)]
    pub layout: Layout,
}

fn default_level_dbfs() -> f32 {
    -20.0
}

fn default_eps() -> f32 {
    1e-7
}

fn one() -> f32 {
    1.0
}

fn zero_number() -> Numbers {
    Numbers::One(0.0)
}

fn one_number() -> Numbers {
    Numbers::One(1.0)
}

/// `[encoder]`: a first ONNX model that takes the sound; what it gives goes into the inputs of the second.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// The ONNX file beside the manifest.
    pub file: PathBuf,
    /// SHA-256 of that file.
    pub sha256: String,
    /// The sound.
    pub audio: Tensor,
    /// Its other inputs.
    #[serde(default)]
    pub extra: Vec<Extra>,
    /// From its outputs to the model's inputs.
    pub feeds: Vec<Feed>,
}

/// One tensor from the encoder to the model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The encoder's output.
    pub from: Tensor,
    /// The model's input. Where one side of its shape differs, that side is time, and it is interpolated.
    pub to: Tensor,
}

/// How a model is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each run takes the next step of sound; the past is in states.
    Step,
    /// Each run takes a window of sound around the frames it is asked for.
    Window,
}

/// `[stream]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// How the model is fed.
    pub mode: Mode,
    /// Samples from run to run. In mode `window` it follows from the valid frames and their rate.
    #[serde(default)]
    pub step_samples: Option<usize>,
    /// Mode `step`: answer n is about the sound of step n - `lookahead_steps`.
    #[serde(default)]
    pub lookahead_steps: usize,
    /// Mode `window`: samples in a window; by default what the input holds.
    #[serde(default)]
    pub window_samples: Option<usize>,
    /// Mode `window`: samples of the window before the time of its first output frame.
    #[serde(default)]
    pub left_context: Option<usize>,
    /// Samples that the model hears after the time of its last output frame: the look-ahead. In mode `window` the frames
    /// stand in the middle when neither context is given.
    #[serde(default)]
    pub right_context: Option<usize>,
    /// Runs after which initial states are as good as a long past.
    #[serde(default)]
    pub warmup_steps: usize,
    /// States older than this many seconds are made anew from the last `warmup_steps` runs' sound; never without it.
    #[serde(default)]
    pub max_state_age: Option<f32>,
}

/// `[inputs]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The sound; with an encoder there is none.
    #[serde(default)]
    pub audio: Option<Tensor>,
    /// What is fed back.
    #[serde(default)]
    pub states: Vec<State>,
    /// What else the model wants to know.
    #[serde(default)]
    pub extra: Vec<Extra>,
}

/// A named tensor of 32-bit floats.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Its name in the model.
    pub name: String,
    /// Its shape; every side at least 1.
    pub shape: Vec<usize>,
}

/// A state: an output that becomes an input of the next run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The input's name.
    #[serde(rename = "in")]
    pub input: String,
    /// The output's name.
    #[serde(rename = "out")]
    pub output: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it holds at the start of an utterance.
    #[serde(default)]
    pub init: Init,
}

/// What a state holds at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Zeros.
    #[default]
    Zeros,
    /// Ones.
    Ones,
    /// What `warmup_steps` runs on silence leave behind, for all states: a model that was trained on cuts of speech only has
    /// never met the zeros of a beginning.
    Silence,
}

/// The type of an extra input's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats.
    #[default]
    F32,
    /// 64-bit integers.
    I64,
}

/// An input that is neither sound nor state.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Its name in the model.
    pub name: String,
    /// Its shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The type of its numbers.
    #[serde(default, rename = "type")]
    pub dtype: Dtype,
    /// Its numbers: one for all places, or all of them in order.
    #[serde(default = "zero_number")]
    pub value: Numbers,
    /// What chooses among `choices` while the engine runs.
    #[serde(default)]
    pub from: Option<Source>,
    /// Numbers by name: of an emotion, an identity or a style; for any other name `value` holds.
    #[serde(default)]
    pub choices: BTreeMap<String, Numbers>,
}

/// What chooses an extra input's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// What the host feels while a sentence is said (`neutral`, `joy`, ...).
    Emotion,
    /// `identity` of the options.
    Identity,
    /// The style of the options (`neutral`, `broadcast`, `soft`).
    Style,
}

/// What the numbers of an answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// Probabilities of visual phones, shown through a pose table (`poses.toml`).
    Classes,
    /// The 15 visemes of Oculus: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou.
    Visemes15,
    /// The 52 shapes of ARKit.
    Arkit52,
    /// The five mouth shapes of VRM: aa ih ou ee oh.
    Vrm5,
    /// Coefficients of a basis that `retarget.table` describes in ARKit shapes.
    Pca,
    /// Parameters of another rig, described by `retarget.table`.
    Custom,
}

/// A function over the numbers of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// Numbers that add up to one.
    Softmax,
    /// Each number within 0..=1.
    Sigmoid,
    /// Any numbers.
    #[default]
    None,
}

/// `[outputs]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// What the numbers are.
    pub kind: OutputKind,
    /// The answer.
    pub frames: Frames,
    /// The model's last layer, which tells what numbers to expect; classes are softmax by default.
    #[serde(default)]
    pub activation: Option<Activation>,
    /// A last layer that the model lacks and the engine adds.
    #[serde(default)]
    pub apply: Activation,
    /// Lowest and highest number; they become 0 and 1.
    #[serde(default)]
    pub range: Option<[f32; 2]>,
    /// The name of each number; the kind's own names in their order by default.
    #[serde(default)]
    pub names: Vec<String>,
}

/// The answer of one run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frames {
    /// Its name in the model.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Frames per second; in mode `step` they share a step equally.
    #[serde(default)]
    pub fps: Option<f64>,
    /// Which side of the shape is time, counted from 0; one frame without it.
    #[serde(default)]
    pub time_axis: Option<usize>,
    /// First and last frame that are used, counted from 0; all by default.
    #[serde(default)]
    pub valid: Option<[usize; 2]>,
}

/// `[retarget]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retarget {
    /// A table beside the manifest; without it the built-in one of the kind serves.
    #[serde(default)]
    pub table: Option<PathBuf>,
    /// How far the mouth travels; 1 by default. Not for classes, whose table has styles.
    #[serde(default)]
    pub gain: Option<f32>,
    /// Half width of the triangle that smooths the mouth, milliseconds; it looks ahead as far. Not for classes, whose
    /// table has kernels.
    #[serde(default)]
    pub smoothing_ms: Option<f32>,
}

/// `[runtime]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Execution providers worth trying, best first: what device `auto` tries.
    #[serde(default = "cpu")]
    pub providers: Vec<Device>,
    /// What a provider that can choose (TensorRT) computes in.
    #[serde(default)]
    pub precision: Precision,
    /// What a run takes at most on one core, milliseconds. For the reader: nothing is measured against it.
    #[serde(default)]
    pub max_ms_per_step: Option<f32>,
}

/// What a model computes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats.
    F16,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            providers: cpu(),
            precision: Precision::F32,
            max_ms_per_step: None,
        }
    }
}

fn cpu() -> Vec<Device> {
    vec![Device::Cpu]
}

impl Manifest {
    /// Reads and checks a manifest; `file` names it in errors.
    ///
    /// # Errors
    /// When a key is unknown, missing or of the wrong type, or when the engine cannot do what a key asks.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|source| Error::Parse {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        check::check(&manifest).map_err(|(key, problem)| Error::Invalid {
            file: file.to_owned(),
            key,
            problem,
        })?;
        Ok(manifest)
    }

    /// The model file of the manifest at `manifest_path`.
    pub fn model_path(&self, manifest_path: &Path) -> PathBuf {
        manifest_path.with_file_name(&self.file)
    }

    /// The tensor that takes the sound, of the model or of its encoder.
    pub(super) fn sound_input(&self) -> Option<&Tensor> {
        match &self.encoder {
            Some(encoder) => Some(&encoder.audio),
            None => self.inputs.audio.as_ref(),
        }
    }
}

impl Outputs {
    /// The model's last layer.
    pub(super) fn last_layer(&self) -> Activation {
        match (self.apply, self.activation) {
            (Activation::None, Some(given)) => given,
            (Activation::None, None) if self.kind == OutputKind::Classes => Activation::Softmax,
            (applied, _) => applied,
        }
    }
}

/// How many numbers a tensor of this shape holds; nothing for an empty or absurd one.
pub(super) fn numbers(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side))
        .filter(|&count| count > 0)
}
