//! The paper that pictures of a sheet are put on: rows of cells with a name under each, in sections with a heading.

use crate::media::{Bitmap, Size};
use crate::scene::{Fonts, TextStyle};

/// Cells in a row.
const COLUMNS: u32 = 8;
/// What lies between cells, the line under each for its name, and the line over a section, in pixels.
const GAP: u32 = 8;
const NAME_LINE: u32 = 28;
const HEADING_LINE: u32 = 60;
/// Heights of letters (em), pixels.
const NAME_PX: f32 = 17.0;
const HEADING_PX: f32 = 30.0;
const PAPER: [u8; 4] = [246, 246, 244, 255];
const INK: [u8; 3] = [32, 34, 38];
const FAINT_INK: [u8; 3] = [158, 160, 164];

/// Some sections of cells on one paper.
pub(super) struct Paper {
    pub(super) bitmap: Bitmap,
    sections: Vec<Place>,
}

/// Where a section lies.
struct Place {
    top: u32,
    cell: Size,
}

impl Paper {
    /// Paper for sections of so many cells of a size each.
    pub(super) fn new(sections: &[(Size, usize)]) -> Self {
        let (mut places, mut top, mut width) = (Vec::new(), 0, 0);
        for (cell, count) in sections {
            places.push(Place { top, cell: *cell });
            let rows = u32::try_from(*count).unwrap_or(u32::MAX).div_ceil(COLUMNS);
            top += HEADING_LINE + rows * (cell.height + NAME_LINE + GAP);
            width = width.max(GAP + COLUMNS * (cell.width + GAP));
        }
        let size = Size::new(width, top + GAP);
        Self {
            bitmap: Bitmap {
                size,
                rgba: PAPER.repeat(size.pixels()),
            },
            sections: places,
        }
    }

    /// Writes the heading of a section.
    pub(super) fn head(&mut self, section: usize, heading: &str, fonts: &mut Fonts) {
        let text = fonts.draw(heading, &style(HEADING_PX, INK));
        let top = self.sections[section].top + HEADING_LINE.saturating_sub(text.size.height + GAP);
        self.lay(&text.rgba, text.size, GAP, top);
    }

    /// Puts a picture of the cell's size into a cell.
    pub(super) fn put(&mut self, section: usize, index: usize, rgba: &[u8]) {
        let (x, y) = self.corner(section, index);
        self.lay(rgba, self.sections[section].cell, x, y);
    }

    /// Writes the name of a cell; faintly, where nothing moves in it.
    pub(super) fn name(
        &mut self,
        section: usize,
        index: usize,
        name: &str,
        works: bool,
        fonts: &mut Fonts,
    ) {
        let (x, y) = self.corner(section, index);
        let cell = self.sections[section].cell;
        let mut style = style(NAME_PX, if works { INK } else { FAINT_INK });
        let width = fonts.ink_size(name, &style).width;
        if width > cell.width {
            style.size_px *= cell.width as f32 / width as f32;
        }
        let text = fonts.draw(name, &style);
        let left = x + cell.width.saturating_sub(text.size.width) / 2;
        let top = y + cell.height + NAME_LINE.saturating_sub(text.size.height) / 2;
        self.lay(&text.rgba, text.size, left, top);
    }

    /// The top left corner of a cell.
    fn corner(&self, section: usize, index: usize) -> (u32, u32) {
        let Place { top, cell } = self.sections[section];
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        (
            GAP + column * (cell.width + GAP),
            top + HEADING_LINE + row * (cell.height + NAME_LINE + GAP),
        )
    }

    /// Blends straight-alpha pixels over the paper.
    fn lay(&mut self, rgba: &[u8], size: Size, left: u32, top: u32) {
        let paper = self.bitmap.size;
        let width = size.width.min(paper.width.saturating_sub(left)) as usize;
        for (row, y) in (top..paper.height).take(size.height as usize).enumerate() {
            let from = &rgba[row * size.width as usize * 4..][..width * 4];
            let at = (y as usize * paper.width as usize + left as usize) * 4;
            let into = &mut self.bitmap.rgba[at..at + width * 4];
            for (into, from) in into.chunks_exact_mut(4).zip(from.chunks_exact(4)) {
                let alpha = u32::from(from[3]);
                for (into, from) in into.iter_mut().zip(&from[..3]) {
                    let mixed = u32::from(*from) * alpha + u32::from(*into) * (255 - alpha);
                    *into = ((mixed + 127) / 255).min(255) as u8;
                }
            }
        }
    }
}

fn style(size_px: f32, color: [u8; 3]) -> TextStyle {
    TextStyle {
        size_px,
        color,
        edge_px: 0.0,
        plate: None,
        max_width_px: f32::MAX,
    }
}
