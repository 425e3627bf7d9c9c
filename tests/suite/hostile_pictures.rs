//! Pictures in avatar files that are broken or made to hurt: the avatar is drawn without them, or with smaller ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use serde_json::json;
use zhubo::avatar::Avatar;

use crate::hostile::{MAX_PEAK_BYTES, load, parts};
use crate::puppet;

/// The puppet with these pictures as the base colours of its materials, one after the other.
fn painted(pictures: &[&[u8]], uses: usize) -> Vec<u8> {
    let (mut json, mut bin) = parts();
    for bytes in pictures {
        bin.resize(bin.len().next_multiple_of(4), 0);
        json["bufferViews"]
            .as_array_mut()
            .unwrap()
            .push(json!({"buffer": 0, "byteOffset": bin.len(), "byteLength": bytes.len()}));
        bin.extend_from_slice(bytes);
    }
    bin.resize(bin.len().next_multiple_of(4), 0);
    json["buffers"][0]["byteLength"] = json!(bin.len());
    let views = json["bufferViews"].as_array().unwrap().len();
    let own = |index: usize| views - pictures.len() + index % pictures.len();
    // Different pictures, even when they have the same bytes.
    json["images"] = (0..uses)
        .map(|index| json!({"bufferView": own(index)}))
        .collect();
    json["textures"] = (0..uses).map(|index| json!({"source": index})).collect();
    json["materials"] = (0..uses)
        .map(|index| json!({"pbrMetallicRoughness": {"baseColorTexture": {"index": index}}}))
        .collect();
    let primitives = json["meshes"][0]["primitives"].as_array_mut().unwrap();
    let first = primitives[0].clone();
    *primitives = (0..uses.max(4))
        .map(|index| {
            let mut primitive = if index < 4 {
                primitives[index].clone()
            } else {
                first.clone()
            };
            primitive["material"] = json!(index % uses);
            primitive
        })
        .collect();
    puppet::assemble(&json, &bin)
}

fn taken(what: &str, bytes: &[u8]) -> Avatar {
    let outcome = load(bytes, "painted.glb");
    let avatar = outcome
        .result
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    println!(
        "{what}: {} MB, {:.2} s CPU, {:?}",
        outcome.peak_bytes >> 20,
        outcome.cpu_seconds,
        avatar.facts().warnings
    );
    assert!(
        outcome.peak_bytes < MAX_PEAK_BYTES,
        "{what}: {} bytes",
        outcome.peak_bytes
    );
    assert!(
        outcome.cpu_seconds < 60.0,
        "{what}: {} s",
        outcome.cpu_seconds
    );
    avatar
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The checksum of PNG chunks (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn pictures_that_are_none_are_left_out() {
    let whole = encoded(
        &RgbImage::from_pixel(8, 8, image::Rgb([9, 8, 7])).into(),
        ImageFormat::Png,
    );
    let mut claims = whole.clone();
    claims[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    claims[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let crc = crc32(&claims[12..29]);
    claims[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut large = claims.clone();
    large[16..20].copy_from_slice(&16_000u32.to_be_bytes());
    large[20..24].copy_from_slice(&16_000u32.to_be_bytes());
    let crc = crc32(&large[12..29]);
    large[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut ktx = b"\xabKTX 20\xbb\r\n\x1a\n".to_vec();
    ktx.resize(300, 0xff);
    let mut huge_ktx = ktx.clone();
    huge_ktx[20..28].copy_from_slice(&[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    for (what, bytes, word) in [
        ("60000 by 60000", &claims[..], "60000 by 60000"),
        ("16000 by 16000 of nothing", &large, "picture 0"),
        ("cut short", &whole[..whole.len() / 2], "picture 0"),
        ("text", b"hello", "neither PNG"),
        ("nothing", b"", "neither PNG"),
        ("a KTX2 of noise", &ktx, "picture 0"),
        ("a huge KTX2", &huge_ktx, "picture 0"),
    ] {
        let avatar = taken(what, &painted(&[bytes], 1));
        let warnings = &avatar.facts().warnings;
        assert!(
            warnings.iter().any(|w| w.contains(word)),
            "{what}: {warnings:?}"
        );
        assert!(avatar.images.iter().all(Option::is_none), "{what}");
    }
}

#[test]
fn pictures_of_all_kinds_are_read() {
    let color = RgbImage::from_fn(37, 19, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 12) as u8, 99])
    });
    let plain = DynamicImage::from(color);
    for (what, bytes) in [
        ("PNG", encoded(&plain, ImageFormat::Png)),
        ("grey PNG", encoded(&plain.grayscale(), ImageFormat::Png)),
        (
            "16-bit PNG",
            encoded(&plain.to_rgb16().into(), ImageFormat::Png),
        ),
        (
            "PNG with alpha",
            encoded(&plain.to_luma_alpha8().into(), ImageFormat::Png),
        ),
        ("JPEG", encoded(&plain, ImageFormat::Jpeg)),
        ("grey JPEG", encoded(&plain.grayscale(), ImageFormat::Jpeg)),
        ("WebP", encoded(&plain, ImageFormat::WebP)),
    ] {
        let avatar = taken(what, &painted(&[&bytes], 1));
        let picture = avatar.images[0]
            .as_ref()
            .unwrap_or_else(|| panic!("{what}: {avatar:?}"));
        assert_eq!(
            (picture.size.width, picture.size.height),
            (37, 19),
            "{what}"
        );
        assert_eq!(picture.rgba.len(), 37 * 19 * 4, "{what}");
    }
}

#[test]
fn large_pictures_are_brought_down() {
    let large = encoded(
        &GrayImage::from_pixel(8192, 8192, image::Luma([200])).into(),
        ImageFormat::Png,
    );
    println!("{} bytes", large.len());
    let avatar = taken("8192 by 8192", &painted(&[&large], 1));
    assert!(
        avatar
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("shown smaller"))
    );
    let picture = avatar.images[0].as_ref().unwrap();
    assert_eq!(picture.size.width, 4096);
    assert_eq!(picture.rgba[..4], [200, 200, 200, 255]);
    // One view, named by many pictures, is decoded once.
    let avatar = taken("64 times 8192 by 8192", &painted(&[&large], 64));
    assert!(avatar.images.iter().flatten().count() == 64);
    // The same bytes in many views are decoded until there is no room.
    let (mut json, mut bin) = parts();
    let at = bin.len().next_multiple_of(4);
    bin.resize(at, 0);
    bin.extend(&large);
    bin.resize(bin.len().next_multiple_of(4), 0);
    json["buffers"][0]["byteLength"] = json!(bin.len());
    let first = json["bufferViews"].as_array().unwrap().len();
    for index in 0..64 {
        let view = json!({"buffer": 0, "byteOffset": at, "byteLength": large.len()});
        json["bufferViews"].as_array_mut().unwrap().push(view);
        let list = |json: &mut serde_json::Value, key: &str, value: serde_json::Value| {
            if json[key].is_null() || (key == "materials" && index == 0) {
                json[key] = json!([]);
            }
            json[key].as_array_mut().unwrap().push(value);
        };
        list(&mut json, "images", json!({"bufferView": first + index}));
        list(&mut json, "textures", json!({"source": index}));
        list(
            &mut json,
            "materials",
            json!({"pbrMetallicRoughness": {"baseColorTexture": {"index": index}}}),
        );
    }
    let primitives = json["meshes"][0]["primitives"].as_array_mut().unwrap();
    let primitive = primitives[0].clone();
    *primitives = (0..64)
        .map(|index| {
            let mut own = primitive.clone();
            own["material"] = json!(index);
            own
        })
        .collect();
    let avatar = taken("64 views of 8192 by 8192", &puppet::assemble(&json, &bin));
    let warnings = &avatar.facts().warnings;
    assert!(
        warnings.iter().any(|w| w.contains("too large to decode")),
        "{warnings:?}"
    );
}
