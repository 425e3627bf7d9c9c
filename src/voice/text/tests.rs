use super::*;
use proptest::prelude::*;

fn cut(text: &str) -> Vec<String> {
    sentences(text)
        .into_iter()
        .map(|sentence| sentence.text)
        .collect()
}

#[test]
fn english_sentences() {
    assert_eq!(
        cut("Hello there. How are you? Fine!  Thanks."),
        ["Hello there.", "How are you?", "Fine!", "Thanks."]
    );
    for whole in [
        "Mr. Smith met Dr. Jones at St. Mary.",
        "Pi is 3.14 and e is 2.718.",
        "See https://example.com/a.b?c=1!x for more.",
        "J. R. R. Tolkien wrote it.",
        "It costs $1,000.50 (approx. 3 times more), e.g. this one.",
        "Take No. 5, please.",
        "The U.S. is big.",
        "At 5 p.m. we close.",
        "Well... maybe.",
        "1. Open the box.",
        "One line\ngoes on here.",
    ] {
        assert_eq!(cut(whole).len(), 1, "{:?}", cut(whole));
    }
    assert_eq!(
        cut("He said \"Stop!\" Then he left."),
        ["He said \"Stop!\"", "Then he left."]
    );
    assert_eq!(cut("(Really?) Yes."), ["(Really?)", "Yes."]);
    assert_eq!(cut("Say no. Then go."), ["Say no.", "Then go."]);
}

#[test]
fn chinese_sentences() {
    assert_eq!(
        cut("大家好！欢迎来到直播间。今天有三款新品；先看第一款……好吗？"),
        [
            "大家好！",
            "欢迎来到直播间。",
            "今天有三款新品；",
            "先看第一款……",
            "好吗？"
        ]
    );
    assert_eq!(
        cut("他说：“走吧。”然后走了。"),
        ["他说：“走吧。”", "然后走了。"]
    );
    assert_eq!(
        cut("价格是3.14元。买iPhone!好的"),
        ["价格是3.14元。", "买iPhone!", "好的"]
    );
}

#[test]
fn pauses_follow_the_marks() {
    let all = sentences("One. Two!\nThree");
    let pauses: Vec<f64> = all.iter().map(|s| s.pause_after.as_millis_f64()).collect();
    assert_eq!(pauses, [250.0, 400.0, 250.0]);
}

#[test]
fn what_cannot_be_said_stays_with_its_neighbour_or_is_dropped() {
    assert_eq!(cut("Hello! 😀🎉 Bye."), ["Hello!", "😀🎉 Bye."]);
    assert_eq!(cut("Hello! 😀"), ["Hello! 😀"]);
    assert_eq!(cut("😀! Bye."), ["😀! Bye."]);
    assert_eq!(cut(""), [""; 0]);
    assert_eq!(cut(" \n ... !? 😀 。。。 ——"), [""; 0]);
}

#[test]
fn hundred_thousand_characters_without_marks() {
    for unit in ["a", "好", "word "] {
        let text = unit.repeat(100_000 / unit.chars().count());
        let all = sentences(&text);
        assert!(
            all.iter()
                .all(|s| s.text.chars().count() <= MAX_SENTENCE_CHARS)
        );
        let kept: usize = all
            .iter()
            .map(|s| s.text.chars().filter(|c| !c.is_whitespace()).count())
            .sum();
        assert_eq!(kept, text.chars().filter(|c| !c.is_whitespace()).count());
    }
    assert!(sentences(&"😀".repeat(100_000)).is_empty());
    assert!(!sentences(&format!("a.{}", "😀".repeat(100_000))).is_empty());
}

#[test]
fn long_sentences_are_split_at_commas_first() {
    let text = format!(
        "{}, {}.",
        "word ".repeat(30).trim(),
        "more ".repeat(30).trim()
    );
    let parts = cut(&text);
    assert_eq!(parts.len(), 2);
    assert!(parts[0].ends_with("word,"), "{}", parts[0]);
}

#[test]
fn cleaning() {
    assert_eq!(
        for_speech("  Hi\t\u{0}there\u{200B} 👍🏽\r\n you 1\u{FE0F}\u{20E3} "),
        "Hithere you 1".replace("Hithere", "Hi there")
    );
    assert_eq!(for_caption("Hi 👨‍👩‍👧\u{7} "), "Hi 👨‍👩‍👧");
    assert_eq!(for_speech("🎉"), "");
}

#[test]
fn languages_are_guessed() {
    for (text, language) in [
        ("Hello there", Language::En),
        ("你好，世界", Language::Zh),
        ("我买了3个iPhone手机", Language::Zh),
        ("We visited 北京 yesterday", Language::En),
        ("Привет, мир", Language::Other),
        ("こんにちは世界", Language::Other),
        ("123", Language::Other),
        ("Café crème", Language::En),
    ] {
        assert_eq!(Language::of(text), language, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_speakable_is_lost(text in "[a-cA-C好。！？，, .!?;…\"”）1-3\n😀]{0,600}") {
        let keep = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let all = sentences(&text);
        prop_assert_eq!(keep(&all.iter().map(|s| s.text.as_str()).collect::<String>()), keep(&text));
        prop_assert!(all.iter().all(|s| is_speakable(&s.text)));
    }

    #[test]
    fn marks_are_kept_too(text in "[a-c好。！？，, .!?;…\"”）1-3\n]{0,150}") {
        let keep = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let all: String = sentences(&text).into_iter().map(|s| s.text).collect();
        if is_speakable(&text) {
            prop_assert_eq!(keep(&all), keep(&text));
        } else {
            prop_assert_eq!(all, "");
        }
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        for sentence in sentences(&text) {
            prop_assert!(is_speakable(&sentence.text));
            prop_assert!(sentence.text.chars().count() <= 3 * MAX_SENTENCE_CHARS);
        }
    }
}
