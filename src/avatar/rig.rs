//! The skeleton: nodes, skins, which node is which bone, and where every node stands in a [`Pose`].
//!
//! Model space is that of `media::Angles::to_quat`: metres, +X to the host's left, +Y up, +Z where the host looks.

use std::collections::BTreeMap;

use glam::{Mat4, Quat, Vec3};

use super::bones;
use super::constraint::{self, Constraint};
use super::error::Result;
use super::face::look_at::LookAt;
use super::face::shapes;
use super::face::visemes::closed_share;
use super::file::container::malformed;
use crate::media::{Angles, Bone, Pose, Shape};

/// The share of the head's turn that the neck takes; the head takes the rest.
const NECK_SHARE: f32 = 0.4;
/// Eyes turn at most so far against the head, degrees.
const MAX_GAZE_DEG: f32 = 35.0;
/// An arm that points to the side within this many degrees is in T-pose.
const T_POSE_TOLERANCE_DEG: f32 = 20.0;
/// How far a jaw bone turns at `jawOpen` 1, degrees: lips 25 mm apart in a face whose mouth is 95 mm from its hinge.
const JAW_RANGE_DEG: f32 = 15.0;

/// A joint of the skeleton or a mere place in space.
#[derive(Clone, Debug)]
pub struct Node {
    /// As in the file; may be empty.
    pub name: String,
    /// Index of the node it hangs on.
    pub parent: Option<usize>,
    /// Where it stands against its parent at rest.
    pub parent_from_node: Mat4,
}

/// The joints that move a mesh.
#[derive(Clone, Debug)]
pub struct Skin {
    /// Index of each joint's node.
    pub joints: Vec<usize>,
    /// From the mesh's space to each joint's, at rest.
    pub joint_from_mesh: Vec<Mat4>,
}

/// The skeleton of an avatar.
#[derive(Clone, Debug)]
pub struct Rig {
    /// In the order of the file.
    pub nodes: Vec<Node>,
    /// Skins in the order of the file.
    pub skins: Vec<Skin>,
    /// The node of each bone of the humanoid that could be found, by VRM 1.0 name (`leftUpperArm`, `rightIndexDistal`).
    pub humanoid: BTreeMap<String, usize>,
    /// Those of them that motion may turn.
    pub bones: BTreeMap<Bone, usize>,
    /// The node of the left eye.
    pub left_eye: Option<usize>,
    /// The node of the right eye.
    pub right_eye: Option<usize>,
    /// The node of the jaw, when only it opens the mouth.
    pub jaw: Option<usize>,
    /// How a gaze turns the eyes.
    pub look_at: LookAt,
    /// Whether the eye bones follow the `eyeLook` shapes too: where no target turns the eyes.
    pub(super) shapes_turn_eyes: bool,
    /// Every node at rest, in model space.
    pub rest: Vec<Mat4>,
    /// Parents before what hangs on them.
    pub(super) order: Vec<usize>,
    /// Turns a VRM 0.x avatar, which looks along -Z.
    pub(super) model_from_file: Mat4,
    constraints: Vec<Constraint>,
    /// The rotation of each node in the model and against its parent, with the arms stretched out to the sides.
    pub(super) t_pose: Vec<[Quat; 2]>,
}

impl Rig {
    /// Reads the skeleton.
    pub(super) fn read(
        document: &gltf::Document,
        reader: &super::file::accessor::Reader<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Self> {
        let (nodes, order) = read_nodes(document, warnings);
        let mut skins = Vec::new();
        for (index, skin) in document.skins().enumerate() {
            let joints: Vec<usize> = skin.joints().map(|joint| joint.index()).collect();
            reader
                .buffers
                .budget
                .take_many::<(usize, Mat4)>(joints.len())?;
            let mut joint_from_mesh = vec![Mat4::IDENTITY; joints.len()];
            if let Some(accessor) = skin.inverse_bind_matrices() {
                let matrices = reader.first_floats::<16>(&accessor, joints.len())?;
                if matrices.len() < joints.len() {
                    return Err(malformed(
                        reader.name,
                        format!("skin {index} has fewer matrices than joints"),
                    ));
                }
                for (target, matrix) in joint_from_mesh.iter_mut().zip(&matrices) {
                    *target = finite(Mat4::from_cols_array(matrix));
                }
            }
            skins.push(Skin {
                joints,
                joint_from_mesh,
            });
        }
        let faces_back = document.extension_value("VRM").is_some();
        let mut rig = Self {
            humanoid: BTreeMap::new(),
            bones: BTreeMap::new(),
            left_eye: None,
            right_eye: None,
            jaw: None,
            look_at: super::vrm::look_at(document),
            shapes_turn_eyes: false,
            rest: Vec::new(),
            model_from_file: if faces_back {
                Mat4::from_rotation_y(std::f32::consts::PI)
            } else {
                Mat4::IDENTITY
            },
            constraints: constraint::read(document, &nodes, warnings),
            t_pose: Vec::new(),
            nodes,
            skins,
            order,
        };
        rig.rest = rig.solve(&[], &BTreeMap::new());
        rig.name_bones(super::vrm::humanoid_nodes(document), faces_back);
        Ok(rig)
    }

    /// Makes `node` the bone with this VRM name; false when there is no such bone.
    pub(super) fn name_bone(&mut self, name: &str, node: usize) -> bool {
        let known = bones::is_vrm_name(name);
        if known {
            self.humanoid.insert(name.to_owned(), node);
            self.use_bones();
        }
        known
    }

    /// The node of `bone`.
    pub fn bone(&self, bone: Bone) -> Option<usize> {
        self.bones.get(&bone).copied()
    }

    /// Whether another node takes over the roll of `node` about its length (a twist bone).
    pub fn rolls_with(&self, node: usize) -> bool {
        self.constraints.iter().any(|own| own.rolls_with(node))
    }

    /// Which nodes hang on `node`, itself among them.
    pub(super) fn below(&self, node: usize) -> Vec<bool> {
        let mut below = vec![false; self.nodes.len()];
        for &index in &self.order {
            below[index] = index == node || self.nodes[index].parent.is_some_and(|p| below[p]);
        }
        below
    }

    /// Where each node stands in `pose`, in model space.
    pub fn posed(&self, pose: &Pose) -> Vec<Mat4> {
        let mut turns: BTreeMap<usize, Quat> = BTreeMap::new();
        for (bone, turn) in &pose.bones {
            if let Some(node) = self.bone(*bone)
                && turn.is_finite()
                && turn.length_squared() > 0.0
            {
                turns.insert(node, turn.normalize());
            }
        }
        let mut turn = |node: Option<usize>, by: Quat| {
            if let Some(node) = node
                && by.is_finite()
            {
                let before = turns.get(&node).copied().unwrap_or(Quat::IDENTITY);
                turns.insert(node, by * before);
            }
        };
        let neck = self.bone(Bone::Neck);
        let head = self.bone(Bone::Head);
        let neck_share = match (neck, head) {
            (Some(_), Some(_)) => NECK_SHARE,
            (Some(_), None) => 1.0,
            _ => 0.0,
        };
        turn(neck, scaled(pose.head, neck_share).to_quat());
        turn(head, scaled(pose.head, 1.0 - neck_share).to_quat());
        let face = pose.blendshapes.clamped();
        let mut eyes = self.look_at.eyes(gaze_angles(pose));
        if self.shapes_turn_eyes {
            for (eye, by) in eyes.iter_mut().zip(shapes::eyes(&face)) {
                eye.pitch_deg += by.pitch_deg;
                eye.yaw_deg += by.yaw_deg;
            }
        }
        turn(self.left_eye, eyes[0].to_quat());
        turn(self.right_eye, eyes[1].to_quat());
        let opening = face[Shape::JawOpen] * (1.0 - closed_share(&face));
        let jaw = Angles {
            pitch_deg: -JAW_RANGE_DEG * opening,
            ..Angles::default()
        };
        turn(self.jaw, jaw.to_quat());
        self.solve(&pose.nodes, &turns)
    }

    /// All nodes in model space. `moved` are nodes that stand otherwise than at rest, by rising index; `turns` are further
    /// turns (in model space, against the rest pose) of some of them. Constraints come last.
    fn solve(&self, moved: &[(u32, Mat4)], turns: &BTreeMap<usize, Quat>) -> Vec<Mat4> {
        let mut local: Vec<Mat4> = self.nodes.iter().map(|n| n.parent_from_node).collect();
        for (node, place) in moved {
            if let Some(local) = local.get_mut(*node as usize) {
                *local = *place;
            }
        }
        for (node, turn) in turns {
            local[*node] = self.turned(*node, local[*node], *turn);
        }
        for constraint in &self.constraints {
            constraint.apply(&mut local, &self.nodes, |local, node| {
                let up = std::iter::successors(node, |node| self.nodes[*node].parent);
                let placed = up.fold(Mat4::IDENTITY, |below, node| local[node] * below);
                self.model_from_file * placed
            });
        }
        let mut placed = vec![self.model_from_file; self.nodes.len()];
        for &index in &self.order {
            let parent = self.nodes[index].parent;
            let model_from_parent = parent.map_or(self.model_from_file, |parent| placed[parent]);
            placed[index] = model_from_parent * local[index];
        }
        placed
    }

    /// `local`, a matrix from `node` to its parent, after `turn`, which is given in model space at rest.
    pub fn turned(&self, node: usize, mut local: Mat4, turn: Quat) -> Mat4 {
        let parent = self.nodes[node].parent;
        // The parent's rest rotation brings the turn into the node's frame.
        let parent_turn = rotation_of(&parent.map_or(self.model_from_file, |p| self.rest[p]));
        let by = parent_turn.inverse() * turn * parent_turn;
        let place = local.w_axis;
        local.w_axis = Vec3::ZERO.extend(1.0);
        local = Mat4::from_quat(by) * local;
        local.w_axis = place;
        local
    }

    /// The rotations of all nodes in the T-pose of VRM: at rest, except that arms that are far from it are stretched out to
    /// the sides. Avatars that are no VRM rest in an A-pose, or otherwise.
    pub(super) fn t_posed(&self) -> Vec<[Quat; 2]> {
        let mut further = vec![Quat::IDENTITY; self.nodes.len()];
        let mut arms: BTreeMap<usize, (usize, Vec3)> = BTreeMap::new();
        for (side, out) in [("left", Vec3::X), ("right", Vec3::NEG_X)] {
            for (bone, end) in [("UpperArm", "LowerArm"), ("LowerArm", "Hand")] {
                let node = |bone: &str| self.humanoid.get(&format!("{side}{bone}")).copied();
                if let (Some(bone), Some(end)) = (node(bone), node(end)) {
                    arms.insert(bone, (end, out));
                }
            }
        }
        for &node in &self.order {
            let parent = self.nodes[node].parent;
            further[node] = parent.map_or(Quat::IDENTITY, |parent| further[parent]);
            if let Some((end, out)) = arms.get(&node) {
                let way = (self.rest[*end].w_axis - self.rest[node].w_axis).truncate();
                let way = (further[node] * way).normalize_or(*out);
                if way.angle_between(*out).to_degrees() > T_POSE_TOLERANCE_DEG {
                    further[node] = Quat::from_rotation_arc(way, *out) * further[node];
                }
            }
        }
        let world = |node: usize| further[node] * rotation_of(&self.rest[node]);
        (0..self.nodes.len())
            .map(|node| {
                let parent = self.nodes[node].parent;
                let above = parent.map_or_else(|| rotation_of(&self.model_from_file), world);
                [world(node), above.inverse() * world(node)]
            })
            .collect()
    }

    /// Tells the bones: those that the file names, or else by the usual names.
    fn name_bones(&mut self, told: BTreeMap<String, usize>, is_old_vrm: bool) {
        self.humanoid = if told.is_empty() {
            let mut in_skin = vec![false; self.nodes.len()];
            for joint in self.skins.iter().flat_map(|skin| &skin.joints) {
                in_skin[*joint] = true;
            }
            bones::by_names(&self.nodes, &in_skin)
        } else {
            let known = told
                .into_iter()
                .filter(|(_, node)| *node < self.nodes.len());
            known
                .map(|(name, node)| (modern_name(name, is_old_vrm), node))
                .collect()
        };
        self.use_bones();
    }

    /// Takes from the humanoid what motion turns, and the T-pose.
    fn use_bones(&mut self) {
        let node = |name: &str| self.humanoid.get(name).copied();
        self.bones = BONE_NAMES
            .into_iter()
            .filter_map(|(bone, name)| Some((bone, node(name)?)))
            .collect();
        self.left_eye = node("leftEye");
        self.right_eye = node("rightEye");
        self.jaw = node("jaw");
        self.t_pose = self.t_posed();
    }
}

/// The VRM 1.0 name of a bone: 0.x calls the thumb's three segments proximal, intermediate and distal.
fn modern_name(name: String, is_old_vrm: bool) -> String {
    match name.strip_suffix("ThumbProximal") {
        Some(side) if is_old_vrm => format!("{side}ThumbMetacarpal"),
        _ => name.replace("ThumbIntermediate", "ThumbProximal"),
    }
}

/// The VRM names of the bones that motion may turn.
const BONE_NAMES: [(Bone, &str); 14] = [
    (Bone::Hips, "hips"),
    (Bone::Spine, "spine"),
    (Bone::Chest, "chest"),
    (Bone::UpperChest, "upperChest"),
    (Bone::Neck, "neck"),
    (Bone::Head, "head"),
    (Bone::LeftShoulder, "leftShoulder"),
    (Bone::LeftUpperArm, "leftUpperArm"),
    (Bone::LeftLowerArm, "leftLowerArm"),
    (Bone::LeftHand, "leftHand"),
    (Bone::RightShoulder, "rightShoulder"),
    (Bone::RightUpperArm, "rightUpperArm"),
    (Bone::RightLowerArm, "rightLowerArm"),
    (Bone::RightHand, "rightHand"),
];

/// Where the eyes look, kept to what eyes can do; not a number is straight ahead.
pub(super) fn gaze_angles(pose: &Pose) -> Angles {
    let limit = |angle: f32| {
        if angle.is_nan() {
            0.0
        } else {
            angle.clamp(-MAX_GAZE_DEG, MAX_GAZE_DEG)
        }
    };
    Angles {
        pitch_deg: limit(pose.eyes.pitch_deg),
        yaw_deg: limit(pose.eyes.yaw_deg),
        roll_deg: 0.0,
    }
}

fn scaled(angles: Angles, by: f32) -> Angles {
    Angles {
        pitch_deg: angles.pitch_deg * by,
        yaw_deg: angles.yaw_deg * by,
        roll_deg: angles.roll_deg * by,
    }
}

/// The rotation of a matrix; none when it has no such thing.
pub(super) fn rotation_of(matrix: &Mat4) -> Quat {
    let (_, rotation, _) = matrix.to_scale_rotation_translation();
    if rotation.is_finite() && rotation.length_squared() > 0.5 {
        rotation.normalize()
    } else {
        Quat::IDENTITY
    }
}

/// The nodes and an order in which parents come first. A node with several parents keeps the first; a cycle is cut.
fn read_nodes(document: &gltf::Document, warnings: &mut Vec<String>) -> (Vec<Node>, Vec<usize>) {
    let mut nodes: Vec<Node> = document
        .nodes()
        .map(|node| Node {
            name: node.name().unwrap_or_default().to_owned(),
            parent: None,
            parent_from_node: finite(Mat4::from_cols_array_2d(&node.transform().matrix())),
        })
        .collect();
    let children: Vec<Vec<usize>> = document
        .nodes()
        .map(|node| node.children().map(|child| child.index()).collect())
        .collect();
    for (parent, own) in children.iter().enumerate() {
        for &child in own {
            if nodes[child].parent.is_none() && child != parent {
                nodes[child].parent = Some(parent);
            }
        }
    }
    let mut order = Vec::with_capacity(nodes.len());
    let mut seen = vec![false; nodes.len()];
    let mut roots: Vec<usize> = (0..nodes.len())
        .filter(|&n| nodes[n].parent.is_none())
        .collect();
    let mut next_uncut = 0;
    loop {
        while let Some(node) = roots.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            order.push(node);
            let own = children[node].iter().copied();
            roots.extend(own.filter(|&child| nodes[child].parent == Some(node) && !seen[child]));
        }
        // What was not reached hangs in a cycle: cut it at its first node.
        while next_uncut < nodes.len() && seen[next_uncut] {
            next_uncut += 1;
        }
        if next_uncut == nodes.len() {
            return (nodes, order);
        }
        warnings.push(format!(
            "node {next_uncut} is its own ancestor: the chain was cut there"
        ));
        nodes[next_uncut].parent = None;
        roots.push(next_uncut);
    }
}

/// The matrix, or the identity when it holds something that is not a number.
fn finite(matrix: Mat4) -> Mat4 {
    if matrix.is_finite() {
        matrix
    } else {
        Mat4::IDENTITY
    }
}
