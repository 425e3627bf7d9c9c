//! How an utterance is performed: its feelings, looks and gesture strokes in time, known before its first sample.

mod plan;
mod rules;
mod words;

use std::ops::Range;

use super::{Library, SpeechProfile};
use crate::media::{Act, Emotion, Focus, MediaTime, Utterance};

/// Which hand makes a gesture. The names are the host's own sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The host's left hand: at the right of the picture.
    Left,
    /// The host's right hand: at the left of the picture.
    Right,
}

impl Side {
    /// The other hand.
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// Why a gesture is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The text or the operator asks for it by name.
    Asked,
    /// A rule about words.
    Word,
    /// The rhythm of the speech.
    Rhythm,
}

/// One gesture to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Its place in the [`Library`].
    pub gesture: usize,
    /// When its stroke lands, counted from the start of the utterance.
    pub at: MediaTime,
    /// How long it stays there before it is taken back (post-stroke hold).
    pub hold: MediaTime,
    /// The word it belongs to, counted from the start of the utterance.
    pub word: Range<MediaTime>,
    /// Who makes it, where the gesture leaves it open.
    pub side: Side,
    /// How large it is made, 0..=1.
    pub size: f32,
    /// Why.
    pub reason: Reason,
}

/// How one utterance is performed; times count from its first sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Loudness, accents and phrases.
    pub profile: SpeechProfile,
    /// How long it sounds.
    pub duration: MediaTime,
    /// Which feeling begins when, in the order of time; the first at zero.
    pub feelings: Vec<(MediaTime, Emotion)>,
    /// Which look begins when, in the order of time.
    pub looks: Vec<(MediaTime, Option<Focus>)>,
    /// Gestures in the order of their strokes.
    pub strokes: Vec<Stroke>,
}

impl Score {
    /// Plans `utterance` with the gestures of `library`; `seed` decides where several would do.
    pub fn new(utterance: &Utterance, library: &Library, seed: u64) -> Self {
        let profile = SpeechProfile::new(&utterance.audio);
        let mut feelings = vec![(MediaTime::ZERO, utterance.emotion)];
        let mut looks = Vec::new();
        for act in &utterance.acts {
            match &act.act {
                Act::Feel(feeling) if act.at <= MediaTime::ZERO => feelings[0].1 = *feeling,
                Act::Feel(feeling) => feelings.push((act.at, *feeling)),
                Act::Look(focus) => looks.push((act.at, focus.clone())),
                Act::Gesture(_) | Act::Stress => {}
            }
        }
        Self {
            strokes: plan::strokes(utterance, &profile, library, seed),
            profile,
            duration: utterance.duration(),
            feelings,
            looks,
        }
    }
}

#[cfg(test)]
mod tests;
