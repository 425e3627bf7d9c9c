//! A film in which an avatar turns round once.

use std::path::Path;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};

use super::render::{Framed, Order};
use super::studio;
use crate::avatar::Springs;
use crate::cli::{Outcome, stop, usage};
use crate::encode::{H264Encoder, H264Options};
use crate::media::{Emotion, FrameRate, Packet, Size, Track};
use crate::motion::{Motion, MotionOptions, Situation};
use crate::output::{AudioCodec, FileOptions, FileOutput};
use crate::render::Output;

const RATE: FrameRate = FrameRate::whole(25);
/// One turn: eight seconds.
const FRAMES: u64 = 200;

pub(super) fn film(order: &Order, path: &Path) -> Outcome {
    if !path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("mp4"))
    {
        return Err(usage(anyhow!(
            "--turntable {}: name the film .mp4",
            path.display()
        )));
    }
    let (mut studio, size) = order.studio(Size::new(720, 1280), Framed::Bust, Output::I420)?;
    // Hair follows what a clip does, so it swings after it.
    let (posture, mut springs) = match &order.clip {
        Some(_) => (None, Springs::new(&order.avatar)),
        None => (Some(order.avatar.clone()), None),
    };
    let mut motion = Motion::new(MotionOptions {
        host: studio::host(),
        seed: 1,
        avatar: posture,
        gestures: std::sync::Arc::default(),
    });
    let stop = stop::on_ctrl_c()?;
    let mut file = FileOutput::create(FileOptions {
        path: path.to_owned(),
        size,
        rate: RATE,
        audio: AudioCodec::Pcm,
        channels: 1,
        abandoned: stop.clone(),
    })?;
    let mut encoder = H264Encoder::new(H264Options::film(size, RATE))?;
    let bar = ProgressBar::new(FRAMES);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} frame {pos}/{len}  ({eta} left)") {
        bar.set_style(style);
    }
    let silent = Situation::silent(Emotion::Neutral);
    for index in 0..FRAMES {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        let pts = RATE.pts_of(index);
        let at = order.at + pts;
        let mut pose = motion.pose(at, &silent);
        order.dress(&mut pose);
        order.wanted.put_on(&mut pose);
        if let Some(clip) = &order.clip {
            let lasts = clip.duration().as_secs_f64().max(1e-3);
            clip.apply(&order.avatar, &mut pose, at.as_secs_f64() % lasts);
        }
        if let Some(springs) = &mut springs {
            springs.apply(&order.avatar, &mut pose, at);
        }
        let yaw_deg = 360.0 * index as f32 / FRAMES as f32;
        let mut frame = studio.draw(pose, yaw_deg, at)?;
        frame.pts = pts;
        file.send(&silence(index), true)?;
        file.send(&encoder.push(&frame, false)?, true)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    file.finish()?;
    if stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(anyhow!("stopped before the end: {} was not kept", path.display()).into());
    }
    println!(
        "{}: {size}, {:.0} s at {:.0} fps by {}",
        path.display(),
        RATE.pts_of(FRAMES).as_secs_f64(),
        RATE.as_f64(),
        studio.adapter_name()
    );
    Ok(())
}

/// The sound of one frame: films have a track of it.
fn silence(index: u64) -> Packet {
    let (from, to) = (RATE.pts_of(index), RATE.pts_of(index + 1));
    let samples = usize::try_from((to - from).0).unwrap_or(0);
    Packet {
        track: Track::Audio,
        pts: from,
        duration: to - from,
        is_keyframe: true,
        // 32-bit floats.
        data: vec![0; 4 * samples].into(),
    }
}
