//! Plays utterances on the timeline: which samples, which mouth, which words and which marks belong to a tick.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::media::{Activity, Blendshapes, Emotion, HostId, MediaTime, Tick, Utterance};
use crate::motion::{Library, Score, SpeechNow, Spoken};
use crate::scene::{CaptionLine, plan_captions};

/// How long speech takes to fade when it is cut: long enough to be free of clicks, short against the 200 ms budget.
const CUT_RAMP: MediaTime = MediaTime::from_millis(60);

/// What the player wants to know of what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Takes the next utterance.
    Next,
    /// Looks at the utterance that would be next, and leaves it.
    Peek,
}

/// An utterance and how it is performed.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// What is said.
    pub utterance: Arc<Utterance>,
    /// How.
    pub spoken: Spoken,
}

/// The utterance being said.
#[derive(Debug)]
struct Playing {
    utterance: Arc<Utterance>,
    /// The pts of its first sample.
    start: MediaTime,
    captions: Vec<CaptionLine>,
    score: Arc<Score>,
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

    fn spoken(&self) -> Spoken {
        Spoken {
            start: self.start,
            score: Arc::clone(&self.score),
        }
    }

    /// What remains of it once it is over: what was planned for after a cut is gone.
    fn over(&self) -> Spoken {
        let mut spoken = self.spoken();
        if let Some(silent) = self.silent_at {
            let cut = silent - CUT_RAMP - self.start;
            let mut score = (*self.score).clone();
            score.strokes.retain(|stroke| stroke.at <= cut);
            score.feelings.retain(|(at, _)| *at <= cut);
            score.looks.retain(|(at, _)| *at <= cut);
            score.duration = score.duration.min(cut);
            spoken.score = Arc::new(score);
        }
        spoken
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
    /// The last utterance of each host.
    pub before: Vec<(HostId, Spoken)>,
    /// The utterance being said or the pause being kept.
    pub now: Option<Spoken>,
    /// What would be said next, and by whom.
    pub next: Option<Performance>,
    /// Who speaks, or keeps a pause; the one who spoke last while its nods fade.
    pub speaker: Option<HostId>,
    /// What the speaker is busy with; `None` in silence that nobody asked for.
    pub activity: Option<Activity>,
    /// Words on screen.
    pub caption: String,
    /// The line being said and its sentence.
    pub line: Option<(u64, String)>,
}

/// Plays one utterance after the other without a gap.
#[derive(Debug)]
pub(super) struct Player {
    playing: Option<Playing>,
    /// The last utterance of each host, the latest at the end: nods, gestures and feelings outlast the sound.
    before: Vec<(HostId, Spoken)>,
    /// What was next when it was last looked at.
    coming: Option<(Arc<Utterance>, Arc<Score>)>,
    caption_capacity_ems: f32,
    library: Arc<Library>,
    seed: u64,
    /// Nothing is said before this pts.
    lead: MediaTime,
}

impl Player {
    /// A player that performs with the gestures of `library`.
    pub(super) fn new(
        caption_capacity_ems: f32,
        library: Arc<Library>,
        seed: u64,
        lead: MediaTime,
    ) -> Self {
        Self {
            playing: None,
            before: Vec::new(),
            coming: None,
            caption_capacity_ems,
            library,
            seed,
            lead,
        }
    }

    /// Whether nothing is being said.
    pub(super) fn is_silent(&self) -> bool {
        self.playing.is_none()
    }

    /// Whether words are being said: a pause is none.
    pub(super) fn is_talking(&self) -> bool {
        let playing = self.playing.as_ref();
        playing.is_some_and(|playing| !playing.utterance.text.is_empty())
    }

    /// Fades what is being said from `pts` on and ends it.
    pub(super) fn cut(&mut self, pts: MediaTime) {
        if let Some(playing) = &mut self.playing {
            playing.silent_at.get_or_insert(pts + CUT_RAMP);
        }
        self.coming = None;
    }

    /// Writes the speech of `tick` into `out` (mono, zeroed); returns the marks reached and what began. `said` gives the
    /// next utterance when one is wanted.
    pub(super) fn fill(
        &mut self,
        tick: Tick,
        out: &mut [f32],
        said: &mut dyn FnMut(Want) -> Option<Arc<Utterance>>,
    ) -> (Vec<String>, Vec<Performance>) {
        let (mut marks, mut begun) = (Vec::new(), Vec::new());
        let end = tick.pts + MediaTime::from_samples(tick.samples);
        let mut at = tick.pts.max(self.lead.min(end));
        while at < end {
            if self
                .playing
                .as_ref()
                .is_none_or(|playing| playing.end() <= at)
            {
                if let Some(over) = self.playing.take() {
                    let speaker = over.utterance.speaker.clone();
                    self.before.retain(|(host, _)| *host != speaker);
                    self.before.push((speaker, over.over()));
                }
                self.playing = said(Want::Next).map(|utterance| self.begin(utterance, at));
                begun.extend(self.playing.as_ref().map(|playing| Performance {
                    utterance: Arc::clone(&playing.utterance),
                    spoken: playing.spoken(),
                }));
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
        self.look_ahead(said(Want::Peek));
        (marks, begun)
    }

    /// Plans what would be next, once.
    fn look_ahead(&mut self, next: Option<Arc<Utterance>>) {
        self.coming = next.map(|utterance| {
            let score = self.score(&utterance);
            (utterance, score)
        });
    }

    /// How `utterance` is performed: as planned, if it was seen coming.
    fn score(&self, utterance: &Arc<Utterance>) -> Arc<Score> {
        match &self.coming {
            Some((coming, score)) if Arc::ptr_eq(coming, utterance) => Arc::clone(score),
            _ => {
                let mut hasher = std::hash::DefaultHasher::new();
                (self.seed, utterance.cue_id, &utterance.text).hash(&mut hasher);
                Arc::new(Score::new(utterance, &self.library, hasher.finish()))
            }
        }
    }

    fn begin(&self, utterance: Arc<Utterance>, start: MediaTime) -> Playing {
        let duration = utterance.duration();
        let captions = plan_captions(
            &utterance.text,
            &utterance.words,
            duration,
            self.caption_capacity_ems,
        );
        let score = self.score(&utterance);
        Playing {
            utterance,
            start,
            captions,
            score,
            marks_told: 0,
            silent_at: None,
        }
    }

    /// What is heard and seen of the speech at `pts`.
    pub(super) fn heard_at(&self, pts: MediaTime) -> Heard {
        let playing = self.playing.as_ref().filter(|playing| pts < playing.end());
        let fading = self.before.last().filter(|(host, before)| {
            pts - before.start < before.score.profile.settled()
                && playing.is_none_or(|playing| playing.utterance.speaker == *host)
        });
        let before = fading.map(|(_, before)| {
            let at = pts - before.start;
            let profile = &before.score.profile;
            profile.now(at, Blendshapes::default(), Emotion::Neutral)
        });
        let mut heard = Heard {
            speech: before.unwrap_or_else(|| SpeechNow::silent(Emotion::Neutral)),
            before: self.before.clone(),
            now: None,
            next: self.next(pts),
            speaker: fading.map(|(host, _)| host.clone()),
            activity: None,
            caption: String::new(),
            line: None,
        };
        let Some(playing) = playing else {
            return heard;
        };
        let at = pts - playing.start;
        let gain = playing.gain(pts);
        let mouth = Blendshapes::default().lerp(&playing.utterance.mouth.sample(at), gain);
        let profile = &playing.score.profile;
        heard.speaker = Some(playing.utterance.speaker.clone());
        heard.speech = profile.now(at, mouth, playing.utterance.emotion);
        heard.speech.energy *= gain;
        if let Some(before) = before {
            heard.speech.speaking |= before.speaking;
            heard.speech.accent = heard.speech.accent.max(before.accent);
            let end = heard.speech.since_phrase_end;
            heard.speech.since_phrase_end = end.or(before.since_phrase_end);
        }
        if playing.silent_at.is_none() {
            heard.now = Some(playing.spoken());
        } else {
            // What is being cut is as good as over.
            let speaker = playing.utterance.speaker.clone();
            heard.before.retain(|(host, _)| *host != speaker);
            heard.before.push((speaker, playing.over()));
        }
        heard.activity = Some(playing.utterance.activity.unwrap_or(Activity::Speaking));
        let caption = playing
            .captions
            .iter()
            .find(|line| line.start <= at && at < line.end);
        heard.caption = caption.map(|line| line.text.clone()).unwrap_or_default();
        if !playing.utterance.text.is_empty() {
            heard.line = Some((playing.utterance.cue_id, playing.utterance.text.clone()));
        }
        heard
    }

    /// What would be next, and when if nothing changes.
    fn next(&self, pts: MediaTime) -> Option<Performance> {
        let (utterance, score) = self.coming.as_ref()?;
        let free = self.playing.as_ref().map_or(pts, Playing::end);
        Some(Performance {
            utterance: Arc::clone(utterance),
            spoken: Spoken {
                start: free.max(self.lead),
                score: Arc::clone(score),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{FrameRate, Mark, MouthTrack};

    fn utterance(id: u64, samples: usize, level: f32) -> Arc<Utterance> {
        Arc::new(Utterance {
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
        })
    }

    fn player() -> Player {
        Player::new(24.0, Arc::default(), 1, MediaTime::ZERO)
    }

    fn run(
        player: &mut Player,
        ticks: std::ops::Range<u64>,
        queue: &mut Vec<Arc<Utterance>>,
    ) -> (Vec<f32>, Vec<String>) {
        let rate = FrameRate::whole(25);
        let (mut sound, mut marks) = (Vec::new(), Vec::new());
        for tick in ticks.map(|i| rate.tick(i)) {
            let mut out = vec![0.0; tick.samples];
            let (reached, _) = player.fill(tick, &mut out, &mut |want| match want {
                Want::Peek => queue.first().cloned(),
                Want::Next if queue.is_empty() => None,
                Want::Next => Some(queue.remove(0)),
            });
            marks.extend(reached);
            sound.extend(out);
        }
        (sound, marks)
    }

    #[test]
    fn utterances_follow_each_other_to_the_sample() {
        let mut player = player();
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
        let mut player = player();
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
