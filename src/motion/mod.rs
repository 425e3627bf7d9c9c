//! Mouth and life to pose: blinks, gaze, head, brows, breath, posture, feelings.
//!
//! A pose is a function of the seed, the pts and what surrounds the host at that pts: skipping frames or another frame rate
//! changes nothing at equal pts. What a score announces is done at its own time; what nobody announced (another activity,
//! another focus, another feeling) begins at the first pts at which it is seen. The gaze takes its steps, and hair and
//! skirts swing ([`Springs`]), on grids of their own.

#![allow(
    clippy::cast_possible_truncation,
    reason = "angles and weights are computed in f64 and kept in f32; lattice indices saturate"
)]

mod arms;
mod chance;
mod gesture;
mod glide;
mod life;
mod pitch;
mod posture;
mod score;
mod situation;
mod speech;

use std::sync::Arc;

use crate::avatar::{Avatar, Springs};
use crate::media::{HostId, MediaTime, Pose};

use chance::Chance;
use gesture::Acting;
use life::Life;

pub use gesture::{ArmKey, Fingers, Gesture, Hands, Key, Lean, Library, Moves};
pub use posture::Posture;
pub use score::{Reason, Score, Side, Stroke};
pub use situation::{Places, Situation, Spoken};
pub use speech::{Accent, Phrase, SpeechNow, SpeechProfile};

/// What makes one host's manner.
#[derive(Clone, Debug)]
pub struct MotionOptions {
    /// Whose pose; two hosts with the same seed still move apart.
    pub host: HostId,
    /// Where all chance comes from.
    pub seed: u64,
    /// The body that is moved: without one, arms stay as they are at rest and no hair swings.
    pub avatar: Option<Arc<Avatar>>,
    /// What it can do with its hands.
    pub gestures: Arc<Library>,
}

/// The life of one host.
#[derive(Clone, Debug)]
pub struct Motion {
    host: HostId,
    life: Life,
    acting: Acting,
    swinging: Option<(Arc<Avatar>, Springs)>,
}

impl Motion {
    /// A host who has not felt anything yet.
    pub fn new(options: MotionOptions) -> Self {
        // The name is part of the seed.
        let seed =
            (Chance::new(options.seed, options.host.as_str()).uniform(0) * 2f64.powi(53)) as u64;
        Self {
            life: Life::new(seed),
            acting: Acting::new(options.gestures, options.avatar.as_ref(), seed),
            swinging: options.avatar.and_then(|avatar| {
                let springs = Springs::new(&avatar)?;
                Some((avatar, springs))
            }),
            host: options.host,
        }
    }

    /// Makes a gesture as soon as can be after `at`; false when there is none of this name.
    pub fn ask(&mut self, at: MediaTime, gesture: &str) -> bool {
        self.acting.ask(at, gesture)
    }

    /// The host at `at` of the show. All shapes are within 0..=1. What swings remembers the poses before: ask for all
    /// ticks, in order, also for those that are not drawn.
    pub fn pose(&mut self, at: MediaTime, situation: &Situation) -> Pose {
        let acted = self.acting.at(at, situation);
        let mut pose = self
            .life
            .pose(self.host.clone(), at, situation, &acted.lean);
        pose.gesture = acted.gesture;
        self.acting.apply(at, &mut pose);
        if let Some((avatar, springs)) = &mut self.swinging {
            springs.apply(avatar, &mut pose, at);
        }
        pose
    }
}
