//! Rows that were read back become a finished [`VideoFrame`].

use std::time::Duration;

use cpu_time::ThreadTime;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
    rgba_to_yuv420,
};

use super::error::{Error, Result};
use super::layers;
use super::smooth::Smoother;
use super::{Output, Quality};
use crate::media::{FrameData, MediaTime, Size, VideoFrame};
use crate::scene::Layer;

/// What must be known about a drawn picture to finish it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) pts: MediaTime,
    pub(super) layers: Vec<Layer>,
    /// Keep the alpha that was drawn.
    pub(super) transparent: bool,
}

/// Finishes pictures; keeps its buffers between them.
#[derive(Debug)]
pub(super) struct Finisher {
    size: Size,
    output: Output,
    smoother: Option<Smoother>,
    rgba: Vec<u8>,
    pub(super) timings: FinishTimings,
}

/// CPU time of the steps of finishing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FinishTimings {
    pub(super) smooth: Duration,
    pub(super) layers: Duration,
    pub(super) convert: Duration,
}

impl Finisher {
    pub(super) fn new(size: Size, output: Output, quality: Quality) -> Self {
        Self {
            size,
            output,
            smoother: (quality != Quality::Gpu).then(Smoother::default),
            rgba: Vec::new(),
            timings: FinishTimings::default(),
        }
    }

    pub(super) fn output(&self) -> Output {
        self.output
    }

    /// Takes over a picture that the device has finished: planes one after the other.
    pub(super) fn planes(&self, order: &Order, bytes: &[u8]) -> VideoFrame {
        let (y, chroma) = bytes.split_at(self.size.pixels());
        let (u, v) = chroma.split_at(self.size.pixels() / 4);
        let data = FrameData::I420 {
            y: y.to_vec(),
            u: u.to_vec(),
            v: v[..self.size.pixels() / 4].to_vec(),
        };
        self.frame(order, data)
    }

    /// Finishes what was drawn: `source` holds premultiplied RGBA rows, `stride` bytes apart.
    pub(super) fn finish(
        &mut self,
        order: &Order,
        source: &[u8],
        stride: usize,
    ) -> Result<VideoFrame> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let began = ThreadTime::now();
        match &mut self.smoother {
            Some(smoother) => smoother.smooth(source, stride, width, height, &mut self.rgba)?,
            // As it is: converted from where it lies.
            None if order.layers.is_empty() && self.output == Output::I420 => {
                let data = self.i420(source, stride)?;
                self.timings.convert += began.elapsed();
                return Ok(self.frame(order, data));
            }
            None => {
                self.rgba.clear();
                for row in source.chunks(stride).take(height) {
                    self.rgba.extend_from_slice(&row[..width * 4]);
                }
            }
        }
        let smoothed = ThreadTime::now();
        for layer in &order.layers {
            layers::lay(&mut self.rgba, self.size, layer);
        }
        self.timings.smooth += smoothed.duration_since(began);
        self.timings.layers += smoothed.elapsed();
        self.converted(order)
    }

    /// A white picture: the flash of the test pattern.
    pub(super) fn white(&mut self, order: &Order) -> Result<VideoFrame> {
        self.rgba.clear();
        self.rgba.resize(self.size.pixels() * 4, 255);
        self.converted(order)
    }

    fn frame(&self, order: &Order, data: FrameData) -> VideoFrame {
        VideoFrame {
            pts: order.pts,
            size: self.size,
            data,
        }
    }

    fn converted(&mut self, order: &Order) -> Result<VideoFrame> {
        let data = match self.output {
            Output::I420 => {
                let began = ThreadTime::now();
                let planes = self.i420(&self.rgba, self.size.width as usize * 4)?;
                self.timings.convert += began.elapsed();
                planes
            }
            Output::Rgba => {
                let mut rgba = std::mem::take(&mut self.rgba);
                if order.transparent {
                    straighten(&mut rgba);
                } else {
                    for pixel in rgba.chunks_exact_mut(4) {
                        pixel[3] = 255;
                    }
                }
                FrameData::Rgba(rgba)
            }
        };
        Ok(self.frame(order, data))
    }

    fn i420(&self, rgba: &[u8], stride: usize) -> Result<FrameData> {
        let Size { width, height } = self.size;
        let mut y = vec![0; self.size.pixels()];
        let mut u = vec![0; self.size.pixels() / 4];
        let mut v = vec![0; self.size.pixels() / 4];
        let mut planes = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut y),
            y_stride: width,
            u_plane: BufferStoreMut::Borrowed(&mut u),
            u_stride: width / 2,
            v_plane: BufferStoreMut::Borrowed(&mut v),
            v_stride: width / 2,
            width,
            height,
        };
        rgba_to_yuv420(
            &mut planes,
            rgba,
            u32::try_from(stride).unwrap_or(u32::MAX),
            YuvRange::Limited,
            YuvStandardMatrix::Bt709,
            YuvConversionMode::Balanced,
        )
        .map_err(|error| Error::Convert(error.to_string()))?;
        Ok(FrameData::I420 { y, u, v })
    }
}

/// From premultiplied to straight alpha.
fn straighten(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha == 0 || alpha == 255 {
            continue;
        }
        for channel in &mut pixel[..3] {
            *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
}
