//! Voices as the engine meets them: installed ones by measuring, missing and misbehaving ones by their messages.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on shall say where"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zhubo::media::{MediaTime, WordTime};
use zhubo::remote::SpeechServer;
use zhubo::sound::{beep, gated_rms_dbfs, peak, wav};
use zhubo::voice::{Error, Speech, SynthesisContext, Voice, installed_voices, sentences};

fn voice(spec: &str) -> Voice {
    spec.parse().unwrap()
}

fn context(secs: u64) -> SynthesisContext {
    SynthesisContext {
        time_limit: Duration::from_secs(secs),
        ..SynthesisContext::default()
    }
}

fn speak(spec: &str, text: &str) -> Speech {
    voice(spec).synthesize(text, &context(60)).unwrap()
}

fn says(spec: &str, text: &str) -> String {
    chain(&voice(spec).synthesize(text, &context(60)).unwrap_err())
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// Whether the voice is there; prints a skip otherwise.
fn has(spec: &str) -> bool {
    let found = voice(spec).check(&SpeechServer::default());
    if let Err(error) = &found {
        println!("SKIP {error}");
    }
    found.is_ok()
}

/// What every voice promises.
fn assert_sound(spec: &str, speech: &Speech, secs: std::ops::Range<f64>) {
    let length = speech.duration_secs();
    assert!(secs.contains(&length), "{spec}: {length} s");
    assert!(
        peak(&speech.samples) <= 0.8913,
        "{spec}: {}",
        peak(&speech.samples)
    );
    let level = gated_rms_dbfs(&speech.samples, speech.sample_rate_hz).unwrap();
    assert!((-21.0..-15.0).contains(&level), "{spec}: {level} dBFS");
    let quiet = (speech.sample_rate_hz / 40) as usize;
    assert!(
        peak(&speech.samples[..quiet]) < 0.05,
        "{spec}: starts with sound"
    );
    assert!(
        peak(&speech.samples[speech.samples.len() - quiet..]) < 0.05,
        "{spec}: ends with sound"
    );
    let end = MediaTime::from_secs_f64(length + 0.001);
    let mut last = MediaTime::ZERO;
    for word in &speech.words {
        assert!(
            word.start >= last && word.end >= word.start && word.end <= end,
            "{spec}: {:?}",
            speech.words
        );
        last = word.end;
    }
}

fn texts(words: &[WordTime]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

const ENGLISH: &str = "Welcome to the show, everybody. Today we have three new products.";
const MANDARIN: &str = "大家好，欢迎来到我们的直播间，今天给大家介绍三款新品。";

#[test]
fn flite_speaks_with_phones_and_words() {
    for spec in [
        "flite:slt",
        "flite:rms",
        "flite:awb",
        "flite:kal16",
        "flite:kal",
    ] {
        if !has(spec) {
            continue;
        }
        let speech = speak(spec, ENGLISH);
        assert_sound(spec, &speech, 2.5..7.0);
        assert_eq!(
            texts(&speech.words),
            [
                "Welcome",
                "to",
                "the",
                "show,",
                "everybody.",
                "Today",
                "we",
                "have",
                "three",
                "new",
                "products."
            ]
        );
        assert!(
            speech.words.iter().all(|word| word.end > word.start),
            "{spec}: {:?}",
            speech.words
        );
        assert!(
            speech.phones.len() > 40,
            "{spec}: {} phones",
            speech.phones.len()
        );
        assert!(speech.phones.windows(2).all(|p| p[0].end <= p[1].start));
    }
}

#[test]
fn flite_words_agree_with_words_spoken_alone() {
    if !has("flite:slt") {
        return;
    }
    let phones = |speech: &Speech, from: MediaTime, to: MediaTime| {
        let inside = speech
            .phones
            .iter()
            .filter(|p| p.start >= from && p.end <= to && p.phone != "pau");
        inside.map(|p| p.phone.clone()).collect::<Vec<_>>()
    };
    let (mut right, mut all) = (0, 0);
    for text in [
        "Thank you for watching our show today, and please remember to follow the channel.",
        "This jacket keeps you warm when it is cold outside and it weighs almost nothing.",
        "We have only twenty pieces left, so choose your size quickly before they are gone.",
        "The knife is made of fine Japanese steel, which stays sharp through years of honest work.",
        "Would you like to know how much it costs? One moment, I will ask the people in charge.",
    ] {
        let speech = speak("flite:slt", text);
        for word in &speech.words {
            let alone = speak("flite:slt", &word.text);
            all += 1;
            right += usize::from(
                phones(&speech, word.start, word.end)
                    == phones(&alone, MediaTime::ZERO, MediaTime(i64::MAX)),
            );
        }
    }
    println!("{right} of {all} words have the phones they have alone");
    // Some words truly sound different in a sentence (the, a, to, and).
    assert!(right * 100 >= all * 85, "{right} of {all}");
}

#[test]
fn espeak_speaks_english_and_mandarin() {
    if !has("espeak:en-us") || !has("espeak:cmn-latn-pinyin") {
        return;
    }
    assert_sound("espeak:en-us", &speak("espeak:en-us", ENGLISH), 2.5..7.0);
    let mandarin = speak("espeak:cmn-latn-pinyin", MANDARIN);
    assert_sound("cmn-latn-pinyin", &mandarin, 3.0..8.0);
    assert_eq!(mandarin.words.len(), 24);
    // The comma's pause falls between the words around it.
    assert_eq!(mandarin.words[12].text, "间，");
    let second = mandarin.words[13].start - mandarin.words[12].end;
    assert!(second.as_millis_f64() > 50.0, "{:?}", mandarin.words);
    let comma = &mandarin.words[2];
    assert_eq!(comma.text, "好，");
    assert!(
        (mandarin.words[3].start - comma.end).as_millis_f64() > 50.0,
        "{:?}",
        mandarin.words
    );
}

#[test]
fn the_pinyin_voice_reads_no_tone_digits() {
    if !has("espeak:cmn-latn-pinyin") || !has("espeak:cmn") {
        return;
    }
    let pinyin = speak("espeak:cmn-latn-pinyin", MANDARIN).duration_secs();
    let plain = speak("espeak:cmn", MANDARIN).duration_secs();
    println!("pinyin voice {pinyin:.2} s, plain cmn {plain:.2} s");
    assert!(
        pinyin < 0.35 * 24.0,
        "a syllable takes {:.2} s",
        pinyin / 24.0
    );
}

#[test]
fn english_names_in_mandarin_are_spoken() {
    if !has("espeak:cmn-latn-pinyin") {
        return;
    }
    let with = speak("espeak:cmn-latn-pinyin", "我买了iPhone手机 & <b>");
    let without = speak("espeak:cmn-latn-pinyin", "我买了手机");
    assert!(with.duration_secs() > without.duration_secs() + 0.3);
    assert!(
        with.duration_secs() < without.duration_secs() + 2.5,
        "markup is not read: {}",
        with.duration_secs()
    );
}

#[test]
fn text_is_never_an_option_or_markup() {
    for spec in ["espeak:en-us", "flite:slt"] {
        if !has(spec) {
            continue;
        }
        for text in [
            "-v",
            "--help",
            "-w out.wav",
            "-o x",
            "$(reboot) `ls` ; rm -rf *",
        ] {
            assert!(speak(spec, text).duration_secs() > 0.2, "{spec} {text}");
        }
        let marked = speak(spec, "one <break time=\"30s\"/> two").duration_secs();
        assert!(marked < 12.0, "{spec} obeys markup: {marked} s");
        let phonemes = speak(spec, "say [[h@l'oU wI@l h@l'oU]] now").duration_secs();
        let spelt = speak(spec, "say h@l'oU wI@l h@l'oU now").duration_secs();
        assert!(
            (phonemes - spelt).abs() < 0.5 * spelt,
            "{spec} obeys phonemes: {phonemes} {spelt}"
        );
    }
}

#[test]
fn nothing_to_say_is_said_at_once() {
    for spec in [
        "tone",
        "espeak:en-us",
        "flite:slt",
        "openai:x",
        "command:cat",
    ] {
        for text in ["", " \n\t", "...!?", "😀🎉", "\u{0}\u{7}"] {
            assert!(
                matches!(
                    voice(spec).synthesize(text, &context(60)),
                    Err(Error::NothingToSay)
                ),
                "{spec} {text:?}"
            );
        }
        let long = "a ".repeat(5_000);
        assert!(matches!(
            voice(spec).synthesize(&long, &context(60)),
            Err(Error::TextTooLong { .. })
        ));
    }
}

#[test]
fn a_hundred_thousand_characters_go_sentence_by_sentence() {
    for unit in ["好", "word ", "x"] {
        let text = unit.repeat(100_000 / unit.chars().count());
        let all = sentences(&text);
        assert!(all.len() >= 400);
        let first = speak("tone", &all[0].text);
        assert!(first.duration_secs() > 0.1 && first.duration_secs() < 60.0);
    }
}

#[test]
fn flite_says_that_it_knows_no_chinese() {
    if has("flite:slt") {
        let message = says("flite:slt", "大家好");
        assert!(message.contains("espeak:cmn-latn-pinyin"), "{message}");
    }
}

#[test]
fn unknown_voices_are_named_with_a_remedy() {
    if has("flite:slt") {
        assert!(
            says("flite:nobody", "hello").contains("slt"),
            "{}",
            says("flite:nobody", "hello")
        );
        assert!(
            voice("flite:nobody")
                .check(&SpeechServer::default())
                .is_err()
        );
    }
    if has("espeak:en-us") {
        let message = says("espeak:xx-nobody", "hello");
        assert!(
            message.contains("does not exist") || message.contains("--voices"),
            "{message}"
        );
        let message = voice("espeak:xx-nobody")
            .check(&SpeechServer::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains("espeak-ng --voices"), "{message}");
    }
}

#[test]
fn installed_voices_parse_and_work() {
    let all = installed_voices();
    assert!(all.contains(&"tone".to_owned()));
    for spec in &all {
        assert_eq!(voice(spec).to_string(), *spec);
    }
    if has("espeak:cmn-latn-pinyin") {
        assert!(
            all.contains(&"espeak:cmn-latn-pinyin".to_owned()),
            "{all:?}"
        );
    }
    if has("flite:slt") {
        assert!(
            all.contains(&"flite:slt".to_owned()) && !all.contains(&"flite:awb_time".to_owned())
        );
    }
}

/// A shell script as a `command:` voice.
struct Script {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Script {
    fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.sh");
        // Written under another name first: a file that is open for writing cannot be run.
        let draft = folder.path().join("draft");
        std::fs::write(&draft, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&draft, &path).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }

    /// One that writes `wav` to a file and names it `$WAV` for the body.
    fn with_wav(body: &str) -> Self {
        let script = Self::new("");
        let wav = script.path.with_file_name("speech.wav");
        wav::write_file(&wav, &beep(300.0, 22_050, 0.3), 1, 22_050).unwrap();
        std::fs::write(
            &script.path,
            format!("#!/bin/sh\nWAV={}\n{body}\n", wav.display()),
        )
        .unwrap();
        script
    }

    fn voice(&self, args: &str) -> Voice {
        // Through sh, so that a script just written is never `busy`.
        voice(&format!("command:sh {} {args}", self.path.display()))
    }

    fn says(&self, secs: u64) -> String {
        chain(
            &self
                .voice("")
                .synthesize("hello", &context(secs))
                .unwrap_err(),
        )
    }
}

#[test]
fn a_program_gets_text_and_language() {
    let script = Script::with_wav(
        r#"text=$(cat); [ "$text" = "-v 你好" ] || exit 3; [ "$1" = zh ] || exit 4; [ "$2" = " -v 你好" ] || exit 5; cat "$WAV""#,
    );
    let speech = script
        .voice("{lang} {text}")
        .synthesize("-v 你好", &context(60))
        .unwrap();
    assert_sound("command", &speech, 0.9..1.3);
    assert_eq!(speech.words.len(), 3);
}

#[test]
fn a_program_that_does_not_read_its_input_is_fine() {
    let script = Script::with_wav(r#"cat "$WAV""#);
    let text = "word ".repeat(800);
    assert!(script.voice("").synthesize(&text, &context(60)).is_ok());
}

#[test]
fn programs_that_misbehave_get_one_clear_message() {
    for (body, expected) in [
        (
            "echo model not found >&2; exit 7",
            vec!["exit status: 7", "model not found"],
        ),
        (
            "echo '<html><body>login</body></html>'",
            vec!["HTML", "WAV file to its standard output"],
        ),
        (
            "echo '<html>'; echo out of memory >&2; exit 1",
            vec!["out of memory"],
        ),
        ("exit 0", vec!["no bytes"]),
        (r#"head -c 20000 "$WAV""#, vec!["cut off"]),
        (r#"head -c 20 "$WAV""#, vec!["before any sound"]),
        ("head -c 100000 /dev/urandom", vec!["WAV"]),
        ("kill -9 $$", vec!["signal: 9"]),
        ("cat /dev/zero", vec!["do not start like a WAV"]),
    ] {
        let message = Script::with_wav(body).says(60);
        for part in expected {
            assert!(message.contains(part), "{body}: {message}");
        }
    }
}

#[test]
fn endless_sound_is_cut_with_a_message() {
    let script = Script::with_wav(r#"head -c 40 "$WAV"; printf '\377\377\377\377'; cat /dev/zero"#);
    let message = script.says(60);
    assert!(message.contains("more than 600 s"), "{message}");
}

#[test]
fn silence_is_noticed() {
    let script = Script::with_wav(
        r#"head -c 40 "$WAV"; printf '\377\377\377\377'; head -c 40000 /dev/zero"#,
    );
    let message = script.says(60);
    assert!(message.contains("only silence"), "{message}");
}

#[test]
fn a_program_that_hangs_is_ended_with_its_children() {
    let script = Script::new(
        "echo $$ > \"$(dirname \"$0\")/pid\"; sleep 987654 & echo $! > \"$(dirname \"$0\")/child\"; wait",
    );
    let error = script
        .voice("")
        .synthesize("hello", &context(3))
        .unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    for name in ["pid", "child"] {
        let pid = std::fs::read_to_string(script.path.with_file_name(name)).unwrap();
        // Gone, or dead and waiting to be collected by init; the kernel may need a moment.
        let is_dead = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            state.map_or(true, |state| state.contains(") Z") || state.contains(") X"))
        };
        for _ in 0..500 {
            if is_dead() {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        assert!(is_dead(), "{name} is still running");
    }
}

#[test]
fn cancelling_ends_a_program_early() {
    let cancel = Arc::new(AtomicBool::new(false));
    let context = SynthesisContext {
        cancel: Arc::clone(&cancel),
        time_limit: Duration::from_secs(3600),
        ..SynthesisContext::default()
    };
    let worker = std::thread::Builder::new()
        .spawn(move || voice("command:sleep 3500").synthesize("hello", &context))
        .unwrap();
    cancel.store(true, Ordering::Relaxed);
    assert!(matches!(
        worker.join().unwrap(),
        Err(Error::Cancelled { .. })
    ));
}

#[test]
fn missing_programs_and_files_are_named() {
    let message = says("command:/no/such/program", "hello");
    assert!(
        message.contains("/no/such/program") && message.contains("installed"),
        "{message}"
    );
    assert!(
        voice("command:no-such-program-here")
            .check(&SpeechServer::default())
            .is_err()
    );
    let message = says("clip:/no/such.wav", "hello");
    assert!(message.contains("/no/such.wav"), "{message}");
    assert!(
        voice("clip:/no/such.wav")
            .check(&SpeechServer::default())
            .is_err()
    );
}

#[test]
#[cfg(not(feature = "remote"))]
fn a_build_without_clients_says_so() {
    assert!(says("openai:nova", "hello").contains("--features remote"));
}

#[test]
fn a_clip_is_played_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let sound = beep(500.0, 12_000, 0.1);
    wav::write_file(&path, &sound, 1, 24_000).unwrap();
    let clip = voice(&format!("clip:{}", path.display()));
    let speech = clip.synthesize("one two", &context(60)).unwrap();
    assert_eq!(
        (speech.samples.len(), speech.sample_rate_hz),
        (12_000, 24_000)
    );
    assert_eq!(texts(&speech.words), ["one", "two"]);
    assert!(clip.synthesize("", &context(60)).unwrap().words.is_empty());
    std::fs::write(&path, "<html>").unwrap();
    assert!(clip.synthesize("x", &context(60)).is_err());
}

#[test]
fn speech_reaches_the_engines_rate() {
    let speech = speak("tone", "hello");
    assert_eq!(
        speech.at_rate(16_000).unwrap().len() * 3,
        speech.samples.len()
    );
}
