//! Words to pixels: shaping, line breaking and glyph drawing by cosmic-text.

use std::collections::BTreeSet;
use std::sync::Arc;

use cosmic_text::fontdb::{Database, Source};
use cosmic_text::{
    Align, Attrs, Buffer, Family, FontSystem, Metrics, Shaping, SwashCache, SwashContent, Weight,
    Wrap,
};

use crate::media::{Bitmap, Size};

/// Families that are preferred when a font file holds several, best first: simplified Chinese with Latin.
const PREFERRED_FAMILIES: [&str; 3] = [
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
];

/// Why text cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// No usable font came in.
    #[error(
        "no usable font: install one that has Chinese and Latin letters, for example `apt install fonts-noto-cjk`"
    )]
    NoFont,
}

/// Fonts and the caches that belong to them. One owner: the scene.
pub struct Fonts {
    system: FontSystem,
    glyphs: SwashCache,
    family: String,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fonts({})", self.family)
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    /// Font size (em) in pixels.
    pub size_px: f32,
    /// sRGB colour of the letters.
    pub color: [u8; 3],
    /// Dark edge round the letters in pixels; 0 for none.
    pub edge_px: f32,
    /// A rounded plate behind the text, sRGB with alpha.
    pub plate: Option<[u8; 4]>,
    /// Lines are broken to this width in pixels.
    pub max_width_px: f32,
}

impl Fonts {
    /// Fonts from the bytes of font files (TTF, OTF, TTC).
    ///
    /// # Errors
    /// When none of them is a font.
    pub fn new(files: impl IntoIterator<Item = Arc<Vec<u8>>>) -> Result<Self, FontError> {
        let mut database = Database::new();
        for file in files {
            database.load_font_source(Source::Binary(file));
        }
        let families: BTreeSet<&str> = database
            .faces()
            .flat_map(|face| face.families.iter().map(|(name, _)| name.as_str()))
            .collect();
        let family = PREFERRED_FAMILIES
            .into_iter()
            .find(|name| families.contains(name))
            .or_else(|| families.first().copied())
            .ok_or(FontError::NoFont)?
            .to_owned();
        let system = FontSystem::new_with_locale_and_db("zh-CN".to_owned(), database);
        Ok(Self {
            system,
            glyphs: SwashCache::new(),
            family,
        })
    }

    /// The font family in use.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Draws `text`, centred line by line, on a bitmap just large enough (1x1 when there is nothing to see).
    /// Letters that no font has are left out.
    pub fn draw(&mut self, text: &str, style: &TextStyle) -> Bitmap {
        let ink = self.ink(text, style);
        compose(&ink, style)
    }

    /// Width and height in pixels of the letters alone, without edge and plate.
    pub fn ink_size(&mut self, text: &str, style: &TextStyle) -> Size {
        let ink = self.ink(text, style);
        Size::new(ink.width as u32, ink.height as u32)
    }

    /// The font size at which the letters of `text` are at least `ink_height_px` high on one line.
    pub fn size_for_ink_height(
        &mut self,
        text: &str,
        ink_height_px: f32,
        style: &TextStyle,
    ) -> f32 {
        let wide = TextStyle {
            max_width_px: f32::MAX,
            ..*style
        };
        let mut size_px = ink_height_px;
        // Hinting and rounding make ink height a step function of size: step up until it is reached.
        for _ in 0..64 {
            let height = self.ink_size(text, &TextStyle { size_px, ..wide }).height as f32;
            if height >= ink_height_px || height < 1.0 {
                break;
            }
            size_px += (ink_height_px - height).max(0.5);
        }
        size_px
    }

    fn ink(&mut self, text: &str, style: &TextStyle) -> Ink {
        let metrics = Metrics::new(style.size_px.max(1.0), style.size_px.max(1.0) * 1.25);
        let mut buffer = Buffer::new(&mut self.system, metrics);
        let max_width = style.max_width_px.min(16_384.0);
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(
            Some(balanced_width(
                &mut self.system,
                &self.family,
                text,
                metrics,
                max_width,
            )),
            None,
        );
        let attrs = Attrs::new()
            .family(Family::Name(&self.family))
            .weight(Weight::BOLD);
        buffer.set_text(text, &attrs, Shaping::Advanced, Some(Align::Center));
        buffer.shape_until_scroll(&mut self.system, false);
        let mut dots = Vec::new();
        for run in buffer.layout_runs() {
            for glyph in run.glyphs.iter().filter(|glyph| glyph.glyph_id != 0) {
                let placed = glyph.physical((0.0, run.line_y), 1.0);
                let Some(image) = self.glyphs.get_image(&mut self.system, placed.cache_key) else {
                    continue;
                };
                if image.content != SwashContent::Mask {
                    continue;
                }
                let left = placed.x + image.placement.left;
                let top = placed.y - image.placement.top;
                for (row, line) in
                    (0i32..).zip(image.data.chunks(image.placement.width.max(1) as usize))
                {
                    for (column, &coverage) in (0i32..).zip(line) {
                        if coverage > 0 {
                            dots.push((left + column, top + row, coverage));
                        }
                    }
                }
            }
        }
        Ink::from_dots(&dots)
    }
}

/// The narrowest width that needs no more lines than `max_width` does, so that lines come out about equally long.
fn balanced_width(
    system: &mut FontSystem,
    family: &str,
    text: &str,
    metrics: Metrics,
    max_width: f32,
) -> f32 {
    let mut buffer = Buffer::new(system, metrics);
    let attrs = Attrs::new()
        .family(Family::Name(family))
        .weight(Weight::BOLD);
    buffer.set_wrap(Wrap::WordOrGlyph);
    let mut lines_at = |width: f32| {
        buffer.set_size(Some(width), None);
        buffer.set_text(text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(system, false);
        let widest = buffer
            .layout_runs()
            .map(|run| run.line_w)
            .fold(0.0, f32::max);
        (buffer.layout_runs().count(), widest)
    };
    let (lines, widest) = lines_at(max_width);
    if lines <= 1 {
        return widest.ceil().max(1.0) + 2.0;
    }
    let (mut low, mut high) = (max_width / 2.0, max_width);
    for _ in 0..8 {
        let middle = (low + high) / 2.0;
        let (count, widest) = lines_at(middle);
        if count <= lines && widest <= middle {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Coverage of letters in a tight box.
#[derive(Debug, Default)]
struct Ink {
    width: usize,
    height: usize,
    coverage: Vec<u8>,
}

impl Ink {
    fn from_dots(dots: &[(i32, i32, u8)]) -> Self {
        let Some(&(x0, y0, _)) = dots.first() else {
            return Self::default();
        };
        let (mut left, mut top, mut right, mut bottom) = (x0, y0, x0, y0);
        for &(x, y, _) in dots {
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
        let (width, height) = ((right - left + 1) as usize, (bottom - top + 1) as usize);
        let mut coverage = vec![0; width * height];
        for &(x, y, value) in dots {
            let cell: &mut u8 = &mut coverage[(y - top) as usize * width + (x - left) as usize];
            *cell = (*cell).max(value);
        }
        Self {
            width,
            height,
            coverage,
        }
    }

    fn at(&self, x: i32, y: i32) -> u8 {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        if inside {
            self.coverage[y as usize * self.width + x as usize]
        } else {
            0
        }
    }
}

/// Letters, their edge and their plate as one bitmap.
fn compose(ink: &Ink, style: &TextStyle) -> Bitmap {
    if ink.width == 0 {
        return Bitmap::transparent(Size::new(1, 1));
    }
    let em = style.size_px;
    let (pad_x, pad_y) = match style.plate {
        Some(_) => ((em * 0.42) as i32, (em * 0.30) as i32),
        None => (
            (style.edge_px.ceil() as i32) + 1,
            (style.edge_px.ceil() as i32) + 1,
        ),
    };
    let size = Size::new(
        ink.width as u32 + 2 * pad_x as u32,
        ink.height as u32 + 2 * pad_y as u32,
    );
    let mut bitmap = Bitmap::transparent(size);
    let edge = edge_coverage(ink, style.edge_px, pad_x, pad_y, size);
    let radius = (size.height as f32 * 0.28).min(em * 0.5);
    for (index, pixel) in bitmap.rgba.chunks_exact_mut(4).enumerate() {
        let x = (index % size.width as usize) as i32;
        let y = (index / size.width as usize) as i32;
        let mut color = [0.0; 3];
        let mut alpha = 0.0;
        if let Some([r, g, b, a]) = style.plate {
            alpha = f32::from(a) / 255.0 * rounded_box(x, y, size, radius);
            color = [r, g, b].map(f32::from);
        }
        over(
            &mut color,
            &mut alpha,
            [12.0, 12.0, 16.0],
            f32::from(edge[index]) / 255.0 * 0.85,
        );
        let letter = f32::from(ink.at(x - pad_x, y - pad_y)) / 255.0;
        over(&mut color, &mut alpha, style.color.map(f32::from), letter);
        pixel[..3].copy_from_slice(&color.map(|c| c.round() as u8));
        pixel[3] = (alpha * 255.0).round() as u8;
    }
    bitmap
}

/// Porter-Duff "over" with straight alpha.
fn over(color: &mut [f32; 3], alpha: &mut f32, top: [f32; 3], top_alpha: f32) {
    let sum = top_alpha + *alpha * (1.0 - top_alpha);
    if sum > 0.0 {
        for (below, above) in color.iter_mut().zip(top) {
            *below = (above * top_alpha + *below * *alpha * (1.0 - top_alpha)) / sum;
        }
    }
    *alpha = sum;
}

/// The letters grown by `edge_px` with a soft rim.
fn edge_coverage(ink: &Ink, edge_px: f32, pad_x: i32, pad_y: i32, size: Size) -> Vec<u8> {
    let mut edge = vec![0u8; size.pixels()];
    if edge_px <= 0.0 {
        return edge;
    }
    let reach = edge_px.ceil() as i32 + 1;
    let disc: Vec<(i32, i32, f32)> = (-reach..=reach)
        .flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)))
        .filter_map(|(dx, dy)| {
            let distance = ((dx * dx + dy * dy) as f32).sqrt();
            let weight = (edge_px + 1.0 - distance).clamp(0.0, 1.0);
            (weight > 0.0).then_some((dx, dy, weight))
        })
        .collect();
    for y in 0..ink.height as i32 {
        for x in 0..ink.width as i32 {
            let coverage = ink.at(x, y);
            if coverage < 32 {
                continue;
            }
            for &(dx, dy, weight) in &disc {
                let (to_x, to_y) = (x + pad_x + dx, y + pad_y + dy);
                if to_x >= 0 && to_y >= 0 && to_x < size.width as i32 && to_y < size.height as i32 {
                    let cell = &mut edge[to_y as usize * size.width as usize + to_x as usize];
                    *cell = (*cell).max((f32::from(coverage) * weight) as u8);
                }
            }
        }
    }
    edge
}

/// Coverage of pixel (x, y) by a box of `size` with round corners.
fn rounded_box(x: i32, y: i32, size: Size, radius: f32) -> f32 {
    let inset = |at: i32, len: u32| {
        let centre = at as f32 + 0.5;
        (radius - centre)
            .max(centre - (len as f32 - radius))
            .max(0.0)
    };
    let (dx, dy) = (inset(x, size.width), inset(y, size.height));
    (radius - (dx * dx + dy * dy).sqrt() + 0.5).clamp(0.0, 1.0)
}
