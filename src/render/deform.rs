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

/// How a mesh moves, and what it looked like last.
#[derive(Debug)]
pub(super) struct Deform {
    /// The only thing that moves it, so that a matrix is enough: a joint's place in the skin.
    rigid_joint: Option<u16>,
    skinned: bool,
    used_joints: Vec<u16>,
    last_weights: Option<Vec<f32>>,
    last_palette: Vec<Mat4>,
    positions: Vec<Vec3>,
    normals: Vec<Vec3>,
    vertices: Vec<MovingVertex>,
}

impl Deform {
    pub(super) fn new(mesh: &Mesh) -> Self {
        let rigid_joint = mesh.only_joint();
        let skinned = mesh.skin.is_some() && rigid_joint.is_none();
        let mut used_joints: Vec<u16> = if skinned {
            let pairs = mesh
                .joints
                .iter()
                .flatten()
                .zip(mesh.weights.iter().flatten());
            pairs.filter(|(_, w)| **w > 0.0).map(|(j, _)| *j).collect()
        } else {
            Vec::new()
        };
        used_joints.sort_unstable();
        used_joints.dedup();
        Self {
            rigid_joint,
            skinned,
            used_joints,
            last_weights: None,
            last_palette: Vec::new(),
            positions: mesh.positions.clone(),
            normals: mesh.normals.clone(),
            vertices: Vec::new(),
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

    /// The vertices of the mesh with `index` in this pose, or `None` when they are as they were.
    pub(super) fn update(
        &mut self,
        index: usize,
        mesh: &Mesh,
        avatar: &Avatar,
        nodes: &[Mat4],
        face: &FaceWeights,
    ) -> Option<&[MovingVertex]> {
        let mut weights = face.of(index, &mesh.targets);
        for weight in &mut weights {
            if *weight < 1e-4 {
                *weight = 0.0;
            }
        }
        let palette: Vec<Mat4> = match mesh.skin {
            Some(skin) if self.skinned => {
                let skin = &avatar.rig.skins[skin];
                let matrix = |&joint: &u16| {
                    let joint = usize::from(joint);
                    nodes[skin.joints[joint]] * skin.joint_from_mesh[joint]
                };
                self.used_joints.iter().map(matrix).collect()
            }
            _ => Vec::new(),
        };
        let morphed = self.last_weights.as_ref() != Some(&weights);
        if !morphed && palette == self.last_palette {
            return None;
        }
        if morphed {
            self.morph(mesh, &weights);
        }
        self.last_weights = Some(weights);
        if self.skinned {
            self.skin(mesh, &palette);
        } else {
            let pairs = self.positions.iter().zip(&self.normals);
            self.vertices.clear();
            self.vertices
                .extend(pairs.map(|(p, n)| MovingVertex::new(*p, *n)));
        }
        self.last_palette = palette;
        Some(&self.vertices)
    }

    fn morph(&mut self, mesh: &Mesh, weights: &[f32]) {
        self.positions.copy_from_slice(&mesh.positions);
        self.normals.copy_from_slice(&mesh.normals);
        for (target, &weight) in mesh.targets.iter().zip(weights) {
            if weight == 0.0 {
                continue;
            }
            for delta in &target.deltas {
                let vertex = delta.vertex as usize;
                self.positions[vertex] += delta.position * weight;
                self.normals[vertex] += delta.normal * weight;
            }
        }
    }

    fn skin(&mut self, mesh: &Mesh, palette: &[Mat4]) {
        // From a joint of the skin to its place in the palette of used joints.
        let most = self
            .used_joints
            .last()
            .map_or(0, |last| usize::from(*last) + 1);
        let mut slot = vec![0usize; most.max(1)];
        for (place, joint) in self.used_joints.iter().enumerate() {
            slot[usize::from(*joint)] = place;
        }
        self.vertices.clear();
        self.vertices.reserve(self.positions.len());
        let influences = mesh.joints.iter().zip(&mesh.weights);
        for ((position, normal), (joints, weights)) in
            self.positions.iter().zip(&self.normals).zip(influences)
        {
            let mut blend = palette[slot[usize::from(joints[0])]] * weights[0];
            for (joint, &weight) in joints.iter().zip(weights).skip(1) {
                if weight > 0.0 {
                    blend += palette[slot[usize::from(*joint)]] * weight;
                }
            }
            self.vertices.push(MovingVertex::new(
                blend.transform_point3(*position),
                blend.transform_vector3(*normal),
            ));
        }
    }
}
