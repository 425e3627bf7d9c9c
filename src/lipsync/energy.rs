//! The model-free twin: the mouth follows loudness, and a crude measure of timbre rounds or spreads it.
//!
//! It knows nothing of phones: lips do not close for p, b and m. It serves when there is no runtime or no model.

use super::front::Block;
use super::table::{REACH, TAPS};
use crate::media::{Blendshapes, Shape};

/// Loudness in dB below full scale at which the mouth starts to open, and at which it is wide open (speech is levelled to
/// -20 dB before).
const CLOSED_DB: f32 = -38.0;
const OPEN_DB: f32 = -14.0;
/// Below this for [`REST_STEPS`] steps there is no speech.
const SILENT_DB: f32 = -42.0;
const REST_STEPS: usize = 5;
/// Weights of two steps before to two after: no lag, and no flutter faster than a syllable.
const KERNEL: [f32; TAPS] = [0.12, 0.24, 0.28, 0.24, 0.12];
/// Jaw, lower lip and upper lip at full loudness.
const JAW: f32 = 0.60;
const LOWER_LIP: f32 = 0.28;
const UPPER_LIP: f32 = 0.14;
/// Share of energy in sample-to-sample differences (0 = hum, 2 = noise at the edge of hearing) of dark vowels (u, o),
/// bright vowels (i, e) and hissing.
const DARK: f32 = 0.015;
const BRIGHT: f32 = 0.12;
const HISS: f32 = 0.6;

/// What one step sounds like.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    open: f32,
    round: f32,
    spread: f32,
    awake: bool,
}

/// Loudness to mouth, step by step; the pose of step n comes out with step n + 2.
#[derive(Clone, Debug, Default)]
pub(super) struct EnergyStream {
    window: [Step; TAPS],
    silent_steps: usize,
    count: usize,
}

impl EnergyStream {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    pub(super) fn step(&mut self, block: &Block) -> Option<Blendshapes> {
        let energy: f32 = block.iter().map(|x| x * x).sum::<f32>() + 1e-9;
        let difference: f32 = block
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).powi(2))
            .sum();
        let level_db = 10.0 * (energy / block.len() as f32).log10();
        let brightness = difference / energy;
        if level_db < SILENT_DB {
            self.silent_steps = self.silent_steps.saturating_add(1);
        } else {
            self.silent_steps = 0;
        }
        let loud = ((level_db - CLOSED_DB) / (OPEN_DB - CLOSED_DB)).clamp(0.0, 1.0);
        let bright = ramp(brightness, DARK, BRIGHT);
        let hiss = ramp(brightness, BRIGHT, HISS);
        self.window.rotate_left(1);
        self.window[TAPS - 1] = Step {
            open: loud * (1.0 - 0.75 * hiss),
            round: loud * (1.0 - bright),
            spread: loud * bright,
            awake: self.silent_steps < REST_STEPS,
        };
        self.count += 1;
        (self.count > REACH).then(|| self.shown())
    }

    fn shown(&self) -> Blendshapes {
        let mut pose = Blendshapes::default();
        if !self.window[REACH].awake {
            return pose;
        }
        let mean = |value: fn(&Step) -> f32| -> f32 {
            self.window
                .iter()
                .zip(KERNEL)
                .map(|(step, weight)| value(step) * weight)
                .sum()
        };
        let (open, round, spread) = (mean(|s| s.open), mean(|s| s.round), mean(|s| s.spread));
        pose[Shape::JawOpen] = JAW * open * (1.0 - 0.4 * round);
        pose[Shape::MouthFunnel] = 0.40 * round;
        pose[Shape::MouthPucker] = 0.35 * round;
        for (left, right, weight) in [
            (
                Shape::MouthLowerDownLeft,
                Shape::MouthLowerDownRight,
                LOWER_LIP * open,
            ),
            (
                Shape::MouthUpperUpLeft,
                Shape::MouthUpperUpRight,
                UPPER_LIP * open,
            ),
            (
                Shape::MouthStretchLeft,
                Shape::MouthStretchRight,
                0.25 * spread,
            ),
            (Shape::MouthSmileLeft, Shape::MouthSmileRight, 0.15 * spread),
        ] {
            pose[left] = weight;
            pose[right] = weight;
        }
        pose.clamped()
    }
}

fn ramp(value: f32, from: f32, to: f32) -> f32 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}
