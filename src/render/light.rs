//! Light in numbers: from linear to what a screen is sent.

/// From linear light to sRGB (IEC 61966-2-1).
pub(super) fn encoded(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}
