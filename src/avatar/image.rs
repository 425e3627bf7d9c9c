//! Pictures of an avatar: found, decoded, kept within bounds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use image::{ImageDecoder as _, ImageFormat};

use super::accessor::Reader;
use super::{container, ktx, uri};
use crate::media::{Bitmap, Size};

/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// The most bytes all pictures of an avatar may have together; drawing takes as much again, and a third for small copies.
const MAX_TOTAL_BYTES: u64 = 96 << 20;
/// The most pixels that are decoded for one avatar: 16 pictures of 4096 by 4096.
const MAX_PIXELS: u64 = 256 << 20;

/// The pictures that materials use, decoded; the others and the broken ones stay `None`. Where all together would take too
/// much memory, the largest are brought down.
pub(super) fn read_images(
    document: &gltf::Document,
    reader: &Reader<'_>,
    folder: Option<&Path>,
    used: &[bool],
    warnings: &mut Vec<String>,
) -> Vec<Option<Arc<Bitmap>>> {
    let images = &document.as_json().images;
    let mut decoded = vec![None; images.len()];
    let mut sizes = Vec::new();
    for (index, image) in images.iter().enumerate() {
        if !used.get(index).copied().unwrap_or(false) {
            continue;
        }
        match data(image, document, reader, folder).and_then(|bytes| Stored::look(&bytes)) {
            Ok(stored) => sizes.push((index, stored)),
            Err(what) => warnings.push(unusable(index, &what)),
        }
    }
    let bound = MAX_TOTAL_BYTES.min(reader.buffers.budget.left() as u64 / 2);
    let cap = longest_side(&sizes, bound);
    let mut reduced = 0;
    let mut pixels = 0;
    let mut by_view: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, stored) in sizes {
        let image = &images[index];
        if let Some(view) = image.buffer_view {
            if let Some(&same) = by_view.get(&view.value()) {
                decoded[index] = decoded[same].clone();
                continue;
            }
            by_view.insert(view.value(), index);
        }
        let bitmap = data(image, document, reader, folder).and_then(|bytes| {
            pixels += stored.size.pixels() as u64;
            if pixels > MAX_PIXELS {
                return Err("all pictures together are too large to decode".into());
            }
            stored.decode(&bytes, cap, reader.buffers.budget.left() as u64)
        });
        let bitmap = bitmap.and_then(|bitmap| {
            let paid = reader.buffers.budget.take(bitmap.rgba.len());
            paid.map(|()| bitmap).map_err(|error| error.to_string())
        });
        match bitmap {
            Ok(bitmap) => {
                reduced += usize::from(bitmap.size != stored.size);
                decoded[index] = Some(Arc::new(bitmap));
            }
            Err(what) => warnings.push(unusable(index, &what)),
        }
    }
    if reduced > 0 {
        warnings.push(format!(
            "{reduced} pictures are larger than memory allows: brought down to at most {cap} pixels a side"
        ));
    }
    decoded
}

fn unusable(index: usize, what: &str) -> String {
    format!("picture {index} cannot be used ({what}): drawn without it")
}

/// The encoded bytes of a picture.
fn data<'a>(
    image: &gltf::json::Image,
    document: &gltf::Document,
    reader: &'a Reader<'_>,
    folder: Option<&Path>,
) -> Result<Cow<'a, [u8]>, String> {
    if let Some(view) = image.buffer_view {
        let view = document.as_json().buffer_views.get(view.value());
        let bytes = view.and_then(|view| reader.buffers.view(view));
        return bytes
            .map(Cow::Borrowed)
            .ok_or_else(|| "it reaches outside its buffer".into());
    }
    let limit = reader.buffers.budget.left().min(container::MAX_BYTES);
    let uri = image
        .uri
        .as_deref()
        .ok_or("it has no data of a kind that is read")?;
    uri::read(uri, folder, limit).map(Cow::Owned)
}

/// The longest side that pictures may have so that all together take at most `bound` bytes: a power of two.
fn longest_side(sizes: &[(usize, Stored)], bound: u64) -> u32 {
    let mut side = MAX_SIDE;
    loop {
        let total: u64 = sizes
            .iter()
            .map(|(_, stored)| 4 * stored.within(side).pixels() as u64)
            .sum();
        if total <= bound || side == 1 {
            return side;
        }
        side /= 2;
    }
}

/// How a picture is stored.
#[derive(Clone, Copy, Debug)]
struct Stored {
    /// `None` for KTX2.
    format: Option<ImageFormat>,
    size: Size,
    /// Bytes that decoding takes for each pixel.
    cost: u64,
}

impl Stored {
    /// Reads the head of a picture.
    fn look(bytes: &[u8]) -> Result<Self, String> {
        if ktx::is_ktx2(bytes) {
            let size = ktx::size(bytes).ok_or("it is a KTX2 picture of a kind that is not read")?;
            return Self {
                format: None,
                size,
                cost: 8,
            }
            .checked();
        }
        let format =
            image::guess_format(bytes).map_err(|_| "it is neither PNG, JPEG, WebP nor KTX2")?;
        let reader = image::ImageReader::with_format(Cursor::new(bytes), format);
        let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
        let (width, height) = decoder.dimensions();
        let cost = match format {
            // Coefficients of three channels, and the picture.
            ImageFormat::Jpeg => 10,
            // Its own picture, and ours.
            ImageFormat::WebP => 8,
            _ => u64::from(decoder.color_type().bytes_per_pixel()),
        };
        Self {
            format: Some(format),
            size: Size::new(width, height),
            cost,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, String> {
        let Size { width, height } = self.size;
        if width == 0 || height == 0 {
            return Err("it is empty".into());
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(format!("it claims {width} by {height} pixels"));
        }
        Ok(self)
    }

    /// The size once both sides are at most `side`: halved as often as needed.
    fn within(&self, side: u32) -> Size {
        let Size {
            mut width,
            mut height,
        } = self.size;
        while width.max(height) > side {
            width = (width / 2).max(1);
            height = (height / 2).max(1);
        }
        Size::new(width, height)
    }

    /// The picture, brought down to `side`; decoding may take `limit` bytes.
    fn decode(&self, bytes: &[u8], side: u32, limit: u64) -> Result<Bitmap, String> {
        let size = self.within(side);
        let Some(format) = self.format else {
            return ktx::decode(bytes, size, limit);
        };
        let needed = self.size.pixels() as u64 * self.cost + 4 * size.pixels() as u64;
        if needed > limit {
            return Err(format!("decoding it takes {} MB", needed >> 20));
        }
        let mut reader = image::ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(limit);
        reader.limits(limits);
        let picture = reader.decode().map_err(|error| error.to_string())?;
        let picture = if size == self.size {
            picture
        } else {
            picture.thumbnail_exact(size.width, size.height)
        };
        Ok(Bitmap {
            size,
            rgba: picture.into_rgba8().into_raw(),
        })
    }
}
