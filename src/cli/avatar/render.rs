//! `zhubo avatar render`: a still, a sheet of all faces, or a turntable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use glam::Vec3;

use super::pose::{PoseArgs, Wanted};
use super::studio::{self, Studio};
use super::{camera, clip, sheet, turntable};
use crate::avatar::{Avatar, Clip, Springs};
use crate::cli::{Failure, Outcome, usage};
use crate::config::{Assets, DEFAULT_HOST};
use crate::media::{HostId, MediaTime, Pose, Size};
use crate::render::{Output, Quality};
use crate::scene::{Background, Camera, Framing, LightPreset, Look, Subject};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo avatar render lina -o lina.png
  zhubo avatar render host.glb -o face.png --camera face --pose jawOpen=0.6,eyeBlinkLeft=1
  zhubo avatar render host.vrm -o happy.png --expression happy=1 --background '#808080'
  zhubo avatar render host.vrm -o cut.png --background transparent --look 10,-15
  zhubo avatar render host.vrm -o step.png --camera full --clip walk.vrma --time 0.4
  zhubo avatar render host.vrm --sheet faces.png --turntable round.mp4")]
pub(super) struct Args {
    /// A GLB or VRM file, a folder or document of an avatar, or the name of a built-in host.
    file: String,
    /// A still, as a PNG file.
    #[arg(short, long, required_unless_present_any = ["sheet", "turntable"])]
    output: Option<PathBuf>,
    /// All 52 ARKit shapes and all expressions of the file side by side, as a PNG file.
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// A film (MP4) in which the host turns round once, breathing and blinking.
    #[arg(long, value_name = "MP4")]
    turntable: Option<PathBuf>,
    /// Picture size in pixels; of one face, on a sheet.
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// face, bust or full; or a JSON file with `eye`, `target` (metres) and `fov_y_deg`. A sheet shows faces, else the bust
    /// is shown.
    #[arg(long)]
    camera: Option<String>,
    #[command(flatten)]
    pose: PoseArgs,
    /// A clip: one of the avatar's own by name, or a .vrma (or other humanoid) file.
    #[arg(long, value_name = "NAME|FILE")]
    clip: Option<String>,
    /// Seconds since the start: where clips and moving pictures are.
    #[arg(long, default_value_t = 0.0, value_name = "SECS")]
    time: f64,
    /// A set (`studio`, `counter`, `tea-room`, `tech` or `sale`), a colour such as #808080, a picture file, or
    /// `transparent`.
    #[arg(long, default_value = "studio")]
    background: String,
    /// How far a background picture is out of focus: 0 (sharp) to 1.
    #[arg(long, default_value_t = 0.0, value_name = "0..1")]
    background_blur: f32,
    /// The studio's lights: soft, bright, dramatic or warm.
    #[arg(long, default_value = "soft")]
    light: LightPreset,
    /// cpu (what a CPU draws live), gpu (multisampled, everything for each pixel), or auto.
    #[arg(long, default_value = "auto", value_parser = quality)]
    quality: Quality,
}

/// The share of what is above the eyes that a picture of the features shows.
const FOREHEAD: f32 = 0.35;

/// The size of a still where the command line does not say.
const STILL: Size = Size::new(720, 1280);

/// A still is taken of a pose that was held so long.
const HELD: MediaTime = MediaTime::from_millis(2_000);

/// What is seen of a host where the command line does not say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Framed {
    /// Head to waist.
    Bust,
    /// From forehead to chin.
    Features,
}

/// What all three kinds of output share.
pub(super) struct Order {
    pub(super) avatar: Arc<Avatar>,
    pub(super) wanted: Wanted,
    pub(super) background: Background,
    pub(super) quality: Quality,
    pub(super) look: Look,
    pub(super) clip: Option<Arc<Clip>>,
    pub(super) at: MediaTime,
    size: Option<Size>,
    camera: Option<String>,
}

impl Order {
    /// The pose that was asked for, held until hair and ribbons hang.
    pub(super) fn held_pose(&self, host: HostId) -> Pose {
        let mut pose = Pose::rest(host);
        self.wanted.put_on(&mut pose);
        if let Some(clip) = &self.clip {
            clip.apply(&self.avatar, &mut pose, self.at.as_secs_f64());
        }
        if let Some(mut springs) = Springs::new(&self.avatar) {
            springs.settle(&self.avatar, &mut pose, HELD);
        }
        pose
    }

    /// Where the vertices are in the pose that was asked for.
    fn seen_points(&self) -> Vec<Vec<Vec3>> {
        let pose = self.held_pose(HostId::new(DEFAULT_HOST));
        self.avatar.points(&self.avatar.posed(&pose))
    }

    /// The avatar before its camera; `size` and `framed` are used where the command line is silent.
    pub(super) fn studio(
        &self,
        size: Size,
        framed: Framed,
        output: Output,
    ) -> Result<(Studio, Size), Failure> {
        let size = self.size.unwrap_or(size);
        let mut subject = Subject::from(self.avatar.landmarks());
        let camera = match (&self.camera, framed) {
            (Some(name), _) => {
                let found = camera::find(name, &subject, size).map_err(usage)?;
                match name.as_str() {
                    "full" => camera::around(found, &self.seen_points(), size),
                    _ => found,
                }
            }
            (None, Framed::Bust) => Camera::framed(Framing::Bust, &subject, size),
            (None, Framed::Features) => {
                // As if the head ended at the forehead.
                subject.crown_m = subject.eyes.y + FOREHEAD * (subject.crown_m - subject.eyes.y);
                Camera::framed(Framing::Face, &subject, size)
            }
        };
        let studio = Studio::new(
            self.avatar.clone(),
            size,
            output,
            self.quality,
            camera,
            self.background.clone(),
            self.look,
        )?;
        Ok((studio, size))
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    if !(0.0..=86_400.0).contains(&args.time) {
        return Err(usage(anyhow!(
            "--time {}: 0 to 86400 seconds are possible",
            args.time
        )));
    }
    let assets = Assets::from_environment();
    let here = Path::new("");
    let avatar = Arc::new(assets.avatar(&args.file, here).map_err(usage)?);
    for warning in &avatar.facts().warnings {
        tracing::warn!("{}: {warning}", args.file);
    }
    let order = Order {
        wanted: args.pose.check(&avatar).map_err(usage)?,
        background: assets
            .background(&args.background, here, args.size.unwrap_or(STILL))
            .map_err(usage)?,
        quality: args.quality,
        look: Look {
            light: args.light,
            background_blur: args.background_blur,
        },
        clip: args
            .clip
            .as_deref()
            .map(|wanted| clip::find(&avatar, wanted))
            .transpose()
            .map_err(usage)?,
        at: MediaTime::from_secs_f64(args.time),
        size: args.size,
        camera: args.camera.clone(),
        avatar,
    };
    if let Some(path) = &args.output {
        still(&order, path)?;
    }
    if let Some(path) = &args.sheet {
        sheet::draw(&order, &assets, path)?;
    }
    if let Some(path) = &args.turntable {
        turntable::film(&order, path)?;
    }
    Ok(())
}

fn still(order: &Order, path: &Path) -> Outcome {
    let (mut studio, size) = order.studio(STILL, Framed::Bust, Output::Rgba)?;
    let pose = order.held_pose(studio.host());
    let frame = studio.draw(pose, 0.0, order.at)?;
    studio::save(studio::pixels(&frame)?, size, path)?;
    println!(
        "{}: {size} by {}, mouth moved by {}",
        path.display(),
        studio.adapter_name(),
        order.avatar.mouth().by.describe()
    );
    Ok(())
}

fn quality(text: &str) -> Result<Quality, String> {
    match text {
        "auto" => Ok(Quality::Auto),
        "cpu" => Ok(Quality::Cpu),
        "gpu" => Ok(Quality::Gpu),
        _ => Err(format!("`{text}` is not auto, cpu or gpu")),
    }
}
