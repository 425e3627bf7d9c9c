//! What one picture holds: the contract between scene and render.

use std::sync::Arc;

use glam::Vec3;

use super::Look;
use crate::media::{Bitmap, HostId, MediaTime, Pose, Size};

/// Where the picture is taken from. World space in metres: +Y up, hosts stand on y = 0 and look along +Z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The camera's place.
    pub eye: Vec3,
    /// The point in the middle of the picture.
    pub target: Vec3,
    /// Vertical field of view in degrees, 1..=120.
    pub fov_y_deg: f32,
}

/// One host in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct HostPlacement {
    /// Who; finds the host's [`Pose`] and its loaded avatar.
    pub host: HostId,
    /// Where the host stands, metres.
    pub position: Vec3,
    /// Turned to the host's left, degrees.
    pub yaw_deg: f32,
}

/// What is behind the hosts.
#[derive(Clone, Debug, PartialEq)]
pub enum Background {
    /// Nothing: alpha 0, for PNG with transparency.
    Transparent,
    /// One sRGB colour.
    Color([u8; 3]),
    /// sRGB colours of the top and bottom edge, blended between.
    Gradient([u8; 3], [u8; 3]),
    /// A picture, scaled to cover and cut in the middle.
    Image(Arc<Bitmap>),
}

/// A flat image over the hosts, in picture pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Same key = same pixels: the renderer uploads a layer only when its key is new.
    pub key: u64,
    /// The pixels; drawn unscaled, so that text stays sharp.
    pub image: Arc<Bitmap>,
    /// Left edge in pixels; may be outside.
    pub x: i32,
    /// Top edge in pixels; may be outside.
    pub y: i32,
    /// 0 (invisible) to 1.
    pub opacity: f32,
}

/// Everything needed to draw one frame. Cheap to clone: the heavy parts are shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// When it is to be seen.
    pub pts: MediaTime,
    /// Width and height in pixels.
    pub size: Size,
    /// Where it is seen from.
    pub camera: Camera,
    /// What is behind.
    pub background: Background,
    /// Lights and sharpness.
    pub look: Look,
    /// Hosts from back to front.
    pub hosts: Vec<HostPlacement>,
    /// One pose for each host.
    pub poses: Vec<Pose>,
    /// Layers from back to front.
    pub layers: Vec<Layer>,
    /// Paint the whole picture white: the flash of the test pattern.
    pub flash: bool,
}
