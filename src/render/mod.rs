//! Scene and pose -> frame: the only module with wgpu.
//!
//! A [`Gpu`] is opened once for the process; each thread that draws has its own [`Renderer`]. Pictures go in with
//! `submit` and come out in order with `poll`, finished: smoothed, with their layers, as I420 or RGBA.

mod background;
mod bake;
mod blur;
mod contact;
mod convert;
mod deform;
mod error;
mod finish;
mod gpu;
mod host;
mod hull;
mod layers;
mod light;
mod overlay;
mod pipelines;
mod readback;
mod renderer;
mod smooth;
mod standard;
mod target;
mod texture;
mod textures;
mod toon;
mod toon_params;
mod vertices;

pub use background::BACKGROUND_WGSL;
pub use contact::CONTACT_WGSL;
pub use convert::I420_WGSL;
pub use error::{Error, Result};
pub use gpu::{ADAPTER_ENV, Gpu, GpuOptions};
pub use overlay::LAYER_WGSL;
pub use renderer::{Renderer, Timings};
pub use standard::HOST_WGSL;
pub use toon::TOON_WGSL;

use crate::avatar::{Avatar, Landmarks};
use crate::media::Size;
use crate::scene::Subject;

/// The form in which finished pictures come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Planar 4:2:0, BT.709 limited range, for encoders.
    #[default]
    I420,
    /// sRGB with straight alpha, for stills.
    Rgba,
}

/// How much work goes into a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// `Cpu` on a CPU adapter, `Gpu` on a GPU.
    #[default]
    Auto,
    /// For adapters that draw on the CPU: one sample for each pixel, edges smoothed afterwards.
    Cpu,
    /// For GPUs: four samples for each pixel and filtered textures.
    Gpu,
}

impl std::str::FromStr for Quality {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            _ => Err(format!("`{text}` is not auto, cpu or gpu")),
        }
    }
}

/// What a renderer makes.
#[derive(Clone, Copy, Debug)]
pub struct RendererOptions {
    /// Width and height of every picture, in pixels.
    pub size: Size,
    /// The form of the finished pictures.
    pub output: Output,
    /// How much work goes into them.
    pub quality: Quality,
}

impl Default for RendererOptions {
    fn default() -> Self {
        Self {
            size: Size::new(720, 1280),
            output: Output::I420,
            quality: Quality::Auto,
        }
    }
}

impl From<Landmarks> for Subject {
    fn from(landmarks: Landmarks) -> Self {
        Self {
            eyes: landmarks.eyes,
            crown_m: landmarks.crown_m,
            chin_m: landmarks.chin_m,
            floor_m: landmarks.floor_m,
        }
    }
}

impl From<&Avatar> for Subject {
    fn from(avatar: &Avatar) -> Self {
        avatar.landmarks().into()
    }
}
