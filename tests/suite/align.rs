//! Texts laid over their sound, against voices that tell when their words sound.

use std::process::{Command, Output};

use zhubo::lipsync::{Aligner, Alignment, Error, LipSync, LipSyncOptions, Mismatch, SpokenWord};
use zhubo::media::{PhoneAlphabet, SAMPLE_RATE_HZ, WordTime};
use zhubo::sound::wav;
use zhubo::voice::{SynthesisContext, pronounce};

const ENGLISH: [&str; 4] = [
    "Welcome to the show, everybody. Maybe we buy five big papayas from Bob.",
    "It has 25 colours, and the price is only 49.99 for you today.",
    "Please leave a comment below, and my friend will answer every question.",
    "The quick brown fox jumps over the lazy dog near the river bank.",
];
const MANDARIN: [&str; 2] = [
    "大家好，欢迎来到我们的直播间，今天给大家介绍三款新品。",
    "这个手机非常好用，价格也很便宜，明天有25个朋友来买。",
];

/// Sound at 48 kHz and its words, or nothing (with a printed reason) where the voice is missing.
fn said(spec: &str, text: &str) -> Option<(Vec<f32>, Vec<WordTime>)> {
    let speech = crate::timed::said(spec, text)?;
    Some((speech.at_rate(SAMPLE_RATE_HZ).unwrap(), speech.words))
}

/// The built-in model, or nothing (with a printed reason) where no runtime is installed.
fn model() -> Option<LipSync> {
    match LipSync::open(&LipSyncOptions::default()) {
        Ok(lips) => Some(lips),
        Err(error @ Error::NoRuntime { .. }) => {
            println!("SKIP {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn align(lips: &mut LipSync, sound: &[f32], text: &str) -> Result<Alignment, Mismatch> {
    let words: Vec<SpokenWord> = pronounce(text, None, &SynthesisContext::default())
        .unwrap()
        .into_iter()
        .map(|word| SpokenWord {
            phones: word.phones,
            within: None,
        })
        .collect();
    let posterior = lips.hear(sound).unwrap().unwrap();
    Aligner::new()
        .unwrap()
        .align(&posterior, &words, PhoneAlphabet::Ipa)
}

/// How far each word's start is off, in milliseconds, sorted.
fn errors(found: &Alignment, truth: &[WordTime]) -> Vec<f64> {
    assert_eq!(found.words.len(), truth.len());
    let mut errors: Vec<f64> = found
        .words
        .iter()
        .zip(truth)
        .map(|((start, _), word)| (*start - word.start).as_millis_f64().abs())
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

fn median(errors: &[f64]) -> f64 {
    errors[errors.len() / 2]
}

/// All voices that tell, with the texts they can say.
fn voices() -> Vec<(&'static str, &'static [&'static str])> {
    vec![
        ("flite:slt", &ENGLISH),
        ("flite:rms", &ENGLISH),
        ("espeak:en-us", &ENGLISH),
        ("espeak:cmn-latn-pinyin", &MANDARIN),
    ]
}

#[test]
fn words_start_where_the_voice_says() {
    let Some(mut lips) = model() else { return };
    for (spec, texts) in voices() {
        let mut all = Vec::new();
        for text in texts {
            let Some((sound, truth)) = said(spec, text) else {
                break;
            };
            let found = align(&mut lips, &sound, text)
                .unwrap_or_else(|error| panic!("{spec} {text}: {error}"));
            assert!(
                found.words.windows(2).all(|pair| pair[0].1 <= pair[1].0),
                "{spec}: {:?}",
                found.words
            );
            all.extend(errors(&found, &truth));
        }
        if all.is_empty() {
            continue;
        }
        all.sort_by(f64::total_cmp);
        let (median, ninth) = (median(&all), all[all.len() * 9 / 10]);
        println!(
            "{spec}: {} words, median {median:.0} ms, nine of ten within {ninth:.0} ms",
            all.len()
        );
        assert!(median <= 60.0, "{spec}: {median}");
        assert!(ninth <= 150.0, "{spec}: {ninth}");
    }
}

#[test]
fn two_voices_and_two_languages_in_one_sound() {
    let Some(mut lips) = model() else { return };
    let (english, mandarin) = (
        "Hello, my name is Lina and I love big parties.",
        "大家好，欢迎来到我们的直播间。",
    );
    let (Some((mut sound, mut truth)), Some((second, words))) = (
        said("flite:slt", english),
        said("espeak:cmn-latn-pinyin", mandarin),
    ) else {
        return;
    };
    let offset = zhubo::media::MediaTime::from_samples(sound.len());
    sound.extend(second);
    truth.extend(words.into_iter().map(|word| WordTime {
        start: word.start + offset,
        end: word.end + offset,
        ..word
    }));
    let found = align(&mut lips, &sound, &format!("{english} {mandarin}")).unwrap();
    let errors = errors(&found, &truth);
    assert!(median(&errors) <= 60.0, "{errors:?}");
}

#[test]
fn text_that_is_not_said_is_found_out() {
    let Some(mut lips) = model() else { return };
    for (spec, texts) in voices() {
        for (index, text) in texts.iter().enumerate() {
            let Some((sound, _)) = said(spec, text) else {
                break;
            };
            let other = texts[(index + 1) % texts.len()];
            let found = align(&mut lips, &sound, other);
            assert!(
                found.is_err(),
                "{spec} says {text}, not {other}: {:?}",
                found.map(|f| (f.confidence, f.weakest))
            );
        }
    }
}

fn zhubo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_command_writes_cues_and_refuses_other_texts() {
    let (Some(_), Some((sound, _))) = (model(), said("flite:slt", ENGLISH[0])) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (input, output) = (path("in.wav"), path("words.vtt"));
    wav::write_file(input.as_ref(), &sound, 1, SAMPLE_RATE_HZ).unwrap();

    let done = zhubo(&[
        "align", &input, "--text", ENGLISH[0], "-o", &output, "--json",
    ]);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let vtt = std::fs::read_to_string(&output).unwrap();
    assert!(
        vtt.starts_with("WEBVTT\n\n00:00:0") && vtt.contains("\npapayas\n"),
        "{vtt}"
    );
    assert_eq!(vtt.matches(" --> ").count(), 13);
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["words"].as_array().unwrap().len(), 13);

    let phones = zhubo(&["align", &input, "--text", ENGLISH[0], "--phones"]);
    assert!(
        String::from_utf8_lossy(&phones.stdout)
            .matches("\np\n")
            .count()
            >= 2
    );

    let other = zhubo(&["align", &input, "--text", ENGLISH[2]]);
    assert_eq!(other.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&other.stderr).contains("does not match the sound"));
    let nothing = zhubo(&["align", &input, "--text", "..."]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn half_a_wrong_text_is_found_out() {
    let (Some(mut lips), Some((sound, _))) = (model(), said("flite:slt", ENGLISH[2])) else {
        return;
    };
    for text in [
        "Please leave a comment below, but the weather is cold and rainy today.",
        "Please leave a comment below.",
        "And my friend will answer every question.",
    ] {
        let found = align(&mut lips, &sound, text);
        assert!(matches!(found, Err(Mismatch::Unlike { .. })), "{text}");
    }
}
