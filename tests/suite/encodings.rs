//! One avatar in every encoding looks the same: what was compressed comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::Path;
use std::sync::Arc;

use image::RgbaImage;
use zhubo::avatar::Avatar;
use zhubo::media::{Shape, Size};
use zhubo::render::{Gpu, Output};
use zhubo::scene::Framing;

use crate::render::{gpu, image_of, picture_of, renderer};

/// Encodings and how alike their pictures are at least to the plain one's, decibels. Quantised places are told from a grid over
/// the whole figure, so hair and clothes move by up to a tenth of a millimetre.
const VARIANTS: [(&str, f64); 7] = [
    ("sparse", 60.0),
    ("quantized", 44.0),
    ("meshopt", 44.0),
    ("webp", 40.0),
    ("draco", 41.0),
    ("uastc", 55.0),
    ("etc1s", 40.0),
];

/// A face at rest and one with its mouth open.
fn pictures(gpu: &Arc<Gpu>, file: &Path) -> [RgbaImage; 2] {
    let size = Size::new(720, 1280);
    let avatar = Arc::new(Avatar::load(file).unwrap());
    assert!(
        avatar.facts().warnings.is_empty(),
        "{}: {:?}",
        file.display(),
        avatar.facts().warnings
    );
    let mut renderer = renderer(gpu, size, Output::Rgba, &avatar);
    [0.0, 0.6].map(|opening| {
        let mut picture = picture_of(&avatar, Framing::Bust, size);
        picture.poses[0].blendshapes[Shape::JawOpen] = opening;
        image_of(&renderer.draw(&picture).unwrap())
    })
}

/// Peak signal-to-noise ratio over red, green and blue of the whole picture, decibels.
fn psnr(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let squares = a.pixels().zip(b.pixels()).flat_map(|(a, b)| {
        let difference = |channel: usize| f64::from(a[channel]) - f64::from(b[channel]);
        [0, 1, 2].map(|channel| difference(channel).powi(2))
    });
    let mean = squares.sum::<f64>() / f64::from(3 * a.width() * a.height());
    10.0 * (255.0f64.powi(2) / mean.max(1e-10)).log10()
}

#[test]
fn every_encoding_looks_like_the_plain_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/encodings");
    let plain = folder.join("plain.glb");
    if !plain.exists() {
        println!(
            "SKIPPED: {} is not there (npm --prefix tests/encodings run make)",
            plain.display()
        );
        return;
    }
    let Some(gpu) = gpu() else { return };
    let expected = pictures(&gpu, &plain);
    let opened = psnr(&expected[0], &expected[1]);
    assert!(opened < 45.0, "the mouth does not open: {opened:.1} dB");
    let mut unlike = Vec::new();
    for (name, least) in VARIANTS {
        let found = pictures(&gpu, &folder.join(format!("{name}.glb")));
        let alike = [0, 1].map(|pose| psnr(&expected[pose], &found[pose]));
        println!(
            "{name}: {:.1} dB at rest, {:.1} dB speaking",
            alike[0], alike[1]
        );
        if alike.iter().any(|alike| *alike < least) {
            unlike.push(format!("{name}: {alike:.1?} dB, at least {least} expected"));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}
