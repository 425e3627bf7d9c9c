//! Hair, ribbons and skirts that swing: spring bones of VRM 0.x and 1.0.
//!
//! The steps are those of the specification (VRMC_springBone 1.0, "SpringBone Algorithm"), 60 in a second on a grid of the
//! pts; between two steps the joints turn evenly, so a film of any frame rate moves smoothly. The state depends on the
//! poses it was told, never on what was drawn.

mod collider;
mod read;

use std::sync::Arc;

use glam::{Mat4, Quat, Vec3};

use self::collider::Placed;
use self::read::Joint;
use super::Avatar;
use super::rig::Rig;
use crate::media::{MediaTime, Pose};

/// The time of one step: 60 in a second, as most runtimes draw and makers tune.
const STEP: MediaTime = MediaTime(800);
const STEP_SECS: f32 = 1.0 / 60.0;
/// After a longer gap nothing is known about how the joints got there.
const MAX_GAP: MediaTime = MediaTime::from_millis(500);
/// How long joints swing out before they are first seen.
const FIRST: MediaTime = MediaTime::from_millis(1500);
/// Stills wait at most so long.
const MAX_SETTLE: MediaTime = MediaTime::from_millis(10_000);
/// Models of other heights are taken for ones that do not count in metres; a person is this tall.
const HEIGHTS_M: std::ops::Range<f32> = 0.2..4.0;
const PERSON_M: f32 = 1.6;

/// A node that must be placed in each step: a joint, or what lies between joints.
#[derive(Clone, Debug)]
struct Link {
    node: usize,
    /// Its parent among the places.
    parent: usize,
    joint: Option<usize>,
}

/// The springs of an avatar, ready to be simulated. Places are the outer nodes, which springs do not move, followed by the
/// links.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    springs: read::Springs,
    /// Nodes whose places come from the pose; none is the model itself.
    outer: Vec<Option<usize>>,
    /// Parents first.
    links: Vec<Link>,
    /// The place of each collider and of each joint's center.
    collider_places: Vec<usize>,
    centers: Vec<Option<usize>>,
    /// Node and link of each joint, by rising node.
    by_node: Vec<(u32, usize)>,
}

impl Setup {
    /// The springs of a file; `height` is that of the model, in its own units.
    pub(super) fn read(
        document: &gltf::Document,
        rig: &Rig,
        height: f32,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        let odd = height.is_finite() && height > 0.0 && !HEIGHTS_M.contains(&height);
        let unit = if odd { height / PERSON_M } else { 1.0 };
        let springs = read::Springs::read(document, rig, unit, warnings)?;
        Some(Self::new(springs, rig))
    }

    fn new(springs: read::Springs, rig: &Rig) -> Self {
        let count = rig.nodes.len();
        let mut joint_of = vec![None; count];
        let mut wanted = vec![false; count];
        for (index, joint) in springs.joints.iter().enumerate() {
            joint_of[joint.node] = Some(index);
            wanted[joint.node] = true;
        }
        let centers = springs.joints.iter().filter_map(|joint| joint.center);
        let fixed: Vec<usize> = springs.colliders.iter().map(|(node, _)| *node).collect();
        for node in fixed.iter().copied().chain(centers) {
            wanted[node] = true;
        }
        // A node is needed when something wanted hangs on it, and moved when it hangs on a joint.
        let mut needed = wanted.clone();
        for &node in rig.order.iter().rev() {
            if let Some(parent) = rig.nodes[node].parent {
                needed[parent] |= needed[node];
            }
        }
        let mut moved = vec![false; count];
        let (mut outer, mut moving) = (vec![None], Vec::new());
        let mut place = vec![0; count];
        for &node in &rig.order {
            let parent = rig.nodes[node].parent;
            moved[node] = joint_of[node].is_some() || parent.is_some_and(|p| moved[p]);
            if !needed[node] {
                continue;
            }
            if moved[node] {
                moving.push(node);
            } else {
                place[node] = outer.len();
                outer.push(Some(node));
            }
        }
        for (at, node) in moving.iter().enumerate() {
            place[*node] = outer.len() + at;
        }
        let links: Vec<Link> = moving
            .iter()
            .map(|&node| Link {
                node,
                parent: rig.nodes[node].parent.map_or(0, |parent| place[parent]),
                joint: joint_of[node],
            })
            .collect();
        let mut by_node: Vec<(u32, usize)> = (0..)
            .zip(&links)
            .filter(|(_, link)| link.joint.is_some())
            .map(|(at, link)| (u32::try_from(link.node).unwrap_or(u32::MAX), at))
            .collect();
        by_node.sort_unstable();
        Self {
            collider_places: fixed.into_iter().map(|node| place[node]).collect(),
            centers: springs
                .joints
                .iter()
                .map(|joint| joint.center.map(|node| place[node]))
                .collect(),
            springs,
            outer,
            links,
            by_node,
        }
    }
}

/// What swings on one host. Make one for each host, and tell it every pose in the order of time.
#[derive(Clone, Debug)]
pub struct Springs {
    setup: Arc<Setup>,
    /// When it was last told a pose, and where the outer nodes were.
    told: Option<(MediaTime, Vec<Mat4>)>,
    /// The last step on the grid.
    step: i64,
    /// The end of each joint before and after the last step, in its center's space.
    tails: Vec<[Vec3; 2]>,
    /// How each joint was turned against its rest before and after the last step.
    swings: Vec<[Quat; 2]>,
    /// How the links stand against their parents without any swing: scale, rotation, translation.
    bases: Vec<(Vec3, Quat, Vec3)>,
    /// Model from place.
    places: Vec<Mat4>,
    colliders: Vec<Placed>,
}

impl Springs {
    /// The springs of `avatar` at rest, or `None` when nothing on it swings.
    pub fn new(avatar: &Avatar) -> Option<Self> {
        let setup = avatar.springs.clone()?;
        let joints = setup.springs.joints.len();
        Some(Self {
            told: None,
            step: 0,
            tails: vec![[Vec3::ZERO; 2]; joints],
            swings: vec![[Quat::IDENTITY; 2]; joints],
            bases: vec![(Vec3::ONE, Quat::IDENTITY, Vec3::ZERO); setup.links.len()],
            places: vec![Mat4::IDENTITY; setup.outer.len() + setup.links.len()],
            colliders: Vec::new(),
            setup,
        })
    }

    /// Moves on to `at` and writes into `pose` how the joints are turned then. After a jump (the first pose, a gap of more
    /// than half a second, or back in time) the joints begin anew, hanging as they do in this pose.
    pub fn apply(&mut self, avatar: &Avatar, pose: &mut Pose, at: MediaTime) {
        let now = self.outer_places(avatar, pose);
        let grid = at.0.div_euclid(STEP.0);
        match self.told.take() {
            Some((before, from)) if at >= before && at - before <= MAX_GAP => {
                let span = (at - before).0.max(1) as f32;
                while self.step < grid {
                    self.step += 1;
                    let share = (self.step * STEP.0 - before.0) as f32 / span;
                    let between = from.iter().zip(&now);
                    for (place, (from, now)) in self.places.iter_mut().zip(between) {
                        *place = *from + (*now - *from) * share;
                    }
                    self.advance();
                }
            }
            _ => {
                self.hang(&now, FIRST);
                self.step = grid;
            }
        }
        self.told = Some((at, now));
        let share = (at.0 - grid * STEP.0) as f32 / STEP.0 as f32;
        self.write(pose, share);
    }

    /// Lets the joints hang in `pose` as they do after it was held for `duration` (10 s at most), for a still picture.
    pub fn settle(&mut self, avatar: &Avatar, pose: &mut Pose, duration: MediaTime) {
        let now = self.outer_places(avatar, pose);
        self.hang(&now, duration.min(MAX_SETTLE));
        self.told = None;
        self.write(pose, 1.0);
    }

    /// Where the outer nodes stand in `pose`; notes how the links stand against their parents.
    fn outer_places(&mut self, avatar: &Avatar, pose: &Pose) -> Vec<Mat4> {
        let rig = &avatar.rig;
        for (base, link) in self.bases.iter_mut().zip(&self.setup.links) {
            let moved = pose
                .nodes
                .binary_search_by_key(&link.node, |(node, _)| *node as usize);
            let local = moved.map_or(rig.nodes[link.node].parent_from_node, |at| pose.nodes[at].1);
            let (scale, _, place) = local.to_scale_rotation_translation();
            *base = (scale, super::rig::rotation_of(&local), place);
        }
        let posed = rig.posed(pose);
        let outer = self.setup.outer.iter();
        outer
            .map(|node| node.map_or(rig.model_from_file, |node| posed[node]))
            .collect()
    }

    /// Begins anew: at rest, then `duration` in the pose of `now`.
    fn hang(&mut self, now: &[Mat4], duration: MediaTime) {
        self.places[..now.len()].copy_from_slice(now);
        let setup = Arc::clone(&self.setup);
        for (at, link) in setup.links.iter().enumerate() {
            let place = self.places[link.parent] * base_matrix(self.bases[at], Quat::IDENTITY);
            self.places[now.len() + at] = place;
            if let Some(joint) = link.joint {
                let tail = place.transform_point3(setup.springs.joints[joint].tail);
                let center = setup.centers[joint].map(|center| self.places[center].inverse());
                self.tails[joint] = [center.map_or(tail, |c| c.transform_point3(tail)); 2];
                self.swings[joint] = [Quat::IDENTITY; 2];
            }
        }
        for _ in 0..duration.0 / STEP.0 {
            self.advance();
        }
        for swing in &mut self.swings {
            swing[0] = swing[1];
        }
    }

    /// One step with the outer nodes where they are.
    fn advance(&mut self) {
        let setup = Arc::clone(&self.setup);
        self.colliders.clear();
        let shapes = setup.springs.colliders.iter().zip(&setup.collider_places);
        let placed = shapes.map(|((_, shape), place)| shape.place(&self.places[*place]));
        self.colliders.extend(placed);
        let outer = setup.outer.len();
        for (at, link) in setup.links.iter().enumerate() {
            let still = self.places[link.parent] * base_matrix(self.bases[at], Quat::IDENTITY);
            self.places[outer + at] = match link.joint {
                None => still,
                Some(index) => {
                    let swing = self.swing(&setup, index, &still);
                    self.places[link.parent] * base_matrix(self.bases[at], swing)
                }
            };
        }
    }

    /// Moves the end of one joint; `still` is where its node would be if it did not swing. The joint's new turn.
    fn swing(&mut self, setup: &Setup, index: usize, still: &Mat4) -> Quat {
        let joint = &setup.springs.joints[index];
        let center = setup.centers[index].map(|center| self.places[center]);
        let [before, current] = self.tails[index];
        let to_model = |point| center.map_or(point, |center| center.transform_point3(point));
        let met = &setup.springs.met[joint.colliders.clone()];
        let colliders = met.iter().map(|collider| &self.colliders[*collider]);
        let mut next = next_tail(joint, still, to_model(before), to_model(current), colliders);
        let axis = joint.tail.normalize_or(Vec3::Y);
        let toward = still.inverse().transform_point3(next).normalize_or(axis);
        let mut turn = Quat::from_rotation_arc(axis, toward);
        let mut stored = center.map_or(next, |center| center.inverse().transform_point3(next));
        if !(turn.is_finite() && stored.is_finite()) {
            turn = Quat::IDENTITY;
            next = still.transform_point3(joint.tail);
            stored = center.map_or(next, |center| center.inverse().transform_point3(next));
            if !stored.is_finite() {
                stored = Vec3::ZERO;
            }
            self.tails[index] = [stored; 2];
        } else {
            self.tails[index] = [current, stored];
        }
        self.swings[index] = [self.swings[index][1], turn];
        turn
    }

    /// Writes the joints into `pose`, at `share` of the way through the last step.
    fn write(&self, pose: &mut Pose, share: f32) {
        let old = &pose.nodes;
        let mut nodes = Vec::with_capacity(old.len() + self.setup.by_node.len());
        let mut open = old.iter().copied().peekable();
        for &(node, at) in &self.setup.by_node {
            while let Some(other) = open.next_if(|(other, _)| *other < node) {
                nodes.push(other);
            }
            let clip = open.next_if(|(other, _)| *other == node);
            let [before, after] = self.setup.links[at]
                .joint
                .map_or([Quat::IDENTITY; 2], |joint| self.swings[joint]);
            let turned = base_matrix(self.bases[at], before.lerp(after, share.clamp(0.0, 1.0)));
            if turned.is_finite() {
                nodes.push((node, turned));
            } else {
                nodes.extend(clip);
            }
        }
        nodes.extend(open);
        pose.nodes = nodes.into();
    }
}

/// The matrix of a link to its parent when it swings by `swing` in its own frame.
fn base_matrix((scale, rotation, place): (Vec3, Quat, Vec3), swing: Quat) -> Mat4 {
    Mat4::from_scale_rotation_translation(scale, rotation * swing, place)
}

/// The Verlet step of the specification: inertia, the pull back to rest, gravity, the length, collisions. All in model
/// space.
fn next_tail<'a>(
    joint: &Joint,
    still: &Mat4,
    before: Vec3,
    current: Vec3,
    colliders: impl Iterator<Item = &'a Placed>,
) -> Vec3 {
    let head = still.w_axis.truncate();
    let rest = still.transform_point3(joint.tail) - head;
    let length = rest.length();
    let direction = rest.normalize_or(Vec3::NEG_Y);
    let kept = |tail: Vec3| head + (tail - head).normalize_or(direction) * length;
    let inertia = (current - before) * (1.0 - joint.drag);
    let forces = (direction * joint.stiffness + joint.pull) * STEP_SECS;
    let mut next = kept(current + inertia + forces);
    for collider in colliders {
        if let Some(push) = collider.push(next, joint.radius) {
            next = kept(next + push);
        }
    }
    next
}
