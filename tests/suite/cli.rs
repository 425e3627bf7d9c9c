//! The program as a person meets it: results, messages, exit codes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use zhubo::media::ARKIT_NAMES;

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhubo"));
    command.args(args).stdin(Stdio::null());
    command
}

fn zhubo(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

/// Runs a command that must fail and gives its exit code and its last words.
fn fails(args: &[&str]) -> (i32, String) {
    let output = zhubo(args);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{args:?} should fail");
    assert!(!words.contains("panicked"), "{args:?}: {words}");
    assert!(words.contains("error: "), "{args:?} ends silently: {words}");
    (
        output.status.code().expect("an exit code, not a signal"),
        words,
    )
}

fn sample() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/samples");
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|ending| ending == "wav"))
        .unwrap()
}

#[test]
fn say_writes_a_wav_with_word_times() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("hello.wav");
    let output = zhubo(&[
        "say",
        "Hello there. 大家好。",
        "-o",
        wav.to_str().unwrap(),
        "--json",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let reader = hound::WavReader::open(&wav).unwrap();
    assert_eq!(
        (reader.spec().sample_rate, reader.spec().channels),
        (48_000, 1)
    );
    let secs = f64::from(reader.duration()) / 48_000.0;
    assert!((secs - result["duration_secs"].as_f64().unwrap()).abs() < 0.001 && secs > 1.0);
    let words = result["words"].as_array().unwrap();
    assert!(
        words
            .iter()
            .any(|w| w["word"].as_str().unwrap().starts_with("Hello")),
        "{words:?}"
    );
    let starts: Vec<f64> = words.iter().map(|w| w["start"].as_f64().unwrap()).collect();
    assert!(
        starts.is_sorted() && *starts.last().unwrap() < secs,
        "{starts:?}"
    );
}

#[test]
fn say_takes_a_hundred_thousand_characters_from_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("long.wav");
    let mut child = program(&["say", "-", "--voice", "tone", "-o", wav.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // No sentence ends anywhere.
    let text = "ab ".repeat(33_334);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        hound::WavReader::open(&wav).unwrap().duration() > 48_000 * 600,
        "all of it is said"
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn bad_input_gets_one_clear_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(
        path("broken.glb"),
        b"glTF\x02\0\0\0\xff\xff\xff\xff rubbish",
    )
    .unwrap();
    std::fs::write(path("page.wav"), b"<html>not a sound</html>").unwrap();
    std::fs::write(path("room.toml"), "id = \"a b\"\ntitle = \"x\"\n").unwrap();
    std::fs::write(
        path("typo.toml"),
        "id = \"a\"\ntitle = \"x\"\n[voice]\ndefualt = \"tone\"\n",
    )
    .unwrap();
    let wav = sample();
    let wav = wav.to_str().unwrap();
    let (out, png, csv) = (path("o.wav"), path("o.png"), path("o.csv"));
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["say", "", "-o", &out], 2, &["empty"]),
        (&["say", "  \n", "-o", &out], 2, &["empty"]),
        (&["say", "?!…", "-o", &out], 2, &["nothing to say"]),
        (
            &["say", "hi", "--voice", "siri:x", "-o", &out],
            2,
            &["siri:x", "espeak:VOICE"],
        ),
        (
            &["say", "hi", "--voice", "espeak:klingon-7", "-o", &out],
            1,
            &["klingon-7"],
        ),
        (
            &[
                "say",
                "hi",
                "--voice",
                "command:no-such-program-here",
                "-o",
                &out,
            ],
            1,
            &["no-such-program-here"],
        ),
        (
            &["say", "hi", "--voice", "command:echo <html>", "-o", &out],
            1,
            &["echo"],
        ),
        (
            &["say", "hi", "--voice", "clip:/nowhere/x.wav", "-o", &out],
            1,
            &["/nowhere/x.wav"],
        ),
        (
            &["say", "hi", "-o", "/nowhere/at/all.wav", "--voice", "tone"],
            1,
            &["/nowhere/at/all.wav"],
        ),
        (
            &["lipsync", "/nowhere.wav", "-o", &csv],
            2,
            &["/nowhere.wav"],
        ),
        (
            &["lipsync", &path("page.wav"), "-o", &csv],
            2,
            &["page.wav"],
        ),
        (
            &["lipsync", wav, "-o", &csv, "--ort-lib", "/nowhere.so"],
            1,
            &["/nowhere.so", "make setup"],
        ),
        (
            &["lipsync", wav, "-o", &csv, "--model", "/nowhere.toml"],
            2,
            &["/nowhere.toml"],
        ),
        (
            &["avatar", "render", &path("broken.glb"), "-o", &png],
            2,
            &["broken.glb"],
        ),
        (
            &["avatar", "render", "nobody", "-o", &png],
            2,
            &["nobody", "lina"],
        ),
        (
            &["avatar", "render", "lina", "-o", &png, "--pose", "jawOpn=1"],
            2,
            &["jawOpn", "jawOpen"],
        ),
        (
            &[
                "avatar",
                "render",
                "lina",
                "-o",
                &png,
                "--pose",
                "jawOpen=7",
            ],
            2,
            &["0 to 1"],
        ),
        (
            &["avatar", "render", "lina", "-o", &png, "--size", "10x10"],
            2,
            &["16 and 8192"],
        ),
        (
            &["live", "--check", &path("room.toml")],
            2,
            &["room.toml", "id", "letters"],
        ),
        (
            &["live", "--check", &path("typo.toml")],
            2,
            &["typo.toml", "line 4", "defualt", "default"],
        ),
        (&["live", "--for", "1parsec"], 2, &["60s"]),
        (&["live", "/nowhere.toml"], 2, &["/nowhere.toml"]),
    ];
    for (args, code, expected) in cases {
        let output = zhubo(args);
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{args:?}: {words}");
        for part in *expected {
            assert!(
                words.contains(part),
                "{args:?} does not say `{part}`: {words}"
            );
        }
        assert!(!words.contains("panicked"), "{args:?}: {words}");
    }
}

#[test]
fn lipsync_writes_one_row_per_frame() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let wav = sample();
    let secs = {
        let reader = hound::WavReader::open(&wav).unwrap();
        f64::from(reader.duration()) / f64::from(reader.spec().sample_rate)
    };
    for (name, extra) in [
        ("whole.csv", &[][..]),
        ("stream.csv", &["--streaming"]),
        ("energy.csv", &["--energy"]),
    ] {
        let mut args = vec!["lipsync", wav.to_str().unwrap(), "-o"];
        let path = csv(name);
        args.push(&path);
        args.extend(extra);
        let output = zhubo(&args);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        assert_eq!(
            lines.next().unwrap(),
            format!("time,{}", ARKIT_NAMES.join(","))
        );
        let rows: Vec<Vec<f64>> = lines
            .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
            .collect();
        assert!(
            (rows.len() as f64 - secs * 60.0).abs() <= 2.0,
            "{} rows for {secs} s",
            rows.len()
        );
        assert!(
            rows.iter()
                .all(|row| row.len() == 53 && row[1..].iter().all(|w| (0.0..=1.0).contains(w)))
        );
        let jaw = 1 + ARKIT_NAMES
            .iter()
            .position(|name| *name == "jawOpen")
            .unwrap();
        let widest = rows.iter().map(|row| row[jaw]).fold(0.0, f64::max);
        assert!(widest > 0.15, "{name}: the mouth opens to {widest} only");
    }
}

#[test]
fn an_avatar_is_drawn_on_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let png = folder.path().join("cut.png");
    let path = png.to_str().unwrap();
    let output = zhubo(&[
        "avatar",
        "render",
        "lina",
        "-o",
        path,
        "--size",
        "180x320",
        "--background",
        "transparent",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let picture = image::open(&png).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (180, 320));
    assert_eq!(picture.get_pixel(0, 0)[3], 0, "nothing is behind");
    assert_eq!(picture.get_pixel(90, 130)[3], 255, "a host is there");
}

#[test]
fn doctor_names_everything() {
    let output = zhubo(&["doctor", "--json"]);
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let named: Vec<&str> = result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["what"].as_str().unwrap())
        .collect();
    for what in [
        "adapter",
        "ONNX Runtime",
        "lip-sync",
        "voice",
        "font",
        "ffmpeg",
        "encoders",
        "port 8080",
    ] {
        assert!(named.contains(&what), "{what} is not in {named:?}");
    }
    assert_eq!(result["ok"].as_bool(), Some(output.status.success()));
}

#[test]
fn doctor_says_what_is_missing() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = program(&["doctor"])
        .env("PATH", nowhere.path())
        .env("ZHUBO_FONT", "/nowhere.ttf")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for remedy in [
        "apt install flite",
        "apt install ffmpeg",
        "apt install fonts-noto-cjk",
    ] {
        assert!(text.contains(remedy), "no `{remedy}` in:\n{text}");
    }
}

/// Starts a room and waits until it says where to watch.
#[cfg(feature = "live")]
fn room(args: &[&str]) -> (Child, String) {
    let mut child = program(&["live", "--listen", "127.0.0.1:0"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line
        .strip_prefix("watch: ")
        .unwrap_or_else(|| panic!("no address: {line}"))
        .trim()
        .to_owned();
    (child, url)
}

#[cfg(feature = "live")]
#[test]
fn ctrl_c_ends_a_room_cleanly() {
    let (mut child, url) = room(&[]);
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with("/watch/demo"),
        "{url}"
    );
    std::thread::sleep(Duration::from_secs(1));
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < until, "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(0));
}

#[cfg(feature = "live")]
#[test]
fn a_room_without_the_model_warns_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("room.toml");
    let text = "id = \"r\"\ntitle = \"R\"\n[picture]\nsize = \"144x256\"\n[lipsync]\nruntime = \"/nowhere.so\"\n";
    std::fs::write(&document, text).unwrap();
    let (child, _) = room(&[
        document.to_str().unwrap(),
        "--for",
        "2s",
        "--record",
        folder.path().to_str().unwrap(),
    ]);
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    assert!(
        words.contains("loudness only") && words.contains("/nowhere.so"),
        "{words}"
    );
    assert!(
        folder.path().join("r-0001.mp4").exists(),
        "the recording is there: {words}"
    );
}

#[test]
fn failures_are_never_silent() {
    let (code, words) = fails(&["spot", "/nowhere.toml", "-o", "/tmp/x.mp4"]);
    assert!(code == 2 && words.contains("/nowhere.toml"), "{words}");
}
