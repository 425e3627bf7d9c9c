//! What surrounds a host at one instant: what it is busy with, what is said and will be said, and where things are.

use std::sync::Arc;

use super::{Score, SpeechNow};
use crate::media::{Activity, Angles, Emotion, Focus, HostId, MediaTime};

/// An utterance in the time of the show.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// The pts of its first sample.
    pub start: MediaTime,
    /// How it is performed.
    pub score: Arc<Score>,
}

/// Where things are, as one host sees them: how far the gaze must turn from straight ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// The lens.
    pub camera: Angles,
    /// The product card.
    pub card: Angles,
    /// The screen with comments.
    pub comments: Angles,
    /// The eyes of the other hosts.
    pub hosts: Vec<(HostId, Angles)>,
}

impl Default for Places {
    /// The lens straight ahead, the card low at the right of the picture, comments below the lens.
    fn default() -> Self {
        let at = |pitch_deg, yaw_deg| Angles {
            pitch_deg,
            yaw_deg,
            roll_deg: 0.0,
        };
        Self {
            camera: at(0.0, 0.0),
            card: at(-16.0, 24.0),
            comments: at(-11.0, -4.0),
            hosts: Vec::new(),
        }
    }
}

/// What surrounds a host at one instant.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// What the host is busy with.
    pub activity: Activity,
    /// The sound and the mouth at this instant.
    pub speech: SpeechNow,
    /// The utterance before, as long as its gestures and feelings may last.
    pub before: Option<Spoken>,
    /// What this host says now.
    pub now: Option<Spoken>,
    /// What this host will say next if nothing changes, and when.
    pub next: Option<Spoken>,
    /// What the face is to show whatever is said; `None` leaves it to the scores.
    pub feeling: Option<Emotion>,
    /// What to look at; `None` leaves it to the scores and the activity.
    pub focus: Option<Focus>,
    /// Where things are.
    pub places: Arc<Places>,
}

impl Situation {
    /// Nothing is said; the face shows `emotion`.
    pub fn silent(emotion: Emotion) -> Self {
        Self::heard(SpeechNow::silent(emotion))
    }

    /// Something is said of which only the sound and the mouth are known.
    pub fn heard(speech: SpeechNow) -> Self {
        Self {
            activity: if speech.speaking {
                Activity::Speaking
            } else {
                Activity::Idle
            },
            speech,
            ..Self::default()
        }
    }
}
