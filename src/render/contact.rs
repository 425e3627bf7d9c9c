//! The soft shadow under the feet of hosts that stand in the picture as a whole: without it they float.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use glam::{Quat, Vec2, Vec3};

use super::gpu::Gpu;
use super::pipelines::{color, depth, multisample};
use crate::avatar::Avatar;
use crate::media::HostId;
use crate::scene::Picture;

/// WGSL of the shadow.
pub const CONTACT_WGSL: &str = concat!(
    include_str!("../../shaders/shared/studio.wgsl"),
    include_str!("../../shaders/contact.wgsl")
);

/// As many as `contact.wgsl` has room for: three for each of eight hosts.
const MAX_BLOTS: usize = 24;
/// What lies lower than this share of the height touches the floor.
const SOLE: f32 = 0.045;
/// The least reach of a shadow beyond what touches the floor, as a share of the height.
const REACH: f32 = 0.035;

/// A dark ellipse on the floor; `Blot` in `contact.wgsl`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Blot {
    middle: [f32; 4],
    axes: [f32; 4],
}

/// Where a host touches the floor, in model space.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Print {
    middle: Vec3,
    /// Half of its extent along x and z.
    radii: Vec2,
    /// 0 to 1.
    dark: f32,
}

/// The shadows of all hosts.
#[derive(Debug)]
pub(super) struct Contact {
    pipeline: wgpu::RenderPipeline,
    buffer: wgpu::Buffer,
    group: wgpu::BindGroup,
    /// Of each host in each of its outfits.
    prints: BTreeMap<HostId, (Arc<Avatar>, Vec<Vec<Print>>)>,
    count: u32,
}

impl Contact {
    pub(super) fn new(gpu: &Gpu, frame: &wgpu::Buffer, samples: u32) -> Self {
        let (pipeline, layout) = pipeline(gpu, samples);
        let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("contact"),
            size: (size_of::<Blot>() * MAX_BLOTS) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("contact"),
            layout: &layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: frame.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: buffer.as_entire_binding(),
                },
            ],
        });
        Self {
            pipeline,
            group,
            buffer,
            prints: BTreeMap::new(),
            count: 0,
        }
    }

    /// Notes how `host` stands.
    pub(super) fn stand(&mut self, host: HostId, avatar: Arc<Avatar>) {
        let outfits = 0..avatar.outfits().len().max(1);
        let prints = outfits.map(|outfit| prints(&avatar, outfit)).collect();
        self.prints.insert(host, (avatar, prints));
    }

    /// The prints of a host in what it wears in `picture`.
    fn worn(&self, host: &HostId, picture: &Picture) -> &[Print] {
        let Some((avatar, prints)) = self.prints.get(host) else {
            return &[];
        };
        let pose = picture.poses.iter().find(|pose| pose.host == *host);
        let outfit = avatar.outfit(pose.and_then(|pose| pose.outfit.as_deref()));
        prints.get(outfit).map_or(&[], Vec::as_slice)
    }

    /// Uploads the shadows of `picture`.
    pub(super) fn prepare(&mut self, gpu: &Gpu, picture: &Picture) {
        let mut blots = Vec::new();
        for placement in &picture.hosts {
            let turn = Quat::from_rotation_y(placement.yaw_deg.to_radians());
            for print in self.worn(&placement.host, picture) {
                let middle = placement.position + turn * print.middle;
                // From below the floor nothing of it is seen.
                if middle.y < picture.camera.eye.y {
                    let (x, z) = (
                        turn * Vec3::X * print.radii.x,
                        turn * Vec3::Z * print.radii.y,
                    );
                    blots.push(Blot {
                        middle: middle.extend(print.dark).to_array(),
                        axes: [x.x, x.z, z.x, z.z],
                    });
                }
            }
        }
        blots.truncate(MAX_BLOTS);
        self.count = u32::try_from(blots.len()).unwrap_or(0);
        if !blots.is_empty() {
            gpu.queue
                .write_buffer(&self.buffer, 0, bytemuck::cast_slice(&blots));
        }
    }

    /// Records the draw; nothing where nobody stands.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        if self.count > 0 {
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.group, &[]);
            pass.draw(0..4, 0..self.count);
        }
    }
}

/// One soft print for all that touches the floor and a darker one under each foot. None for a bust, which ends in the
/// air: a figure that stands ends at height 0.
fn prints(avatar: &Avatar, outfit: usize) -> Vec<Print> {
    let landmarks = avatar.landmarks_in(outfit);
    let height = landmarks.crown_m - landmarks.floor_m;
    let stands = landmarks.floor_m.abs() < 0.03 * height;
    if !stands || !height.is_finite() || height <= 0.0 {
        return Vec::new();
    }
    let points = avatar.rest_points();
    let soles: Vec<Vec3> = points
        .iter()
        .zip(&avatar.meshes)
        .filter(|(_, mesh)| mesh.worn.with(outfit))
        .flat_map(|(points, _)| points)
        .copied()
        .filter(|point| point.y < landmarks.floor_m + SOLE * height)
        .collect();
    let print = |points: &mut dyn Iterator<Item = Vec3>, reach: f32, dark: f32| {
        let (low, high) = points.fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), p| {
            (low.min(p), high.max(p))
        });
        let middle = (0.5 * (low + high)).with_y(landmarks.floor_m);
        let half = 0.5 * (high - low);
        // A shadow fades to nothing at its edge, so it reaches further than what throws it.
        let radii = 1.25 * Vec2::new(half.x, half.z) + reach * height;
        (low.is_finite() && high.is_finite()).then_some(Print {
            middle,
            radii,
            dark,
        })
    };
    let middle_x = soles.iter().map(|p| p.x).sum::<f32>() / soles.len().max(1) as f32;
    let whole = print(&mut soles.iter().copied(), 2.0 * REACH, 0.30);
    let left = print(
        &mut soles.iter().copied().filter(|p| p.x >= middle_x),
        REACH,
        0.38,
    );
    let right = print(
        &mut soles.iter().copied().filter(|p| p.x < middle_x),
        REACH,
        0.38,
    );
    [whole, left, right].into_iter().flatten().collect()
}

fn pipeline(gpu: &Gpu, samples: u32) -> (wgpu::RenderPipeline, wgpu::BindGroupLayout) {
    let device = &gpu.device;
    let uniform = |binding, visibility| wgpu::BindGroupLayoutEntry {
        binding,
        visibility,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("contact"),
        entries: &[
            uniform(0, wgpu::ShaderStages::VERTEX),
            uniform(1, wgpu::ShaderStages::VERTEX),
        ],
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("contact"),
        bind_group_layouts: &[Some(&group)],
        immediate_size: 0,
    });
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("contact.wgsl"),
        source: wgpu::ShaderSource::Wgsl(CONTACT_WGSL.into()),
    });
    let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("contact"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vs_contact"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: Some(depth(false)),
        multisample: multisample(samples),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("fs_contact"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(color(true))],
        }),
        multiview_mask: None,
        cache: None,
    });
    (pipeline, group)
}
