//! A finished piece of speech and what is known about it.

use std::sync::Arc;

use super::{Activity, Blendshapes, Emotion, FrameRate, HostId, MediaTime, TimedAct};

/// When one word sounds, counted from the start of the utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordTime {
    /// The word as written, with the punctuation that follows it.
    pub text: String,
    /// First sample of the word.
    pub start: MediaTime,
    /// End of the word.
    pub end: MediaTime,
}

/// How phones are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneAlphabet {
    /// CMU names in lower case, as flite has them.
    #[default]
    Arpabet,
    /// The International Phonetic Alphabet, as espeak-ng has it.
    Ipa,
}

/// When one phone sounds, counted from the start of the utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneTime {
    /// The phone in a [`PhoneAlphabet`]; `pau` is silence in each.
    pub phone: String,
    /// First sample of the phone.
    pub start: MediaTime,
    /// End of the phone.
    pub end: MediaTime,
}

/// A named instant inside an utterance (`<mark name="card"/>`), counted from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The name given in the text.
    pub name: String,
    /// When it is reached.
    pub at: MediaTime,
}

/// The mouth over time.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthTrack {
    /// The instant of the first frame, counted from the start of the utterance.
    pub start: MediaTime,
    /// Frames per second.
    pub rate: FrameRate,
    /// Mouth shapes; shapes that do not belong to the mouth are zero.
    pub frames: Vec<Blendshapes>,
}

impl MouthTrack {
    /// The mouth at `at` (counted from the start of the utterance), interpolated; at rest outside the track.
    pub fn sample(&self, at: MediaTime) -> Blendshapes {
        let position = (at - self.start).as_secs_f64() * self.rate.as_f64();
        if self.frames.is_empty() || position <= -1.0 || position >= self.frames.len() as f64 {
            return Blendshapes::default();
        }
        let index = position.floor();
        let blend = (position - index) as f32;
        let frame = |i: f64| {
            if i < 0.0 {
                Blendshapes::default()
            } else {
                self.frames.get(i as usize).copied().unwrap_or_default()
            }
        };
        frame(index).lerp(&frame(index + 1.0), blend)
    }
}

/// Everything the engine needs to say one thing: made ahead of time, played on time. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The cue it belongs to; several utterances of one long text share it.
    pub cue_id: u64,
    /// Who speaks.
    pub speaker: HostId,
    /// The text as it is to be shown in captions.
    pub text: String,
    /// Mono sound at 48 kHz.
    pub audio: Arc<Vec<f32>>,
    /// The mouth, on the sound's own timeline.
    pub mouth: Arc<MouthTrack>,
    /// Words in time; from the voice engine or spread over the sound.
    pub words: Vec<WordTime>,
    /// Phones in time, where the voice engine reports them; else empty.
    pub phones: Vec<PhoneTime>,
    /// Named instants.
    pub marks: Vec<Mark>,
    /// Emotion to be shown while it is said, until an act says otherwise.
    pub emotion: Emotion,
    /// What is to be done meanwhile, in the order of time.
    pub acts: Vec<TimedAct>,
    /// What the host is busy with where this is a pause; `None` in speech.
    pub activity: Option<Activity>,
}

impl Utterance {
    /// How long it sounds.
    pub fn duration(&self) -> MediaTime {
        MediaTime::from_samples(self.audio.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Shape;

    #[test]
    fn mouth_is_interpolated_and_rests_outside() {
        let mut open = Blendshapes::default();
        open[Shape::JawOpen] = 1.0;
        let track = MouthTrack {
            start: MediaTime::from_millis(20),
            rate: FrameRate::whole(50),
            frames: vec![Blendshapes::default(), open, open],
        };
        let jaw = |millis| track.sample(MediaTime::from_millis(millis))[Shape::JawOpen];
        assert_eq!(jaw(0), 0.0);
        assert!((jaw(30) - 0.5).abs() < 1e-4);
        assert_eq!(jaw(50), 1.0);
        assert!((jaw(70) - 0.5).abs() < 1e-4);
        assert_eq!(jaw(90), 0.0);
        assert_eq!(jaw(-5000), 0.0);
    }
}
