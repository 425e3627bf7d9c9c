//! From a text with tags to the sentences that wait to be said.

use crate::media::{Act, Activity, Emotion, Focus, HostId, MediaTime};
use crate::show::{Content, Cue, Names, Piece, Sentence, guess_feeling, parse_markup};
use crate::voice;

/// A longer pause is made of parts of this length, so that none of them needs much memory.
const PAUSE_PART: MediaTime = MediaTime::from_millis(10_000);
/// How long a text without words stands for what it asks for.
const WORDLESS: MediaTime = MediaTime::from_millis(1500);

/// The sentences of `text`, and what looks like a mistake in its tags.
///
/// What a tag asks for stands at its character of its sentence; feelings and looks go on in the sentences after it until
/// the text ends or another host speaks. Where no tag says a feeling it is `emotion`, or else guessed from the words.
/// Pauses are sentences without text. Ids, lines and voices are left to the caller.
pub fn sentences(
    text: &str,
    names: &Names<'_>,
    emotion: Option<Emotion>,
) -> (Vec<Sentence>, Vec<String>) {
    let markup = parse_markup(text, names);
    let mut script = Script {
        emotion,
        ..Script::default()
    };
    for piece in markup.pieces {
        script.add(piece);
    }
    if !script.waiting.is_empty() {
        script.pause(WORDLESS, Activity::Speaking);
    }
    (script.sentences, markup.warnings)
}

#[derive(Debug, Default)]
struct Script {
    emotion: Option<Emotion>,
    sentences: Vec<Sentence>,
    speaker: Option<HostId>,
    /// What tags asked for and what goes on.
    feeling: Option<Emotion>,
    look: Option<Focus>,
    /// What the last sentence was said with: a pause inside the speech keeps it.
    last: Emotion,
    /// What was asked for where nothing was said yet.
    waiting: Vec<Cue>,
}

impl Script {
    fn add(&mut self, piece: Piece) {
        if piece.speaker != self.speaker {
            self.speaker = piece.speaker;
            (self.feeling, self.look, self.last) = (None, None, Emotion::Neutral);
        }
        match piece.content {
            Content::Speech(text) => self.speech(&text, piece.cues),
            Content::Pause { length, activity } => {
                self.waiting
                    .extend(piece.cues.into_iter().map(|(_, cue)| cue));
                self.pause(length, activity);
            }
        }
    }

    fn speech(&mut self, text: &str, cues: Vec<(usize, Cue)>) {
        let found = voice::sentences(text);
        if found.is_empty() {
            self.waiting.extend(cues.into_iter().map(|(_, cue)| cue));
            return;
        }
        let mut parts: Vec<Vec<(usize, Cue)>> = vec![Vec::new(); found.len()];
        parts[0].extend(self.waiting.drain(..).map(|cue| (0, cue)));
        let source = Source::new(text, &found);
        for (place, cue) in cues {
            let (sentence, place) = source.locate(place);
            parts[sentence].push((place, cue));
        }
        for (sentence, cues) in found.into_iter().zip(parts) {
            let base = self
                .emotion
                .unwrap_or_else(|| guess_feeling(&sentence.text));
            self.push(sentence.text, sentence.pause_after, None, base, cues);
        }
    }

    fn pause(&mut self, length: MediaTime, activity: Activity) {
        let base = match activity {
            Activity::Speaking => self.last,
            _ => self.emotion.unwrap_or_default(),
        };
        let mut left = length;
        loop {
            let part = left.min(PAUSE_PART);
            let cues = self.waiting.drain(..).map(|cue| (0, cue)).collect();
            self.push(String::new(), part, Some(activity), base, cues);
            left = left - part;
            if left <= MediaTime::ZERO {
                return;
            }
        }
    }

    /// Adds a sentence that is said with the feeling `base` where no tag says another.
    fn push(
        &mut self,
        text: String,
        pause_after: MediaTime,
        activity: Option<Activity>,
        base: Emotion,
        cues: Vec<(usize, Cue)>,
    ) {
        let mut emotion = self.feeling.unwrap_or(base);
        let mut acts: Vec<(usize, Act)> = Vec::new();
        let mut marks = Vec::new();
        if let Some(focus) = self.look.clone() {
            acts.push((0, Act::Look(Some(focus))));
        }
        for (place, cue) in cues {
            match cue {
                Cue::Mark(name) => marks.push((place, name)),
                Cue::EndFeeling | Cue::Act(Act::Feel(_)) => {
                    self.feeling = match cue {
                        Cue::Act(Act::Feel(feeling)) => Some(feeling),
                        _ => None,
                    };
                    let feeling = self.feeling.unwrap_or(base);
                    if place == 0 {
                        emotion = feeling;
                    } else {
                        acts.push((place, Act::Feel(feeling)));
                    }
                }
                Cue::Act(Act::Look(focus)) => {
                    self.look.clone_from(&focus);
                    if place == 0 {
                        acts.retain(|(_, act)| !matches!(act, Act::Look(_)));
                    }
                    acts.push((place, Act::Look(focus)));
                }
                Cue::Act(act) => acts.push((place, act)),
            }
        }
        let last_feeling = acts.iter().rev().find_map(|(_, act)| match act {
            Act::Feel(feeling) => Some(*feeling),
            _ => None,
        });
        self.last = last_feeling.unwrap_or(emotion);
        self.sentences.push(Sentence {
            id: 0,
            line_id: 0,
            text,
            voice: None,
            speaker: self.speaker.clone(),
            emotion,
            acts,
            marks,
            activity,
            pause_after,
        });
    }
}

/// Where the characters of a text went when it was cut into sentences.
struct Source<'a> {
    chars: Vec<char>,
    sentences: &'a [voice::Sentence],
    /// For each visible character of each sentence: its place in the text, its sentence, and its place there.
    went: Vec<(usize, usize, usize)>,
}

impl<'a> Source<'a> {
    /// Sentences hold the visible characters of their text in order; white space may differ and some may be missing.
    fn new(text: &str, sentences: &'a [voice::Sentence]) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut went = Vec::with_capacity(chars.len());
        let mut from = 0;
        for (index, sentence) in sentences.iter().enumerate() {
            let visible = sentence.text.chars().enumerate();
            for (place, c) in visible.filter(|(_, c)| !c.is_whitespace()) {
                let Some(skipped) = chars[from..].iter().position(|own| *own == c) else {
                    continue;
                };
                went.push((from + skipped, index, place));
                from += skipped + 1;
            }
        }
        Self {
            chars,
            sentences,
            went,
        }
    }

    /// The sentence and the place in it where what stands before character `place` of the text belongs: to the character
    /// after it, unless a line ends between the two that has words before it.
    fn locate(&self, place: usize) -> (usize, usize) {
        let next = self.went.partition_point(|(source, _, _)| *source < place);
        let end_of = |sentence: usize| (sentence, self.sentences[sentence].text.chars().count());
        let Some(&(source, sentence, at)) = self.went.get(next) else {
            return end_of(self.sentences.len() - 1);
        };
        let is_blank = |part: &[char]| part.iter().all(|c| c.is_whitespace());
        let line_ends = self.chars[place..source].contains(&'\n');
        let line = self.chars[..place].rsplit(|c| *c == '\n').next();
        if at == 0 && sentence > 0 && line_ends && !line.is_none_or(is_blank) {
            return end_of(sentence - 1);
        }
        (sentence, at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use proptest::prelude::*;

    fn script(text: &str) -> Vec<Sentence> {
        let gestures: Vec<Arc<str>> = ["wave", "heart"].map(Arc::from).to_vec();
        let hosts = [HostId::new("lina"), HostId::new("chen")];
        let names = Names {
            gestures: &gestures,
            hosts: &hosts,
        };
        let (sentences, warnings) = sentences(text, &names, None);
        assert_eq!(warnings, [""; 0], "{text}");
        sentences
    }

    fn wave() -> Act {
        Act::Gesture("wave".into())
    }

    #[test]
    fn acts_and_marks_stand_at_their_character_of_their_sentence() {
        let all = script(
            "Mr. Li  says\thello.  Then [wave] goes on! <mark name=\"x\"/>最后，[wave]再见。 [heart]",
        );
        let texts: Vec<&str> = all.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(
            texts,
            ["Mr. Li says hello.", "Then goes on!", "最后，再见。"]
        );
        assert_eq!(all[1].acts, [(5, wave())]);
        assert_eq!(all[2].marks, [(0, "x".to_owned())]);
        assert_eq!(
            all[2].acts,
            [(3, wave()), (6, Act::Gesture("heart".into()))]
        );
        let lines = script("One line. [wave]\nAnother line.\n[wave]\nA third.");
        assert_eq!(lines[0].acts, [(9, wave())]);
        assert!(lines[1].acts.is_empty());
        assert_eq!(lines[2].acts, [(0, wave())]);
    }

    #[test]
    fn feelings_go_on_and_are_guessed_elsewhere() {
        let all = script(
            "Thank you. [joy]One. Two, [concern]three. Four.[/] Wow, five. [look card]Six. Seven.",
        );
        let feelings: Vec<Emotion> = all.iter().map(|s| s.emotion).collect();
        use Emotion::{Concern, Joy, Neutral, Surprise, Warmth};
        assert_eq!(
            feelings,
            [Warmth, Joy, Joy, Concern, Surprise, Neutral, Neutral]
        );
        assert_eq!(all[2].acts, [(5, Act::Feel(Concern))]);
        let look = (0, Act::Look(Some(Focus::Card)));
        assert!(all[4].acts.is_empty());
        assert_eq!([&all[5].acts[..], &all[6].acts], [[look.clone()], [look]]);
        let (cued, _) = sentences("Thank you. [joy]One.", &Names::default(), Some(Concern));
        assert_eq!([cued[0].emotion, cued[1].emotion], [Concern, Joy]);
        let ended = script("[joy]Good[/] morning. And so on.");
        assert_eq!(ended[0].acts, [(5, Act::Feel(Neutral))]);
        assert_eq!([ended[0].emotion, ended[1].emotion], [Joy, Neutral]);
    }

    #[test]
    fn pauses_have_no_text_and_hosts_change() {
        let all = script("[look left]Hi.[pause 25s][host chen][wave]Yes.");
        let lengths: Vec<f64> = all.iter().map(|s| s.pause_after.as_secs_f64()).collect();
        assert_eq!(lengths[1..4], [10.0, 10.0, 5.0]);
        assert!(all[1].text.is_empty() && all[1].activity == Some(Activity::Idle));
        assert_eq!(all[4].speaker, Some(HostId::new("chen")));
        assert_eq!(all[4].acts, [(0, wave())]);
        let alone = script("[wave]");
        assert_eq!(alone.len(), 1);
        assert_eq!(alone[0].acts, [(0, wave())]);
        assert_eq!(alone[0].pause_after, WORDLESS);
        let none = script("[pause 0s]");
        assert_eq!(none[0].pause_after, MediaTime::ZERO);
        let smile = script("[wave] 😀 [pause 1s] Go.");
        assert_eq!(smile[0].acts, [(0, wave())]);
        assert_eq!(smile.len(), 2);
    }

    proptest! {
        #[test]
        fn text_without_tags_is_cut_as_ever(text in "[a-zA-Z .,!?\n好，。😀\u{200B}]{0,300}") {
            let own: Vec<_> = script(&text).into_iter().map(|s| (s.text, s.pause_after)).collect();
            let voices: Vec<_> = voice::sentences(&text).into_iter().map(|s| (s.text, s.pause_after)).collect();
            prop_assert_eq!(own, voices);
        }

        #[test]
        fn a_mark_stays_before_its_word(words in prop::collection::vec("[a-z]{1,5}[,.!]?|好。?|😀", 1..60), at in 0usize..60) {
            let at = at.min(words.len());
            let mut marked = words.clone();
            marked.insert(at, "[mark here] zebra".to_owned());
            let all = script(&marked.join(" "));
            let found: Vec<_> = all.iter().filter(|s| !s.marks.is_empty()).collect();
            prop_assert_eq!(found.len(), 1);
            let (place, _) = &found[0].marks[0];
            let after: String = found[0].text.chars().skip(*place).collect();
            prop_assert!(after.starts_with("zebra"), "{} in {}", place, found[0].text);
        }
    }
}
