//! Sound as it flows: interleaved 32-bit samples at 48 kHz.

use super::MediaTime;

/// The sample rate of all sound inside the engine, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// A run of sound at 48 kHz, starting at `pts`.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioChunk {
    /// The pts of the first sample.
    pub pts: MediaTime,
    /// Channels, at least 1; samples are interleaved.
    pub channels: u16,
    /// Samples in -1..=1.
    pub samples: Vec<f32>,
}

impl AudioChunk {
    /// How long the chunk lasts.
    pub fn duration(&self) -> MediaTime {
        MediaTime::from_samples(self.samples.len() / usize::from(self.channels.max(1)))
    }
}
