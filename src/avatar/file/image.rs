//! Pictures of an avatar: found, decoded, kept within bounds.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use image::{ImageDecoder as _, ImageFormat};

use super::accessor::Reader;
use super::{container, ktx, uri};
use crate::avatar::material::Material;
use crate::media::{Bitmap, Size};

/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// The most bytes all pictures of an avatar may have together; drawing takes as much again, and a third for small copies.
const MAX_TOTAL_BYTES: u64 = 80 << 20;
/// The most pixels that are decoded for one avatar: 16 pictures of 4096 by 4096.
const MAX_PIXELS: u64 = 256 << 20;

/// What a picture is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::avatar) enum Use {
    /// Nothing: it is not decoded.
    #[default]
    Nothing,
    /// Bumps, roughness, shade: the first to be brought down.
    Data,
    /// What one sees.
    Color,
}

impl Use {
    /// What each of `count` pictures is used for by these materials.
    pub(in crate::avatar) fn of<'a>(
        count: usize,
        materials: impl Iterator<Item = &'a Material>,
    ) -> Vec<Self> {
        let mut uses = vec![Self::Nothing; count];
        for material in materials {
            let data = [
                &material.metallic_roughness,
                &material.normal,
                &material.occlusion,
            ];
            for texture in material.textures() {
                let own = if data.contains(&&Some(*texture)) {
                    Self::Data
                } else {
                    Self::Color
                };
                if let Some(so_far) = uses.get_mut(texture.image) {
                    *so_far = own.max(*so_far);
                }
            }
        }
        uses
    }
}

/// The pictures that materials use, decoded; the others and the broken ones stay `None`. Where all together would take too
/// much memory, the largest are brought down.
pub(in crate::avatar) fn read_images(
    document: &gltf::Document,
    reader: &Reader<'_>,
    folder: Option<&Path>,
    uses: &[Use],
    warnings: &mut Vec<String>,
) -> Vec<Option<Arc<Bitmap>>> {
    let images = &document.as_json().images;
    let mut decoded = vec![None; images.len()];
    let mut sizes = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let used = uses.get(index).copied().unwrap_or_default();
        if used == Use::Nothing {
            continue;
        }
        match data(image, document, reader, folder).and_then(|bytes| Stored::look(&bytes)) {
            Ok(stored) => sizes.push((index, used, stored)),
            Err(what) => warnings.push(unusable(index, &what)),
        }
    }
    let bound = MAX_TOTAL_BYTES.min(reader.buffers.budget.left() as u64 / 2);
    bring_down(&mut sizes, bound);
    let mut reduced = 0;
    let mut pixels = 0;
    let mut by_view: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, _, stored) in sizes {
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
            stored.decode(&bytes, reader.buffers.budget.left() as u64)
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
            "the pictures together are larger than memory allows: {reduced} of them are shown smaller"
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

/// Halves one picture after the other, each time the one that takes most, until all together take at most `bound` bytes.
/// What one sees counts half, so that it stays sharp longer.
fn bring_down(pictures: &mut [(usize, Use, Stored)], bound: u64) {
    let bytes = |stored: &Stored| 4 * stored.shown().pixels() as u64;
    let weight =
        |used: Use, stored: &Stored| bytes(stored) / if used == Use::Color { 2 } else { 1 };
    let mut total: u64 = pictures.iter().map(|(_, _, stored)| bytes(stored)).sum();
    let mut heap: BinaryHeap<(u64, Reverse<usize>)> = pictures
        .iter()
        .enumerate()
        .map(|(place, (_, used, stored))| (weight(*used, stored), Reverse(place)))
        .collect();
    while total > bound
        && let Some((_, Reverse(place))) = heap.pop()
    {
        let (_, used, stored) = &mut pictures[place];
        total -= bytes(stored);
        stored.halvings += 1;
        total += bytes(stored);
        if stored.shown().pixels() > 1 {
            heap.push((weight(*used, stored), Reverse(place)));
        }
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
    /// How often it is halved.
    halvings: u32,
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
                halvings: 0,
            }
            .checked();
        }
        let format =
            image::guess_format(bytes).or(Err("it is neither PNG, JPEG, WebP nor KTX2"))?;
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
            halvings: 0,
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

    /// The size in which it is kept.
    fn shown(&self) -> Size {
        let half = |side: u32| side.checked_shr(self.halvings).unwrap_or(0).max(1);
        Size::new(half(self.size.width), half(self.size.height))
    }

    /// The picture; decoding may take `limit` bytes.
    fn decode(&self, bytes: &[u8], limit: u64) -> Result<Bitmap, String> {
        let size = self.shown();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_brought_down_first_and_bumps_before_colours() {
        let picture = |used: Use, side: u32| {
            let size = Size::new(side, side);
            (
                0,
                used,
                Stored {
                    format: None,
                    size,
                    cost: 4,
                    halvings: 0,
                },
            )
        };
        let mut pictures = [
            picture(Use::Color, 1024),
            picture(Use::Data, 1024),
            picture(Use::Color, 64),
            picture(Use::Color, 1024),
        ];
        let halvings = |pictures: &[(usize, Use, Stored)]| -> Vec<u32> {
            pictures
                .iter()
                .map(|(_, _, stored)| stored.halvings)
                .collect()
        };
        bring_down(&mut pictures, 13 << 20);
        assert_eq!(halvings(&pictures), [0; 4]);
        bring_down(&mut pictures, 10 << 20);
        assert_eq!(halvings(&pictures), [0, 1, 0, 0]);
        bring_down(&mut pictures, 7 << 20);
        assert_eq!(halvings(&pictures), [1, 1, 0, 0]);
        bring_down(&mut pictures, 0);
        assert!(
            pictures
                .iter()
                .all(|(_, _, stored)| stored.shown() == Size::new(1, 1))
        );
    }
}
