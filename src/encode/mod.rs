//! Frames and sound into packets. Every encoder has one shape: push in, take what came out, flush at the end.

mod h264;
mod opus;

pub use h264::{H264Encoder, H264Options};
pub use opus::{OpusEncoder, OpusOptions};

use crate::media::{MediaTime, Size};

/// What went wrong while encoding.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The encoder could not be made.
    #[error("start the {codec} encoder")]
    Start {
        /// `H.264` or `Opus`.
        codec: &'static str,
        /// The library's words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One unit could not be encoded.
    #[error("encode {codec} at {pts}")]
    Encode {
        /// `H.264` or `Opus`.
        codec: &'static str,
        /// The pts of the unit.
        pts: MediaTime,
        /// The library's words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The picture is not what the encoder was made for.
    #[error("the H.264 encoder was made for {expected} I420 pictures and was given {given}")]
    Picture {
        /// The encoder's size.
        expected: Size,
        /// What came.
        given: String,
    },
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;
