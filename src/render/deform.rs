//! Morph targets and skinning on the CPU: measured cheaper than in a shader wherever the CPU also draws, and no dearer
//! to upload than the weights would be.

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};

use crate::avatar::{Avatar, FaceWeights, Mesh};

/// What changes about a vertex from frame to frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct MovingVertex {
    /// In the space of the draw's matrix.
    pub(super) position: [f32; 3],
    /// Unit length, signed normalised.
    pub(super) normal: [i16; 4],
}

impl MovingVertex {
    pub(super) fn new(position: Vec3, normal: Vec3) -> Self {
        let normal = normal.normalize_or(Vec3::Z) * 32767.0;
        #[allow(clippy::cast_possible_truncation, reason = "within -32767..=32767")]
        Self {
            position: position.to_array(),
            normal: [normal.x as i16, normal.y as i16, normal.z as i16, 0],
        }
    }
}

/// How a mesh moves, and what it looked like last. What it looks like is a function of the pose alone: a mesh that
/// missed poses looks the same as one that saw them all.
#[derive(Debug)]
pub(super) struct Deform {
    /// The only thing that moves it, so that a matrix is enough: a joint's place in the skin.
    rigid_joint: Option<u16>,
    /// Joints of the skin that move something, in rising order.
    used_joints: Vec<u16>,
    /// For each vertex the places of its joints in `used_joints`; empty where no skin moves the vertices.
    slots: Vec<[u16; 4]>,
    weights: Option<Vec<f32>>,
    palette: Vec<Mat4>,
    positions: Vec<Vec3>,
    normals: Vec<Vec3>,
    /// Vertices that are not where the file has them; some more than once.
    morphed: Vec<u32>,
    vertices: Vec<MovingVertex>,
    changed: bool,
}

impl Deform {
    pub(super) fn new(mesh: &Mesh) -> Self {
        let rigid_joint = mesh.only_joint();
        let skinned = mesh.skin.is_some() && rigid_joint.is_none();
        let (mut used_joints, mut slots) = (Vec::new(), Vec::new());
        if skinned {
            let pairs = mesh
                .joints
                .iter()
                .flatten()
                .zip(mesh.weights.iter().flatten());
            used_joints = pairs.filter(|(_, w)| **w > 0.0).map(|(j, _)| *j).collect();
            used_joints.sort_unstable();
            used_joints.dedup();
            // Where the weight is 0 any place will do.
            let place = |joint: u16| used_joints.binary_search(&joint).unwrap_or(0);
            let place = |joint| u16::try_from(place(joint)).unwrap_or(0);
            slots = mesh.joints.iter().map(|j| j.map(place)).collect();
        }
        Self {
            rigid_joint,
            used_joints,
            slots,
            weights: None,
            palette: Vec::new(),
            positions: mesh.positions.clone(),
            normals: mesh.normals.clone(),
            morphed: Vec::new(),
            vertices: vec![MovingVertex::default(); mesh.positions.len()],
            changed: false,
        }
    }

    /// The matrix to draw the mesh with, given all nodes in model space.
    pub(super) fn model_from_mesh(&self, mesh: &Mesh, avatar: &Avatar, nodes: &[Mat4]) -> Mat4 {
        match (mesh.skin, self.rigid_joint) {
            // Skinned vertices are in model space already.
            (Some(_), None) => Mat4::IDENTITY,
            (Some(skin), Some(joint)) => {
                let skin = &avatar.rig.skins[skin];
                let joint = usize::from(joint);
                nodes[skin.joints[joint]] * skin.joint_from_mesh[joint]
            }
            (None, _) => nodes[mesh.node],
        }
    }

    /// Brings the mesh with `index` into a pose; what is as it was is not worked out again.
    pub(super) fn update(
        &mut self,
        index: usize,
        mesh: &Mesh,
        avatar: &Avatar,
        nodes: &[Mat4],
        face: &FaceWeights,
    ) {
        let mut weights = face.of(index, &mesh.targets);
        for weight in &mut weights {
            if *weight < 1e-4 {
                *weight = 0.0;
            }
        }
        let palette: Vec<Mat4> = match mesh.skin {
            Some(skin) if !self.slots.is_empty() => {
                let skin = &avatar.rig.skins[skin];
                let matrix = |&joint: &u16| {
                    let joint = usize::from(joint);
                    nodes[skin.joints[joint]] * skin.joint_from_mesh[joint]
                };
                self.used_joints.iter().map(matrix).collect()
            }
            _ => Vec::new(),
        };
        let first = self.weights.is_none();
        let moved = first || palette != self.palette;
        let mut stale = Vec::new();
        if self.weights.as_ref() != Some(&weights) {
            stale = self.morph(mesh, &weights);
            self.weights = Some(weights);
        }
        self.palette = palette;
        if moved {
            for vertex in 0..self.positions.len() {
                self.vertices[vertex] = self.placed(mesh, vertex);
            }
        } else {
            for &vertex in stale.iter().chain(&self.morphed) {
                let vertex = vertex as usize;
                self.vertices[vertex] = self.placed(mesh, vertex);
            }
        }
        self.changed |= moved || !stale.is_empty() || !self.morphed.is_empty();
    }

    /// The vertices, when they are to be uploaded.
    pub(super) fn changed(&self) -> Option<&[MovingVertex]> {
        self.changed.then_some(self.vertices.as_slice())
    }

    /// The vertices, when they changed since the last call.
    pub(super) fn take_changed(&mut self) -> Option<&[MovingVertex]> {
        std::mem::take(&mut self.changed).then_some(self.vertices.as_slice())
    }

    /// Applies the targets; gives the vertices that were morphed before.
    fn morph(&mut self, mesh: &Mesh, weights: &[f32]) -> Vec<u32> {
        let before = std::mem::take(&mut self.morphed);
        for &vertex in &before {
            let vertex = vertex as usize;
            self.positions[vertex] = mesh.positions[vertex];
            self.normals[vertex] = mesh.normals[vertex];
        }
        for (target, &weight) in mesh.targets.iter().zip(weights) {
            if weight == 0.0 {
                continue;
            }
            for delta in &target.deltas {
                let vertex = delta.vertex as usize;
                self.positions[vertex] += delta.position * weight;
                self.normals[vertex] += delta.normal * weight;
            }
            self.morphed
                .extend(target.deltas.iter().map(|delta| delta.vertex));
        }
        before
    }

    /// Where the joints carry a vertex.
    fn placed(&self, mesh: &Mesh, vertex: usize) -> MovingVertex {
        let (position, normal) = (self.positions[vertex], self.normals[vertex]);
        let Some(slots) = self.slots.get(vertex) else {
            return MovingVertex::new(position, normal);
        };
        let weights = mesh.weights[vertex];
        let mut blend = self.palette[usize::from(slots[0])] * weights[0];
        for (slot, &weight) in slots.iter().zip(&weights).skip(1) {
            if weight > 0.0 {
                blend += self.palette[usize::from(*slot)] * weight;
            }
        }
        MovingVertex::new(
            blend.transform_point3(position),
            blend.transform_vector3(normal),
        )
    }
}
