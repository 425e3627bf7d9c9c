//! `zhubo bench --stage render`: what drawing costs, by avatar and by step, and what a GPU holds.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;
use glam::Vec3;
use serde_json::{Value, json};

use super::bench::{Args, RATE, millis, talking};
use super::show::{self, Kind, Parts};
use super::usage;
use super::{Failure, Outcome};
use crate::config::{Assets, DEFAULT_HOST, RoomDocument};
use crate::engine::Timebase;
use crate::media::{HostId, MediaTime, Size};
use crate::motion::{Motion, MotionOptions, Situation};
use crate::render::{Gpu, Output, Quality, Renderer, RendererOptions, Timings};
use crate::scene::{Framing, HostPlacement, Picture};

/// Runs of each avatar, one after the other in turn; the median counts.
const RUNS: usize = 3;
/// Pictures drawn before anything is measured.
const WARM_UP: u32 = 10;
/// More hosts than this are not tried.
const MOST_HOSTS: usize = 64;
/// Steps of a frame, in the order of the signal.
const STEPS: [&str; 8] = [
    "pose", "upload", "draw", "readback", "smooth", "layers", "i420", "total",
];

/// An avatar in front of a camera.
struct Subject {
    name: String,
    framing: Framing,
    triangles: usize,
    pictures: Vec<Picture>,
    renderer: Renderer,
    /// CPU milliseconds of each step, for each run.
    runs: Vec<[f64; STEPS.len()]>,
}

impl Subject {
    /// The steps of the run whose total is the median.
    fn median(&self) -> [f64; STEPS.len()] {
        let mut runs = self.runs.clone();
        runs.sort_by(|a, b| a[STEPS.len() - 1].total_cmp(&b[STEPS.len() - 1]));
        runs.get(runs.len() / 2).copied().unwrap_or_default()
    }

    fn totals(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run[STEPS.len() - 1]).collect()
    }
}

pub(super) fn run(args: &Args, room: &RoomDocument, assets: &Assets, gpu: &Arc<Gpu>) -> Outcome {
    let mut wanted = vec![(DEFAULT_HOST.to_owned(), Framing::Bust)];
    if args.avatars.is_empty() {
        wanted.push((DEFAULT_HOST.to_owned(), Framing::Face));
        wanted.push((DEFAULT_HOST.to_owned(), Framing::Full));
    }
    wanted.extend(
        args.avatars
            .iter()
            .map(|file| (file.clone(), Framing::Bust)),
    );
    let mut subjects = Vec::new();
    for (name, framing) in wanted {
        subjects.push(subject(args, room, assets, gpu, name, framing)?);
    }
    // In turn, so that a busy moment of the machine falls on all alike.
    for _ in 0..RUNS {
        for subject in &mut subjects {
            let steps = measure(subject)?;
            subject.runs.push(steps);
        }
    }
    let report = if args.gpu_report || !gpu.is_cpu() {
        Some(gpu_report(args, room, assets, gpu)?)
    } else {
        None
    };
    let quality = subjects.first().map(|s| s.renderer.quality());
    if args.json {
        println!(
            "{}",
            as_json(args, gpu, quality, &subjects, report.as_ref())
        );
    } else {
        print(args, gpu, quality, &subjects, report.as_ref());
    }
    Ok(())
}

/// Loads an avatar as a room would, and gives it something to say.
fn subject(
    args: &Args,
    room: &RoomDocument,
    assets: &Assets,
    gpu: &Arc<Gpu>,
    name: String,
    framing: Framing,
) -> Result<Subject, Failure> {
    let mut room = room.clone();
    room.host.avatar.clone_from(&name);
    room.host.framing = framing;
    room.picture.size = args.size;
    let options = show::prepare(&Parts::from(&room), Kind::Live, assets, gpu.clone())?;
    let Some((host, avatar)) = options.hosts.first().cloned() else {
        return Err(usage(anyhow::anyhow!("the room has no host")));
    };
    let mut scene = options.scene;
    let mut motion = Motion::new(MotionOptions {
        host: host.clone(),
        seed: 1,
        avatar: Some(avatar.clone()),
        gestures: Arc::default(),
    });
    let pictures = (0..args.frames).map(|index| {
        let pts = RATE.pts_of(u64::from(index));
        let pose = motion.pose(pts, &Situation::heard(talking(index)));
        scene.picture(pts, vec![pose], "", false)
    });
    let pictures: Vec<Picture> = pictures.collect();
    let options = RendererOptions {
        size: args.size,
        output: Output::I420,
        quality: args.quality,
    };
    let mut renderer = Renderer::new(gpu, &options)?;
    renderer.add_host(host, avatar.clone())?;
    for picture in pictures.iter().cycle().take(WARM_UP as usize) {
        renderer.draw(picture)?;
    }
    Ok(Subject {
        name,
        framing,
        triangles: avatar.facts().triangles,
        pictures,
        renderer,
        runs: Vec::new(),
    })
}

/// CPU milliseconds of each step of a frame. What the driver's threads do counts as drawing.
fn measure(subject: &mut Subject) -> anyhow::Result<[f64; STEPS.len()]> {
    subject.renderer.take_timings();
    let began = ProcessTime::try_now()?;
    for picture in &subject.pictures {
        subject.renderer.draw(picture)?;
    }
    let count = subject.pictures.len().max(1) as f64;
    let total = millis(began.try_elapsed()?) / count;
    let Timings {
        pose,
        upload,
        readback,
        smooth,
        layers,
        convert,
        ..
    } = subject.renderer.take_timings();
    let [pose, upload, readback, smooth, layers, i420] =
        [pose, upload, readback, smooth, layers, convert].map(|span| millis(span) / count);
    let draw = total - pose - upload - readback - smooth - layers - i420;
    Ok([pose, upload, draw, readback, smooth, layers, i420, total])
}

/// What a device holds, by the wall clock.
struct Holds {
    /// Size, and pictures per second.
    speeds: Vec<(Size, f64)>,
    /// Hosts in one picture of 720x1280 at 25 pictures a second.
    hosts: usize,
}

fn gpu_report(
    args: &Args,
    room: &RoomDocument,
    assets: &Assets,
    gpu: &Arc<Gpu>,
) -> Result<Holds, Failure> {
    let mut speeds = Vec::new();
    for size in [Size::new(720, 1280), Size::new(1080, 1920)] {
        let mut args = args.clone();
        args.size = size;
        let name = DEFAULT_HOST.to_owned();
        let mut subject = subject(&args, room, assets, gpu, name, Framing::Bust)?;
        let per_frame = wall(&mut subject.renderer, &subject.pictures)?;
        speeds.push((size, 1.0 / per_frame.as_secs_f64().max(1e-9)));
    }
    Ok(Holds {
        speeds,
        hosts: most_hosts(args, room, assets, gpu)?,
    })
}

/// Wall time of a picture while drawing and finishing overlap, as in a room.
fn wall(renderer: &mut Renderer, pictures: &[Picture]) -> anyhow::Result<Duration> {
    let watch = Timebase::start_now();
    for picture in pictures {
        renderer.submit(picture)?;
        renderer.take_all_but(1)?;
    }
    renderer.flush()?;
    let count = u32::try_from(pictures.len().max(1)).unwrap_or(u32::MAX);
    Ok(watch.now().to_duration() / count)
}

/// How many talking hosts fit into a picture before it takes longer than a frame lasts.
fn most_hosts(
    args: &Args,
    room: &RoomDocument,
    assets: &Assets,
    gpu: &Arc<Gpu>,
) -> Result<usize, Failure> {
    let mut args = args.clone();
    args.size = Size::new(720, 1280);
    args.frames = 25;
    let name = DEFAULT_HOST.to_owned();
    let avatar = assets
        .avatar(&name, std::path::Path::new(""))
        .map_err(usage)?;
    let avatar = Arc::new(avatar);
    let mut subject = subject(&args, room, assets, gpu, name, Framing::Bust)?;
    let frame = MediaTime::from_millis(40).to_duration();
    let mut fit = 0;
    for count in 1..=MOST_HOSTS {
        if count > 1 {
            let id = HostId::new(&format!("host-{count}"));
            subject.renderer.add_host(id.clone(), avatar.clone())?;
            // Side by side, each a little further back.
            let place = (count / 2) as f32 * if count % 2 == 0 { 0.35 } else { -0.35 };
            for picture in &mut subject.pictures {
                let mut pose = picture.poses[0].clone();
                pose.host = id.clone();
                picture.poses.push(pose);
                let placement = HostPlacement {
                    host: id.clone(),
                    position: Vec3::new(place, 0.0, -0.1 * count as f32),
                    yaw_deg: 0.0,
                };
                picture.hosts.insert(0, placement);
            }
            subject.renderer.draw(&subject.pictures[0])?;
        }
        if wall(&mut subject.renderer, &subject.pictures)? > frame {
            break;
        }
        fit = count;
    }
    Ok(fit)
}

fn as_json(
    args: &Args,
    gpu: &Gpu,
    quality: Option<Quality>,
    subjects: &[Subject],
    holds: Option<&Holds>,
) -> Value {
    let avatars = subjects.iter().map(|subject| {
        let steps = STEPS.iter().zip(subject.median());
        let steps: serde_json::Map<String, Value> = steps
            .map(|(name, ms)| ((*name).to_owned(), json!(ms)))
            .collect();
        json!({
            "avatar": subject.name,
            "framing": format!("{:?}", subject.framing).to_lowercase(),
            "triangles": subject.triangles,
            "frame_cpu_ms": steps,
            "total_of_runs": subject.totals(),
        })
    });
    let holds = holds.map(|holds| {
        json!({
            "wall_fps": holds.speeds.iter()
                .map(|(size, fps)| (size.to_string(), json!(fps)))
                .collect::<serde_json::Map<_, _>>(),
            "hosts_at_25_fps": holds.hosts,
            "most_hosts_tried": MOST_HOSTS,
        })
    });
    json!({
        "adapter": gpu.adapter_name(),
        "cpu_adapter": gpu.is_cpu(),
        "quality": quality.map(|q| format!("{q:?}").to_lowercase()),
        "size": args.size.to_string(),
        "frames": args.frames,
        "avatars": avatars.collect::<Vec<_>>(),
        "device": holds,
    })
}

fn print(
    args: &Args,
    gpu: &Gpu,
    quality: Option<Quality>,
    subjects: &[Subject],
    holds: Option<&Holds>,
) {
    let kind = if gpu.is_cpu() { "CPU adapter" } else { "GPU" };
    println!(
        "adapter  {} ({}, {kind})",
        gpu.adapter_name(),
        gpu.backend()
    );
    let quality = quality.map_or_else(String::new, |q| format!("{q:?}").to_lowercase());
    println!(
        "CPU ms per frame at {}, quality {quality}, median of {RUNS} runs of {} frames:",
        args.size, args.frames
    );
    print!("{:<26}", "avatar");
    for step in STEPS {
        print!("{step:>9}");
    }
    println!("   runs");
    for subject in subjects {
        let file = std::path::Path::new(&subject.name);
        let name = file.file_name().map_or_else(
            || subject.name.clone(),
            |n| n.to_string_lossy().into_owned(),
        );
        print!(
            "{:<26}",
            format!("{name} {:?}", subject.framing).to_lowercase()
        );
        for ms in subject.median() {
            print!("{ms:9.2}");
        }
        println!("   {:.1?}", subject.totals());
    }
    if let Some(holds) = holds {
        for (size, fps) in &holds.speeds {
            println!("{fps:.1} pictures per second at {size} on this {kind} (wall, default host)");
        }
        let or_more = if holds.hosts == MOST_HOSTS {
            " or more"
        } else {
            ""
        };
        println!(
            "{}{or_more} talking hosts in one picture of 720x1280 at 25 fps on this {kind} (wall)",
            holds.hosts
        );
    }
}
