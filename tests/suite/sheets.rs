//! Contact sheets of moving avatars for people, run by hand: `AVATAR=FILE cargo test --test suite sheets -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::PathBuf;
use std::sync::Arc;

use zhubo::avatar::{Avatar, Clip, Springs};
use zhubo::media::{FrameRate, HostId, MediaTime, Pose, Size};
use zhubo::motion::Posture;
use zhubo::render::{Output, Quality, Renderer, RendererOptions};
use zhubo::scene::Framing;

use crate::render::{gpu, image_of, picture_of};

/// A folder for pictures that people look at.
fn look_folder() -> PathBuf {
    let folder = std::env::var("ZHUBO_LOOK_DIR").unwrap_or_else(|_| "/tmp/zhubo-look".into());
    std::fs::create_dir_all(&folder).unwrap();
    folder.into()
}

/// Draws one avatar in several poses side by side.
fn sheet(avatar: &Arc<Avatar>, poses: &[Pose], framing: Framing, size: Size, name: &str) {
    let Some(gpu) = gpu() else { return };
    let options = RendererOptions {
        size,
        output: Output::Rgba,
        quality: Quality::Auto,
    };
    let mut renderer = Renderer::new(&gpu, &options).unwrap();
    renderer
        .add_host(HostId::new("lina"), Arc::clone(avatar))
        .unwrap();
    let mut all = image::RgbaImage::new(size.width * poses.len() as u32, size.height);
    for (n, pose) in (0..).zip(poses) {
        let mut picture = picture_of(avatar, framing, size);
        picture.poses = vec![Pose {
            host: HostId::new("lina"),
            ..pose.clone()
        }];
        let frame = renderer.draw(&picture).unwrap();
        image::imageops::replace(&mut all, &image_of(&frame), i64::from(size.width) * n, 0);
    }
    all.save(look_folder().join(format!("{name}.png"))).unwrap();
}

/// A second of a shaken head: `AVATAR` is the file, 8 pictures from left to right.
#[test]
#[ignore = "pictures for people"]
fn shaken_head() {
    let Ok(file) = std::env::var("AVATAR") else {
        return;
    };
    let avatar = Arc::new(Avatar::load(PathBuf::from(&file).as_path()).unwrap());
    let mut springs = Springs::new(&avatar);
    let mut poses = Vec::new();
    for n in 0..35 {
        let at = FrameRate::whole(25).pts_of(n);
        let mut pose = Pose::rest(HostId::new("x"));
        if n > 5 {
            pose.head.yaw_deg = 35.0 * (std::f32::consts::TAU * 1.6 * (n - 5) as f32 / 25.0).sin();
        }
        Posture::of(&avatar).apply(&mut pose);
        if let Some(springs) = &mut springs {
            springs.apply(&avatar, &mut pose, at);
        }
        if n > 4 && n % 4 == 1 {
            poses.push(pose);
        }
    }
    let stem = PathBuf::from(&file)
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    sheet(
        &avatar,
        &poses,
        Framing::Bust,
        Size::new(300, 400),
        &format!("shake-{stem}"),
    );
}

/// The posture of a host on air beside that of the file.
#[test]
#[ignore = "pictures for people"]
fn postures() {
    for file in std::env::var("AVATARS").unwrap_or_default().split(',') {
        let avatar = match Avatar::load(PathBuf::from(file).as_path()) {
            Ok(avatar) => Arc::new(avatar),
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        let rest = Pose::rest(HostId::new("x"));
        let mut hanging = rest.clone();
        Posture::of(&avatar).apply(&mut hanging);
        let mut turned = hanging.clone();
        turned.head.yaw_deg = 25.0;
        if let Some(mut springs) = Springs::new(&avatar) {
            springs.settle(&avatar, &mut turned, MediaTime::from_millis(2000));
        }
        let stem = PathBuf::from(file)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let size = Size::new(480, 640);
        sheet(
            &avatar,
            &[rest, hanging, turned],
            Framing::Full,
            size,
            &format!("posture-{stem}"),
        );
        println!(
            "{stem}: {:?} {:?}",
            avatar.rig.humanoid.keys(),
            avatar.facts().warnings
        );
    }
}

/// Pictures of `CLIP` (a name in the avatar's file, or a file) on `AVATAR`.
#[test]
#[ignore = "pictures for people"]
fn clip() {
    let (Ok(file), Ok(name)) = (std::env::var("AVATAR"), std::env::var("CLIP")) else {
        return;
    };
    let avatar = Arc::new(Avatar::load(PathBuf::from(&file).as_path()).unwrap());
    let own = avatar
        .clips()
        .iter()
        .find(|clip| clip.name() == name)
        .cloned();
    let clip = own.unwrap_or_else(|| {
        Arc::new(
            Clip::load(PathBuf::from(&name).as_path())
                .unwrap()
                .remove(0),
        )
    });
    let posture = Posture::of(&avatar);
    let poses: Vec<Pose> = (0..6)
        .map(|part| {
            let mut pose = Pose::rest(HostId::new("x"));
            posture.apply(&mut pose);
            clip.apply(
                &avatar,
                &mut pose,
                clip.duration().as_secs_f64() * f64::from(part) / 6.0,
            );
            if let Some(mut springs) = Springs::new(&avatar) {
                springs.settle(&avatar, &mut pose, MediaTime::from_millis(1000));
            }
            pose
        })
        .collect();
    let stem = |text: &str| {
        PathBuf::from(text)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    };
    let name = format!("clip-{}-{}", stem(&file), stem(&name));
    sheet(&avatar, &poses, Framing::Full, Size::new(320, 480), &name);
}
