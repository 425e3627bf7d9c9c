//! A host on the device: buffers and bind groups of an avatar, brought into a pose before each picture.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};
use wgpu::util::DeviceExt as _;

use super::bake::{self, Shade};
use super::deform::{Deform, MovingVertex};
use super::gpu::Gpu;
use super::pipelines::{Key, Pipelines};
use super::texture;
use crate::avatar::{Alpha, Avatar, Material, Mesh, Surface};
use crate::media::{Bitmap, Pose, Size};

/// WGSL of the pass that draws hosts.
pub const HOST_WGSL: &str = include_str!("../../shaders/host.wgsl");

/// Bytes of one vertex that moves.
pub(super) const MOVING_VERTEX_BYTES: u64 = size_of::<MovingVertex>() as u64;
/// Bytes of the part of a vertex that never changes.
pub(super) const FIXED_VERTEX_BYTES: u64 = size_of::<FixedVertex>() as u64;

/// The part of a vertex that never changes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct FixedVertex {
    uv: [f32; 2],
    color: [u8; 4],
    shade: [u8; 4],
    tangent: [i8; 4],
}

/// The uniform block of one draw; `Draw` in `host.wgsl`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct DrawUniform {
    world_from_mesh: [f32; 16],
    base: [f32; 4],
    extra: [f32; 4],
}

/// One mesh of a host on the device.
#[derive(Debug)]
pub(super) struct HostMesh {
    deform: Deform,
    moving: wgpu::Buffer,
    fixed: wgpu::Buffer,
    indices: wgpu::Buffer,
    index_count: u32,
    material: wgpu::BindGroup,
    pub(super) key: Key,
    base: [f32; 4],
    extra: [f32; 4],
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
        let halvings = if mips {
            vec![0; avatar.images.len()]
        } else {
            texture::halvings(&avatar, size.height.max(size.width))
        };
        let views: Vec<Option<wgpu::TextureView>> = avatar
            .images
            .iter()
            .zip(halvings)
            .map(|(image, halvings)| {
                let image = image.as_deref()?;
                Some(texture::upload(gpu, image, halvings, mips))
            })
            .collect();
        let white = Bitmap {
            size: Size::new(1, 1),
            rgba: vec![255; 4],
        };
        let white = texture::upload(gpu, &white, 0, false);
        let samplers =
            [false, true].map(|repeat| sampler(gpu, repeat, if mips { 32.0 } else { 0.0 }));
        let points = avatar.rest_points();
        let shades = bake::bake(&avatar);
        let mut meshes = Vec::new();
        for ((mesh, points), shades) in avatar.meshes.iter().zip(&points).zip(&shades) {
            let material = &avatar.materials[mesh.material];
            let view = material.image.and_then(|image| views[image].as_ref());
            let textured = view.is_some() && !mesh.uvs.is_empty();
            let key = Key::new(material, textured);
            pipelines.prepare(gpu, key);
            let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("material"),
                layout: &pipelines.material_layout,
                entries: &[
                    wgpu::BindGroupEntry {
                        binding: 0,
                        resource: wgpu::BindingResource::TextureView(
                            view.filter(|_| textured).unwrap_or(&white),
                        ),
                    },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: wgpu::BindingResource::Sampler(
                            &samplers[usize::from(material.repeat)],
                        ),
                    },
                ],
            });
            meshes.push(HostMesh::new(
                gpu, mesh, material, points, shades, key, group,
            ));
        }
        let mut order: Vec<usize> = (0..meshes.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b): (&HostMesh, &HostMesh) = (&meshes[a], &meshes[b]);
            let front_first = b.middle.z.total_cmp(&a.middle.z);
            let blended = a.key.blends().cmp(&b.key.blends());
            blended.then(if a.key.blends() {
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
        }
    }

    /// Brings the host into `pose` at `world_from_model`; uploads only what changed.
    pub(super) fn pose(&mut self, gpu: &Gpu, pose: &Pose, world_from_model: Mat4) {
        let avatar = &self.avatar;
        let nodes = avatar.posed(pose);
        let face = avatar.face_weights(pose);
        self.world_from_model = world_from_model;
        // The wider the mouth stands open, the more light falls into it.
        self.mouth_light = 0.74 + 0.24 * face.opening;
        for (part, mesh) in self.meshes.iter_mut().zip(&avatar.meshes) {
            part.model_from_mesh = part.deform.model_from_mesh(mesh, avatar, &nodes);
            if let Some(vertices) = part.deform.update(mesh, avatar, &nodes, &face) {
                let bytes = bytemuck::cast_slice(vertices);
                gpu.queue.write_buffer(&part.moving, 0, bytes);
            }
        }
    }

    /// The uniform block for one mesh.
    pub(super) fn uniform(&self, mesh: usize) -> DrawUniform {
        let part = &self.meshes[mesh];
        let mut extra = part.extra;
        extra[0] = self.mouth_light;
        DrawUniform {
            world_from_mesh: (self.world_from_model * part.model_from_mesh).to_cols_array(),
            base: part.base,
            extra,
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
        key: Key,
        group: wgpu::BindGroup,
    ) -> Self {
        let mut indices = mesh.indices.clone();
        if !key.blends() {
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
        // Glossy where smooth; cloth hardly at all.
        let smooth = 1.0 - material.roughness;
        let (gloss, exponent) = match material.surface {
            Surface::Skin => (0.085, 18.0),
            Surface::Mouth => (0.35, 40.0),
            _ => (0.02 + 0.22 * smooth * smooth, 6.0 + 60.0 * smooth),
        };
        let cutoff = match material.alpha {
            Alpha::Mask(cutoff) => cutoff,
            _ => 0.0,
        };
        let [r, g, b, a] = material.base_color;
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
            material: group,
            key,
            base: [encoded(r), encoded(g), encoded(b), a],
            extra: [1.0, cutoff, gloss, exponent],
            middle: points.iter().copied().sum::<Vec3>() / points.len().max(1) as f32,
            model_from_mesh: Mat4::IDENTITY,
        }
    }

    /// Records the draw; the pipeline, group 0 and its offset are set already.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        pass.set_bind_group(1, &self.material, &[]);
        pass.set_vertex_buffer(0, self.moving.slice(..));
        pass.set_vertex_buffer(1, self.fixed.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..self.index_count, 0, 0..1);
    }
}

/// Sorts the separate pieces of a mesh (strands of hair, buttons) so that those in front at rest come first: what they
/// hide is then not drawn at all. Inside a piece the order of the file stays: sorting single triangles costs a CPU
/// rasteriser more than it saves.
fn front_first(indices: &mut [u32], points: &[Vec3]) {
    let mut piece: Vec<usize> = (0..points.len()).collect();
    fn root(piece: &mut [usize], mut of: usize) -> usize {
        while piece[of] != of {
            piece[of] = piece[piece[of]];
            of = piece[of];
        }
        of
    }
    for triangle in indices.chunks_exact(3) {
        let first = root(&mut piece, triangle[0] as usize);
        for &other in &triangle[1..] {
            let other = root(&mut piece, other as usize);
            piece[other] = first;
        }
    }
    let mut sums = vec![(0.0f32, 0.0f32); points.len()];
    for (vertex, point) in points.iter().enumerate() {
        let sum = &mut sums[root(&mut piece, vertex)];
        *sum = (sum.0 + point.z, sum.1 + 1.0);
    }
    let mut triangles: Vec<(f32, usize, [u32; 3])> = indices
        .chunks_exact(3)
        .map(|t| {
            let piece = root(&mut piece, t[0] as usize);
            let (sum, count) = sums[piece];
            (-sum / count.max(1.0), piece, [t[0], t[1], t[2]])
        })
        .collect();
    triangles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (into, (_, _, triangle)) in indices.chunks_exact_mut(3).zip(triangles) {
        into.copy_from_slice(&triangle);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before the cast"
)]
fn fixed_vertices(mesh: &Mesh, material: &Material, shades: &[Shade]) -> Vec<FixedVertex> {
    let unorm = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let snorm = |value: f32| (value.clamp(-1.0, 1.0) * 127.0).round() as i8;
    let tangents = if material.surface == Surface::Hair {
        strand_directions(mesh)
    } else {
        vec![Vec3::Y; mesh.positions.len()]
    };
    let [u_axis, v_axis, offset] = material.uv_transform;
    (0..mesh.positions.len())
        .map(|vertex| {
            let uv = mesh.uvs.get(vertex).copied().unwrap_or_default();
            let color = mesh.colors.get(vertex).copied().unwrap_or([1.0; 4]);
            let tangent = tangents[vertex];
            FixedVertex {
                uv: [
                    uv.x * u_axis[0] + uv.y * v_axis[0] + offset[0],
                    uv.x * u_axis[1] + uv.y * v_axis[1] + offset[1],
                ],
                color: [
                    unorm(encoded(color[0])),
                    unorm(encoded(color[1])),
                    unorm(encoded(color[2])),
                    unorm(color[3]),
                ],
                shade: [unorm(shades[vertex].sky), unorm(shades[vertex].key), 0, 0],
                tangent: [snorm(tangent.x), snorm(tangent.y), snorm(tangent.z), 0],
            }
        })
        .collect()
}

/// The direction in which the picture's v runs over the surface: along the strands of painted hair.
fn strand_directions(mesh: &Mesh) -> Vec<Vec3> {
    let mut sums = vec![Vec3::ZERO; mesh.positions.len()];
    if !mesh.uvs.is_empty() {
        for triangle in mesh.indices.chunks_exact(3) {
            let index = [triangle[0], triangle[1], triangle[2]].map(|i| i as usize);
            let [a, b, c] = index.map(|i| mesh.positions[i]);
            let [ua, ub, uc] = index.map(|i| mesh.uvs[i]);
            let (d1, d2) = (ub - ua, uc - ua);
            let determinant = d1.perp_dot(d2);
            if determinant.abs() < 1e-12 {
                continue;
            }
            let along = ((c - a) * d1.x - (b - a) * d2.x) / determinant;
            for i in index {
                sums[i] += along.normalize_or(Vec3::Y);
            }
        }
    }
    sums.into_iter()
        .map(|sum| sum.normalize_or(Vec3::Y))
        .collect()
}

/// From linear light to sRGB (IEC 61966-2-1).
fn encoded(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

fn sampler(gpu: &Gpu, repeat: bool, last_level: f32) -> wgpu::Sampler {
    let address = if repeat {
        wgpu::AddressMode::Repeat
    } else {
        wgpu::AddressMode::ClampToEdge
    };
    gpu.device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some("avatar"),
        address_mode_u: address,
        address_mode_v: address,
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        mipmap_filter: if last_level > 0.0 {
            wgpu::MipmapFilterMode::Linear
        } else {
            wgpu::MipmapFilterMode::Nearest
        },
        lod_max_clamp: last_level,
        ..wgpu::SamplerDescriptor::default()
    })
}
