//! Mouth and life to pose: blinks, gaze, head, brows, breath, posture, feelings.
//!
//! A pose is a function of the seed, the pts and the speech at that pts: skipping frames or another frame rate changes
//! nothing at equal pts. Only two fades remember when they began: that of a feeling, and that between silence and speech;
//! they begin at the first pts at which the change is seen. Hair and skirts swing from step to step of a grid of their own
//! ([`Springs`]).

#![allow(
    clippy::cast_possible_truncation,
    reason = "angles and weights are computed in f64 and kept in f32; lattice indices saturate"
)]

mod blink;
mod body;
mod chance;
mod face;
mod gaze;
mod posture;
mod speech;

use std::sync::Arc;

use crate::avatar::{Avatar, Springs};
use crate::media::{HostId, MediaTime, Pose, Shape};

use blink::Blinks;
use body::Body;
use chance::Chance;
use face::Feeling;
use gaze::Gaze;

pub use posture::Posture;
pub use speech::{SpeechNow, SpeechProfile};

/// The smile of a face at rest, 0..=1.
const RESTING_SMILE: f32 = 0.12;

/// What makes one host's manner.
#[derive(Clone, Debug)]
pub struct MotionOptions {
    /// Whose pose; two hosts with the same seed still move apart.
    pub host: HostId,
    /// Where all chance comes from.
    pub seed: u64,
    /// The body that is moved: without one, arms stay as they are at rest and no hair swings.
    pub avatar: Option<Arc<Avatar>>,
}

/// The head swings wider while its host talks; a change takes this long.
const TALK_FADE: MediaTime = MediaTime::from_millis(500);

/// How far the host has passed from silence to speech, 0..=1.
#[derive(Clone, Copy, Debug, Default)]
struct Talk {
    speaking: bool,
    from: f32,
    since: Option<MediaTime>,
}

impl Talk {
    fn level(&mut self, at: MediaTime, speaking: bool) -> f32 {
        if speaking != self.speaking {
            self.from = self.faded(at);
            self.speaking = speaking;
            self.since = Some(at);
        }
        self.faded(at)
    }

    fn faded(&self, at: MediaTime) -> f32 {
        let to = if self.speaking { 1.0 } else { 0.0 };
        match self.since {
            Some(since) if at >= since => {
                let part = (at - since).as_secs_f64() / TALK_FADE.as_secs_f64();
                self.from + (to - self.from) * chance::smooth_step(part) as f32
            }
            _ => to,
        }
    }
}

/// The life of one host.
#[derive(Clone, Debug)]
pub struct Motion {
    host: HostId,
    blinks: Blinks,
    gaze: Gaze,
    body: Body,
    smile: Chance,
    brows: Chance,
    feeling: Feeling,
    talk: Talk,
    posture: Posture,
    swinging: Option<(Arc<Avatar>, Springs)>,
}

impl Motion {
    /// A host who has not felt anything yet.
    pub fn new(options: MotionOptions) -> Self {
        // The name is part of the seed.
        let seed =
            (Chance::new(options.seed, options.host.as_str()).uniform(0) * 2f64.powi(53)) as u64;
        Self {
            blinks: Blinks::new(seed),
            gaze: Gaze::new(seed),
            body: Body::new(seed),
            smile: Chance::new(seed, "smile"),
            brows: Chance::new(seed, "brows"),
            feeling: Feeling::new(),
            talk: Talk::default(),
            posture: options
                .avatar
                .as_deref()
                .map(Posture::of)
                .unwrap_or_default(),
            swinging: options.avatar.and_then(|avatar| {
                let springs = Springs::new(&avatar)?;
                Some((avatar, springs))
            }),
            host: options.host,
        }
    }

    /// The host at `at` of the show. All shapes are within 0..=1. What swings remembers the poses before: ask for all
    /// ticks, in order, also for those that are not drawn.
    pub fn pose(&mut self, at: MediaTime, speech: &SpeechNow) -> Pose {
        let secs = at.as_secs_f64();
        let talk = self.talk.level(at, speech.speaking);
        let head = self.body.head(secs, talk, speech.accent.clamp(0.0, 1.0));
        let feeling = self.feeling.offsets(at, speech.emotion);
        let smile = RESTING_SMILE * (1.0 + 0.3 * self.smile.noise(secs, 5.0) as f32);
        let idle_brows = (0.12 * self.brows.noise(secs, 3.1)).max(0.0) as f32;
        let lift = idle_brows + (0.35 * speech.energy + 0.65 * speech.accent).clamp(0.0, 1.0);
        let mut face = face::compose(&speech.mouth, &feeling, smile, lift);
        let phrase_end = speech
            .since_phrase_end
            .map(|since| (at - since).as_secs_f64());
        let closed = self.blinks.closed(secs, phrase_end) as f32;
        for (blink, wide, squint) in [
            (
                Shape::EyeBlinkLeft,
                Shape::EyeWideLeft,
                Shape::EyeSquintLeft,
            ),
            (
                Shape::EyeBlinkRight,
                Shape::EyeWideRight,
                Shape::EyeSquintRight,
            ),
        ] {
            face[blink] = closed;
            face[wide] *= 1.0 - closed;
            face[squint] *= 1.0 - 0.5 * closed;
        }
        let mut pose = Pose {
            blendshapes: face.clamped(),
            head,
            eyes: self.gaze.eyes(secs, head),
            bones: self.body.bones(secs),
            emotion: speech.emotion,
            ..Pose::rest(self.host.clone())
        };
        self.posture.apply(&mut pose);
        if let Some((avatar, springs)) = &mut self.swinging {
            springs.apply(avatar, &mut pose, at);
        }
        pose
    }
}
