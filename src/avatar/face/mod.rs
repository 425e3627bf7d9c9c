//! One face for all avatars: what ARKit's 52 shapes, the gaze and named expressions mean on this one.
//!
//! A shape moves the target that has its name (`shapes`), else one with another name for it (`synonyms`). What is left
//! goes to expressions: blinks to `blink`, `blinkLeft` and `blinkRight`, the gaze to `lookUp` and its kind, smiles, frowns
//! and brows in proportion to feelings. The mouth is found in `mouth`.

pub(super) mod closure;
pub(super) mod expression;
pub(super) mod look_at;
pub(super) mod mapping;
pub(super) mod mouth;
pub(super) mod shapes;
pub(super) mod synonyms;
pub(super) mod visemes;

use std::collections::BTreeMap;

use glam::Vec3;

use self::expression::{Expression, Override, Part, room};
use self::look_at::{LookAt, Range, Ranges};
use self::mapping::Told;
use self::mouth::{Choices, FaceWeights, LIP_SHAPES, Mouth, MouthBy, VOWEL_NAMES, visible_targets};
use self::synonyms::Drive;
use self::visemes::Viseme;
use super::rig::gaze_angles;
use super::{Avatar, Factors};
use crate::media::{Blendshapes, Pose, Shape};

/// Which expression shows a feeling where a face has no shapes of its own for it: from the mean of two shapes, above a
/// floor (what brows and eyes do while talking is no feeling), by a gain. A smile of 0.4 makes a happiness of 0.24.
const FEELINGS: [(&str, [Shape; 2], f32, f32); 4] = [
    (
        "happy",
        [Shape::MouthSmileLeft, Shape::MouthSmileRight],
        0.0,
        0.6,
    ),
    (
        "sad",
        [Shape::MouthFrownLeft, Shape::MouthFrownRight],
        0.0,
        1.5,
    ),
    (
        "angry",
        [Shape::BrowDownLeft, Shape::BrowDownRight],
        0.15,
        1.0,
    ),
    (
        "surprised",
        [Shape::EyeWideLeft, Shape::EyeWideRight],
        0.1,
        1.0,
    ),
];
/// No feeling of our own is stronger.
const STRONGEST_FEELING: f32 = 0.5;
/// Without ranges of its own a gaze of so many degrees is an expression's full weight.
const LOOK_DEG: f32 = 25.0;

const BLINKS: [&str; 3] = ["blink", "blinkLeft", "blinkRight"];
const LOOKS: [&str; 4] = ["lookUp", "lookDown", "lookLeft", "lookRight"];
const LIDS: [Shape; 2] = [Shape::EyeBlinkLeft, Shape::EyeBlinkRight];
const GAZE: [Shape; 8] = [
    Shape::EyeLookUpLeft,
    Shape::EyeLookUpRight,
    Shape::EyeLookDownLeft,
    Shape::EyeLookDownRight,
    Shape::EyeLookInLeft,
    Shape::EyeLookInRight,
    Shape::EyeLookOutLeft,
    Shape::EyeLookOutRight,
];

/// An expression that a part of the face moves a little.
#[derive(Clone, Debug)]
struct Feeling {
    expression: usize,
    shapes: [Shape; 2],
    floor: f32,
    gain: f32,
    /// Its targets, without those that speak or blink.
    targets: Vec<(usize, usize, f32)>,
}

/// What moves the face of one avatar.
#[derive(Clone, Debug, Default)]
pub(super) struct Face {
    drives: Vec<Drive>,
    /// `blink`, `blinkLeft` and `blinkRight`, where they blink.
    blinks: [Option<usize>; 3],
    /// `lookUp`, `lookDown`, `lookLeft` and `lookRight`, where they look.
    looks: [Option<usize>; 4],
    feelings: Vec<Feeling>,
    /// The vowels that speech moves.
    vowels: [Option<usize>; 5],
    /// Whether bones or expressions turn the eyes.
    eyes_turn: bool,
}

impl Face {
    /// Finds what moves the face of `avatar`, whose vertices at rest are `points`, and tells its targets.
    pub(super) fn find(avatar: &mut Avatar, points: &[Vec<Vec3>], told: Told) -> Self {
        let visible = visible_targets(avatar, points);
        let mut shown = [false; 52];
        for (mesh, seen) in avatar.meshes.iter().zip(&visible) {
            for (target, seen) in mesh.targets.iter().zip(seen) {
                if let (Some(shape), true) = (target.shape, *seen) {
                    shown[shape as usize] = true;
                }
            }
        }
        for drive in &told.drives {
            shown[drive.shape as usize] = true;
        }
        let works = |expressions: &[Expression], name: &str| {
            let place = expressions.iter().position(|own| own.name == name)?;
            let own = &expressions[place];
            let mut seen = own.targets.iter().map(|(mesh, t, _)| visible[*mesh][*t]);
            (seen.any(|seen| seen) || !own.materials.is_empty()).then_some(place)
        };
        let mut face = Self {
            drives: told.drives,
            ..Self::default()
        };
        if !LIDS.into_iter().all(|lid| shown[lid as usize]) {
            face.blinks = BLINKS.map(|name| works(&avatar.expressions, name));
        }
        let looks = LOOKS.map(|name| works(&avatar.expressions, name));
        face.find_looks(avatar, looks, &shown);
        // What expressions do needs no other names.
        let mut named = shown;
        let blinks = face.blinks.iter().any(Option::is_some);
        let unneeded = LIDS.iter().filter(|_| blinks);
        let eyes = GAZE
            .iter()
            .filter(|_| face.looks.iter().any(Option::is_some));
        for shape in unneeded.chain(eyes) {
            named[*shape as usize] = true;
        }
        let before = named;
        let substitutes = synonyms::substitute(&mut avatar.meshes, &visible, &mut named);
        face.drives.extend(substitutes);
        for (shown, (named, before)) in shown.iter_mut().zip(named.into_iter().zip(before)) {
            *shown |= named && !before;
        }
        let choices = Choices {
            visible: &visible,
            shown: &shown,
            told: told.visemes,
            only: told.mouth,
        };
        avatar.mouth = Mouth::find(avatar, points, &choices);
        if avatar.mouth.by == MouthBy::Expressions {
            face.vowels = VOWEL_NAMES.map(|name| works(&avatar.expressions, name));
        }
        face.find_feelings(avatar, &shown, |name| works(&avatar.expressions, name));
        face
    }

    /// Whether something closes the eyes.
    pub(super) fn blinks(&self, shows: impl Fn(Shape) -> bool) -> bool {
        let driven = |shape: Shape| self.drives.iter().any(|drive| drive.shape == shape);
        self.blinks.iter().any(Option::is_some)
            || shows(Shape::EyeBlinkLeft)
            || driven(Shape::EyeBlinkLeft)
    }

    /// Decides whether bones, expressions or shapes turn the eyes.
    fn find_looks(&mut self, avatar: &mut Avatar, looks: [Option<usize>; 4], shown: &[bool; 52]) {
        let rig = &mut avatar.rig;
        let bones = rig.left_eye.is_some() || rig.right_eye.is_some();
        let look = looks.iter().any(Option::is_some);
        let shapes = shown[Shape::EyeLookOutLeft as usize];
        if look && (rig.look_at.by_expression || !(bones || shapes)) {
            if !rig.look_at.by_expression {
                let range = Range {
                    input_deg: LOOK_DEG,
                    output: 1.0,
                };
                rig.look_at = LookAt {
                    by_expression: true,
                    ranges: Some(Ranges {
                        inner: range,
                        outer: range,
                        down: range,
                        up: range,
                    }),
                };
            }
            self.looks = looks;
        } else if rig.look_at.by_expression {
            // Expressions that do not exist move nothing: eyes turn as they are told to.
            rig.look_at = LookAt::default();
        }
        avatar.rig.shapes_turn_eyes = bones && !shapes;
        self.eyes_turn = bones || self.looks.iter().any(Option::is_some);
    }

    fn find_feelings(
        &mut self,
        avatar: &Avatar,
        shown: &[bool; 52],
        works: impl Fn(&str) -> Option<usize>,
    ) {
        let blinking: Vec<(usize, usize)> = self
            .blinks
            .iter()
            .flatten()
            .flat_map(|blink| &avatar.expressions[*blink].targets)
            .map(|(mesh, target, _)| (*mesh, *target))
            .collect();
        let busy = |mesh: usize, target: usize| {
            let own = &avatar.meshes[mesh].targets[target];
            let lips = own
                .shape
                .is_some_and(|shape| LIP_SHAPES.contains(&shape) || LIDS.contains(&shape));
            lips || own.visemes != [0.0; Viseme::COUNT] || blinking.contains(&(mesh, target))
        };
        for (name, shapes, floor, gain) in FEELINGS {
            let unseen = !shown[shapes[0] as usize] && !shown[shapes[1] as usize];
            let Some(expression) = works(name).filter(|_| unseen) else {
                continue;
            };
            let own = avatar.expressions[expression].targets.iter().copied();
            let targets: Vec<_> = own
                .filter(|(mesh, target, _)| !busy(*mesh, *target))
                .collect();
            if !targets.is_empty() && !avatar.expressions[expression].is_binary {
                self.feelings.push(Feeling {
                    expression,
                    shapes,
                    floor,
                    gain,
                    targets,
                });
            }
        }
    }

    /// The face of `avatar` in `pose`.
    pub(super) fn weights(&self, avatar: &Avatar, pose: &Pose) -> FaceWeights {
        let mut face = shapes::weights(pose, self.eyes_turn);
        let expressions = &avatar.expressions;
        let (mut asked, stated) = asked(expressions, pose);
        self.blink(&face, &mut asked);
        let looking = avatar.rig.look_at.weights(gaze_angles(pose));
        for (look, weight) in self.looks.iter().zip(looking) {
            if let Some(look) = look {
                asked[*look] = asked[*look].max(weight);
            }
        }
        let room = room(expressions, &asked);
        // What expressions take from blinks, gaze and mouth they take from shapes as well.
        let spoken = avatar.mouth.by != MouthBy::JawOpen;
        let lips: &[Shape] = if spoken { &[] } else { &LIP_SHAPES };
        for (shapes, part) in [
            (&LIDS[..], Part::Blink),
            (&GAZE, Part::LookAt),
            (lips, Part::Mouth),
        ] {
            for shape in shapes {
                face[*shape] *= room[part as usize];
            }
        }
        let lids = f32::midpoint(face[Shape::EyeBlinkLeft], face[Shape::EyeBlinkRight]);
        let mut all = avatar.mouth.weights(face);
        if spoken {
            self.make_room(expressions, room[Part::Mouth as usize], &mut all);
        }
        let mut shown: Vec<(usize, f32)> = Vec::new();
        for (place, own) in expressions.iter().enumerate() {
            let room = own.part().map_or(1.0, |part| room[part as usize]);
            let weight = own.left(asked[place], room);
            if weight > 0.0 {
                shown.push((place, weight));
                let targets = own.targets.iter();
                all.targets
                    .extend(targets.map(|(mesh, target, full)| (*mesh, *target, full * weight)));
            }
        }
        self.feel(expressions, stated, lids, &mut all);
        for drive in &self.drives {
            let weight = all.shapes[drive.shape as usize] * drive.share;
            if weight > 0.0 {
                all.targets.push((drive.mesh, drive.target, weight));
            }
        }
        add_clips(avatar, pose, &mut all);
        for (vowel, weight) in self.vowels.iter().zip(all.visemes) {
            if let (Some(vowel), true) = (vowel, weight > 0.0) {
                shown.push((*vowel, weight));
            }
        }
        all.materials = materials(avatar, &shown);
        all
    }

    /// Adds what smiles, frowns and brows say. A feeling gives way to expressions that were asked for (`stated`), and to
    /// blinks (`lids`) and speech where it would take from them.
    fn feel(&self, expressions: &[Expression], stated: f32, lids: f32, all: &mut FaceWeights) {
        for feeling in &self.feelings {
            let [left, right] = feeling.shapes.map(|shape| all.shapes[shape as usize]);
            let above = f32::midpoint(left, right) - feeling.floor;
            let weight = (feeling.gain * above).clamp(0.0, STRONGEST_FEELING);
            let gives = |part: Part, to: f32| {
                let rule = expressions[feeling.expression].overrides[part as usize];
                if rule == Override::None {
                    1.0
                } else {
                    1.0 - to
                }
            };
            let left = (1.0 - stated) * gives(Part::Blink, lids) * gives(Part::Mouth, all.opening);
            let weight = weight * left.max(0.0);
            if weight > 0.0 {
                let targets = feeling.targets.iter();
                all.targets
                    .extend(targets.map(|(mesh, target, full)| (*mesh, *target, full * weight)));
            }
        }
    }

    /// Asks for the blinks of `face` where expressions blink: what both lids do is `blink`, the rest is one side's.
    fn blink(&self, face: &Blendshapes, asked: &mut [f32]) {
        let [left, right] = LIDS.map(|lid| face[lid]);
        let [both, ..] = self.blinks;
        let sides = self.blinks[1].is_some() && self.blinks[2].is_some();
        let (common, left, right) = match (both, sides) {
            (Some(_), true) => (
                left.min(right),
                left - left.min(right),
                right - left.min(right),
            ),
            (Some(_), false) => (f32::midpoint(left, right), 0.0, 0.0),
            (None, _) => (0.0, left, right),
        };
        for (blink, weight) in self.blinks.iter().zip([common, left, right]) {
            if let Some(blink) = blink {
                asked[*blink] = asked[*blink].max(weight);
            }
        }
    }

    /// Leaves visemes the room that expressions leave for the mouth.
    fn make_room(&self, expressions: &[Expression], room: f32, all: &mut FaceWeights) {
        all.opening *= room;
        for (viseme, weight) in all.visemes.iter_mut().enumerate() {
            *weight = match self.vowels.get(viseme).copied().flatten() {
                Some(vowel) => expressions[vowel].left(*weight, room),
                None => *weight * room,
            };
        }
    }
}

/// The weight that `pose` asks of each expression, and the most that it asks of a feeling or of one of the maker's own.
fn asked(expressions: &[Expression], pose: &Pose) -> (Vec<f32>, f32) {
    let mut asked = vec![0.0f32; expressions.len()];
    for (name, weight) in &pose.expressions {
        let named = |own: &Expression| own.name == **name;
        if let Some(place) = expressions.iter().position(named)
            && weight.is_finite()
        {
            asked[place] = asked[place].max(weight.clamp(0.0, 1.0));
        }
    }
    let pairs = asked.iter().zip(expressions);
    let whole = pairs.filter(|(_, own)| own.part().is_none());
    let stated = whole.map(|(asked, _)| *asked).fold(0.0, f32::max);
    (asked, stated)
}

/// Adds the targets that clips move.
fn add_clips(avatar: &Avatar, pose: &Pose, all: &mut FaceWeights) {
    for clip in pose.morphs.iter().filter(|clip| clip.weight.is_finite()) {
        for (index, mesh) in avatar.meshes.iter().enumerate() {
            let target = clip.target as usize;
            if mesh.node == clip.node as usize && target < mesh.targets.len() {
                all.targets.push((index, target, clip.weight));
            }
        }
    }
}

/// What materials look like while expressions show by these weights: the rest plus the sum of what each changes.
fn materials(avatar: &Avatar, shown: &[(usize, f32)]) -> Vec<(usize, Factors)> {
    let mut changed: BTreeMap<usize, Factors> = BTreeMap::new();
    for (expression, weight) in shown {
        for (material, full) in &avatar.expressions[*expression].materials {
            let rest = &avatar.materials[*material].factors;
            changed
                .entry(*material)
                .or_insert(*rest)
                .add(rest, full, *weight);
        }
    }
    changed.into_iter().collect()
}
