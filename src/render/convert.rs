//! What a GPU does after drawing so that little has to be read back: it lays layers over the picture and turns it into
//! the planes of I420. On a CPU adapter the same is cheaper in `layers` and `finish`.

use super::gpu::Gpu;
use super::overlay::Overlay;
use super::pipelines::texture_entry;
use crate::media::Size;
use crate::scene::Layer;

/// WGSL of the conversion.
pub const I420_WGSL: &str = include_str!("../../shaders/i420.wgsl");

/// Pixels that one workgroup converts, to the right and down.
const GROUP: [u32; 2] = [8 * 8, 8 * 2];

/// Layers and conversion on the device, for pictures of one size.
#[derive(Debug)]
pub(super) struct Converter {
    size: Size,
    view: wgpu::TextureView,
    overlay: Overlay,
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    planes: wgpu::Buffer,
}

impl Converter {
    /// Whether the device can, and pictures of `size` divide well.
    pub(super) fn fits(gpu: &Gpu, size: Size) -> bool {
        let limits = gpu.device.limits();
        size.width.is_multiple_of(8)
            && size.height.is_multiple_of(2)
            && limits.max_compute_invocations_per_workgroup >= 64
            && limits.max_storage_buffers_per_shader_stage >= 1
            && limits.max_storage_buffer_binding_size >= bytes(size)
    }

    /// Converts what is in `color`.
    pub(super) fn new(gpu: &Gpu, color: &wgpu::Texture, size: Size) -> Self {
        let device = &gpu.device;
        let planes = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("planes"),
            size: bytes(size),
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let visible = |entry: wgpu::BindGroupLayoutEntry| wgpu::BindGroupLayoutEntry {
            visibility: wgpu::ShaderStages::COMPUTE,
            ..entry
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("i420"),
            entries: &[
                visible(texture_entry(0, false)),
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::COMPUTE,
                    ty: wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Storage { read_only: false },
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                    count: None,
                },
            ],
        });
        let view = color.create_view(&wgpu::TextureViewDescriptor::default());
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("i420"),
            layout: &layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: planes.as_entire_binding(),
                },
            ],
        });
        let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("i420.wgsl"),
            source: wgpu::ShaderSource::Wgsl(I420_WGSL.into()),
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("i420"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("i420"),
            layout: Some(&layout),
            module: &shader,
            entry_point: Some("convert"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Self {
            size,
            view,
            overlay: Overlay::new(gpu),
            pipeline,
            group,
            planes,
        }
    }

    /// Records everything up to the planes lying in `into`, luma first.
    pub(super) fn record(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        layers: &[Layer],
        into: &wgpu::Buffer,
    ) {
        self.overlay
            .record(gpu, encoder, &self.view, self.size, layers);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("i420"),
            timestamp_writes: None,
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(
            self.size.width.div_ceil(GROUP[0]),
            self.size.height.div_ceil(GROUP[1]),
            1,
        );
        drop(pass);
        encoder.copy_buffer_to_buffer(&self.planes, 0, into, 0, bytes(self.size));
    }
}

/// Bytes of all planes.
fn bytes(size: Size) -> u64 {
    size.pixels() as u64 * 3 / 2
}
