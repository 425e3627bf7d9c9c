//! The buffers that pictures are read back through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::gpu::Gpu;
use crate::media::Size;

/// One being drawn into, one being read, one to spare.
const SLOTS: usize = 3;

const PENDING: u8 = 0;
const MAPPED: u8 = 1;
const FAILED: u8 = 2;

#[derive(Debug)]
struct Slot {
    buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
}

/// Buffers for pictures of one size, in use or free.
#[derive(Debug)]
pub(super) struct Readback {
    slots: Vec<Slot>,
    free: Vec<usize>,
}

impl Readback {
    pub(super) fn new(gpu: &Gpu, size: Size) -> Self {
        let slot = |_| Slot {
            buffer: gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("readback"),
                size: u64::from(stride(size)) * u64::from(size.height),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            state: Arc::new(AtomicU8::new(PENDING)),
        };
        Self {
            slots: (0..SLOTS).map(slot).collect(),
            free: (0..SLOTS).collect(),
        }
    }

    /// A free slot, taken until [`Readback::release`].
    pub(super) fn take(&mut self) -> Option<usize> {
        self.free.pop()
    }

    pub(super) fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    pub(super) fn release(&mut self, slot: usize) {
        self.free.push(slot);
    }

    pub(super) fn buffer(&self, slot: usize) -> &wgpu::Buffer {
        &self.slots[slot].buffer
    }

    /// Asks for what was submitted last into `slot`.
    pub(super) fn start_mapping(&self, slot: usize) {
        let Slot { buffer, state } = &self.slots[slot];
        state.store(PENDING, Ordering::Release);
        let state = state.clone();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            let outcome = if result.is_ok() { MAPPED } else { FAILED };
            state.store(outcome, Ordering::Release);
        });
    }

    /// Whether the device has not answered yet.
    pub(super) fn is_pending(&self, slot: usize) -> bool {
        self.slots[slot].state.load(Ordering::Acquire) == PENDING
    }

    /// Whether the picture lies there to be read.
    pub(super) fn is_mapped(&self, slot: usize) -> bool {
        self.slots[slot].state.load(Ordering::Acquire) == MAPPED
    }
}

/// Bytes from row to row in a readback buffer.
pub(super) fn stride(size: Size) -> u32 {
    (size.width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}
