//! Surfaces that are drawn as a cartoon (MToon). The shader is `toon.wgsl`; a material pays for what it has.

use super::gpu::Gpu;
use super::pipelines::{self, Bound, SurfacePass, sampler_entry, texture_entry};
use super::textures::Textures;
use super::toon_params::{is_moving, lie_alike};
use crate::avatar::{Alpha, Material, Outline, TextureUse, Toon as MToon};

/// WGSL of these surfaces.
pub const TOON_WGSL: &str = concat!(
    include_str!("../../shaders/shared/vertex.wgsl"),
    include_str!("../../shaders/toon.wgsl")
);

/// How many pictures one material may have; their places are in `toon.wgsl`.
pub(super) const PICTURES: usize = 8;

/// Where the shade's picture comes from; the numbers of `toon.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ShadePicture {
    None,
    Own,
    /// The same as the lit colour's: most makers use one picture for both.
    Base,
}

/// What makes two of these materials need different pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// 0 opaque, 1 cut out, 2 blended; as in `toon.wgsl`.
    alpha: u8,
    two_sided: bool,
    writes_depth: bool,
    base: bool,
    shaded: bool,
    shade: ShadePicture,
    shift: bool,
    emission: bool,
    emission_picture: bool,
    rim: bool,
    rim_picture: bool,
    matcap: bool,
    bumps: bool,
    pub(super) own_uvs: bool,
    pub(super) masked: bool,
    screen_width: bool,
    /// Holes are cut sample by sample.
    coverage: bool,
    /// Everything for each pixel, with exact decoding of colours.
    pub(super) fine: bool,
}

impl Key {
    pub(super) fn stage(self) -> pipelines::Stage {
        match (self.alpha, self.writes_depth) {
            (0, _) => pipelines::Stage::Opaque,
            (1, _) => pipelines::Stage::CutOut,
            (_, true) => pipelines::Stage::BlendedSolid,
            (_, false) => pipelines::Stage::Blended,
        }
    }

    /// What `material`, at its most demanding, needs when `has` says whether there is a picture for a use.
    fn of(material: &Material, toon: &MToon, fine: bool, has: [bool; PICTURES]) -> Self {
        let [
            base,
            shade,
            shift,
            emission,
            rim_multiply,
            normal,
            mask,
            matcap,
        ] = has;
        let shade = match shade {
            false => ShadePicture::None,
            true if base && material.base == toon.shade => ShadePicture::Base,
            true => ShadePicture::Own,
        };
        let factors = &material.factors;
        let seen = |color: [f32; 3]| color.iter().any(|part| *part > 1e-4);
        // Where shade is as bright as light, nobody sees the border. A surface without pictures counts as one with.
        let one_picture = shade == ShadePicture::Base || (!base && shade == ShadePicture::None);
        let [r, g, b, _] = factors.base_color;
        let shaded = !(one_picture && factors.shade == [r, g, b]);
        let emits = seen(factors.emissive);
        let (rim, matcap) = (seen(factors.rim), matcap && seen(factors.matcap));
        let alpha = match material.alpha {
            Alpha::Opaque => 0,
            Alpha::Mask(_) => 1,
            Alpha::Blend => 2,
        };
        Self {
            alpha,
            two_sided: material.double_sided,
            writes_depth: alpha != 2 || toon.writes_depth,
            base,
            shaded,
            shade,
            shift: shaded && shift,
            emission: emits,
            emission_picture: emits && emission,
            rim,
            rim_picture: rim_multiply && (rim || matcap),
            matcap,
            bumps: fine && normal,
            own_uvs: !lie_alike(material, toon),
            masked: mask && is_moving(toon),
            screen_width: toon.outline == Outline::Screen,
            coverage: false,
            fine,
        }
    }

    fn constants(self) -> [(&'static str, f64); 17] {
        let flag = |on: bool| f64::from(u8::from(on));
        [
            ("ALPHA", f64::from(self.alpha)),
            ("TWO_SIDED", flag(self.two_sided)),
            ("MIPS", flag(self.fine)),
            ("BASE", flag(self.base)),
            ("SHADED", flag(self.shaded)),
            ("SHADE", f64::from(self.shade as u8)),
            ("SHIFT", flag(self.shift)),
            ("EMISSION", flag(self.emission)),
            ("EMISSION_PICTURE", flag(self.emission_picture)),
            ("RIM", flag(self.rim)),
            ("RIM_PICTURE", flag(self.rim_picture)),
            ("MATCAP", flag(self.matcap)),
            ("BUMPS", flag(self.bumps)),
            ("OWN_UVS", flag(self.own_uvs)),
            ("MASKED", flag(self.masked)),
            ("SCREEN_WIDTH", flag(self.screen_width)),
            ("COVERAGE", flag(self.coverage)),
        ]
    }
}

/// The pictures of a material, in the order of `toon.wgsl`.
pub(super) fn pictures(material: &Material, toon: &MToon) -> [Option<TextureUse>; PICTURES] {
    [
        material.base,
        toon.shade,
        toon.shift_texture,
        material.emission,
        toon.rim_multiply,
        material.normal,
        toon.uv_mask,
        toon.matcap,
    ]
}

/// The shader and its layouts.
#[derive(Debug)]
pub(super) struct Toon {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    material_layout: wgpu::BindGroupLayout,
    fine: bool,
}

impl Toon {
    /// `fine`: work out everything for each pixel.
    pub(super) fn new(gpu: &Gpu, frame_layout: &wgpu::BindGroupLayout, fine: bool) -> Self {
        let device = &gpu.device;
        let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..PICTURES as u32)
            .flat_map(|n| [texture_entry(2 * n, true), sampler_entry(2 * n + 1)])
            .collect();
        let material_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("toon material"),
            entries: &entries,
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
            fine,
        }
    }

    /// Binds the pictures of `material`, whose factors are those that ask most of the shader.
    pub(super) fn bind(
        &self,
        gpu: &Gpu,
        textures: &Textures,
        material: &Material,
        has_uvs: bool,
    ) -> Bound {
        let plain = MToon::default();
        let toon = material.toon.as_deref().unwrap_or(&plain);
        let pictures = pictures(material, toon);
        let views = pictures.map(|picture| textures.view(picture));
        let mut has = views.map(|view| view.is_some() && has_uvs);
        // The mirrored sphere needs no coordinates.
        has[PICTURES - 1] = views[PICTURES - 1].is_some();
        let mut key = Key::of(material, toon, self.fine, has);
        // Old versions of OpenGL cannot choose samples.
        key.coverage = self.fine && key.alpha == 1 && gpu.backend() != "gl";
        let samplers = pictures.map(|picture| textures.sampler(gpu, picture));
        let pairs = views.iter().zip(&samplers).zip(has);
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0u32..)
            .zip(pairs)
            .flat_map(|(n, ((view, sampler), has))| {
                let view = view.filter(|_| has).unwrap_or(textures.white());
                [
                    wgpu::BindGroupEntry {
                        binding: 2 * n,
                        resource: wgpu::BindingResource::TextureView(view),
                    },
                    wgpu::BindGroupEntry {
                        binding: 2 * n + 1,
                        resource: wgpu::BindingResource::Sampler(sampler),
                    },
                ]
            })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("toon material"),
            layout: &self.material_layout,
            entries: &entries,
        });
        let outlined = toon.outline != Outline::None && toon.outline_width > 0.0;
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
        let (vertex_entry, fragment_entry) = match (key.fine, outline, key.coverage) {
            (false, false, _) => ("vs_plain", "fs_plain"),
            (false, true, _) => ("vs_plain_outline", "fs_plain_outline"),
            (true, false, false) => ("vs_fine", "fs_fine"),
            (true, false, true) => ("vs_fine", "fs_fine_cut"),
            (true, true, false) => ("vs_fine_outline", "fs_fine_outline"),
            (true, true, true) => ("vs_fine_outline", "fs_fine_outline_cut"),
        };
        let constants = key.constants();
        let cull_mode = match (outline, key.two_sided) {
            (true, _) => Some(wgpu::Face::Front),
            (false, true) => None,
            (false, false) => Some(wgpu::Face::Back),
        };
        let pass = SurfacePass {
            label: "toon",
            shader: &self.shader,
            layout: &self.layout,
            vertex_entry,
            fragment_entry,
            constants: &constants,
            cull_mode,
            writes_depth: key.writes_depth,
            blends: key.alpha == 2,
            samples,
        };
        pass.pipeline(gpu)
    }
}
