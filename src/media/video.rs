//! Pictures as they flow.

use std::fmt;
use std::str::FromStr;

use super::MediaTime;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// A size in pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The number of pixels.
    pub const fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// The shorter side in pixels.
    pub fn shorter(self) -> u32 {
        self.width.min(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = String;

    /// Reads `720x1280`. Sides are even (4:2:0 needs it) and 16 to 8192.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once(['x', 'X'])
            .and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
        let Some((width, height)) = parsed else {
            return Err(format!(
                "size `{text}` is not WIDTHxHEIGHT, for example 720x1280"
            ));
        };
        let allowed = |side: u32| (16..=8192).contains(&side) && side.is_multiple_of(2);
        if allowed(width) && allowed(height) {
            Ok(Self { width, height })
        } else {
            Err(format!(
                "size `{text}`: both sides must be even and between 16 and 8192"
            ))
        }
    }
}

/// The bytes of a picture.
#[derive(Clone, PartialEq, Eq)]
pub enum FrameData {
    /// Planar 4:2:0, BT.709 limited range, planes without row padding.
    I420 {
        /// Luma, `width * height` bytes.
        y: Vec<u8>,
        /// Blue difference, a quarter of that.
        u: Vec<u8>,
        /// Red difference, a quarter of that.
        v: Vec<u8>,
    },
    /// sRGB with straight alpha, rows without padding.
    Rgba(Vec<u8>),
}

impl fmt::Debug for FrameData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I420 { y, .. } => write!(f, "I420({} luma bytes)", y.len()),
            Self::Rgba(rgba) => write!(f, "Rgba({} bytes)", rgba.len()),
        }
    }
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoFrame {
    /// When it is to be seen.
    pub pts: MediaTime,
    /// Width and height in pixels; even in both directions for I420.
    pub size: Size,
    /// The pixels.
    pub data: FrameData,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_refused() {
        assert_eq!("720x1280".parse(), Ok(Size::new(720, 1280)));
        for wrong in [
            "",
            "720",
            "720x",
            "0x0",
            "721x1280",
            "99999x2",
            "-2x4",
            "720x1280x3",
        ] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
