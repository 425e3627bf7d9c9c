//! `zhubo bench`: the whole pipeline and each stage, in CPU milliseconds and as ratios to real time.
//!
//! Machines are noisy: CPU time of the whole process is counted, drivers' threads included, not wall time.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;
use crossbeam_channel::bounded;
use serde_json::json;

use super::show::{self, Kind, Parts};
use super::{Outcome, bench_render, usage};
use crate::config::{Assets, RoomDocument};
use crate::encode::{H264Encoder, H264Options};
use crate::engine::{self, Clock, Ending, RoomHandle, SayRequest, Timebase};
use crate::lipsync::{Device, LipSync, LipSyncOptions, MODEL_RATE_HZ, STEP_SAMPLES};
use crate::media::{
    Emotion, FrameData, FrameRate, MediaTime, Packet, Pose, Shape, Size, Track, VideoFrame,
};
use crate::motion::{Motion, MotionOptions, Situation, SpeechNow};
use crate::output::{AudioCodec, Sink};
use crate::render::{Gpu, GpuOptions, Output, Quality, Renderer, RendererOptions};
use crate::scene::{Picture, Scene};
use crate::threads;

/// The picture that budgets are stated for.
const SIZE: Size = Size::new(720, 1280);
pub(super) const RATE: FrameRate = FrameRate::whole(25);
/// How often the first sound is waited for.
const ROUNDS: usize = 7;
/// Packets that the probe may lag behind: four seconds.
const PROBE_PACKETS: usize = 200;
/// What the host says meanwhile, over and over.
const TEXT: &str = "This is a measurement of the whole pipeline, so the host keeps talking, with pauses, at an ordinary speed.";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// The whole pipeline.
    All,
    /// Drawing, by avatar and by step.
    Render,
    /// The lip-sync model.
    Lipsync,
    /// A live room.
    Live,
    /// The way from a line to its sound.
    FirstSound,
}

/// Measure the whole pipeline and each stage.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "At 720x1280 and 25 frames per second with the built-in host, unless said otherwise.
Examples:
  zhubo bench
  zhubo bench --json --live-secs 60
  zhubo bench --stage render
  zhubo bench --stage render --avatar godette.vrm --avatar rpm.glb --quality cpu"
)]
pub(super) struct Args {
    /// What to measure.
    #[arg(long, value_enum, default_value = "all")]
    stage: Stage,
    /// With --stage render: an avatar to draw beside the built-in host; may be given again.
    #[arg(long = "avatar", value_name = "FILE")]
    pub(super) avatars: Vec<String>,
    /// With --stage render: cpu, gpu or auto.
    #[arg(long, default_value = "auto")]
    pub(super) quality: Quality,
    /// With --stage render: picture size in pixels.
    #[arg(long, default_value = "720x1280", value_name = "WxH")]
    pub(super) size: Size,
    /// With --stage render: pictures per second and hosts at 25 fps, on a CPU adapter too.
    #[arg(long)]
    pub(super) gpu_report: bool,
    /// Frames per stage.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    pub(super) frames: u32,
    /// Seconds of the live measurement.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=3_600))]
    live_secs: u32,
    /// Where the lip-sync model runs: auto, cpu, cuda, tensorrt, coreml or directml.
    #[arg(long, default_value = "auto")]
    device: Device,
    /// The result as JSON on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// CPU milliseconds per frame.
#[derive(Debug, Default)]
struct Stages {
    motion: f64,
    scene: f64,
    render: f64,
    readback: f64,
    i420: f64,
    h264: f64,
}

pub(super) fn run(args: Args) -> Outcome {
    if args.stage != Stage::Render && (!args.avatars.is_empty() || args.gpu_report) {
        return Err(usage(anyhow::anyhow!(
            "--avatar and --gpu-report belong to --stage render"
        )));
    }
    let gpu = Arc::new(Gpu::new(&GpuOptions::default())?);
    let assets = Assets::from_environment();
    let room = RoomDocument::demo()?;
    match args.stage {
        Stage::All => all(&args, &room, &assets, &gpu),
        Stage::Render => bench_render::run(&args, &room, &assets, &gpu),
        single => one(single, &args, &room, &assets, &gpu),
    }
}

/// One of the smaller measurements alone.
fn one(stage: Stage, args: &Args, room: &RoomDocument, assets: &Assets, gpu: &Arc<Gpu>) -> Outcome {
    let (result, words) = match stage {
        Stage::Lipsync => {
            let (cost, p99, model) = lipsync_cost(args.device)?;
            (
                json!({"lipsync_cpu_s_per_s": cost, "lipsync_step_p99_ms": p99, "lipsync_model": model}),
                format!(
                    "{cost:.4} CPU s per second of speech, {p99:.2} ms for a step of 20 ms, by {model}"
                ),
            )
        }
        Stage::Live => {
            let (cores, dropped) = live(args, room, assets, gpu)?;
            (
                json!({"adapter": gpu.adapter_name(), "live_cores": cores, "dropped": dropped}),
                format!(
                    "{cores:.2} cores, {dropped} frames dropped in {} s",
                    args.live_secs
                ),
            )
        }
        Stage::FirstSound => {
            let ms = first_sound(room, assets, gpu)?;
            (
                json!({"first_sound_ms": ms}),
                format!("{ms:.0} ms from a line to its first sound (median of {ROUNDS})"),
            )
        }
        Stage::All | Stage::Render => return Ok(()),
    };
    if args.json {
        println!("{result}");
    } else {
        println!("{words}");
    }
    Ok(())
}

fn all(args: &Args, room: &RoomDocument, assets: &Assets, gpu: &Arc<Gpu>) -> Outcome {
    let say = |words: &str| {
        if !args.json {
            eprintln!("{words}");
        }
    };
    say("measuring each stage ...");
    let stages = stages(args, room, assets, gpu)?;
    let (lipsync, step_p99_ms, model) = lipsync_cost(args.device)?;
    say(&format!(
        "measuring a live room for {} s ...",
        args.live_secs
    ));
    let (cores, dropped) = live(args, room, assets, gpu)?;
    say("measuring the way from a line to its sound ...");
    let first_sound = first_sound(room, assets, gpu)?;
    let Stages {
        motion,
        scene,
        render,
        readback,
        i420,
        h264,
    } = stages;
    let total = motion + scene + render + readback + i420 + h264;
    let budget_ms = 1000.0 / RATE.as_f64();
    if args.json {
        let result = json!({
            "adapter": gpu.adapter_name(),
            "frame_cpu_ms": {
                "render": render, "readback": readback, "i420": i420, "h264": h264, "motion": motion, "scene": scene,
                "total": total,
            },
            "frame_budget_ms": budget_ms,
            "lipsync_cpu_s_per_s": lipsync,
            "lipsync_step_p99_ms": step_p99_ms,
            "lipsync_model": model,
            "first_sound_ms": first_sound,
            "live_cores": cores,
            "dropped": dropped,
        });
        println!("{result}");
        return Ok(());
    }
    println!("adapter      {}", gpu.adapter_name());
    for (name, ms) in [
        ("motion", motion),
        ("scene", scene),
        ("render", render),
        ("readback", readback),
        ("i420", i420),
        ("h264", h264),
        ("total", total),
    ] {
        println!(
            "{name:<12} {ms:8.2} CPU ms per frame ({:5.1} % of a core at 25 fps)",
            ms / budget_ms * 100.0
        );
    }
    println!("lip-sync     {lipsync:8.4} CPU s per second of speech by {model}");
    println!("             {step_p99_ms:8.2} ms for a step of 20 ms, 99 of 100 (wall)");
    println!(
        "first sound  {first_sound:8.0} ms after a line comes in (median of {ROUNDS}, the voice not counted)"
    );
    println!(
        "live room    {cores:8.2} cores, {dropped} frames dropped in {} s",
        args.live_secs
    );
    Ok(())
}

/// CPU milliseconds of one of `count` repetitions.
fn cost(count: u32, mut work: impl FnMut(u32) -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let began = ProcessTime::try_now()?;
    for index in 0..count {
        work(index)?;
    }
    Ok(millis(began.try_elapsed()?) / f64::from(count))
}

pub(super) fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn stages(
    args: &Args,
    room: &RoomDocument,
    assets: &Assets,
    gpu: &Arc<Gpu>,
) -> anyhow::Result<Stages> {
    let options = show::prepare(&Parts::from(room), Kind::Live, assets, gpu.clone())
        .map_err(|failure| failure.error)?;
    let (hosts, mut scene) = (options.hosts, options.scene);
    let host = room_host(&hosts)?;
    let avatar = hosts.first().map(|(_, avatar)| Arc::clone(avatar));
    let mut motion = Motion::new(MotionOptions {
        host,
        seed: 1,
        avatar,
        gestures: options.gestures,
    });
    let mut result = Stages::default();
    let mut poses: Vec<Pose> = Vec::new();
    result.motion = cost(args.frames, |index| {
        poses.push(motion.pose(
            RATE.pts_of(u64::from(index)),
            &Situation::heard(talking(index)),
        ));
        Ok(())
    })?;
    let mut pictures: Vec<Picture> = Vec::new();
    result.scene = cost(args.frames, |index| {
        let caption = [
            "Spring tea, picked by hand",
            "before the rain, this morning",
        ][(index / 50 % 2) as usize];
        let pose = poses[index as usize].clone();
        pictures.push(Scene::picture(
            &mut scene,
            RATE.pts_of(u64::from(index)),
            vec![pose],
            caption,
            false,
        ));
        Ok(())
    })?;

    let renderer = |output| -> anyhow::Result<Renderer> {
        let mut renderer = Renderer::new(
            gpu,
            &RendererOptions {
                size: SIZE,
                output,
                quality: Quality::Auto,
            },
        )?;
        for (host, avatar) in &hosts {
            renderer.add_host(host.clone(), avatar.clone())?;
        }
        // Warm: shaders compiled, textures uploaded.
        for picture in pictures.iter().take(5) {
            renderer.draw(picture)?;
        }
        Ok(renderer)
    };
    let mut drawing = renderer(Output::I420)?;
    let mut frames: Vec<VideoFrame> = Vec::new();
    let whole = cost(args.frames, |index| {
        let frame = drawing.draw(&pictures[index as usize])?;
        if frames.len() < 50 {
            frames.push(frame);
        }
        Ok(())
    })?;
    let timings = drawing.take_timings();
    let per_frame = |span: Duration| millis(span) / f64::from(timings.frames.max(1));
    result.readback = per_frame(timings.readback);
    result.i420 = per_frame(timings.convert);
    result.render = whole - result.readback - result.i420;

    let mut encoder = H264Encoder::new(H264Options::live(SIZE, RATE))?;
    result.h264 = cost(args.frames, |index| {
        // Forth and back through the kept frames, so that each follows its neighbour.
        let at = index as usize % (2 * frames.len() - 2);
        let frame = &frames[at.min(2 * frames.len() - 2 - at)];
        debug_assert!(matches!(frame.data, FrameData::I420 { .. }));
        let frame = VideoFrame {
            pts: RATE.pts_of(u64::from(index)),
            ..frame.clone()
        };
        encoder.push(&frame, false)?;
        Ok(())
    })?;
    Ok(result)
}

fn room_host<T>(hosts: &[(crate::media::HostId, T)]) -> anyhow::Result<crate::media::HostId> {
    hosts
        .first()
        .map(|(host, _)| host.clone())
        .ok_or_else(|| anyhow::anyhow!("the room has no host"))
}

/// A mouth that opens and closes four times a second.
pub(super) fn talking(index: u32) -> SpeechNow {
    let mut speech = SpeechNow {
        speaking: true,
        energy: 0.5,
        ..SpeechNow::silent(Emotion::Neutral)
    };
    let swing = (f64::from(index) / 25.0 * std::f64::consts::TAU * 4.0).sin() as f32;
    speech.mouth[Shape::JawOpen] = 0.25 + 0.25 * swing;
    speech.mouth[Shape::MouthFunnel] = 0.2 - 0.2 * swing;
    speech
}

/// CPU seconds per second of speech, the wall milliseconds of a step that 99 of 100 stay within, and what runs.
#[allow(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the wall clock"
)]
fn lipsync_cost(device: Device) -> anyhow::Result<(f64, f64, String)> {
    let mut lips = LipSync::open(&LipSyncOptions {
        device,
        ..LipSyncOptions::default()
    })?;
    let text = TEXT.repeat(4);
    let speech = "tone"
        .parse::<crate::voice::Voice>()?
        .synthesize(&text, &crate::voice::SynthesisContext::default())?;
    let samples = speech.at_rate(MODEL_RATE_HZ)?;
    lips.track_16k(&samples)?;
    let began = ProcessTime::try_now()?;
    lips.track_16k(&samples)?;
    let cost = began.try_elapsed()?.as_secs_f64() / speech.duration_secs();
    let mut poses = Vec::new();
    let mut steps = Vec::new();
    for step in samples.chunks_exact(STEP_SAMPLES) {
        let began = std::time::Instant::now();
        lips.push_into(step, &mut poses)?;
        steps.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    steps.sort_by(f64::total_cmp);
    let p99 = steps.get(steps.len() * 99 / 100).copied().unwrap_or(0.0);
    Ok((cost, p99, lips.describe()))
}

/// Wall milliseconds from a line to the release of its first sound, in a live room with a voice that takes no time.
#[allow(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the wall clock"
)]
fn first_sound(room: &RoomDocument, assets: &Assets, gpu: &Arc<Gpu>) -> anyhow::Result<f64> {
    let mut room = room.clone();
    room.voice.default = "tone".to_owned();
    room.voice.zh = None;
    let mut options = show::prepare(&Parts::from(&room), Kind::Live, assets, gpu.clone())
        .map_err(|failure| failure.error)?;
    options.audio = AudioCodec::Pcm;
    let (door, inbox) = RoomHandle::new("bench", |_| Ok(()));
    let (sender, packets) = bounded::<Packet>(PROBE_PACKETS);
    let ending = Ending {
        after: None,
        tail: None,
        stop: Arc::default(),
    };
    let (stop, inner) = (ending.stop.clone(), door.clone());
    let show = threads::spawn(
        "zhubo-engine-bench",
        || Ok::<_, std::convert::Infallible>(()),
        move |()| {
            let clock = Clock::Live(Timebase::start_now());
            engine::run(
                options,
                clock,
                &ending,
                &inner,
                &inbox,
                vec![Sink::Channel(sender)],
                &mut |_, _| {},
            )
        },
    )?;
    let mut waits = Vec::new();
    // The first round only warms up.
    for round in 0..=ROUNDS {
        let mut silent = 0;
        // A second without sound in 50 packets: the line before and its pause are over.
        while silent < 50 {
            silent = if is_loud(&packets.recv()?) {
                0
            } else {
                silent + 1
            };
        }
        let began = std::time::Instant::now();
        let text = "Welcome to the show, it is good to see you.".to_owned();
        door.say(SayRequest {
            text,
            ..SayRequest::default()
        })?;
        while !is_loud(&packets.recv()?) {}
        if round > 0 {
            waits.push(millis(began.elapsed()));
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    // What is still under way.
    while packets.recv().is_ok() {}
    show.join().ok();
    waits.sort_by(f64::total_cmp);
    Ok(waits[waits.len() / 2])
}

/// Whether a packet is sound that is not silence.
fn is_loud(packet: &Packet) -> bool {
    packet.track == Track::Audio && packet.data.iter().any(|byte| *byte != 0)
}

/// Cores used by a live room without viewers, host talking, and frames dropped.
fn live(
    args: &Args,
    room: &RoomDocument,
    assets: &Assets,
    gpu: &Arc<Gpu>,
) -> anyhow::Result<(f64, u64)> {
    let options = show::prepare(&Parts::from(room), Kind::Live, assets, gpu.clone())
        .map_err(|failure| failure.error)?;
    let (door, inbox) = RoomHandle::new("bench", |_| Ok(()));
    let after = MediaTime::from_secs_f64(f64::from(args.live_secs));
    let ending = Ending {
        after: Some(after),
        tail: None,
        stop: Arc::default(),
    };
    // Enough to say for the whole time.
    door.say(SayRequest {
        text: TEXT.repeat(2 + args.live_secs as usize / 5),
        ..SayRequest::default()
    })?;
    let began = ProcessTime::try_now()?;
    let clock = Clock::Live(Timebase::start_now());
    let summary = engine::run(
        options,
        clock,
        &ending,
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    )?;
    let cores = began.try_elapsed()?.as_secs_f64() / summary.duration.as_secs_f64();
    Ok((cores, summary.stats.frames_dropped))
}
