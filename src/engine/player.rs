//! Plays utterances on the timeline: which samples, which mouth, which words and which marks belong to a tick.

use crate::media::{Blendshapes, Emotion, MediaTime, Tick, Utterance};
use crate::motion::{SpeechNow, SpeechProfile};
use crate::scene::{CaptionLine, plan_captions};

/// How long speech takes to fade when it is cut: long enough to be free of clicks, short against the 200 ms budget.
const CUT_RAMP: MediaTime = MediaTime::from_millis(60);

/// The utterance being said.
#[derive(Debug)]
struct Playing {
    utterance: Utterance,
    /// The pts of its first sample.
    start: MediaTime,
    captions: Vec<CaptionLine>,
    profile: SpeechProfile,
    /// Marks already told.
    marks_told: usize,
    /// Set when it was cut: the pts at which it is silent.
    silent_at: Option<MediaTime>,
}

impl Playing {
    fn end(&self) -> MediaTime {
        let end = self.start + self.utterance.duration();
        self.silent_at.map_or(end, |silent| silent.min(end))
    }

    /// Gain at `pts`: 1, or falling to 0 while it is being cut.
    fn gain(&self, pts: MediaTime) -> f32 {
        self.silent_at.map_or(1.0, |silent| {
            ((silent - pts).0 as f32 / CUT_RAMP.0 as f32).clamp(0.0, 1.0)
        })
    }
}

/// What of the speech belongs to one instant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    /// What the speaker's motion is told.
    pub speech: SpeechNow,
    /// Words on screen.
    pub caption: String,
    /// The line being said and its sentence.
    pub line: Option<(u64, String)>,
}

/// Plays one utterance after the other without a gap.
#[derive(Debug)]
pub(super) struct Player {
    playing: Option<Playing>,
    /// The utterance before: its nods and its fading liveliness outlast its sound.
    before: Option<(SpeechProfile, MediaTime)>,
    caption_capacity_ems: f32,
}

impl Player {
    pub(super) fn new(caption_capacity_ems: f32) -> Self {
        Self {
            playing: None,
            before: None,
            caption_capacity_ems,
        }
    }

    /// Whether nothing is being said.
    pub(super) fn is_silent(&self) -> bool {
        self.playing.is_none()
    }

    /// Fades what is being said from `pts` on and ends it.
    pub(super) fn cut(&mut self, pts: MediaTime) {
        if let Some(playing) = &mut self.playing {
            playing.silent_at.get_or_insert(pts + CUT_RAMP);
        }
    }

    /// Writes the speech of `tick` into `out` (mono, zeroed) and returns the marks reached. `said` gives the next
    /// utterance when one is wanted.
    pub(super) fn fill(
        &mut self,
        tick: Tick,
        out: &mut [f32],
        said: &mut dyn FnMut() -> Option<Utterance>,
    ) -> Vec<String> {
        let mut marks = Vec::new();
        let end = tick.pts + MediaTime::from_samples(tick.samples);
        let mut at = tick.pts;
        while at < end {
            if self
                .playing
                .as_ref()
                .is_none_or(|playing| playing.end() <= at)
            {
                if let Some(over) = self.playing.take() {
                    self.before = Some((over.profile, over.start));
                }
                self.playing = said().map(|utterance| self.begin(utterance, at));
            }
            let Some(playing) = &mut self.playing else {
                break;
            };
            let until = playing.end().min(end);
            for pts in at.0..until.0 {
                let sample = playing
                    .utterance
                    .audio
                    .get((pts - playing.start.0) as usize)
                    .copied()
                    .unwrap_or(0.0);
                out[(pts - tick.pts.0) as usize] += sample * playing.gain(MediaTime(pts));
            }
            while let Some(mark) = playing.utterance.marks.get(playing.marks_told)
                && playing.start + mark.at < until
            {
                marks.push(mark.name.clone());
                playing.marks_told += 1;
            }
            // An utterance without sound must not be asked again within this tick for ever.
            at = if until > at { until } else { at + MediaTime(1) };
        }
        marks
    }

    fn begin(&self, utterance: Utterance, start: MediaTime) -> Playing {
        let duration = utterance.duration();
        let captions = plan_captions(
            &utterance.text,
            &utterance.words,
            duration,
            self.caption_capacity_ems,
        );
        let profile = SpeechProfile::new(&utterance.audio);
        Playing {
            utterance,
            start,
            captions,
            profile,
            marks_told: 0,
            silent_at: None,
        }
    }

    /// What is heard and seen of the speech at `pts`.
    pub(super) fn heard_at(&self, pts: MediaTime) -> Heard {
        let fading = self
            .before
            .as_ref()
            .filter(|(profile, start)| pts - *start < profile.settled());
        let before = fading.map(|(profile, start)| {
            profile.now(pts - *start, Blendshapes::default(), Emotion::Neutral)
        });
        let Some(playing) = self.playing.as_ref().filter(|playing| pts < playing.end()) else {
            let speech = before.unwrap_or_else(|| SpeechNow::silent(Emotion::Neutral));
            return Heard {
                speech,
                caption: String::new(),
                line: None,
            };
        };
        let at = pts - playing.start;
        let gain = playing.gain(pts);
        let mouth = Blendshapes::default().lerp(&playing.utterance.mouth.sample(at), gain);
        let mut speech = playing.profile.now(at, mouth, playing.utterance.emotion);
        speech.energy *= gain;
        if let Some(before) = before {
            speech.speaking |= before.speaking;
            speech.accent = speech.accent.max(before.accent);
            speech.since_phrase_end = speech.since_phrase_end.or(before.since_phrase_end);
        }
        let caption = playing
            .captions
            .iter()
            .find(|line| line.start <= at && at < line.end);
        Heard {
            speech,
            caption: caption.map(|line| line.text.clone()).unwrap_or_default(),
            line: Some((playing.utterance.cue_id, playing.utterance.text.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::media::{FrameRate, HostId, Mark, MouthTrack};

    fn utterance(id: u64, samples: usize, level: f32) -> Utterance {
        Utterance {
            cue_id: id,
            speaker: HostId::new("lina"),
            text: format!("line {id}"),
            audio: Arc::new(vec![level; samples]),
            mouth: Arc::new(MouthTrack {
                start: MediaTime::ZERO,
                rate: FrameRate::whole(50),
                frames: Vec::new(),
            }),
            words: Vec::new(),
            phones: Vec::new(),
            marks: vec![Mark {
                name: format!("m{id}"),
                at: MediaTime(100),
            }],
            emotion: Emotion::Neutral,
            acts: Vec::new(),
            activity: None,
        }
    }

    fn run(
        player: &mut Player,
        ticks: std::ops::Range<u64>,
        queue: &mut Vec<Utterance>,
    ) -> (Vec<f32>, Vec<String>) {
        let rate = FrameRate::whole(25);
        let (mut sound, mut marks) = (Vec::new(), Vec::new());
        for tick in ticks.map(|i| rate.tick(i)) {
            let mut out = vec![0.0; tick.samples];
            marks.extend(player.fill(tick, &mut out, &mut || {
                if queue.is_empty() {
                    None
                } else {
                    Some(queue.remove(0))
                }
            }));
            sound.extend(out);
        }
        (sound, marks)
    }

    #[test]
    fn utterances_follow_each_other_to_the_sample() {
        let mut player = Player::new(24.0);
        let mut queue = vec![
            utterance(1, 3000, 0.5),
            utterance(2, 0, 0.0),
            utterance(3, 2500, 0.25),
        ];
        let (sound, marks) = run(&mut player, 0..4, &mut queue);
        assert!(sound[..3000].iter().all(|s| *s == 0.5));
        let second = sound[3000..].iter().position(|s| *s == 0.25).unwrap();
        assert!(second <= 1, "no gap after an empty utterance");
        assert_eq!(sound.iter().filter(|s| **s == 0.25).count(), 2500);
        assert_eq!(marks, ["m1", "m3"]);
        assert!(player.heard_at(MediaTime(5600)).line.is_none());
    }

    #[test]
    fn a_cut_is_silent_within_200_ms_and_has_no_step() {
        let mut player = Player::new(24.0);
        let mut queue = vec![utterance(1, 480_000, 0.8)];
        run(&mut player, 0..5, &mut queue);
        player.cut(FrameRate::whole(25).pts_of(5));
        let (sound, _) = run(&mut player, 5..10, &mut queue);
        let steepest = sound
            .windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f32::max);
        assert!(steepest < 0.8 / 1000.0, "steepest step {steepest}");
        assert!(sound[9600..].iter().all(|s| *s == 0.0));
    }
}
