//! A host on the device: buffers and bind groups of an avatar, brought into a pose before each picture.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};
use wgpu::util::DeviceExt as _;

use super::bake::{self, Shade};
use super::deform::{Deform, MovingVertex};
use super::gpu::Gpu;
use super::hull::Hull;
use super::pipelines::{Bound, Key, Pipelines, Stage};
use super::standard;
use super::textures::Textures;
use super::toon_params;
use super::vertices::{fixed_vertices, front_first};
use crate::avatar::{Avatar, Factors, Material, Mesh};
use crate::media::{MediaTime, Pose, Size};

/// How many rows of four numbers a shader may be told about a material.
const PARAMS: usize = toon_params::ROWS;

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
    /// For each outfit of the avatar, or one where all are alike.
    fixed: Vec<wgpu::Buffer>,
    indices: wgpu::Buffer,
    index_count: u32,
    pub(super) bound: Bound,
    /// What the outline is drawn from where the surface's own vertices will not do.
    hull: Option<(Hull, wgpu::Buffer)>,
    factors: Factors,
    queue: i32,
    /// Where it lies, in model space: in its pose where what is behind shines through, else at rest.
    middle: Vec3,
    /// The same in the mesh's own space.
    middle_of_mesh: Vec3,
    model_from_mesh: Mat4,
}

/// A host on the device.
#[derive(Debug)]
pub(super) struct Host {
    avatar: Arc<Avatar>,
    pub(super) meshes: Vec<HostMesh>,
    /// What is worn.
    outfit: usize,
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
        let materials: Vec<Material> = (0..avatar.materials.len())
            .map(|material| at_its_most(&avatar, material))
            .collect();
        let mut meshes = Vec::new();
        for (index, (mesh, points)) in avatar.meshes.iter().zip(&points).enumerate() {
            let material = &materials[mesh.material];
            let bound = pipelines.bind(gpu, &textures, material, !mesh.uvs.is_empty());
            let mut own: Vec<&[Shade]> = shades.iter().map(|all| all[index].as_slice()).collect();
            if own.iter().all(|other| *other == own[0]) {
                own.truncate(1);
            }
            meshes.push(HostMesh::new(gpu, &avatar, mesh, points, &own, bound));
        }
        Self {
            avatar,
            meshes,
            outfit: 0,
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
        self.outfit = avatar.outfit(pose.outfit.as_deref());
        self.secs = at.as_secs_f64();
        // The wider the mouth stands open, the more light falls into it.
        self.mouth_light = 0.74 + 0.24 * face.opening;
        for (index, (part, mesh)) in self.meshes.iter_mut().zip(&avatar.meshes).enumerate() {
            if !mesh.worn.with(self.outfit) {
                continue;
            }
            let changed = face
                .materials
                .iter()
                .find(|(material, _)| *material == mesh.material);
            part.factors = changed.map_or(avatar.materials[mesh.material].factors, |(_, f)| *f);
            part.model_from_mesh = part.deform.model_from_mesh(mesh, avatar, &nodes);
            part.deform.update(index, mesh, avatar, &nodes, &face);
            if part.blends() {
                if let Some(vertices) = part.deform.changed() {
                    part.middle_of_mesh = middle(vertices.iter().map(|v| v.position.into()));
                }
                part.middle = part.model_from_mesh.transform_point3(part.middle_of_mesh);
            }
        }
    }

    /// Hands the device the vertices that changed.
    pub(super) fn upload(&mut self, gpu: &Gpu) {
        for part in &mut self.meshes {
            if let Some(vertices) = part.deform.take_changed() {
                let bytes = bytemuck::cast_slice(vertices);
                gpu.queue.write_buffer(&part.moving, 0, bytes);
                if let Some((hull, buffer)) = &mut part.hull {
                    let bytes = bytemuck::cast_slice(hull.update(vertices));
                    gpu.queue.write_buffer(buffer, 0, bytes);
                }
            }
        }
    }

    /// The meshes that are worn in drawing order, seen from `eye` along `forward`: what hides first, the nearest before what it hides,
    /// then what shines through, by its queue and the furthest first. Equals stay in the order of the file.
    pub(super) fn order(&self, eye: Vec3, forward: Vec3) -> Vec<usize> {
        let mut order: Vec<(Stage, i32, f32, usize)> = (0..)
            .zip(self.meshes.iter().zip(&self.avatar.meshes))
            .filter(|(_, (_, mesh))| mesh.worn.with(self.outfit))
            .map(|(index, (part, _))| {
                let world = self.world_from_model.transform_point3(part.middle);
                let depth = (world - eye).dot(forward);
                if part.blends() {
                    (part.bound.surface.stage(), part.queue, -depth, index)
                } else {
                    (part.bound.surface.stage(), 0, depth, index)
                }
            })
            .collect();
        order.sort_by(|a, b| {
            let by_kind = (a.0, a.1).cmp(&(b.0, b.1));
            by_kind.then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
        });
        order.into_iter().map(|(.., index)| index).collect()
    }

    /// Records the draw of the surface of one mesh or of its outline, as [`HostMesh::draw`].
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, mesh: usize, outline: bool) {
        self.meshes[mesh].draw(pass, self.outfit, outline);
    }

    /// The uniform block for one mesh, the same for its surface and its outline.
    pub(super) fn uniform(&self, mesh: usize) -> DrawUniform {
        let part = &self.meshes[mesh];
        let material = &self.avatar.materials[self.avatar.meshes[mesh].material];
        let told = match part.bound.surface {
            Key::Standard(_) => standard::params(material, &part.factors, self.mouth_light),
            Key::Toon(key) | Key::Outline(key) => {
                toon_params::params(key, material, &part.factors, self.secs)
            }
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
        avatar: &Avatar,
        mesh: &Mesh,
        points: &[Vec3],
        shades: &[&[Shade]],
        bound: Bound,
    ) -> Self {
        let material = &avatar.materials[mesh.material];
        let mut indices = mesh.indices.clone();
        if !bound.surface.blends() {
            front_first(&mut indices, points);
        }
        let buffer = |label, contents: &[u8], usage| {
            gpu.device
                .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some(label),
                    contents,
                    usage,
                })
        };
        let vertices = vec![MovingVertex::default(); mesh.positions.len()];
        let moving = |label| {
            buffer(
                label,
                bytemuck::cast_slice(&vertices),
                wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
            )
        };
        let fixed = |shades: &&[Shade]| {
            let fixed = fixed_vertices(mesh, material, shades, &avatar.images, points);
            let bytes = bytemuck::cast_slice(&fixed);
            buffer("fixed vertices", bytes, wgpu::BufferUsages::VERTEX)
        };
        let hull = bound.outline.and_then(|_| Hull::new(mesh));
        Self {
            deform: Deform::new(mesh),
            moving: moving("moving vertices"),
            hull: hull.map(|hull| (hull, moving("hull"))),
            fixed: shades.iter().map(fixed).collect(),
            index_count: u32::try_from(indices.len()).unwrap_or(0),
            indices: buffer(
                "indices",
                bytemuck::cast_slice(&indices),
                wgpu::BufferUsages::INDEX,
            ),
            bound,
            factors: material.factors,
            queue: material.queue,
            middle: middle(points.iter().copied()),
            middle_of_mesh: Vec3::ZERO,
            model_from_mesh: Mat4::IDENTITY,
        }
    }

    /// Whether what is behind shines through.
    pub(super) fn blends(&self) -> bool {
        self.bound.surface.blends()
    }

    /// Records the draw of the surface or of its outline; the pipeline, group 0 and its offset are set already.
    fn draw(&self, pass: &mut wgpu::RenderPass<'_>, outfit: usize, outline: bool) {
        let hull = self.hull.as_ref().filter(|_| outline);
        let moving = hull.map_or(&self.moving, |(_, buffer)| buffer);
        pass.set_bind_group(1, &self.bound.group, &[]);
        pass.set_vertex_buffer(0, moving.slice(..));
        let fixed = self.fixed.get(outfit).unwrap_or(&self.fixed[0]);
        pass.set_vertex_buffer(1, fixed.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..self.index_count, 0, 0..1);
    }
}

/// The middle of some points.
fn middle(points: impl ExactSizeIterator<Item = Vec3>) -> Vec3 {
    let count = points.len().max(1) as f32;
    points.sum::<Vec3>() / count
}

/// A material of `avatar` as it asks most of a shader: at rest, with every light that an expression can switch on.
fn at_its_most(avatar: &Avatar, material: usize) -> Material {
    let mut most = avatar.materials[material].clone();
    let changes = avatar.expressions().iter().flat_map(|e| &e.materials);
    for (_, factors) in changes.filter(|(changed, _)| *changed == material) {
        let most = &mut most.factors;
        let brightest = |most: &mut [f32; 3], other: [f32; 3]| {
            *most = [0, 1, 2].map(|i| most[i].max(other[i]));
        };
        brightest(&mut most.emissive, factors.emissive);
        brightest(&mut most.rim, factors.rim);
        brightest(&mut most.matcap, factors.matcap);
        if factors.shade != factors.base_color[..3] {
            most.shade = factors.shade;
            most.base_color = factors.base_color;
        }
    }
    most
}
