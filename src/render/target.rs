//! What a picture is drawn into and from: the target with its depth, the background, the uniform blocks of all draws.

use super::background::{self, BACKGROUND_WGSL};
use super::gpu::Gpu;
use super::host::DrawUniform;
use super::pipelines::{COLOR_FORMAT, DEPTH_FORMAT, Pipelines, multisample, texture_entry};
use super::texture::{extent, write};
use crate::media::Size;
use crate::scene::{Background, Picture};

/// What is drawn into.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) samples: u32,
    pub(super) color: wgpu::Texture,
    color_view: wgpu::TextureView,
    multisampled: Option<wgpu::TextureView>,
    pub(super) depth: wgpu::TextureView,
}

impl Target {
    pub(super) fn new(gpu: &Gpu, size: Size, samples: u32) -> Self {
        let texture = |label, format, sample_count, usage| {
            gpu.device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: extent(size),
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats: &[],
            })
        };
        let drawn = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let copied = wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST;
        let read = wgpu::TextureUsages::TEXTURE_BINDING;
        let color = texture("picture", COLOR_FORMAT, 1, drawn | copied | read);
        let view = |t: &wgpu::Texture| t.create_view(&wgpu::TextureViewDescriptor::default());
        Self {
            samples,
            color_view: view(&color),
            color,
            multisampled: (samples > 1)
                .then(|| view(&texture("samples", COLOR_FORMAT, samples, drawn))),
            depth: view(&texture("depth", DEPTH_FORMAT, samples, drawn)),
        }
    }

    /// The view to draw into and the one to resolve into.
    pub(super) fn attachment(&self) -> (&wgpu::TextureView, Option<&wgpu::TextureView>) {
        match &self.multisampled {
            Some(samples) => (samples, Some(&self.color_view)),
            None => (&self.color_view, None),
        }
    }
}

/// The background as a texture, and the pass that a multisampled target needs.
#[derive(Debug)]
pub(super) struct Backdrop {
    pub(super) texture: wgpu::Texture,
    pub(super) pass: Option<(wgpu::RenderPipeline, wgpu::BindGroup)>,
    pub(super) shown: Option<Background>,
    blur: f32,
}

impl Backdrop {
    pub(super) fn new(gpu: &Gpu, size: Size, samples: u32) -> Self {
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("background"),
            size: extent(size),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: COLOR_FORMAT,
            usage: wgpu::TextureUsages::COPY_SRC
                | wgpu::TextureUsages::COPY_DST
                | wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        });
        let pass = (samples > 1).then(|| {
            let (pipeline, layout) = background_pipeline(gpu, samples);
            let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
            let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("background"),
                layout: &layout,
                entries: &[wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&view),
                }],
            });
            (pipeline, group)
        });
        Self {
            texture,
            pass,
            shown: None,
            blur: 0.0,
        }
    }

    /// Paints what is behind the hosts of `picture` unless it is there already.
    pub(super) fn show(&mut self, gpu: &Gpu, picture: &Picture) {
        let (background, blur) = (&picture.background, picture.look.background_blur);
        let shown = self.shown.as_ref();
        let same = |shown| background::same(shown, background);
        if shown.is_some_and(same) && self.blur.total_cmp(&blur).is_eq() {
            return;
        }
        self.blur = blur;
        self.shown = background::paint(background, blur, picture.size).map(|rgba| {
            write(gpu, &self.texture, 0, picture.size, &rgba);
            background.clone()
        });
    }
}

/// One uniform block for each draw of a picture.
#[derive(Debug)]
pub(super) struct DrawBuffer {
    buffer: wgpu::Buffer,
    pub(super) group: wgpu::BindGroup,
    /// Bytes from block to block.
    pub(super) step: u32,
    capacity: usize,
    bytes: Vec<u8>,
}

impl DrawBuffer {
    pub(super) fn new(
        gpu: &Gpu,
        pipelines: &Pipelines,
        frame: &wgpu::Buffer,
        capacity: usize,
    ) -> Self {
        let block = size_of::<DrawUniform>() as u64;
        let align = gpu.device.limits().min_uniform_buffer_offset_alignment;
        let step = u32::try_from(block)
            .unwrap_or(u32::MAX)
            .next_multiple_of(align.max(1));
        let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("draws"),
            size: u64::from(step) * capacity as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("frame and draw"),
            layout: &pipelines.frame_layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: frame.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &buffer,
                        offset: 0,
                        size: std::num::NonZeroU64::new(block),
                    }),
                },
            ],
        });
        Self {
            buffer,
            group,
            step,
            capacity,
            bytes: Vec::new(),
        }
    }

    pub(super) fn fill(
        &mut self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        frame: &wgpu::Buffer,
        uniforms: &[DrawUniform],
    ) {
        if uniforms.is_empty() {
            return;
        }
        if uniforms.len() > self.capacity {
            *self = Self::new(gpu, pipelines, frame, uniforms.len().next_power_of_two());
        }
        let step = self.step as usize;
        self.bytes.clear();
        self.bytes.resize(uniforms.len() * step, 0);
        for (block, uniform) in self.bytes.chunks_exact_mut(step).zip(uniforms) {
            let uniform = bytemuck::bytes_of(uniform);
            block[..uniform.len()].copy_from_slice(uniform);
        }
        gpu.queue.write_buffer(&self.buffer, 0, &self.bytes);
    }
}

/// The pass that copies the background into a multisampled target.
fn background_pipeline(gpu: &Gpu, samples: u32) -> (wgpu::RenderPipeline, wgpu::BindGroupLayout) {
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
