//! Head, posture and breath.

use glam::Quat;

use crate::media::{Angles, Bone, MediaTime};
use crate::motion::SpeechNow;
use crate::motion::chance::{Chance, Steps, smooth_step};

/// Idle swing of the head in degrees (yaw, pitch, roll), and how much talking adds.
const HEAD_DEG: [f64; 3] = [1.5, 1.05, 0.95];
const HEAD_TALK_DEG: [f64; 3] = [0.6, 0.35, 0.35];
/// Idle swing never goes further than this, degrees.
const HEAD_LIMIT_DEG: f64 = 3.0;
/// Now and then the head takes another posture: how often (seconds), how fast, and how far (degrees).
const HEAD_STEP_SECS: f64 = 1.3;
const HEAD_STEP_TRAVEL_SECS: f64 = 0.5;
const HEAD_STEP_DEG: [f64; 3] = [1.1, 0.75, 0.9];
/// The weight goes from leg to leg: how often, how fast (seconds), and how far the spine bends (degrees).
const WEIGHT_SECS: f64 = 13.0;
const WEIGHT_TRAVEL_SECS: f64 = 1.8;
const WEIGHT_DEG: (f64, f64) = (0.8, 2.2);
/// Three rates of swing: about 0.3, 0.6 and once a second. The more rates, the less do ten seconds resemble ten others.
const HEAD_SLOW_SECS: f64 = 1.9;
const HEAD_QUICK_SECS: f64 = 0.95;
const HEAD_TREMOR_SECS: f64 = 0.45;
/// What a strong syllable does to the head: yaw, pitch and roll in degrees, and how often. Most nod, some are lifted or
/// tilted, some do nothing; each is larger or smaller than the usual one.
const STRESSES: [([f64; 3], f64); 4] = [
    ([0.0, -1.7, 0.0], 0.60),
    ([0.0, 1.0, 0.0], 0.14),
    ([0.5, -0.6, 1.4], 0.18),
    ([0.0, 0.0, 0.0], 0.08),
];
const STRESS_SIZE: (f64, f64) = (0.65, 1.3);
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
/// A breath for speech, against one at rest.
const GULP: f32 = 0.8;

/// How a host holds head and trunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    head: [Chance; 3],
    steps: Steps,
    stresses: Chance,
    posture: [Chance; 3],
    weight: Steps,
    breath: Chance,
}

impl Body {
    pub(super) fn new(seed: u64) -> Self {
        let streams = |part: &str| {
            ["yaw", "pitch", "roll"].map(|axis| Chance::new(seed, &format!("{part} {axis}")))
        };
        Self {
            head: streams("head"),
            steps: Steps::new(
                Chance::new(seed, "head steps"),
                HEAD_STEP_SECS,
                HEAD_STEP_TRAVEL_SECS,
            ),
            stresses: Chance::new(seed, "stresses"),
            posture: streams("posture"),
            weight: Steps::new(Chance::new(seed, "weight"), WEIGHT_SECS, WEIGHT_TRAVEL_SECS),
            breath: Chance::new(seed, "breath"),
        }
    }

    /// The head against the chest. `talk` is 0..=1.
    pub(super) fn head(&self, at: MediaTime, talk: f32, speech: &SpeechNow) -> Angles {
        let secs = at.as_secs_f64();
        let stress = self.stress(at, speech);
        let steps: [f64; 3] = self.steps.at(secs, |chance| {
            std::array::from_fn(|axis| {
                let most = HEAD_STEP_DEG[axis];
                chance.between(axis as i64, -most, most)
            })
        });
        let angles: [f64; 3] = std::array::from_fn(|axis| {
            let chance = self.head[axis];
            let swing = 0.5 * chance.noise(secs, HEAD_SLOW_SECS)
                + 0.85 * chance.child(1).noise(secs, HEAD_QUICK_SECS)
                + 0.3 * chance.child(2).noise(secs, HEAD_TREMOR_SECS);
            let most = HEAD_DEG[axis] + HEAD_TALK_DEG[axis] * f64::from(talk);
            stress[axis] + steps[axis] + swing * most
        });
        let [yaw_deg, pitch_deg, roll_deg] = angles.map(limited);
        Angles {
            yaw_deg,
            pitch_deg,
            roll_deg,
        }
    }

    /// What a stressed syllable does to the head: yaw, pitch and roll, degrees.
    fn stress(&self, at: MediaTime, speech: &SpeechNow) -> [f64; 3] {
        let accent = f64::from(speech.accent.clamp(0.0, 1.0));
        let Some(since) = speech.since_accent else {
            return STRESSES[0].0.map(|degrees| accent * degrees);
        };
        let own = self.stresses.child((at - since).ticks());
        let drawn = own.uniform(0);
        let mut passed = 0.0;
        let found = STRESSES.iter().find(|(_, share)| {
            passed += share;
            drawn < passed
        });
        let (turn, _) = found.unwrap_or(&STRESSES[0]);
        let size = accent * own.between(1, STRESS_SIZE.0, STRESS_SIZE.1);
        let side = if own.uniform(2) < 0.5 { -1.0 } else { 1.0 };
        [side * size * turn[0], size * turn[1], side * size * turn[2]]
    }

    /// The trunk: weight, slow shifts and breath. `gulp` (0..=1) is how much more air was taken for what will be said, `lean`
    /// what a gesture or a look adds to the trunk, `shoulders_deg` how far both shoulders are lifted.
    pub(super) fn bones(
        &self,
        secs: f64,
        gulp: f32,
        lean: Angles,
        shoulders_deg: f32,
    ) -> Vec<(Bone, Quat)> {
        let [yaw, pitch, roll] = self
            .posture
            .map(|chance| (POSTURE_DEG * chance.noise(secs, POSTURE_SECS)) as f32);
        let [weight] = self.weight.at(secs, |chance| {
            let side = if chance.uniform(0) < 0.5 { -1.0 } else { 1.0 };
            [side * chance.between(1, WEIGHT_DEG.0, WEIGHT_DEG.1)]
        });
        let weight = weight as f32;
        let spine = Angles {
            yaw_deg: yaw + 0.6 * lean.yaw_deg,
            pitch_deg: pitch + 0.6 * lean.pitch_deg,
            roll_deg: roll + weight + 0.6 * lean.roll_deg,
        };
        let breath = (self.breath(secs) as f32 + GULP * gulp).min(1.0 + GULP);
        let chest = Angles {
            pitch_deg: BREATH_CHEST_DEG * breath - 0.3 * pitch + 0.4 * lean.pitch_deg,
            yaw_deg: 0.4 * yaw + 0.4 * lean.yaw_deg,
            roll_deg: -0.5 * roll - 0.9 * weight + 0.4 * lean.roll_deg,
        };
        let lift = BREATH_SHOULDER_DEG * breath + shoulders_deg;
        // The shoulder of the leg that carries drops a little.
        let turn = |side: f32| Quat::from_rotation_z((side * lift - 0.3 * weight).to_radians());
        vec![
            (Bone::Spine, spine.to_quat()),
            (Bone::Chest, chest.to_quat()),
            // The left shoulder points to +X: up is a positive turn about +Z.
            (Bone::LeftShoulder, turn(1.0)),
            (Bone::RightShoulder, turn(-1.0)),
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
