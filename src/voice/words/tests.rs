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

proptest! {
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
