use super::*;

/// Answers that are sure of one visual phone each.
fn heard(steps: &[(&str, usize)]) -> Posterior {
    let names: Vec<String> = VISUAL_PHONES.map(str::to_owned).to_vec();
    let row = |name: &str| -> Vec<f32> {
        let probability = |known: &String| if known == name { 0.9 } else { 0.004 };
        names.iter().map(probability).collect()
    };
    let rows = steps
        .iter()
        .flat_map(|(name, count)| std::iter::repeat_n(row(name), *count))
        .collect();
    Posterior { names, rows }
}

fn words(texts: &[&str]) -> Vec<SpokenWord> {
    texts
        .iter()
        .map(|phones| SpokenWord {
            phones: phones.split_whitespace().map(str::to_owned).collect(),
            within: None,
        })
        .collect()
}

fn align(posterior: &Posterior, words: &[SpokenWord]) -> Result<Alignment, Mismatch> {
    Aligner::new()
        .unwrap()
        .align(posterior, words, PhoneAlphabet::Ipa)
}

fn millis(alignment: &Alignment) -> Vec<(i64, i64)> {
    let ms = |time: MediaTime| time.as_millis_f64().round() as i64;
    alignment
        .words
        .iter()
        .map(|(start, end)| (ms(*start), ms(*end)))
        .collect()
}

#[test]
fn words_and_pauses_are_found() {
    let heard = heard(&[
        ("sil", 5),
        ("PP", 4),
        ("AA", 8),
        ("sil", 6),
        ("SS", 5),
        ("IY", 7),
        ("DD", 3),
        ("sil", 4),
    ]);
    let found = align(&heard, &words(&["m ɑː", "s iː t"])).unwrap();
    assert_eq!(millis(&found), [(100, 340), (460, 760)]);
    let phones: Vec<&str> = found.phones.iter().map(|p| p.phone.as_str()).collect();
    assert_eq!(phones, ["pau", "m", "ɑː", "pau", "s", "iː", "t", "pau"]);
    assert!(
        found
            .phones
            .windows(2)
            .all(|pair| pair[0].end == pair[1].start)
    );
    assert!(found.confidence > -0.1, "{}", found.confidence);
}

#[test]
fn a_word_without_phones_and_missing_pauses_are_harmless() {
    let heard = heard(&[("PP", 4), ("AA", 8), ("SS", 5), ("IY", 7)]);
    let found = align(&heard, &words(&["m ɑː", "", "s iː"])).unwrap();
    assert_eq!(millis(&found), [(0, 240), (240, 240), (240, 480)]);
    assert_eq!(align(&heard, &words(&["", ""])), Err(Mismatch::NoPhones));
}

#[test]
fn borders_lie_between_steps() {
    let mut heard = heard(&[("PP", 5), ("AA", 5)]);
    // The fifth step is three quarters PP: the border is a quarter of a step before its end.
    let (pp, aa) = (heard.rows[0].clone(), heard.rows[9].clone());
    heard.rows[4] = pp
        .iter()
        .zip(&aa)
        .map(|(p, a)| 0.75 * p + 0.25 * a)
        .collect();
    let found = align(&heard, &words(&["m ɑː"])).unwrap();
    let border = found.phones[0].end.as_millis_f64();
    assert!((90.0..100.0).contains(&border), "{border}");
}

#[test]
fn what_is_not_said_is_a_mismatch() {
    let heard = heard(&[
        ("SS", 6),
        ("IY", 8),
        ("kk", 6),
        ("UW", 8),
        ("nn", 6),
        ("AE", 8),
        ("FF", 6),
    ]);
    assert!(align(&heard, &words(&["s iː k", "uː n", "æ f"])).is_ok());
    let wrong = align(&heard, &words(&["m ɑː l", "ɹ ɔː p", "w oʊ θ"]));
    assert!(matches!(wrong, Err(Mismatch::Unlike { .. })), "{wrong:?}");
    let long = words(&["m ɑː l"; 30]);
    assert!(matches!(
        align(&heard, &long),
        Err(Mismatch::TooShort { .. })
    ));
    let mut other = heard.clone();
    other.names[1] = "xx".to_owned();
    assert_eq!(
        align(&other, &words(&["m"])),
        Err(Mismatch::Model { missing: "PP" })
    );
}

#[test]
fn known_times_of_words_hold_their_phones() {
    let heard = heard(&[
        ("sil", 5),
        ("PP", 5),
        ("AA", 10),
        ("PP", 5),
        ("AA", 10),
        ("sil", 5),
    ]);
    let mut words = words(&["m ɑː"]);
    // One word, said twice in the sound: the time tells which.
    let second = (MediaTime::from_millis(400), MediaTime::from_millis(700));
    words[0].within = Some(second);
    let rows = Likeness::new().rows(&heard).unwrap();
    let table = PhoneTable::built_in().unwrap();
    let states = States::new(&words, |phone| table.classes_of(phone, PhoneAlphabet::Ipa));
    let path = path::likeliest(&states, &rows);
    let first = path
        .iter()
        .position(|at| states.phone(*at).is_some())
        .unwrap();
    assert_eq!(first, 20);
}
