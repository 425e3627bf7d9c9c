//! From a model's answers, 50 per second, to the mouth in ARKit shapes.
//!
//! Classes go through a pose table with closures that are shown whole (`pose`). Everything else (visemes, ARKit, VRM, a basis,
//! another rig) goes one way: the face is a sum of what each number adds, smoothed if the manifest wishes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::manifest::{Activation, OutputKind, Outputs, Retarget};
use super::pose::PoseStream;
use super::table::REACH;
use super::timing::{Problem, problem};
use super::{Error, Result, STEP_SECS, Style};
use crate::media::{ARKIT_NAMES, Blendshapes, Shape};

/// Oculus LipSync's visemes, in its order.
const VISEMES: [&str; 15] = [
    "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou",
];
/// VRM's mouth expressions, in the order of its specification.
const VRM: [&str; 5] = ["aa", "ih", "ou", "ee", "oh"];
/// What the built-in tables say of them.
const VISEMES_TABLE: &str = include_str!("../../audio/lipsync/visemes15.toml");
const VRM_TABLE: &str = include_str!("../../audio/lipsync/vrm5.toml");
/// The longest smoothing: more would mumble.
const MAX_SMOOTHING_MS: f32 = 200.0;

/// The name of each number of a frame.
pub(super) fn names(outputs: &Outputs) -> Vec<String> {
    let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    if !outputs.names.is_empty() {
        return outputs.names.clone();
    }
    match outputs.kind {
        OutputKind::Visemes15 => own(&VISEMES),
        OutputKind::Arkit52 => own(&ARKIT_NAMES),
        OutputKind::Vrm5 => own(&VRM),
        OutputKind::Classes | OutputKind::Pca | OutputKind::Custom => Vec::new(),
    }
}

/// Whether the names are those of the kind.
pub(super) fn check_names(kind: OutputKind, names: &[String]) -> std::result::Result<(), String> {
    let known: &[&str] = match kind {
        OutputKind::Visemes15 => &VISEMES,
        OutputKind::Arkit52 => &ARKIT_NAMES,
        OutputKind::Vrm5 => &VRM,
        OutputKind::Classes | OutputKind::Pca | OutputKind::Custom => &[],
    };
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(format!("{name} is there twice"));
        }
        if !known.is_empty() && !known.contains(&name.as_str()) {
            return Err(format!("{name} is none of {}", known.join(" ")));
        }
    }
    Ok(())
}

/// Whether `[retarget]` fits the kind.
pub(super) fn check_section(
    kind: OutputKind,
    section: &Retarget,
) -> std::result::Result<(), Problem> {
    let wrong = |key: &str, text: String| Err(problem(&format!("retarget.{key}"), text));
    let by_classes = kind == OutputKind::Classes;
    if by_classes && (section.gain.is_some() || section.smoothing_ms.is_some()) {
        let text = "are not for classes: set styles and kernels in the pose table";
        return wrong("gain, retarget.smoothing_ms", text.to_owned());
    }
    if let Some(gain) = section.gain
        && !(gain > 0.0 && gain <= 10.0)
    {
        return wrong("gain", format!("{gain} is not within 0..=10"));
    }
    if let Some(millis) = section.smoothing_ms
        && !(0.0..=MAX_SMOOTHING_MS).contains(&millis)
    {
        let text = format!("{millis} is not within 0..={MAX_SMOOTHING_MS}");
        return wrong("smoothing_ms", text);
    }
    match (kind, &section.table) {
        (OutputKind::Pca | OutputKind::Custom, None) => {
            let text = "is missing: only a table can say what these numbers do to a face";
            wrong("table", text.to_owned())
        }
        (OutputKind::Arkit52, Some(_)) => {
            let text =
                "is not for arkit52, whose numbers are shapes already; kind = \"custom\" takes one";
            wrong("table", text.to_owned())
        }
        _ => Ok(()),
    }
}

/// The built-in table of a kind, if it has one.
pub(super) fn built_in_table(kind: OutputKind) -> Option<&'static str> {
    match kind {
        OutputKind::Visemes15 => Some(VISEMES_TABLE),
        OutputKind::Vrm5 => Some(VRM_TABLE),
        _ => None,
    }
}

/// The faces of the 15 visemes of Oculus LipSync, in its order, as a model that answers with them moves a mouth.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn viseme_faces() -> Result<Vec<(&'static str, Blendshapes)>> {
    let names = VISEMES.map(str::to_owned);
    let mix = Mix::parse(VISEMES_TABLE, "built-in visemes15.toml", &names)?;
    Ok(VISEMES.into_iter().zip(mix.adds).collect())
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The face when every number is zero.
    #[serde(default)]
    rest: BTreeMap<String, f32>,
    /// What one unit of each number adds to the face; may be negative. A name without a side means both.
    outputs: BTreeMap<String, BTreeMap<String, f32>>,
}

/// What numbers do to a face.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mix {
    rest: Blendshapes,
    /// One per number.
    adds: Vec<Blendshapes>,
}

impl Mix {
    /// Each number is a shape.
    pub(super) fn shapes(names: &[String]) -> Self {
        let adds = names.iter().map(|name| {
            let mut face = Blendshapes::default();
            if let Some(shape) = Shape::from_name(name) {
                face[shape] = 1.0;
            }
            face
        });
        Self {
            rest: Blendshapes::default(),
            adds: adds.collect(),
        }
    }

    /// Reads a table for numbers of these names; `file` names it in errors.
    pub(super) fn parse(text: &str, file: &str, names: &[String]) -> Result<Self> {
        let document: Document = toml::from_str(text).map_err(|source| Error::Parse {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        Self::build(&document, names).map_err(|(key, problem)| Error::Invalid {
            file: file.to_owned(),
            key,
            problem,
        })
    }

    fn build(document: &Document, names: &[String]) -> std::result::Result<Self, Problem> {
        let adds = names.iter().map(|name| {
            let key = format!("outputs.{name}");
            let weights = document.outputs.get(name).ok_or_else(|| {
                let text = "is missing: the model has an output of this name";
                problem(&key, text.to_owned())
            })?;
            face(&key, weights)
        });
        Ok(Self {
            adds: adds.collect::<std::result::Result<_, _>>()?,
            rest: face("rest", &document.rest)?,
        })
    }

    /// The face of one answer.
    fn face(&self, answer: &[f32]) -> Blendshapes {
        let mut face = self.rest;
        for (add, &number) in self.adds.iter().zip(answer) {
            if number != 0.0 {
                for (sum, weight) in face.0.iter_mut().zip(add.0) {
                    *sum += weight * number;
                }
            }
        }
        face
    }
}

fn face(key: &str, weights: &BTreeMap<String, f32>) -> std::result::Result<Blendshapes, Problem> {
    let mut face = Blendshapes::default();
    for (name, &weight) in weights {
        let sides = [name.clone(), format!("{name}Left"), format!("{name}Right")];
        let shapes: Vec<Shape> = sides
            .iter()
            .filter_map(|name| Shape::from_name(name))
            .collect();
        if shapes.is_empty() {
            let text = "is no ARKit shape (for example jawOpen, mouthPress)";
            return Err(problem(&format!("{key}.{name}"), text.to_owned()));
        }
        if !weight.is_finite() {
            return Err(problem(&format!("{key}.{name}"), format!("is {weight}")));
        }
        for shape in shapes {
            face[shape] = weight;
        }
    }
    Ok(face)
}

/// Whether a shape is the mouth's; eyes and brows have a life of their own in the engine.
fn is_mouth(shape: Shape) -> bool {
    !shape.name().starts_with("eye") && !shape.name().starts_with("brow")
}

/// Answers through a [`Mix`]; the pose of answer n comes out with answer n + `reach`.
#[derive(Clone, Debug)]
pub(super) struct MixStream {
    mix: Mix,
    gain: f32,
    /// Weights of the last faces, oldest first; odd in number, sum 1.
    kernel: Vec<f32>,
    faces: Vec<Blendshapes>,
    count: usize,
}

impl MixStream {
    pub(super) fn new(mix: Mix, section: &Retarget, style: Style) -> Self {
        let gain = match style {
            Style::Neutral => 1.0,
            Style::Broadcast => 1.2,
            Style::Soft => 0.8,
        };
        let kernel = triangle(section.smoothing_ms.unwrap_or(0.0) / 1000.0);
        Self {
            mix,
            gain: gain * section.gain.unwrap_or(1.0),
            faces: vec![Blendshapes::default(); kernel.len()],
            kernel,
            count: 0,
        }
    }

    fn reach(&self) -> usize {
        self.kernel.len() / 2
    }

    fn reset(&mut self) {
        self.faces.fill(Blendshapes::default());
        self.count = 0;
    }

    fn push(&mut self, answer: &[f32]) -> Option<Blendshapes> {
        let face = self.mix.face(answer);
        if self.count == 0 {
            // The mouth was as it begins.
            self.faces.fill(face);
        }
        self.faces.rotate_left(1);
        if let Some(newest) = self.faces.last_mut() {
            *newest = face;
        }
        self.count += 1;
        (self.count > self.reach()).then(|| self.shown())
    }

    fn shown(&self) -> Blendshapes {
        let mut shown = Blendshapes::default();
        for shape in Shape::ALL.into_iter().filter(|&shape| is_mouth(shape)) {
            let faces = self.faces.iter().zip(&self.kernel);
            shown[shape] = self.gain
                * faces
                    .map(|(face, weight)| face[shape] * weight)
                    .sum::<f32>();
        }
        shown.clamped()
    }
}

/// A triangle of half width `secs`, in steps; just 1 when it is narrower than a step.
fn triangle(secs: f32) -> Vec<f32> {
    let width = f64::from(secs) / STEP_SECS;
    let reach = (width.ceil() as i32 - 1).max(0);
    let heights: Vec<f32> = (-reach..=reach)
        .map(|step| (1.0 - f64::from(step.abs()) / width.max(1.0)) as f32)
        .collect();
    let sum: f32 = heights.iter().sum();
    heights.iter().map(|height| height / sum).collect()
}

/// What makes poses of answers.
#[derive(Debug)]
pub(super) enum Poser {
    /// Probabilities of classes.
    Classes(Box<PoseStream>),
    /// Everything else.
    Mix(Box<MixStream>),
}

impl Poser {
    /// Poses that must come before one is shown.
    pub(super) fn reach(&self) -> usize {
        match self {
            Self::Classes(_) => REACH,
            Self::Mix(stream) => stream.reach(),
        }
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Classes(stream) => stream.reset(),
            Self::Mix(stream) => stream.reset(),
        }
    }

    pub(super) fn push(&mut self, answer: &[f32]) -> Option<Blendshapes> {
        match self {
            Self::Classes(stream) => stream.push(answer),
            Self::Mix(stream) => stream.push(answer),
        }
    }
}

/// What the engine does to the numbers of one frame, in place; the value that is out of order otherwise.
pub(super) fn finish_frame(outputs: &Outputs, frame: &mut [f32]) -> std::result::Result<(), f32> {
    match outputs.apply {
        Activation::None => {}
        Activation::Sigmoid => frame
            .iter_mut()
            .for_each(|x| *x = 1.0 / (1.0 + (-*x).exp())),
        Activation::Softmax => {
            let top = frame.iter().copied().fold(f32::MIN, f32::max);
            frame.iter_mut().for_each(|x| *x = (*x - top).exp());
            let sum: f32 = frame.iter().sum();
            frame.iter_mut().for_each(|x| *x /= sum);
        }
    }
    if let Some([low, high]) = outputs.range {
        frame
            .iter_mut()
            .for_each(|x| *x = ((*x - low) / (high - low)).clamp(0.0, 1.0));
    }
    // A sum catches NaN and infinity as well.
    let sum: f32 = frame.iter().sum();
    let in_order = match outputs.last_layer() {
        Activation::Softmax if outputs.range.is_none() => (sum - 1.0).abs() < 0.1,
        Activation::Sigmoid => frame.iter().all(|x| (-0.01..=1.01).contains(x)),
        _ => sum.is_finite(),
    };
    if in_order { Ok(()) } else { Err(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_built_in_tables_describe_a_mouth() {
        let face = |table: &str, names: &[&str], name: &str| {
            let mix = Mix::parse(table, "table", &owned(names)).unwrap();
            let place = names.iter().position(|n| *n == name).unwrap();
            let mut answer = vec![0.0; names.len()];
            answer[place] = 1.0;
            mix.face(&answer)
        };
        let viseme = |name| face(VISEMES_TABLE, &VISEMES, name);
        assert_eq!(viseme("sil"), Blendshapes::default());
        assert!(viseme("aa")[Shape::JawOpen] > 3.0 * viseme("PP")[Shape::JawOpen]);
        assert!(viseme("PP")[Shape::MouthPressLeft] > 0.2);
        assert!(viseme("PP")[Shape::MouthClose] >= viseme("PP")[Shape::JawOpen]);
        assert!(viseme("ou")[Shape::MouthPucker] > viseme("oh")[Shape::MouthPucker]);
        let vrm = |name| face(VRM_TABLE, &VRM, name);
        for (name, shape) in [
            ("aa", Shape::JawOpen),
            ("ou", Shape::MouthPucker),
            ("oh", Shape::MouthFunnel),
            ("ih", Shape::MouthSmileRight),
        ] {
            let strongest = VRM
                .into_iter()
                .max_by(|a, b| vrm(a)[shape].total_cmp(&vrm(b)[shape]));
            assert_eq!(strongest, Some(name), "{shape:?}");
        }
    }

    #[test]
    fn a_triangle_smooths_without_lag() {
        assert_eq!(triangle(0.0), [1.0]);
        assert_eq!(triangle(0.02), [1.0]);
        let kernel = triangle(0.06);
        assert_eq!(kernel.len(), 5);
        assert!((kernel.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(kernel[0], kernel[4]);
        assert!(kernel[2] > kernel[1]);
    }

    #[test]
    fn a_basis_may_pull_down_and_eyes_stay_out() {
        let table =
            "[rest]\njawOpen = 0.4\n[outputs.a]\njawOpen = -0.5\neyeBlink = 1.0\nmouthSmile = 0.5";
        let mix = Mix::parse(table, "table", &owned(&["a"])).unwrap();
        let mut stream = MixStream::new(mix, &Retarget::default(), Style::Neutral);
        let face = stream.push(&[0.4]).unwrap();
        assert!((face[Shape::JawOpen] - 0.2).abs() < 1e-6);
        assert!((face[Shape::MouthSmileLeft] - 0.2).abs() < 1e-6);
        assert_eq!(face[Shape::EyeBlinkLeft], 0.0);
        assert_eq!(stream.push(&[2.0]).unwrap()[Shape::JawOpen], 0.0);
    }
}
