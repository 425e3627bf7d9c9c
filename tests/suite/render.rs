//! What a renderer promises: the right pixels, in the right order, on any size.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use glam::Vec3;
use image::RgbaImage;
use zhubo::avatar::Avatar;
use zhubo::media::{FrameData, HostId, MediaTime, Pose, Size, VideoFrame};
use zhubo::render::{Gpu, GpuOptions};
use zhubo::scene::{Background, Camera, Framing, HostPlacement, Picture};

/// The device of this test run; a counted skip without one.
pub fn gpu() -> Option<Arc<Gpu>> {
    static GPU: OnceLock<Option<Arc<Gpu>>> = OnceLock::new();
    let found = GPU.get_or_init(|| {
        Gpu::new(&GpuOptions::default())
            .map(Arc::new)
            .map_err(|error| println!("{error}"))
            .ok()
    });
    if found.is_none() {
        assert!(std::env::var("REQUIRE_GPU").is_err(), "no graphics adapter");
        println!("SKIPPED: no graphics adapter (apt install mesa-vulkan-drivers libvulkan1)");
    }
    found.clone()
}

/// The built-in host; a counted skip while it is not there.
pub fn default_host() -> Option<Arc<Avatar>> {
    static HOST: OnceLock<Option<Arc<Avatar>>> = OnceLock::new();
    HOST.get_or_init(|| {
        let built_in = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("avatars/lina/host.glb");
        let path = std::env::var("ZHUBO_TEST_HOST").map_or(built_in, PathBuf::from);
        if !path.exists() {
            println!("SKIPPED: {} is not there", path.display());
            return None;
        }
        Some(Arc::new(Avatar::load(&path).unwrap()))
    })
    .clone()
}

/// A picture of one host named `lina` at rest.
pub fn picture_of(avatar: &Avatar, framing: Framing, size: Size) -> Picture {
    let host = HostId::new("lina");
    Picture {
        pts: MediaTime::ZERO,
        size,
        camera: Camera::framed(framing, &avatar.into(), size),
        background: Background::Color([150, 170, 185]),
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: Vec3::ZERO,
            yaw_deg: 0.0,
        }],
        poses: vec![Pose::rest(host)],
        layers: Vec::new(),
        flash: false,
    }
}

/// An RGBA frame as an image.
pub fn image_of(frame: &VideoFrame) -> RgbaImage {
    let FrameData::Rgba(rgba) = &frame.data else {
        panic!("not RGBA")
    };
    RgbaImage::from_raw(frame.size.width, frame.size.height, rgba.clone()).unwrap()
}
