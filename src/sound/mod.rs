//! Sample craft: other rates become 48 kHz or 16 kHz, sources are mixed without clicks, peaks are held, WAV comes and goes.
//!
//! Samples are `f32` in -1..=1. Nothing here reads a clock; whatever size the blocks have, the result is bit for bit the
//! same.

#![allow(
    clippy::cast_possible_truncation,
    reason = "samples lose nothing that is heard as f32; counts are bounded by minutes of sound, and float-to-int casts saturate"
)]

mod beep;
mod decode;
mod elastic;
mod limiter;
mod loudness;
mod mix;
mod resample;
pub mod wav;

pub use beep::{BEEP_HZ, beep};
pub use decode::{Decoder, SoundFile};
pub use elastic::Elastic;
pub use limiter::{CEILING_DBFS, Limiter};
pub use loudness::{db_to_gain, gain_to_db, gain_towards, gated_rms_dbfs, peak};
pub use mix::{Mixer, Ramp, Source};
pub use resample::{MAX_RATE_HZ, MIN_RATE_HZ, Resampler, resample};

/// What can go wrong with samples.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rate outside the range that is handled.
    #[error(
        "resample from {from_hz} Hz to {to_hz} Hz: both rates must be {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz"
    )]
    Rate {
        /// Rate of the input in Hz.
        from_hz: u32,
        /// Rate of the output in Hz.
        to_hz: u32,
    },
    /// The filter could not be made.
    #[error("make the resampling filter")]
    Filter(#[source] rubato::ResamplerConstructionError),
    /// The filter refused a block; this is a mistake of ours.
    #[error("resample a block")]
    Block(#[source] rubato::ResampleError),
    /// A block does not fit its buffer; this is a mistake of ours.
    #[error("resample a block")]
    BlockSize(#[source] rubato::audioadapter_buffers::SizeError),
    /// The bytes are not a WAV file.
    #[error("read WAV: {0}")]
    NotWav(String),
    /// A WAV of a kind that is not read here.
    #[error(
        "read WAV: {0} is not supported: convert it to PCM, for example with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`"
    )]
    Unsupported(String),
    /// The file ends before the sound that its header announces.
    #[error(
        "read WAV: the file is cut off: its header announces {announced} bytes of sound, {found} are there"
    )]
    Truncated {
        /// Bytes of sound announced.
        announced: u64,
        /// Bytes of sound found.
        found: u64,
    },
    /// More sound than is accepted.
    #[error("read WAV: more than {limit_secs} s of sound: use a shorter file")]
    TooLong {
        /// The most seconds accepted.
        limit_secs: u32,
    },
    /// The file has no bytes, or no sound between its headers.
    #[error("there is no sound in it: {0}")]
    Empty(&'static str),
    /// Not a sound file, or not one that is read here.
    #[error(
        "this is not a sound file that can be read (WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus): {0}; convert it, for example with `ffmpeg -i IN OUT.wav`"
    )]
    NotSound(String),
    /// A sound file that is damaged or cut off.
    #[error("the file is damaged or cut off: {0}")]
    Damaged(String),
    /// Reading or writing failed.
    #[error("read or write sound")]
    Io(#[from] std::io::Error),
    /// The writer of WAV files failed.
    #[error("write WAV")]
    Write(#[from] hound::Error),
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;
