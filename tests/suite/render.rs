//! What a renderer promises: the right pixels, in the right order, on any size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use glam::{Mat4, Vec3};
use image::RgbaImage;
use zhubo::avatar::Avatar;
use zhubo::media::{
    Bitmap, FrameData, FrameRate, HostId, MediaTime, Pose, Shape, Size, VideoFrame,
};
use zhubo::render::{
    BACKGROUND_WGSL, CONTACT_WGSL, Error, Gpu, GpuOptions, HOST_WGSL, I420_WGSL, LAYER_WGSL,
    Output, Quality, Renderer, RendererOptions, TOON_WGSL,
};
use zhubo::scene::{Background, Camera, Framing, HostPlacement, Layer, Look, Picture};

use crate::{golden, puppet};

/// The device of this test run; a counted skip without one.
pub(crate) fn gpu() -> Option<Arc<Gpu>> {
    static GPU: OnceLock<Option<Arc<Gpu>>> = OnceLock::new();
    let found = GPU.get_or_init(|| {
        Gpu::new(&GpuOptions::default())
            .map(Arc::new)
            .map_err(|error| println!("{error}"))
            .ok()
    });
    if found.is_none() {
        assert!(std::env::var("REQUIRE_GPU").is_err(), "no graphics adapter");
        println!("SKIPPED: no graphics adapter (apt install mesa-vulkan-drivers libvulkan1)");
    }
    found.clone()
}

/// The built-in host; a counted skip while it is not there.
pub(crate) fn default_host() -> Option<Arc<Avatar>> {
    static HOST: OnceLock<Option<Arc<Avatar>>> = OnceLock::new();
    HOST.get_or_init(|| {
        let built_in = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("avatars/lina/host.glb");
        let path = std::env::var("ZHUBO_TEST_HOST").map_or(built_in, PathBuf::from);
        if !path.exists() {
            println!("SKIPPED: {} is not there", path.display());
            return None;
        }
        Some(Arc::new(Avatar::load(&path).unwrap()))
    })
    .clone()
}

/// A picture of one host named `lina` at rest.
pub(crate) fn picture_of(avatar: &Avatar, framing: Framing, size: Size) -> Picture {
    let host = HostId::new("lina");
    Picture {
        pts: MediaTime::ZERO,
        size,
        camera: Camera::framed(framing, &avatar.into(), size),
        background: Background::Color([150, 170, 185]),
        look: Look::default(),
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: Vec3::ZERO,
            yaw_deg: 0.0,
        }],
        poses: vec![Pose::rest(host)],
        layers: Vec::new(),
        flash: false,
    }
}

/// An RGBA frame as an image.
pub(crate) fn image_of(frame: &VideoFrame) -> RgbaImage {
    let FrameData::Rgba(rgba) = &frame.data else {
        panic!("not RGBA")
    };
    RgbaImage::from_raw(frame.size.width, frame.size.height, rgba.clone()).unwrap()
}

/// The arithmetic host.
fn puppet() -> Arc<Avatar> {
    static PUPPET: OnceLock<Arc<Avatar>> = OnceLock::new();
    PUPPET
        .get_or_init(|| Arc::new(Avatar::from_glb(&puppet::glb(), "puppet").unwrap()))
        .clone()
}

/// The size of most pictures here: small is quick.
pub(crate) const SMALL: Size = Size::new(360, 640);

pub(crate) fn renderer(
    gpu: &Arc<Gpu>,
    size: Size,
    output: Output,
    avatar: &Arc<Avatar>,
) -> Renderer {
    let mut renderer = Renderer::new(
        gpu,
        &RendererOptions {
            size,
            output,
            quality: Quality::Cpu,
        },
    )
    .unwrap();
    renderer
        .add_host(HostId::new("lina"), avatar.clone())
        .unwrap();
    renderer
}

/// Pixels that differ by more than `least`: left, top, right, bottom and how many.
fn changed(a: &RgbaImage, b: &RgbaImage, least: u8) -> ([u32; 4], usize) {
    let mut bounds = [u32::MAX, u32::MAX, 0, 0];
    let mut count = 0;
    for (x, y, pixel) in a.enumerate_pixels() {
        let other = b.get_pixel(x, y);
        if pixel
            .0
            .iter()
            .zip(other.0)
            .any(|(p, q)| p.abs_diff(q) > least)
        {
            bounds = [
                bounds[0].min(x),
                bounds[1].min(y),
                bounds[2].max(x),
                bounds[3].max(y),
            ];
            count += 1;
        }
    }
    (bounds, count)
}

/// Where a point of the world lies in the picture, in pixels.
pub(crate) fn pixel_of(camera: &Camera, size: Size, point: Vec3) -> (u32, u32) {
    let view = Mat4::look_at_rh(camera.eye, camera.target, Vec3::Y);
    let aspect = size.width as f32 / size.height as f32;
    let clip = Mat4::perspective_rh(camera.fov_y_deg.to_radians(), aspect, 0.1, 10.0)
        * view
        * point.extend(1.0);
    let (x, y) = (clip.x / clip.w, clip.y / clip.w);
    (
        ((x + 1.0) / 2.0 * size.width as f32) as u32,
        ((1.0 - y) / 2.0 * size.height as f32) as u32,
    )
}

#[test]
fn shaders_are_valid() {
    for (name, source) in [
        ("host", HOST_WGSL),
        ("toon", TOON_WGSL),
        ("background", BACKGROUND_WGSL),
        ("contact", CONTACT_WGSL),
        ("i420", I420_WGSL),
        ("layer", LAYER_WGSL),
    ] {
        let module = naga::front::wgsl::parse_str(source)
            .unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
        naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::empty(),
        )
        .validate(&module)
        .unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
    }
    let shaders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders")).unwrap();
    let count = shaders
        .filter(|f| {
            f.as_ref()
                .is_ok_and(|f| f.path().extension().is_some_and(|e| e == "wgsl"))
        })
        .count();
    assert_eq!(count, 6, "a shader is not checked here");
}

#[test]
fn background_colours_come_out_exactly() {
    let Some(gpu) = gpu() else { return };
    for quality in [Quality::Cpu, Quality::Gpu] {
        for color in [[0, 0, 0], [255, 255, 255], [200, 40, 90], [1, 128, 254]] {
            let options = RendererOptions {
                size: SMALL,
                output: Output::Rgba,
                quality,
            };
            let mut picture = picture_of(&puppet(), Framing::Bust, SMALL);
            picture.hosts.clear();
            picture.background = Background::Color(color);
            let frame = Renderer::new(&gpu, &options)
                .unwrap()
                .draw(&picture)
                .unwrap();
            let wanted = image::Rgba([color[0], color[1], color[2], 255]);
            assert!(
                image_of(&frame).pixels().all(|p| *p == wanted),
                "{color:?} {quality:?}"
            );
            let options = RendererOptions {
                output: Output::I420,
                ..options
            };
            let frame = Renderer::new(&gpu, &options)
                .unwrap()
                .draw(&picture)
                .unwrap();
            let FrameData::I420 { y, u, v } = frame.data else {
                panic!("not I420")
            };
            assert_eq!(
                (y.len(), u.len(), v.len()),
                (360 * 640, 180 * 320, 180 * 320)
            );
            // ITU-R BT.709, limited range.
            let [r, g, b] = color.map(|c| f64::from(c) / 255.0);
            let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            let wanted = [
                16.0 + 219.0 * luma,
                128.0 + 224.0 * (b - luma) / 1.8556,
                128.0 + 224.0 * (r - luma) / 1.5748,
            ];
            for (plane, wanted) in [y, u, v].iter().zip(wanted) {
                assert!(
                    plane.iter().all(|p| (f64::from(*p) - wanted).abs() <= 1.0),
                    "{color:?}: {} for {wanted}",
                    plane[0]
                );
            }
        }
    }
}

#[test]
fn an_open_jaw_moves_the_mouth_and_nothing_else() {
    let Some(gpu) = gpu() else { return };
    let hosts = [Some(puppet()), default_host()];
    for avatar in hosts.into_iter().flatten() {
        let mut renderer = renderer(&gpu, SMALL, Output::Rgba, &avatar);
        let mut picture = picture_of(&avatar, Framing::Bust, SMALL);
        let closed = image_of(&renderer.draw(&picture).unwrap());
        picture.poses[0].blendshapes[Shape::JawOpen] = 0.8;
        let open = image_of(&renderer.draw(&picture).unwrap());
        let landmarks = avatar.landmarks();
        let drop = landmarks.eyes.y - landmarks.chin_m;
        let corner = |x: f32, y: f32| {
            let point = Vec3::new(x, y, landmarks.eyes.z);
            pixel_of(&picture.camera, SMALL, point)
        };
        let (left, top) = corner(-0.75 * drop, landmarks.eyes.y - 0.1 * drop);
        let (right, bottom) = corner(0.75 * drop, landmarks.chin_m - 0.35 * drop);
        let (mut inside, mut outside) = (0, 0);
        for (x, y, pixel) in closed.enumerate_pixels() {
            let other = open.get_pixel(x, y);
            if pixel.0.iter().zip(other.0).any(|(p, q)| p.abs_diff(q) > 24) {
                if (left..right).contains(&x) && (top..bottom).contains(&y) {
                    inside += 1;
                } else {
                    outside += 1;
                }
            }
        }
        // The corners of the eyes may give by a fraction of a pixel.
        assert!(
            inside > 60 && outside * 50 < inside,
            "{}: {inside} pixels at the mouth, {outside} elsewhere",
            avatar.name
        );
    }
}

#[test]
fn the_head_turns_to_the_side_it_is_told() {
    let Some(gpu) = gpu() else { return };
    let mut renderer = renderer(&gpu, SMALL, Output::Rgba, &puppet());
    let mut picture = picture_of(&puppet(), Framing::Face, SMALL);
    let mut nose = |yaw_deg: f32| {
        picture.poses[0].head.yaw_deg = yaw_deg;
        let image = image_of(&renderer.draw(&picture).unwrap());
        let red = |p: &image::Rgba<u8>| p.0[0] > 90 && p.0[1] < 60 && p.0[2] < 60;
        let columns: Vec<u32> = image
            .enumerate_pixels()
            .filter(|(_, _, p)| red(p))
            .map(|(x, _, _)| x)
            .collect();
        assert!(columns.len() > 50, "no nose");
        columns.iter().sum::<u32>() / columns.len() as u32
    };
    // The camera stands in front: the host's left is the right side of the picture.
    let (right, middle, left) = (nose(-20.0), nose(0.0), nose(20.0));
    assert!(
        right + 10 < middle && middle + 10 < left,
        "{right} {middle} {left}"
    );
}

#[test]
fn two_hosts_stand_in_one_picture_and_keep_their_poses() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(640, 360);
    let mut renderer = renderer(&gpu, size, Output::Rgba, &puppet());
    let (lina, max) = (HostId::new("lina"), HostId::new("max"));
    renderer.add_host(max.clone(), puppet()).unwrap();
    let mut picture = picture_of(&puppet(), Framing::Bust, size);
    picture.hosts = vec![
        HostPlacement {
            host: lina.clone(),
            position: Vec3::new(-0.25, 0.0, 0.0),
            yaw_deg: 15.0,
        },
        HostPlacement {
            host: max.clone(),
            position: Vec3::new(0.25, 0.0, 0.0),
            yaw_deg: -15.0,
        },
    ];
    picture.poses = vec![Pose::rest(max.clone()), Pose::rest(lina)];
    let both = image_of(&renderer.draw(&picture).unwrap());
    let background = both.get_pixel(0, 0);
    for half in [0..320, 320..640] {
        let covered = both
            .enumerate_pixels()
            .filter(|(x, _, p)| half.contains(x) && *p != background)
            .count();
        assert!(covered > 10_000, "columns {half:?}: {covered}");
    }
    picture.poses[0].head.pitch_deg = 20.0;
    let nodded = image_of(&renderer.draw(&picture).unwrap());
    let ([left, ..], count) = changed(&both, &nodded, 8);
    assert!(
        count > 200 && left > 320,
        "only max may move: from column {left}"
    );
    picture.hosts[0].host = HostId::new("nobody");
    assert!(matches!(
        renderer.submit(&picture),
        Err(Error::UnknownHost(_))
    ));
}

#[test]
fn the_same_picture_is_the_same_bytes() {
    let Some(gpu) = gpu() else { return };
    let avatar = default_host().unwrap_or_else(puppet);
    let mut first = renderer(&gpu, SMALL, Output::I420, &avatar);
    let mut picture = picture_of(&avatar, Framing::Bust, SMALL);
    picture.poses[0].blendshapes[Shape::JawOpen] = 0.4;
    picture.poses[0].head.yaw_deg = 7.0;
    let once = first.draw(&picture).unwrap();
    let talking = crate::render_bench::talking(&HostId::new("lina"), 13);
    let other = Picture {
        poses: vec![talking],
        ..picture.clone()
    };
    assert_ne!(first.draw(&other).unwrap(), once);
    assert_eq!(first.draw(&picture).unwrap(), once, "after another pose");
    let again = renderer(&gpu, SMALL, Output::I420, &avatar)
        .draw(&picture)
        .unwrap();
    assert_eq!(again, once, "with a fresh renderer");
}

#[test]
fn layers_lie_over_everything_and_the_flash_over_them() {
    let Some(gpu) = gpu() else { return };
    let mut renderer = renderer(&gpu, SMALL, Output::Rgba, &puppet());
    let mut picture = picture_of(&puppet(), Framing::Bust, SMALL);
    let plain = image_of(&renderer.draw(&picture).unwrap());
    let patch = Bitmap {
        size: Size::new(50, 40),
        rgba: [10, 200, 30, 255].repeat(2000),
    };
    let layer = |key, x, y, opacity| Layer {
        key,
        image: Arc::new(patch.clone()),
        x,
        y,
        opacity,
    };
    picture.layers = vec![
        layer(1, 150, 200, 1.0),
        layer(2, -30, 620, 1.0),
        layer(3, 300, 10, 0.5),
    ];
    let laid = image_of(&renderer.draw(&picture).unwrap());
    for (x, y, pixel) in laid.enumerate_pixels() {
        let inside = |left: i64, top: i64| {
            (left..left + 50).contains(&i64::from(x)) && (top..top + 40).contains(&i64::from(y))
        };
        if inside(150, 200) || inside(-30, 620) {
            assert_eq!(pixel.0, [10, 200, 30, 255], "at {x},{y}");
        } else if !inside(300, 10) {
            assert_eq!(pixel, plain.get_pixel(x, y), "at {x},{y}");
        }
    }
    let (under, mixed) = (plain.get_pixel(310, 20).0, laid.get_pixel(310, 20).0);
    assert!(
        mixed[1].abs_diff((under[1] / 2) + 100) <= 1,
        "{under:?} {mixed:?}"
    );
    picture.flash = true;
    let white = image_of(&renderer.draw(&picture).unwrap());
    assert!(white.pixels().all(|p| p.0 == [255; 4]));
}

#[test]
fn transparent_pictures_keep_alpha() {
    let Some(gpu) = gpu() else { return };
    let mut picture = picture_of(&puppet(), Framing::Bust, SMALL);
    picture.background = Background::Transparent;
    for quality in [Quality::Cpu, Quality::Gpu] {
        let options = RendererOptions {
            size: SMALL,
            output: Output::Rgba,
            quality,
        };
        let mut renderer = Renderer::new(&gpu, &options).unwrap();
        renderer.add_host(HostId::new("lina"), puppet()).unwrap();
        let image = image_of(&renderer.draw(&picture).unwrap());
        assert_eq!(image.get_pixel(2, 2).0[3], 0);
        assert_eq!(image.get_pixel(180, 600).0[3], 255);
        let soft = image
            .pixels()
            .filter(|p| p.0[3] > 20 && p.0[3] < 235)
            .count();
        assert!(
            soft > 100,
            "{quality:?}: edges are hard ({soft} soft pixels)"
        );
    }
}

#[test]
fn frames_come_out_in_order_with_their_pts() {
    let Some(gpu) = gpu() else { return };
    let mut renderer = renderer(&gpu, SMALL, Output::I420, &puppet());
    let mut picture = picture_of(&puppet(), Framing::Bust, SMALL);
    let rate = FrameRate::whole(25);
    let mut frames = Vec::new();
    for n in 0..20 {
        picture.pts = rate.pts_of(n);
        picture.flash = n % 5 == 2;
        picture.poses[0].head.yaw_deg = n as f32;
        renderer.submit(&picture).unwrap();
        if n % 3 == 0 {
            while let Some(frame) = renderer.poll().unwrap() {
                frames.push(frame);
            }
        }
    }
    frames.extend(renderer.flush().unwrap());
    assert_eq!(renderer.poll().unwrap(), None);
    assert_eq!(frames.len(), 20);
    for (n, frame) in (0..).zip(&frames) {
        assert_eq!(frame.pts, rate.pts_of(n));
        let FrameData::I420 { y, .. } = &frame.data else {
            panic!("not I420")
        };
        assert_eq!(y.iter().all(|luma| *luma == 235), n % 5 == 2, "frame {n}");
    }
    let refused = (0..100).find_map(|_| renderer.submit(&picture).err());
    assert!(matches!(refused, Some(Error::NotTaken(_))), "{refused:?}");
    assert!(
        renderer.flush().unwrap().len() > 10,
        "nothing is lost by the refusal"
    );
}

#[test]
fn any_size_works_and_wrong_ones_are_refused() {
    let Some(gpu) = gpu() else { return };
    for size in [
        (1080, 1920),
        (540, 960),
        (1280, 720),
        (16, 16),
        (722, 1282),
        (34, 700),
    ] {
        let size = Size::new(size.0, size.1);
        let frame = renderer(&gpu, size, Output::I420, &puppet())
            .draw(&picture_of(&puppet(), Framing::Bust, size))
            .unwrap();
        let FrameData::I420 { y, u, v } = &frame.data else {
            panic!("not I420")
        };
        assert_eq!(
            (y.len(), u.len(), v.len()),
            (size.pixels(), size.pixels() / 4, size.pixels() / 4)
        );
        let other = y.iter().filter(|luma| **luma != y[0]).count();
        assert!(
            other > size.pixels() / 20,
            "{size}: {other} pixels show a host"
        );
    }
    let new = |width, height, output| {
        Renderer::new(
            &gpu,
            &RendererOptions {
                size: Size::new(width, height),
                output,
                quality: Quality::Auto,
            },
        )
    };
    assert!(new(361, 641, Output::Rgba).is_ok());
    for (width, height) in [(361, 640), (0, 0), (8, 640), (70_000, 16)] {
        assert!(
            matches!(new(width, height, Output::I420), Err(Error::Size { .. })),
            "{width}x{height}"
        );
    }
    let wrong = picture_of(&puppet(), Framing::Bust, Size::new(100, 100));
    assert!(matches!(
        renderer(&gpu, SMALL, Output::I420, &puppet()).submit(&wrong),
        Err(Error::WrongSize { .. })
    ));
}

#[test]
fn senseless_poses_and_cameras_do_no_harm() {
    let Some(gpu) = gpu() else { return };
    let mut renderer = renderer(&gpu, SMALL, Output::Rgba, &puppet());
    let picture = picture_of(&puppet(), Framing::Bust, SMALL);
    let healthy = renderer.draw(&picture).unwrap();
    let mut senseless = picture.clone();
    senseless.poses[0].head.yaw_deg = f32::NAN;
    senseless.poses[0].eyes.pitch_deg = f32::INFINITY;
    senseless.poses[0].blendshapes[Shape::JawOpen] = f32::NAN;
    senseless.poses[0].bones.push((
        zhubo::media::Bone::Hips,
        glam::Quat::from_xyzw(0.0, 0.0, 0.0, 0.0),
    ));
    renderer.draw(&senseless).unwrap();
    senseless.camera.eye = senseless.camera.target;
    renderer.draw(&senseless).unwrap();
    senseless.camera.eye = Vec3::NAN;
    senseless.camera.fov_y_deg = f32::NAN;
    renderer.draw(&senseless).unwrap();
    assert_eq!(
        renderer.draw(&picture).unwrap(),
        healthy,
        "the next picture is healthy"
    );
}

#[test]
fn an_unknown_adapter_is_named_with_a_remedy() {
    let options = GpuOptions {
        adapter: Some("no such adapter".into()),
    };
    let text = Gpu::new(&options).unwrap_err().to_string();
    assert!(
        text.contains("no such adapter") && text.contains("mesa-vulkan-drivers"),
        "{text}"
    );
}

#[test]
fn more_samples_give_the_same_picture() {
    let Some(gpu) = gpu() else { return };
    let picture = picture_of(&puppet(), Framing::Bust, SMALL);
    let draw = |quality| {
        let options = RendererOptions {
            size: SMALL,
            output: Output::Rgba,
            quality,
        };
        let mut renderer = Renderer::new(&gpu, &options).unwrap();
        renderer.add_host(HostId::new("lina"), puppet()).unwrap();
        image::DynamicImage::from(image_of(&renderer.draw(&picture).unwrap())).to_rgb8()
    };
    let (mean, far) =
        golden::difference(&draw(Quality::Cpu), &draw(Quality::Gpu), [0, 0, 360, 640]);
    assert!(mean < 0.6 && far < 0.01, "mean {mean}, far {far}");
}
