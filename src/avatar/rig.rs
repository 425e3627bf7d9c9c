//! The skeleton: nodes, skins, which node is which bone, and where every node stands in a [`Pose`].
//!
//! Model space is that of `media::Angles::to_quat`: metres, +X to the host's left, +Y up, +Z where the host looks.

use std::collections::BTreeMap;

use glam::{Mat4, Quat, Vec3};

use super::container::malformed;
use super::error::Result;
use super::visemes::closed_share;
use crate::media::{Angles, Bone, Pose, Shape};

/// The share of the head's turn that the neck takes; the head takes the rest.
const NECK_SHARE: f32 = 0.4;
/// Eyes turn at most so far against the head, degrees.
const MAX_GAZE_DEG: f32 = 35.0;
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
    /// Bones that could be found.
    pub bones: BTreeMap<Bone, usize>,
    /// The node of the left eye.
    pub left_eye: Option<usize>,
    /// The node of the right eye.
    pub right_eye: Option<usize>,
    /// The node of the jaw, when only it opens the mouth.
    pub jaw: Option<usize>,
    /// Every node at rest, in model space.
    pub rest: Vec<Mat4>,
    order: Vec<usize>,
    model_from_file: Mat4,
}

impl Rig {
    /// Reads the skeleton. `faces_back` turns a VRM 0.x avatar, which looks along -Z.
    pub(super) fn read(
        document: &gltf::Document,
        reader: &super::accessor::Reader<'_>,
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
        let humanoid = super::vrm::humanoid_nodes(document);
        let faces_back = document.extension_value("VRM").is_some();
        let mut rig = Self {
            bones: BTreeMap::new(),
            left_eye: None,
            right_eye: None,
            jaw: None,
            rest: Vec::new(),
            model_from_file: if faces_back {
                Mat4::from_rotation_y(std::f32::consts::PI)
            } else {
                Mat4::IDENTITY
            },
            nodes,
            skins,
            order,
        };
        rig.rest = rig.solve(&[], &BTreeMap::new());
        rig.find_bones(&humanoid);
        Ok(rig)
    }

    /// The node of `bone`.
    pub fn bone(&self, bone: Bone) -> Option<usize> {
        self.bones.get(&bone).copied()
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
        let gaze = gaze_angles(pose).to_quat();
        turn(self.left_eye, gaze);
        turn(self.right_eye, gaze);
        let face = pose.blendshapes.clamped();
        let opening = face[Shape::JawOpen] * (1.0 - closed_share(&face));
        let jaw = Angles {
            pitch_deg: -JAW_RANGE_DEG * opening,
            ..Angles::default()
        };
        turn(self.jaw, jaw.to_quat());
        self.solve(&pose.nodes, &turns)
    }

    /// All nodes in model space. `moved` are nodes that stand otherwise than at rest, by rising index; `turns` are further
    /// turns (in model space, against the rest pose) of some of them.
    fn solve(&self, moved: &[(u32, Mat4)], turns: &BTreeMap<usize, Quat>) -> Vec<Mat4> {
        let mut placed = vec![self.model_from_file; self.nodes.len()];
        for &index in &self.order {
            let node = &self.nodes[index];
            let model_from_parent = node
                .parent
                .map_or(self.model_from_file, |parent| placed[parent]);
            let place = moved.binary_search_by_key(&index, |(node, _)| *node as usize);
            let mut local = place.map_or(node.parent_from_node, |place| moved[place].1);
            if let Some(&turn) = turns.get(&index) {
                // The turn is given in model space at rest; the parent's rest rotation brings it into the node's frame.
                let rest_parent = node.parent.map_or(self.model_from_file, |p| self.rest[p]);
                let (_, parent_turn, _) = rest_parent.to_scale_rotation_translation();
                let parent_turn = if parent_turn.is_finite() {
                    parent_turn
                } else {
                    Quat::IDENTITY
                };
                let by = parent_turn.inverse() * turn * parent_turn;
                let place = local.w_axis;
                local.w_axis = Vec3::ZERO.extend(1.0);
                local = Mat4::from_quat(by) * local;
                local.w_axis = place;
            }
            placed[index] = model_from_parent * local;
        }
        placed
    }

    fn find_bones(&mut self, humanoid: &BTreeMap<String, usize>) {
        let plain: Vec<String> = self.nodes.iter().map(|n| plain_name(&n.name)).collect();
        let in_skin: Vec<bool> = {
            let mut used = vec![false; self.nodes.len()];
            for joint in self.skins.iter().flat_map(|skin| &skin.joints) {
                used[*joint] = true;
            }
            used
        };
        let find = |vrm_name: &str, names: &[&str]| -> Option<usize> {
            if let Some(&node) = humanoid.get(vrm_name) {
                return (node < plain.len()).then_some(node);
            }
            if !humanoid.is_empty() {
                return None;
            }
            let matching = |joints_only: bool| {
                names.iter().find_map(|name| {
                    (0..plain.len())
                        .find(|&node| plain[node] == *name && (in_skin[node] || !joints_only))
                })
            };
            matching(true).or_else(|| matching(false))
        };
        for (bone, vrm_name, names) in BONE_NAMES {
            if let Some(node) = find(vrm_name, names) {
                self.bones.insert(bone, node);
            }
        }
        self.left_eye = find("leftEye", &["lefteye", "eyeleft", "eyel", "leye"]);
        self.right_eye = find("rightEye", &["righteye", "eyeright", "eyer", "reye"]);
        self.jaw = find("jaw", &["jaw", "jawbone", "lowerjaw", "mandible"]);
    }
}

/// Usual names of bones: the VRM name, then what remains of other rigs' names after [`plain_name`].
const BONE_NAMES: [(Bone, &str, &[&str]); 14] = [
    (Bone::Hips, "hips", &["hips", "hip", "pelvis"]),
    (
        Bone::Spine,
        "spine",
        &["spine", "spine01", "abdomen", "torso"],
    ),
    (Bone::Chest, "chest", &["chest", "spine1", "spine02"]),
    (
        Bone::UpperChest,
        "upperChest",
        &["upperchest", "spine2", "spine03"],
    ),
    (Bone::Neck, "neck", &["neck", "neck1", "neck01"]),
    (Bone::Head, "head", &["head"]),
    (
        Bone::LeftShoulder,
        "leftShoulder",
        &["leftshoulder", "shoulderl", "claviclel"],
    ),
    (
        Bone::LeftUpperArm,
        "leftUpperArm",
        &["leftupperarm", "leftarm", "upperarml"],
    ),
    (
        Bone::LeftLowerArm,
        "leftLowerArm",
        &["leftlowerarm", "leftforearm", "lowerarml"],
    ),
    (
        Bone::LeftHand,
        "leftHand",
        &["lefthand", "handl", "leftwrist"],
    ),
    (
        Bone::RightShoulder,
        "rightShoulder",
        &["rightshoulder", "shoulderr", "clavicler"],
    ),
    (
        Bone::RightUpperArm,
        "rightUpperArm",
        &["rightupperarm", "rightarm", "upperarmr"],
    ),
    (
        Bone::RightLowerArm,
        "rightLowerArm",
        &["rightlowerarm", "rightforearm", "lowerarmr"],
    ),
    (
        Bone::RightHand,
        "rightHand",
        &["righthand", "handr", "rightwrist"],
    ),
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

/// Lower case letters and digits only, without a rig's prefix such as `mixamorig:`.
fn plain_name(name: &str) -> String {
    let name = name.rsplit(':').next().unwrap_or(name);
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    plain
        .strip_prefix("mixamorig")
        .map(str::to_owned)
        .unwrap_or(plain)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_rigs_are_reduced() {
        assert_eq!(plain_name("mixamorig:LeftForeArm"), "leftforearm");
        assert_eq!(plain_name("mixamorigHead"), "head");
        assert_eq!(plain_name("Left Eye"), "lefteye");
        assert_eq!(plain_name("upper_arm.L"), "upperarml");
    }
}
