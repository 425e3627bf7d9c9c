//! Mouth and life to pose: blinks, gaze, head, brows, breath, posture, feelings.
//!
//! A pose is a function of the seed, the pts and the speech at that pts: skipping frames or another frame rate changes
//! nothing at equal pts. Only the fade of a feeling remembers when it began.

#![allow(
    clippy::cast_possible_truncation,
    reason = "angles and weights are computed in f64 and kept in f32; lattice indices saturate"
)]

mod blink;
mod body;
mod chance;
mod face;
mod gaze;
mod speech;

use crate::media::{HostId, MediaTime, Pose, Shape};

use blink::Blinks;
use body::Body;
use chance::Chance;
use face::Feeling;
use gaze::Gaze;

pub use speech::{SpeechNow, SpeechProfile};

/// What makes one host's manner.
#[derive(Clone, Debug)]
pub struct MotionOptions {
    /// Whose pose; two hosts with the same seed still move apart.
    pub host: HostId,
    /// Where all chance comes from.
    pub seed: u64,
    /// The smile of a face at rest, 0..=1.
    pub resting_smile: f32,
}

impl MotionOptions {
    /// A host with a gentle smile.
    pub fn new(host: HostId, seed: u64) -> Self {
        Self {
            host,
            seed,
            resting_smile: 0.12,
        }
    }
}

/// The life of one host.
#[derive(Clone, Debug)]
pub struct Motion {
    options: MotionOptions,
    blinks: Blinks,
    gaze: Gaze,
    body: Body,
    smile: Chance,
    brows: Chance,
    feeling: Feeling,
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
            options,
        }
    }

    /// The host at `at` of the show. All shapes are within 0..=1.
    pub fn pose(&mut self, at: MediaTime, speech: &SpeechNow) -> Pose {
        let secs = at.as_secs_f64();
        let head = self.body.head(secs, speech.talk, speech.accent);
        let feeling = self.feeling.offsets(at, speech.emotion);
        let smile = self.options.resting_smile * (1.0 + 0.3 * self.smile.noise(secs, 5.0) as f32);
        let idle_brows = (0.12 * self.brows.noise(secs, 3.1)).max(0.0) as f32;
        let lift = idle_brows + (0.35 * speech.energy + 0.65 * speech.accent).min(1.0);
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
        Pose {
            host: self.options.host.clone(),
            blendshapes: face.clamped(),
            head,
            eyes: self.gaze.eyes(secs, head),
            bones: self.body.bones(secs),
            emotion: speech.emotion,
        }
    }
}
