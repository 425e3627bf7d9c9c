//! One ONNX model, run step by step: sound in, probabilities out, states fed back.
//!
//! A session is owned by whoever runs it: the runtime is not safe to call from two threads at once, so each speech
//! worker opens its own (3 MB each for the built-in model) and nothing is locked.

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, STEP_SAMPLES, numbers};
use super::{Error, Result};

/// A tensor that goes in again at the next step.
struct StateValue {
    input: String,
    output: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// A model ready to run.
pub(super) struct Model {
    session: Session,
    name: String,
    audio_name: String,
    audio_shape: Vec<usize>,
    answer_name: String,
    answer: Vec<f32>,
    states: Vec<StateValue>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Model({}, {} states)", self.name, self.states.len())
    }
}

impl Model {
    /// Checks hash, names and shapes and opens a session. `model` and `manifest_file` name the files in errors.
    pub(super) fn open(
        environment: &Environment,
        manifest: &Manifest,
        bytes: &[u8],
        model: &str,
        manifest_file: &str,
    ) -> Result<Self> {
        let found = sha256_hex(bytes);
        if !found.eq_ignore_ascii_case(&manifest.sha256) {
            return Err(Error::Checksum {
                model: model.to_owned(),
                manifest: manifest_file.to_owned(),
                expected: manifest.sha256.clone(),
                found,
            });
        }
        let session = open_session(environment, bytes).map_err(|source| Error::OpenModel {
            model: model.to_owned(),
            source,
        })?;
        check_fit(&session, manifest).map_err(|problem| Error::Mismatch {
            model: model.to_owned(),
            manifest: manifest_file.to_owned(),
            problem,
            has: describe(&session),
        })?;
        let states = manifest
            .inputs
            .states
            .iter()
            .map(|state| StateValue {
                input: state.input.clone(),
                output: state.output.clone(),
                shape: state.shape.clone(),
                values: vec![0.0; numbers(&state.shape).unwrap_or(0)],
            })
            .collect();
        Ok(Self {
            session,
            name: manifest.name.clone(),
            audio_name: manifest.inputs.audio.name.clone(),
            audio_shape: manifest.inputs.audio.shape.clone(),
            answer_name: manifest.outputs.frames.name.clone(),
            answer: vec![0.0; manifest.outputs.names.len()],
            states,
        })
    }

    /// Forgets the past.
    pub(super) fn reset(&mut self) {
        for state in &mut self.states {
            state.values.fill(0.0);
        }
    }

    /// Runs one step of [`STEP_SAMPLES`] samples; the answer is one probability per class.
    pub(super) fn step(&mut self, audio: &[f32; STEP_SAMPLES]) -> Result<&[f32]> {
        self.run(audio).map_err(|source| Error::Run {
            model: self.name.clone(),
            source,
        })?;
        // A sum catches NaN and infinity as well.
        let sum: f32 = self.answer.iter().sum();
        if (sum - 1.0).abs() < 0.1 {
            Ok(&self.answer)
        } else {
            Err(Error::Answer {
                model: self.name.clone(),
                value: sum,
            })
        }
    }

    fn run(&mut self, audio: &[f32; STEP_SAMPLES]) -> ort::Result<()> {
        let mut inputs: Vec<(&str, SessionInputValue<'_>)> =
            Vec::with_capacity(1 + self.states.len());
        inputs.push((
            &self.audio_name,
            TensorRef::from_array_view((self.audio_shape.as_slice(), audio.as_slice()))?.into(),
        ));
        for state in &self.states {
            inputs.push((
                &state.input,
                TensorRef::from_array_view((state.shape.as_slice(), state.values.as_slice()))?
                    .into(),
            ));
        }
        let outputs = self.session.run::<0>(inputs)?;
        let missing = |name: &str| ort::Error::new(format!("no output {name}"));
        let copy = |name: &str, into: &mut [f32]| {
            let value = outputs.get(name).ok_or_else(|| missing(name))?;
            let (_, values) = value.try_extract_tensor::<f32>()?;
            if values.len() != into.len() {
                return Err(ort::Error::new(format!(
                    "output {name} has {} numbers instead of {}",
                    values.len(),
                    into.len()
                )));
            }
            into.copy_from_slice(values);
            Ok(())
        };
        copy(&self.answer_name, &mut self.answer)?;
        for state in &mut self.states {
            copy(&state.output, &mut state.values)?;
        }
        Ok(())
    }
}

fn open_session(environment: &Environment, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(environment)?
        // One thread: a second one spins more than it helps on a model of 0.4 M weights.
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        // Silence decays into subnormal numbers, which are slow.
        .with_flush_to_zero()?
        .commit_from_memory(bytes)
}

/// Names, types and shapes against the manifest; the first difference.
fn check_fit(session: &Session, manifest: &Manifest) -> std::result::Result<(), String> {
    let inputs = &manifest.inputs;
    let mut expected_inputs = vec![(&inputs.audio.name, &inputs.audio.shape)];
    let frames = &manifest.outputs.frames;
    let mut expected_outputs = vec![(&frames.name, &frames.shape)];
    for state in &inputs.states {
        expected_inputs.push((&state.input, &state.shape));
        expected_outputs.push((&state.output, &state.shape));
    }
    for (name, shape) in &expected_inputs {
        check_outlet("input", session.inputs(), name, shape)?;
    }
    for (name, shape) in &expected_outputs {
        check_outlet("output", session.outputs(), name, shape)?;
    }
    for outlet in session.inputs() {
        if !expected_inputs
            .iter()
            .any(|(name, _)| *name == outlet.name())
        {
            return Err(format!(
                "the model's input {} is not in the manifest",
                outlet.name()
            ));
        }
    }
    Ok(())
}

fn check_outlet(
    kind: &str,
    outlets: &[Outlet],
    name: &str,
    shape: &[usize],
) -> std::result::Result<(), String> {
    let Some(outlet) = outlets.iter().find(|outlet| outlet.name() == name) else {
        return Err(format!("the manifest's {kind} {name} is not in the model"));
    };
    if let ValueType::Tensor {
        ty: TensorElementType::Float32,
        shape: has,
        ..
    } = outlet.dtype()
    {
        // A negative side is free.
        let fits = has.len() == shape.len()
            && has
                .iter()
                .zip(shape)
                .all(|(&has, &wanted)| has < 0 || usize::try_from(has) == Ok(wanted));
        if fits {
            return Ok(());
        }
    }
    Err(format!(
        "the manifest wants {kind} {name} as 32-bit floats of shape {shape:?}"
    ))
}

/// Inputs and outputs with their types, for an error text.
fn describe(session: &Session) -> String {
    let list = |outlets: &[Outlet]| {
        outlets
            .iter()
            .map(|outlet| format!("{} {}", outlet.name(), outlet.dtype()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "inputs: {}; outputs: {}",
        list(session.inputs()),
        list(session.outputs())
    )
}

/// SHA-256 in lower-case hexadecimal digits.
fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })
}
