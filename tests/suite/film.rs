//! A film from a document, checked from outside by ffprobe and ffmpeg.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SPOT: &str = r#"
script = """
Good evening. This tea was picked this morning.
大家好，今天的茶特别香。
"""
tail_secs = 0.5
[picture]
size = "240x426"
fps = 25
[voice]
default = "flite:slt"
zh = "espeak:cmn-latn-pinyin"
"#;

pub(crate) fn zhubo(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

pub(crate) fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn probe(file: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-count_frames",
            "-of",
            "json",
        ])
        .arg(file)
        .output()
        .expect("ffprobe: make setup installs ffmpeg");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// MD5 of all decoded pictures and of all decoded sound.
fn decoded(file: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-f", "streamhash", "-hash", "md5", "-"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", words(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn a_spot_is_a_sound_mp4_and_the_same_twice() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spot.toml"), SPOT).unwrap();
    for name in ["one.mp4", "two.mp4"] {
        let output = zhubo(&["spot", "spot.toml", "-o", name, "--json"], folder.path());
        assert!(output.status.success(), "{}", words(&output));
    }
    let one = folder.path().join("one.mp4");
    let facts = probe(&one);
    let stream = |kind: &str| {
        facts["streams"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["codec_type"] == kind)
            .unwrap()
            .clone()
    };
    let (video, audio) = (stream("video"), stream("audio"));
    assert_eq!(video["codec_name"], "h264");
    assert_eq!(
        (&video["width"], &video["height"]),
        (&240.into(), &426.into())
    );
    assert_eq!(video["r_frame_rate"], "25/1");
    assert_eq!(video["avg_frame_rate"], "25/1");
    assert_eq!(video["color_space"], "bt709");
    assert_eq!(audio["codec_name"], "aac");
    assert_eq!(audio["sample_rate"], "48000");
    let (seen, heard) = (number(&video["duration"]), number(&audio["duration"]));
    assert!(
        (seen - heard).abs() <= 0.04,
        "picture {seen} s, sound {heard} s"
    );
    assert!((5.0..20.0).contains(&seen), "two sentences take {seen} s");
    assert_eq!(number(&video["nb_read_frames"]), (seen * 25.0).round());
    assert_eq!(
        decoded(&one),
        decoded(&folder.path().join("two.mp4")),
        "same document, same film"
    );
    let leftovers: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(leftovers.len(), 3, "no partial files: {leftovers:?}");
}

#[test]
fn bad_documents_say_what_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (
            "script = \"Hi.\"\nscrpt = 1\n",
            "unknown field `scrpt`",
            "line 2",
        ),
        ("script = \"\"\n", "script", "write what the host says"),
        (
            "script = \"Hi.\"\n[picture]\nsize = \"721x1280\"\n",
            "721x1280",
            "line 3",
        ),
        (
            "script = \"Hi.\"\n[picture]\nfps = 0\n",
            "1 to 60",
            "line 3",
        ),
        (
            "script = \"Hi.\"\n[host]\navatar = \"nobody\"\n",
            "no host `nobody`",
            "lina",
        ),
        (
            "script = \"Hi.\"\n[host]\noutfit = \"armour\"\n",
            "no outfit `armour`",
            "host.outfit",
        ),
        (
            "script = \"Hi.\"\n[voice]\ndefault = \"siri\"\n",
            "siri",
            "espeak:VOICE",
        ),
        (
            "script = \"Hi.\"\n[label]\ntext = \"Lina\"\n",
            "must contain AI",
            "label",
        ),
        ("script = [1, 2]\n", "line 1", "string"),
        ("\u{0}\u{1}", "not a valid document", "line 1"),
    ];
    for (text, what, where_) in cases {
        std::fs::write(folder.path().join("bad.toml"), text).unwrap();
        let output = zhubo(&["spot", "bad.toml", "-o", "bad.mp4"], folder.path());
        let said = words(&output);
        assert_eq!(output.status.code(), Some(2), "{text:?}: {said}");
        assert!(
            said.contains(what)
                && said.contains(where_)
                && said.contains("bad.toml") | said.contains("siri") | said.contains("nobody"),
            "{text:?}: {said}"
        );
        assert!(!said.contains("panicked"), "{said}");
        assert!(!folder.path().join("bad.mp4").exists());
    }
    let missing = zhubo(&["spot", "nowhere.toml", "-o", "x.mp4"], folder.path());
    assert_eq!(missing.status.code(), Some(2));
    assert!(words(&missing).contains("nowhere.toml"));
}

#[test]
fn a_voice_that_fails_leaves_no_film() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "script = \"Hello.\"\n[picture]\nsize = \"64x64\"\n[voice]\ndefault = \"command:false\"\n";
    std::fs::write(folder.path().join("spot.toml"), text).unwrap();
    let output = zhubo(&["spot", "spot.toml", "-o", "x.mp4"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words(&output).contains("could not be spoken"),
        "{}",
        words(&output)
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing but the document is left"
    );
}

#[test]
fn examples_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    zhubo::config::RoomDocument::load(&folder.join("examples/room.toml")).unwrap();
    zhubo::config::RoomDocument::demo().unwrap();
    for spot in ["spot", "lips", "proof", "minute", "duo"] {
        let path = folder.join(format!("examples/{spot}.toml"));
        zhubo::config::SpotDocument::load(&path).unwrap();
    }
}

#[test]
fn a_film_that_cannot_be_written_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // An ffmpeg that reads a little and dies.
    let fake = folder.path().join("ffmpeg");
    std::fs::write(
        &fake,
        "#!/bin/sh\nhead -c 20000 >/dev/null\necho 'No space left on device' >&2\nexit 1\n",
    )
    .unwrap();
    Command::new("chmod")
        .args(["+x", fake.to_str().unwrap()])
        .status()
        .unwrap();
    let script = "A sentence that takes a while to be said. ".repeat(200);
    let text = format!(
        "script = \"{script}\"\n[picture]\nsize = \"144x256\"\n[voice]\ndefault = \"tone\"\n"
    );
    std::fs::write(folder.path().join("spot.toml"), text).unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(["spot", "spot.toml", "-o", "x.mp4", "--json"])
        .env("PATH", path)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words(&output).contains("No space left on device"),
        "{}",
        words(&output)
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "no partial film is left"
    );
}
