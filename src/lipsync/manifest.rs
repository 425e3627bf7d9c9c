//! `model.toml`: what must be known to run a lip-sync model. What the engine cannot satisfy is refused here, by name.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Error, Result};

/// The only sound rate a model may ask for, in Hz.
pub const MODEL_RATE_HZ: u32 = 16_000;
/// Samples in one step at that rate: 20 ms.
pub(super) const STEP_SAMPLES: usize = 320;
/// More look-ahead than a second is no streaming.
const MAX_LOOKAHEAD_STEPS: usize = 50;
/// A state of more numbers than this is a mistake in the manifest (4 MB).
const MAX_STATE_NUMBERS: usize = 1 << 20;

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
    /// How it is fed.
    pub stream: Stream,
    /// Names and shapes of the inputs.
    pub inputs: Inputs,
    /// Names and shapes of the outputs.
    pub outputs: Outputs,
    /// From classes to shapes.
    #[serde(default)]
    pub retarget: Retarget,
    /// Where it may run.
    #[serde(default)]
    pub runtime: Runtime,
}

/// `[audio]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// `raw`: samples in -1..=1.
    pub kind: String,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Loudness (RMS of speech) the model expects, dB below full scale.
    #[serde(default = "default_level_dbfs")]
    pub level_dbfs: f32,
}

fn default_level_dbfs() -> f32 {
    -20.0
}

/// `[stream]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// `step`: one run per step with states fed back.
    pub mode: String,
    /// Samples per step.
    pub step_samples: usize,
    /// Answer n is about the sound of step n - `lookahead_steps`.
    pub lookahead_steps: usize,
    /// Steps after which zero states are as good as a long past.
    #[serde(default)]
    pub warmup_steps: usize,
}

/// `[inputs]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The sound.
    pub audio: Tensor,
    /// What is fed back.
    #[serde(default)]
    pub states: Vec<State>,
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

/// A state: an output that becomes an input of the next step.
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
    /// `zeros`
    #[serde(default = "zeros")]
    pub init: String,
}

fn zeros() -> String {
    "zeros".to_owned()
}

/// `[outputs]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// `classes`: probabilities of visual phones.
    pub kind: String,
    /// The answer.
    pub frames: Tensor,
    /// `softmax`: already probabilities.
    #[serde(default = "softmax")]
    pub activation: String,
    /// The class of each number.
    pub names: Vec<String>,
}

fn softmax() -> String {
    "softmax".to_owned()
}

/// `[retarget]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retarget {
    /// A pose table beside the manifest; without it the built-in one serves.
    #[serde(default)]
    pub table: Option<PathBuf>,
}

/// `[runtime]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Execution providers it was tried with; `cpu` must be one.
    #[serde(default = "cpu")]
    pub providers: Vec<String>,
    /// `f32`
    #[serde(default)]
    pub precision: Option<String>,
    /// What a step may take on one core, milliseconds.
    #[serde(default)]
    pub max_ms_per_step: Option<f32>,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            providers: cpu(),
            precision: None,
            max_ms_per_step: None,
        }
    }
}

fn cpu() -> Vec<String> {
    vec!["cpu".to_owned()]
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
        manifest.check_supported(file)?;
        manifest.check_values(file)?;
        Ok(manifest)
    }

    fn check_supported(&self, file: &str) -> Result<()> {
        let allow = |key, found: &str, allowed: &'static str| {
            if found == allowed {
                Ok(())
            } else {
                Err(Error::Unsupported {
                    file: file.to_owned(),
                    key,
                    found: found.to_owned(),
                    allowed,
                })
            }
        };
        allow("audio.kind", &self.audio.kind, "raw")?;
        allow(
            "audio.sample_rate_hz",
            &self.audio.sample_rate_hz.to_string(),
            "16000",
        )?;
        allow("stream.mode", &self.stream.mode, "step")?;
        allow(
            "stream.step_samples",
            &self.stream.step_samples.to_string(),
            "320",
        )?;
        allow("outputs.kind", &self.outputs.kind, "classes")?;
        allow("outputs.activation", &self.outputs.activation, "softmax")?;
        for state in &self.inputs.states {
            allow("inputs.states.init", &state.init, "zeros")?;
        }
        if !self.runtime.providers.iter().any(|name| name == "cpu") {
            allow(
                "runtime.providers",
                &self.runtime.providers.join(","),
                "cpu",
            )?;
        }
        Ok(())
    }

    fn check_values(&self, file: &str) -> Result<()> {
        let invalid = |key: &str, problem: String| {
            Err(Error::Invalid {
                file: file.to_owned(),
                key: key.to_owned(),
                problem,
            })
        };
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return invalid("sha256", "must be 64 hexadecimal digits".to_owned());
        }
        if self.file.components().count() != 1 || self.file.file_name().is_none() {
            return invalid(
                "file",
                "must be the name of a file beside the manifest".to_owned(),
            );
        }
        if !(-60.0..=0.0).contains(&self.audio.level_dbfs) {
            return invalid(
                "audio.level_dbfs",
                format!("{} is not within -60..=0", self.audio.level_dbfs),
            );
        }
        if self.stream.lookahead_steps > MAX_LOOKAHEAD_STEPS {
            return invalid(
                "stream.lookahead_steps",
                format!(
                    "{} is more than {MAX_LOOKAHEAD_STEPS}",
                    self.stream.lookahead_steps
                ),
            );
        }
        if numbers(&self.inputs.audio.shape) != Some(STEP_SAMPLES) {
            return invalid(
                "inputs.audio.shape",
                format!(
                    "{:?} does not hold {STEP_SAMPLES} samples",
                    self.inputs.audio.shape
                ),
            );
        }
        for state in &self.inputs.states {
            if numbers(&state.shape).is_none_or(|count| count > MAX_STATE_NUMBERS) {
                return invalid(
                    "inputs.states.shape",
                    format!(
                        "{:?} of {} must hold 1 to {MAX_STATE_NUMBERS} numbers",
                        state.shape, state.input
                    ),
                );
            }
        }
        if numbers(&self.outputs.frames.shape) != Some(self.outputs.names.len()) {
            return invalid(
                "outputs.names",
                format!(
                    "{} names for an answer of shape {:?}",
                    self.outputs.names.len(),
                    self.outputs.frames.shape
                ),
            );
        }
        Ok(())
    }

    /// The model file of the manifest at `manifest_path`.
    pub fn model_path(&self, manifest_path: &Path) -> PathBuf {
        manifest_path.with_file_name(&self.file)
    }
}

/// How many numbers a tensor of this shape holds; nothing for an empty or absurd one.
pub(super) fn numbers(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side))
        .filter(|&count| count > 0)
}
