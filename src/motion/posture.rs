//! How a host holds arms and hands when nothing moves them.
//!
//! Avatars are made with their arms stretched out (T-pose) or half lowered (A-pose), which looks like a doll on air.

use std::sync::Arc;

use glam::{Mat4, Quat, Vec3};

use super::arms::{Hand, State};
use crate::avatar::{Avatar, Rig};
use crate::media::{Bone, Pose};

/// Arms that hang lower than this at rest are left as they are, degrees below the horizon.
const HANGING_DEG: f32 = 62.0;
/// How far an arm hangs down, degrees below the horizon, and how far in front of the body it goes.
const DOWN_DEG: f32 = 76.0;
const FORWARD: f32 = 0.05;
/// The shoulder's share of that, degrees.
const SHOULDER_DEG: f32 = 4.0;
/// How far an elbow bends; one that is bent at rest already is left alone. Degrees.
const ELBOW_DEG: f32 = 16.0;
/// Where it bends to, as an arm that is stretched out to the side sees it: forward, and down, which is inwards once it hangs.
const BEND_TOWARDS: Vec3 = Vec3::new(0.0, -0.4, 1.0);
const BENT_DEG: f32 = 10.0;
/// Arms that hang and hands that are relaxed, for one avatar; nothing where its arms are not stretched out at rest.
#[derive(Clone, Debug, Default)]
pub struct Posture {
    turns: Vec<(Bone, Quat)>,
    nodes: Arc<[(u32, Mat4)]>,
}

/// One side of a body: its sign along X, the names of its bones in VRM and here (shoulder, upper and lower arm).
struct Side {
    sign: f32,
    name: &'static str,
    bones: [Bone; 3],
}

const SIDES: [Side; 2] = [
    Side {
        sign: 1.0,
        name: "left",
        bones: [Bone::LeftShoulder, Bone::LeftUpperArm, Bone::LeftLowerArm],
    },
    Side {
        sign: -1.0,
        name: "right",
        bones: [
            Bone::RightShoulder,
            Bone::RightUpperArm,
            Bone::RightLowerArm,
        ],
    },
];

impl Posture {
    /// The posture that suits `avatar`.
    pub fn of(avatar: &Avatar) -> Self {
        let (mut turns, mut nodes) = (Vec::new(), Vec::new());
        for side in &SIDES {
            let own = side.arm(&avatar.rig);
            if !own.is_empty()
                && let Some(hand) = Hand::of(&avatar.rig, side.name, true)
            {
                hand.put(&avatar.rig, &hand.at_rest(State::default()), &mut nodes);
            }
            turns.extend(own);
        }
        nodes.sort_by_key(|(node, _)| *node);
        nodes.dedup_by_key(|(node, _)| *node);
        Self {
            turns,
            nodes: nodes.into(),
        }
    }

    /// What it does to `bone`.
    pub(super) fn turn(&self, bone: Bone) -> Quat {
        let own = self.turns.iter().find(|(own, _)| *own == bone);
        own.map_or(Quat::IDENTITY, |(_, turn)| *turn)
    }

    /// Adds the posture to `pose`; bones that are turned already are turned further, nodes that are moved already stay.
    pub fn apply(&self, pose: &mut Pose) {
        for (bone, turn) in &self.turns {
            match pose.bones.iter_mut().find(|(own, _)| own == bone) {
                Some((_, own)) => *own *= *turn,
                None => pose.bones.push((*bone, *turn)),
            }
        }
        if pose.nodes.is_empty() {
            pose.nodes = Arc::clone(&self.nodes);
        } else if !self.nodes.is_empty() {
            // The first of two stays, and sorting is stable.
            let mut both = [&pose.nodes[..], &self.nodes[..]].concat();
            both.sort_by_key(|(node, _)| *node);
            both.dedup_by_key(|(node, _)| *node);
            pose.nodes = both.into();
        }
    }
}

impl Side {
    /// Where a bone of this side is at rest.
    fn place(&self, rig: &Rig, bone: &str) -> Option<Vec3> {
        let node = rig.humanoid.get(&format!("{}{bone}", self.name))?;
        let place = rig.rest[*node].w_axis.truncate();
        place.is_finite().then_some(place)
    }

    /// The way from one bone to another at rest.
    fn way(&self, rig: &Rig, from: &str, to: &str) -> Option<Vec3> {
        (self.place(rig, to)? - self.place(rig, from)?).try_normalize()
    }

    /// What brings the arm down; empty when it hangs already, is held forward, or is not all there.
    fn arm(&self, rig: &Rig) -> Vec<(Bone, Quat)> {
        let Some(upper) = self.way(rig, "UpperArm", "LowerArm") else {
            return Vec::new();
        };
        let below_deg = -upper.y.clamp(-1.0, 1.0).asin().to_degrees();
        if below_deg > HANGING_DEG || upper.x * self.sign < 0.25 {
            return Vec::new();
        }
        let [shoulder_bone, upper_bone, lower_bone] = self.bones;
        let mut turns = Vec::new();
        let mut shoulder = Quat::IDENTITY;
        if rig.bone(shoulder_bone).is_some() {
            shoulder = Quat::from_rotation_z(-self.sign * SHOULDER_DEG.to_radians());
            turns.push((shoulder_bone, shoulder));
        }
        let (down, out) = DOWN_DEG.to_radians().sin_cos();
        let goal = Vec3::new(self.sign * out, -down, FORWARD).normalize_or(Vec3::NEG_Y);
        let hang = Quat::from_rotation_arc(upper, shoulder.inverse() * goal);
        turns.push((upper_bone, hang));
        if let Some(lower) = self.way(rig, "LowerArm", "Hand")
            && let Some(hinge) = upper.cross(BEND_TOWARDS).try_normalize()
            && upper.angle_between(lower).to_degrees() < BENT_DEG
        {
            let bend = Quat::from_axis_angle(hinge, ELBOW_DEG.to_radians());
            turns.push((lower_bone, bend));
        }
        turns
    }
}
