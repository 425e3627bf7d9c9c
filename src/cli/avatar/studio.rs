//! One avatar before a camera.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use glam::Vec3;

use crate::avatar::Avatar;
use crate::config::DEFAULT_HOST;
use crate::media::{FrameData, HostId, MediaTime, Pose, Size, VideoFrame};
use crate::render::{Gpu, GpuOptions, Output, Quality, Renderer, RendererOptions};
use crate::scene::{Background, Camera, HostPlacement, Look, Picture};

/// A renderer with one avatar in it.
#[derive(Debug)]
pub(super) struct Studio {
    renderer: Renderer,
    gpu: Arc<Gpu>,
    host: HostId,
    size: Size,
    camera: Camera,
    background: Background,
    look: Look,
}

impl Studio {
    /// Puts `avatar` before `camera`.
    pub(super) fn new(
        avatar: Arc<Avatar>,
        size: Size,
        output: Output,
        quality: Quality,
        camera: Camera,
        background: Background,
        look: Look,
    ) -> anyhow::Result<Self> {
        let gpu = Arc::new(Gpu::new(&GpuOptions::default())?);
        let options = RendererOptions {
            size,
            output,
            quality,
        };
        let mut renderer = Renderer::new(&gpu, &options)?;
        let host = host();
        renderer.add_host(host.clone(), avatar)?;
        Ok(Self {
            renderer,
            gpu,
            host,
            size,
            camera,
            background,
            look,
        })
    }

    /// The adapter that draws.
    pub(super) fn adapter_name(&self) -> &str {
        self.gpu.adapter_name()
    }

    /// Draws the avatar in `pose`, turned to its left by `yaw_deg`.
    pub(super) fn draw(
        &mut self,
        pose: Pose,
        yaw_deg: f32,
        pts: MediaTime,
    ) -> anyhow::Result<VideoFrame> {
        let picture = Picture {
            pts,
            size: self.size,
            camera: self.camera,
            background: self.background.clone(),
            look: self.look,
            hosts: vec![HostPlacement {
                host: self.host.clone(),
                position: Vec3::ZERO,
                yaw_deg,
            }],
            poses: vec![pose],
            layers: Vec::new(),
            flash: false,
        };
        Ok(self.renderer.draw(&picture)?)
    }
}

/// The name that poses go by.
pub(super) fn host() -> HostId {
    HostId::new(DEFAULT_HOST)
}

/// The pixels of an RGBA frame.
pub(super) fn pixels(frame: &VideoFrame) -> anyhow::Result<&[u8]> {
    match &frame.data {
        FrameData::Rgba(rgba) => Ok(rgba),
        _ => Err(anyhow!("the renderer gave no RGBA picture")),
    }
}

/// Writes RGBA pixels as a PNG file.
pub(super) fn save(rgba: &[u8], size: Size, path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    image::save_buffer_with_format(
        path,
        rgba,
        size.width,
        size.height,
        image::ExtendedColorType::Rgba8,
        image::ImageFormat::Png,
    )
    .with_context(|| format!("write {}", path.display()))
}
