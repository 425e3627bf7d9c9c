//! How an avatar speaks: which of its morph targets or bones move the mouth, and in which vocabulary.
//!
//! Avatars come with a full set of ARKit shapes, with the vowels of VRM, with Oculus or VRChat visemes, with names of their
//! own, with a jaw bone, or with nothing. What is taken is looked at first: many files have targets that move nothing.

use glam::Vec3;

use super::closure::Closure;
use super::shapes;
use super::visemes::{Viseme, closed_share, visemes};
use crate::avatar::mesh::Target;
use crate::avatar::{Avatar, Factors, Surface};
use crate::media::{Blendshapes, Bone, Shape};

/// What moves an avatar's mouth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouthBy {
    /// The ARKit shape `jawOpen`, with whatever lip shapes there are.
    JawOpen,
    /// The vowels of a VRM file: `aa`, `ih`, `ou`, `ee`, `oh`.
    Expressions,
    /// Oculus visemes: targets named `viseme_aa`, `viseme_E`, ...
    Visemes,
    /// Vowels under the names of VRChat, VRoid, Character Creator and others: `vrc_v_aa`, `Fcl_MTH_A`, `V_Open`, `A`, ...
    Vowels,
    /// A jaw bone.
    Bone,
    /// Nothing in the file.
    #[default]
    Nothing,
}

impl MouthBy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::JawOpen,
        Self::Expressions,
        Self::Visemes,
        Self::Vowels,
        Self::Bone,
        Self::Nothing,
    ];

    /// In one word, for machines and for `avatar.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::JawOpen => "jawOpen",
            Self::Expressions => "expressions",
            Self::Visemes => "visemes",
            Self::Vowels => "vowels",
            Self::Bone => "bone",
            Self::Nothing => "nothing",
        }
    }

    /// In words, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::JawOpen => "ARKit shapes (jawOpen)",
            Self::Expressions => "VRM expressions (aa, ih, ou, ee, oh)",
            Self::Visemes => "Oculus visemes (viseme_*)",
            Self::Vowels => "vowel targets (vrc_v_*, Fcl_MTH_*, V_*, A I U E O)",
            Self::Bone => "a jaw bone",
            Self::Nothing => "nothing",
        }
    }
}

/// How an avatar's mouth is moved.
#[derive(Clone, Debug, Default)]
pub struct Mouth {
    /// What moves it.
    pub by: MouthBy,
    /// How its lips close, where ARKit shapes move it.
    pub closure: Option<Closure>,
    /// Which visemes move something, where visemes move it.
    has: [bool; Viseme::COUNT],
}

/// An avatar's face in one pose: the weight of each target, and what its materials look like.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceWeights {
    /// The weight of each ARKit shape.
    pub shapes: [f32; 52],
    /// The weight of each [`Viseme`]; zero where ARKit shapes move the mouth.
    pub visemes: [f32; Viseme::COUNT],
    /// How far the mouth is open, as `jawOpen`, 0..=1.
    pub opening: f32,
    /// What expressions and clips add to single targets: mesh, target, weight.
    pub targets: Vec<(usize, usize, f32)>,
    /// Materials that are not as they are at rest, in rising order.
    pub materials: Vec<(usize, Factors)>,
}

impl FaceWeights {
    /// The weights of all targets of the mesh with index `mesh`, each 0..=1.
    pub fn of(&self, mesh: usize, targets: &[Target]) -> Vec<f32> {
        let mut weights: Vec<f32> = targets
            .iter()
            .map(|target| {
                let shape = target
                    .shape
                    .map_or(0.0, |shape| self.shapes[shape as usize]);
                let pairs = self.visemes.iter().zip(target.visemes);
                let viseme: f32 = pairs.map(|(weight, share)| weight * share).sum();
                shape + viseme
            })
            .collect();
        for (_, target, weight) in self.targets.iter().filter(|(own, ..)| *own == mesh) {
            if let Some(sum) = weights.get_mut(*target) {
                *sum += weight;
            }
        }
        for weight in &mut weights {
            *weight = weight.clamp(0.0, 1.0);
        }
        weights
    }
}

/// What visemes say already where they move the mouth.
pub(in crate::avatar) const LIP_SHAPES: [Shape; 14] = [
    Shape::JawOpen,
    Shape::MouthClose,
    Shape::MouthFunnel,
    Shape::MouthPucker,
    Shape::MouthStretchLeft,
    Shape::MouthStretchRight,
    Shape::MouthRollLower,
    Shape::MouthRollUpper,
    Shape::MouthPressLeft,
    Shape::MouthPressRight,
    Shape::MouthLowerDownLeft,
    Shape::MouthLowerDownRight,
    Shape::MouthUpperUpLeft,
    Shape::MouthUpperUpRight,
];
/// With `jawOpen` and so many of [`LIP_SHAPES`] in all, ARKit shapes say more than five vowels.
const ENOUGH_LIP_SHAPES: usize = 7;
/// What stands in for a viseme that moves nothing, and by which share. VRM has no bitten lips: a little `ih` shows teeth.
const SUBSTITUTES: [(Viseme, Viseme, f32); 5] = [
    (Viseme::Ff, Viseme::Ih, 0.15),
    (Viseme::Ee, Viseme::Aa, 0.6),
    (Viseme::Ih, Viseme::Aa, 0.3),
    (Viseme::Oh, Viseme::Aa, 0.6),
    (Viseme::Ou, Viseme::Aa, 0.3),
];
/// A target that moves nothing further than this share of the model's height (0.17 mm of a person) is not seen.
const VISIBLE_SHARE: f32 = 1e-4;

/// A target, by mesh and place, that a viseme moves by a share.
pub(in crate::avatar) type Drive = (usize, usize, Viseme, f32);

/// What the mouth may be moved by.
pub(in crate::avatar) struct Choices<'a> {
    /// Whether each target of each mesh moves anything that can be seen.
    pub(in crate::avatar) visible: &'a [Vec<bool>],
    /// Which shapes have a target that does, or several.
    pub(in crate::avatar) shown: &'a [bool; 52],
    /// What the user told to be moved by visemes; goes before everything else.
    pub(in crate::avatar) told: Vec<Drive>,
    /// The only one that the user wants.
    pub(in crate::avatar) only: Option<MouthBy>,
}

impl Mouth {
    /// Finds what moves the mouth of `avatar`, whose vertices at rest are `points`, and tells its targets.
    ///
    /// A file with `jawOpen` and most lip shapes is moved by them, before its VRM vowels are looked at: they say more than
    /// five vowels. After that: expressions, Oculus visemes, a jaw with few lips, other vowels, a jaw bone.
    pub(in crate::avatar) fn find(
        avatar: &mut Avatar,
        points: &[Vec<Vec3>],
        choices: &Choices<'_>,
    ) -> Self {
        let seen = |shape: Shape| choices.shown[shape as usize];
        let wanted = |by: MouthBy| choices.only.is_none_or(|only| only == by);
        let lip_shapes = LIP_SHAPES.into_iter().filter(|shape| seen(*shape)).count();
        let by_jaw = |avatar: &Avatar| Self {
            by: MouthBy::JawOpen,
            closure: Some(
                Closure::measure(avatar, points)
                    .unwrap_or_else(|| Closure::assumed(seen(Shape::MouthClose))),
            ),
            ..Self::default()
        };
        let mut all = Vec::new();
        if !choices.told.is_empty() {
            all.push((MouthBy::Visemes, choices.told.clone()));
        }
        let jaw = (MouthBy::JawOpen, Vec::new());
        if seen(Shape::JawOpen) && lip_shapes >= ENOUGH_LIP_SHAPES {
            all.push(jaw.clone());
        }
        all.push((MouthBy::Expressions, drives_by_expression(avatar)));
        all.push((MouthBy::Visemes, drives_by_name(avatar, shapes::OCULUS)));
        if seen(Shape::JawOpen) {
            all.push(jaw);
        }
        all.push((MouthBy::Vowels, most_vowels(avatar, choices.visible)));
        for (by, mut drives) in all.into_iter().filter(|(by, _)| wanted(*by)) {
            if by == MouthBy::JawOpen {
                return by_jaw(avatar);
            }
            drives.retain(|(mesh, target, ..)| choices.visible[*mesh][*target]);
            let mut has = [false; Viseme::COUNT];
            for (.., viseme, _) in &drives {
                has[*viseme as usize] = true;
            }
            if by == MouthBy::Expressions {
                for (has, name) in has.iter_mut().zip(VOWEL_NAMES) {
                    let own = avatar.expressions.iter().find(|own| own.name == name);
                    *has |= own.is_some_and(|own| !own.materials.is_empty());
                }
            }
            let vowels = has[..5].iter().filter(|has| **has).count();
            if has[Viseme::Aa as usize] || vowels >= 3 {
                for (mesh, target, viseme, share) in drives {
                    avatar.meshes[mesh].targets[target].visemes[viseme as usize] += share;
                }
                return Self {
                    by,
                    closure: None,
                    has,
                };
            }
        }
        let carried = wanted(MouthBy::Bone)
            && avatar
                .rig
                .jaw
                .is_some_and(|jaw| choices.only.is_some() || carries_a_chin(avatar, points, jaw));
        Self {
            by: if carried {
                MouthBy::Bone
            } else {
                MouthBy::Nothing
            },
            ..Self::default()
        }
    }

    /// The weights with which this avatar shows `face`.
    pub(in crate::avatar) fn weights(&self, mut face: Blendshapes) -> FaceWeights {
        let mut spoken = [0.0; Viseme::COUNT];
        let mut opening = face[Shape::JawOpen];
        match self.by {
            MouthBy::JawOpen => {
                if let Some(closure) = &self.closure {
                    closure.apply(&mut face);
                }
            }
            MouthBy::Expressions | MouthBy::Visemes | MouthBy::Vowels => {
                opening *= 1.0 - closed_share(&face);
                spoken = visemes(&face);
                for (missing, instead, share) in SUBSTITUTES {
                    if !self.has[missing as usize] {
                        let weight = std::mem::take(&mut spoken[missing as usize]);
                        spoken[instead as usize] += share * weight;
                    }
                }
                for shape in LIP_SHAPES {
                    face[shape] = 0.0;
                }
            }
            MouthBy::Bone | MouthBy::Nothing => {}
        }
        FaceWeights {
            shapes: face.0,
            visemes: spoken,
            opening,
            targets: Vec::new(),
            materials: Vec::new(),
        }
    }
}

/// Whether each target of each mesh moves anything that can be seen.
pub(in crate::avatar) fn visible_targets(avatar: &Avatar, points: &[Vec<Vec3>]) -> Vec<Vec<bool>> {
    let ys = || points.iter().flatten().map(|point| point.y);
    let height = ys().fold(f32::NEG_INFINITY, f32::max) - ys().fold(f32::INFINITY, f32::min);
    let least = (VISIBLE_SHARE * height).max(f32::MIN_POSITIVE);
    let meshes = avatar.meshes.iter();
    meshes
        .map(|mesh| {
            let targets = mesh.targets.iter();
            targets
                .map(|target| {
                    target.deltas.iter().any(|delta| {
                        let matrix = avatar.rest_matrix(mesh, delta.vertex as usize);
                        matrix.transform_vector3(delta.position).length() > least
                    })
                })
                .collect()
        })
        .collect()
}

/// The vowels of VRM in the order of [`Viseme`].
pub(in crate::avatar) const VOWEL_NAMES: [&str; 5] = ["aa", "ih", "ou", "ee", "oh"];

fn drives_by_expression(avatar: &Avatar) -> Vec<Drive> {
    let mut drives = Vec::new();
    for (viseme, name) in Viseme::ALL.into_iter().zip(VOWEL_NAMES) {
        let own = avatar.expressions.iter().find(|own| own.name == name);
        for (mesh, target, weight) in own.into_iter().flat_map(|own| &own.targets) {
            drives.push((*mesh, *target, viseme, *weight));
        }
    }
    drives
}

/// The vocabulary with most visemes that can be seen; the first of those with as many.
fn most_vowels(avatar: &Avatar, visible: &[Vec<bool>]) -> Vec<Drive> {
    let mut best = (0, Vec::new());
    for names in shapes::VOWELS {
        let mut drives = drives_by_name(avatar, names);
        drives.retain(|(mesh, target, ..)| visible[*mesh][*target]);
        let mut visemes: Vec<Viseme> = drives.iter().map(|(.., viseme, _)| *viseme).collect();
        visemes.sort_unstable();
        visemes.dedup();
        if visemes.len() > best.0 {
            best = (visemes.len(), drives);
        }
    }
    best.1
}

fn drives_by_name(avatar: &Avatar, names: shapes::VisemeNames) -> Vec<Drive> {
    let mut drives = Vec::new();
    for (index, mesh) in avatar.meshes.iter().enumerate() {
        for (place, target) in mesh.targets.iter().enumerate() {
            if let Some(viseme) = names.viseme(&target.name) {
                drives.push((index, place, viseme, 1.0));
            }
        }
    }
    drives
}

/// Whether turning the node `jaw` moves skin where a chin is. Some exporters call a lock of hair the jaw.
fn carries_a_chin(avatar: &Avatar, points: &[Vec<Vec3>], jaw: usize) -> bool {
    let rig = &avatar.rig;
    let below = rig.below(jaw);
    let hangs_on_jaw = |node: usize| below[node];
    let (mut sum, mut count) = (Vec3::ZERO, 0.0);
    for (mesh, points) in avatar.meshes.iter().zip(points) {
        if avatar.materials[mesh.material].surface == Surface::Hair {
            continue;
        }
        let joints = mesh.skin.map(|skin| &rig.skins[skin].joints);
        let carried = |vertex: usize| match (joints, mesh.joints.get(vertex)) {
            (Some(joints), Some(own)) => {
                let pairs = own.iter().zip(mesh.weights[vertex]);
                let on_jaw = pairs.filter(|(joint, _)| hangs_on_jaw(joints[usize::from(**joint)]));
                on_jaw.map(|(_, weight)| weight).sum::<f32>() > 0.5
            }
            _ => hangs_on_jaw(mesh.node),
        };
        for (_, point) in points.iter().enumerate().filter(|(v, _)| carried(*v)) {
            sum += *point;
            count += 1.0;
        }
    }
    let place = |node: Option<usize>| node.map(|node| rig.rest[node].w_axis.truncate());
    let below = place(rig.left_eye)
        .or(place(rig.right_eye))
        .map_or(f32::INFINITY, |eye| eye.y);
    let behind = place(rig.bone(Bone::Head)).map_or(f32::NEG_INFINITY, |head| head.z);
    let middle = sum / count;
    count > 0.0 && middle.y < below && middle.z > behind
}
