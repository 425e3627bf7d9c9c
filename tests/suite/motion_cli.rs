//! `zhubo motion` as a person meets it: rows, events, strokes on their words, messages.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use zhubo::media::ARKIT_NAMES;

const ANGLES: [&str; 5] = [
    "head_pitch_deg",
    "head_yaw_deg",
    "head_roll_deg",
    "gaze_pitch_deg",
    "gaze_yaw_deg",
];

fn motion(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .arg("motion")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Rows of numbers, the gestures apart.
struct Csv {
    rows: Vec<Vec<f64>>,
    gestures: Vec<String>,
    text: String,
}

impl Csv {
    fn parse(text: String) -> Self {
        let mut lines = text.lines();
        let expected = format!(
            "time,{},{},gesture",
            ARKIT_NAMES.join(","),
            ANGLES.join(",")
        );
        assert_eq!(lines.next(), Some(expected.as_str()));
        let (mut rows, mut gestures) = (Vec::new(), Vec::new());
        for line in lines {
            let (numbers, gesture) = line.rsplit_once(',').unwrap();
            rows.push(
                numbers
                    .split(',')
                    .map(|cell| cell.parse().unwrap())
                    .collect(),
            );
            gestures.push(gesture.to_owned());
        }
        assert!(rows.iter().all(|row: &Vec<f64>| row.len() == 58));
        Self {
            rows,
            gestures,
            text,
        }
    }

    /// The values of one column between two times.
    fn column(&self, name: &str, from: f64, to: f64) -> Vec<f64> {
        let place = ARKIT_NAMES.iter().position(|own| *own == name).unwrap();
        let inside = self.rows.iter().filter(|row| row[0] >= from && row[0] < to);
        inside.map(|row| row[place + 1]).collect()
    }
}

/// Runs a command that must succeed; gives what it wrote and told.
fn performed(args: &[&str]) -> (Csv, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pose.csv");
    let mut all = args.to_vec();
    all.extend(["-o", path.to_str().unwrap(), "--json"]);
    let output = motion(&all);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {log}");
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (Csv::parse(std::fs::read_to_string(&path).unwrap()), told)
}

fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        println!("skipped: {program} is not installed");
    }
    found.is_ok()
}

#[test]
fn rows_cover_the_speech_at_any_rate() {
    for fps in [25u32, 50, 60] {
        let rate = fps.to_string();
        let (csv, told) = performed(&["Hello there.", "--voice", "tone", "--fps", &rate]);
        let secs = told["duration_secs"].as_f64().unwrap();
        let rows = (secs * f64::from(fps) - 1e-6).ceil() as usize;
        assert_eq!(csv.rows.len(), rows, "{secs} s at {fps}");
        assert_eq!(told["rows"].as_u64(), Some(rows as u64));
        assert_eq!(told["words"].as_array().unwrap().len(), 2);
        let step = csv.rows[1][0] - csv.rows[0][0];
        assert!((step - 1.0 / f64::from(fps)).abs() < 1e-5);
    }
}

#[test]
fn the_same_seed_is_the_same_life() {
    let run = |seed: &str| performed(&["--minutes", "0.2", "--seed", seed]);
    let (first, told) = run("7");
    assert_eq!(first.rows.len(), 600);
    assert_eq!(told["duration_secs"], 12.0);
    assert_eq!(first.text, run("7").0.text);
    assert_ne!(first.text, run("8").0.text);
    let said = |seed: &str| {
        performed(&[
            "Three reasons, really great ones.",
            "--voice",
            "tone",
            "--seed",
            seed,
        ])
    };
    assert_eq!(said("3").0.text, said("3").0.text);
}

#[test]
fn a_blink_in_the_rows_is_a_blink_that_is_told() {
    let (csv, told) = performed(&["--minutes", "0.5"]);
    let blinks = told["blinks"].as_array().unwrap();
    assert!((2..=20).contains(&blinks.len()), "{blinks:?}");
    for blink in blinks {
        let (start, end) = (
            blink["start"].as_f64().unwrap(),
            blink["end"].as_f64().unwrap(),
        );
        assert!((0.08..=0.5).contains(&(end - start)), "{blink}");
        let lids = csv.column("eyeBlinkLeft", start, end);
        assert!(lids.iter().any(|closed| *closed > 0.6), "{blink}: {lids:?}");
    }
}

#[test]
fn the_mouth_rests_in_silence() {
    if !has("flite") {
        return;
    }
    let text = "Hello there. [pause 2s] Good morning.";
    let (csv, told) = performed(&[text, "--voice", "flite:slt"]);
    let words = told["words"].as_array().unwrap();
    let end = words[1]["end"].as_f64().unwrap();
    let next = words[2]["start"].as_f64().unwrap();
    assert!(next - end > 2.0);
    let spoken = csv.column("jawOpen", 0.0, end);
    assert!(
        spoken.iter().any(|jaw| *jaw > 0.1),
        "it does speak: {spoken:?}"
    );
    for name in [
        "jawOpen",
        "mouthFunnel",
        "mouthPucker",
        "mouthLowerDownLeft",
    ] {
        let values = csv.column(name, end + 0.2, next - 0.2);
        let (low, high) = values.iter().fold((1.0f64, 0.0f64), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        assert!(high < 0.05 && high - low < 0.03, "{name}: {low} to {high}");
    }
}

/// A stroke with this name, and the distance from its word in seconds.
fn late(told: &Value, name: &str, word: &str) -> Option<f64> {
    let words = told["words"].as_array().unwrap();
    let word = words
        .iter()
        .find(|own| own["text"].as_str().unwrap().starts_with(word))
        .unwrap_or_else(|| panic!("no word {word} in {words:?}"));
    let (start, end) = (
        word["start"].as_f64().unwrap(),
        word["end"].as_f64().unwrap(),
    );
    let strokes = told["gestures"].as_array().unwrap().iter();
    let strokes = strokes.filter(|gesture| gesture["name"] == name);
    strokes
        .map(|gesture| gesture["stroke"].as_f64().unwrap())
        .map(|stroke| (start - stroke).max(stroke - end).max(0.0))
        .min_by(f64::total_cmp)
}

#[test]
fn strokes_land_on_their_words() {
    let english = [
        (
            "And now, my dear friends, we [wave] say hello to our guests.",
            "wave",
            "say",
        ),
        (
            "Once again you see that there are three reasons for it.",
            "count-3",
            "three",
        ),
        (
            "If you want to have it, the [thumbs-up] price is very good today.",
            "thumbs-up",
            "price",
        ),
    ];
    let chinese = [
        ("今天晚上我们一起[wave]开始直播。", "wave", "开"),
        ("这次我们准备了三种颜色给你。", "count-3", "三"),
        ("如果你想要的话就点左边看看。", "point-left", "左"),
    ];
    let mut cases = Vec::new();
    if has("flite") {
        cases.extend(english.map(|case| ("flite:slt", case)));
    }
    if has("espeak-ng") {
        cases.extend(english.map(|case| ("espeak:en-us", case)));
        cases.extend(chinese.map(|case| ("espeak:cmn-latn-pinyin", case)));
    }
    for (voice, (text, gesture, word)) in cases {
        let (csv, told) = performed(&[text, "--voice", voice]);
        assert_eq!(told["warnings"], serde_json::json!([]), "{text}");
        let late = late(&told, gesture, word);
        let late = late.unwrap_or_else(|| panic!("{text}: no {gesture} in {}", told["gestures"]));
        assert!(late <= 0.08, "{voice}, {text}: {late} s from its word");
        assert!(
            csv.gestures.iter().any(|name| name == gesture),
            "{text}: not in the pose"
        );
    }
}

#[test]
fn a_recording_gets_its_words_from_the_text() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/samples/maybe_slt.wav");
    let sample = sample.to_str().unwrap();
    let (csv, told) = performed(&[sample]);
    let secs = told["duration_secs"].as_f64().unwrap();
    assert_eq!(csv.rows.len(), (secs * 50.0 - 1e-6).ceil() as usize);
    assert_eq!(told["words"], serde_json::json!([]));
    assert!(
        csv.column("jawOpen", 0.0, secs)
            .iter()
            .any(|jaw| *jaw > 0.1)
    );
}

#[test]
fn a_plot_is_a_picture_of_limited_width() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, png) = (folder.path().join("a.csv"), folder.path().join("a.png"));
    let run = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(["-o", csv.to_str().unwrap(), "--plot", png.to_str().unwrap()]);
        motion(&args)
    };
    let output = run(&["大家好，欢迎！", "--voice", "tone"]);
    let log = String::from_utf8_lossy(&output.stderr);
    if log.contains("font") {
        return println!("skipped: {log}");
    }
    assert!(output.status.success(), "{log}");
    let short = image::open(&png).unwrap();
    assert!(run(&["--minutes", "2"]).status.success());
    let long = image::open(&png).unwrap();
    assert_eq!([short.width(), long.width()], [1200, 16_000]);
    let inked = short
        .to_rgb8()
        .pixels()
        .filter(|pixel| pixel.0 != [255; 3])
        .count();
    assert!(inked > 20_000, "{inked} pixels drawn");
}

#[test]
fn stdout_and_warnings() {
    let output = motion(&["[joyy] Hello.", "--voice", "tone", "-o", "-"]);
    assert!(output.status.success());
    let csv = Csv::parse(String::from_utf8(output.stdout).unwrap());
    assert!(csv.rows.len() > 20);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("did you mean [joy]?"), "{log}");
    let (_, told) = performed(&["[joyy] Hello.", "--voice", "tone"]);
    assert_eq!(told["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn mistakes_are_told_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("pose.csv");
    let path = csv.to_str().unwrap();
    let broken = folder.path().join("broken.wav");
    std::fs::write(&broken, "this is no sound").unwrap();
    let broken = broken.to_str().unwrap();
    for (args, code, words) in [
        (&["Hello", "-o", path, "--host", "nobody"][..], 2, "nobody"),
        (&["missing.wav", "-o", path], 2, "missing.wav"),
        (&[broken, "-o", path], 2, "broken.wav"),
        (&["...", "-o", path], 2, "nothing to say"),
        (&["Hello", "-o", path, "--text", "Hello"], 2, "--text"),
        (&["Hello", "-o", path, "--voice", "robot"], 2, "robot"),
        (&["Hello", "-o", "-", "--json"], 2, "stdout"),
        (&["--minutes", "0", "-o", path], 2, "--minutes"),
        (&["--minutes", "nan", "-o", path], 2, "--minutes"),
        (&["Hello", "--minutes", "1", "-o", path], 2, "--minutes"),
        (&["-o", path], 2, "INPUT"),
        (&["Hello", "-o", path, "--fps", "0"], 2, "fps"),
        (
            &["Hello", "-o", path, "--voice", "command:/no/such/program"],
            1,
            "program",
        ),
        (
            &["Hello", "--voice", "tone", "-o", "/no/such/folder/a.csv"],
            1,
            "/no/such/folder",
        ),
    ] {
        let output = motion(args);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {log}");
        assert!(
            log.contains(words) && !log.contains("panicked"),
            "{args:?}: {log}"
        );
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{args:?} left something: {left:?}");
    }
}
