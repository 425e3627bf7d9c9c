//! Flat images over the hosts, laid on by the device. The same as `layers` does, which says what they look like.

use std::collections::BTreeMap;

use super::gpu::Gpu;
use super::pipelines::{COLOR_FORMAT, texture_entry};
use super::texture::{extent, write};
use crate::media::Size;
use crate::scene::Layer;

/// WGSL of the layers.
pub const LAYER_WGSL: &str = include_str!("../../shaders/layer.wgsl");

/// Bytes from the place of one layer to the next: no device wants more.
const STEP: usize = 256;
/// Layers that there is room for at first.
const LAYERS: usize = 8;

/// The layers of the last picture as textures, and what draws them.
#[derive(Debug)]
pub(super) struct Overlay {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    /// Where each layer goes and how opaque it is.
    places: wgpu::Buffer,
    capacity: usize,
    /// By the layer's key.
    images: BTreeMap<u64, wgpu::BindGroup>,
}

impl Overlay {
    pub(super) fn new(gpu: &Gpu) -> Self {
        let device = &gpu.device;
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("layer"),
            entries: &[
                texture_entry(0, false),
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: true,
                        min_binding_size: None,
                    },
                    count: None,
                },
            ],
        });
        Self {
            pipeline: pipeline(gpu, &layout),
            layout,
            places: places(gpu, LAYERS),
            capacity: LAYERS,
            images: BTreeMap::new(),
        }
    }

    /// Lays `layers` over the picture of `size` behind `view`.
    pub(super) fn record(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        size: Size,
        layers: &[Layer],
    ) {
        let seen: Vec<(&Layer, [u32; 4])> = layers
            .iter()
            .filter(|layer| layer.image.size.width.max(layer.image.size.height) <= gpu.max_side())
            .filter_map(|layer| Some((layer, rectangle(layer, size)?)))
            .collect();
        self.images
            .retain(|key, _| seen.iter().any(|(layer, _)| layer.key == *key));
        if seen.is_empty() {
            return;
        }
        if seen.len() > self.capacity {
            self.capacity = seen.len().next_power_of_two();
            self.places = places(gpu, self.capacity);
            self.images.clear();
        }
        let mut bytes = vec![0u8; seen.len() * STEP];
        for ((layer, _), place) in seen.iter().zip(bytes.chunks_exact_mut(STEP)) {
            let told = [
                layer.x as f32,
                layer.y as f32,
                layer.opacity.clamp(0.0, 1.0),
                0.0,
            ];
            place[..16].copy_from_slice(bytemuck::bytes_of(&told));
            if !self.images.contains_key(&layer.key) {
                let group = self.image(gpu, layer);
                self.images.insert(layer.key, group);
            }
        }
        gpu.queue.write_buffer(&self.places, 0, &bytes);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("layers"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Load,
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_pipeline(&self.pipeline);
        for (index, (layer, [x, y, width, height])) in seen.iter().enumerate() {
            let Some(group) = self.images.get(&layer.key) else {
                continue;
            };
            let offset = u32::try_from(index * STEP).unwrap_or(0);
            pass.set_bind_group(0, group, &[offset]);
            pass.set_scissor_rect(*x, *y, *width, *height);
            pass.draw(0..3, 0..1);
        }
    }

    fn image(&self, gpu: &Gpu, layer: &Layer) -> wgpu::BindGroup {
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("layer"),
            size: extent(layer.image.size),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: COLOR_FORMAT,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        write(gpu, &texture, 0, layer.image.size, &layer.image.rgba);
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("layer"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &self.places,
                        offset: 0,
                        size: std::num::NonZeroU64::new(16),
                    }),
                },
            ],
        })
    }
}

/// Left, top, width and height of the visible part of a layer; `None` when nothing of it is seen.
fn rectangle(layer: &Layer, size: Size) -> Option<[u32; 4]> {
    let own = layer.image.size;
    if layer.image.rgba.len() != own.pixels() * 4 || layer.opacity.is_nan() || layer.opacity <= 0.0
    {
        return None;
    }
    let span = |start: i32, length: u32, limit: u32| {
        let first = i64::from(start).max(0);
        let last = (i64::from(start) + i64::from(length)).min(i64::from(limit));
        let whole = |value: i64| u32::try_from(value).ok();
        (first < last).then(|| Some((whole(first)?, whole(last - first)?)))?
    };
    let (x, width) = span(layer.x, own.width, size.width)?;
    let (y, height) = span(layer.y, own.height, size.height)?;
    Some([x, y, width, height])
}

fn places(gpu: &Gpu, capacity: usize) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("places of layers"),
        size: (capacity * STEP) as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Straight alpha over what is there.
fn pipeline(gpu: &Gpu, group: &wgpu::BindGroupLayout) -> wgpu::RenderPipeline {
    let device = &gpu.device;
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("layer"),
        bind_group_layouts: &[Some(group)],
        immediate_size: 0,
    });
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("layer.wgsl"),
        source: wgpu::ShaderSource::Wgsl(LAYER_WGSL.into()),
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("layer"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vs_layer"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("fs_layer"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: COLOR_FORMAT,
                blend: Some(wgpu::BlendState::ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
