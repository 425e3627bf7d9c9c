//! The same picture whatever draws it: device or CPU, Vulkan or OpenGL, few samples or many.
#![allow(
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::process::Command;
use std::sync::Arc;

use image::RgbImage;
use zhubo::media::{Bitmap, FrameData, HostId, Size};
use zhubo::render::{Gpu, Output, Quality, Renderer, RendererOptions};
use zhubo::scene::{Background, Framing, Layer, Picture};

use crate::golden;
use crate::render::{SMALL, default_host, gpu, image_of, picture_of};

fn renderer(gpu: &Arc<Gpu>, size: Size, output: Output, quality: Quality) -> Renderer {
    let options = RendererOptions {
        size,
        output,
        quality,
    };
    Renderer::new(gpu, &options).unwrap()
}

/// A layer of 40x24 pixels with a ramp of colour and alpha.
fn layer(key: u64, x: i32, y: i32, opacity: f32) -> Layer {
    let size = Size::new(40, 24);
    let rgba = (0..size.pixels() as u32)
        .flat_map(|i| [i % 40 * 6, 255 - i % 40 * 6, key as u32 * 50, i / 40 * 11].map(|v| v as u8))
        .collect();
    Layer {
        key,
        image: Arc::new(Bitmap { size, rgba }),
        x,
        y,
        opacity,
    }
}

#[test]
fn a_device_lays_layers_and_converts_as_the_cpu_does() {
    let (Some(gpu), Some(avatar)) = (gpu(), default_host()) else {
        return;
    };
    let mut picture = picture_of(&avatar, Framing::Bust, SMALL);
    picture.background = Background::Gradient([220, 30, 60], [10, 120, 250]);
    let planes = |on_device: bool, pictures: &[Picture]| {
        let mut renderer = renderer(&gpu, SMALL, Output::I420, Quality::Gpu);
        renderer
            .add_host(HostId::new("lina"), avatar.clone())
            .unwrap();
        assert!(!on_device || renderer.convert_on_device());
        let frames = pictures.iter().map(|picture| {
            let FrameData::I420 { y, u, v } = renderer.draw(picture).unwrap().data else {
                panic!("not I420")
            };
            [y, u, v]
        });
        frames.collect::<Vec<_>>()
    };
    let mut pictures = vec![picture.clone()];
    picture.layers = vec![
        layer(1, 20, 30, 1.0),
        layer(2, 40, 40, 0.5),
        layer(3, -20, 630, 0.8),
        layer(4, 400, 10, 1.0),
        layer(1, 200, 300, 0.3),
    ];
    pictures.push(picture.clone());
    // More than there is room for at first, then other ones.
    picture.layers = (0..12)
        .map(|n| layer(n % 5, n as i32 * 30, 500, 0.9))
        .collect();
    pictures.push(picture.clone());
    picture.layers = vec![layer(9, 350, -3, 1.0)];
    pictures.push(picture);
    let (cpu, device) = (planes(false, &pictures), planes(true, &pictures));
    assert!(cpu[0] != cpu[1] && cpu[1] != cpu[2], "layers are seen");
    for (n, (cpu, device)) in cpu.iter().zip(&device).enumerate() {
        for (name, (a, b)) in ["y", "u", "v"].iter().zip(cpu.iter().zip(device)) {
            assert_eq!(a.len(), b.len());
            let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(far <= Some(2), "picture {n}, {name}: {far:?} levels apart");
        }
    }
}

#[test]
fn a_device_converts_only_what_it_can() {
    let Some(gpu) = gpu() else { return };
    for (width, output, quality, possible) in [
        (360, Output::I420, Quality::Gpu, true),
        (364, Output::I420, Quality::Gpu, false),
        (360, Output::Rgba, Quality::Gpu, false),
        (360, Output::I420, Quality::Cpu, false),
    ] {
        let mut renderer = renderer(&gpu, Size::new(width, 640), output, quality);
        assert_eq!(renderer.convert_on_device(), possible, "{width} {output:?}");
    }
}

/// Draws the built-in host with the program and a backend of its own; `None` where that is not there.
fn drawn_by(backend: &str) -> Option<RgbImage> {
    let path = std::env::temp_dir().join(format!(
        "zhubo-backend-{backend}-{}.png",
        std::process::id()
    ));
    let out = Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["avatar", "render", "lina", "--size", "360x640"])
        .args(["--pose", "jawOpen=0.4", "--background", "#8090a0", "-o"])
        .arg(&path)
        .env("WGPU_BACKEND", backend)
        .env_remove("ZHUBO_ADAPTER")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    if words.contains("find a graphics adapter") {
        println!("SKIPPED: no adapter for {backend}");
        assert!(words.contains("WGPU_BACKEND"), "{words}");
        return None;
    }
    assert!(out.status.success(), "{backend}: {words}");
    let image = image::open(&path).unwrap().to_rgb8();
    std::fs::remove_file(path).ok();
    Some(image)
}

#[test]
fn opengl_draws_what_vulkan_draws() {
    let (Some(vulkan), Some(gl)) = (drawn_by("vulkan"), drawn_by("gl")) else {
        return;
    };
    let (mean, far) = golden::difference(&vulkan, &gl, [0, 0, 360, 640]);
    assert!(mean < 0.5 && far < 0.005, "mean {mean}, far {far}");
}

#[test]
fn a_backend_without_adapters_is_named() {
    let out = Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["avatar", "render", "lina", "-o", "never.png"])
        .env("WGPU_BACKEND", "metal")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    if cfg!(target_os = "macos") {
        return;
    }
    assert_eq!(out.status.code(), Some(1));
    assert!(words.contains("WGPU_BACKEND=metal"), "{words}");
}

#[test]
fn the_benchmark_of_drawing_tells_each_step() {
    if gpu().is_none() {
        return;
    }
    let out = Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["bench", "--stage", "render", "--json", "--frames", "10"])
        .args(["--size", "144x256"])
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let avatars = told["avatars"].as_array().unwrap();
    assert_eq!(avatars.len(), 3, "bust, face and full");
    for avatar in avatars {
        let steps = avatar["frame_cpu_ms"].as_object().unwrap();
        let total = steps["total"].as_f64().unwrap();
        let sum: f64 = steps.values().filter_map(serde_json::Value::as_f64).sum();
        assert!(
            total > 0.0 && (sum - 2.0 * total).abs() < 0.01 * total,
            "{avatar}"
        );
    }
    let wrong = Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["bench", "--avatar", "host.vrm"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

/// The luma of a head that turns slowly, picture by picture.
fn turning(gpu: &Arc<Gpu>, size: Size, quality: Quality) -> Option<Vec<Vec<f32>>> {
    let avatar = default_host()?;
    let mut renderer = renderer(gpu, size, Output::Rgba, quality);
    renderer
        .add_host(HostId::new("lina"), avatar.clone())
        .unwrap();
    let mut picture = picture_of(&avatar, Framing::Face, size);
    picture.background = Background::Color([236, 238, 240]);
    let scale = size.width / SMALL.width;
    let pictures = (0..8).map(|n| {
        // A few tenths of a pixel at the edge of the hair for each step.
        picture.poses[0].head.yaw_deg = n as f32 * 0.15;
        let image =
            image::DynamicImage::from(image_of(&renderer.draw(&picture).unwrap())).to_luma8();
        let mut luma = vec![0.0; SMALL.pixels()];
        for (x, y, pixel) in image.enumerate_pixels() {
            let at = (y / scale) * SMALL.width + x / scale;
            luma[at as usize] += f32::from(pixel.0[0]) / (scale * scale) as f32;
        }
        luma
    });
    Some(pictures.collect())
}

/// How far the changes from picture to picture are from those of `reference`, mean over all pixels that change there.
fn crawl(pictures: &[Vec<f32>], reference: &[Vec<f32>]) -> f32 {
    let (mut sum, mut count) = (0.0, 0);
    for (pair, wanted) in pictures.windows(2).zip(reference.windows(2)) {
        for i in 0..pair[0].len() {
            let step = wanted[1][i] - wanted[0][i];
            if step.abs() > 2.0 {
                sum += (pair[1][i] - pair[0][i] - step).abs();
                count += 1;
            }
        }
    }
    sum / count.max(1) as f32
}

#[test]
fn strands_of_hair_do_not_crawl() {
    let Some(gpu) = gpu() else { return };
    let large = Size::new(SMALL.width * 4, SMALL.height * 4);
    let (Some(reference), Some(cpu), Some(fine)) = (
        turning(&gpu, large, Quality::Cpu),
        turning(&gpu, SMALL, Quality::Cpu),
        turning(&gpu, SMALL, Quality::Gpu),
    ) else {
        return;
    };
    let (cpu, fine) = (crawl(&cpu, &reference), crawl(&fine, &reference));
    println!(
        "steps of moving edges differ by {cpu:.2} levels drawn for a CPU, {fine:.2} for a GPU"
    );
    assert!(fine > 0.0 && cpu < 1.5 * fine, "{cpu} against {fine}");
}
