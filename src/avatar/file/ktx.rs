//! KTX2 pictures with Basis Universal textures (`KHR_texture_basisu`): ETC1S and UASTC.

use std::panic::catch_unwind;

use basisu::{DecodeFlags, TargetFormat, Transcoder};

use crate::media::{Bitmap, Size};

const IDENTIFIER: [u8; 12] = *b"\xabKTX 20\xbb\r\n\x1a\n";

/// Whether the bytes are a KTX2 file.
pub(in crate::avatar) fn is_ktx2(bytes: &[u8]) -> bool {
    bytes.starts_with(&IDENTIFIER)
}

/// The size that the head of the file states.
pub(in crate::avatar) fn size(bytes: &[u8]) -> Option<Size> {
    let word = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(four))
    };
    Some(Size::new(word(20)?, word(24)?))
}

/// The picture at `wanted`, from the smallest level that is as large; decoding may take `limit` bytes.
pub(in crate::avatar) fn decode(bytes: &[u8], wanted: Size, limit: u64) -> Result<Bitmap, String> {
    // The decoder is a translation of C++ with many indices that the file states; should one of them be wrong, this picture
    // is left out instead of the room going off the air.
    catch_unwind(|| transcode(bytes, wanted, limit)).or(Err("it is damaged".to_owned()))?
}

fn transcode(bytes: &[u8], wanted: Size, limit: u64) -> Result<Bitmap, String> {
    inflated(bytes, limit)?;
    let transcoder = Transcoder::new(bytes).map_err(|error| format!("{error:?}"))?;
    let mut best = None;
    for level in 0..transcoder.level_count() {
        let info = transcoder
            .image_level_info(level)
            .map_err(|error| format!("{error:?}"))?;
        if level == 0 || (info.width >= wanted.width && info.height >= wanted.height) {
            best = Some((level, Size::new(info.width, info.height)));
        }
    }
    let (level, size) = best.ok_or("it has no levels")?;
    if size.pixels() as u64 * 8 > limit {
        return Err(format!(
            "decoding it takes {} MB",
            (size.pixels() as u64 * 8) >> 20
        ));
    }
    let rgba = transcoder
        .transcode(level, TargetFormat::Rgba32, DecodeFlags::default())
        .map_err(|error| format!("{error:?}"))?;
    if size == wanted {
        return Ok(Bitmap { size, rgba });
    }
    let picture = image::RgbaImage::from_raw(size.width, size.height, rgba);
    let picture = picture.ok_or("it is damaged")?;
    let small = image::imageops::thumbnail(&picture, wanted.width, wanted.height);
    Ok(Bitmap {
        size: wanted,
        rgba: small.into_raw(),
    })
}

/// Refuses files whose levels state to unpack to more than `limit`.
fn inflated(bytes: &[u8], limit: u64) -> Result<(), String> {
    let word = |at: usize| {
        let four: Option<[u8; 4]> = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map_or(0, u32::from_le_bytes)
    };
    for level in 0..word(40).min(16) as usize {
        let at = 80 + 24 * level + 16;
        let length = u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        if length > limit {
            return Err("it states to unpack to more than memory allows".into());
        }
    }
    Ok(())
}
