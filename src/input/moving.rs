//! What live sound does to a face: the mouth through lip-sync, and how loud it is.

use std::collections::VecDeque;

use super::Result;
use crate::lipsync::{LipSync, MODEL_RATE_HZ, MOUTH_RATE, STEP_SAMPLES};
use crate::media::{Blendshapes, MediaTime, MouthTrack, SAMPLE_RATE_HZ};
use crate::sound::Resampler;

/// One pose, and one measurement of loudness, per 20 ms.
const STEP: usize = SAMPLE_RATE_HZ as usize / 50;
/// Loudness counts from this much below the loud parts, dB; those are at least at `FLOOR_DB + RANGE_DB`.
const RANGE_DB: f32 = 30.0;
const FLOOR_DB: f32 = -50.0;
/// The loud parts are forgotten by this much per step: 1 dB per second.
const FORGET_DB: f32 = 0.02;
/// Energy above which somebody speaks, as in `motion`.
const SPEAKING: f32 = 0.15;
/// Energy is the mean over this many steps to both sides; talk counts for 300 ms after it is heard.
const SMOOTH: i64 = 3;
const TALK_AFTER: i64 = 15;
/// The past that is kept.
const KEPT: MediaTime = MediaTime::from_millis(500);

/// What live sound does to a face at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moving {
    /// The mouth.
    pub mouth: Blendshapes,
    /// Smoothed loudness, 0..=1.
    pub energy: f32,
    /// Whether somebody talks; short pauses count.
    pub speaking: bool,
}

impl Moving {
    /// As it is when only `gain` (0..=1) of the sound is heard.
    pub(super) fn faded(self, gain: f32) -> Self {
        Self {
            mouth: Blendshapes::default().lerp(&self.mouth, gain),
            energy: self.energy * gain,
            speaking: self.speaking && gain > 0.5,
        }
    }
}

/// Follows the sound.
#[derive(Debug)]
pub(super) struct Mover {
    lips: LipSync,
    to_model: Resampler,
    model_samples: u64,
    /// The poses around the present; the first of them is number `dropped`.
    track: MouthTrack,
    dropped: u64,
    level: Vec<f32>,
    energies: VecDeque<f32>,
    /// Steps of loudness forgotten.
    forgotten: i64,
    loud_db: f32,
}

impl Mover {
    pub(super) fn new(lips: LipSync) -> Result<Self> {
        Ok(Self {
            lips,
            to_model: Resampler::new(SAMPLE_RATE_HZ, MODEL_RATE_HZ)?,
            model_samples: 0,
            track: MouthTrack {
                start: pose_at(0),
                rate: MOUTH_RATE,
                frames: Vec::new(),
            },
            dropped: 0,
            level: Vec::with_capacity(STEP),
            energies: VecDeque::new(),
            forgotten: 0,
            loud_db: FLOOR_DB + RANGE_DB,
        })
    }

    /// How long after its sound the mouth of an instant is known: the model's look-ahead, one pose more to interpolate,
    /// and the way to the model's rate.
    pub(super) fn delay(&self) -> MediaTime {
        let ratio = i64::from(SAMPLE_RATE_HZ / MODEL_RATE_HZ);
        let resampling = MediaTime(self.to_model.latency_samples() as i64 * ratio);
        self.lips.lookahead() + MOUTH_RATE.pts_of(1) + resampling
    }

    /// Takes the next sound at 48 kHz. Where the model fails, the mouth follows loudness from then on.
    pub(super) fn push(&mut self, samples: &[f32]) -> std::result::Result<(), String> {
        for sample in samples {
            self.level.push(*sample);
            if self.level.len() == STEP {
                let energy = self.measure();
                self.energies.push_back(energy);
                self.level.clear();
            }
        }
        let mut at_16k = Vec::with_capacity(samples.len() / 3 + 100);
        self.to_model
            .push(samples, &mut at_16k)
            .map_err(|error| format!("live sound: {error}"))?;
        self.model_samples += at_16k.len() as u64;
        match self.lips.push(&at_16k) {
            Ok(poses) => self.track.frames.extend(poses),
            Err(error) => {
                self.lips = LipSync::energy();
                let behind = self.model_samples / STEP_SAMPLES as u64;
                let behind =
                    (behind.saturating_sub(self.dropped) as usize).max(self.track.frames.len());
                self.track.frames.resize(behind, Blendshapes::default());
                return Err(format!("live lip-sync by loudness from now on: {error}"));
            }
        }
        Ok(())
    }

    /// What the sound does at `at` of its own timeline.
    pub(super) fn at(&self, at: MediaTime) -> Moving {
        let step = at.ticks().div_euclid(STEP as i64);
        let energy = (-SMOOTH..=SMOOTH)
            .map(|i| self.energy(step + i))
            .sum::<f32>();
        let speaking = (-TALK_AFTER..=SMOOTH).any(|i| self.energy(step + i) > SPEAKING);
        Moving {
            mouth: self.track.sample(at),
            energy: energy / (2 * SMOOTH + 1) as f32,
            speaking,
        }
    }

    /// Drops what is well before `at`.
    pub(super) fn forget_before(&mut self, at: MediaTime) {
        let steps = (at - KEPT).ticks().div_euclid(STEP as i64).max(0);
        let poses = (steps as u64).saturating_sub(self.dropped) as usize;
        let poses = poses.min(self.track.frames.len());
        self.track.frames.drain(..poses);
        self.dropped += poses as u64;
        self.track.start = pose_at(self.dropped);
        while self.forgotten < steps && self.energies.pop_front().is_some() {
            self.forgotten += 1;
        }
    }

    fn energy(&self, step: i64) -> f32 {
        let index = usize::try_from(step - self.forgotten).ok();
        index
            .and_then(|index| self.energies.get(index))
            .copied()
            .unwrap_or(0.0)
    }

    /// 0..=1 for the step in `level`, against the loud parts so far.
    fn measure(&mut self) -> f32 {
        let power = self.level.iter().map(|x| x * x).sum::<f32>() / STEP as f32;
        let db = 10.0 * (power + 1e-10).log10();
        self.loud_db = db.max(self.loud_db - FORGET_DB).max(FLOOR_DB + RANGE_DB);
        ((db - self.loud_db + RANGE_DB) / RANGE_DB).clamp(0.0, 1.0)
    }
}

/// The instant of pose `index`.
fn pose_at(index: u64) -> MediaTime {
    MOUTH_RATE.pts_of(index) + MediaTime(STEP as i64 / 2)
}
