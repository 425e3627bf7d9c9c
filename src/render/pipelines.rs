//! Pipelines, made when a material first needs them, and the layouts they share.

use std::collections::BTreeMap;

use crate::avatar::{Alpha, Material, Surface};

use super::background::BACKGROUND_WGSL;
use super::gpu::Gpu;
use super::host::{FIXED_VERTEX_BYTES, HOST_WGSL, MOVING_VERTEX_BYTES};

/// Not sRGB: see `host.wgsl` on encoded colours; a second view format is not to be had with OpenGL.
pub(super) const COLOR_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
pub(super) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// What makes two materials need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    surface: Surface,
    /// 0 opaque, 1 cut out, 2 blended; as in `host.wgsl`.
    alpha: u8,
    textured: bool,
    two_sided: bool,
}

impl Key {
    pub(super) fn new(material: &Material, textured: bool) -> Self {
        Self {
            surface: material.surface,
            alpha: match material.alpha {
                Alpha::Opaque => 0,
                Alpha::Mask(_) => 1,
                Alpha::Blend => 2,
            },
            textured,
            two_sided: material.double_sided,
        }
    }

    pub(super) fn blends(self) -> bool {
        self.alpha == 2
    }
}

/// All pipelines of one renderer.
#[derive(Debug)]
pub(super) struct Pipelines {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    samples: u32,
    pub(super) frame_layout: wgpu::BindGroupLayout,
    pub(super) material_layout: wgpu::BindGroupLayout,
    hosts: BTreeMap<Key, wgpu::RenderPipeline>,
}

impl Pipelines {
    pub(super) fn new(gpu: &Gpu, samples: u32) -> Self {
        let device = &gpu.device;
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
        let frame_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("frame and draw"),
            entries: &[uniform(0, false), uniform(1, true)],
        });
        let material_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("material"),
            entries: &[
                texture_entry(0, true),
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                    count: None,
                },
            ],
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("host"),
            bind_group_layouts: &[Some(&frame_layout), Some(&material_layout)],
            immediate_size: 0,
        });
        Self {
            shader: device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("host.wgsl"),
                source: wgpu::ShaderSource::Wgsl(HOST_WGSL.into()),
            }),
            layout,
            samples,
            frame_layout,
            material_layout,
            hosts: BTreeMap::new(),
        }
    }

    /// Makes the pipeline for `key` if there is none yet.
    pub(super) fn prepare(&mut self, gpu: &Gpu, key: Key) {
        if !self.hosts.contains_key(&key) {
            let pipeline = self.host_pipeline(gpu, key);
            self.hosts.insert(key, pipeline);
        }
    }

    /// The pipeline for `key`, when it was prepared.
    pub(super) fn host(&self, key: Key) -> Option<&wgpu::RenderPipeline> {
        self.hosts.get(&key)
    }

    fn host_pipeline(&self, gpu: &Gpu, key: Key) -> wgpu::RenderPipeline {
        let (vertex_entry, fragment_entry) = if key.surface == Surface::Eye {
            ("vs_eye", "fs_eye")
        } else {
            ("vs_host", "fs_host")
        };
        let surface = match key.surface {
            Surface::Skin => 0.0,
            Surface::Eye => 1.0,
            Surface::Hair => 2.0,
            Surface::Lash => 3.0,
            Surface::Mouth => 4.0,
            Surface::Cloth => 5.0,
            Surface::Unlit => 6.0,
        };
        let constants = [
            ("SURFACE", surface),
            ("ALPHA", f64::from(key.alpha)),
            ("TEXTURED", f64::from(u8::from(key.textured))),
            ("TWO_SIDED", f64::from(u8::from(key.two_sided))),
            ("MIPS", f64::from(u8::from(self.samples > 1))),
        ];
        let compilation_options = wgpu::PipelineCompilationOptions {
            constants: &constants,
            ..wgpu::PipelineCompilationOptions::default()
        };
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
        gpu.device
            .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some("host"),
                layout: Some(&self.layout),
                vertex: wgpu::VertexState {
                    module: &self.shader,
                    entry_point: Some(vertex_entry),
                    compilation_options: compilation_options.clone(),
                    buffers: &[
                        buffer(MOVING_VERTEX_BYTES, &MOVING),
                        buffer(FIXED_VERTEX_BYTES, &FIXED),
                    ],
                },
                primitive: wgpu::PrimitiveState {
                    cull_mode: (!key.two_sided).then_some(wgpu::Face::Back),
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: Some(wgpu::DepthStencilState {
                    format: DEPTH_FORMAT,
                    depth_write_enabled: Some(!key.blends()),
                    depth_compare: Some(wgpu::CompareFunction::LessEqual),
                    stencil: wgpu::StencilState::default(),
                    bias: wgpu::DepthBiasState::default(),
                }),
                multisample: multisample(self.samples),
                fragment: Some(wgpu::FragmentState {
                    module: &self.shader,
                    entry_point: Some(fragment_entry),
                    compilation_options,
                    targets: &[Some(wgpu::ColorTargetState {
                        format: COLOR_FORMAT,
                        blend: key
                            .blends()
                            .then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                        write_mask: wgpu::ColorWrites::ALL,
                    })],
                }),
                multiview_mask: None,
                cache: None,
            })
    }
}

/// The pass that copies the background into a multisampled target.
pub(super) fn background_pipeline(
    gpu: &Gpu,
    samples: u32,
) -> (wgpu::RenderPipeline, wgpu::BindGroupLayout) {
    let device = &gpu.device;
    let group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("background"),
        entries: &[texture_entry(0, false)],
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("background"),
        bind_group_layouts: &[Some(&group)],
        immediate_size: 0,
    });
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("background.wgsl"),
        source: wgpu::ShaderSource::Wgsl(BACKGROUND_WGSL.into()),
    });
    let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("background"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vs_background"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH_FORMAT,
            depth_write_enabled: Some(false),
            depth_compare: Some(wgpu::CompareFunction::Always),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: multisample(samples),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("fs_background"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(COLOR_FORMAT.into())],
        }),
        multiview_mask: None,
        cache: None,
    });
    (pipeline, group)
}

fn multisample(count: u32) -> wgpu::MultisampleState {
    wgpu::MultisampleState {
        count,
        ..wgpu::MultisampleState::default()
    }
}

fn texture_entry(binding: u32, filterable: bool) -> wgpu::BindGroupLayoutEntry {
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
