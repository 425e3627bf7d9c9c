//! Surfaces that are drawn by the laws of light: skin, eyes, hair, cloth. The shader is `host.wgsl`.

use super::gpu::Gpu;
use super::light::encoded;
use super::pipelines::{
    self, Bound, color, depth, multisample, sampler_entry, texture_entry, vertex_buffers,
};
use super::textures::Textures;
use crate::avatar::{Alpha, Factors, Material, Surface};

/// WGSL of these surfaces.
pub const HOST_WGSL: &str = include_str!("../../shaders/host.wgsl");

/// What makes two of these materials need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    surface: Surface,
    /// 0 opaque, 1 cut out, 2 blended; as in `host.wgsl`.
    alpha: u8,
    textured: bool,
    two_sided: bool,
}

impl Key {
    pub(super) fn blends(self) -> bool {
        self.alpha == 2
    }
}

/// The shader and its layouts.
#[derive(Debug)]
pub(super) struct Standard {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    material_layout: wgpu::BindGroupLayout,
}

impl Standard {
    pub(super) fn new(gpu: &Gpu, frame_layout: &wgpu::BindGroupLayout) -> Self {
        let device = &gpu.device;
        let material_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("material"),
            entries: &[texture_entry(0, true), sampler_entry(1)],
        });
        Self {
            shader: device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("host.wgsl"),
                source: wgpu::ShaderSource::Wgsl(HOST_WGSL.into()),
            }),
            layout: device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("host"),
                bind_group_layouts: &[Some(frame_layout), Some(&material_layout)],
                immediate_size: 0,
            }),
            material_layout,
        }
    }

    /// Binds the pictures of `material`.
    pub(super) fn bind(
        &self,
        gpu: &Gpu,
        textures: &Textures,
        material: &Material,
        has_uvs: bool,
    ) -> Bound {
        let view = textures.view(material.base).filter(|_| has_uvs);
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("material"),
            layout: &self.material_layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(view.unwrap_or(textures.white())),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Sampler(&textures.sampler(gpu, material.base)),
                },
            ],
        });
        let key = Key {
            surface: material.surface,
            alpha: match material.alpha {
                Alpha::Opaque => 0,
                Alpha::Mask(_) => 1,
                Alpha::Blend => 2,
            },
            textured: view.is_some(),
            two_sided: material.double_sided,
        };
        Bound {
            group,
            surface: pipelines::Key::Standard(key),
            outline: None,
        }
    }

    pub(super) fn pipeline(&self, gpu: &Gpu, key: Key, samples: u32) -> wgpu::RenderPipeline {
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
            ("MIPS", f64::from(u8::from(samples > 1))),
        ];
        let compilation_options = wgpu::PipelineCompilationOptions {
            constants: &constants,
            ..wgpu::PipelineCompilationOptions::default()
        };
        gpu.device
            .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some("host"),
                layout: Some(&self.layout),
                vertex: wgpu::VertexState {
                    module: &self.shader,
                    entry_point: Some(vertex_entry),
                    compilation_options: compilation_options.clone(),
                    buffers: &vertex_buffers(),
                },
                primitive: wgpu::PrimitiveState {
                    cull_mode: (!key.two_sided).then_some(wgpu::Face::Back),
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: Some(depth(!key.blends())),
                multisample: multisample(samples),
                fragment: Some(wgpu::FragmentState {
                    module: &self.shader,
                    entry_point: Some(fragment_entry),
                    compilation_options,
                    targets: &[Some(color(key.blends()))],
                }),
                multiview_mask: None,
                cache: None,
            })
    }
}

/// What `host.wgsl` is told about a material that looks like `factors` now.
pub(super) fn params(material: &Material, factors: &Factors, mouth_light: f32) -> Vec<[f32; 4]> {
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
    let [r, g, b, a] = factors.base_color;
    let ([su, sv], [ou, ov]) = (factors.uv_scale, factors.uv_offset);
    vec![
        [encoded(r), encoded(g), encoded(b), a],
        [mouth_light, cutoff, gloss, exponent],
        [su, sv, ou, ov],
    ]
}
