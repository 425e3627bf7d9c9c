//! The pose table: what each visual phone looks like and how the mouth moves between them (`poses.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Error, Result, Style};
use crate::media::{Blendshapes, Shape};

/// Steps before and after the shown one that a kernel covers.
pub(super) const REACH: usize = 2;
/// Numbers in a kernel.
pub(super) const TAPS: usize = 2 * REACH + 1;

/// The most phones of a table that may be shown whole.
pub(super) const MAX_SNAPS: usize = 4;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    groups: BTreeMap<String, GroupDocument>,
    snaps: BTreeMap<String, Snap>,
    silence: SilenceDocument,
    styles: BTreeMap<String, f32>,
    phones: BTreeMap<String, BTreeMap<String, f32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupDocument {
    shapes: Vec<String>,
    kernel: [f32; TAPS],
    gain: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SilenceDocument {
    phone: String,
    probability: f32,
    steps: usize,
    fade_steps: usize,
    keep: f32,
}

/// When a phone is shown whole.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Snap {
    /// Probability above which the mouth takes the pose.
    pub(super) on: f32,
    /// Probability below which it leaves.
    pub(super) off: f32,
    /// Least steps it stays.
    pub(super) hold_steps: usize,
    /// How far the mouth is pulled, 0..=1.
    pub(super) strength: f32,
    /// How far the steps just before and after are pulled (the ramp), 0..=1.
    pub(super) shoulder: f32,
    /// How much of the lips' rounding (which the neighbours carry through) is kept, 0..=1.
    pub(super) keep_rounding: f32,
    /// How much of the jaw's opening is kept behind the closed lips, 0..=1.
    pub(super) keep_jaw: f32,
}

/// Shapes that move alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) shapes: Vec<Shape>,
    /// Weights of the answers from 2 steps before to 2 steps after; sum 1.
    pub(super) kernel: [f32; TAPS],
    /// Whether the lips' rounding lives here.
    pub(super) rounding: bool,
}

/// One visual phone that a model may answer with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phone {
    pub(super) pose: Blendshapes,
    pub(super) snap: Option<Snap>,
}

/// When the mouth rests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Silence {
    /// Which answer is silence.
    pub(super) class: usize,
    pub(super) probability: f32,
    pub(super) steps: usize,
    pub(super) fade_steps: usize,
    /// What is left of the mouth's shape after one step in which nothing is seen, 0..=1.
    pub(super) keep: f32,
}

/// A table made ready for one model and one style.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PoseTable {
    /// In the order of the model's answer.
    pub(super) phones: Vec<Phone>,
    pub(super) groups: Vec<Group>,
    pub(super) silence: Silence,
}

impl PoseTable {
    /// Reads a table for a model whose answer has the classes `names`; `file` names it in errors.
    pub(super) fn parse(text: &str, file: &str, names: &[String], style: Style) -> Result<Self> {
        let document: Document = toml::from_str(text).map_err(|source| Error::Parse {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        Self::build(&document, names, style).map_err(|(key, problem)| Error::Invalid {
            file: file.to_owned(),
            key,
            problem,
        })
    }

    fn build(
        document: &Document,
        names: &[String],
        style: Style,
    ) -> std::result::Result<Self, (String, String)> {
        let gain = document.styles.get(style.name()).copied().ok_or_else(|| {
            let key = format!("styles.{}", style.name());
            (key, "is missing".to_owned())
        })?;
        let mut gains = [1.0; 52];
        let mut groups = Vec::new();
        for (name, group) in &document.groups {
            let key = format!("groups.{name}");
            let shapes = shapes_of(&key, group.shapes.iter().map(String::as_str))?;
            if group.gain {
                for &shape in &shapes {
                    gains[shape as usize] = gain;
                }
            }
            groups.push(Group {
                rounding: shapes.contains(&Shape::MouthPucker),
                shapes,
                kernel: scaled_to_one(&key, group.kernel)?,
            });
        }
        let phones = names
            .iter()
            .map(|name| phone(document, &groups, name, &gains))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        for name in document.snaps.keys() {
            if !document.phones.contains_key(name) {
                return Err((format!("snaps.{name}"), "no such phone".to_owned()));
            }
        }
        if document.snaps.len() > MAX_SNAPS {
            return Err((
                "snaps".to_owned(),
                format!("has more than {MAX_SNAPS} phones"),
            ));
        }
        let silence = &document.silence;
        let class = names.iter().position(|name| *name == silence.phone);
        let class = class.ok_or_else(|| {
            let problem = format!("the model has no class {}", silence.phone);
            ("silence.phone".to_owned(), problem)
        })?;
        Ok(Self {
            phones,
            groups,
            silence: Silence {
                class,
                probability: silence.probability,
                steps: silence.steps.max(1),
                fade_steps: silence.fade_steps.max(1),
                keep: silence.keep.clamp(0.0, 1.0),
            },
        })
    }
}

fn phone(
    document: &Document,
    groups: &[Group],
    name: &str,
    gains: &[f32; 52],
) -> std::result::Result<Phone, (String, String)> {
    let key = format!("phones.{name}");
    let weights = document.phones.get(name).ok_or_else(|| {
        let problem = "is missing: the model has a class of this name".to_owned();
        (key.clone(), problem)
    })?;
    let mut pose = Blendshapes::default();
    for (shape_name, &weight) in weights {
        let key = format!("{key}.{shape_name}");
        if !(0.0..=1.0).contains(&weight) {
            return Err((key, format!("{weight} is not within 0..=1")));
        }
        for shape in shapes_of(&key, [shape_name.as_str()])? {
            if !groups.iter().any(|group| group.shapes.contains(&shape)) {
                return Err((key, "belongs to no group".to_owned()));
            }
            pose[shape] = weight * gains[shape as usize];
        }
    }
    let snap = document.snaps.get(name).copied();
    if let Some(snap) = snap {
        let in_order = 0.0 < snap.off && snap.off <= snap.on && snap.on < 1.0;
        let fractions = [
            snap.strength,
            snap.shoulder,
            snap.keep_rounding,
            snap.keep_jaw,
        ];
        if !in_order || !fractions.iter().all(|x| (0.0..=1.0).contains(x)) {
            let problem = "needs 0 < off <= on < 1, and the other numbers within 0..=1".to_owned();
            return Err((format!("snaps.{name}"), problem));
        }
    }
    Ok(Phone {
        pose: pose.clamped(),
        snap,
    })
}

/// Shapes by name; a name without a side means both.
fn shapes_of<'a>(
    key: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> std::result::Result<Vec<Shape>, (String, String)> {
    let mut shapes = Vec::new();
    for name in names {
        let sides = [format!("{name}Left"), format!("{name}Right")];
        let found: Vec<Shape> = match Shape::from_name(name) {
            Some(shape) => vec![shape],
            None => sides
                .iter()
                .filter_map(|side| Shape::from_name(side))
                .collect(),
        };
        if found.is_empty() {
            let problem = format!("{name} is no ARKit shape (for example jawOpen, mouthPress)");
            return Err((key.to_owned(), problem));
        }
        shapes.extend(found);
    }
    Ok(shapes)
}

fn scaled_to_one(
    key: &str,
    kernel: [f32; TAPS],
) -> std::result::Result<[f32; TAPS], (String, String)> {
    let sum: f32 = kernel.iter().sum();
    if kernel.iter().all(|weight| (0.0..=10.0).contains(weight)) && sum > 1e-3 {
        Ok(kernel.map(|weight| weight / sum))
    } else {
        let problem = format!("{kernel:?} needs weights of 0 and more with a sum above 0");
        Err((format!("{key}.kernel"), problem))
    }
}
