//! Head, posture and breath.

use glam::Quat;

use super::chance::{Chance, smooth_step};
use crate::media::{Angles, Bone};

/// Idle swing of the head in degrees (yaw, pitch, roll), and how much talking adds.
const HEAD_DEG: [f64; 3] = [1.5, 1.05, 0.95];
const HEAD_TALK_DEG: [f64; 3] = [0.6, 0.35, 0.35];
/// The head never turns further than this, degrees.
const HEAD_LIMIT_DEG: f64 = 3.0;
/// Two rates of swing: about 0.3 and 0.6 times a second.
const HEAD_SLOW_SECS: f64 = 1.9;
const HEAD_QUICK_SECS: f64 = 1.0;
/// A nod on a strong syllable, degrees downwards.
const NOD_DEG: f64 = 1.3;
/// Posture: how slowly it shifts (seconds) and how far (degrees).
const POSTURE_SECS: f64 = 7.0;
const POSTURE_DEG: f64 = 0.9;
/// A breath lasts about this long (14 a minute), in seconds; its rate wanders by a fifth of a breath.
const BREATH_SECS: f64 = 4.3;
const BREATH_WANDER: f64 = 0.2;
const BREATH_WANDER_SECS: f64 = 11.0;
/// The part of a breath that is breathing in.
const INHALE_SHARE: f64 = 0.4;
/// How far a breath lifts the chest and the shoulders, degrees.
const BREATH_CHEST_DEG: f32 = 0.8;
const BREATH_SHOULDER_DEG: f32 = 1.1;

/// How a host holds head and trunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    head: [Chance; 3],
    posture: [Chance; 3],
    breath: Chance,
}

impl Body {
    pub(super) fn new(seed: u64) -> Self {
        let streams = |part: &str| {
            ["yaw", "pitch", "roll"].map(|axis| Chance::new(seed, &format!("{part} {axis}")))
        };
        Self {
            head: streams("head"),
            posture: streams("posture"),
            breath: Chance::new(seed, "breath"),
        }
    }

    /// The head against the chest. `talk` is 0..=1, `accent` the strength of a stressed syllable, 0..=1.
    pub(super) fn head(&self, secs: f64, talk: f32, accent: f32) -> Angles {
        let [yaw, pitch, roll] = std::array::from_fn(|axis| {
            let chance = self.head[axis];
            let swing = 1.1 * chance.noise(secs, HEAD_SLOW_SECS)
                + 0.7 * chance.child(1).noise(secs, HEAD_QUICK_SECS);
            swing * (HEAD_DEG[axis] + HEAD_TALK_DEG[axis] * f64::from(talk))
        });
        let pitch = pitch - NOD_DEG * f64::from(accent);
        Angles {
            yaw_deg: limited(yaw),
            pitch_deg: limited(pitch),
            roll_deg: limited(roll),
        }
    }

    /// The trunk: slow shifts and breath.
    pub(super) fn bones(&self, secs: f64) -> Vec<(Bone, Quat)> {
        let [yaw, pitch, roll] = self
            .posture
            .map(|chance| (POSTURE_DEG * chance.noise(secs, POSTURE_SECS)) as f32);
        let spine = Angles {
            yaw_deg: yaw,
            pitch_deg: pitch,
            roll_deg: roll,
        };
        let breath = self.breath(secs) as f32;
        let chest = Angles {
            pitch_deg: BREATH_CHEST_DEG * breath - 0.3 * pitch,
            yaw_deg: 0.4 * yaw,
            roll_deg: -0.5 * roll,
        };
        let lift = (BREATH_SHOULDER_DEG * breath).to_radians();
        vec![
            (Bone::Spine, spine.to_quat()),
            (Bone::Chest, chest.to_quat()),
            // The left shoulder points to +X: up is a positive turn about +Z.
            (Bone::LeftShoulder, Quat::from_rotation_z(lift)),
            (Bone::RightShoulder, Quat::from_rotation_z(-lift)),
        ]
    }

    /// How full the lungs are, 0..=1.
    pub(super) fn breath(&self, secs: f64) -> f64 {
        let wander = BREATH_WANDER * self.breath.noise(secs, BREATH_WANDER_SECS);
        let phase = (secs / BREATH_SECS + wander).rem_euclid(1.0);
        if phase < INHALE_SHARE {
            smooth_step(phase / INHALE_SHARE)
        } else {
            1.0 - smooth_step((phase - INHALE_SHARE) / (1.0 - INHALE_SHARE))
        }
    }
}

/// Bends towards the limit instead of hitting it.
fn limited(degrees: f64) -> f32 {
    (HEAD_LIMIT_DEG * (degrees / HEAD_LIMIT_DEG).tanh()) as f32
}
