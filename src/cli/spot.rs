//! `zhubo spot`: a film from a document.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};

use super::show::{self, Kind, Parts};
use super::{Outcome, stop, usage};
use crate::config::{Assets, SpotDocument};
use crate::engine::{self, Clock, Ending, RoomHandle, SayRequest};
use crate::lipsync::Device;
use crate::media::{MediaTime, Size};
use crate::output::{AudioCodec, FileOptions, FileOutput, Sink};
use crate::render::{Gpu, GpuOptions};
use crate::voice;

/// Make a film (MP4) from a document.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo spot examples/spot.toml -o spot.mp4
  zhubo spot examples/spot.toml -o square.mp4 --size 720x720 --fps 30
  zhubo spot examples/spot.toml -o lina.mp4 --host lina --outfit casual
  zhubo spot examples/minute.toml -o chen.mp4 --host chen --voice flite:rms
  zhubo spot examples/spot.toml -o films/")]
pub(super) struct Args {
    /// The film's document.
    document: PathBuf,
    /// The film (ending in .mp4), or a folder to put it in.
    #[arg(short, long)]
    output: PathBuf,
    /// Another host than the document's: a built-in one, or the path of a file.
    #[arg(long, value_name = "NAME|FILE")]
    host: Option<String>,
    /// Another outfit than the document's.
    #[arg(long, value_name = "NAME")]
    outfit: Option<String>,
    /// Another voice than the document's, for every language that has none of its own.
    #[arg(long, value_name = "VOICE")]
    voice: Option<String>,
    /// Another voice than the document's for Chinese.
    #[arg(long, value_name = "VOICE")]
    voice_zh: Option<String>,
    /// Another picture size than the document's.
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// Another frame rate than the document's.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=60))]
    fps: Option<u32>,
    /// Another place for the lip-sync model than the document's: auto, cpu, cuda, tensorrt, coreml or directml.
    #[arg(long)]
    device: Option<Device>,
    /// The result as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let mut document = SpotDocument::load(&args.document).map_err(usage)?;
    overrule(&mut document, &args);
    let path = film_path(&args)?;
    let stop = stop::on_ctrl_c()?;
    let gpu = Arc::new(Gpu::new(&GpuOptions::default())?);
    let options = show::prepare(
        &Parts::from(&document),
        Kind::Film,
        &Assets::from_environment(),
        gpu,
    )?;
    let rate = options.rate;
    let file = FileOutput::create(FileOptions {
        path: path.clone(),
        size: document.picture.size,
        rate,
        audio: AudioCodec::Pcm,
        channels: 1,
        abandoned: stop.clone(),
    })?;

    let (door, inbox) = RoomHandle::new("spot", |_| Ok(()));
    let door = show::dressed(door, &options, &document.host);
    let said = door
        .say(SayRequest {
            text: document.script.clone(),
            ..SayRequest::default()
        })
        .map_err(usage)?;
    for warning in said.warnings {
        tracing::warn!("{}: {warning}", args.document.display());
    }
    let ending = Ending {
        after: None,
        tail: Some(MediaTime::from_secs_f64(document.tail_secs)),
        stop,
    };
    let options = engine::ShowOptions {
        lead: MediaTime::from_secs_f64(document.lead_secs),
        ..options
    };

    let bar = progress_bar(voice::sentences(&document.script).len(), args.json);
    #[allow(
        clippy::disallowed_methods,
        reason = "how long it took is told to the user, nothing depends on it"
    )]
    let began = std::time::Instant::now();
    let total = bar.length().unwrap_or_default();
    let summary = engine::run(
        options,
        Clock::Offline,
        &ending,
        &door,
        &inbox,
        vec![Sink::File(file)],
        &mut |pts, waiting| {
            bar.set_position(total.saturating_sub(waiting as u64 + 1));
            bar.set_message(format!("{pts}"));
        },
    );
    bar.finish_and_clear();
    let summary = summary?;
    if summary.stopped {
        return Err(anyhow!("stopped before the end: {} was not kept", path.display()).into());
    }
    let (secs, took) = (
        summary.duration.as_secs_f64(),
        began.elapsed().as_secs_f64(),
    );
    if args.json {
        let result = serde_json::json!({
            "path": path, "duration_secs": secs, "frames": summary.stats.frames_drawn,
            "size": document.picture.size.to_string(), "fps": rate.as_f64(), "real_time_factor": secs / took,
        });
        println!("{result}");
    } else {
        println!(
            "{}: {secs:.1} s of film in {took:.1} s ({:.2} times real time)",
            path.display(),
            secs / took
        );
    }
    Ok(())
}

/// What the command line says in place of the document.
fn overrule(document: &mut SpotDocument, args: &Args) {
    if let Some(host) = &args.host {
        // A path on the command line starts here, one in the document at its folder.
        let here = Path::new(host);
        let path = std::path::absolute(here).ok().filter(|_| here.exists());
        document.host.avatar = path.map_or(host.clone(), |path| path.display().to_string());
        document.host.outfit = None;
    }
    if args.outfit.is_some() {
        document.host.outfit.clone_from(&args.outfit);
    }
    if let Some(voice) = &args.voice {
        document.voice.default.clone_from(voice);
    }
    if args.voice_zh.is_some() {
        document.voice.zh.clone_from(&args.voice_zh);
    }
    document.picture.size = args.size.unwrap_or(document.picture.size);
    if let Some(fps) = args.fps {
        document.picture.fps = crate::media::FrameRate::whole(fps);
    }
    if let Some(device) = args.device {
        document.lipsync.device = Some(device.name().to_owned());
    }
}

fn film_path(args: &Args) -> Result<PathBuf, super::Failure> {
    match args.output.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("mp4") => Ok(args.output.clone()),
        Some(other) => Err(usage(anyhow!(
            "cannot write .{}: name the film .mp4, or give a folder",
            other.display()
        ))),
        None => {
            let stem = args.document.file_stem().unwrap_or("spot".as_ref());
            Ok(args.output.join(stem).with_extension("mp4"))
        }
    }
}

fn progress_bar(sentences: usize, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(sentences as u64);
    if let Ok(style) = ProgressStyle::with_template(
        "{bar:30} sentence {pos}/{len}  {msg} of film  {elapsed} ({eta} left)",
    ) {
        bar.set_style(style);
    }
    bar
}
