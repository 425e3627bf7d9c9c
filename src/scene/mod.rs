//! What the picture holds at a pts: camera, background, hosts, captions, label. Pure: fonts come in as data.

mod camera;
mod picture;

pub use camera::{Framing, Subject};
pub use picture::{Background, Camera, HostPlacement, Layer, Picture};
