//! Pictures of an avatar: found, decoded, kept within bounds.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::accessor::Reader;
use super::container::read_uri;
use crate::media::{Bitmap, Size};

/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 8192;
/// The most bytes the decoder may take for one picture.
const MAX_DECODE_BYTES: u64 = 256 << 20;
/// The most bytes all pictures of an avatar may have together once decoded.
const MAX_TOTAL_BYTES: usize = 384 << 20;

/// The pictures that materials use, decoded; the others and the broken ones stay `None`.
pub(super) fn read_images(
    document: &gltf::Document,
    reader: &Reader<'_>,
    folder: Option<&Path>,
    used: &[bool],
    warnings: &mut Vec<String>,
) -> Vec<Option<Arc<Bitmap>>> {
    let mut total = 0;
    let mut images = Vec::new();
    for (index, image) in document.as_json().images.iter().enumerate() {
        let decoded = if used.get(index).copied().unwrap_or(false) {
            decode(document, image, reader, folder).and_then(|bitmap| {
                total += bitmap.rgba.len();
                if total > MAX_TOTAL_BYTES {
                    return Err("all pictures together are too large".into());
                }
                Ok(bitmap)
            })
        } else {
            images.push(None);
            continue;
        };
        images.push(match decoded {
            Ok(bitmap) => Some(Arc::new(bitmap)),
            Err(what) => {
                warnings.push(format!(
                    "picture {index} cannot be used ({what}): drawn without it"
                ));
                None
            }
        });
    }
    images
}

fn decode(
    document: &gltf::Document,
    image: &gltf::json::Image,
    reader: &Reader<'_>,
    folder: Option<&Path>,
) -> Result<Bitmap, String> {
    let outside;
    let bytes: &[u8] = if let Some(view) = image.buffer_view {
        document
            .views()
            .nth(view.value())
            .and_then(|view| reader.view_bytes(&view))
            .ok_or("it reaches outside its buffer")?
    } else {
        outside = read_uri(image.uri.as_deref().ok_or("it has no data")?, folder)?;
        &outside
    };
    let mut picture = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    picture.limits(limits);
    let rgba = picture
        .decode()
        .map_err(|error| error.to_string())?
        .into_rgba8();
    let (width, height) = rgba.dimensions();
    if width == 0 || height == 0 {
        return Err("it is empty".into());
    }
    Ok(Bitmap {
        size: Size::new(width, height),
        rgba: rgba.into_raw(),
    })
}
