//! The mouth from phones in time, and words and phones from espeak-ng's events.

use zhubo::lipsync::{LipSync, LipSyncOptions, MOUTH_RATE, TimedLips};
use zhubo::media::{Blendshapes, MediaTime, PhoneAlphabet, SAMPLE_RATE_HZ, Shape};
use zhubo::remote::SpeechServer;
use zhubo::voice::{Speech, SynthesisContext, Voice};

/// Speech and its phones, or nothing (with a printed reason) where the voice is missing.
pub(crate) fn said(spec: &str, text: &str) -> Option<Speech> {
    let voice: Voice = spec.parse().unwrap();
    if let Err(error) = voice.check(&SpeechServer::default()) {
        println!("SKIP {error}");
        return None;
    }
    let speech = voice
        .synthesize(text, &SynthesisContext::default())
        .unwrap();
    if speech.phones.is_empty() {
        println!("SKIP {spec} does not report its phones here: is libespeak-ng there?");
        return None;
    }
    Some(speech)
}

/// The gap between the lips, as a sum of shapes.
fn gap(face: &Blendshapes) -> f32 {
    (face[Shape::JawOpen] - face[Shape::MouthClose]).max(0.0)
        + 0.30 * face[Shape::MouthLowerDownLeft]
        + 0.20 * face[Shape::MouthUpperUpLeft]
        + 0.25 * face[Shape::MouthFunnel]
        - 0.40 * face[Shape::MouthPressLeft]
        - 0.30 * face[Shape::MouthRollLower]
        - 0.15 * face[Shape::MouthRollUpper]
}

const SENTENCES: [(&str, &str); 4] = [
    (
        "flite:slt",
        "Maybe we buy five big papayas from Bob, and many more from Mum.",
    ),
    (
        "flite:rms",
        "Maybe we buy five big papayas from Bob, and many more from Mum.",
    ),
    (
        "espeak:en-us",
        "Maybe we buy five big papayas from Bob, and many more from Mum.",
    ),
    (
        "espeak:cmn-latn-pinyin",
        "爸爸妈妈买了八本漂亮的新书，朋友们明天来帮忙。",
    ),
];

#[test]
fn every_closure_is_closed_in_its_middle_and_the_mouth_rests_at_the_ends() {
    let mut lips = TimedLips::open(&LipSyncOptions::default()).unwrap();
    for (spec, text) in SENTENCES {
        let Some(speech) = said(spec, text) else {
            continue;
        };
        let duration = MediaTime::from_secs_f64(speech.duration_secs());
        let track = lips.track(&speech.phones, speech.alphabet, duration);
        assert_eq!(track.rate, MOUTH_RATE);
        assert!((track.frames.len() as f64 - speech.duration_secs() * 50.0).abs() <= 1.0);
        let closures: Vec<_> = speech
            .phones
            .iter()
            .filter(|p| p.phone.starts_with(['p', 'b', 'm']) && p.phone != "pau")
            .collect();
        assert!(closures.len() >= 9, "{spec}: {:?}", speech.phones);
        for phone in closures {
            let middle = MediaTime((phone.start.0 + phone.end.0) / 2);
            let gap = gap(&track.sample(middle));
            assert!(gap < 0.02, "{spec}: {phone:?} {gap}");
        }
        let widest = track
            .frames
            .iter()
            .map(|pose| pose[Shape::JawOpen])
            .fold(0.0, f32::max);
        assert!(widest > 0.4, "{spec}: {widest}");
        for pose in [track.frames.first(), track.frames.last()] {
            assert!(pose.unwrap()[Shape::JawOpen] < 0.05, "{spec}: {pose:?}");
        }
    }
}

/// Where both are right they agree: the timed mouth and the model's open and close together.
#[test]
fn the_timed_mouth_moves_with_the_model() {
    let Ok(mut heard) = LipSync::open(&LipSyncOptions::default()) else {
        println!("SKIP no runtime");
        return;
    };
    let mut lips = TimedLips::open(&LipSyncOptions::default()).unwrap();
    for (spec, text) in SENTENCES {
        let Some(speech) = said(spec, text) else {
            continue;
        };
        let audio = speech.at_rate(SAMPLE_RATE_HZ).unwrap();
        let by_sound = heard.track(&audio).unwrap();
        let by_time = lips.track(
            &speech.phones,
            speech.alphabet,
            MediaTime::from_samples(audio.len()),
        );
        assert_eq!(by_sound.start, by_time.start);
        assert_eq!(by_sound.frames.len(), by_time.frames.len(), "{spec}");
        let jaw = |shift: usize| -> f64 {
            let pairs: Vec<(f64, f64)> = by_sound.frames[4..]
                .iter()
                .zip(&by_time.frames[shift..])
                .map(|(a, b)| (f64::from(a[Shape::JawOpen]), f64::from(b[Shape::JawOpen])))
                .collect();
            correlation(&pairs)
        };
        // Shift 4 is none: the model's track is read from its fourth pose.
        let best = (0..9).max_by(|a, b| jaw(*a).total_cmp(&jaw(*b))).unwrap();
        println!("{spec}: correlation {:.2}", jaw(4));
        assert!(jaw(4) > 0.7, "{spec}: {}", jaw(4));
        assert!((3..=5).contains(&best), "{spec}: {best}");
    }
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (a, b) = pairs
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / count, b + y / count));
    let sum = |f: fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - a, y - b)).sum::<f64>();
    sum(|x, y| x * y) / (sum(|x, _| x * x) * sum(|_, y| y * y)).sqrt()
}

#[test]
fn espeak_reports_words_in_time() {
    for (spec, text, words) in [
        (
            "espeak:en-us",
            "Hello, of the 25 people in the room, none left.",
            10,
        ),
        ("espeak:cmn-latn-pinyin", "大家好，我买3个iPhone 15。", 9),
    ] {
        let Some(speech) = said(spec, text) else {
            continue;
        };
        assert_eq!(speech.alphabet, PhoneAlphabet::Ipa);
        assert!(speech.words_are_reported);
        assert_eq!(speech.words.len(), words, "{:?}", speech.words);
        for pair in speech.words.windows(2) {
            assert!(pair[0].end <= pair[1].start, "{:?}", speech.words);
        }
        for word in &speech.words {
            assert!(
                word.end - word.start >= MediaTime::from_millis(20),
                "{word:?}"
            );
        }
    }
}

#[test]
fn espeak_says_the_same_each_time_and_speaks_without_python() {
    let text = "Six sharp shells, and the same again.";
    let Some(first) = said("espeak:en-us", text) else {
        return;
    };
    said("espeak:cmn-latn-pinyin", "大家好").unwrap();
    assert_eq!(said("espeak:en-us", text).unwrap(), first);

    // A search path on which there is nothing but espeak-ng.
    let folder = tempfile::tempdir().unwrap();
    let paths = std::env::var_os("PATH").unwrap();
    let program = std::env::split_paths(&paths)
        .map(|path| path.join("espeak-ng"))
        .find(|path| path.is_file())
        .unwrap();
    std::os::unix::fs::symlink(program, folder.path().join("espeak-ng")).unwrap();
    let output = folder.path().join("out.wav");
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["say", text, "--voice", "espeak:en-us", "--json", "-o"])
        .arg(&output)
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && stderr.is_empty(), "{stderr}");
    let json: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(json["phones"].as_array().unwrap().len(), 0);
    assert_eq!(json["words"].as_array().unwrap().len(), 7);
}
