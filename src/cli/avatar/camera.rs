//! Where an avatar is looked at from: a framing by name, or a JSON file.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::media::Size;
use crate::scene::{Camera, Framing, Subject};

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

/// The camera that `name` stands for: `face`, `bust`, `full`, or the path of a JSON file.
///
/// # Errors
/// When it is neither, or the file is no camera.
pub(super) fn find(name: &str, subject: &Subject, size: Size) -> anyhow::Result<Camera> {
    match name.parse::<Framing>() {
        Ok(framing) => Ok(Camera::framed(framing, subject, size)),
        Err(words) => from_file(Path::new(name)).context(words),
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
