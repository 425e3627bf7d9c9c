//! Sound files of every kind, and odd and hostile sound through lip-sync.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zhubo::lipsync::{LipSync, LipSyncOptions, MODEL_RATE_HZ};
use zhubo::media::{Blendshapes, FrameRate, MouthTrack, Shape};
use zhubo::sound::{self, SoundFile};

use crate::lipsync::{BILABIAL_COUNT, clip, closed_bilabials, model};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/audio/samples/maybe_slt.wav");

/// All of a file at `rate_hz`.
fn read(path: &Path, rate_hz: u32) -> sound::Result<Vec<f32>> {
    let mut file = SoundFile::open(path, rate_hz)?;
    let mut samples = Vec::new();
    while file.read(&mut samples)? {}
    Ok(samples)
}

/// The sample sentence as ffmpeg stores it under `name`.
fn converted(folder: &Path, name: &str, options: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i", SAMPLE])
        .args(options)
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}

/// Writes interleaved samples as 32-bit float WAV.
pub(crate) fn float_wav(path: &Path, samples: &[f32], channels: u16, sample_rate: u32) {
    let spec = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// White noise of the given peak: a fixed sequence.
pub(crate) fn noise(count: usize, peak: f32) -> Vec<f32> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next() * peak).collect()
}

/// The delay of `b` against `a` in samples, within 100, by correlation.
fn delay(a: &[f32], b: &[f32]) -> i64 {
    let alike = |lag: i64| -> f64 {
        (200..a.len().min(b.len()) as i64 - 200)
            .map(|i| f64::from(a[i as usize]) * f64::from(b[(i + lag) as usize]))
            .sum()
    };
    (-100..=100)
        .max_by(|x, y| alike(*x).total_cmp(&alike(*y)))
        .unwrap()
}

#[test]
fn every_container_gives_the_same_sound_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clip();
    for (name, options, codec) in [
        ("a.flac", &["-c:a", "flac"][..], "FLAC"),
        ("b.mp3", &["-c:a", "libmp3lame", "-b:a", "64k"], "MP3"),
        ("c.ogg", &["-c:a", "libvorbis", "-ar", "44100"], "Vorbis"),
        ("d.opus", &["-c:a", "libopus", "-b:a", "64k"], "Opus"),
        ("e.ogg", &["-c:a", "libopus", "-ac", "2"], "Opus"),
        (
            "f.wav",
            &["-c:a", "pcm_s24le", "-ac", "6", "-ar", "96000"],
            "WAV",
        ),
        ("named_wrongly.wav", &["-f", "flac"], "FLAC"),
    ] {
        let path = converted(folder.path(), name, options);
        let found = SoundFile::open(&path, MODEL_RATE_HZ).unwrap();
        assert_eq!(found.decoder().codec(), codec, "{name}");
        let secs = found.decoder().announced_secs().unwrap();
        assert!(
            (secs - clip.len() as f64 / 16_000.0).abs() < 0.15,
            "{name}: {secs}"
        );
        let samples = read(&path, MODEL_RATE_HZ).unwrap();
        let off = samples.len().abs_diff(clip.len());
        assert!(off <= 320, "{name}: {off} samples more or less");
        assert!(
            delay(&clip, &samples).abs() <= 1,
            "{name}: {}",
            delay(&clip, &samples)
        );
        if name == "a.flac" {
            assert_eq!(samples, clip);
        }
    }
}

#[test]
fn any_rate_and_number_of_channels_closes_the_lips() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (rate, channels) in [
        (8_000, 1),
        (11_025, 2),
        (44_100, 2),
        (192_000, 6),
        (48_000, 24),
    ] {
        let path = folder.path().join(format!("{rate}.wav"));
        let mono = sound::resample(&clip(), 16_000, rate).unwrap();
        let all: Vec<f32> = mono
            .iter()
            .flat_map(|sample| std::iter::repeat_n(*sample, channels))
            .collect();
        float_wav(&path, &all, channels as u16, rate);
        let samples = read(&path, MODEL_RATE_HZ).unwrap();
        let closed = closed_bilabials(&lips.track_16k(&samples).unwrap());
        assert!(
            closed + 2 >= BILABIAL_COUNT,
            "{rate} Hz, {channels} channels: {closed} of {BILABIAL_COUNT}"
        );
    }
}

#[test]
fn what_is_no_sound_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cut = |path: PathBuf, keep: f64| {
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap();
        path
    };
    let wav = std::fs::read(SAMPLE).unwrap();
    let mut no_channels = wav.clone();
    no_channels[22..24].copy_from_slice(&[0, 0]);
    let mut no_samples = wav[..44].to_vec();
    no_samples[40..44].copy_from_slice(&[0; 4]);
    let vorbis = converted(folder.path(), "v.ogg", &["-c:a", "libvorbis"]);
    let flac = converted(folder.path(), "f.flac", &[]);
    let mp3 = converted(folder.path(), "m.mp3", &[]);
    let opus = converted(folder.path(), "o.opus", &["-ac", "6", "-ar", "48000"]);
    let mut hiss = Vec::new();
    for sample in noise(50_000, 1.0) {
        hiss.push((sample * 127.0) as i8 as u8 & 0x7F);
    }
    for (path, words) in [
        (file("empty.wav", b""), "no bytes"),
        (
            file(
                "text.mp3",
                b"Good morning, this is a letter.".repeat(90).as_slice(),
            ),
            "not a sound file",
        ),
        (file("page.flac", b"<!DOCTYPE html><html></html>"), "HTML"),
        (file("noise.bin", &hiss), "not a sound file"),
        (file("header.wav", &no_samples), "no samples"),
        (file("silent.wav", &no_channels), "0 channels"),
        (file("cut.wav", &wav[..wav.len() / 2]), "cut off"),
        (file("stub.wav", &wav[..20]), "ends before any sound"),
        (cut(flac, 0.5), "cut off"),
        (cut(mp3, 0.5), "cut off"),
        (cut(vorbis, 0.7), "cut off"),
        (opus, "6 channels"),
        (folder.path().to_owned(), "folder"),
        (folder.path().join("none.wav"), "read or write"),
    ] {
        let error = read(&path, MODEL_RATE_HZ).expect_err(&format!("{}", path.display()));
        let text = error.to_string();
        assert!(text.contains(words), "{}: {text}", path.display());
    }
}

#[test]
fn samples_that_are_not_numbers_are_silence_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.wav");
    let mut samples: Vec<f32> = clip()
        .iter()
        .flat_map(|sample| [*sample, *sample])
        .collect();
    for i in 0..500 {
        samples[10_000 + 2 * i] = [f32::NAN, f32::INFINITY][i % 2];
    }
    float_wav(&path, &samples, 2, 16_000);
    let mut file = SoundFile::open(&path, MODEL_RATE_HZ).unwrap();
    let mut heard = Vec::new();
    while file.read(&mut heard).unwrap() {}
    assert_eq!(file.decoder().broken_samples(), 500);
    assert!(heard.iter().all(|sample| sample.is_finite()));
    // The other channel is still heard, at half the level.
    assert!((heard[5_000] - clip()[5_000] / 2.0).abs() < 1e-6);
    let output = lipsync_command(&path, &folder.path().join("m.csv"), &["--energy"])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && words.contains("500 samples"),
        "{words}"
    );
}

/// The mouth of sound that is nothing like speech is still a mouth, and rests when the sound ends.
#[test]
fn odd_sound_gives_a_mouth_that_rests_afterwards() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let two_secs = 32_000;
    let tone = |level: f32, hz: f32| -> Vec<f32> {
        let step = hz * std::f32::consts::TAU / 16_000.0;
        (0..two_secs)
            .map(|i| level * (i as f32 * step).sin())
            .collect()
    };
    for (name, sound) in [
        ("silence", vec![0.0; two_secs]),
        ("full-scale white noise", noise(two_secs, 1.0)),
        ("faint white noise", noise(two_secs, 0.02)),
        ("hum", tone(0.5, 50.0)),
        ("a whistle", tone(0.9, 3_000.0)),
        ("a constant", vec![0.7; two_secs]),
        ("a square wave", tone(1e9, 120.0)),
        (
            "the smallest numbers",
            vec![f32::MIN_POSITIVE / 8.0; two_secs],
        ),
        ("a click", {
            let mut click = vec![0.0; two_secs];
            click[10_000] = 1.0;
            click
        }),
    ] {
        let mut padded = sound;
        padded.extend(vec![0.0; two_secs]);
        let track = lips.track_16k(&padded).unwrap();
        assert_eq!(track.frames.len(), padded.len() / 320, "{name}");
        let mut all = track.frames.iter().flat_map(|face| face.0);
        assert!(all.all(|weight| (0.0..=1.0).contains(&weight)), "{name}");
        let last = &track.frames[track.frames.len() - 50..];
        let moving = last.iter().filter(|face| **face != Blendshapes::default());
        assert_eq!(moving.count(), 0, "{name}: the mouth rests in silence");
        if name == "silence" || name == "a constant" {
            let widest = widest_jaw(&track.frames[25..]);
            assert!(widest < 0.05, "{name}: the jaw opens to {widest}");
        }
    }
}

fn widest_jaw(frames: &[Blendshapes]) -> f32 {
    frames
        .iter()
        .map(|face| face[Shape::JawOpen])
        .fold(0.0, f32::max)
}

#[test]
fn spoilt_speech_still_closes_the_lips() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let clip = clip();
    let hiss = noise(clip.len(), 0.01);
    let change = |f: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
        clip.iter().enumerate().map(|(i, x)| f(i, *x)).collect()
    };
    for (name, sound, missed) in [
        ("clipped", change(&|_, x| (x * 3.0).clamp(-0.7, 0.7)), 2),
        ("with an offset", change(&|_, x| x + 0.2), 2),
        ("upside down", change(&|_, x| -x), 1),
        ("with hiss", change(&|i, x| x + hiss[i]), 2),
        ("faint", change(&|_, x| x * 0.05), 2),
        ("coarse", change(&|_, x| (x * 64.0).round() / 64.0), 3),
    ] {
        let closed = closed_bilabials(&lips.track_16k(&sound).unwrap());
        println!("{name}: {closed} of {BILABIAL_COUNT}");
        assert!(
            closed + missed >= BILABIAL_COUNT,
            "{name}: {closed} of {BILABIAL_COUNT}"
        );
    }
}

pub(crate) fn lipsync_command(input: &Path, output: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhubo"));
    command
        .arg("lipsync")
        .args([input, Path::new("-o"), output])
        .args(more)
        .stdin(Stdio::null());
    command
}

fn cells(path: &Path) -> Vec<Vec<f32>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
        .collect()
}

#[test]
fn the_command_reads_mp3_and_streaming_changes_nothing() {
    if model(&LipSyncOptions::default()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mp3 = converted(folder.path(), "speech.mp3", &["-ar", "44100", "-ac", "2"]);
    let (whole, stream) = (
        folder.path().join("whole.csv"),
        folder.path().join("stream.csv"),
    );
    let output = lipsync_command(&mp3, &whole, &["--json"]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["sound"]["codec"], "MP3");
    assert_eq!(result["sound"]["sample_rate_hz"], 44_100);
    assert_eq!(result["sound"]["channels"], 2);
    assert_eq!(result["rows"].as_u64().unwrap(), cells(&whole).len() as u64);
    let output = lipsync_command(&mp3, &stream, &["--streaming"])
        .output()
        .unwrap();
    assert!(output.status.success());
    for (a, b) in cells(&whole).iter().zip(&cells(&stream)) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4));
    }
    assert_eq!(cells(&whole).len(), cells(&stream).len());
    // And both are what the library gives for the whole sound at once.
    let samples = read(&mp3, MODEL_RATE_HZ).unwrap();
    let track = LipSync::open(&LipSyncOptions::default())
        .unwrap()
        .track_16k(&samples)
        .unwrap();
    let mut csv = Vec::new();
    zhubo::lipsync::write_csv(&track, FrameRate::whole(60), &mut csv).unwrap();
    let at_once = folder.path().join("at_once.csv");
    std::fs::write(&at_once, csv).unwrap();
    for (a, b) in cells(&whole).iter().zip(&cells(&at_once)) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 2e-4));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 4, "no part of a file is left: {left:?}");
}

/// Three utterances: the sample sentence, and two that are made anew where the same voices are installed.
#[test]
fn the_mouths_of_three_utterances_are_as_they_were() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, program: &mut Command| {
        let path = folder.path().join(name);
        program.arg(&path).status().ok()?.success().then_some(path)
    };
    let flite = made(
        "flite.wav",
        Command::new("flite").args([
            "-voice",
            "kal16",
            "-t",
            "Five vivid moths whirl above my warm bath.",
            "-o",
        ]),
    );
    let espeak = made(
        "espeak.wav",
        Command::new("espeak-ng").args([
            "-v",
            "en-us",
            "Please put the pumpkin soup on my map.",
            "-w",
        ]),
    );
    let mut text = String::new();
    for (name, path) in [
        ("maybe_slt", Some(SAMPLE.into())),
        ("flite_kal16", flite),
        ("espeak_en_us", espeak),
    ] {
        let samples = path.map(|path: PathBuf| read(&path, MODEL_RATE_HZ).unwrap());
        let samples = samples.unwrap_or_default();
        let sum: f64 = samples.iter().map(|sample| f64::from(sample.abs())).sum();
        text += &format!("# {name} {} {sum:.1}\n", samples.len());
        text += &curves(&lips.track_16k(&samples).unwrap());
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lipsync_sound.txt");
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|name| name == "lipsync_sound") {
        std::fs::write(&golden, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&golden).unwrap();
    let mut compared = 0;
    for (expected, found) in golden.split("# ").zip(text.split("# ")).skip(1) {
        let head = |text: &str| text.lines().next().unwrap().to_owned();
        if head(expected) != head(found) {
            println!(
                "skipped: {} is other sound than {}",
                head(found),
                head(expected)
            );
            continue;
        }
        compared += 1;
        assert_eq!(expected.lines().count(), found.lines().count());
        for (expected, found) in expected.lines().zip(found.lines()).skip(1) {
            let numbers = |line: &str| -> Vec<f32> {
                line.split(' ').map(|cell| cell.parse().unwrap()).collect()
            };
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 0.02;
            assert!(
                numbers(expected).iter().zip(&numbers(found)).all(near),
                "expected {expected}, found {found}; UPDATE_GOLDEN=lipsync_sound rewrites"
            );
        }
    }
    assert!(compared >= 1, "the sample sentence is always there");
}

/// The main curves at 25 per second.
fn curves(track: &MouthTrack) -> String {
    let shapes = [
        Shape::JawOpen,
        Shape::MouthClose,
        Shape::MouthFunnel,
        Shape::MouthPucker,
        Shape::MouthRollLower,
        Shape::MouthPressLeft,
    ];
    let rate = FrameRate::whole(25);
    let frames = rate.frames_covering(track.rate.pts_of(track.frames.len() as u64));
    (0..frames)
        .map(|index| {
            let at = rate.pts_of(index);
            let mouth = track.sample(at);
            let cells = shapes.map(|shape| format!("{:.3}", mouth[shape]));
            format!("{:.2} {}\n", at.as_secs_f64(), cells.join(" "))
        })
        .collect()
}

#[test]
fn a_plot_shows_sound_phones_and_curves() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("phones.tsv"),
        "start\tend\tphone\tclass\n0.2\t0.3\tm\tPP\n0.3\t0.5\tey\tEH\n",
    )
    .unwrap();
    let draw = |png: &Path, more: &[&str]| {
        let (png, phones) = (png.to_str().unwrap(), path("phones.tsv"));
        let mut args = vec!["--energy", "--plot", png];
        if more == ["phones"] {
            args.extend(["--phones", phones.to_str().unwrap()]);
        }
        let output = lipsync_command(SAMPLE.as_ref(), &path("m.csv"), &args)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words}");
        image::open(png).unwrap().to_rgb8()
    };
    let plain = draw(&path("plain.png"), &[]);
    assert!(plain.width() >= 1_200 && plain.height() > 800);
    // The jaw's curve is there in its colour, and letters stand in the title and at the axes.
    let count =
        |picture: &image::RgbImage, rgb: [u8; 3]| picture.pixels().filter(|p| p.0 == rgb).count();
    assert!(count(&plain, [31, 90, 180]) > 300);
    let dark = plain
        .pixels()
        .filter(|p| p.0.iter().all(|c| *c < 90))
        .count();
    assert!(dark > 1_000, "{dark} dark pixels: labels are missing");
    let named = draw(&path("named.png"), &["phones"]);
    let changed = plain
        .pixels()
        .zip(named.pixels())
        .filter(|(a, b)| a != b)
        .count();
    assert!(
        changed > 500,
        "the phones are drawn: {changed} pixels differ"
    );

    std::fs::write(path("phones.tsv"), "0.2\t0.1\tm\tPP\n").unwrap();
    let phones = path("phones.tsv");
    let output = lipsync_command(
        SAMPLE.as_ref(),
        &path("m.csv"),
        &[
            "--energy",
            "--plot",
            "x.png",
            "--phones",
            phones.to_str().unwrap(),
        ],
    )
    .output()
    .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("phones.tsv, line 1"), "{words}");
}
