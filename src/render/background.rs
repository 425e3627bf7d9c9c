//! What is behind the hosts, painted once into a texture whenever it changes.
//!
//! The texture's alpha is 0 everywhere: alpha in the target says where a host covers the picture.

use super::blur::blurred;
use crate::media::{Bitmap, Size};
use crate::scene::Background;

/// WGSL of the pass that copies the background into a multisampled target.
pub const BACKGROUND_WGSL: &str = include_str!("../../shaders/background.wgsl");

/// The background as RGBA rows of `size` with alpha 0, or `None` when there is nothing behind. A picture is `blur` (0 to
/// 1) out of focus.
pub(super) fn paint(background: &Background, blur: f32, size: Size) -> Option<Vec<u8>> {
    match background {
        Background::Transparent => None,
        Background::Color([r, g, b]) => Some([*r, *g, *b, 0].repeat(size.pixels())),
        Background::Gradient(top, bottom) => Some(gradient(*top, *bottom, size)),
        Background::Image(image) => Some(blurred(cover(image, size), blur, size)),
    }
}

/// Whether two backgrounds look the same; pictures are compared by address first.
pub(super) fn same(a: &Background, b: &Background) -> bool {
    match (a, b) {
        (Background::Image(a), Background::Image(b)) => std::sync::Arc::ptr_eq(a, b) || a == b,
        (a, b) => a == b,
    }
}

/// Dithered by a fixed 4x4 pattern (Bayer), so that no bands show.
fn gradient(top: [u8; 3], bottom: [u8; 3], size: Size) -> Vec<u8> {
    const BAYER: [[f32; 4]; 4] = [
        [0.0, 8.0, 2.0, 10.0],
        [12.0, 4.0, 14.0, 6.0],
        [3.0, 11.0, 1.0, 9.0],
        [15.0, 7.0, 13.0, 5.0],
    ];
    let mut rgba = Vec::with_capacity(size.pixels() * 4);
    let last = (size.height.max(2) - 1) as f32;
    for y in 0..size.height {
        let amount = y as f32 / last;
        for x in 0..size.width {
            let dither = BAYER[y as usize % 4][x as usize % 4] / 16.0;
            for channel in 0..3 {
                let (a, b) = (f32::from(top[channel]), f32::from(bottom[channel]));
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within 0..=255.94, rounded down on purpose"
                )]
                rgba.push((a + (b - a) * amount + dither) as u8);
            }
            rgba.push(0);
        }
    }
    rgba
}

/// Scaled until it covers the picture, cut in the middle. A transparent picture stands on black.
fn cover(image: &Bitmap, size: Size) -> Vec<u8> {
    let black = || [0, 0, 0, 0].repeat(size.pixels());
    let Some(source) =
        image::RgbaImage::from_raw(image.size.width, image.size.height, image.rgba.clone())
    else {
        return black();
    };
    if image.size.pixels() == 0 {
        return black();
    }
    let scale_x = f64::from(size.width) / f64::from(image.size.width);
    let scale_y = f64::from(size.height) / f64::from(image.size.height);
    let scale = scale_x.max(scale_y);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sides of the cut, at least 1"
    )]
    let side =
        |wanted: u32, whole: u32| ((f64::from(wanted) / scale).round() as u32).clamp(1, whole);
    let (width, height) = (
        side(size.width, image.size.width),
        side(size.height, image.size.height),
    );
    let cut = image::imageops::crop_imm(
        &source,
        (image.size.width - width) / 2,
        (image.size.height - height) / 2,
        width,
        height,
    )
    .to_image();
    let scaled = if (width, height) == (size.width, size.height) {
        cut
    } else {
        image::imageops::resize(
            &cut,
            size.width,
            size.height,
            image::imageops::FilterType::Triangle,
        )
    };
    let mut rgba = scaled.into_raw();
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel[..3] {
            *channel = (u32::from(*channel) * alpha / 255).min(255) as u8;
        }
        pixel[3] = 0;
    }
    rgba
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn gradient_runs_from_top_to_bottom() {
        let size = Size::new(16, 32);
        let rgba = paint(
            &Background::Gradient([10, 20, 30], [110, 120, 130]),
            0.0,
            size,
        )
        .unwrap();
        assert_eq!(&rgba[..4], [10, 20, 30, 0]);
        assert_eq!(&rgba[rgba.len() - 4..], [110, 120, 130, 0]);
    }

    #[test]
    fn images_cover_and_keep_their_colour() {
        let image = Bitmap {
            size: Size::new(2, 1),
            rgba: vec![255, 0, 0, 255, 0, 255, 0, 255],
        };
        let size = Size::new(40, 20);
        let rgba = paint(&Background::Image(Arc::new(image)), 0.0, size).unwrap();
        assert_eq!(rgba.len(), size.pixels() * 4);
        assert_eq!(&rgba[..3], [255, 0, 0]);
        assert_eq!(&rgba[39 * 4..39 * 4 + 3], [0, 255, 0]);
    }

    #[test]
    fn broken_images_are_black() {
        let image = Bitmap {
            size: Size::new(100, 100),
            rgba: vec![1, 2, 3],
        };
        let rgba = paint(&Background::Image(Arc::new(image)), 0.5, Size::new(16, 16)).unwrap();
        assert!(rgba.iter().all(|byte| *byte == 0));
    }
}
