//! `zhubo avatar`: look at an avatar.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use glam::Vec3;

use super::{Failure, Outcome, usage};
use crate::config::{Assets, DEFAULT_HOST};
use crate::media::{Angles, FrameData, HostId, MediaTime, Pose, Shape, Size, VideoFrame};
use crate::render::{Gpu, GpuOptions, Output, Quality, Renderer, RendererOptions};
use crate::scene::{Camera, Framing, HostPlacement, LightPreset, Look, Picture, Subject};

/// Look at avatars.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Draw an avatar into a PNG file.
    Render(RenderArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo avatar render lina -o lina.png
  zhubo avatar render host.glb -o face.png --camera face --pose jawOpen=0.6,eyeBlinkLeft=1
  zhubo avatar render host.vrm -o cut.png --background transparent --look 10,-15")]
struct RenderArgs {
    /// A GLB or VRM file, or the name of a built-in host.
    file: String,
    /// The PNG file.
    #[arg(short, long)]
    output: PathBuf,
    /// Picture size in pixels.
    #[arg(long, default_value = "720x1280", value_name = "WxH")]
    size: Size,
    /// face, bust or full; or a JSON file with `eye`, `target` (metres) and `fov_y_deg`.
    #[arg(long, default_value = "bust")]
    camera: String,
    /// ARKit shapes, for example jawOpen=1,eyeBlinkLeft=0.5.
    #[arg(long, default_value = "")]
    pose: String,
    /// Head pitch and yaw in degrees, for example 5,-20.
    #[arg(long, value_name = "PITCH,YAW", allow_hyphen_values = true)]
    head: Option<String>,
    /// Eye pitch and yaw in degrees.
    #[arg(long, value_name = "PITCH,YAW", allow_hyphen_values = true)]
    look: Option<String>,
    /// A colour such as #808080, a picture file, `studio`, or `transparent`.
    #[arg(long, default_value = "studio")]
    background: String,
    /// How far a background picture is out of focus: 0 (sharp) to 1.
    #[arg(long, default_value_t = 0.0, value_name = "0..1")]
    background_blur: f32,
    /// The studio's lights: soft, bright, dramatic or warm.
    #[arg(long, default_value = "soft")]
    light: LightPreset,
    /// cpu (what a CPU draws live), gpu (multisampled, filtered), or auto.
    #[arg(long, default_value = "auto", value_parser = quality)]
    quality: Quality,
}

pub(super) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Render(args) => render(&args),
    }
}

fn render(args: &RenderArgs) -> Outcome {
    let assets = Assets::from_environment();
    let here = Path::new("");
    let avatar = Arc::new(assets.avatar(&args.file, here).map_err(usage)?);
    for warning in &avatar.facts().warnings {
        tracing::warn!("{}: {warning}", args.file);
    }
    let mouth = avatar.mouth().by.describe();
    let host = HostId::new(DEFAULT_HOST);
    let pose = pose(args, host.clone()).map_err(usage)?;
    let camera = match args.camera.parse::<Framing>() {
        Ok(framing) => Camera::framed(framing, &Subject::from(avatar.landmarks()), args.size),
        Err(words) => camera_from_file(Path::new(&args.camera))
            .map_err(|error| usage(error.context(words)))?,
    };
    let picture = Picture {
        pts: MediaTime::ZERO,
        size: args.size,
        camera,
        background: assets.background(&args.background, here).map_err(usage)?,
        look: Look {
            light: args.light,
            background_blur: args.background_blur,
        },
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: Vec3::ZERO,
            yaw_deg: 0.0,
        }],
        poses: vec![pose],
        layers: Vec::new(),
        flash: false,
    };
    let gpu = Arc::new(Gpu::new(&GpuOptions::default())?);
    let options = RendererOptions {
        size: args.size,
        output: Output::Rgba,
        quality: args.quality,
    };
    let mut renderer = Renderer::new(&gpu, &options)?;
    renderer.add_host(host, avatar)?;
    let frame = renderer.draw(&picture)?;
    save(&frame, &args.output)?;
    println!(
        "{}: {} by {}, mouth moved by {mouth}",
        args.output.display(),
        args.size,
        gpu.adapter_name()
    );
    Ok(())
}

fn pose(args: &RenderArgs, host: HostId) -> anyhow::Result<Pose> {
    let mut pose = Pose::rest(host);
    for part in args.pose.split(',').filter(|part| !part.trim().is_empty()) {
        let (name, weight) = part
            .split_once('=')
            .with_context(|| format!("`{part}` is not shape=weight"))?;
        let shape = Shape::from_name(name.trim()).with_context(|| {
            format!("there is no ARKit shape `{name}`: for example jawOpen, mouthSmileLeft")
        })?;
        let weight: f32 = weight
            .trim()
            .parse()
            .with_context(|| format!("`{weight}` is not a number"))?;
        if !(0.0..=1.0).contains(&weight) {
            bail!("{name}={weight}: weights go from 0 to 1");
        }
        pose.blendshapes[shape] = weight;
    }
    pose.head = angles(args.head.as_deref())?;
    pose.eyes = angles(args.look.as_deref())?;
    Ok(pose)
}

fn angles(text: Option<&str>) -> anyhow::Result<Angles> {
    let Some(text) = text else {
        return Ok(Angles::default());
    };
    let parsed = text
        .split_once(',')
        .and_then(|(p, y)| Some((p.trim().parse().ok()?, y.trim().parse().ok()?)));
    let (pitch_deg, yaw_deg) =
        parsed.ok_or_else(|| anyhow!("`{text}` is not PITCH,YAW in degrees"))?;
    Ok(Angles {
        pitch_deg,
        yaw_deg,
        roll_deg: 0.0,
    })
}

/// A camera as a JSON file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraFile {
    eye: [f32; 3],
    target: [f32; 3],
    fov_y_deg: f32,
}

fn camera_from_file(path: &Path) -> anyhow::Result<Camera> {
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

fn quality(text: &str) -> Result<Quality, String> {
    match text {
        "auto" => Ok(Quality::Auto),
        "cpu" => Ok(Quality::Cpu),
        "gpu" => Ok(Quality::Gpu),
        _ => Err(format!("`{text}` is not auto, cpu or gpu")),
    }
}

fn save(frame: &VideoFrame, path: &Path) -> Result<(), Failure> {
    let FrameData::Rgba(rgba) = &frame.data else {
        return Err(anyhow!("the renderer gave no RGBA picture").into());
    };
    image::save_buffer(
        path,
        rgba,
        frame.size.width,
        frame.size.height,
        image::ExtendedColorType::Rgba8,
    )
    .with_context(|| format!("write {}", path.display()))?;
    Ok(())
}
