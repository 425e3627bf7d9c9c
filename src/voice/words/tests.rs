use super::*;
use proptest::prelude::*;

fn texts(text: &str) -> Vec<String> {
    split_words(text)
        .into_iter()
        .map(|word| word.text)
        .collect()
}

/// Bursts of noise-free sound at the given (start, end) in seconds.
fn sound(bursts: &[(f64, f64)], secs: f64) -> Vec<f32> {
    (0..(secs * 16_000.0) as usize)
        .map(|n| {
            let t = n as f64 / 16_000.0;
            let loud = bursts.iter().any(|(a, b)| t >= *a && t < *b);
            if loud {
                (n as f32 * 0.3).sin() * 0.3
            } else {
                0.0
            }
        })
        .collect()
}

#[test]
fn words_keep_their_marks() {
    assert_eq!(
        texts("Hello, my “dear” friend!"),
        ["Hello,", "my", "“dear”", "friend!"]
    );
    assert_eq!(
        texts("你好，iPhone手机！"),
        ["你", "好，", "iPhone", "手", "机！"]
    );
    assert_eq!(
        texts("It costs $3.50 - really."),
        ["It", "costs", "$3.50 -", "really."]
    );
    assert_eq!(texts("don't re-do"), ["don't", "re-do"]);
    assert_eq!(texts("...!"), [""; 0]);
}

#[test]
fn a_pause_falls_on_the_comma() {
    let sound = sound(&[(0.1, 0.5), (0.9, 2.0)], 2.2);
    let words = spread_words("Hello, this is the second part", &sound, 16_000);
    assert!((words[0].end.as_secs_f64() - 0.5).abs() < 0.03, "{words:?}");
    assert!(
        (words[1].start.as_secs_f64() - 0.9).abs() < 0.03,
        "{words:?}"
    );
    assert!((words[5].end.as_secs_f64() - 2.0).abs() < 0.03, "{words:?}");
}

#[test]
fn silence_and_nothing_are_harmless() {
    assert!(spread_words("", &sound(&[(0.0, 1.0)], 1.0), 16_000).is_empty());
    assert_eq!(
        spread_words("a b", &[0.0; 16_000], 16_000)[1].end,
        MediaTime(48_000)
    );
    assert_eq!(spread_words("a b", &[], 16_000).len(), 2);
}

/// Each word a second long, each a second after the one before.
fn timed(words: &[&str]) -> Vec<WordTime> {
    let second = |n: usize| MediaTime::from_millis(1000 * n as i64);
    let word = |(index, text): (usize, &&str)| WordTime {
        text: (*text).to_owned(),
        start: second(2 * index),
        end: second(2 * index + 1),
    };
    words.iter().enumerate().map(word).collect()
}

fn secs(text: &str, words: &[&str], places: &[usize]) -> Vec<f64> {
    let times = times_of(text, &timed(words), places);
    times.into_iter().map(MediaTime::as_secs_f64).collect()
}

#[test]
fn places_have_the_time_of_their_word() {
    let english = "Hi 😀 “dear” friend, go! 😀";
    let words = ["Hi", "“dear”", "friend,", "go!"];
    // H, the emoji, the quote, inside dear, its closing quote, f, the comma, the end.
    let places = [0, 3, 5, 8, 10, 12, 18, 23, 25];
    assert_eq!(
        secs(english, &words, &places),
        [0.0, 2.0, 2.0, 2.0, 4.0, 4.0, 6.0, 7.0, 7.0]
    );
    let chinese = ["今天", "真", "好，", "买"];
    assert_eq!(
        secs("今天真好，买", &chinese, &[0, 1, 2, 3, 4, 5, 6, 99]),
        [0.0, 0.0, 2.0, 4.0, 6.0, 6.0, 7.0, 7.0]
    );
    assert_eq!(secs("nothing", &[], &[0, 3]), [0.0, 0.0]);
    assert_eq!(secs("", &["word"], &[0]), [1.0]);
}

#[test]
fn words_that_are_written_otherwise_stand_between_their_neighbours() {
    let words = ["I", "have", "twenty", "one", "reasons"];
    assert_eq!(
        secs("I have 21 reasons", &words, &[2, 7, 8, 10]),
        [2.0, 4.0, 4.0, 8.0]
    );
    // A word is not looked for at the other end of the text.
    let long = format!("3 {} three", "la ".repeat(40));
    let mut words = vec!["three"];
    words.extend(["la"; 40]);
    words.push("three");
    assert_eq!(secs(&long, &words, &[0, 2, 8]), [0.0, 2.0, 6.0]);
}

proptest! {
    #[test]
    fn times_of_rising_places_rise(text in "[a-c 1好,。😀]{0,60}", words in prop::collection::vec("[a-c1好]{0,3}[,。]?", 0..12)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let places: Vec<usize> = (0..=61).collect();
        let times = secs(&text, &words, &places);
        prop_assert!(times.is_sorted(), "{:?}", times);
    }

    #[test]
    fn words_are_in_order_inside_the_sound(
        text in "[a-d好, .。]{0,120}",
        gaps in prop::collection::vec(0.0f64..0.5, 1..12),
    ) {
        let mut at = 0.0;
        let bursts: Vec<(f64, f64)> = gaps.iter().map(|gap| { at += gap + 0.3; (at - 0.3, at) }).collect();
        let sound = sound(&bursts, at + 0.2);
        let words = spread_words(&text, &sound, 16_000);
        let mut last = MediaTime::ZERO;
        for word in &words {
            prop_assert!(word.start >= last && word.end >= word.start, "{:?}", words);
            last = word.end;
        }
        prop_assert!(last <= MediaTime(sound.len() as i64 * 3 + 3));
    }

    #[test]
    fn both_ways_agree_on_order(count in 1usize..50) {
        let words = split_words(&"word ".repeat(count));
        let spans = proportional(&words, &[(0.1, 0.4), (0.6, 1.5)]);
        prop_assert!(spans.windows(2).all(|w| w[0].1 <= w[1].0 + 1e-9));
        prop_assert!((spans[count - 1].1 - 1.5).abs() < 1e-6);
    }
}
