//! Which gestures are made when: wishes are gathered, the important ones placed first, the others where room is left.

use std::ops::Range;

use super::{Reason, Side, Stroke, words};
use crate::media::{Act, Blendshapes, Emotion, Focus, MediaTime, Utterance, WordTime};
use crate::motion::chance::Chance;
use crate::motion::gesture::{Gesture, Hands, Library};
use crate::motion::speech::SpeechProfile;

/// The peak of a word is looked for in steps of this length.
const STEP: MediaTime = MediaTime::from_millis(10);
/// A stroke lands at most this long after its word.
const LATE: MediaTime = MediaTime::from_millis(80);
/// A preparation in a hurry takes this share of its time; one that was asked for by name may hurry more.
const HURRY: f64 = 0.6;
const ASKED_HURRY: f64 = 0.4;
/// How far strokes of one kind keep from all others, seconds: those of words, and those of the rhythm.
const WORDS_APART: f64 = 1.2;
const BEATS_APART: f64 = 1.6;
/// The same gesture is not made for a word again within this time, seconds.
const SAME_APART: f64 = 5.0;
/// From one stroke to the next one of the rhythm, seconds.
const RHYTHM_SECS: [f64; 2] = [2.0, 3.4];
/// The strongest accent within this time is taken, seconds.
const CHOICE_SECS: f64 = 0.8;
/// Accents weaker than this are not shown by hands, 0..=1.
const WEAKEST_ACCENT: f32 = 0.25;
/// What hands do to the rhythm.
const BEATS: [&str; 5] = ["beat-one", "beat-both", "beat-point", "open", "offer"];
/// How likely the other hand takes over after two gestures.
const CHANGE_OF_HAND: f64 = 0.3;
/// A pause between words that ends a phrase, and one behind a mark of punctuation.
const PHRASE_PAUSE: MediaTime = MediaTime::from_millis(180);
const MARK_PAUSE: MediaTime = MediaTime::from_millis(60);

/// What is being planned.
struct Plan<'a> {
    utterance: &'a Utterance,
    profile: &'a SpeechProfile,
    library: &'a Library,
    chance: Chance,
    strokes: Vec<Stroke>,
}

/// All strokes of `utterance`, in order.
pub(super) fn strokes(
    utterance: &Utterance,
    profile: &SpeechProfile,
    library: &Library,
    seed: u64,
) -> Vec<Stroke> {
    let mut plan = Plan {
        utterance,
        profile,
        library,
        chance: Chance::new(seed, &utterance.text),
        strokes: Vec::new(),
    };
    plan.ask();
    if utterance.activity.is_none() {
        plan.follow_words();
        plan.follow_stress();
        plan.follow_rhythm();
    }
    plan.choose_sides();
    plan.hold();
    plan.strokes
}

fn secs(time: MediaTime) -> f64 {
    time.as_secs_f64()
}

impl Plan<'_> {
    /// Gestures asked for by name: always made.
    fn ask(&mut self) {
        for act in &self.utterance.acts {
            let Act::Gesture(name) = &act.act else {
                continue;
            };
            let Some(place) = self.find(name) else {
                continue;
            };
            let lead = self.lead(place);
            let mut word = self.word_at(act.at);
            let mut at = self.peak(&word);
            // In a hurry the hand still needs its time; a gesture before it must have landed and been seen.
            let before = self
                .strokes
                .last()
                .map_or(0.0, |last| self.busy_until(last));
            let soonest = MediaTime::from_secs_f64(before + lead * HURRY);
            if at < soonest {
                at = soonest.min(word.end + LATE);
                at = at.max(MediaTime::from_secs_f64(before + lead * ASKED_HURRY));
            }
            if at > word.end + LATE && !self.strokes.is_empty() {
                word = self.word_at(at);
            }
            self.strokes.push(Stroke {
                gesture: place,
                at,
                hold: MediaTime::ZERO,
                word,
                side: Side::Right,
                size: 1.0,
                reason: Reason::Asked,
            });
        }
    }

    /// Gestures that go with words.
    fn follow_words(&mut self) {
        for (index, found) in words::find(&self.utterance.words).into_iter().enumerate() {
            let words = &self.utterance.words[found.words];
            let (Some(first), Some(last)) = (words.first(), words.last()) else {
                continue;
            };
            let word = first.start..last.end;
            let at = self.peak(&word);
            let lively = self.profile_at(at).0;
            let known = found.gestures.iter().filter_map(|name| self.find(name));
            let known: Vec<usize> = known.filter(|place| !self.made_near(*place, at)).collect();
            let index = index as i64;
            let first = (self.chance.uniform(index) * known.len() as f64) as usize;
            for turn in 0..known.len() {
                let gesture = known[(first + turn) % known.len()];
                let size = 0.75 + 0.25 * lively;
                if self.place(gesture, at, &word, size, Reason::Word, WORDS_APART) {
                    break;
                }
            }
        }
    }

    /// Beats on words that the text stresses.
    fn follow_stress(&mut self) {
        let utterance = self.utterance;
        for (index, act) in utterance.acts.iter().enumerate() {
            if act.act == Act::Stress {
                let word = self.word_at(act.at);
                self.beat(self.peak(&word), &word, 1.0, index as i64);
            }
        }
    }

    /// Beats on accents of the sound where the hands have nothing else to do.
    fn follow_rhythm(&mut self) {
        let accents = self.accents();
        let chance = self.chance.child(1);
        let mut from = chance.between(-1, 0.0, 0.8);
        let mut index = 0;
        while let Some(first) = accents.iter().position(|(at, _)| secs(*at) >= from) {
            let last = secs(accents[first].0) + CHOICE_SECS;
            let near = accents[first..]
                .iter()
                .take_while(|(at, _)| secs(*at) <= last);
            let Some((at, strength)) = near.max_by(|a, b| a.1.total_cmp(&b.1)).copied() else {
                return;
            };
            let word = self.word_near(at);
            let at = at.clamp(word.start, word.end);
            index += 1;
            from = secs(at).max(from) + 0.1;
            if self.beat(at, &word, strength, 1000 + index) {
                from += chance.between(index, RHYTHM_SECS[0], RHYTHM_SECS[1]);
            }
        }
    }

    /// Makes some beat, another one than before and after, if there is room for it.
    fn beat(&mut self, at: MediaTime, word: &Range<MediaTime>, strength: f32, index: i64) -> bool {
        let chance = self.chance.child(3);
        let neighbours = self.neighbours(at);
        let beats = BEATS.iter().filter_map(|name| self.find(name));
        let beats: Vec<usize> = beats.filter(|beat| !neighbours.contains(beat)).collect();
        let begin = (chance.uniform(index) * beats.len() as f64) as usize;
        let size = 0.35 + 0.5 * strength + 0.15 * chance.uniform(-1 - index) as f32;
        (0..beats.len()).any(|turn| {
            let beat = beats[(begin + turn) % beats.len()];
            self.place(beat, at, word, size.min(1.0), Reason::Rhythm, BEATS_APART)
        })
    }

    /// Makes a gesture if there is room for it, at its word's end if it cannot be ready earlier.
    fn place(
        &mut self,
        gesture: usize,
        at: MediaTime,
        word: &Range<MediaTime>,
        size: f32,
        reason: Reason,
        apart: f64,
    ) -> bool {
        let lead = self.lead(gesture);
        let next = self.strokes.partition_point(|stroke| stroke.at <= at);
        let before = next.checked_sub(1).map(|before| &self.strokes[before]);
        let mut soonest = before.map_or(0.0, |before| self.busy_until(before)) + lead * HURRY;
        if let Some(before) = before {
            soonest = soonest.max(secs(before.at) + apart);
        }
        let at = at.max(MediaTime::from_secs_f64(soonest));
        let latest = match reason {
            // A beat that is late is no beat.
            Reason::Rhythm => word.end,
            _ => word.end + LATE,
        };
        let stroke = Stroke {
            gesture,
            at,
            hold: MediaTime::ZERO,
            word: word.clone(),
            side: Side::Right,
            size,
            reason,
        };
        let is_free = self.strokes.get(next).is_none_or(|after| {
            let lead = self.lead(after.gesture);
            self.busy_until(&stroke) + lead * 0.8 <= secs(after.at)
                && secs(at) + apart <= secs(after.at)
        });
        let fits = at <= latest && is_free;
        if fits {
            self.strokes.insert(next, stroke);
        }
        fits
    }

    /// Gestures that leave the hand open are made by one hand for a while, then by the other.
    fn choose_sides(&mut self) {
        let chance = self.chance.child(2);
        let mut side = if chance.uniform(0) < 0.65 {
            Side::Right
        } else {
            Side::Left
        };
        let mut made = 0;
        let mut sides = Vec::with_capacity(self.strokes.len());
        for (index, stroke) in self.strokes.iter().enumerate() {
            let fixed = self.library.get(stroke.gesture).and_then(own_side);
            if let Some(fixed) = fixed {
                sides.push(fixed);
                continue;
            }
            if made >= 2 && chance.uniform(index as i64 + 1) < CHANGE_OF_HAND {
                side = side.other();
                made = 0;
            }
            made += 1;
            sides.push(side);
        }
        for (stroke, side) in self.strokes.iter_mut().zip(sides) {
            stroke.side = side;
        }
    }

    /// Gestures stay until their phrase ends, as far as they may and the next one lets them.
    fn hold(&mut self) {
        let phrases = self.phrase_ends();
        for index in 0..self.strokes.len() {
            let stroke = &self.strokes[index];
            let Some(gesture) = self.library.get(stroke.gesture) else {
                continue;
            };
            let landed = secs(stroke.at) + f64::from(gesture.follow_secs());
            let phrase = phrases
                .iter()
                .map(|end| secs(*end))
                .find(|end| *end >= landed);
            let [least, most] = gesture.hold_secs.map(|secs| f64::from(secs.max(0.0)));
            let room = self.strokes.get(index + 1).map_or(f64::INFINITY, |next| {
                secs(next.at) - self.lead(next.gesture) - landed
            });
            let wanted = phrase.map_or(least, |end| end - landed);
            let hold = wanted.clamp(least, most.max(least)).min(room.max(least));
            self.strokes[index].hold = MediaTime::from_secs_f64(hold);
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        let place = self.library.find(name)?;
        let rests = self.library.get(place).is_some_and(|own| own.rests);
        (!rests).then_some(place)
    }

    /// From the first movement to the stroke, seconds.
    fn lead(&self, gesture: usize) -> f64 {
        let gesture = self.library.get(gesture);
        gesture.map_or(0.0, |gesture| f64::from(gesture.lead_secs()))
    }

    /// When a stroke has been seen long enough, seconds.
    fn busy_until(&self, stroke: &Stroke) -> f64 {
        let gesture = self.library.get(stroke.gesture);
        let shown = gesture.map_or(0.0, |own| own.follow_secs() + own.hold_secs[0].max(0.0));
        secs(stroke.at) + f64::from(shown)
    }

    /// The gestures right before and after `at`.
    fn neighbours(&self, at: MediaTime) -> Vec<usize> {
        let next = self.strokes.partition_point(|stroke| stroke.at <= at);
        let around = next.saturating_sub(1)..(next + 1).min(self.strokes.len());
        self.strokes[around]
            .iter()
            .map(|stroke| stroke.gesture)
            .collect()
    }

    fn made_near(&self, gesture: usize, at: MediaTime) -> bool {
        let is_near = |stroke: &Stroke| secs(stroke.at - at).abs() < SAME_APART;
        let mut same = self
            .strokes
            .iter()
            .filter(|stroke| stroke.gesture == gesture);
        same.any(is_near) || self.neighbours(at).contains(&gesture)
    }

    /// The word that sounds at `at` or follows it; the last one at the end; without words the instant itself.
    fn word_at(&self, at: MediaTime) -> Range<MediaTime> {
        let words = &self.utterance.words;
        let word = words.iter().find(|word| word.end > at).or(words.last());
        word.map_or(at..at, span)
    }

    /// The word that sounds at `at`, or the nearest.
    fn word_near(&self, at: MediaTime) -> Range<MediaTime> {
        let far = |word: &&WordTime| (word.start - at).max(at - word.end).max(MediaTime::ZERO);
        let words = self
            .utterance
            .words
            .iter()
            .filter(|word| word.end > word.start);
        words.min_by_key(far).map_or(at..at, span)
    }

    /// The loudest instant of a word, where loudness tells one from another; else its middle.
    fn peak(&self, word: &Range<MediaTime>) -> MediaTime {
        let middle = MediaTime(i64::midpoint(word.start.0, word.end.0));
        let mut best = (middle, self.profile_at(middle).0);
        let mut at = word.start;
        while at <= word.end {
            let energy = self.profile_at(at).0;
            if energy > best.1 + 1e-4 {
                best = (at, energy);
            }
            at += STEP;
        }
        best.0
    }

    /// Energy and accent.
    fn profile_at(&self, at: MediaTime) -> (f32, f32) {
        let now = self
            .profile
            .now(at, Blendshapes::default(), Emotion::Neutral);
        (now.energy, now.accent)
    }

    /// Accents of the sound in order, with their strength.
    fn accents(&self) -> Vec<(MediaTime, f32)> {
        let end = self.utterance.duration();
        let count = (end.0 / (2 * STEP.0)).max(0);
        let course: Vec<f32> = (0..=count)
            .map(|index| self.profile_at(MediaTime(index * 2 * STEP.0)).1)
            .collect();
        let is_peak = |i: &usize| {
            course[*i] > WEAKEST_ACCENT
                && course[*i] > course[*i - 1]
                && course[*i] >= course[*i + 1]
        };
        (1..course.len().saturating_sub(1))
            .filter(is_peak)
            .map(|i| (MediaTime(i as i64 * 2 * STEP.0), course[i]))
            .collect()
    }

    /// Where phrases end: at pauses between words, short ones where there is a mark of punctuation, and at the end.
    fn phrase_ends(&self) -> Vec<MediaTime> {
        let words = &self.utterance.words;
        let ends_phrase = |pair: &&[WordTime]| {
            let has_mark = pair[0].text.ends_with(|c: char| !c.is_alphanumeric());
            let least = if has_mark { MARK_PAUSE } else { PHRASE_PAUSE };
            pair[1].start - pair[0].end >= least
        };
        let pauses = words.windows(2).filter(ends_phrase);
        let mut ends: Vec<MediaTime> = pauses.map(|pair| pair[0].end).collect();
        let last = words.last().map(|word| word.end);
        ends.push(last.unwrap_or(self.utterance.duration()));
        ends
    }
}

fn span(word: &WordTime) -> Range<MediaTime> {
    word.start..word.end.max(word.start)
}

/// The hand of a gesture that has no choice. What it points to decides too: what viewers see at the left is at the host's
/// right, and so on; cards mostly stand at the right of the picture.
fn own_side(gesture: &Gesture) -> Option<Side> {
    match (gesture.hands, &gesture.aim) {
        (Hands::Left, _) => Some(Side::Left),
        (Hands::Right | Hands::Both | Hands::None, _) => Some(Side::Right),
        (Hands::One, Some(Focus::Left)) => Some(Side::Right),
        (Hands::One, Some(Focus::Right | Focus::Card)) => Some(Side::Left),
        (Hands::One, _) => None,
    }
}
