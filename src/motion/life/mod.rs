//! What a host does without being asked: blinks, looks, breath, sway, smiles, and the feelings it shows.

mod attention;
mod blink;
mod face;
mod feeling;
mod gaze;
mod trunk;

use super::chance::Chance;
use super::gesture::Lean;
use super::glide::Glide;
use super::situation::Situation;
use crate::media::{Activity, Angles, Blendshapes, HostId, MediaTime, Pose, Shape};

use attention::Attention;
use blink::Blinks;
use feeling::Feelings;
use gaze::Gaze;
use trunk::Body;

/// The smile of a face at rest, 0..=1.
const RESTING_SMILE: f32 = 0.12;
/// The head swings wider while its host talks; a change takes this long, seconds.
const TALK_FADE_SECS: f64 = 0.5;
/// How long the head takes into the posture of another activity, seconds.
const STANCE_SECS: f64 = 0.8;
/// A breath for what will be said begins so long before, and is used up so long after; seconds.
const GULP_BEFORE: MediaTime = MediaTime::from_millis(400);
const GULP_SECS: (f64, f64) = (0.36, 1.4);
/// Only a pause of this length has room for a breath.
const GULP_PAUSE: MediaTime = MediaTime::from_millis(250);
/// Lids follow eyes that look down, so much for each degree, up to a limit.
const LID_PER_DEG: f64 = 0.011;
const LID_MOST: f64 = 0.26;
/// The head never turns further than this, yaw, pitch and roll in degrees.
const HEAD_DEG: [f32; 3] = [34.0, 22.0, 14.0];
/// What is never quite still in a face: shape, how much, how fast (seconds).
const MICRO: [(Shape, f32, f64); 10] = [
    (Shape::BrowInnerUp, 0.05, 2.3),
    (Shape::BrowOuterUpLeft, 0.035, 3.1),
    (Shape::BrowOuterUpRight, 0.035, 3.4),
    (Shape::EyeSquintLeft, 0.05, 2.7),
    (Shape::EyeSquintRight, 0.05, 2.9),
    (Shape::CheekSquintLeft, 0.04, 4.1),
    (Shape::CheekSquintRight, 0.04, 4.4),
    (Shape::NoseSneerLeft, 0.02, 3.7),
    (Shape::NoseSneerRight, 0.02, 3.9),
    (Shape::BrowDownLeft, 0.02, 5.3),
];

/// The life of one host: face, head, eyes and trunk.
#[derive(Clone, Debug)]
pub(super) struct Life {
    blinks: Blinks,
    gaze: Gaze,
    attention: Attention,
    body: Body,
    smile: Chance,
    brows: Chance,
    micro: Chance,
    feelings: Feelings,
    /// From silence (0) to speech (1).
    talk: Glide<1>,
    /// How the head is held in an activity: pitch, roll, and the lift of the brows.
    stance: Glide<3>,
    /// Air taken for what will be said, and for which beginning.
    gulp: Glide<1>,
    gulped_for: Option<MediaTime>,
}

impl Life {
    /// A host who has not felt anything yet.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            blinks: Blinks::new(seed),
            gaze: Gaze::new(seed),
            attention: Attention::new(seed),
            body: Body::new(seed),
            smile: Chance::new(seed, "smile"),
            brows: Chance::new(seed, "brows"),
            micro: Chance::new(seed, "micro"),
            feelings: Feelings::new(seed),
            talk: Glide::new([0.0]),
            stance: Glide::new([0.0; 3]),
            gulp: Glide::new([0.0]),
            gulped_for: None,
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
        let secs = at.as_secs_f64();
        let speech = &situation.speech;
        let talk = towards(
            &mut self.talk,
            at,
            [f64::from(u8::from(speech.speaking))],
            TALK_FADE_SECS,
        );
        let stance = stance_of(situation.activity);
        let [pitch, roll, brows] = towards(&mut self.stance, at, stance, STANCE_SECS);
        let look = self.attention.at(at, situation);
        let swing = self
            .body
            .head(secs, talk[0] as f32, speech.accent.clamp(0.0, 1.0));
        let asking = speech.asking.clamp(0.0, 1.0);
        let head = limited(Angles {
            yaw_deg: swing.yaw_deg + look.head[0] as f32 + lean.head.yaw_deg,
            pitch_deg: swing.pitch_deg
                + (look.head[1] + pitch) as f32
                + lean.head.pitch_deg
                + 1.5 * asking,
            roll_deg: swing.roll_deg + roll as f32 + lean.head.roll_deg,
        });
        let wanders = matches!(situation.activity, Activity::Idle | Activity::Speaking)
            && situation.focus.is_none();
        let eyes = self.gaze.eyes(secs, look.gaze, head, wanders);
        let face = self.face(at, situation, brows as f32 + 0.5 * asking);
        let lid = (LID_PER_DEG * f64::from(-eyes.pitch_deg)).clamp(0.0, LID_MOST);
        let phrase_end = speech
            .since_phrase_end
            .map(|since| (at - since).as_secs_f64());
        let shift = look.since_blink.map(|since| secs - since);
        let closed = self.blinks.closed(secs, phrase_end, shift);
        // A lid that hangs has less far to go.
        let closed = (lid + (1.0 - lid) * closed) as f32;
        let gulp = self.gulp(at, situation);
        let trunk = Angles {
            yaw_deg: lean.trunk.yaw_deg + 0.25 * look.head[0] as f32,
            ..lean.trunk
        };
        Pose {
            blendshapes: lidded(face, closed).clamped(),
            head,
            eyes,
            bones: self.body.bones(secs, gulp, trunk, lean.shoulders_deg),
            emotion: self.feelings.emotion(),
            ..Pose::rest(host)
        }
    }

    /// The face but for its lids.
    fn face(&mut self, at: MediaTime, situation: &Situation, lift: f32) -> Blendshapes {
        let secs = at.as_secs_f64();
        let speech = &situation.speech;
        let feeling = self.feelings.offsets(at, situation);
        let smile = RESTING_SMILE * (1.0 + 0.3 * self.smile.noise(secs, 5.0) as f32);
        let idle_brows = (0.12 * self.brows.noise(secs, 3.1)).max(0.0) as f32;
        let stress = (0.35 * speech.energy + 0.65 * speech.accent).clamp(0.0, 1.0);
        let mut face = face::compose(&speech.mouth, &feeling, smile, idle_brows + stress + lift);
        for (index, (shape, most, period)) in (0..).zip(MICRO) {
            let noise = self.micro.child(index).noise(secs, period) as f32;
            face[shape] += most * (0.5 + noise).max(0.0);
        }
        face
    }

    /// How much more air is in the chest for what will be said or is being said.
    fn gulp(&mut self, at: MediaTime, situation: &Situation) -> f32 {
        if let Some(start) = coming_phrase(at, situation)
            && self.gulped_for != Some(start)
        {
            self.gulped_for = Some(start);
            self.gulp.set(at, [1.0], GULP_SECS.0);
        } else if self.gulp.goal() == [1.0] && self.gulp.has_arrived(at) {
            self.gulp.set(at, [0.0], GULP_SECS.1);
        }
        self.gulp.at(at)[0] as f32
    }
}

/// Sets out for `goal` where that is new, and gives the values at `at`.
fn towards<const N: usize>(
    glide: &mut Glide<N>,
    at: MediaTime,
    goal: [f64; N],
    secs: f64,
) -> [f64; N] {
    if glide.goal() != goal {
        glide.set(at, goal, secs);
    }
    glide.at(at)
}

/// How the head is held: pitch and roll in degrees, and the lift of the brows, 0..=1.
fn stance_of(activity: Activity) -> [f64; 3] {
    match activity {
        Activity::Idle | Activity::Speaking | Activity::TakenOver => [0.0; 3],
        Activity::Listening => [-0.5, 3.5, 0.15],
        Activity::Thinking => [1.5, -4.0, 0.3],
        Activity::Reading => [-2.5, 1.0, 0.1],
        Activity::Away => [-7.0, 0.0, 0.0],
    }
}

/// The beginning of a phrase that is so near that air must be taken for it.
fn coming_phrase(at: MediaTime, situation: &Situation) -> Option<MediaTime> {
    let near = |start: &MediaTime| (at..at + GULP_BEFORE).contains(start);
    let next = situation.next.as_ref().and_then(|next| {
        let first = next.score.profile.phrases().first()?;
        Some(next.start + first.start)
    });
    let now = situation.now.as_ref().and_then(|now| {
        let mut ended = MediaTime(i64::MIN / 2);
        let phrases = now.score.profile.phrases().iter();
        phrases
            .filter(|phrase| {
                let pause = phrase.start - std::mem::replace(&mut ended, phrase.end);
                pause >= GULP_PAUSE
            })
            .map(|phrase| now.start + phrase.start)
            .find(near)
    });
    now.or(next.filter(near))
}

/// Bends towards its limits instead of hitting them.
fn limited(head: Angles) -> Angles {
    let bent = |degrees: f32, most: f32| most * (degrees / most).tanh();
    Angles {
        yaw_deg: bent(head.yaw_deg, HEAD_DEG[0]),
        pitch_deg: bent(head.pitch_deg, HEAD_DEG[1]),
        roll_deg: bent(head.roll_deg, HEAD_DEG[2]),
    }
}

/// The face with its lids `closed`, 0..=1.
fn lidded(mut face: Blendshapes, closed: f32) -> Blendshapes {
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
    face
}
