//! Flat images over the hosts, laid on after drawing.
//!
//! Done on the CPU on every adapter: a caption is a few ten thousand pixels, the edge filter never touches text, and the
//! result is the same everywhere.

use crate::media::Size;
use crate::scene::Layer;

/// Lays `layer` over premultiplied RGBA rows of `size`.
pub(super) fn lay(rgba: &mut [u8], size: Size, layer: &Layer) {
    let own = layer.image.size;
    if layer.image.rgba.len() != own.pixels() * 4 || layer.opacity.is_nan() {
        return;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0..=256"
    )]
    let opacity = (layer.opacity.clamp(0.0, 1.0) * 256.0).round() as u32;
    if opacity == 0 {
        return;
    }
    let span = |start: i32, length: u32, limit: u32| {
        let first = i64::from(start).max(0);
        let last = (i64::from(start) + i64::from(length)).min(i64::from(limit));
        (first < last).then_some((first, last))
    };
    let (Some((left, right)), Some((top, bottom))) = (
        span(layer.x, own.width, size.width),
        span(layer.y, own.height, size.height),
    ) else {
        return;
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "inside the picture, so small and not negative"
    )]
    for y in top..bottom {
        let into = (y as usize * size.width as usize + left as usize) * 4;
        let from = ((y - i64::from(layer.y)) as usize * own.width as usize
            + (left - i64::from(layer.x)) as usize)
            * 4;
        let bytes = (right - left) as usize * 4;
        blend(
            &mut rgba[into..into + bytes],
            &layer.image.rgba[from..from + bytes],
            opacity,
        );
    }
}

/// Straight alpha over premultiplied, `opacity` in 256ths.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a mix of two bytes is a byte"
)]
fn blend(under: &mut [u8], over: &[u8], opacity: u32) {
    for (under, over) in under.chunks_exact_mut(4).zip(over.chunks_exact(4)) {
        let alpha = (u32::from(over[3]) * opacity) >> 8;
        if alpha == 0 {
            continue;
        }
        let mix = |over: u8, under: u8| {
            let sum = u32::from(over) * alpha + u32::from(under) * (255 - alpha);
            ((sum + 127) / 255) as u8
        };
        under[0] = mix(over[0], under[0]);
        under[1] = mix(over[1], under[1]);
        under[2] = mix(over[2], under[2]);
        under[3] = mix(255, under[3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Bitmap;
    use std::sync::Arc;

    fn layer(x: i32, y: i32, alpha: u8, opacity: f32) -> Layer {
        Layer {
            key: 1,
            image: Arc::new(Bitmap {
                size: Size::new(4, 4),
                rgba: [200, 100, 0, alpha].repeat(16),
            }),
            x,
            y,
            opacity,
        }
    }

    #[test]
    fn layers_may_hang_over_every_edge() {
        let size = Size::new(8, 6);
        for (x, y, covered) in [
            (-2, -2, 4),
            (6, 4, 4),
            (2, 1, 16),
            (-4, 0, 0),
            (8, 0, 0),
            (i32::MAX, i32::MIN, 0),
        ] {
            let mut rgba = vec![0; size.pixels() * 4];
            lay(&mut rgba, size, &layer(x, y, 255, 1.0));
            let painted = rgba
                .chunks_exact(4)
                .filter(|p| *p == [200, 100, 0, 255])
                .count();
            assert_eq!(painted, covered, "at {x},{y}");
        }
    }

    #[test]
    fn opacity_mixes() {
        let size = Size::new(4, 4);
        let mut rgba = [0, 0, 100, 255].repeat(16);
        lay(&mut rgba, size, &layer(0, 0, 255, 0.5));
        assert_eq!(&rgba[..4], [100, 50, 50, 255]);
        lay(&mut rgba, size, &layer(0, 0, 255, 0.0));
        lay(&mut rgba, size, &layer(0, 0, 255, f32::NAN));
        assert_eq!(&rgba[..4], [100, 50, 50, 255]);
    }
}
