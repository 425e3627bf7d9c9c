//! Which feeling is shown: it arrives before its sentence and leaves after it.

use super::face::face_of;
use crate::media::{Blendshapes, Emotion, MediaTime, Shape};
use crate::motion::Situation;
use crate::motion::chance::Chance;
use crate::motion::glide::Glide;

/// A change of feeling takes this long, seconds.
const FADE_SECS: f64 = 0.42;
/// A feeling begins so long before the words it belongs to.
const BEFORE: MediaTime = MediaTime::from_millis(260);
/// And stays so long after them.
const AFTER: MediaTime = MediaTime::from_millis(450);
/// How far its strength wanders, and in which time (seconds).
const WANDER: f64 = 0.16;
const WANDER_SECS: f64 = 2.7;
/// One side of a face goes before the other by this much of its strength.
const UNEVEN: f64 = 0.07;
const UNEVEN_SECS: f64 = 6.0;

/// The feelings of one host.
#[derive(Clone, Debug)]
pub(super) struct Feelings {
    strength: Chance,
    sides: Chance,
    emotion: Emotion,
    /// How much of each feeling is shown, in the order of [`Emotion::ALL`].
    shown: Glide<7>,
}

impl Feelings {
    /// A host who has not felt anything yet.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            strength: Chance::new(seed, "strength of feelings"),
            sides: Chance::new(seed, "sides of feelings"),
            emotion: Emotion::Neutral,
            shown: Glide::new(weights(Emotion::Neutral)),
        }
    }

    /// The feeling that is shown, or comes.
    pub(super) fn emotion(&self) -> Emotion {
        self.emotion
    }

    /// What the feelings add to the face at `at`.
    pub(super) fn offsets(&mut self, at: MediaTime, situation: &Situation) -> Blendshapes {
        let (emotion, since) = wanted(at, situation);
        if emotion != self.emotion {
            self.emotion = emotion;
            // Not further back than a frame: what came late is not made up for.
            let since = since.max(at - MediaTime::from_millis(40)).min(at);
            self.shown.set(since, weights(emotion), FADE_SECS);
        }
        let secs = at.as_secs_f64();
        let strength = 1.0 + WANDER * self.strength.noise(secs, WANDER_SECS);
        let uneven = UNEVEN * self.sides.noise(secs, UNEVEN_SECS);
        let mut offsets = Blendshapes::default();
        for (emotion, shown) in Emotion::ALL.into_iter().zip(self.shown.at(at)) {
            if emotion == Emotion::Neutral || shown.abs() < 1e-6 {
                continue;
            }
            let face = face_of(emotion);
            for (shape, weight) in Shape::ALL.into_iter().zip(face.0) {
                let side = match shape.name() {
                    name if name.ends_with("Left") => 1.0 + uneven,
                    name if name.ends_with("Right") => 1.0 - uneven,
                    _ => 1.0,
                };
                offsets[shape] += weight * (shown * strength * side) as f32;
            }
        }
        offsets
    }
}

/// The feeling of `at`, and since when.
fn wanted(at: MediaTime, situation: &Situation) -> (Emotion, MediaTime) {
    if let Some(feeling) = situation.feeling {
        return (feeling, at);
    }
    if let Some(next) = &situation.next
        && at >= next.start - BEFORE
        && let Some((_, feeling)) = next.score.feelings.first()
    {
        return (*feeling, next.start - BEFORE);
    }
    for spoken in situation.now.iter().chain(&situation.before) {
        let over = spoken.start + spoken.score.duration + AFTER;
        let from = |from: MediaTime| spoken.start + from - BEFORE;
        let begun = spoken.score.feelings.iter().rev();
        let mut begun = begun.skip_while(|(start, _)| from(*start) > at);
        if at < over
            && let Some((start, feeling)) = begun.next()
        {
            return (*feeling, from(*start));
        }
    }
    (situation.speech.emotion, at)
}

fn weights(emotion: Emotion) -> [f64; 7] {
    Emotion::ALL.map(|own| if own == emotion { 1.0 } else { 0.0 })
}
