//! Smooths jagged edges on the CPU while the rows of a single-sampled picture are read back.
//!
//! The method follows FXAA 3.11 (Lottes 2011): find pixels of high local contrast, find out how far the edge runs to
//! both sides, and mix with the neighbour across the edge by how far inside the step the pixel lies. Only pixels at or
//! beside a host are touched: a background picture and its alpha of 0 stay as they are.

use std::ops::Range;

use yuv::{BufferStoreMut, YuvGrayImageMut, YuvRange, YuvStandardMatrix, rgba_to_yuv400};

use super::error::{Error, Result};

/// Contrast below this is no edge, in 255ths.
const LEAST_CONTRAST: u8 = 14;
/// An edge is followed so many pixels to each side: enough for the slow slope of a shoulder.
const REACH: usize = 20;
/// Edges with less contrast than this, in 255ths, are mostly painted ones and are followed only so far.
const STRONG: i32 = 40;
const SHORT_REACH: usize = 6;
/// How much of a lone pixel's difference to its surroundings is taken away, of 256.
const SPECK: i32 = 160;

/// Coverage is looked for in blocks of so many pixels.
const BLOCK: usize = 16;

/// Keeps its buffers between pictures.
#[derive(Debug, Default)]
pub(super) struct Smoother {
    luma: Vec<u8>,
    /// For each row, from where to where hosts are: whole blocks of pixels.
    spans: Vec<Range<usize>>,
}

impl Smoother {
    /// Copies `height` rows of `width` RGBA pixels from `source` (rows `stride` bytes apart) into `rgba` without padding,
    /// smoothed.
    pub(super) fn smooth(
        &mut self,
        source: &[u8],
        stride: usize,
        width: usize,
        height: usize,
        rgba: &mut Vec<u8>,
    ) -> Result<()> {
        rgba.clear();
        rgba.reserve(width * height * 4);
        self.spans.clear();
        for row in source.chunks(stride).take(height) {
            let row = &row[..width * 4];
            rgba.extend_from_slice(row);
            self.spans.push(covered_span(row));
        }
        let covered = |span: &Range<usize>| !span.is_empty();
        let (Some(top), Some(bottom)) = (
            self.spans.iter().position(covered),
            self.spans.iter().rposition(covered),
        ) else {
            return Ok(());
        };
        if width < 3 || height < 3 {
            return Ok(());
        }
        self.find_luma(
            source,
            stride,
            width,
            top.saturating_sub(REACH + 2)..(bottom + REACH + 3).min(height),
        )?;
        let picture = Picture {
            source,
            stride,
            luma: &self.luma,
            width,
        };
        let mut edges = vec![0u8; width];
        // Pixels beside a covered one count too.
        for y in top.saturating_sub(1).max(1)..(bottom + 2).min(height - 1) {
            let near = [&self.spans[y - 1], &self.spans[y], &self.spans[y + 1]];
            let near = near.into_iter().filter(|span| covered(span));
            let Some(span) = near
                .cloned()
                .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
            else {
                continue;
            };
            let (left, right) = (
                span.start.saturating_sub(1).max(1),
                (span.end + 1).min(width - 1),
            );
            picture.mark(y, left, &mut edges[left..right]);
            for start in (left..right).step_by(BLOCK) {
                let block = start..(start + BLOCK).min(right);
                // Most blocks hold no edge: one look at sixteen pixels.
                if edges[block.clone()].iter().fold(0, |all, edge| all | edge) == 0 {
                    continue;
                }
                for x in block.filter(|x| edges[*x] != 0) {
                    if let Some(pixel) = picture.mixed(x, y) {
                        let at = (y * width + x) * 4;
                        rgba[at..at + 4].copy_from_slice(&pixel);
                    }
                }
            }
        }
        Ok(())
    }

    /// Brightness of all pixels of `rows`; that of other rows is never looked at.
    fn find_luma(
        &mut self,
        source: &[u8],
        stride: usize,
        width: usize,
        rows: Range<usize>,
    ) -> Result<()> {
        self.luma.resize(width * self.spans.len(), 0);
        let pixels = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let mut plane = YuvGrayImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.luma[rows.start * width..rows.end * width]),
            y_stride: pixels(width),
            width: pixels(width),
            height: pixels(rows.len()),
        };
        rgba_to_yuv400(
            &mut plane,
            &source[rows.start * stride..source.len().min(rows.end * stride)],
            pixels(stride),
            YuvRange::Full,
            YuvStandardMatrix::Bt709,
        )
        .map_err(|error| Error::Convert(error.to_string()))
    }
}

/// The blocks of a row between the first and the last that holds a host's pixel.
fn covered_span(row: &[u8]) -> Range<usize> {
    let covered = |block: &[u8]| {
        let all = block.chunks_exact(4).fold(0, |all, pixel| {
            all | u32::from_le_bytes([pixel[0], pixel[1], pixel[2], pixel[3]])
        });
        all >> 24 != 0
    };
    let mut blocks = row.chunks(4 * BLOCK);
    let Some(first) = blocks.clone().position(covered) else {
        return 0..0;
    };
    let last = blocks.rposition(covered).unwrap_or(first);
    first * BLOCK..((last + 1) * BLOCK).min(row.len() / 4)
}

/// The edge that a pixel lies at.
struct Edge {
    horizontal: bool,
    /// Whether the neighbour across is above or to the left.
    backwards: bool,
    /// The luma half-way across.
    middle: i32,
    /// Where the pair's luma has moved so far, the edge ends.
    least: i32,
}

struct Picture<'a> {
    source: &'a [u8],
    stride: usize,
    luma: &'a [u8],
    width: usize,
}

impl Picture<'_> {
    /// Sets each of `edges`, which begin at column `left`, where the contrast with the four neighbours is high.
    fn mark(&self, y: usize, left: usize, edges: &mut [u8]) {
        let row = |y: usize| {
            let at = y * self.width + left;
            &self.luma[at - 1..at + edges.len() + 1]
        };
        let (above, here, below) = (row(y - 1), row(y), row(y + 1));
        let sides = here.iter().zip(&here[2..]);
        let middle = above[1..].iter().zip(&here[1..]).zip(&below[1..]);
        for ((edge, (west, east)), ((north, own), south)) in edges.iter_mut().zip(sides).zip(middle)
        {
            let low = (*west).min(*east).min(*north).min(*south).min(*own);
            let high = (*west).max(*east).max(*north).max(*south).max(*own);
            let least = LEAST_CONTRAST.max(high / 10);
            *edge = u8::from(high - low > least);
        }
    }

    fn at(&self, x: usize, y: usize) -> i32 {
        i32::from(self.luma[y * self.width + x])
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        let at = y * self.stride + x * 4;
        let mut pixel = [0; 4];
        pixel.copy_from_slice(&self.source[at..at + 4]);
        pixel
    }

    /// The smoothed pixel, or `None` when it stays as it is.
    fn mixed(&self, x: usize, y: usize) -> Option<[u8; 4]> {
        let covered = |x, y| self.pixel(x, y)[3] != 0;
        if !covered(x, y)
            && !covered(x - 1, y)
            && !covered(x + 1, y)
            && !covered(x, y - 1)
            && !covered(x, y + 1)
        {
            return None;
        }
        let own = self.at(x, y);
        let (n, s) = (self.at(x, y - 1), self.at(x, y + 1));
        let (w, e) = (self.at(x - 1, y), self.at(x + 1, y));
        let (nw, ne) = (self.at(x - 1, y - 1), self.at(x + 1, y - 1));
        let (sw, se) = (self.at(x - 1, y + 1), self.at(x + 1, y + 1));
        let along_x =
            (nw + sw - 2 * w).abs() + 2 * (n + s - 2 * own).abs() + (ne + se - 2 * e).abs();
        let along_y =
            (nw + ne - 2 * n).abs() + 2 * (w + e - 2 * own).abs() + (sw + se - 2 * s).abs();
        let horizontal = along_x >= along_y;
        // The neighbour across the edge.
        let (before, after) = if horizontal { (n, s) } else { (w, e) };
        let (drop_before, drop_after) = ((before - own).abs(), (after - own).abs());
        let backwards = drop_before >= drop_after;
        let across = if backwards { before } else { after };
        let drop = drop_before.max(drop_after);
        let edge = Edge {
            horizontal,
            backwards,
            middle: (own + across) / 2,
            least: drop / 4,
        };
        let run = self.run(x, y, &edge);
        let edge_share = run
            .map_or(0, |(near, whole)| 128 - 256 * near / whole)
            .max(0);
        let average = (2 * (n + s + w + e) + nw + ne + sw + se) / 12;
        let range = n.max(s).max(w).max(e).max(own) - n.min(s).min(w).min(e).min(own);
        // A smooth step of how much the pixel stands out (FXAA's sub-pixel term), in 256ths.
        let out = (256 * (average - own).abs() / range.max(1)).min(256);
        let out = out * out / 256 * (768 - 2 * out) / 256;
        let speck_share = out * out / 256 * SPECK / 256;
        let share = edge_share.max(speck_share);
        if share <= 0 {
            return None;
        }
        let step = |value: usize| if backwards { value - 1 } else { value + 1 };
        let other = if horizontal {
            self.pixel(x, step(y))
        } else {
            self.pixel(step(x), y)
        };
        let mine = self.pixel(x, y);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mix of two bytes is a byte"
        )]
        let mix = |channel: usize| {
            let (a, b) = (i32::from(mine[channel]), i32::from(other[channel]));
            (a + (((b - a) * share + 128) >> 8)) as u8
        };
        Some([mix(0), mix(1), mix(2), mix(3)])
    }

    /// Follows the edge to both ends: the distance to the nearer end and the whole length, when the pixel lies on the
    /// side of the step that has to give way.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "distances of at most REACH"
    )]
    fn run(&self, x: usize, y: usize, edge: &Edge) -> Option<(i32, i32)> {
        let Edge {
            horizontal,
            backwards,
            middle,
            least,
        } = *edge;
        let height = self.luma.len() / self.width;
        let (place, limit, along, across) = if horizontal {
            (x, self.width - 1, 1, self.width)
        } else {
            (y, height - 1, self.width, 1)
        };
        let own = y * self.width + x;
        let other = if backwards {
            own - across
        } else {
            own + across
        };
        let pair = |own: usize, other: usize| {
            (i32::from(self.luma[own]) + i32::from(self.luma[other])) / 2 - middle
        };
        let reach = if 4 * least >= STRONG {
            REACH
        } else {
            SHORT_REACH
        };
        let (mut low, mut low_end) = (place, 0);
        for step in 1..=reach.min(place) {
            low = place - step;
            low_end = pair(own - step * along, other - step * along);
            if low_end.abs() >= least {
                break;
            }
        }
        let (mut high, mut high_end) = (place, 0);
        for step in 1..=reach.min(limit - place) {
            high = place + step;
            high_end = pair(own + step * along, other + step * along);
            if high_end.abs() >= least {
                break;
            }
        }
        let (to_low, to_high) = ((place - low) as i32, (high - place) as i32);
        let near_end = if to_low < to_high { low_end } else { high_end };
        let brighter = self.at(x, y) > middle;
        // At the near end the pair has moved to the other side: this pixel is the one that sticks out.
        // Without an end in sight the edge is straight.
        let gives_way = near_end.abs() >= least && (near_end > 0) != brighter;
        gives_way.then_some((to_low.min(to_high), (to_low + to_high).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white shape on black, covered where `inside`.
    fn drawn(width: usize, height: usize, inside: impl Fn(usize, usize) -> bool) -> Vec<u8> {
        let mut rgba = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let value = if inside(x, y) { 255 } else { 0 };
                rgba.extend([value, value, value, value]);
            }
        }
        rgba
    }

    fn smoothed(rgba: &[u8], width: usize, height: usize) -> Vec<u8> {
        let mut out = Vec::new();
        Smoother::default()
            .smooth(rgba, width * 4, width, height, &mut out)
            .unwrap();
        out
    }

    #[test]
    fn a_slope_of_steps_becomes_a_ramp() {
        let (width, height) = (64, 32);
        // One step down every eight pixels.
        let rgba = drawn(width, height, |x, y| y > 8 + x / 8);
        let out = smoothed(&rgba, width, height);
        // Coverage of a column is the sum of its pixels: it should grow evenly, not in steps of 255.
        let column = |x: usize| -> i32 {
            (0..height)
                .map(|y| i32::from(out[(y * width + x) * 4]))
                .sum()
        };
        for x in 16..40 {
            let change = (column(x) - column(x + 1)).abs();
            assert!(
                change < 110,
                "step of {change} between columns {x} and {}",
                x + 1
            );
        }
    }

    #[test]
    fn straight_edges_hardly_change_and_flat_areas_do_not() {
        let (width, height) = (40, 20);
        let rgba = drawn(width, height, |x, _| x >= 20);
        let out = smoothed(&rgba, width, height);
        let most = out.iter().zip(&rgba).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most.is_some_and(|most| most <= 12), "{most:?}");
        let flat = drawn(width, height, |_, _| true);
        assert_eq!(smoothed(&flat, width, height), flat);
    }

    #[test]
    fn pictures_behind_are_not_touched() {
        let (width, height) = (64, 32);
        let mut rgba = drawn(width, height, |x, y| y > 8 + x / 8);
        for pixel in rgba.chunks_exact_mut(4) {
            pixel[3] = 0;
        }
        assert_eq!(smoothed(&rgba, width, height), rgba);
    }

    #[test]
    fn padding_is_dropped_and_tiny_pictures_pass() {
        for (width, height) in [(1, 1), (2, 5), (5, 2), (3, 3), (17, 4)] {
            let stride = 256;
            let mut source = vec![7; stride * height];
            for (byte, value) in source.iter_mut().zip((0..=255).step_by(37).cycle()) {
                *byte = value;
            }
            let mut out = Vec::new();
            Smoother::default()
                .smooth(&source, stride, width, height, &mut out)
                .unwrap();
            assert_eq!(out.len(), width * height * 4);
            assert_eq!(out[..width * 4], source[..width * 4]);
        }
    }
}
