use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::media::{FrameRate, HostId, MouthTrack, TimedAct, WordTime};
use crate::motion::{Gesture, Hands, Key, Moves};
use proptest::prelude::*;

/// A gesture with a lead, and holds of 0.1 to 2 s.
fn gesture(name: &str, lead: f32, hands: Hands, aim: Option<Focus>) -> Gesture {
    let key = |at_secs| Key {
        at_secs,
        ..Key::default()
    };
    Gesture {
        name: name.into(),
        aliases: Vec::new(),
        hands,
        aim,
        prepare_secs: lead - 0.2,
        hold_secs: [0.1, 2.0],
        retract_secs: 0.6,
        stroke_secs: 0.0,
        rests: name.starts_with("rest"),
        moves: Moves::Keys(vec![key(-0.2), key(0.0), key(0.1)]),
    }
}

fn library() -> Library {
    let one = [
        "welcome",
        "wave",
        "offer",
        "heart",
        "thumbs-up",
        "count-1",
        "count-2",
        "count-3",
        "no",
        "think",
    ];
    let one = one.map(|name| gesture(name, 0.5, Hands::One, None));
    let aimed = [
        gesture("point-left", 0.5, Hands::One, Some(Focus::Left)),
        gesture("point-right", 0.5, Hands::One, Some(Focus::Right)),
        gesture("present", 0.6, Hands::Both, None),
        gesture("bow", 0.5, Hands::None, None),
        gesture("rest-fold", 0.5, Hands::Both, None),
    ];
    let beats = ["beat-one", "beat-both", "beat-point", "open"]
        .map(|name| gesture(name, 0.35, Hands::One, None));
    Library::new(one.into_iter().chain(aimed).chain(beats))
}

fn millis(millis: i64) -> MediaTime {
    MediaTime::from_millis(millis)
}

/// Words with (start, end) in milliseconds, each a burst that is loudest at three quarters of the word.
fn utterance(words: &[(&str, i64, i64)], length: i64) -> Utterance {
    let mut audio = vec![0.0f32; millis(length).0 as usize];
    for (_, start, end) in words {
        let (start, end) = (millis(*start).0 as usize, millis(*end).0 as usize);
        for (n, sample) in audio[start..end].iter_mut().enumerate() {
            let part = n as f32 / (end - start) as f32;
            let loud = if (0.6..0.9).contains(&part) {
                0.5
            } else {
                0.08
            };
            *sample = loud * (n as f32 * 0.05).sin();
        }
    }
    let word = |(text, start, end): &(&str, i64, i64)| WordTime {
        text: (*text).to_owned(),
        start: millis(*start),
        end: millis(*end),
    };
    Utterance {
        cue_id: 0,
        speaker: HostId::new("lina"),
        text: words
            .iter()
            .map(|(text, _, _)| format!("{text} "))
            .collect(),
        audio: Arc::new(audio),
        mouth: Arc::new(MouthTrack {
            start: MediaTime::ZERO,
            rate: FrameRate::whole(50),
            frames: Vec::new(),
        }),
        words: words.iter().map(word).collect(),
        phones: Vec::new(),
        marks: Vec::new(),
        emotion: Emotion::Neutral,
        acts: Vec::new(),
        activity: None,
    }
}

fn act(at: i64, act: Act) -> TimedAct {
    TimedAct {
        at: millis(at),
        act,
    }
}

fn asked(utterance: &mut Utterance, at: i64, name: &str) {
    utterance.acts.push(act(at, Act::Gesture(name.into())));
}

/// Name, reason and time in milliseconds of each stroke.
fn told(score: &Score, library: &Library) -> Vec<(String, Reason, i64)> {
    let tell = |stroke: &Stroke| {
        let name = library.get(stroke.gesture).unwrap().name.to_string();
        (name, stroke.reason, stroke.at.0 / 48)
    };
    score.strokes.iter().map(tell).collect()
}

#[test]
fn a_tagged_gesture_lands_on_the_loud_part_of_the_next_word() {
    let library = library();
    let mut said = utterance(
        &[
            ("Come", 40, 400),
            ("and", 420, 600),
            ("see", 1000, 1600),
            ("us.", 1620, 2000),
        ],
        2300,
    );
    asked(&mut said, 1000, "wave");
    let score = Score::new(&said, &library, 1);
    let [(name, reason, at)] = &told(&score, &library)[..] else {
        panic!("{score:?}");
    };
    assert_eq!((name.as_str(), *reason), ("wave", Reason::Asked));
    assert!((1360..=1540).contains(at), "{at}");
    assert_eq!(score.strokes[0].word, millis(1000)..millis(1600));
    // At the end of a sentence it belongs to the word before.
    said.acts.clear();
    asked(&mut said, 2000, "wave");
    let score = Score::new(&said, &library, 1);
    assert_eq!(score.strokes[0].word, millis(1620)..millis(2000));
    // Too early for the hand: at the end of its word.
    said.acts.clear();
    asked(&mut said, 40, "wave");
    let score = Score::new(&said, &library, 1);
    assert!(
        (300..=480).contains(&(score.strokes[0].at.0 / 48)),
        "{score:?}"
    );
}

#[test]
fn a_gesture_in_a_pause_and_one_that_nobody_knows() {
    let library = library();
    let mut said = utterance(&[], 1500);
    asked(&mut said, 0, "wave");
    asked(&mut said, 0, "fly");
    asked(&mut said, 0, "rest-fold");
    said.activity = Some(crate::media::Activity::Speaking);
    let score = Score::new(&said, &library, 1);
    assert_eq!(score.strokes.len(), 1);
    assert!((200..700).contains(&(score.strokes[0].at.0 / 48)));
    assert!(Score::new(&said, &Library::default(), 1).strokes.is_empty());
}

#[test]
fn words_make_gestures_and_tags_come_first() {
    let library = library();
    let chinese = [
        ("我", 640, 860),
        ("们", 860, 1080),
        ("有", 1080, 1300),
        ("三", 1300, 1600),
        ("种", 1600, 1800),
        ("颜", 1800, 2000),
        ("色，", 2000, 2200),
        ("在", 3000, 3200),
        ("左", 3200, 3500),
        ("边", 3500, 3800),
    ];
    let mut said = utterance(&chinese, 4100);
    let score = Score::new(&said, &library, 1);
    let made = told(&score, &library);
    let of_words: Vec<&str> = made
        .iter()
        .filter(|made| made.1 == Reason::Word)
        .map(|made| made.0.as_str())
        .collect();
    assert_eq!(of_words, ["count-3", "point-left"], "{made:?}");
    let point = score
        .strokes
        .iter()
        .find(|stroke| stroke.word.start == millis(3200))
        .unwrap();
    assert_eq!(
        point.side,
        Side::Right,
        "what viewers see at the left is at her right"
    );
    asked(&mut said, 3000, "heart");
    let made = told(&Score::new(&said, &library, 1), &library);
    assert!(
        made.iter()
            .any(|made| made.0 == "heart" && made.1 == Reason::Asked)
    );
    assert!(made.iter().all(|made| made.0 != "point-left"), "{made:?}");
}

#[test]
fn gestures_are_held_to_the_end_of_the_phrase() {
    let library = library();
    let said = utterance(
        &[
            ("Yes,", 40, 600),
            ("this", 800, 1200),
            ("one", 1200, 1600),
            ("here", 1600, 1900),
            ("is", 1900, 2100),
            ("new.", 2600, 2900),
        ],
        3200,
    );
    let score = Score::new(&said, &library, 3);
    let stroke = score
        .strokes
        .iter()
        .find(|stroke| stroke.reason == Reason::Word)
        .unwrap();
    let end = secs_of(stroke.at + stroke.hold) + 0.1;
    assert!((end - 2.1).abs() < 0.02, "{score:?}");
}

fn secs_of(time: MediaTime) -> f64 {
    time.as_secs_f64()
}

/// Plain words with a loud one each second.
fn rhythm(secs: i64) -> Utterance {
    let mut words = Vec::new();
    for second in 0..secs {
        let at = 1000 * second;
        words.extend([("stone", at + 60, at + 460), ("wood", at + 500, at + 900)]);
    }
    utterance(&words, 1000 * secs)
}

#[test]
fn hands_follow_the_rhythm_without_repeating_themselves() {
    let library = library();
    let said = rhythm(30);
    let mut sides = Vec::new();
    for seed in 0..20 {
        let score = Score::new(&said, &library, seed);
        let count = score.strokes.len();
        assert!((8..=15).contains(&count), "{count} in 30 s");
        assert!(
            score
                .strokes
                .windows(2)
                .all(|pair| pair[0].gesture != pair[1].gesture)
        );
        let kinds: std::collections::BTreeSet<usize> =
            score.strokes.iter().map(|s| s.gesture).collect();
        assert!(kinds.len() >= 4, "{kinds:?}");
        assert!(
            score
                .strokes
                .iter()
                .all(|s| s.reason == Reason::Rhythm && (0.3..=1.0).contains(&s.size))
        );
        let changes = score
            .strokes
            .windows(2)
            .filter(|pair| pair[0].side != pair[1].side)
            .count();
        assert!(changes * 2 <= count, "{changes} of {count}");
        sides.push(changes);
    }
    assert!(
        sides.iter().sum::<usize>() > 20,
        "both hands are used: {sides:?}"
    );
    assert_ne!(
        Score::new(&said, &library, 1),
        Score::new(&said, &library, 2)
    );
    assert_eq!(
        Score::new(&said, &library, 1),
        Score::new(&said, &library, 1)
    );
}

#[test]
fn a_stressed_word_gets_a_stroke() {
    let library = library();
    let mut said = rhythm(6);
    said.acts.push(act(3060, Act::Stress));
    for seed in 0..10 {
        let score = Score::new(&said, &library, seed);
        let on_it = |stroke: &Stroke| stroke.word == (millis(3060)..millis(3460));
        assert!(score.strokes.iter().any(on_it), "{score:?}");
    }
}

#[test]
fn feelings_and_looks_keep_their_time() {
    let mut said = utterance(&[("One", 100, 500), ("two.", 600, 900)], 1000);
    said.emotion = Emotion::Joy;
    said.acts = vec![
        act(0, Act::Look(Some(Focus::Card))),
        act(600, Act::Feel(Emotion::Concern)),
        act(900, Act::Look(None)),
    ];
    let score = Score::new(&said, &Library::default(), 0);
    assert_eq!(
        score.feelings,
        [
            (MediaTime::ZERO, Emotion::Joy),
            (millis(600), Emotion::Concern)
        ]
    );
    assert_eq!(
        score.looks,
        [(MediaTime::ZERO, Some(Focus::Card)), (millis(900), None)]
    );
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long planning takes is what is tested"
)]
fn planning_is_quick() {
    let library = library();
    let said = rhythm(10);
    let profile = SpeechProfile::new(&said.audio);
    let began = Instant::now();
    for seed in 0..50 {
        plan::strokes(&said, &profile, &library, seed);
    }
    let each = began.elapsed().as_secs_f64() / 50.0;
    println!("planning 10 s takes {:.3} ms", each * 1000.0);
    assert!(
        each < 0.02,
        "{each} s: the budget is 1 ms in a release build"
    );
}

const VOCABULARY: [&str; 14] = [
    "welcome,", "this", "one", "three", "reasons", "great", "stone", "欢", "迎", "左", "边", "谢",
    "谢。", "no",
];

proptest! {
    #[test]
    fn strokes_are_sorted_spaced_and_on_their_words(
        said in prop::collection::vec((prop::sample::select(VOCABULARY.to_vec()), 80i64..500, 0i64..400), 0..25),
        tags in prop::collection::vec((0usize..25, prop::sample::select(vec!["wave", "heart", "bow", "nobody"])), 0..3),
        seed in 0u64..1000,
        known in 0usize..30,
    ) {
        let library = Library::new(library().iter().take(known).cloned());
        let mut at = 40;
        let words: Vec<(&str, i64, i64)> = said.iter().map(|(text, length, gap)| {
            at += length + gap;
            (*text, at - length, at)
        }).collect();
        let mut said = utterance(&words, at + 200);
        let mut tags: Vec<i64> = tags.iter().map(|(word, _)| words.get(*word).map_or(at, |word| word.1)).collect();
        tags.sort_unstable();
        for tag in &tags {
            asked(&mut said, *tag, "wave");
        }
        let score = Score::new(&said, &library, seed);
        let number = score.strokes.iter().filter(|stroke| stroke.reason == Reason::Asked).count();
        let wanted = if library.find("wave").is_some() { tags.len() } else { 0 };
        prop_assert_eq!(number, wanted, "what is asked for is made");
        for pair in score.strokes.windows(2) {
            let next = library.get(pair[1].gesture).unwrap();
            let busy = secs_of(pair[0].at + pair[0].hold) + f64::from(library.get(pair[0].gesture).unwrap().follow_secs());
            let share = if pair[1].reason == Reason::Asked { 0.39 } else { 0.59 };
            prop_assert!(busy <= secs_of(pair[1].at) - share * f64::from(next.lead_secs()) + 1e-3, "{:?}", pair);
        }
        for stroke in &score.strokes {
            prop_assert!(stroke.at >= MediaTime::ZERO && stroke.hold >= MediaTime::ZERO);
            if stroke.reason != Reason::Asked {
                prop_assert!(stroke.at >= stroke.word.start && stroke.at <= stroke.word.end + millis(80));
            }
        }
    }
}
