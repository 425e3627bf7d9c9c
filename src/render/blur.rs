//! A picture out of focus.

use crate::media::Size;

/// How far a lens out of focus spreads a point at blur 1: the standard deviation as a share of the shorter side.
const WIDEST: f32 = 0.04;
/// Box blurs that stand in for one lens: three look like a Gaussian (Wells 1986).
const PASSES: usize = 3;

/// `rgba` (rows of `size`) blurred by `amount`, 0 (as it is) to 1. Alpha stays.
///
/// Light adds up, encoded values do not: bright lamps behind a host grow as they do in a camera, because squares of the
/// encoded values, which are close to linear, are what is averaged.
pub(super) fn blurred(mut rgba: Vec<u8>, amount: f32, size: Size) -> Vec<u8> {
    let sigma = amount.clamp(0.0, 1.0) * WIDEST * size.shorter() as f32;
    // Three boxes of width 2r + 1 have the variance 3 (w^2 - 1) / 12.
    let width = (4.0 * sigma * sigma + 1.0).sqrt();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to a few hundred pixels"
    )]
    let radius = ((width - 1.0) / 2.0).round() as usize;
    let (width, height) = (size.width as usize, size.height as usize);
    if radius == 0 || rgba.len() != width * height * 4 {
        return rgba;
    }
    let mut line = Line::default();
    for channel in 0..3 {
        for y in 0..height {
            line.blur(&mut rgba, y * width * 4 + channel, 4, width, radius);
        }
        for x in 0..width {
            line.blur(&mut rgba, x * 4 + channel, width * 4, height, radius);
        }
    }
    rgba
}

/// One row or column of one channel, kept between lines.
#[derive(Default)]
struct Line {
    now: Vec<f32>,
    next: Vec<f32>,
}

impl Line {
    /// Blurs `count` bytes of `rgba` that lie `step` apart from `start` on; beyond its ends a line goes on as it ends.
    fn blur(&mut self, rgba: &mut [u8], start: usize, step: usize, count: usize, radius: usize) {
        self.now.clear();
        let bytes = rgba[start..].iter().step_by(step).take(count);
        self.now
            .extend(bytes.map(|&byte| f32::from(byte) * f32::from(byte)));
        self.next.resize(count, 0.0);
        let share = 1.0 / (2 * radius + 1) as f32;
        for _ in 0..PASSES {
            let at = |place: usize| self.now[place.saturating_sub(radius).min(count - 1)];
            // Places are counted from `radius` before the line.
            let mut sum: f32 = (0..=2 * radius).map(at).sum();
            for (place, mean) in self.next.iter_mut().enumerate() {
                *mean = sum * share;
                sum += at(place + 2 * radius + 1) - at(place);
            }
            std::mem::swap(&mut self.now, &mut self.next);
        }
        let bytes = rgba[start..].iter_mut().step_by(step).take(count);
        for (byte, square) in bytes.zip(&self.now) {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "means of squares of bytes"
            )]
            {
                *byte = (square.max(0.0).sqrt() + 0.5) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_pictures_stay_and_points_spread_without_losing_light() {
        let size = Size::new(64, 48);
        let flat = [90, 120, 200, 0].repeat(size.pixels());
        assert_eq!(blurred(flat.clone(), 1.0, size), flat);
        let mut point = [0, 0, 0, 0].repeat(size.pixels());
        let middle = (24 * 64 + 32) * 4;
        point[middle..middle + 3].fill(255);
        assert_eq!(blurred(point.clone(), 0.0, size), point, "no blur");
        let soft = blurred(point, 1.0, size);
        assert!(
            soft[middle] < 200 && soft[middle + 4] > 20,
            "{}",
            soft[middle]
        );
        let light: f64 = soft.iter().step_by(4).map(|b| f64::from(*b).powi(2)).sum();
        assert!((light / (255.0 * 255.0) - 1.0).abs() < 0.15, "{light}");
    }
}
