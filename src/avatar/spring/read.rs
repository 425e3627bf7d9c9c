//! Springs as files tell them: `secondaryAnimation` of VRM 0.x and `VRMC_springBone` of VRM 1.0.

use std::collections::BTreeSet;

use glam::{Mat4, Vec3};
use serde_json::Value;

use super::collider::Shape;
use crate::avatar::rig::Rig;

/// More than any avatar has; what is further is left out.
const MAX_JOINTS: usize = 2048;
const MAX_COLLIDERS: usize = 512;
/// The most pairs of joint and collider that are looked at in one step.
const MAX_PAIRS: usize = 60_000;
/// UniVRM 0.x lets the last joint of a chain end so far from it, metres.
const LAST_LENGTH_M: f32 = 0.07;
/// No number of a spring says more than this; most are below 10.
const MAX_FORCE: f32 = 1000.0;

/// One joint that swings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Joint {
    /// The node that turns.
    pub(super) node: usize,
    /// Where its end is, in its own space.
    pub(super) tail: Vec3,
    /// How strongly it goes back to rest, metres per second in a metre-sized model.
    pub(super) stiffness: f32,
    /// What pulls it, metres per second, in model space.
    pub(super) pull: Vec3,
    /// How much of its speed it loses in a step, 0..=1.
    pub(super) drag: f32,
    /// Its thickness, metres.
    pub(super) radius: f32,
    /// Colliders it meets.
    pub(super) colliders: std::ops::Range<usize>,
    /// The node whose movements do not count.
    pub(super) center: Option<usize>,
}

/// All springs of an avatar.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Springs {
    /// Those nearer to the root first.
    pub(super) joints: Vec<Joint>,
    /// Node and shape.
    pub(super) colliders: Vec<(usize, Shape)>,
    /// Indices of colliders, in runs that joints point at.
    pub(super) met: Vec<usize>,
}

/// Reads and checks; what is broken is left out with a warning.
struct Reading<'a> {
    rig: &'a Rig,
    /// Model units per metre: 1 unless the file counts otherwise.
    unit: f32,
    springs: Springs,
    taken: BTreeSet<usize>,
    pairs: usize,
    dropped: usize,
}

/// What the joints of one spring share.
struct Common {
    colliders: std::ops::Range<usize>,
    center: Option<usize>,
}

impl Springs {
    /// The springs of a file, or `None` when it has none. `unit` is how many of the model's units are a metre.
    pub(super) fn read(
        document: &gltf::Document,
        rig: &Rig,
        unit: f32,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        let mut reading = Reading {
            rig,
            unit,
            springs: Self::default(),
            taken: BTreeSet::new(),
            pairs: 0,
            dropped: 0,
        };
        if let Some(extension) = document.extension_value("VRMC_springBone") {
            reading.modern(extension);
        } else if let Some(old) = document
            .extension_value("VRM")
            .and_then(|vrm| vrm.get("secondaryAnimation"))
        {
            let children: Vec<Vec<usize>> = document
                .nodes()
                .map(|node| node.children().map(|child| child.index()).collect())
                .collect();
            reading.old(old, &children);
        }
        if reading.dropped > 0 {
            warnings.push(format!(
                "{} joints or colliders of springs name nodes that do not fit or are too many: they were left out",
                reading.dropped
            ));
        }
        let mut springs = reading.springs;
        let mut place = vec![0; rig.nodes.len()];
        for (at, node) in rig.order.iter().enumerate() {
            place[*node] = at;
        }
        springs.joints.sort_by_key(|joint| place[joint.node]);
        (!springs.joints.is_empty()).then_some(springs)
    }
}

impl Reading<'_> {
    fn modern(&mut self, extension: &Value) {
        let colliders: Vec<Option<usize>> = list(extension, "colliders")
            .iter()
            .map(|told| self.collider(told.get("node"), modern_shape(told)))
            .collect();
        let groups: Vec<Vec<usize>> = list(extension, "colliderGroups")
            .iter()
            .map(|group| {
                let own = list(group, "colliders").iter();
                own.filter_map(|index| *colliders.get(as_index(Some(index))?)?)
                    .collect()
            })
            .collect();
        for spring in list(extension, "springs") {
            let common = self.common(spring, &groups);
            let joints = list(spring, "joints");
            for pair in joints.windows(2) {
                let (head, tail) = (pair[0].get("node"), pair[1].get("node"));
                let (Some(head), Some(tail)) = (self.node(head), self.node(tail)) else {
                    self.dropped += 1;
                    continue;
                };
                let Some(tail) = self.below(head, tail) else {
                    self.dropped += 1;
                    continue;
                };
                let direction = vector(pair[0].get("gravityDir"), Vec3::NEG_Y);
                self.joint(head, tail, &pair[0], "stiffness", direction, &common);
            }
        }
    }

    fn old(&mut self, old: &Value, children: &[Vec<usize>]) {
        let mut groups = Vec::new();
        for group in list(old, "colliderGroups") {
            let mut own = Vec::new();
            for told in list(group, "colliders") {
                // Offsets count in Unity's left-handed space.
                let at = mirrored(vector(told.get("offset"), Vec3::ZERO));
                let shape = Shape::Capsule {
                    from: at,
                    to: at,
                    radius: number(told, "radius", 0.0),
                    inside: false,
                };
                own.extend(self.collider(group.get("node"), Some(shape)));
            }
            groups.push(own);
        }
        let mut seen = BTreeSet::new();
        for group in list(old, "boneGroups") {
            let common = self.common(group, &groups);
            let direction = mirrored(vector(group.get("gravityDir"), Vec3::NEG_Y));
            for root in list(group, "bones") {
                let Some(root) = self.node(Some(root)) else {
                    self.dropped += 1;
                    continue;
                };
                let mut open = vec![root];
                while let Some(node) = open.pop() {
                    if !seen.insert(node) {
                        continue;
                    }
                    let hangs = |child: &&usize| self.rig.nodes[**child].parent == Some(node);
                    open.extend(children[node].iter().filter(hangs));
                    let first = children[node].first();
                    let tail = match first.and_then(|child| self.below(node, *child)) {
                        Some(tail) => tail,
                        None => self.last_tail(node),
                    };
                    self.joint(node, tail, group, "stiffiness", direction, &common);
                }
            }
        }
    }

    /// Where the last joint of a chain of VRM 0.x ends, in its own space: straight on from what it hangs on.
    fn last_tail(&self, node: usize) -> Vec3 {
        let at = |node: usize| self.rig.rest[node].w_axis.truncate();
        let parent = self.rig.nodes[node].parent.map_or(Vec3::ZERO, at);
        let on = (at(node) - parent).normalize_or_zero() * LAST_LENGTH_M * self.unit;
        self.rig.rest[node].inverse().transform_vector3(on)
    }

    /// Where `node` stands at rest in the space of `head`, if it hangs on it.
    fn below(&self, head: usize, node: usize) -> Option<Vec3> {
        let nodes = &self.rig.nodes;
        let mut up = std::iter::successors(nodes[node].parent, |n| nodes[*n].parent);
        if node == head || !up.any(|above| above == head) {
            return None;
        }
        let place: Mat4 = self.rig.rest[head].inverse() * self.rig.rest[node];
        Some(place.w_axis.truncate())
    }

    fn joint(
        &mut self,
        node: usize,
        tail: Vec3,
        told: &Value,
        stiffness: &str,
        direction: Vec3,
        common: &Common,
    ) {
        // A joint without length cannot swing; one that is told twice keeps the first.
        if !tail.is_finite() || tail.length_squared() < 1e-14 || self.taken.contains(&node) {
            return;
        }
        let fits = self.pairs + common.colliders.len() <= MAX_PAIRS;
        if self.springs.joints.len() == MAX_JOINTS || !fits {
            self.dropped += 1;
            return;
        }
        self.pairs += common.colliders.len();
        self.taken.insert(node);
        let turned = self.rig.model_from_file.transform_vector3(direction);
        let power = number(told, "gravityPower", 0.0).clamp(-MAX_FORCE, MAX_FORCE);
        let stiffness = number(told, stiffness, 1.0).clamp(0.0, MAX_FORCE);
        self.springs.joints.push(Joint {
            node,
            tail,
            stiffness: stiffness * self.unit,
            pull: turned.normalize_or_zero() * power * self.unit,
            drag: number(told, "dragForce", 0.4).clamp(0.0, 1.0),
            radius: number(told, "hitRadius", 0.0).clamp(0.0, MAX_FORCE),
            colliders: common.colliders.clone(),
            center: common.center,
        });
    }

    fn common(&mut self, spring: &Value, groups: &[Vec<usize>]) -> Common {
        let start = self.springs.met.len();
        for group in list(spring, "colliderGroups") {
            let own = as_index(Some(group)).and_then(|group| groups.get(group));
            if self.springs.met.len() < MAX_PAIRS {
                self.springs.met.extend(own.into_iter().flatten());
            }
        }
        self.springs.met[start..].sort_unstable();
        let mut own = self.springs.met.split_off(start);
        own.dedup();
        self.springs.met.extend(own);
        Common {
            colliders: start..self.springs.met.len(),
            center: self.node(spring.get("center")),
        }
    }

    fn collider(&mut self, node: Option<&Value>, shape: Option<Shape>) -> Option<usize> {
        let (Some(node), Some(shape)) = (self.node(node), shape) else {
            self.dropped += 1;
            return None;
        };
        if self.springs.colliders.len() == MAX_COLLIDERS {
            self.dropped += 1;
            return None;
        }
        self.springs.colliders.push((node, shape));
        Some(self.springs.colliders.len() - 1)
    }

    fn node(&self, told: Option<&Value>) -> Option<usize> {
        as_index(told).filter(|node| *node < self.rig.nodes.len())
    }
}

/// The shape of a collider: that of the extension goes before the plain one, which stands in where it is not known.
fn modern_shape(told: &Value) -> Option<Shape> {
    let extended = told.pointer("/extensions/VRMC_springBone_extended_collider/shape");
    let shape = extended.and_then(shape_of);
    shape.or_else(|| shape_of(told.get("shape")?))
}

fn shape_of(shape: &Value) -> Option<Shape> {
    let round = |told: &Value, is_capsule: bool| {
        let from = vector(told.get("offset"), Vec3::ZERO);
        Shape::Capsule {
            from,
            to: if is_capsule {
                vector(told.get("tail"), Vec3::ZERO)
            } else {
                from
            },
            radius: number(told, "radius", 0.0).max(0.0),
            inside: told.get("inside").and_then(Value::as_bool) == Some(true),
        }
    };
    if let Some(sphere) = shape.get("sphere") {
        Some(round(sphere, false))
    } else if let Some(capsule) = shape.get("capsule") {
        Some(round(capsule, true))
    } else {
        let plane = shape.get("plane")?;
        Some(Shape::Plane {
            at: vector(plane.get("offset"), Vec3::ZERO),
            normal: vector(plane.get("normal"), Vec3::Z).normalize_or(Vec3::Z),
        })
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let list = value.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn as_index(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_u64()?).ok()
}

fn number(value: &Value, key: &str, otherwise: f32) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "kept in f32")]
    let number = value.get(key).and_then(Value::as_f64).map(|n| n as f32);
    number.filter(|n| n.is_finite()).unwrap_or(otherwise)
}

/// `[x, y, z]` of VRM 1.0 or `{"x", "y", "z"}` of VRM 0.x.
fn vector(value: Option<&Value>, otherwise: Vec3) -> Vec3 {
    #[allow(clippy::cast_possible_truncation, reason = "kept in f32")]
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(0.0) as f32;
    let vector = match value {
        Some(Value::Array(parts)) => Vec3::from_array([0, 1, 2].map(|i| number(parts.get(i)))),
        Some(Value::Object(parts)) => {
            Vec3::from_array(["x", "y", "z"].map(|axis| number(parts.get(axis))))
        }
        _ => otherwise,
    };
    if vector.is_finite() {
        vector
    } else {
        otherwise
    }
}

/// From Unity's left-handed space, in which VRM 0.x counts.
fn mirrored(vector: Vec3) -> Vec3 {
    Vec3::new(vector.x, vector.y, -vector.z)
}
