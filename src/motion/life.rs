//! What a host does without being asked: blinks, looks, breath, sway, smiles, and the feelings it shows.

use super::blink::Blinks;
use super::body::Body;
use super::chance::{self, Chance};
use super::face::{self, Feeling};
use super::gaze::Gaze;
use super::gesture::Lean;
use super::situation::Situation;
use crate::media::{HostId, MediaTime, Pose, Shape};

/// The smile of a face at rest, 0..=1.
const RESTING_SMILE: f32 = 0.12;

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

/// The life of one host: face, head, eyes and trunk.
#[derive(Clone, Debug)]
pub(super) struct Life {
    blinks: Blinks,
    gaze: Gaze,
    body: Body,
    smile: Chance,
    brows: Chance,
    feeling: Feeling,
    talk: Talk,
}

impl Life {
    /// A host who has not felt anything yet.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            blinks: Blinks::new(seed),
            gaze: Gaze::new(seed),
            body: Body::new(seed),
            smile: Chance::new(seed, "smile"),
            brows: Chance::new(seed, "brows"),
            feeling: Feeling::new(),
            talk: Talk::default(),
        }
    }

    /// Face, head, eyes and trunk at `at`, with `lean` from a gesture on top. All shapes are within 0..=1.
    pub(super) fn pose(
        &mut self,
        host: HostId,
        at: MediaTime,
        situation: &Situation,
        lean: &Lean,
    ) -> Pose {
        let _ = lean;
        let speech = &situation.speech;
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
        Pose {
            blendshapes: face.clamped(),
            head,
            eyes: self.gaze.eyes(secs, head),
            bones: self.body.bones(secs),
            emotion: speech.emotion,
            ..Pose::rest(host)
        }
    }
}
