//! One ONNX graph and the tensors it runs on: made once, written and read in place at every run.
//!
//! A session is owned by whoever runs it: the runtime is not safe to call from two threads at once, so each speech
//! worker opens its own (3 MB each for the built-in model) and nothing is locked.

use std::collections::BTreeMap;

use ort::environment::Environment;
use ort::memory::Allocator;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue};
use ort::value::{Outlet, Tensor as OrtTensor, TensorElementType, ValueType};
use sha2::{Digest, Sha256};

use super::device::Device;
use super::manifest::{Dtype, Extra, Init, Numbers, Precision, Source, State, Tensor, numbers};
use super::{Error, Result};

/// What a graph is made from.
pub(super) struct Recipe<'a> {
    /// The ONNX file: its bytes, its name in errors, and the hash that the manifest gives.
    pub(super) bytes: &'a [u8],
    pub(super) file: &'a str,
    pub(super) sha256: &'a str,
    /// The manifest's name in errors.
    pub(super) manifest: &'a str,
    /// Inputs that are written before each run.
    pub(super) inputs: Vec<&'a Tensor>,
    pub(super) states: &'a [State],
    pub(super) extra: &'a [Extra],
    /// Outputs that are read after each run.
    pub(super) outputs: Vec<&'a Tensor>,
}

/// Where a graph may run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) environment: &'a Environment,
    /// The user's wish.
    pub(super) device: Device,
    /// The manifest's list.
    pub(super) providers: &'a [Device],
    pub(super) precision: Precision,
}

/// A graph ready to run.
pub(super) struct Graph {
    session: Session,
    device: Device,
    file: String,
    /// In the order of the session's inputs.
    inputs: Vec<SessionInputValue<'static>>,
    /// Which session input each written input is.
    written: Vec<usize>,
    /// Session input and initial values of each state; its output follows those that are read.
    states: Vec<(usize, Vec<f32>)>,
    /// Inputs that change with circumstances.
    conditions: Vec<(usize, Extra)>,
    /// Holds the output tensors.
    options: RunOptions<HasSelectedOutputs>,
    outputs: Vec<Vec<f32>>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (file, device, states) = (&self.file, self.device, self.states.len());
        write!(f, "Graph({file} on {device}, {states} states)")
    }
}

impl Graph {
    /// Checks hash, names and shapes and opens a session.
    pub(super) fn open(recipe: &Recipe<'_>, place: Place<'_>) -> Result<Self> {
        let found = sha256_hex(recipe.bytes);
        if !found.eq_ignore_ascii_case(recipe.sha256) {
            return Err(Error::Checksum {
                model: recipe.file.to_owned(),
                manifest: recipe.manifest.to_owned(),
                expected: recipe.sha256.to_owned(),
                found,
            });
        }
        let (session, device) = open_session(recipe, place)?;
        check_fit(&session, recipe).map_err(|problem| Error::Mismatch {
            model: recipe.file.to_owned(),
            manifest: recipe.manifest.to_owned(),
            problem,
            has: describe(&session),
        })?;
        Self::build(session, device, recipe).map_err(|source| Error::OpenModel {
            model: recipe.file.to_owned(),
            source,
        })
    }

    fn build(session: Session, device: Device, recipe: &Recipe<'_>) -> ort::Result<Self> {
        let place = |name: &str| {
            let at = session.inputs().iter().position(|i| i.name() == name);
            at.ok_or_else(|| ort::Error::new(format!("no input {name}")))
        };
        let allocator = Allocator::default();
        let mut tensors: BTreeMap<usize, SessionInputValue<'static>> = BTreeMap::new();
        let (mut written, mut states, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
        for input in &recipe.inputs {
            let at = place(&input.name)?;
            tensors.insert(at, zeros(&allocator, &input.shape)?.into());
            written.push(at);
        }
        for state in recipe.states {
            let at = place(&state.input)?;
            let first = match state.init {
                Init::Zeros | Init::Silence => 0.0,
                Init::Ones => 1.0,
            };
            tensors.insert(at, zeros(&allocator, &state.shape)?.into());
            states.push((at, vec![first; numbers(&state.shape).unwrap_or(0)]));
        }
        for extra in recipe.extra {
            let at = place(&extra.name)?;
            tensors.insert(at, filled(extra, &extra.value)?);
            if extra.from.is_some() {
                conditions.push((at, extra.clone()));
            }
        }
        let mut selector = OutputSelector::no_default();
        let shapes = recipe
            .outputs
            .iter()
            .map(|output| (&output.name, &output.shape))
            .chain(recipe.states.iter().map(|s| (&s.output, &s.shape)));
        for (name, shape) in shapes {
            selector = selector
                .with(name.as_str())
                .preallocate(name.as_str(), zeros(&allocator, shape)?);
        }
        let outputs = recipe
            .outputs
            .iter()
            .map(|output| vec![0.0; numbers(&output.shape).unwrap_or(0)])
            .collect();
        let mut graph = Self {
            device,
            file: recipe.file.to_owned(),
            inputs: tensors.into_values().collect(),
            written,
            states,
            conditions,
            options: RunOptions::new()?.with_outputs(selector),
            outputs,
            session,
        };
        graph.reset();
        Ok(graph)
    }

    /// Where it runs.
    pub(super) fn device(&self) -> Device {
        self.device
    }

    /// The numbers of a written input.
    pub(super) fn input(&mut self, index: usize) -> Result<&mut [f32]> {
        let at = self.written[index];
        let file = &self.file;
        floats(&mut self.inputs[at]).map_err(|source| Error::Run {
            model: file.clone(),
            source,
        })
    }

    /// The numbers of an output after a run.
    pub(super) fn output(&self, index: usize) -> &[f32] {
        &self.outputs[index]
    }

    /// Forgets the past.
    pub(super) fn reset(&mut self) {
        for (at, initial) in &self.states {
            // They were made as floats.
            if let Ok(values) = floats(&mut self.inputs[*at]) {
                values.copy_from_slice(initial);
            }
        }
    }

    /// Makes the states as they are now the initial ones.
    pub(super) fn settle(&mut self) {
        for (at, initial) in &mut self.states {
            if let Ok(values) = floats(&mut self.inputs[*at]) {
                initial.copy_from_slice(values);
            }
        }
    }

    /// Takes up the numbers of `name` in inputs that depend on `source`.
    pub(super) fn choose(&mut self, source: Source, name: &str) -> Result<()> {
        for (at, extra) in &self.conditions {
            if extra.from == Some(source) {
                let values = extra.choices.get(name).unwrap_or(&extra.value);
                self.inputs[*at] = filled(extra, values).map_err(|source| Error::Run {
                    model: self.file.clone(),
                    source,
                })?;
            }
        }
        Ok(())
    }

    /// Runs once; states are fed back.
    pub(super) fn run(&mut self) -> Result<()> {
        self.run_inner().map_err(|source| self.failed(source))
    }

    fn run_inner(&mut self) -> ort::Result<()> {
        let values = self
            .session
            .run_with_options::<_, 0>(self.inputs.as_slice(), &self.options)?;
        let mut values = values.values();
        for output in &mut self.outputs {
            copy(values.next(), output)?;
        }
        for (at, _) in &self.states {
            copy(values.next(), floats(&mut self.inputs[*at])?)?;
        }
        Ok(())
    }

    fn failed(&self, source: ort::Error) -> Error {
        Error::Run {
            model: self.file.clone(),
            source,
        }
    }
}

fn copy(value: Option<ort::value::ValueRef<'_>>, into: &mut [f32]) -> ort::Result<()> {
    let value = value.ok_or_else(|| ort::Error::new("an output is missing"))?;
    let (shape, values) = value.try_extract_tensor::<f32>()?;
    if values.len() != into.len() {
        let (has, wanted) = (values.len(), into.len());
        let text = format!("an output of shape {shape:?} has {has} numbers instead of {wanted}");
        return Err(ort::Error::new(text));
    }
    into.copy_from_slice(values);
    Ok(())
}

fn zeros(allocator: &Allocator, shape: &[usize]) -> ort::Result<OrtTensor<f32>> {
    OrtTensor::new(allocator, shape)
}

fn floats<'a>(value: &'a mut SessionInputValue<'static>) -> ort::Result<&'a mut [f32]> {
    match value {
        SessionInputValue::Owned(value) => Ok(value.try_extract_tensor_mut::<f32>()?.1),
        _ => Err(ort::Error::new("an input is not our own")),
    }
}

fn filled(extra: &Extra, values: &Numbers) -> ort::Result<SessionInputValue<'static>> {
    let count = numbers(&extra.shape).unwrap_or(0);
    let values = values.spread(count).unwrap_or_default();
    let shape = extra.shape.clone();
    Ok(match extra.dtype {
        Dtype::F32 => {
            let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            OrtTensor::from_array((shape, values))?.into()
        }
        Dtype::I64 => {
            let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
            OrtTensor::from_array((shape, values))?.into()
        }
    })
}

/// Opens a session where the user wants it, or with `auto` at the first provider of the manifest's list that works.
fn open_session(recipe: &Recipe<'_>, place: Place<'_>) -> Result<(Session, Device)> {
    if place.device != Device::Auto {
        let session = open_on(recipe, place, place.device)?;
        return Ok((session, place.device));
    }
    let mut tried = Vec::new();
    let listed = place
        .providers
        .iter()
        .filter(|&&device| device != Device::Auto);
    for &device in listed {
        match open_on(recipe, place, device) {
            Ok(session) => return Ok((session, device)),
            // Whatever the CPU refuses is no matter of devices.
            Err(error) if device == Device::Cpu => return Err(error),
            Err(error) => {
                tracing::debug!(
                    "{}: not on {device}: {}",
                    recipe.file,
                    super::with_causes(&error)
                );
                tried.push(device.name());
            }
        }
    }
    Err(Error::NoDevice {
        model: recipe.file.to_owned(),
        manifest: recipe.manifest.to_owned(),
        tried: tried.join(", "),
    })
}

fn open_on(recipe: &Recipe<'_>, place: Place<'_>, device: Device) -> Result<Session> {
    let refused = |reason: String| Error::Device {
        device: device.name(),
        model: recipe.file.to_owned(),
        reason,
        remedy: device.remedy(),
    };
    if !device.is_built_in() {
        let reason = "the loaded ONNX Runtime was built without it".to_owned();
        return Err(refused(reason));
    }
    commit(recipe.bytes, place, device).map_err(|source| match device {
        Device::Auto | Device::Cpu => Error::OpenModel {
            model: recipe.file.to_owned(),
            source,
        },
        _ => refused(source.to_string()),
    })
}

fn commit(bytes: &[u8], place: Place<'_>, device: Device) -> ort::Result<Session> {
    let mut builder = Session::builder(place.environment)?
        // One thread: a second one spins more than it helps on a model of some 100 k weights.
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        // Silence decays into subnormal numbers, which are slow.
        .with_flush_to_zero()?;
    if device == Device::DirectMl {
        builder = builder.with_memory_pattern(false)?;
    }
    if let Some(provider) = device.provider(place.precision) {
        builder = builder.with_execution_providers([provider])?;
    }
    builder.commit_from_memory(bytes)
}

/// Names, types and shapes against the manifest; the first difference.
fn check_fit(session: &Session, recipe: &Recipe<'_>) -> std::result::Result<(), String> {
    let float = TensorElementType::Float32;
    let mut inputs: Vec<(&str, &[usize], TensorElementType)> = Vec::new();
    let mut outputs: Vec<(&str, &[usize], TensorElementType)> = Vec::new();
    for tensor in &recipe.inputs {
        inputs.push((&tensor.name, &tensor.shape, float));
    }
    for tensor in &recipe.outputs {
        outputs.push((&tensor.name, &tensor.shape, float));
    }
    for state in recipe.states {
        inputs.push((&state.input, &state.shape, float));
        outputs.push((&state.output, &state.shape, float));
    }
    for extra in recipe.extra {
        let dtype = match extra.dtype {
            Dtype::F32 => float,
            Dtype::I64 => TensorElementType::Int64,
        };
        inputs.push((&extra.name, &extra.shape, dtype));
    }
    for &(name, shape, dtype) in &inputs {
        check_outlet("input", session.inputs(), name, shape, dtype)?;
    }
    for &(name, shape, dtype) in &outputs {
        check_outlet("output", session.outputs(), name, shape, dtype)?;
    }
    for (kind, tensors) in [("input", &inputs), ("output", &outputs)] {
        for (i, (name, ..)) in tensors.iter().enumerate() {
            if tensors[..i].iter().any(|(other, ..)| other == name) {
                return Err(format!("the manifest names {kind} {name} twice"));
            }
        }
    }
    for outlet in session.inputs() {
        if !inputs.iter().any(|(name, ..)| *name == outlet.name()) {
            return Err(format!(
                "the model's input {} {} is not in the manifest",
                outlet.name(),
                kind_of(outlet.dtype())
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
    wanted: TensorElementType,
) -> std::result::Result<(), String> {
    let Some(outlet) = outlets.iter().find(|outlet| outlet.name() == name) else {
        return Err(format!("the manifest's {kind} {name} is not in the model"));
    };
    let fits = match outlet.dtype() {
        // A negative side is free.
        ValueType::Tensor { ty, shape: has, .. } => {
            let mut sides = has.iter().zip(shape);
            *ty == wanted
                && has.len() == shape.len()
                && sides.all(|(&has, &wanted)| has < 0 || usize::try_from(has) == Ok(wanted))
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "{kind} {name} is {wanted}{shape:?} in the manifest and {} in the model",
        kind_of(outlet.dtype())
    ))
}

/// A type as `f32[1, 320]`; sides that are free as `?`.
fn kind_of(dtype: &ValueType) -> String {
    match dtype {
        ValueType::Tensor { ty, shape, .. } => {
            let sides: Vec<String> = shape
                .iter()
                .map(|&side| {
                    if side < 0 {
                        "?".to_owned()
                    } else {
                        side.to_string()
                    }
                })
                .collect();
            format!("{ty}[{}]", sides.join(", "))
        }
        other => other.to_string(),
    }
}

/// Inputs and outputs with their types, for an error text.
fn describe(session: &Session) -> String {
    let list = |outlets: &[Outlet]| {
        outlets
            .iter()
            .map(|outlet| format!("{} {}", outlet.name(), kind_of(outlet.dtype())))
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
