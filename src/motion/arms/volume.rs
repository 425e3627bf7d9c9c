//! The body that arms stay out of: an ellipse at each height, measured from the skin and the clothes.

use std::collections::BTreeSet;

use glam::{Quat, Vec3};

use super::arm::{Arm, Turned};
use super::hand::place;
use super::state::State;
use crate::avatar::{Avatar, Surface};

/// From one ellipse to the next, as a share of the arm's length.
const STEP: f32 = 0.035;
/// Arms are pushed away from so near on, as a share of the arm's length; they never come nearer than the body.
const SOFT: f32 = 0.018;
/// How thick forearm and palm are, as shares of the arm's length.
const FOREARM: f32 = 0.062;
const HAND: f32 = 0.03;
/// What hangs on these bones is body.
const BODY: [&str; 8] = [
    "hips",
    "spine",
    "chest",
    "upperChest",
    "neck",
    "head",
    "leftUpperLeg",
    "rightUpperLeg",
];

/// One height of the body.
#[derive(Clone, Copy, Debug)]
struct Slice {
    /// Half the width, half the depth and the middle of the depth, metres.
    wide: f32,
    deep: f32,
    z: f32,
}

/// A place on an arm that stays outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub at: Vec3,
    pub radius: f32,
    /// How far it goes along when the wrist is moved.
    share: f32,
}

/// The body of one avatar at rest, the same left and right.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    floor: f32,
    step: f32,
    x: f32,
    soft: f32,
    slices: Vec<Slice>,
    /// Where the head turns.
    neck: Option<Vec3>,
}

/// The body as it stands now: its head turned against the chest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now<'a> {
    pub volume: &'a Volume,
    pub head: Quat,
}

impl Volume {
    /// Measures `avatar`, whose arms are so long and whose middle is at `x`; arms that hang at rest are outside.
    pub(super) fn of(avatar: &Avatar, length: f32, x: f32) -> Option<Self> {
        let points = body_points(avatar);
        let step = STEP * length;
        let floor = points.iter().map(|p| p.y).fold(f32::INFINITY, f32::min);
        let crown = points.iter().map(|p| p.y).fold(f32::NEG_INFINITY, f32::max);
        if points.len() < 50 || !floor.is_finite() || step <= 0.0 {
            return None;
        }
        let count = (((crown - floor) / step).ceil() as usize + 1).min(400);
        let mut heights: Vec<Vec<Vec3>> = vec![Vec::new(); count];
        for point in points {
            let place = ((point.y - floor) / step).round() as usize;
            heights[place.min(count - 1)].push(point);
        }
        let measured: Vec<Option<Slice>> = heights
            .iter()
            .map(|points| Slice::around(points, x))
            .collect();
        let first = measured.iter().flatten().next().copied()?;
        let mut last = first;
        let slices: Vec<Slice> = measured
            .into_iter()
            .map(|slice| {
                last = slice.unwrap_or(last);
                last
            })
            .collect();
        Some(Self {
            floor,
            step,
            x,
            soft: SOFT * length,
            slices,
            neck: place(&avatar.rig, "", "neck").or_else(|| place(&avatar.rig, "", "head")),
        })
    }

    /// Makes the body thinner where `arm` hangs against it at rest.
    pub(super) fn clear(&mut self, arm: &Arm) {
        let turned = arm.solve(&arm.rest, Quat::IDENTITY, None);
        for sample in samples(arm, &arm.rest, &turned) {
            for index in 0..self.slices.len() {
                let y = self.floor + self.step * index as f32;
                if (y - sample.at.y).abs() > sample.radius + self.step {
                    continue;
                }
                for _ in 0..40 {
                    let at = Vec3::new(sample.at.x, y, sample.at.z);
                    let (far, _) = self.distance(at);
                    if far - sample.radius > self.soft {
                        break;
                    }
                    let slice = &mut self.slices[index];
                    slice.wide *= 0.97;
                    slice.deep *= 0.985;
                }
            }
        }
    }

    /// How far a place is outside (+) or inside (-), and the way out, level.
    fn distance(&self, at: Vec3) -> (f32, Vec3) {
        let height = (at.y - self.floor) / self.step;
        let top = (self.slices.len() - 1) as f32;
        let low = height.clamp(0.0, top).floor();
        let share = height.clamp(0.0, top) - low;
        let (a, b) = (
            self.slices[low as usize],
            self.slices[(low as usize + 1).min(self.slices.len() - 1)],
        );
        let mix = |a: f32, b: f32| a + (b - a) * share;
        let (wide, deep, z) = (mix(a.wide, b.wide), mix(a.deep, b.deep), mix(a.z, b.z));
        let flat = Vec3::new(at.x - self.x, 0.0, at.z - z);
        let (x, z) = (flat.x / wide, flat.z / deep);
        let inner = x.hypot(z).max(1e-3);
        let slope = Vec3::new(x / wide, 0.0, z / deep);
        let way = slope.normalize_or(Vec3::Z);
        // First-order distance to an ellipse.
        let mut far = (inner - 1.0) * inner / slope.length().max(1e-3);
        if height > top {
            far = far.max((height - top) * self.step);
        }
        (far, way)
    }
}

impl Now<'_> {
    /// As [`Volume::distance`], with the head as it is turned: more and more from the neck upwards.
    fn distance(&self, at: Vec3) -> (f32, Vec3) {
        let Some(neck) = self.volume.neck else {
            return self.volume.distance(at);
        };
        let rise = ((at.y - neck.y) / (4.0 * self.volume.step)).clamp(0.0, 1.0);
        if rise <= 0.0 {
            return self.volume.distance(at);
        }
        let turn = Quat::IDENTITY.slerp(self.head, rise * rise * (3.0 - 2.0 * rise));
        let back = neck + turn.inverse() * (at - neck);
        let (far, way) = self.volume.distance(back);
        (far, turn * way)
    }

    /// How deep forearm and hand are inside of the body at most, metres.
    #[cfg(test)]
    pub(super) fn depth(&self, arm: &Arm, state: &State, turned: &Turned) -> f32 {
        samples(arm, state, turned)
            .into_iter()
            .map(|sample| sample.radius - self.distance(sample.at).0)
            .fold(0.0, f32::max)
    }

    /// Where the wrist has to go, and how far the elbow outwards (radians), to bring the arm out; softly, so that both
    /// grow from nothing.
    pub(super) fn push(&self, arm: &Arm, state: &State, turned: &Turned) -> (Vec3, f32) {
        let (mut pushed, mut weight, mut swivel) = (Vec3::ZERO, 0.0, 0.0_f32);
        for sample in samples(arm, state, turned) {
            let (far, way) = self.distance(sample.at);
            let soft = self.volume.soft;
            let push = softly(soft - (far - sample.radius), soft);
            if push <= 0.0 {
                continue;
            }
            if sample.share < 0.3 {
                swivel += (push / (0.3 * arm.length())).min(0.5);
            } else {
                let own = way * (push / sample.share);
                pushed += own * own.length();
                weight += own.length();
            }
        }
        if weight > 0.0 {
            pushed /= weight;
        }
        (pushed, swivel)
    }
}

impl Slice {
    fn around(points: &[Vec3], x: f32) -> Option<Self> {
        if points.len() < 6 {
            return None;
        }
        let at = |mut values: Vec<f32>, share: f32| {
            values.sort_by(f32::total_cmp);
            values[((values.len() - 1) as f32 * share).round() as usize]
        };
        let wide = at(points.iter().map(|p| (p.x - x).abs()).collect(), 0.96);
        let depth = |share| at(points.iter().map(|p| p.z).collect(), share);
        let (back, front) = (depth(0.02), depth(0.98));
        Some(Self {
            wide: wide.max(0.02),
            deep: ((front - back) / 2.0).max(0.02),
            z: f32::midpoint(front, back),
        })
    }
}

/// What of `near` is pushed: nothing below zero, all but half of `soft` far above.
pub(super) fn softly(near: f32, soft: f32) -> f32 {
    if near <= 0.0 {
        0.0
    } else if near < 2.0 * soft {
        near * near / (4.0 * soft)
    } else {
        near - soft
    }
}

/// Forearm from the elbow to the wrist, then palm and finger tips.
pub(super) fn samples(arm: &Arm, state: &State, turned: &Turned) -> [Sample; 6] {
    let length = arm.length();
    let forearm = turned.wrist - turned.elbow;
    let along = |share: f32| Sample {
        at: turned.elbow + forearm * share,
        radius: FOREARM * length * (1.0 - 0.35 * share),
        share,
    };
    let hand = |from_wrist: Vec3| Sample {
        at: turned.wrist + turned.hand * from_wrist,
        radius: HAND * length,
        share: 1.0,
    };
    let knuckles = arm
        .hand
        .knuckles
        .map_or(arm.palm * 1.8, |at| at - arm.wrist);
    let [palm, fingers] = arm.hand.directions();
    // Where a curled finger ends: nearer, and on the palm's side.
    let curl = state.curl[2].clamp(0.0, 1.0);
    let (sin, cos) = (curl * 2.4).sin_cos();
    let tips = knuckles + (fingers * cos + palm * sin) * arm.hand.finger_m * (1.0 - 0.55 * curl);
    [
        along(0.0),
        along(0.35),
        along(0.7),
        along(1.0),
        hand(knuckles * 0.75),
        hand(tips * 0.9),
    ]
}

/// The skin and the clothes of hips, trunk, neck and head in the first outfit, without hair.
fn body_points(avatar: &Avatar) -> Vec<Vec3> {
    let rig = &avatar.rig;
    let body: BTreeSet<usize> = BODY
        .iter()
        .filter_map(|bone| rig.humanoid.get(*bone).copied())
        .collect();
    let named: BTreeSet<usize> = rig.humanoid.values().copied().collect();
    let is_body: Vec<bool> = (0..rig.nodes.len())
        .map(|node| {
            let mut above = std::iter::successors(Some(node), |node| rig.nodes[*node].parent);
            above
                .find(|node| named.contains(node))
                .is_some_and(|bone| body.contains(&bone))
        })
        .collect();
    let mut found = Vec::new();
    for (mesh, points) in avatar.meshes.iter().zip(avatar.rest_points()) {
        let is_hair = avatar.materials[mesh.material].surface == Surface::Hair;
        if is_hair || !mesh.worn.with(0) {
            continue;
        }
        let Some(skin) = mesh.skin.map(|skin| &rig.skins[skin]) else {
            if is_body[mesh.node] {
                found.extend(points);
            }
            continue;
        };
        for (vertex, point) in points.into_iter().enumerate() {
            let pairs = mesh.joints[vertex].iter().zip(mesh.weights[vertex]);
            let own: f32 = pairs
                .filter(|(joint, _)| is_body[skin.joints[usize::from(**joint)]])
                .map(|(_, weight)| weight)
                .sum();
            if own > 0.6 && point.is_finite() {
                found.push(point);
            }
        }
    }
    found
}
