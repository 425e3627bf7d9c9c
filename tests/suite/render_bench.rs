//! Measurements and pictures for people, run by hand:
//! `cargo test --test suite render_bench -- --ignored --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhubo::media::{Angles, Bone, FrameRate, HostId, Pose, Shape, Size};
use zhubo::render::{Output, Quality, Renderer, RendererOptions};
use zhubo::scene::{Background, Framing};

use crate::render::{default_host, gpu, image_of, picture_of};

/// CPU seconds of this process so far, all threads.
pub(crate) fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    // utime and stime; the kernel counts in 1/100 s.
    (ticks(11) + ticks(12)) / 100.0
}

fn out_folder() -> PathBuf {
    let folder = std::env::var("ZHUBO_LOOK_DIR").unwrap_or_else(|_| "/tmp/zhubo-look".into());
    std::fs::create_dir_all(&folder).unwrap();
    folder.into()
}

/// A talking pose at frame `n`: mouth, head, eyes and breath all move.
pub(crate) fn talking(host: &HostId, n: u32) -> Pose {
    let t = n as f32 / 25.0;
    let wave = |hz: f32, phase: f32| (std::f32::consts::TAU * hz * t + phase).sin();
    let mut pose = Pose::rest(host.clone());
    pose.blendshapes[Shape::JawOpen] = 0.25 + 0.25 * wave(3.1, 0.0);
    pose.blendshapes[Shape::MouthFunnel] = 0.2 + 0.2 * wave(2.3, 1.0);
    pose.blendshapes[Shape::MouthSmileLeft] = 0.2 + 0.1 * wave(0.4, 2.0);
    pose.blendshapes[Shape::MouthSmileRight] = 0.2 + 0.1 * wave(0.4, 2.0);
    pose.blendshapes[Shape::MouthLowerDownLeft] = 0.15 + 0.15 * wave(2.9, 0.5);
    pose.blendshapes[Shape::MouthLowerDownRight] = 0.15 + 0.15 * wave(2.9, 0.5);
    pose.blendshapes[Shape::BrowInnerUp] = 0.1 + 0.1 * wave(0.5, 0.0);
    let blink = (wave(0.3, 0.0) * 20.0 - 19.0).max(0.0);
    pose.blendshapes[Shape::EyeBlinkLeft] = blink;
    pose.blendshapes[Shape::EyeBlinkRight] = blink;
    pose.head = Angles {
        pitch_deg: 2.0 * wave(0.4, 0.0),
        yaw_deg: 3.0 * wave(0.25, 0.0),
        roll_deg: 1.5 * wave(0.2, 0.0),
    };
    pose.eyes.yaw_deg = 3.0 * wave(0.3, 1.0);
    let breath = glam::Quat::from_rotation_x(0.008 * wave(0.25, 0.0));
    pose.bones.push((Bone::Chest, breath));
    pose
}

fn measure(label: &str, size: Size, quality: Quality, output: Output) {
    let (Some(gpu), Some(avatar)) = (gpu(), default_host()) else {
        return;
    };
    let host = HostId::new("lina");
    let options = RendererOptions {
        size,
        output,
        quality,
    };
    let mut renderer = Renderer::new(&gpu, &options).unwrap();
    let before = cpu_secs();
    renderer.add_host(host.clone(), avatar.clone()).unwrap();
    let load_ms = (cpu_secs() - before) * 1e3;
    let mut picture = picture_of(&avatar, Framing::Bust, size);
    let frames = 100;
    let mut runs = Vec::new();
    for run in 0..3 {
        let before = cpu_secs();
        for n in 0..frames {
            picture.pts = FrameRate::whole(25).pts_of(u64::from(n));
            picture.poses = vec![talking(&host, n + run * 7)];
            renderer.submit(&picture).unwrap();
            while renderer.poll().unwrap().is_some() {}
        }
        renderer.flush().unwrap();
        runs.push((cpu_secs() - before) * 1e3 / f64::from(frames));
    }
    runs.sort_by(f64::total_cmp);
    println!(
        "{label:<34} {size:>9} {quality:?}: {:.1} CPU ms/frame (runs {runs:.1?}), add_host {load_ms:.0} ms",
        runs[1]
    );
}

#[test]
#[ignore = "a measurement for people"]
fn cost() {
    if let Some(gpu) = gpu() {
        println!("{} via {}", gpu.adapter_name(), gpu.backend());
    }
    measure(
        "talking, I420",
        Size::new(720, 1280),
        Quality::Cpu,
        Output::I420,
    );
    measure(
        "talking, I420",
        Size::new(1080, 1920),
        Quality::Cpu,
        Output::I420,
    );
    measure(
        "talking, I420",
        Size::new(1280, 720),
        Quality::Cpu,
        Output::I420,
    );
    if std::env::var("FINE").is_ok() {
        measure(
            "talking, I420",
            Size::new(720, 1280),
            Quality::Gpu,
            Output::I420,
        );
    }
}

#[test]
#[ignore = "pictures for people"]
fn look() {
    let (Some(gpu), Some(avatar)) = (gpu(), default_host()) else {
        return;
    };
    let host = HostId::new("lina");
    println!("{:?}\n{:?}", avatar.facts(), avatar.landmarks());
    let pose = |set: &[(Shape, f32)]| {
        let mut pose = Pose::rest(host.clone());
        for (shape, weight) in set {
            pose.blendshapes[*shape] = *weight;
        }
        pose
    };
    let mut turned = pose(&[
        (Shape::MouthSmileLeft, 0.25),
        (Shape::MouthSmileRight, 0.25),
    ]);
    turned.head.yaw_deg = 15.0;
    let mut gazing = pose(&[]);
    gazing.eyes = Angles {
        pitch_deg: -8.0,
        yaw_deg: 18.0,
        roll_deg: 0.0,
    };
    let blink = pose(&[(Shape::EyeBlinkLeft, 1.0), (Shape::EyeBlinkRight, 1.0)]);
    let aa = pose(&[
        (Shape::JawOpen, 0.55),
        (Shape::MouthLowerDownLeft, 0.25),
        (Shape::MouthLowerDownRight, 0.25),
        (Shape::MouthUpperUpLeft, 0.15),
        (Shape::MouthUpperUpRight, 0.15),
    ]);
    let tongue = pose(&[(Shape::JawOpen, 0.6), (Shape::TongueOut, 0.6)]);
    let tall = Size::new(720, 1280);
    let views = [
        ("neutral", pose(&[]), Framing::Bust, tall),
        ("aa", aa, Framing::Bust, tall),
        ("tongue", tongue, Framing::Face, tall),
        ("blink", blink, Framing::Bust, tall),
        ("gaze", gazing, Framing::Face, tall),
        ("turned", turned.clone(), Framing::Bust, tall),
        ("wide", turned, Framing::Bust, Size::new(1280, 720)),
        ("square", pose(&[]), Framing::Bust, Size::new(720, 720)),
        ("full", pose(&[]), Framing::Full, tall),
    ];
    for (name, pose, framing, size) in views {
        let wanted = std::env::var("VIEWS").unwrap_or_default();
        if !wanted.is_empty() && !wanted.split(',').any(|w| w == name) {
            continue;
        }
        let options = RendererOptions {
            size,
            output: Output::Rgba,
            quality: Quality::Auto,
        };
        let mut renderer = Renderer::new(&gpu, &options).unwrap();
        renderer.add_host(host.clone(), avatar.clone()).unwrap();
        let mut picture = picture_of(&avatar, framing, size);
        picture.background = Background::Gradient([176, 196, 208], [116, 138, 156]);
        picture.poses = vec![pose];
        let frame = renderer.draw(&picture).unwrap();
        image_of(&frame)
            .save(out_folder().join(format!("{name}.png")))
            .unwrap();
    }
}

/// Every avatar of the test folder, for looking at.
#[test]
#[ignore = "pictures for people"]
fn look_at_others() {
    let Some(gpu) = gpu() else { return };
    let folder = crate::avatar::test_avatars();
    let Some(folder) = folder else { return };
    for path in crate::avatar::files_in(&folder) {
        look_at(&gpu, &path);
    }
}

fn look_at(gpu: &Arc<zhubo::render::Gpu>, path: &Path) {
    let Ok(avatar) = zhubo::avatar::Avatar::load(path) else {
        return;
    };
    let avatar = Arc::new(avatar);
    let size = Size::new(480, 480);
    let options = RendererOptions {
        size,
        output: Output::Rgba,
        quality: Quality::Auto,
    };
    let mut renderer = Renderer::new(gpu, &options).unwrap();
    renderer
        .add_host(HostId::new("lina"), avatar.clone())
        .unwrap();
    let picture = picture_of(&avatar, Framing::Full, size);
    let frame = renderer.draw(&picture).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    image_of(&frame)
        .save(out_folder().join(format!("other-{name}.png")))
        .unwrap();
}
