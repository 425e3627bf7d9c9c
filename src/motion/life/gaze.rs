//! Where the eyes look: at the camera, never quite still, and now and then aside and back.

use crate::media::Angles;
use crate::motion::chance::{Chance, smooth_step};

/// A fixation lasts about this long (0.2 to 1.8 of it), in seconds.
const FIXATION_SECS: f64 = 1.3;
/// How far a fixation is off the camera, degrees.
const FIXATION_YAW_DEG: f64 = 0.7;
const FIXATION_PITCH_DEG: f64 = 0.45;
/// A saccade of that size takes this long, in seconds.
const SACCADE_SECS: f64 = 0.040;
/// One look aside may fall into each stretch of this length, with this chance.
const ASIDE_EVERY_SECS: f64 = 10.0;
const ASIDE_SHARE: f64 = 0.5;
/// How long it lasts, and how long the eyes travel, in seconds.
const ASIDE_SECS: (f64, f64) = (0.6, 1.3);
const ASIDE_TRAVEL_SECS: f64 = 0.07;
/// How far it goes, degrees.
const ASIDE_YAW_DEG: (f64, f64) = (5.0, 10.0);
const ASIDE_PITCH_DEG: (f64, f64) = (-4.0, 3.0);
/// Eyes never turn further than this in the head, degrees.
const EYES_DEG: f64 = 28.0;

/// Where a host looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gaze {
    fixations: Chance,
    asides: Chance,
}

impl Gaze {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            fixations: Chance::new(seed, "fixations"),
            asides: Chance::new(seed, "looks aside"),
        }
    }

    /// The eyes on `gaze` (yaw and pitch against the chest, degrees) in a head that is turned by `head`: they turn back as far
    /// as it turns (vestibulo-ocular reflex). `wanders` is whether they may look aside.
    pub(super) fn eyes(&self, secs: f64, gaze: [f64; 2], head: Angles, wanders: bool) -> Angles {
        let (yaw, pitch) = self.fixation(secs);
        let (aside_yaw, aside_pitch) = if wanders {
            self.aside(secs)
        } else {
            (0.0, 0.0)
        };
        let limit = |degrees: f64| degrees.clamp(-EYES_DEG, EYES_DEG) as f32;
        Angles {
            yaw_deg: limit(gaze[0] + yaw + aside_yaw - f64::from(head.yaw_deg)),
            pitch_deg: limit(gaze[1] + pitch + aside_pitch - f64::from(head.pitch_deg)),
            roll_deg: 0.0,
        }
    }

    /// Small steps around the camera: one begins somewhere in each stretch.
    fn fixation(&self, secs: f64) -> (f64, f64) {
        let start = |index: i64| {
            (index as f64 + self.fixations.child(index).between(0, 0.1, 0.9)) * FIXATION_SECS
        };
        let here = (secs / FIXATION_SECS).floor() as i64;
        let current = if secs >= start(here) { here } else { here - 1 };
        let target = |index: i64| {
            let chance = self.fixations.child(index);
            (
                chance.between(1, -FIXATION_YAW_DEG, FIXATION_YAW_DEG),
                chance.between(2, -FIXATION_PITCH_DEG, FIXATION_PITCH_DEG),
            )
        };
        let travelled = smooth_step((secs - start(current)) / SACCADE_SECS);
        let (from, to) = (target(current - 1), target(current));
        (
            from.0 + (to.0 - from.0) * travelled,
            from.1 + (to.1 - from.1) * travelled,
        )
    }

    fn aside(&self, secs: f64) -> (f64, f64) {
        let stretch = (secs / ASIDE_EVERY_SECS).floor();
        let chance = self.asides.child(stretch as i64);
        if chance.uniform(0) > ASIDE_SHARE {
            return (0.0, 0.0);
        }
        let lasts = chance.between(1, ASIDE_SECS.0, ASIDE_SECS.1);
        let latest = ASIDE_EVERY_SECS - lasts - 2.0 * ASIDE_TRAVEL_SECS;
        let since = secs - stretch * ASIDE_EVERY_SECS - chance.between(2, 0.0, latest);
        let away = smooth_step(since / ASIDE_TRAVEL_SECS)
            - smooth_step((since - lasts) / ASIDE_TRAVEL_SECS);
        let side = if chance.uniform(3) < 0.5 { -1.0 } else { 1.0 };
        let yaw = side * chance.between(4, ASIDE_YAW_DEG.0, ASIDE_YAW_DEG.1);
        let pitch = chance.between(5, ASIDE_PITCH_DEG.0, ASIDE_PITCH_DEG.1);
        (away * yaw, away * pitch)
    }
}
