//! Pipelines, made when a material first needs them, and what all of them share.

use std::collections::BTreeMap;

use super::gpu::Gpu;
use super::standard::{self, Standard};
use super::textures::Textures;
use super::toon::{self, Toon};
use super::vertices::{FIXED_VERTEX_BYTES, MOVING_VERTEX_BYTES};
use crate::avatar::Material;

/// Not sRGB: see `host.wgsl` on encoded colours; a second view format is not to be had with OpenGL.
pub(super) const COLOR_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
pub(super) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// When something is drawn, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Hides what is behind.
    Opaque,
    /// Hides what is behind, with holes.
    CutOut,
    /// What is behind shines through; hides what is drawn behind it later.
    BlendedSolid,
    /// What is behind shines through.
    Blended,
}

/// What makes two draws need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A surface drawn by the laws of light.
    Standard(standard::Key),
    /// A surface drawn as a cartoon.
    Toon(toon::Key),
    /// The outline of one.
    Outline(toon::Key),
}

impl Key {
    /// When it is drawn.
    pub(super) fn stage(self) -> Stage {
        match self {
            Self::Standard(key) if key.blends() => Stage::Blended,
            Self::Standard(_) => Stage::Opaque,
            Self::Toon(key) | Self::Outline(key) => key.stage(),
        }
    }

    /// Whether what is behind shines through.
    pub(super) fn blends(self) -> bool {
        self.stage() >= Stage::BlendedSolid
    }
}

/// What is bound for a material, and the pipelines that draw it: its surface and, where it has one, its outline.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) group: wgpu::BindGroup,
    pub(super) surface: Key,
    pub(super) outline: Option<Key>,
}

/// All pipelines of one renderer.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) samples: u32,
    pub(super) frame_layout: wgpu::BindGroupLayout,
    standard: Standard,
    toon: Toon,
    made: BTreeMap<Key, wgpu::RenderPipeline>,
}

impl Pipelines {
    pub(super) fn new(gpu: &Gpu, samples: u32) -> Self {
        let uniform = |binding, has_dynamic_offset| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset,
                min_binding_size: None,
            },
            count: None,
        };
        let frame_layout = gpu
            .device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("frame and draw"),
                entries: &[uniform(0, false), uniform(1, true)],
            });
        Self {
            samples,
            standard: Standard::new(gpu, &frame_layout),
            toon: Toon::new(gpu, &frame_layout, samples > 1),
            frame_layout,
            made: BTreeMap::new(),
        }
    }

    /// Binds `material` for meshes that have picture coordinates or not, and makes the pipelines it needs.
    pub(super) fn bind(
        &mut self,
        gpu: &Gpu,
        textures: &Textures,
        material: &Material,
        has_uvs: bool,
    ) -> Bound {
        let bound = if material.toon.is_some() {
            self.toon.bind(gpu, textures, material, has_uvs)
        } else {
            self.standard.bind(gpu, textures, material, has_uvs)
        };
        for key in [Some(bound.surface), bound.outline].into_iter().flatten() {
            if !self.made.contains_key(&key) {
                let pipeline = match key {
                    Key::Standard(key) => self.standard.pipeline(gpu, key, self.samples),
                    Key::Toon(key) => self.toon.pipeline(gpu, key, self.samples, false),
                    Key::Outline(key) => self.toon.pipeline(gpu, key, self.samples, true),
                };
                self.made.insert(key, pipeline);
            }
        }
        bound
    }

    /// The pipeline for `key`, when it was made.
    pub(super) fn get(&self, key: Key) -> Option<&wgpu::RenderPipeline> {
        self.made.get(&key)
    }
}

/// What tells the pipeline of one kind of surface from another.
#[derive(Debug)]
pub(super) struct SurfacePass<'a> {
    pub(super) label: &'static str,
    pub(super) shader: &'a wgpu::ShaderModule,
    pub(super) layout: &'a wgpu::PipelineLayout,
    pub(super) vertex_entry: &'static str,
    pub(super) fragment_entry: &'static str,
    /// Values of the shader's overrides.
    pub(super) constants: &'a [(&'static str, f64)],
    pub(super) cull_mode: Option<wgpu::Face>,
    pub(super) writes_depth: bool,
    pub(super) blends: bool,
    pub(super) samples: u32,
}

impl SurfacePass<'_> {
    pub(super) fn pipeline(&self, gpu: &Gpu) -> wgpu::RenderPipeline {
        let compilation_options = wgpu::PipelineCompilationOptions {
            constants: self.constants,
            ..wgpu::PipelineCompilationOptions::default()
        };
        gpu.device
            .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(self.label),
                layout: Some(self.layout),
                vertex: wgpu::VertexState {
                    module: self.shader,
                    entry_point: Some(self.vertex_entry),
                    compilation_options: compilation_options.clone(),
                    buffers: &vertex_buffers(),
                },
                primitive: wgpu::PrimitiveState {
                    cull_mode: self.cull_mode,
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: Some(depth(self.writes_depth)),
                multisample: multisample(self.samples),
                fragment: Some(wgpu::FragmentState {
                    module: self.shader,
                    entry_point: Some(self.fragment_entry),
                    compilation_options,
                    targets: &[Some(color(self.blends))],
                }),
                multiview_mask: None,
                cache: None,
            })
    }
}

/// How vertices lie in their two buffers: what moves, and what does not.
fn vertex_buffers() -> [Option<wgpu::VertexBufferLayout<'static>>; 2] {
    const MOVING: [wgpu::VertexAttribute; 2] =
        wgpu::vertex_attr_array![0 => Float32x3, 1 => Snorm16x4];
    const FIXED: [wgpu::VertexAttribute; 4] =
        wgpu::vertex_attr_array![2 => Float32x2, 3 => Unorm8x4, 4 => Unorm8x4, 5 => Snorm8x4];
    let buffer = |array_stride, attributes| {
        Some(wgpu::VertexBufferLayout {
            array_stride,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes,
        })
    };
    [
        buffer(MOVING_VERTEX_BYTES, &MOVING),
        buffer(FIXED_VERTEX_BYTES, &FIXED),
    ]
}

/// Depth that hosts test, and write unless they blend.
pub(super) fn depth(writes: bool) -> wgpu::DepthStencilState {
    wgpu::DepthStencilState {
        format: DEPTH_FORMAT,
        depth_write_enabled: Some(writes),
        depth_compare: Some(wgpu::CompareFunction::LessEqual),
        stencil: wgpu::StencilState::default(),
        bias: wgpu::DepthBiasState::default(),
    }
}

/// Colour that hosts write; blended colours are premultiplied.
pub(super) fn color(blends: bool) -> wgpu::ColorTargetState {
    wgpu::ColorTargetState {
        format: COLOR_FORMAT,
        blend: blends.then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        write_mask: wgpu::ColorWrites::ALL,
    }
}

pub(super) fn multisample(count: u32) -> wgpu::MultisampleState {
    wgpu::MultisampleState {
        count,
        ..wgpu::MultisampleState::default()
    }
}

pub(super) fn texture_entry(binding: u32, filterable: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty: wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
        count: None,
    }
}

pub(super) fn sampler_entry(binding: u32) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
        count: None,
    }
}
