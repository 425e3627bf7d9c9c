//! `zhubo motion`: the pose of a host over time.

mod plot;
mod record;
mod source;

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, anyhow};
use glam::Vec3;

use super::lipsync::{bar, goes_on};
use super::part_file::PartFile;
use super::{Failure, Outcome, show, stop, usage};
use crate::avatar::Avatar;
use crate::config::{Assets, DEFAULT_HOST, PictureSection, VoiceSection};
use crate::engine::{PlayOptions, Rehearsed, Step, rehearse};
use crate::lipsync::LipSyncOptions;
use crate::media::{FrameRate, HostId, MediaTime};
use crate::motion::Library;
use crate::scene::{Background, Camera, Framing, HostPlacement, Scene, SceneOptions, Subject};

use record::Record;
use source::Source;

/// The longest life that is written, minutes: a day.
const MAX_MINUTES: f64 = 1440.0;

/// The pose of a host over time, into a CSV file.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The host says a text (or what is heard in a sound file) and moves as it would on air; --minutes alone writes how it
idles. The CSV has the header `time,`, the 52 ARKit names, `head_pitch_deg,head_yaw_deg,head_roll_deg` (against the chest),
`gaze_pitch_deg,gaze_yaw_deg` (eyes against the head) and `gesture` (a name, or nothing). Positive pitch is up, positive yaw
and roll are to the host's left. `time` is where a picture begins; the pose is the one in its middle. A text may hold tags:
[joy], [wave], [look card], [pause 1.5s], [mark NAME], <emphasis>...</emphasis>.
Examples:
  zhubo motion 'Welcome! [wave] Three reasons to buy this one.' -o pose.csv
  zhubo motion '大家好，欢迎来到直播间！' -o pose.csv --plot pose.png --json
  zhubo motion speech.wav --text 'Hello and welcome' -o pose.csv
  zhubo motion --minutes 60 -o idle.csv --host chen --seed 7
  echo 'From a pipe.' | zhubo motion - -o -"
)]
pub(super) struct Args {
    /// What to say, or a sound file of up to ten minutes; `-` reads the text from stdin.
    #[arg(required_unless_present = "minutes")]
    input: Option<String>,
    /// The CSV file; `-` writes to stdout.
    #[arg(short, long)]
    output: PathBuf,
    /// Rows per second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=240))]
    fps: u32,
    /// A built-in host, or the path of an avatar.
    #[arg(long, default_value = DEFAULT_HOST, value_name = "NAME|FILE")]
    host: String,
    /// Write how the host idles, for so many minutes.
    #[arg(long, conflicts_with = "input")]
    minutes: Option<f64>,
    /// Seed of all chance: same seed, same life.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The words of the sound file, tags included; `-` reads them from stdin.
    #[arg(long, requires = "input")]
    text: Option<String>,
    /// espeak:VOICE, flite:VOICE, openai:VOICE, command:PROGRAM ARGS, clip:FILE or tone; by default chosen by language.
    #[arg(long, conflicts_with = "text")]
    voice: Option<String>,
    /// Also draw sound, words, mouth, blinks, gaze, head and gestures into a PNG file.
    #[arg(long, value_name = "PNG")]
    plot: Option<PathBuf>,
    /// Words, gestures, blinks, feelings and looks as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    check(&args)?;
    let assets = Assets::from_environment();
    let avatar = Arc::new(assets.avatar(&args.host, Path::new("")).map_err(usage)?);
    let stem = Path::new(&args.host).file_stem().unwrap_or_default();
    let host = HostId::new(&stem.to_string_lossy());
    let library = Arc::new(assets.gestures(None).map_err(usage)?);
    let source = Source::open(&args, &host, &library)?;
    let options = play(&args, host, avatar, Arc::clone(&library)).map_err(usage)?;
    let stop = stop::on_ctrl_c()?;
    let is_stdout = args.output == Path::new("-");
    let (part, writer): (_, Box<dyn Write>) = if is_stdout {
        (None, Box::new(std::io::stdout().lock()))
    } else {
        let (part, file) = PartFile::create(&args.output)?;
        (Some(part), Box::new(file))
    };
    let mut record = Record::new(BufWriter::new(writer), &library, &args)
        .with_context(|| format!("write {}", args.output.display()))?;
    let Source { what, warnings } = source;
    let end = perform(&args, options, what, &mut record, &stop)?;
    let (report, plot) = record.finish(end)?;
    if let (Some(plot), Some(path)) = (plot, &args.plot) {
        let title = format!(
            "{}, {:.2} s, seed {}",
            args.host,
            end.as_secs_f64(),
            args.seed
        );
        plot.write(path, &title, end)?;
    }
    if let Some(part) = part {
        part.keep()?;
    }
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    if args.json {
        println!("{}", report.json(&warnings));
    } else if !is_stdout {
        println!("{}: {report}", args.output.display());
    }
    Ok(())
}

/// What clap cannot check.
fn check(args: &Args) -> Result<(), Failure> {
    if let Some(minutes) = args.minutes
        && !(minutes > 0.0 && minutes <= MAX_MINUTES)
    {
        return Err(usage(anyhow!(
            "--minutes {minutes}: more than 0 and at most {MAX_MINUTES} are possible"
        )));
    }
    if args.json && args.output == Path::new("-") {
        return Err(usage(anyhow!(
            "-o - and --json would both write to stdout: write the CSV to a file"
        )));
    }
    Ok(())
}

/// Performs everything and hands each step to `record`; gives the time at which it ended.
fn perform(
    args: &Args,
    options: PlayOptions,
    what: Rehearsed,
    record: &mut Record<'_>,
    stop: &AtomicBool,
) -> Result<MediaTime, Failure> {
    // Where words say how long it is, it ends with them.
    let idle = match what {
        Rehearsed::Idle(length) => Some(length),
        _ => None,
    };
    let bar = bar("moving", idle.map(MediaTime::as_secs_f64));
    let mut end = idle.unwrap_or_default();
    let each = &mut |step: Step| -> Result<bool, Failure> {
        for begun in &step.begun {
            end = begun.spoken.start + begun.utterance.duration();
        }
        let at = step.tick.pts;
        if at >= end {
            return Ok(false);
        }
        record
            .take(&step)
            .with_context(|| format!("write {}", args.output.display()))?;
        bar.set_position(at.as_secs_f64() as u64);
        Ok(true)
    };
    rehearse(options, what, MediaTime::ZERO, stop, each)?;
    bar.finish_and_clear();
    goes_on(stop, &args.output)?;
    Ok(end)
}

/// One host alone, as in a film without a document.
fn play(
    args: &Args,
    host: HostId,
    avatar: Arc<Avatar>,
    gestures: Arc<Library>,
) -> anyhow::Result<PlayOptions> {
    let picture = PictureSection::default();
    let subject = Subject::from(avatar.landmarks_in(avatar.outfit(None)));
    let scene = SceneOptions {
        size: picture.size,
        camera: Camera::framed(Framing::default(), &subject, picture.size),
        background: Background::Transparent,
        look: picture.look(),
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: Vec3::ZERO,
            yaw_deg: 0.0,
        }],
        card: picture.card,
        label: None,
        captions: false,
    };
    let voice = VoiceSection::default();
    Ok(PlayOptions {
        name: "motion".to_owned(),
        rate: FrameRate::whole(args.fps),
        hosts: vec![(host, avatar)],
        gestures,
        seed: args.seed,
        scene: Scene::new(scene, None),
        voices: show::voices(&voice)?,
        co_hosts: BTreeMap::new(),
        synthesis: show::synthesis(&voice)?,
        lipsync: LipSyncOptions::default(),
        test_pattern: false,
        lead: MediaTime::ZERO,
    })
}
