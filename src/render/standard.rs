//! Surfaces that are drawn by the laws of light: skin, eyes, hair, cloth. The shader is `host.wgsl`.

use super::gpu::Gpu;
use super::light::encoded;
use super::pipelines::{self, Bound, SurfacePass, sampler_entry, texture_entry};
use super::textures::Textures;
use crate::avatar::{Alpha, Factors, Material, Surface, TextureUse};

/// WGSL of these surfaces.
pub const HOST_WGSL: &str = concat!(
    include_str!("../../shaders/shared/studio.wgsl"),
    include_str!("../../shaders/shared/vertex.wgsl"),
    include_str!("../../shaders/host.wgsl")
);

/// What is smoother than this is lit for each pixel: its highlights are smaller than triangles.
const SMOOTH: f32 = 0.3;
/// What is less metal than this is none.
const METAL: f32 = 0.05;

/// What makes two of these materials need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    surface: Surface,
    /// 0 opaque, 1 cut out, 2 blended; as in `host.wgsl`.
    alpha: u8,
    textured: bool,
    two_sided: bool,
    /// Lit for each pixel instead of each vertex.
    by_pixel: bool,
    /// Whether the lights behind the host are mirrored too.
    all_boxes: bool,
    bumps: bool,
    roughness_picture: bool,
    shade_picture: bool,
    glows: bool,
    glow_picture: bool,
}

impl Key {
    /// How `material` is drawn. Pictures that are not there, or that the surface has no use for, cost nothing.
    fn new(material: &Material, textures: &Textures, has_uvs: bool) -> Self {
        let shows = |picture| has_uvs && textures.view(picture).is_some();
        let surface = material.surface;
        // Eyes, mouths and lashes are lit by rules of their own.
        let plain = matches!(
            surface,
            Surface::Eye | Surface::Mouth | Surface::Lash | Surface::Unlit
        );
        // Meshes carry one set of picture coordinates; with others a picture would lie in the wrong place.
        let laid_out = |picture: Option<TextureUse>| picture.is_some_and(|p| p.uv_set == 0);
        let told = |picture| !plain && laid_out(picture) && shows(picture);
        // Without a GPU the strands of hair come from its picture alone.
        let coarse = surface == Surface::Hair && !textures.filtered();
        let smooth = coarse || (material.fine_bumps && !textures.filtered());
        let glows = !plain && material.factors.emissive.iter().any(|light| *light > 0.0);
        let key = Self {
            surface,
            alpha: match material.alpha {
                _ if surface == Surface::Clear => 2,
                Alpha::Opaque => 0,
                Alpha::Mask(_) => 1,
                Alpha::Blend => 2,
            },
            textured: shows(material.base),
            two_sided: material.double_sided,
            by_pixel: false,
            bumps: told(material.normal) && !smooth,
            roughness_picture: told(material.metallic_roughness) && !coarse,
            all_boxes: true,
            shade_picture: told(material.occlusion),
            glows: glows || told(material.emission),
            glow_picture: told(material.emission),
        };
        let hard =
            surface == Surface::Cloth && (material.metallic > METAL || material.roughness < SMOOTH);
        let maps = key.bumps || key.roughness_picture || key.shade_picture || key.glows;
        let by_pixel = textures.filtered() || hard || maps || surface == Surface::Clear;
        Self {
            by_pixel,
            all_boxes: textures.filtered() || hard || !by_pixel,
            ..key
        }
    }

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
            entries: &[
                texture_entry(0, true),
                sampler_entry(1),
                texture_entry(2, true),
                texture_entry(3, true),
                texture_entry(4, true),
                texture_entry(5, true),
                sampler_entry(6),
            ],
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
        let others = [
            material.normal,
            material.metallic_roughness,
            material.occlusion,
            material.emission,
        ];
        let white = textures.white();
        let view = |binding, picture| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(textures.view(picture).unwrap_or(white)),
        };
        let base = textures.sampler(gpu, material.base);
        let data = textures.sampler(gpu, others.into_iter().flatten().next());
        let sampler = |binding, sampler| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Sampler(sampler),
        };
        let [normal, roughness, shade, glow] = others;
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("material"),
            layout: &self.material_layout,
            entries: &[
                view(0, material.base),
                sampler(1, &base),
                view(2, normal),
                view(3, roughness),
                view(4, shade),
                view(5, glow),
                sampler(6, &data),
            ],
        });
        let key = Key::new(material, textures, has_uvs);
        Bound {
            group,
            surface: pipelines::Key::Standard(key),
            outline: None,
        }
    }

    pub(super) fn pipeline(&self, gpu: &Gpu, key: Key, samples: u32) -> wgpu::RenderPipeline {
        let (vertex_entry, fragment_entry) = match key.surface {
            _ if key.by_pixel => ("vs_pixel", "fs_pixel"),
            Surface::Eye => ("vs_eye", "fs_eye"),
            _ => ("vs_host", "fs_host"),
        };
        let surface = match key.surface {
            Surface::Skin => 0.0,
            Surface::Eye => 1.0,
            Surface::Hair => 2.0,
            Surface::Lash => 3.0,
            Surface::Mouth => 4.0,
            Surface::Cloth => 5.0,
            Surface::Unlit => 6.0,
            Surface::Clear => 7.0,
        };
        let flag = |on: bool| f64::from(u8::from(on));
        let constants = [
            ("SURFACE", surface),
            ("ALPHA", f64::from(key.alpha)),
            ("TEXTURED", flag(key.textured)),
            ("TWO_SIDED", flag(key.two_sided)),
            ("BUMPS", flag(key.bumps)),
            ("ROUGHNESS_PICTURE", flag(key.roughness_picture)),
            ("SHADE_PICTURE", flag(key.shade_picture)),
            ("GLOWS", flag(key.glows)),
            ("GLOW_PICTURE", flag(key.glow_picture)),
            ("MIPS", flag(samples > 1)),
            ("BOXES", if key.all_boxes { 4.0 } else { 2.0 }),
        ];
        let pass = SurfacePass {
            label: "host",
            shader: &self.shader,
            layout: &self.layout,
            vertex_entry,
            fragment_entry,
            constants: &constants,
            cull_mode: (!key.two_sided).then_some(wgpu::Face::Back),
            writes_depth: !key.blends(),
            blends: key.blends(),
            samples,
        };
        pass.pipeline(gpu)
    }
}

/// What `host.wgsl` is told about a material that looks like `factors` now; the rows of `Draw` after its matrix.
pub(super) fn params(material: &Material, factors: &Factors, mouth_light: f32) -> Vec<[f32; 4]> {
    let cutoff = match material.alpha {
        Alpha::Mask(cutoff) => cutoff,
        _ => 0.0,
    };
    let [r, g, b, a] = factors.base_color;
    let ([su, sv], [ou, ov]) = (factors.uv_scale, factors.uv_offset);
    let [glow_r, glow_g, glow_b] = factors.emissive;
    let moved = |picture| moved_from_base(material.base, picture);
    vec![
        [encoded(r), encoded(g), encoded(b), a],
        [mouth_light, cutoff, material.roughness, material.metallic],
        [su, sv, ou, ov],
        [glow_r, glow_g, glow_b, material.occlusion_strength],
        [material.normal_scale, 0.0, 0.0, 0.0],
        moved(material.normal),
        moved(material.metallic_roughness),
        moved(material.occlusion),
        moved(material.emission),
    ]
}

/// Scale and shift that lead from the coordinates of the base picture, which vertices carry, to those of another one.
/// Turned pictures are shown as if they were not turned against the base.
fn moved_from_base(base: Option<TextureUse>, picture: Option<TextureUse>) -> [f32; 4] {
    const SAME: [f32; 4] = [1.0, 1.0, 0.0, 0.0];
    let Some(picture) = picture else { return SAME };
    let Some(base) = base else {
        let [u, v, offset] = picture.transform;
        return [u[0], v[1], offset[0], offset[1]];
    };
    if base.transform == picture.transform {
        return SAME;
    }
    let ([bu, bv, bo], [pu, pv, po]) = (base.transform, picture.transform);
    let scale = [pu[0] / bu[0], pv[1] / bv[1]];
    let shift = [po[0] - scale[0] * bo[0], po[1] - scale[1] * bo[1]];
    let moved = [scale[0], scale[1], shift[0], shift[1]];
    if moved.iter().all(|value| value.is_finite()) {
        moved
    } else {
        SAME
    }
}
