//! The mouth from phones in time: no model hears anything, the same pose rules run on what is known.
//!
//! Known phones become the answers a model would give that is always right: for each step of 20 ms the share of each
//! visual phone in it. What must be seen whole (lips that meet, a bitten lip) is widened to one video frame.

use super::open;
use super::phones::{Class, PhoneTable, SIL, Segment, VISUAL_PHONES};
use super::pose::PoseStream;
use super::table::REACH;
use super::{LipSyncOptions, MOUTH_RATE, Result, half_step};
use crate::media::{MediaTime, MouthTrack, PhoneAlphabet, PhoneTime};

/// A step in seconds.
pub(super) const STEP_SECS: f64 = 0.02;
/// What must be seen is shown at least this long: one frame at 25 pictures per second.
const SEEN_SECS: f64 = 0.04;

/// Phones in time to mouth. Needs no runtime and no model.
#[derive(Clone, Debug)]
pub struct TimedLips {
    phones: PhoneTable,
    poses: PoseStream,
    /// Visual phones that must be seen whole.
    seen: Vec<Class>,
}

impl TimedLips {
    /// Reads the tables: the pose table of the model in `options` where that knows all visual phones, else the built-in.
    ///
    /// # Errors
    /// When a table cannot be read or is wrong.
    pub fn open(options: &LipSyncOptions) -> Result<Self> {
        let table = open::timed_pose_table(options)?;
        let is_seen = |class: &Class| table.phones[*class].snap.is_some();
        Ok(Self {
            phones: PhoneTable::built_in()?,
            seen: (0..VISUAL_PHONES.len()).filter(is_seen).collect(),
            poses: PoseStream::new(table),
        })
    }

    /// The mouth while `phones` sound, on their timeline, one pose per 20 ms up to `duration`; at rest where there is no
    /// phone.
    pub fn track(
        &mut self,
        phones: &[PhoneTime],
        alphabet: PhoneAlphabet,
        duration: MediaTime,
    ) -> MouthTrack {
        let segments = self.phones.segments(phones, alphabet);
        let steps = (duration.as_secs_f64() / STEP_SECS - 1e-6).ceil().max(0.0) as usize;
        let mut answers = answers(&segments, &self.seen, steps);
        answers.extend([REST; REACH]);
        self.poses.reset();
        let frames = answers
            .iter()
            .filter_map(|answer| self.poses.push(answer))
            .collect();
        MouthTrack {
            start: half_step(),
            rate: MOUTH_RATE,
            frames,
        }
    }
}

/// One answer: a probability for each visual phone.
type Answer = [f32; VISUAL_PHONES.len()];

/// Silence.
const REST: Answer = {
    let mut answer = [0.0; VISUAL_PHONES.len()];
    answer[SIL] = 1.0;
    answer
};

/// The share of each visual phone in each of `steps` steps; what must be seen has a step of which it has half.
fn answers(segments: &[Segment], seen: &[Class], steps: usize) -> Vec<Answer> {
    let mut answers = vec![[0.0; VISUAL_PHONES.len()]; steps];
    // What must be seen comes first; the others share the room that is left, silence last.
    let (whole, others): (Vec<_>, Vec<_>) = segments.iter().partition(|s| seen.contains(&s.class));
    for segment in whole
        .into_iter()
        .map(widened)
        .chain(others.into_iter().copied())
    {
        let first = (segment.start / STEP_SECS).floor().max(0.0) as usize;
        let last = (segment.end / STEP_SECS).ceil().clamp(0.0, steps as f64) as usize;
        for (step, answer) in answers.iter_mut().enumerate().take(last).skip(first) {
            let (from, until) = (step as f64 * STEP_SECS, (step + 1) as f64 * STEP_SECS);
            let overlap = segment.end.min(until) - segment.start.max(from);
            let room = 1.0 - answer.iter().sum::<f32>();
            let mut share = (overlap / STEP_SECS) as f32;
            if share > 0.499 && seen.contains(&segment.class) {
                share = 1.0;
            }
            answer[segment.class] += share.clamp(0.0, room.max(0.0));
        }
    }
    for answer in &mut answers {
        let rest = 1.0 - answer.iter().sum::<f32>();
        answer[SIL] += rest.max(0.0);
    }
    answers
}

/// A segment of at least [`SEEN_SECS`], about the same middle.
fn widened(segment: &Segment) -> Segment {
    let missing = (SEEN_SECS - (segment.end - segment.start)).max(0.0);
    Segment {
        start: segment.start - missing / 2.0,
        end: segment.end + missing / 2.0,
        class: segment.class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Blendshapes, Shape};

    fn phone(phone: &str, start_ms: f64, end_ms: f64) -> PhoneTime {
        let at = |millis: f64| MediaTime::from_secs_f64(millis / 1000.0);
        PhoneTime {
            phone: phone.to_owned(),
            start: at(start_ms),
            end: at(end_ms),
        }
    }

    fn lips() -> TimedLips {
        TimedLips::open(&LipSyncOptions::default()).unwrap()
    }

    fn gap(pose: &Blendshapes) -> f32 {
        (pose[Shape::JawOpen] - pose[Shape::MouthClose]).max(0.0)
            + 0.3 * pose[Shape::MouthLowerDownLeft]
            - 0.4 * pose[Shape::MouthPressLeft]
            - 0.3 * pose[Shape::MouthRollLower]
    }

    #[test]
    fn shares_sum_to_one_and_steps_cover_the_sound() {
        let segments = [
            Segment {
                start: 0.005,
                end: 0.031,
                class: 14,
            },
            Segment {
                start: 0.031,
                end: 0.042,
                class: 1,
            },
            Segment {
                start: 0.042,
                end: 0.5,
                class: 15,
            },
        ];
        let answers = answers(&segments, &[1, 2], 10);
        assert_eq!(answers.len(), 10);
        for answer in &answers {
            assert!(
                (answer.iter().sum::<f32>() - 1.0).abs() < 1e-5,
                "{answer:?}"
            );
            assert!(answer.iter().all(|p| (0.0..=1.0).contains(p)));
        }
        // 0.0165 to 0.0565 closed.
        assert!((answers[1][1] - 1.0).abs() < 1e-5);
        assert!((answers[0][1] - 0.175).abs() < 1e-5 && (answers[0][14] - 0.75).abs() < 1e-5);
        assert_eq!(answers[2][1], 1.0);
        let track = lips().track(
            &[phone("aa", 0.0, 90.0)],
            PhoneAlphabet::Arpabet,
            MediaTime::from_millis(101),
        );
        assert_eq!(track.frames.len(), 6);
        let track = lips().track(&[], PhoneAlphabet::Ipa, MediaTime::from_millis(100));
        assert_eq!(track.frames, vec![Blendshapes::default(); 5]);
    }

    #[test]
    fn the_shortest_closure_at_any_place_closes_the_lips_for_a_frame_in_its_middle() {
        let mut lips = lips();
        for tenth_ms in (0..200).step_by(7) {
            for length in [1.0, 12.0, 19.0, 40.0] {
                let start = 300.0 + f64::from(tenth_ms) / 10.0;
                let phones = [
                    phone("aa", 0.0, start),
                    phone("b", start, start + length),
                    phone("ae", start + length, 700.0),
                    phone("pau", 700.0, 900.0),
                ];
                let track =
                    lips.track(&phones, PhoneAlphabet::Arpabet, MediaTime::from_millis(900));
                let middle = MediaTime::from_secs_f64((start + length / 2.0) / 1000.0);
                assert!(
                    gap(&track.sample(middle)) <= 0.02,
                    "{start} {length}: {}",
                    gap(&track.sample(middle))
                );
                let closed = track
                    .frames
                    .iter()
                    .take(34)
                    .filter(|pose| gap(pose) <= 0.02)
                    .count();
                assert!((2..=4).contains(&closed), "{start} {length}: {closed}");
                assert!(gap(&track.frames[8]) > 0.4);
                assert_eq!(track.frames.last(), Some(&Blendshapes::default()));
            }
        }
    }
}
