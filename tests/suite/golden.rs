//! Pictures compared with stored ones.
//!
//! A stored picture is `tests/golden/NAME.png`. A picture that differs leaves `NAME.actual.png` and `NAME.diff.png`
//! beside it; `UPDATE_GOLDEN=NAME` (or `all`) rewrites the stored one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use glam::Vec3;
use image::{Rgb, RgbImage, RgbaImage};
use zhubo::avatar::Avatar;
use zhubo::config::{Assets, DEFAULT_HOST};
use zhubo::media::{Angles, Pose, Shape};
use zhubo::motion::Posture;
use zhubo::render::{Output, Renderer};
use zhubo::scene::{Framing, Picture};

use crate::render::{SMALL, default_host, gpu, image_of, picture_of, pixel_of, renderer};

/// A part of a picture in pixels: left, top, width, height.
pub(crate) type Region = [u32; 4];

/// How much two pictures may differ. The rasteriser compiles for the machine it runs on, so nothing is exact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Mean difference over all pixels and channels, of 255.
    pub(crate) mean: f64,
    /// Share of pixels with a channel that differs by more than 24.
    pub(crate) far_share: f64,
}

/// For whole pictures.
pub(crate) const WHOLE: Limits = Limits {
    mean: 0.4,
    far_share: 0.002,
};
/// For the part that matters: a wrong mouth must not hide in a right background.
pub(crate) const FACE: Limits = Limits {
    mean: 0.8,
    far_share: 0.004,
};

/// The folder of stored pictures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares `actual` with the stored picture `name`, as a whole and in `face`. Fails the test when they differ.
pub(crate) fn check(name: &str, actual: &RgbaImage, face: Region) {
    let path = folder().join(format!("{name}.png"));
    let update = std::env::var("UPDATE_GOLDEN").unwrap_or_default();
    if update == "all" || update == name {
        std::fs::create_dir_all(folder()).unwrap();
        opaque(actual).save(&path).unwrap();
        println!("golden {name}: written");
        return;
    }
    let rewrite = format!("UPDATE_GOLDEN={name} cargo test --test suite");
    let Ok(expected) = image::open(&path) else {
        panic!(
            "no stored picture {}: make it with {rewrite}",
            path.display()
        );
    };
    let expected = expected.to_rgb8();
    let actual = opaque(actual);
    assert_eq!(
        actual.dimensions(),
        expected.dimensions(),
        "golden {name}: other size; {rewrite}"
    );
    let (width, height) = actual.dimensions();
    let mut problems = Vec::new();
    for (what, region, limits) in [
        ("whole picture", [0, 0, width, height], WHOLE),
        ("face", face, FACE),
    ] {
        let (mean, far_share) = difference(&actual, &expected, region);
        println!("golden {name}: {what} mean {mean:.3} far {far_share:.5}");
        if mean > limits.mean || far_share > limits.far_share {
            problems.push(format!(
                "{what}: mean {mean:.3} (limit {}), far {far_share:.5} (limit {})",
                limits.mean, limits.far_share
            ));
        }
    }
    if !problems.is_empty() {
        let beside = |kind: &str| folder().join(format!("{name}.{kind}.png"));
        actual.save(beside("actual")).unwrap();
        amplified(&actual, &expected).save(beside("diff")).unwrap();
        panic!(
            "golden {name} differs: {}; look at {name}.actual.png and {name}.diff.png, accept with {rewrite}",
            problems.join("; ")
        );
    }
}

/// Mean channel difference and the share of far pixels inside `region`.
pub(crate) fn difference(a: &RgbImage, b: &RgbImage, region: Region) -> (f64, f64) {
    let [left, top, width, height] = region;
    let (mut sum, mut far, mut count) = (0u64, 0u64, 0u64);
    for y in top..(top + height).min(a.height()) {
        for x in left..(left + width).min(a.width()) {
            let (Rgb(p), Rgb(q)) = (a.get_pixel(x, y), b.get_pixel(x, y));
            let steps = [0, 1, 2].map(|c| u64::from(p[c].abs_diff(q[c])));
            sum += steps.iter().sum::<u64>();
            far += u64::from(steps.iter().any(|step| *step > 24));
            count += 1;
        }
    }
    let count = count.max(1) as f64;
    (sum as f64 / count / 3.0, far as f64 / count)
}

fn opaque(rgba: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, _] = rgba.get_pixel(x, y).0;
        Rgb([r, g, b])
    })
}

fn amplified(a: &RgbImage, b: &RgbImage) -> RgbImage {
    RgbImage::from_fn(a.width(), a.height(), |x, y| {
        let (Rgb(p), Rgb(q)) = (a.get_pixel(x, y), b.get_pixel(x, y));
        Rgb([0, 1, 2].map(|c| p[c].abs_diff(q[c]).saturating_mul(6)))
    })
}

#[test]
fn a_small_wrong_spot_fails_the_face_but_not_the_whole() {
    let plain = RgbImage::from_pixel(360, 640, Rgb([100, 120, 140]));
    let mut wrong = plain.clone();
    for y in 300..312 {
        for x in 170..190 {
            wrong.put_pixel(x, y, Rgb([10, 10, 10]));
        }
    }
    let (mean, far) = difference(&wrong, &plain, [0, 0, 360, 640]);
    assert!(mean < WHOLE.mean && far < WHOLE.far_share);
    let (mean, far) = difference(&wrong, &plain, [130, 220, 100, 140]);
    assert!(mean > FACE.mean && far > FACE.far_share);
}

/// A host before the camera as it stands on air, and where its face is.
struct Sitting {
    renderer: Renderer,
    plain: Picture,
    face: Region,
}

impl Sitting {
    /// None, with a word, where stored pictures say nothing: without an adapter, and on a GPU.
    fn of(avatar: &Arc<Avatar>) -> Option<Self> {
        let gpu = gpu()?;
        if !gpu.is_cpu() {
            println!(
                "SKIPPED: stored pictures are made by a CPU adapter, this is {}",
                gpu.adapter_name()
            );
            return None;
        }
        let mut plain = picture_of(avatar, Framing::Bust, SMALL);
        Posture::of(avatar).apply(&mut plain.poses[0]);
        let landmarks = avatar.landmarks();
        let reach = 0.6 * (landmarks.crown_m - landmarks.chin_m);
        let middle = landmarks.eyes - Vec3::Y * 0.25 * reach;
        let corner = |x, y| pixel_of(&plain.camera, SMALL, middle + Vec3::new(x, y, 0.0));
        let ((left, top), (right, bottom)) = (corner(-reach, reach), corner(reach, -reach));
        Some(Self {
            renderer: renderer(&gpu, SMALL, Output::Rgba, avatar),
            face: [left, top, right - left, bottom - top],
            plain,
        })
    }

    fn compare(&mut self, name: &str, change: impl Fn(&mut Pose)) {
        let mut picture = self.plain.clone();
        change(&mut picture.poses[0]);
        let image = image_of(&self.renderer.draw(&picture).unwrap());
        check(name, &image, self.face);
    }
}

/// The default host in four poses, and in its second outfit.
#[test]
fn golden_host() {
    let Some(avatar) = default_host() else { return };
    let Some(mut sitting) = Sitting::of(&avatar) else {
        return;
    };
    sitting.compare("host-neutral", |_| ());
    sitting.compare("host-jaw-open", |pose| {
        pose.blendshapes[Shape::JawOpen] = 0.7;
    });
    sitting.compare("host-blink-gaze", |pose| {
        pose.blendshapes[Shape::EyeBlinkLeft] = 1.0;
        pose.eyes = Angles {
            yaw_deg: 15.0,
            pitch_deg: -6.0,
            roll_deg: 0.0,
        };
    });
    sitting.compare("host-head-turn", |pose| {
        pose.head = Angles {
            yaw_deg: 15.0,
            pitch_deg: 4.0,
            roll_deg: 3.0,
        };
    });
    if let Some(second) = avatar.outfits().get(1) {
        sitting.compare("host-second-outfit", |pose| {
            pose.outfit = Some(second.id.as_str().into());
        });
    }
}

/// The other built-in hosts, smiling.
#[test]
fn golden_other_hosts() {
    let assets = Assets::from_environment();
    for id in Assets::hosts().filter(|id| *id != DEFAULT_HOST) {
        let avatar = Arc::new(assets.avatar(id, Path::new("")).unwrap());
        let Some(mut sitting) = Sitting::of(&avatar) else {
            return;
        };
        sitting.compare(&format!("{id}-happy"), |pose| {
            pose.expressions.push(("happy".into(), 1.0));
        });
    }
}
