//! Light in numbers: the lamps of the studio, and from linear to what a screen is sent.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;

use crate::scene::LightPreset;

/// Towards the key light, unit length. The same in all presets, since shade is baked for it.
pub(super) const TOWARDS_KEY: Vec3 = Vec3::new(-0.3807, 0.5246, 0.7615);
const TOWARDS_FILL: Vec3 = Vec3::new(0.7789, 0.1230, 0.6150);
const TOWARDS_RIM_RIGHT: Vec3 = Vec3::new(0.5795, 0.4250, -0.6954);
const TOWARDS_RIM_LEFT: Vec3 = Vec3::new(-0.7177, 0.2791, -0.6380);

/// A lamp with a diffuser; `Softbox` in `shared/studio.wgsl`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Softbox {
    /// Towards its middle, unit length.
    direction: [f32; 4],
    /// What it adds to a white matt surface that faces it, linear.
    color: [f32; 4],
    /// Half its width and height as a mirror shows it; 1 in front of the host or -1 behind.
    size: [f32; 4],
}

/// All light of a picture; the end of `Frame` in `shared/studio.wgsl`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Studio {
    boxes: [Softbox; 4],
    sky: [f32; 4],
    ground: [f32; 4],
}

/// What a preset decides: linear colours of each lamp and of the light from above and below.
struct Lamps {
    key: [f32; 3],
    fill: [f32; 3],
    rim_right: [f32; 3],
    rim_left: [f32; 3],
    sky: [f32; 3],
    ground: [f32; 3],
}

/// Key from the upper left, fill from the right, two lights from behind: a portrait studio. `soft` is the rig of
/// `avatars/studio/preview.py`, for which our hosts are made.
const fn lamps(preset: LightPreset) -> Lamps {
    match preset {
        LightPreset::Soft => Lamps {
            key: [0.920, 0.883, 0.828],
            fill: [0.292, 0.313, 0.340],
            rim_right: [0.912, 0.931, 0.960],
            rim_left: [0.800, 0.720, 0.656],
            sky: [0.46, 0.48, 0.52],
            ground: [0.34, 0.29, 0.27],
        },
        LightPreset::Bright => Lamps {
            key: [0.90, 0.89, 0.87],
            fill: [0.52, 0.53, 0.55],
            rim_right: [0.75, 0.76, 0.78],
            rim_left: [0.75, 0.74, 0.72],
            sky: [0.64, 0.65, 0.67],
            ground: [0.52, 0.49, 0.47],
        },
        LightPreset::Dramatic => Lamps {
            key: [1.12, 1.05, 0.96],
            fill: [0.055, 0.075, 0.110],
            rim_right: [1.15, 1.25, 1.40],
            rim_left: [1.30, 1.00, 0.75],
            sky: [0.15, 0.165, 0.21],
            ground: [0.10, 0.09, 0.09],
        },
        LightPreset::Warm => Lamps {
            key: [1.00, 0.82, 0.62],
            fill: [0.34, 0.28, 0.25],
            rim_right: [1.05, 0.82, 0.58],
            rim_left: [0.90, 0.66, 0.48],
            sky: [0.45, 0.42, 0.40],
            ground: [0.36, 0.27, 0.20],
        },
    }
}

/// The lights of `preset` as the shaders want them.
pub(super) fn studio(preset: LightPreset) -> Studio {
    let lamps = lamps(preset);
    let softbox = |direction: Vec3, color: [f32; 3], [width, height]: [f32; 2]| Softbox {
        direction: direction.extend(0.0).to_array(),
        color: wide(color),
        size: [width, height, direction.z.signum(), 0.0],
    };
    Studio {
        boxes: [
            softbox(TOWARDS_KEY, lamps.key, [0.20, 0.24]),
            softbox(TOWARDS_FILL, lamps.fill, [0.16, 0.34]),
            softbox(TOWARDS_RIM_RIGHT, lamps.rim_right, [0.14, 0.40]),
            softbox(TOWARDS_RIM_LEFT, lamps.rim_left, [0.14, 0.40]),
        ],
        sky: wide(lamps.sky),
        ground: wide(lamps.ground),
    }
}

fn wide([r, g, b]: [f32; 3]) -> [f32; 4] {
    [r, g, b, 0.0]
}

/// From linear light to sRGB (IEC 61966-2-1).
pub(super) fn encoded(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}
