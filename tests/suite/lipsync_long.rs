//! Long sound through lip-sync: memory that does not grow, and an end at any time.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use zhubo::lipsync::{CsvRows, LipSync, Loudness, MODEL_RATE_HZ};
use zhubo::media::FrameRate;
use zhubo::sound::SoundFile;

use crate::lipsync::clip;
use crate::lipsync_sound::{float_wav, lipsync_command, noise};

/// What is written while sound comes in never lags by more than the look-ahead and a step, and nothing else is kept.
#[test]
fn two_minutes_are_followed_with_a_second_of_memory() {
    struct Count(std::rc::Rc<std::cell::Cell<usize>>);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
            self.0.set(self.0.get() + lines);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let secs = 120;
    let mut sound = noise(44_100, 0.3);
    sound.extend(vec![0.0; 44_100]);
    float_wav(&path, &sound.repeat(secs / 2), 1, 44_100);

    let mut lips = LipSync::energy();
    let rate = FrameRate::whole(50);
    let lines = std::rc::Rc::default();
    let mut rows = CsvRows::new(rate, Count(std::rc::Rc::clone(&lines))).unwrap();
    let mut file = SoundFile::open(&path, MODEL_RATE_HZ).unwrap();
    let (mut block, mut taken, mut largest) = (Vec::new(), 0, 0);
    lips.begin(&Loudness::of(&noise(16_000, 0.3)));
    while file.read(&mut block).unwrap() {
        rows.push(&lips.push(&block).unwrap()).unwrap();
        taken += block.len();
        largest = largest.max(block.len());
        block.clear();
        let secs_behind = taken as f64 / 16_000.0 - (lines.get() as f64 - 1.0) / 50.0;
        let allowed = lips.lookahead().as_secs_f64() + 0.06;
        assert!(secs_behind <= allowed, "{secs_behind} s behind");
        assert!(
            block.capacity() <= 64_000,
            "{} samples kept",
            block.capacity()
        );
    }
    rows.push(&lips.finish().unwrap()).unwrap();
    assert_eq!(rows.finish().unwrap(), secs as u64 * 50);
    assert!(largest <= 16_000, "{largest} samples at once");
}

#[test]
fn ctrl_c_leaves_no_half_file_and_the_old_one_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (long, csv) = (folder.path().join("long.wav"), folder.path().join("m.csv"));
    float_wav(&long, &noise(16_000 * 60 * 40, 0.3), 1, 16_000);
    std::fs::write(&csv, "what was there").unwrap();
    let child = lipsync_command(&long, &csv, &["--energy", "--fps", "240"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = folder.path().join(".m.csv.part");
    let began = Instant::now();
    while !part.exists() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(part.exists(), "the file grows under a hidden name");
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("stopped before the end"), "{words}");
    assert!(!part.exists());
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), "what was there");
}

/// Three hours through the command, with the model. Minutes long: run it with `--ignored --nocapture`.
#[test]
#[ignore = "takes minutes: three hours of sound through the model"]
fn three_hours_take_constant_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (long, csv) = (folder.path().join("long.wav"), folder.path().join("m.csv"));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let file = std::io::BufWriter::new(File::create(&long).unwrap());
    let mut writer = hound::WavWriter::new(file, spec).unwrap();
    let clip = clip();
    let total = 3 * 3600 * 16_000;
    for i in 0..total {
        writer
            .write_sample((clip[i % clip.len()] * 32_000.0) as i16)
            .unwrap();
    }
    writer.finalize().unwrap();
    let began = Instant::now();
    let mut child = lipsync_command(&long, &csv, &[]).spawn().unwrap();
    let mut most_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let text = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let peak = text.unwrap_or_default().lines().find_map(|line| {
            let kib = line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?;
            kib.parse::<u64>().ok()
        });
        most_kib = most_kib.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(200));
    };
    println!(
        "three hours: {:.0} s, at most {} MiB",
        began.elapsed().as_secs_f64(),
        most_kib / 1024
    );
    assert!(status.success());
    let rows = std::io::BufRead::lines(std::io::BufReader::new(File::open(&csv).unwrap())).count();
    assert_eq!(rows, 3 * 3600 * 60 + 1);
    assert!(most_kib < 200 * 1024, "{most_kib} KiB");
}
