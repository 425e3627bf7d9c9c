//! `zhubo lipsync`: speech to 52 ARKit blendshapes over time.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::part_file::PartFile;
use super::phones;
use super::plot::Plot;
use super::{Failure, Outcome, lipsync_failure, stop, usage};
use crate::lipsync::{
    CsvRows, Device, LipSync, LipSyncOptions, Loudness, MODEL_RATE_HZ, STEP_SAMPLES, Style,
};
use crate::media::FrameRate;
use crate::sound::{self, SoundFile};

/// Sound that lasts at least this long gets a progress bar, in seconds.
const LONG_SECS: f64 = 30.0;

/// Speech to 52 ARKit blendshapes, into a CSV file.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The CSV has the header `time,` and the 52 ARKit names; `time` is the second at which a pose is to be
shown, with the model's look-ahead already taken out. Sound of any length is read piece by piece, twice: first its
loudness is measured, then the mouth is made.
Examples:
  zhubo lipsync speech.wav -o mouth.csv
  zhubo lipsync podcast.mp3 -o mouth.csv --json
  zhubo lipsync speech.wav -o mouth.csv --plot curves.png --phones phones.tsv
  zhubo lipsync speech.wav -o mouth.csv --fps 60 --streaming
  zhubo lipsync speech.wav -o mouth.csv --model my-model/model.toml"
)]
pub(super) struct Args {
    /// WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus of 8 to 192 kHz.
    input: PathBuf,
    /// The CSV file.
    #[arg(short, long)]
    output: PathBuf,
    /// Rows per second.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=240))]
    fps: u32,
    /// The model's manifest; the built-in model by default.
    #[arg(long)]
    model: Option<PathBuf>,
    /// The ONNX Runtime library; searched for by default.
    #[arg(long, value_name = "FILE")]
    ort_lib: Option<PathBuf>,
    /// Where the model runs: auto, cpu, cuda, tensorrt, coreml or directml. By default where its manifest says.
    #[arg(long, default_value = "auto")]
    device: Device,
    /// neutral, broadcast or soft.
    #[arg(long, default_value = "neutral")]
    style: Style,
    /// Feed the model piece by piece, as live sound comes in. The result is the same.
    #[arg(long)]
    streaming: bool,
    /// Move the jaw by loudness instead of running a model.
    #[arg(long, conflicts_with = "model")]
    energy: bool,
    /// Also draw the sound and the main curves into a PNG file.
    #[arg(long, value_name = "PNG")]
    plot: Option<PathBuf>,
    /// Phones for the plot: lines of `start end phone class`, tabs between, times in seconds.
    #[arg(long, value_name = "TSV", requires = "plot")]
    phones: Option<PathBuf>,
    /// The result as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let phones = match &args.phones {
        Some(path) => phones::read(path).map_err(usage)?,
        None => Vec::new(),
    };
    let stop = stop::on_ctrl_c()?;
    let heard = Heard::measure(&args.input, &stop)?;
    let mut lips = if args.energy {
        LipSync::energy()
    } else {
        LipSync::open(&LipSyncOptions {
            model: args.model.clone(),
            runtime_path: args.ort_lib.clone(),
            style: args.style,
            device: args.device,
            ..LipSyncOptions::default()
        })
        .map_err(lipsync_failure)?
    };
    #[allow(
        clippy::disallowed_methods,
        reason = "how long it took is told to the user, nothing depends on it"
    )]
    let began = std::time::Instant::now();
    let mut plot = args.plot.as_ref().map(|_| Plot::default());
    let rows = write(&args, &heard, &mut lips, &mut plot, &stop)?;
    let took = began.elapsed().as_secs_f64();
    if let (Some(plot), Some(path)) = (&plot, &args.plot) {
        plot.write(path, &title(&args, &heard, &lips), &phones)?;
    }
    if args.json {
        let result = serde_json::json!({
            "path": args.output, "rows": rows, "fps": args.fps, "model": lips.describe(),
            "lookahead_ms": lips.lookahead().as_millis_f64(), "real_time_factor": heard.duration_secs / took, "sound": heard,
        });
        println!("{result}");
    } else {
        println!(
            "{}: {:.2} s at {} rows per second by {}",
            args.output.display(),
            heard.duration_secs,
            args.fps,
            lips.describe()
        );
    }
    Ok(())
}

/// What the first pass over the sound finds.
#[derive(Debug, Serialize)]
struct Heard {
    duration_secs: f64,
    codec: &'static str,
    sample_rate_hz: u32,
    channels: usize,
    /// The level of the speech, dB below full scale.
    speech_dbfs: f32,
    /// Samples that were not finite and count as silence.
    broken_samples: u64,
    /// Packets that could not be decoded and count as silence.
    damaged_packets: u64,
    #[serde(skip)]
    loudness: Loudness,
}

impl Heard {
    /// Reads the whole sound once.
    fn measure(path: &Path, stop: &AtomicBool) -> Result<Self, Failure> {
        let read = || format!("read {}", path.display());
        let is_plain = std::fs::metadata(path).with_context(read).map_err(usage)?;
        if !is_plain.is_file() && !is_plain.is_dir() {
            let words =
                "this is not a plain file, and sound is read twice: store it in a file first";
            return Err(usage(anyhow!(words).context(read())));
        }
        let mut file = SoundFile::open(path, MODEL_RATE_HZ)
            .with_context(read)
            .map_err(usage)?;
        let bar = bar("measuring", file.decoder().announced_secs());
        let (mut loudness, mut samples, mut block) = (Loudness::default(), 0, Vec::new());
        while file.read(&mut block).with_context(read).map_err(usage)? {
            goes_on(stop, path)?;
            loudness.push(&block);
            samples += block.len() as u64;
            bar.set_position(samples / u64::from(MODEL_RATE_HZ));
            block.clear();
        }
        bar.finish_and_clear();
        let decoder = file.decoder();
        let heard = Self {
            duration_secs: samples as f64 / f64::from(MODEL_RATE_HZ),
            codec: decoder.codec(),
            sample_rate_hz: decoder.sample_rate_hz(),
            channels: decoder.channels(),
            speech_dbfs: sound::gain_to_db(loudness.rms()).max(-120.0),
            broken_samples: decoder.broken_samples(),
            damaged_packets: decoder.damaged_packets(),
            loudness,
        };
        heard.warn(path);
        Ok(heard)
    }

    fn warn(&self, path: &Path) {
        let path = path.display();
        if self.broken_samples > 0 {
            let count = self.broken_samples;
            tracing::warn!(
                "{path}: {count} samples are not numbers (NaN or infinite): taken as silence"
            );
        }
        if self.damaged_packets > 0 {
            let count = self.damaged_packets;
            tracing::warn!("{path}: {count} packets are damaged: taken as silence");
        }
    }
}

/// Reads the sound again and writes the mouth row by row; gives the number of rows.
fn write(
    args: &Args,
    heard: &Heard,
    lips: &mut LipSync,
    plot: &mut Option<Plot>,
    stop: &AtomicBool,
) -> Result<u64, Failure> {
    let (part, csv) = PartFile::create(&args.output)?;
    let writing = || format!("write {}", args.output.display());
    let mut rows =
        CsvRows::new(FrameRate::whole(args.fps), BufWriter::new(csv)).with_context(writing)?;
    let mut file = SoundFile::open(&args.input, MODEL_RATE_HZ).map_err(usage)?;
    let bar = bar("making the mouth", Some(heard.duration_secs));
    lips.begin(&heard.loudness);
    let (mut samples, mut block) = (0, Vec::new());
    while file.read(&mut block).map_err(usage)? {
        goes_on(stop, &args.output)?;
        samples += block.len() as u64;
        let size = if args.streaming {
            STEP_SAMPLES
        } else {
            block.len().max(1)
        };
        for piece in block.chunks(size) {
            let poses = lips.push(piece)?;
            rows.push(&poses).with_context(writing)?;
            if let Some(plot) = plot {
                plot.hear(piece);
                plot.see(&poses);
            }
        }
        bar.set_position(samples / u64::from(MODEL_RATE_HZ));
        block.clear();
    }
    let poses = lips.finish()?;
    rows.push(&poses).with_context(writing)?;
    if let Some(plot) = plot {
        plot.see(&poses);
    }
    let count = rows.finish().with_context(writing)?;
    bar.finish_and_clear();
    part.keep()?;
    Ok(count)
}

/// What stands over a plot.
fn title(args: &Args, heard: &Heard, lips: &LipSync) -> String {
    let name = args.input.file_name().unwrap_or_default();
    let secs = heard.duration_secs;
    format!("{}, {secs:.2} s, {}", name.display(), lips.describe())
}

/// Ctrl-C ends the work between two blocks.
pub(super) fn goes_on(stop: &AtomicBool, path: &Path) -> anyhow::Result<()> {
    if stop.load(Ordering::Relaxed) {
        return Err(anyhow!(
            "stopped before the end of {}: nothing was written",
            path.display()
        ));
    }
    Ok(())
}

/// A bar in seconds of sound, on a terminal only, and only where there is something to wait for.
pub(super) fn bar(what: &'static str, secs: Option<f64>) -> ProgressBar {
    let Some(secs) = secs.filter(|secs| *secs >= LONG_SECS) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::new(secs.ceil() as u64).with_message(what);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} s  {elapsed} ({eta} left)")
    {
        bar.set_style(style);
    }
    bar
}
