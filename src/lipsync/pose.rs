//! From probabilities of visual phones to ARKit shapes, step by step.
//!
//! Each step's pose is the expectation of the table under the answer, smoothed per group over two steps before and two
//! after (so a pose leaves two steps after its answer came in, and does not lag); then closures and bitten lips are shown
//! whole, and a silence rests exactly.
//!
//! A closure is a decision: half a closure is none. So the probability of a phone that is shown whole, and that of a
//! silence that has not lasted yet (the gap of a k or t sounds like one), moves nothing; its share of the mouth stays
//! with what the mouth did before, which fades.

use super::table::{MAX_SNAPS, PoseTable, REACH, Snap, TAPS};
use crate::media::{Blendshapes, Shape};

/// For each snapping phone: its probability and whether it is shown whole.
type Snaps = [(f32, bool); MAX_SNAPS];

/// What is remembered about one step.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// The expected pose.
    pose: Blendshapes,
    snaps: Snaps,
    /// 0 = exact rest, 1 = as the model says.
    awake: f32,
}

/// Whether a snapping phone is on, and how many steps it must still be shown.
#[derive(Clone, Copy, Debug, Default)]
struct Latch {
    on: bool,
    owed_steps: usize,
}

/// Turns answers into poses; the pose of step n comes out with answer n + 2.
#[derive(Clone, Debug)]
pub(super) struct PoseStream {
    table: PoseTable,
    /// Classes that snap; at most [`MAX_SNAPS`].
    snapping: Vec<(usize, Snap)>,
    latches: [Latch; MAX_SNAPS],
    /// What the mouth did before, without closures.
    held: Blendshapes,
    /// Steps of silence so far.
    silent_steps: usize,
    /// The last five steps, oldest first.
    window: [Step; TAPS],
    /// Answers so far.
    count: usize,
}

impl PoseStream {
    pub(super) fn new(table: PoseTable) -> Self {
        let snapping: Vec<(usize, Snap)> = table
            .phones
            .iter()
            .enumerate()
            .filter_map(|(class, phone)| Some((class, phone.snap?)))
            .collect();
        Self {
            latches: [Latch::default(); MAX_SNAPS],
            held: Blendshapes::default(),
            silent_steps: table.silence.steps + table.silence.fade_steps,
            window: [Step::default(); TAPS],
            count: 0,
            snapping,
            table,
        }
    }

    /// Forgets the past: the mouth was at rest.
    pub(super) fn reset(&mut self) {
        self.latches = [Latch::default(); MAX_SNAPS];
        self.held = Blendshapes::default();
        self.silent_steps = self.table.silence.steps + self.table.silence.fade_steps;
        self.window = [Step::default(); TAPS];
        self.count = 0;
    }

    /// Takes the next answer and gives the pose of the step two before it, once there is one.
    pub(super) fn push(&mut self, answer: &[f32]) -> Option<Blendshapes> {
        let awake = self.wakefulness(answer);
        self.window.rotate_left(1);
        let snaps = self.latch(answer);
        self.move_on(answer);
        self.window[TAPS - 1] = Step {
            pose: self.held,
            snaps,
            awake,
        };
        self.count += 1;
        (self.count > REACH).then(|| self.shown())
    }

    /// 1 while there is speech; falls to exactly 0 once a silence has lasted.
    fn wakefulness(&mut self, answer: &[f32]) -> f32 {
        let silence = self.table.silence;
        if answer[silence.class] > silence.probability {
            self.silent_steps = self.silent_steps.saturating_add(1);
        } else {
            self.silent_steps = 0;
        }
        let past = (self.silent_steps + 1).saturating_sub(silence.steps);
        (1.0 - past as f32 / silence.fade_steps as f32).max(0.0)
    }

    /// Moves the latches on; what the newest step shows whole. A closure of one step is stretched to the step before it
    /// (not shown yet: it is in the middle of the window) if the lips were likelier closed there than after it.
    fn latch(&mut self, answer: &[f32]) -> Snaps {
        let middle = &mut self.window[REACH];
        let mut snaps = Snaps::default();
        for (place, &(class, snap)) in self.snapping.iter().enumerate() {
            let probability = answer[class];
            let latch = &mut self.latches[place];
            let threshold = if latch.on { snap.off } else { snap.on };
            if probability > threshold {
                if !latch.on {
                    latch.owed_steps = snap.hold_steps;
                }
                latch.on = true;
            } else {
                let (before, shown) = &mut middle.snaps[place];
                let one_step = latch.on && latch.owed_steps + 1 == snap.hold_steps;
                if one_step && !*shown && *before > probability {
                    *shown = true;
                    latch.owed_steps = latch.owed_steps.saturating_sub(1);
                }
                latch.on = false;
            }
            let shown = latch.on || latch.owed_steps > 0;
            latch.owed_steps = latch.owed_steps.saturating_sub(1);
            snaps[place] = (probability, shown);
        }
        snaps
    }

    /// Moves what the mouth does by one answer: seen phones pull it by their probabilities, the rest leaves it, fading.
    fn move_on(&mut self, answer: &[f32]) {
        let silence = self.table.silence;
        let mut seen = 0.0;
        let mut pose = Blendshapes::default();
        for (class, (phone, &probability)) in self.table.phones.iter().zip(answer).enumerate() {
            let decided = phone.snap.is_some_and(|snap| snap.strength >= 1.0);
            if class == silence.class || decided {
                continue;
            }
            seen += probability;
            for (sum, weight) in pose.0.iter_mut().zip(phone.pose.0) {
                *sum += probability * weight;
            }
        }
        let left = (1.0 - seen).clamp(0.0, 1.0) * silence.keep;
        for (held, new) in self.held.0.iter_mut().zip(pose.0) {
            *held = *held * left + new;
        }
    }

    /// The pose in the middle of the window.
    fn shown(&self) -> Blendshapes {
        let mut pose = Blendshapes::default();
        for group in &self.table.groups {
            for &shape in &group.shapes {
                pose[shape] = self
                    .window
                    .iter()
                    .zip(group.kernel)
                    .map(|(step, weight)| step.pose[shape] * weight)
                    .sum();
            }
        }
        for (place, &(class, snap)) in self.snapping.iter().enumerate() {
            let shown = |step: usize| self.window[step].snaps[place].1;
            let pull = if shown(REACH) {
                1.0
            } else if shown(REACH - 1) || shown(REACH + 1) {
                snap.shoulder
            } else {
                continue;
            };
            self.pull_to(&mut pose, class, pull, snap);
        }
        let awake = self.window[REACH - 1..=REACH + 1]
            .iter()
            .map(|step| step.awake)
            .sum::<f32>()
            / 3.0;
        Blendshapes(pose.0.map(|weight| weight * awake)).clamped()
    }

    /// Pulls `pose` to a phone's own pose.
    fn pull_to(&self, pose: &mut Blendshapes, class: usize, pull: f32, snap: Snap) {
        let target = self.table.phones[class].pose;
        let pull = pull * snap.strength;
        for group in &self.table.groups {
            for &shape in &group.shapes {
                let kept = if group.rounding {
                    snap.keep_rounding
                } else if shape == Shape::JawOpen {
                    snap.keep_jaw
                } else {
                    0.0
                };
                let goal = target[shape].max(pose[shape] * kept);
                pose[shape] += (goal - pose[shape]) * pull;
            }
        }
        // Lips that meet cancel whatever gap the jaw makes.
        if target[Shape::MouthClose] > 0.0 {
            pose[Shape::MouthClose] = pose[Shape::MouthClose].max(pull * pose[Shape::JawOpen]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lipsync::Style;

    const NAMES: [&str; 4] = ["sil", "PP", "FF", "AA"];

    fn stream(style: Style) -> PoseStream {
        let text = include_str!("../../audio/lipsync/poses.toml");
        let names = NAMES.map(str::to_owned);
        PoseStream::new(PoseTable::parse(text, "poses.toml", &names, style).unwrap())
    }

    fn answer(class: &str) -> [f32; 4] {
        std::array::from_fn(|i| if NAMES[i] == class { 0.97 } else { 0.01 })
    }

    fn poses(style: Style, classes: &[&str]) -> Vec<Blendshapes> {
        let mut stream = stream(style);
        let padded = classes.iter().chain([&"sil"; REACH]);
        padded
            .filter_map(|class| stream.push(&answer(class)))
            .collect()
    }

    /// The gap between the lips as the scorer defines it.
    fn gap(pose: &Blendshapes) -> f32 {
        let shape = |name| pose[Shape::from_name(name).unwrap()];
        let gap = (shape("jawOpen") - shape("mouthClose")).max(0.0)
            + 0.30 * shape("mouthLowerDownLeft")
            + 0.20 * shape("mouthUpperUpLeft")
            + 0.25 * shape("mouthFunnel")
            - 0.40 * shape("mouthPressLeft")
            - 0.30 * shape("mouthRollLower")
            - 0.15 * shape("mouthRollUpper");
        gap.max(0.0)
    }

    #[test]
    fn one_pose_per_step_two_steps_later() {
        let mut stream = stream(Style::Neutral);
        assert!(stream.push(&answer("AA")).is_none());
        assert!(stream.push(&answer("AA")).is_none());
        assert!(stream.push(&answer("AA")).is_some());
        assert_eq!(poses(Style::Neutral, &["AA"; 10]).len(), 10);
    }

    #[test]
    fn a_closure_of_one_step_closes_the_lips_for_a_video_frame_in_every_style() {
        for style in [Style::Neutral, Style::Broadcast, Style::Soft] {
            let mut classes = ["AA"; 21];
            classes[10] = "PP";
            let poses = poses(style, &classes);
            let open = gap(&poses[5]);
            assert!(open > 0.4, "{style:?}: {open}");
            let closed = poses.iter().filter(|pose| gap(pose) < 0.02).count();
            assert_eq!(closed, 2, "{style:?}");
            assert!(gap(&poses[10]) < 0.02, "{style:?}");
        }
    }

    #[test]
    fn a_doubtful_closure_does_not_flicker() {
        let mut stream = stream(Style::Neutral);
        let closed = |stream: &mut PoseStream, p: f32| {
            let pose = stream.push(&[0.01, p, 0.01, 0.98 - p])?;
            Some(gap(&pose) < 0.02)
        };
        let probabilities = [0.0, 0.0, 0.8, 0.5, 0.6, 0.5, 0.3, 0.5, 0.6, 0.0, 0.0, 0.0];
        let seen: Vec<bool> = probabilities
            .into_iter()
            .filter_map(|p| closed(&mut stream, p))
            .collect();
        let expected = [0, 0, 1, 1, 1, 1, 0, 0, 0, 0].map(|x| x == 1);
        assert_eq!(seen, expected);
    }

    #[test]
    fn silence_is_exact_rest_and_speech_ends_it_at_once() {
        let mut classes = vec!["AA"; 10];
        classes.extend(["sil"; 20]);
        classes.extend(["AA"; 10]);
        let poses = poses(Style::Neutral, &classes);
        for pose in &poses[18..28] {
            assert_eq!(*pose, Blendshapes::default());
        }
        assert!(gap(&poses[30]) > 0.2, "{:?}", poses[30]);
    }

    #[test]
    fn bitten_lips_are_seen_between_open_vowels() {
        let mut classes = ["AA"; 21];
        classes[10] = "FF";
        classes[11] = "FF";
        let poses = poses(Style::Neutral, &classes);
        assert!(poses[10][Shape::MouthRollLower] > 0.4);
        assert!(poses[5][Shape::MouthRollLower] < 0.05);
    }
}
