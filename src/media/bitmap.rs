//! A still picture in memory.

use std::fmt;

use super::Size;

/// An RGBA picture: sRGB, 8 bits, straight (not premultiplied) alpha, rows top to bottom without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Width and height in pixels.
    pub size: Size,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Bitmap {
    /// A fully transparent bitmap.
    pub fn transparent(size: Size) -> Self {
        Self {
            size,
            rgba: vec![0; size.pixels() * 4],
        }
    }
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitmap({}, {} bytes)", self.size, self.rgba.len())
    }
}
