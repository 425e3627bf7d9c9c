//! What can go wrong while drawing.

use crate::media::{HostId, Size};

/// Why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No graphics adapter at all, or none with the wanted name.
    #[error("find a graphics adapter{wanted} ({found}): {remedy}")]
    NoAdapter {
        /// The wanted name in words, or nothing.
        wanted: String,
        /// What there is instead.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// The adapter gave no device.
    #[error("open graphics adapter {adapter}")]
    OpenDevice {
        /// Its name.
        adapter: String,
        /// The cause.
        #[source]
        source: wgpu::RequestDeviceError,
    },
    /// The size cannot be drawn on this adapter or in this format.
    #[error("draw pictures of {size}: sides must be 16 to {most} pixels, and even for I420")]
    Size {
        /// The size.
        size: Size,
        /// The largest side the adapter allows.
        most: u32,
    },
    /// A picture for a renderer of another size.
    #[error(
        "draw a picture of {picture} with a renderer of {renderer}: make a renderer for each size"
    )]
    WrongSize {
        /// The picture's size.
        picture: Size,
        /// The renderer's size.
        renderer: Size,
    },
    /// A picture shows a host without a body.
    #[error("draw host {0}: no avatar was added for it")]
    UnknownHost(HostId),
    /// Finished frames were not taken.
    #[error("{0} finished pictures were not taken: call poll or flush between submits")]
    NotTaken(usize),
    /// The graphics driver refused or lost something.
    #[error("draw with {adapter}: {what}")]
    Driver {
        /// The adapter.
        adapter: String,
        /// The driver's or the checker's words.
        what: String,
    },
    /// The picture could not be converted.
    #[error("convert a picture to I420: {0}")]
    Convert(String),
}

/// The result of drawing.
pub type Result<T> = std::result::Result<T, Error>;
