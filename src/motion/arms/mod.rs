//! The arms of any humanoid: measured once, then moved by a small vector for each (inverse kinematics).
//!
//! All angles are against the arm that hangs at rest (`posture`), which is itself such a vector. What is computed stands
//! in the chest's frame, so trunk and breath carry the arms along.

mod arm;
mod hand;
mod state;
#[cfg(test)]
mod tests;
mod volume;

use std::sync::Arc;

use glam::{Mat4, Quat, Vec3};

use super::gesture::ArmKey;
use super::posture::Posture;
use super::score::Side;
use crate::avatar::{Avatar, Surface};
use crate::media::{Bone, Pose};
use arm::{Arm, Measured, Turned};
use hand::{mirror, mirror_turn, place};
use volume::{Now, Volume, samples, softly};

pub(super) use hand::Hand;
pub(super) use state::{SIZE, State};
#[cfg(test)]
pub(super) use tests::Checked;

/// The bones of an arm, from the shoulder to the hand.
const BONES: [[Bone; 4]; 2] = [
    [
        Bone::LeftShoulder,
        Bone::LeftUpperArm,
        Bone::LeftLowerArm,
        Bone::LeftHand,
    ],
    [
        Bone::RightShoulder,
        Bone::RightUpperArm,
        Bone::RightLowerArm,
        Bone::RightHand,
    ],
];
const NAMES: [&str; 2] = ["left", "right"];

/// Both arms of one avatar.
#[derive(Clone, Debug)]
pub(super) struct Arms {
    avatar: Arc<Avatar>,
    arms: [Arm; 2],
    volume: Option<Volume>,
}

/// The place of a side in a pair.
pub(super) fn index(side: Side) -> usize {
    match side {
        Side::Left => 0,
        Side::Right => 1,
    }
}

impl Arms {
    /// Measures `avatar`; `None` where an arm is not all there.
    pub(super) fn of(avatar: &Arc<Avatar>) -> Option<Self> {
        let posture = Posture::of(avatar);
        let points = avatar.rest_points();
        let arms = [
            measure(avatar, &posture, &points, 0)?,
            measure(avatar, &posture, &points, 1)?,
        ];
        let [left, _] = &arms;
        let mut volume = Volume::of(avatar, left.length(), left.middle.x);
        if let Some(volume) = &mut volume {
            for arm in &arms {
                volume.clear(arm);
            }
        }
        Some(Self {
            avatar: Arc::clone(avatar),
            arms,
            volume,
        })
    }

    /// Both arms hanging, left and right.
    pub(super) fn rest(&self) -> [State; 2] {
        [self.arms[0].rest, self.arms[1].rest]
    }

    /// The state in which the arm of `side` reaches `key`, turned about its shoulder by `aim` (in model space).
    pub(super) fn compile(&self, side: Side, key: &ArmKey, aim: Quat) -> State {
        let side = index(side);
        let aim = seen(side, aim);
        self.arms[side].compile(key, aim, self.body(Quat::IDENTITY, side))
    }

    /// From one wrist to the other place of it, metres.
    pub(super) fn way(&self, side: Side, from: &State, to: &State) -> f32 {
        let arm = &self.arms[index(side)];
        let wrist = |state: &State| arm.solve(state, Quat::IDENTITY, None).wrist;
        wrist(from).distance(wrist(to))
    }

    /// Puts both arms and all fingers into `pose`, in which shoulders may be turned already.
    pub(super) fn put(&self, states: &[State; 2], pose: &mut Pose) {
        let states = &self.within(states);
        let mut nodes: Vec<(u32, Mat4)> = Vec::new();
        let lifted = BONES.map(|[shoulder, ..]| {
            let own = pose.bones.iter().find(|(bone, _)| *bone == shoulder);
            own.map_or(Quat::IDENTITY, |(_, turn)| *turn)
        });
        let both = self.solve(states, lifted, pose.head.to_quat());
        for (side, (turned, state)) in both.iter().zip(states).enumerate() {
            let turns = [
                turned.shoulder,
                turned.shoulder.inverse() * turned.upper,
                turned.upper.inverse() * turned.lower,
                turned.lower.inverse() * turned.hand,
            ];
            pose.bones.retain(|(bone, _)| !BONES[side].contains(bone));
            for (bone, turn) in BONES[side].into_iter().zip(turns) {
                if self.avatar.rig.bone(bone).is_some() {
                    pose.bones.push((bone, seen(side, turn).normalize()));
                }
            }
            let hand = &self.arms[side].hand;
            hand.put(&self.avatar.rig, state, &mut nodes);
        }
        // The first of two stays, and sorting is stable.
        nodes.extend(pose.nodes.iter().copied());
        nodes.sort_by_key(|(node, _)| *node);
        nodes.dedup_by_key(|(node, _)| *node);
        pose.nodes = nodes.into();
    }

    /// Both states with their wrists inside their limits.
    fn within(&self, states: &[State; 2]) -> [State; 2] {
        [0, 1].map(|side| self.arms[side].within(&states[side]))
    }

    /// Both arms outside of the body and of each other, each as a left one. `lifted` turns the shoulders besides.
    fn solve(&self, states: &[State; 2], lifted: [Quat; 2], head: Quat) -> [Turned; 2] {
        let mut shifts = [Vec3::ZERO; 2];
        let solved = |shifts: &[Vec3; 2]| {
            [0, 1].map(|side| {
                let lifted = seen(side, lifted[side]);
                let body = self.body(head, side);
                self.arms[side].solve_moved(&states[side], lifted, body, shifts[side])
            })
        };
        let mut both = solved(&shifts);
        for _ in 0..2 {
            let apart = self.apart(states, &both);
            if apart == Vec3::ZERO {
                break;
            }
            shifts[0] += apart;
            shifts[1] += mirror(-apart);
            both = solved(&shifts);
        }
        both
    }

    /// Where the left hand has to go, and the right hand not, to bring hands apart that are not meant to touch.
    fn apart(&self, states: &[State; 2], both: &[Turned; 2]) -> Vec3 {
        let free = ((states[0].idle + states[1].idle - 0.4) / 0.6).clamp(0.0, 1.0);
        let reach = 0.9 * self.arms[0].length();
        if free <= 0.0 || both[0].wrist.distance(mirror(both[1].wrist)) > reach {
            return Vec3::ZERO;
        }
        let [left, right] =
            [0, 1].map(|side| samples(&self.arms[side], &states[side], &both[side]));
        let (mut pushed, mut weight) = (Vec3::ZERO, 0.0);
        let soft = 0.03 * self.arms[0].length();
        for own in &left[1..] {
            for other in &right[1..] {
                let way = own.at - mirror(other.at);
                let far = way.length() - own.radius - other.radius;
                let push = softly(soft - far, soft);
                if push > 0.0 {
                    let out = way.normalize_or(Vec3::Z) * (0.5 * push * free);
                    pushed += out * push;
                    weight += push;
                }
            }
        }
        if weight > 0.0 {
            pushed / weight
        } else {
            pushed
        }
    }

    /// The body with its head turned, as the arm of a side sees it.
    fn body(&self, head: Quat, side: usize) -> Option<Now<'_>> {
        let head = seen(side, head);
        let volume = self.volume.as_ref()?;
        Some(Now { volume, head })
    }
}

/// A turn as the arm of a side sees it, or the other way round.
fn seen(side: usize, turn: Quat) -> Quat {
    if side == 1 { mirror_turn(turn) } else { turn }
}

/// Measures one arm of `avatar`, whose vertices at rest are `points`.
fn measure(avatar: &Avatar, posture: &Posture, points: &[Vec<Vec3>], side: usize) -> Option<Arm> {
    let rig = &avatar.rig;
    let name = NAMES[side];
    let at = |bone: &str| place(rig, name, bone);
    let (joint, elbow, wrist) = (at("UpperArm")?, at("LowerArm")?, at("Hand")?);
    let opposite = mirror(place(rig, NAMES[1 - side], "UpperArm")?);
    let half_width = (joint.x - opposite.x) / 2.0;
    let hand = Hand::of(rig, name, posture.turn(BONES[side][1]) != Quat::IDENTITY);
    let turn = |bone: Bone| seen(side, posture.turn(bone));
    let [shoulder, upper, lower, _] = BONES[side];
    let lift = turn(shoulder).to_scaled_axis().z;
    let fingers = hand.as_ref().map(Hand::directions);
    let palm = hand.as_ref().and_then(|hand| {
        let middle = (hand.knuckles? - wrist) * 0.62;
        let [out, _] = hand.directions();
        let reach = 0.45 * hand.knuckles?.distance(wrist);
        let thick = thickness(avatar, points, side, wrist + middle, out, reach);
        Some(middle + out * thick)
    });
    Arm::new(Measured {
        root: at("Shoulder").unwrap_or(joint),
        joint,
        elbow,
        wrist,
        middle: joint - Vec3::X * half_width,
        half_width,
        fingers,
        palm,
        lift,
        hang: turn(upper),
        bend: turn(lower),
        rolls: rig.rolls_with(rig.bone(BONES[side][3])?),
        hand: hand.unwrap_or_default(),
    })
}

/// How far the skin is from `middle`, a place between the bones of the hand, on the palm's side.
fn thickness(
    avatar: &Avatar,
    points: &[Vec<Vec3>],
    side: usize,
    middle: Vec3,
    out: Vec3,
    reach: f32,
) -> f32 {
    let mut most = 0.15 * reach;
    for (mesh, points) in avatar.meshes.iter().zip(points) {
        if avatar.materials[mesh.material].surface == Surface::Hair || !mesh.worn.with(0) {
            continue;
        }
        for point in points {
            let from = if side == 1 { mirror(*point) } else { *point } - middle;
            let far = from.dot(out);
            let aside = (from - out * far).length();
            if aside < 0.5 * reach && far < 0.8 * reach {
                most = most.max(far);
            }
        }
    }
    most
}
