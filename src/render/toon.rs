//! Surfaces that are drawn as a cartoon (MToon). The shader is `toon.wgsl`.

use super::gpu::Gpu;
use super::light::encoded;
use super::pipelines::{
    self, Bound, color, depth, multisample, sampler_entry, texture_entry, vertex_buffers,
};
use super::textures::Textures;
use crate::avatar::{Alpha, Factors, Material, Outline};

/// WGSL of these surfaces.
pub const TOON_WGSL: &str = include_str!("../../shaders/toon.wgsl");

/// What makes two of these materials need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// 0 opaque, 1 cut out, 2 blended; as in `toon.wgsl`.
    alpha: u8,
    textured: bool,
    two_sided: bool,
    writes_depth: bool,
}

impl Key {
    pub(super) fn blends(self) -> bool {
        self.alpha == 2
    }
}

/// The shader and its layouts.
#[derive(Debug)]
pub(super) struct Toon {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    material_layout: wgpu::BindGroupLayout,
}

impl Toon {
    pub(super) fn new(gpu: &Gpu, frame_layout: &wgpu::BindGroupLayout) -> Self {
        let device = &gpu.device;
        let material_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("toon material"),
            entries: &[texture_entry(0, true), sampler_entry(1)],
        });
        Self {
            shader: device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("toon.wgsl"),
                source: wgpu::ShaderSource::Wgsl(TOON_WGSL.into()),
            }),
            layout: device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("toon"),
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
            label: Some("toon material"),
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
        let toon = material.toon.as_deref();
        let key = Key {
            alpha: match material.alpha {
                Alpha::Opaque => 0,
                Alpha::Mask(_) => 1,
                Alpha::Blend => 2,
            },
            textured: view.is_some(),
            two_sided: material.double_sided,
            writes_depth: material.alpha != Alpha::Blend
                || toon.is_some_and(|toon| toon.writes_depth),
        };
        let outlined =
            toon.is_some_and(|toon| toon.outline != Outline::None && toon.outline_width > 0.0);
        Bound {
            group,
            surface: pipelines::Key::Toon(key),
            outline: outlined.then_some(pipelines::Key::Outline(key)),
        }
    }

    /// The pipeline of a surface or of its outline, which is the surface turned inside out and grown.
    pub(super) fn pipeline(
        &self,
        gpu: &Gpu,
        key: Key,
        samples: u32,
        outline: bool,
    ) -> wgpu::RenderPipeline {
        let (vertex_entry, fragment_entry) = if outline {
            ("vs_outline", "fs_outline")
        } else {
            ("vs_toon", "fs_toon")
        };
        let constants = [
            ("ALPHA", f64::from(key.alpha)),
            ("TEXTURED", f64::from(u8::from(key.textured))),
            ("MIPS", f64::from(u8::from(samples > 1))),
        ];
        let compilation_options = wgpu::PipelineCompilationOptions {
            constants: &constants,
            ..wgpu::PipelineCompilationOptions::default()
        };
        let cull_mode = match (outline, key.two_sided) {
            (true, _) => Some(wgpu::Face::Front),
            (false, true) => None,
            (false, false) => Some(wgpu::Face::Back),
        };
        gpu.device
            .create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some("toon"),
                layout: Some(&self.layout),
                vertex: wgpu::VertexState {
                    module: &self.shader,
                    entry_point: Some(vertex_entry),
                    compilation_options: compilation_options.clone(),
                    buffers: &vertex_buffers(),
                },
                primitive: wgpu::PrimitiveState {
                    cull_mode,
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: Some(depth(key.writes_depth)),
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

/// What `toon.wgsl` is told about a material that looks like `factors` now, `secs` into the show.
pub(super) fn params(material: &Material, factors: &Factors, _secs: f64) -> Vec<[f32; 4]> {
    let cutoff = match material.alpha {
        Alpha::Mask(cutoff) => cutoff,
        _ => 0.0,
    };
    let width = material
        .toon
        .as_ref()
        .map_or(0.0, |toon| toon.outline_width);
    let [r, g, b, a] = factors.base_color;
    let [or, og, ob] = factors.outline;
    let ([su, sv], [ou, ov]) = (factors.uv_scale, factors.uv_offset);
    vec![
        [encoded(r), encoded(g), encoded(b), a],
        [encoded(or), encoded(og), encoded(ob), width],
        [su, sv, ou, ov],
        [cutoff, 0.0, 0.0, 0.0],
    ]
}
