//! Where the face is: measured on the rest pose, for camera framing.

use glam::{Mat4, Vec3};

use super::face::visemes::Viseme;
use super::{Avatar, Mesh, Surface};
use crate::media::{Bone, Pose, Shape};

/// A standing adult whose head has this height is 7.5 heads tall (figure drawing rule); used where nothing is known.
const HEADS_TALL: f32 = 7.5;

/// Places of a host in model space, metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Landmarks {
    /// The middle between the eyes.
    pub eyes: Vec3,
    /// The height of the top of the head, hair included.
    pub crown_m: f32,
    /// The height of the lowest point of the chin.
    pub chin_m: f32,
    /// The height where the model ends below: its soles, or where a bust is cut off.
    pub floor_m: f32,
}

impl Landmarks {
    /// Measures `avatar` at rest in each of its outfits, once where it has none; `points` are its vertices, `eyes_from_head`
    /// is where the file says the eyes are, in the space of the head bone.
    pub(super) fn of_outfits(
        avatar: &Avatar,
        points: &[Vec<Vec3>],
        eyes_from_head: Option<Vec3>,
    ) -> Vec<Self> {
        (0..avatar.outfits().len().max(1))
            .map(|outfit| Self::find(avatar, points, outfit, eyes_from_head))
            .collect()
    }

    /// The same in the outfit of this place.
    fn find(
        avatar: &Avatar,
        points: &[Vec<Vec3>],
        outfit: usize,
        eyes_from_head: Option<Vec3>,
    ) -> Self {
        let rig = &avatar.rig;
        let worn = || avatar.meshes.iter().map(|mesh| mesh.worn.with(outfit));
        let drawn = || points.iter().zip(worn()).filter(|(_, worn)| *worn);
        let all = || drawn().flat_map(|(points, _)| points).copied();
        let lowest = all().map(|p| p.y).fold(f32::INFINITY, f32::min);
        let highest = all().map(|p| p.y).fold(f32::NEG_INFINITY, f32::max);
        if lowest > highest {
            return Self::default();
        }
        let place = |node: Option<usize>| node.map(|n| rig.rest[n].w_axis.truncate());
        let head = place(rig.bone(Bone::Head));
        // Hands may be higher than the head only when the rest pose is odd: the crown is measured near the head's axis.
        let crown = head.map_or(highest, |head| {
            let reach = (highest - head.y).abs().max(0.05) * 0.7;
            all()
                .filter(|p| (p.x - head.x).abs() < reach && (p.z - head.z).abs() < reach)
                .map(|p| p.y)
                .fold(head.y, f32::max)
        });
        let height = crown - lowest;
        let head_height = height / HEADS_TALL;
        let stated = eyes_from_head
            .zip(rig.bone(Bone::Head))
            .map(|(offset, head)| rig.rest[head].transform_point3(offset))
            .filter(|eyes| eyes.y < crown && eyes.y > lowest);
        let eyes = match (place(rig.left_eye), place(rig.right_eye)) {
            (Some(left), Some(right)) => (left + right) / 2.0,
            (Some(one), None) | (None, Some(one)) => Vec3::new(0.0, one.y, one.z),
            (None, None) if stated.is_some() => stated.unwrap_or_default(),
            (None, None) => head.map_or(Vec3::new(0.0, crown - 0.5 * head_height, 0.0), |head| {
                Vec3::new(head.x, head.y + 0.45 * (crown - head.y), head.z)
            }),
        };
        let chin = chin(avatar, points, eyes)
            .or_else(|| head.map(|head| head.y))
            .filter(|chin| *chin < eyes.y && *chin > lowest)
            .unwrap_or(eyes.y - (crown - eyes.y).abs().max(0.5 * head_height));
        Self {
            eyes,
            crown_m: crown,
            chin_m: chin,
            floor_m: lowest,
        }
    }
}

/// The lowest skin that an opening jaw moves and that lies near the middle of the face.
fn chin(avatar: &Avatar, points: &[Vec<Vec3>], eyes: Vec3) -> Option<f32> {
    let mut lowest: Option<f32> = None;
    for (mesh, points) in avatar.meshes.iter().zip(points) {
        let surface = avatar.materials[mesh.material].surface;
        if matches!(surface, Surface::Mouth | Surface::Eye | Surface::Lash) {
            continue;
        }
        let Some(jaw) = mesh.targets.iter().find(|target| {
            target.shape == Some(Shape::JawOpen) || target.visemes[Viseme::Aa as usize] > 0.0
        }) else {
            continue;
        };
        let most = jaw
            .deltas
            .iter()
            .map(|d| d.position.length())
            .fold(0.0, f32::max);
        // Half of the fullest movement keeps out the neck, which follows a little.
        for delta in jaw
            .deltas
            .iter()
            .filter(|d| d.position.length() > 0.5 * most)
        {
            let point = points[delta.vertex as usize];
            let in_front = point.z > eyes.z - 0.08;
            if in_front && lowest.is_none_or(|low| point.y < low) {
                lowest = Some(point.y);
            }
        }
    }
    lowest
}

impl Avatar {
    /// All vertices at rest in model space, by mesh.
    pub fn rest_points(&self) -> Vec<Vec<Vec3>> {
        self.points(&self.rig.rest)
    }

    /// All vertices in `pose` in model space, by mesh: morph targets, then joints.
    pub fn posed_points(&self, pose: &Pose) -> Vec<Vec<Vec3>> {
        let (nodes, face) = (self.posed(pose), self.face_weights(pose));
        let meshes = self.meshes.iter().enumerate();
        meshes
            .map(|(index, mesh)| {
                let mut positions = mesh.positions.clone();
                for (target, weight) in mesh.targets.iter().zip(face.of(index, &mesh.targets)) {
                    for delta in target.deltas.iter().filter(|_| weight > 0.0) {
                        positions[delta.vertex as usize] += delta.position * weight;
                    }
                }
                for (vertex, position) in positions.iter_mut().enumerate() {
                    let placed = self.matrix(&nodes, mesh, vertex);
                    *position = placed.transform_point3(*position);
                }
                positions
            })
            .collect()
    }

    /// All vertices in model space, by mesh, where the nodes stand as [`Avatar::posed`] says; without morph targets.
    pub fn points(&self, nodes: &[Mat4]) -> Vec<Vec<Vec3>> {
        let meshes = self.meshes.iter();
        meshes
            .map(|mesh| {
                let place = |(vertex, position): (usize, &Vec3)| {
                    self.matrix(nodes, mesh, vertex).transform_point3(*position)
                };
                mesh.positions.iter().enumerate().map(place).collect()
            })
            .collect()
    }

    /// From the space of `mesh` to model space at rest, for one of its vertices.
    pub(super) fn rest_matrix(&self, mesh: &Mesh, vertex: usize) -> Mat4 {
        self.matrix(&self.rig.rest, mesh, vertex)
    }

    fn matrix(&self, nodes: &[Mat4], mesh: &Mesh, vertex: usize) -> Mat4 {
        let skin = mesh.skin.map(|skin| &self.rig.skins[skin]);
        let (Some(skin), Some(joints)) = (skin, mesh.joints.get(vertex)) else {
            return nodes[mesh.node];
        };
        let pairs = joints.iter().zip(mesh.weights[vertex]);
        let moving = pairs.filter(|(_, weight)| *weight > 0.0);
        let placed = moving.map(|(joint, weight)| {
            let joint = usize::from(*joint);
            nodes[skin.joints[joint]] * skin.joint_from_mesh[joint] * weight
        });
        placed.fold(Mat4::ZERO, |sum, matrix| sum + matrix)
    }
}
