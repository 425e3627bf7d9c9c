//! A host on the device: buffers and bind groups of an avatar, brought into a pose before each picture.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};
use wgpu::util::DeviceExt as _;

use super::bake::{self, Shade};
use super::deform::{Deform, MovingVertex};
use super::gpu::Gpu;
use super::pipelines::{Bound, Key, Pipelines};
use super::textures::Textures;
use super::vertices::{fixed_vertices, front_first};
use super::{standard, toon};
use crate::avatar::{Avatar, Factors, Material, Mesh};
use crate::media::{MediaTime, Pose, Size};

/// How many rows of four numbers a shader may be told about a material.
const PARAMS: usize = 12;

/// The uniform block of one draw; `Draw` in the shaders.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct DrawUniform {
    world_from_mesh: [f32; 16],
    params: [[f32; 4]; PARAMS],
}

/// One mesh of a host on the device.
#[derive(Debug)]
pub(super) struct HostMesh {
    deform: Deform,
    moving: wgpu::Buffer,
    fixed: wgpu::Buffer,
    indices: wgpu::Buffer,
    index_count: u32,
    pub(super) bound: Bound,
    factors: Factors,
    /// Where it lies at rest, model space.
    middle: Vec3,
    model_from_mesh: Mat4,
}

/// A host on the device.
#[derive(Debug)]
pub(super) struct Host {
    avatar: Arc<Avatar>,
    pub(super) meshes: Vec<HostMesh>,
    /// Meshes in drawing order: what lies in front first, blended ones last.
    pub(super) order: Vec<usize>,
    world_from_model: Mat4,
    mouth_light: f32,
    secs: f64,
}

impl Host {
    /// Uploads `avatar`. `mips` is for devices that filter well.
    pub(super) fn new(
        gpu: &Gpu,
        pipelines: &mut Pipelines,
        avatar: Arc<Avatar>,
        size: Size,
        mips: bool,
    ) -> Self {
        let textures = Textures::new(gpu, &avatar, size, mips);
        let points = avatar.rest_points();
        let shades = bake::bake(&avatar);
        let mut meshes = Vec::new();
        for ((mesh, points), shades) in avatar.meshes.iter().zip(&points).zip(&shades) {
            let material = &avatar.materials[mesh.material];
            let bound = pipelines.bind(gpu, &textures, material, !mesh.uvs.is_empty());
            meshes.push(HostMesh::new(gpu, mesh, material, points, shades, bound));
        }
        let mut order: Vec<usize> = (0..meshes.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b): (&HostMesh, &HostMesh) = (&meshes[a], &meshes[b]);
            let front_first = b.middle.z.total_cmp(&a.middle.z);
            let blended = a.blends().cmp(&b.blends());
            blended.then(if a.blends() {
                front_first.reverse()
            } else {
                front_first
            })
        });
        Self {
            avatar,
            meshes,
            order,
            world_from_model: Mat4::IDENTITY,
            mouth_light: 1.0,
            secs: 0.0,
        }
    }

    /// Brings the host into `pose` at `world_from_model`, `at` in the show.
    pub(super) fn pose(&mut self, pose: &Pose, world_from_model: Mat4, at: MediaTime) {
        let avatar = &self.avatar;
        let nodes = avatar.posed(pose);
        let face = avatar.face_weights(pose);
        self.world_from_model = world_from_model;
        self.secs = at.as_secs_f64();
        // The wider the mouth stands open, the more light falls into it.
        self.mouth_light = 0.74 + 0.24 * face.opening;
        for (index, (part, mesh)) in self.meshes.iter_mut().zip(&avatar.meshes).enumerate() {
            let changed = face
                .materials
                .iter()
                .find(|(material, _)| *material == mesh.material);
            part.factors = changed.map_or(avatar.materials[mesh.material].factors, |(_, f)| *f);
            part.model_from_mesh = part.deform.model_from_mesh(mesh, avatar, &nodes);
            part.deform.update(index, mesh, avatar, &nodes, &face);
        }
    }

    /// Hands the device the vertices that changed.
    pub(super) fn upload(&mut self, gpu: &Gpu) {
        for part in &mut self.meshes {
            if let Some(vertices) = part.deform.take_changed() {
                let bytes = bytemuck::cast_slice(vertices);
                gpu.queue.write_buffer(&part.moving, 0, bytes);
            }
        }
    }

    /// The uniform block for one mesh, the same for its surface and its outline.
    pub(super) fn uniform(&self, mesh: usize) -> DrawUniform {
        let part = &self.meshes[mesh];
        let material = &self.avatar.materials[self.avatar.meshes[mesh].material];
        let told = match part.bound.surface {
            Key::Standard(_) => standard::params(material, &part.factors, self.mouth_light),
            Key::Toon(_) | Key::Outline(_) => toon::params(material, &part.factors, self.secs),
        };
        debug_assert!(told.len() <= PARAMS, "{} rows", told.len());
        let mut params = [[0.0; 4]; PARAMS];
        for (row, told) in params.iter_mut().zip(told) {
            *row = told;
        }
        DrawUniform {
            world_from_mesh: (self.world_from_model * part.model_from_mesh).to_cols_array(),
            params,
        }
    }
}

impl HostMesh {
    fn new(
        gpu: &Gpu,
        mesh: &Mesh,
        material: &Material,
        points: &[Vec3],
        shades: &[Shade],
        bound: Bound,
    ) -> Self {
        let mut indices = mesh.indices.clone();
        if !bound.surface.blends() {
            front_first(&mut indices, points);
        }
        let fixed = fixed_vertices(mesh, material, shades);
        let buffer = |label, contents: &[u8], usage| {
            gpu.device
                .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some(label),
                    contents,
                    usage,
                })
        };
        let vertices = vec![MovingVertex::default(); mesh.positions.len()];
        Self {
            deform: Deform::new(mesh),
            moving: buffer(
                "moving vertices",
                bytemuck::cast_slice(&vertices),
                wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
            ),
            fixed: buffer(
                "fixed vertices",
                bytemuck::cast_slice(&fixed),
                wgpu::BufferUsages::VERTEX,
            ),
            index_count: u32::try_from(indices.len()).unwrap_or(0),
            indices: buffer(
                "indices",
                bytemuck::cast_slice(&indices),
                wgpu::BufferUsages::INDEX,
            ),
            bound,
            factors: material.factors,
            middle: points.iter().copied().sum::<Vec3>() / points.len().max(1) as f32,
            model_from_mesh: Mat4::IDENTITY,
        }
    }

    /// Whether what is behind shines through.
    pub(super) fn blends(&self) -> bool {
        self.bound.surface.blends()
    }

    /// Records the draw; the pipeline, group 0 and its offset are set already.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        pass.set_bind_group(1, &self.bound.group, &[]);
        pass.set_vertex_buffer(0, self.moving.slice(..));
        pass.set_vertex_buffer(1, self.fixed.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..self.index_count, 0, 0..1);
    }
}
