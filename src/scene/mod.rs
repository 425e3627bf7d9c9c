//! What the picture holds at a pts: camera, background, hosts, captions, label. Pure: fonts come in as data.

mod camera;
mod caption;
mod look;
mod picture;
mod places;
mod stage;
mod text;

pub use camera::{Framing, Subject};
pub use caption::{CaptionLine, plan_captions};
pub use look::{LightPreset, Look};
pub use picture::{Background, Camera, HostPlacement, Layer, Picture};
pub use places::Sights;
pub use stage::{Scene, SceneOptions};
pub use text::{FontError, Fonts, TextStyle};
