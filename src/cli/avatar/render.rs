//! `zhubo avatar render`: a still, sheets of all that a host can show, or a turntable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use glam::Vec3;

use super::gesture::Gesturing;
use super::pose::{PoseArgs, Wanted};
use super::studio::{self, Studio};
use super::{camera, clip, sheet, turntable};
use crate::avatar::{Avatar, Clip, Outfit, Springs};
use crate::cli::{Failure, Outcome, usage};
use crate::config::Assets;
use crate::media::{HostId, MediaTime, Pose, Size};
use crate::motion::Posture;
use crate::render::{Output, Quality};
use crate::scene::{Background, Camera, Framing, LightPreset, Look, Subject};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo avatar render lina -o lina.png
  zhubo avatar render lina -o casual.png --outfit casual --camera half --yaw 30
  zhubo avatar render host.glb -o face.png --camera face --pose jawOpen=0.6,eyeBlinkLeft=1
  zhubo avatar render host.vrm -o happy.png --expression happy=1 --background '#808080'
  zhubo avatar render host.vrm -o cut.png --background transparent --look 10,-15
  zhubo avatar render host.vrm -o step.png --camera full --clip walk.vrma --time 0.4
  zhubo avatar render lina -o wave.png --camera half --gesture wave@0.1
  zhubo avatar render host.vrm --sheet sheet.png --turntable round.mp4
  zhubo avatar render chen --sheet sheets/")]
pub(super) struct Args {
    /// A GLB or VRM file, a folder or document of an avatar, or the name of a built-in host.
    file: String,
    /// A still, as a PNG file.
    #[arg(short, long, required_unless_present_any = ["sheet", "turntable"])]
    output: Option<PathBuf>,
    /// Everything side by side: views, visemes, feelings, a blink, all 52 ARKit shapes, all expressions of the file, half and
    /// whole figures in every outfit, all gestures. One large PNG file, or a folder for one PNG of each kind.
    #[arg(long, value_name = "PNG|FOLDER")]
    sheet: Option<PathBuf>,
    /// A film (MP4) in which the host turns round once, breathing and blinking.
    #[arg(long, value_name = "MP4")]
    turntable: Option<PathBuf>,
    /// Picture size in pixels; of one face, on a sheet.
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// face, bust, half or full; or a JSON file with `eye`, `target` (metres) and `fov_y_deg`. A sheet shows faces, else the bust
    /// is shown.
    #[arg(long)]
    camera: Option<String>,
    /// Turns the whole host to its left (negative: to its right), degrees.
    #[arg(
        long,
        default_value_t = 0.0,
        value_name = "DEG",
        allow_hyphen_values = true
    )]
    yaw: f32,
    /// What is worn: one of the avatar's outfits; `avatar check` lists them.
    #[arg(long, value_name = "NAME")]
    outfit: Option<String>,
    #[command(flatten)]
    pose: PoseArgs,
    /// A clip: one of the avatar's own by name, or a .vrma (or other humanoid) file.
    #[arg(long, value_name = "NAME|FILE")]
    clip: Option<String>,
    /// A gesture, at its stroke or so many seconds after (negative: before) it: `wave`, `bow@0.3`, `clap@-0.2`.
    #[arg(long, value_name = "NAME[@SECS]", conflicts_with = "clip")]
    gesture: Option<String>,
    /// A folder with gestures of your own.
    #[arg(long, value_name = "FOLDER")]
    gestures: Option<PathBuf>,
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

/// The size of a still where the command line does not say.
const STILL: Size = Size::new(720, 1280);

/// A still is taken of a pose that was held so long.
const HELD: MediaTime = MediaTime::from_millis(2_000);

/// What is seen of a host where the command line does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framed {
    /// Head to waist.
    Bust,
    /// From forehead to chin.
    Features,
    /// Head and neck, whatever the command line says; so are the next two.
    Face,
    /// Head to hips.
    Half,
    /// From head to toe.
    Full,
}

/// What all three kinds of output share.
pub(super) struct Order {
    pub(super) avatar: Arc<Avatar>,
    pub(super) wanted: Wanted,
    /// The place of what is worn in the avatar's list.
    pub(super) outfit: usize,
    pub(super) yaw_deg: f32,
    pub(super) background: Background,
    pub(super) quality: Quality,
    pub(super) look: Look,
    pub(super) clip: Option<Arc<Clip>>,
    gesture: Option<Gesturing>,
    pub(super) at: MediaTime,
    size: Option<Size>,
    camera: Option<String>,
}

impl Order {
    /// The pose that was asked for, with arms as on air where no clip moves them, held until hair and ribbons hang.
    pub(super) fn held_pose(&self, host: HostId) -> Pose {
        if let Some(gesture) = &self.gesture {
            return self.gesturing(gesture, host);
        }
        let mut pose = Pose::rest(host);
        self.dress(&mut pose);
        self.wanted.put_on(&mut pose);
        match &self.clip {
            Some(clip) => clip.apply(&self.avatar, &mut pose, self.at.as_secs_f64()),
            None => Posture::of(&self.avatar).apply(&mut pose),
        }
        if let Some(mut springs) = Springs::new(&self.avatar) {
            springs.settle(&self.avatar, &mut pose, HELD);
        }
        pose
    }

    /// The host in a gesture, as on air, with what was asked for on top.
    pub(super) fn gesturing(&self, gesture: &Gesturing, host: HostId) -> Pose {
        let mut pose = gesture.pose(host, &self.avatar);
        self.dress(&mut pose);
        self.wanted.put_on(&mut pose);
        pose
    }

    /// Puts on what was asked for.
    pub(super) fn dress(&self, pose: &mut Pose) {
        let worn = self.avatar.outfits().get(self.outfit);
        pose.outfit = worn.map(|outfit| outfit.id.as_str().into());
    }

    /// Where the vertices that are drawn are in the pose that was asked for.
    fn seen_points(&self) -> Vec<Vec<Vec3>> {
        let pose = self.held_pose(studio::host());
        let mut points = self.avatar.points(&self.avatar.posed(&pose));
        for (points, mesh) in points.iter_mut().zip(&self.avatar.meshes) {
            if !mesh.worn.with(self.outfit) {
                points.clear();
            }
        }
        points
    }

    /// The avatar before its camera; `size` and `framed` are used where the command line is silent.
    pub(super) fn studio(
        &self,
        size: Size,
        framed: Framed,
        output: Output,
    ) -> Result<(Studio, Size), Failure> {
        let size = self.size(size);
        Ok((self.studio_of(size, framed, output)?, size))
    }

    /// The size of the command line, or else this.
    pub(super) fn size(&self, size: Size) -> Size {
        self.size.unwrap_or(size)
    }

    /// The same for pictures of exactly this size.
    pub(super) fn studio_of(
        &self,
        size: Size,
        framed: Framed,
        output: Output,
    ) -> Result<Studio, Failure> {
        let subject = Subject::from(self.avatar.landmarks_in(self.outfit));
        let whole = |camera| camera::around(camera, &self.seen_points(), size);
        let camera = match (&self.camera, framed) {
            (_, Framed::Face) => Camera::framed(Framing::Face, &subject, size),
            (_, Framed::Half) => Camera::framed(Framing::Half, &subject, size),
            (_, Framed::Full) => whole(Camera::framed(Framing::Full, &subject, size)),
            (Some(name), _) => {
                let found = camera::find(name, &subject, size).map_err(usage)?;
                match name.as_str() {
                    "full" => whole(found),
                    _ => found,
                }
            }
            (None, Framed::Bust) => Camera::framed(Framing::Bust, &subject, size),
            (None, Framed::Features) => {
                camera::of_features(Camera::framed(Framing::Face, &subject, size), &subject)
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
        Ok(studio)
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
    if !args.yaw.is_finite() {
        return Err(usage(anyhow!("--yaw {}: give degrees", args.yaw)));
    }
    let worn = args
        .outfit
        .as_deref()
        .map(|id| Outfit::find(avatar.outfits(), id));
    let order = Order {
        outfit: worn.transpose().map_err(usage)?.unwrap_or(0),
        yaw_deg: args.yaw,
        wanted: args.pose.check(&avatar).map_err(usage)?,
        background: assets
            .background(&args.background, here, args.size.unwrap_or(STILL))
            .map_err(usage)?,
        quality: args.quality,
        look: Look {
            light: args.light,
            background_blur: args.background_blur,
        },
        gesture: args
            .gesture
            .as_deref()
            .map(|wanted| Gesturing::find(wanted, args.gestures.as_deref(), &assets))
            .transpose()
            .map_err(usage)?,
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
        sheet::draw(&order, &assets, args.gestures.as_deref(), path)?;
    }
    if let Some(path) = &args.turntable {
        turntable::film(&order, path)?;
    }
    Ok(())
}

fn still(order: &Order, path: &Path) -> Outcome {
    let (mut studio, size) = order.studio(STILL, Framed::Bust, Output::Rgba)?;
    let pose = order.held_pose(studio::host());
    let frame = studio.draw(pose, order.yaw_deg, order.at)?;
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
