//! Where an avatar is looked at from: a framing by name, or a JSON file.

use std::path::Path;

use anyhow::{Context as _, bail};
use glam::Vec3;

use crate::media::Size;
use crate::scene::{Camera, Framing, Subject};

/// Free space beside a whole figure, as a share of its half width.
const SIDE_ROOM: f32 = 0.06;

/// What a picture of the features shows: the share of what is above the eyes, and below the chin the share of the head.
const FOREHEAD: f32 = 0.55;
const BELOW_CHIN: f32 = 0.2;

/// A camera as a JSON file; the other names are those of three.js and of glTF viewers.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraFile {
    #[serde(alias = "position")]
    eye: [f32; 3],
    #[serde(alias = "look_at", alias = "lookAt")]
    target: [f32; 3],
    #[serde(alias = "fov", alias = "fov_deg")]
    fov_y_deg: f32,
}

/// The camera that `name` stands for: `face`, `bust`, `half`, `full`, or the path of a JSON file.
///
/// # Errors
/// When it is neither, or the file is no camera.
pub(super) fn find(name: &str, subject: &Subject, size: Size) -> anyhow::Result<Camera> {
    match name.parse::<Framing>() {
        Ok(framing) => Ok(Camera::framed(framing, subject, size)),
        Err(words) => from_file(Path::new(name)).context(words),
    }
}

/// `camera`, which shows a head, with a longer lens: from the forehead to below the chin of `subject`.
pub(super) fn of_features(camera: Camera, subject: &Subject) -> Camera {
    let above = subject.crown_m - subject.eyes.y;
    let top = subject.eyes.y + FOREHEAD * above;
    let bottom = subject.chin_m - BELOW_CHIN * (subject.crown_m - subject.chin_m);
    let distance = camera.eye.distance(camera.target).max(1e-6);
    let whole = (0.5 * camera.fov_y_deg).to_radians().tan();
    let half = (0.5 * (top - bottom) / distance).clamp(0.3 * whole, whole);
    Camera {
        target: camera.target.with_y(0.5 * (top + bottom)),
        fov_y_deg: 2.0 * half.atan().to_degrees(),
        ..camera
    }
}

/// `camera`, moved up or down and as far back as it takes to see all of `points`.
pub(super) fn around(camera: Camera, points: &[Vec<Vec3>], size: Size) -> Camera {
    let points = || points.iter().flatten().filter(|point| point.is_finite());
    let back = camera.eye - camera.target;
    let half_height = back.length() * (camera.fov_y_deg / 2.0).to_radians().tan();
    let (low, high) = points().fold(
        (camera.target.y - half_height, camera.target.y + half_height),
        |(low, high), point| (low.min(point.y), high.max(point.y)),
    );
    let reach = points()
        .map(|point| (point.x - camera.target.x).abs())
        .fold(0.0, f32::max);
    let aspect = size.width.max(1) as f32 / size.height.max(1) as f32;
    let tall = 0.5 * (high - low);
    let wide = reach * (1.0 + SIDE_ROOM) / aspect.max(1e-3);
    let target = camera.target.with_y(0.5 * (low + high));
    Camera {
        eye: target + back * (tall.max(wide) / half_height.max(1e-6)).max(1.0),
        target,
        ..camera
    }
}

fn from_file(path: &Path) -> anyhow::Result<Camera> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the camera {}", path.display()))?;
    let CameraFile {
        eye,
        target,
        fov_y_deg,
    } = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a camera", path.display()))?;
    if !(1.0..=120.0).contains(&fov_y_deg) {
        bail!(
            "{}: fov_y_deg {fov_y_deg}: 1 to 120 degrees are possible",
            path.display()
        );
    }
    Ok(Camera {
        eye: eye.into(),
        target: target.into(),
        fov_y_deg,
    })
}
