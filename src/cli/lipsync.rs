//! `zhubo lipsync`: speech to 52 ARKit blendshapes over time.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::Context as _;

use super::{Outcome, usage};
use crate::lipsync::{self, LipSync, LipSyncOptions, Style};
use crate::media::FrameRate;
use crate::sound;

/// The longest sound that is read: two hours.
const LONGEST_SECS: u32 = 7_200;
/// What the model hears.
const MODEL_RATE_HZ: u32 = 16_000;

/// Speech to 52 ARKit blendshapes, into a CSV file.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The CSV has the header `time,` and the 52 ARKit names; `time` is the second at which a pose is to be
shown, with the model's look-ahead already taken out.
Examples:
  zhubo lipsync speech.wav -o mouth.csv
  zhubo lipsync speech.wav -o mouth.csv --fps 60 --streaming
  zhubo lipsync speech.wav -o mouth.csv --model my-model/model.toml"
)]
pub(super) struct Args {
    /// A WAV file of any rate.
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
    /// neutral, broadcast or soft.
    #[arg(long, default_value = "neutral")]
    style: Style,
    /// Feed the model piece by piece, as live sound comes in. The result is the same.
    #[arg(long)]
    streaming: bool,
    /// Move the jaw by loudness instead of running a model.
    #[arg(long, conflicts_with = "model")]
    energy: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let file = File::open(&args.input)
        .with_context(|| format!("read {}", args.input.display()))
        .map_err(usage)?;
    let wav = sound::wav::read(file, LONGEST_SECS)
        .with_context(|| format!("read {}", args.input.display()))
        .map_err(usage)?;
    let mut lips = if args.energy {
        LipSync::energy()
    } else {
        LipSync::open(&LipSyncOptions {
            model: args.model,
            runtime_path: args.ort_lib,
            style: args.style,
            ..LipSyncOptions::default()
        })?
    };
    let samples = sound::resample(&wav.samples, wav.sample_rate_hz, MODEL_RATE_HZ)?;
    let track = if args.streaming {
        lips.track_streaming_16k(&samples)?
    } else {
        lips.track_16k(&samples)?
    };
    let secs = wav.samples.len() as f64 / f64::from(wav.sample_rate_hz);
    let output =
        File::create(&args.output).with_context(|| format!("write {}", args.output.display()))?;
    lipsync::write_csv(
        &track,
        FrameRate::whole(args.fps),
        &mut BufWriter::new(output),
    )
    .with_context(|| format!("write {}", args.output.display()))?;
    println!(
        "{}: {secs:.2} s at {} rows per second by {}",
        args.output.display(),
        args.fps,
        lips.describe()
    );
    Ok(())
}
