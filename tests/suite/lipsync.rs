//! Speech to mouth: the model through the runtime, its look-ahead, its manifest, and the twin without a model.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use zhubo::lipsync::{Error, LipSync, LipSyncOptions, MOUTH_RATE, Style, write_csv};
use zhubo::media::{ARKIT_NAMES, Blendshapes, FrameRate, MediaTime, MouthTrack, Shape};

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The built-in model, or nothing (with a printed reason) where no runtime is installed.
pub(crate) fn model(options: &LipSyncOptions) -> Option<LipSync> {
    match LipSync::open(options) {
        Ok(lips) => Some(lips),
        Err(error @ Error::NoRuntime { .. }) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// 2.7 s at 16 kHz: "Maybe we buy five big papayas from Bob."
pub(crate) fn clip() -> Vec<f32> {
    let mut reader = hound::WavReader::open(repository("audio/samples/maybe_slt.wav")).unwrap();
    assert_eq!(reader.spec().sample_rate, 16_000);
    reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

/// When flite says p, b or m in the clip, in seconds (`flite -psdur`).
pub(crate) const BILABIALS: [(f64, f64); 9] = [
    (0.224, 0.252),
    (0.410, 0.461),
    (0.728, 0.763),
    (1.154, 1.203),
    (1.383, 1.503),
    (1.539, 1.615),
    (2.063, 2.125),
    (2.125, 2.188),
    (2.407, 2.508),
];
pub(crate) const BILABIAL_COUNT: usize = BILABIALS.len();

/// The gap between the lips, as a sum of shapes.
pub(crate) fn gap(face: &Blendshapes) -> f32 {
    let gap = (face[Shape::JawOpen] - face[Shape::MouthClose]).max(0.0)
        + 0.30 * face[Shape::MouthLowerDownLeft]
        + 0.20 * face[Shape::MouthUpperUpLeft]
        + 0.25 * face[Shape::MouthFunnel]
        - 0.40 * face[Shape::MouthPressLeft]
        - 0.30 * face[Shape::MouthRollLower]
        - 0.15 * face[Shape::MouthRollUpper];
    gap.max(0.0)
}

/// How many p, b and m of the clip have closed lips in their middle half.
pub(crate) fn closed_bilabials(track: &MouthTrack) -> usize {
    BILABIALS
        .iter()
        .filter(|(start, end)| {
            let quarter = (end - start) / 4.0;
            (0..=10).any(|i| {
                let at = start + quarter + 2.0 * quarter * f64::from(i) / 10.0;
                gap(&track.sample(MediaTime::from_secs_f64(at))) < 0.06
            })
        })
        .count()
}

#[test]
fn answers_equal_those_of_the_runtime_for_python() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let rows = lips.posteriors(&clip()).unwrap();
    let golden =
        std::fs::read_to_string(repository("tests/golden/lipsync_posteriors.txt")).unwrap();
    let mut compared = 0;
    for line in golden.lines() {
        let mut numbers = line.split(' ');
        let step: usize = numbers.next().unwrap().parse().unwrap();
        for (class, expected) in numbers.enumerate() {
            let expected: f32 = expected.parse().unwrap();
            let found = rows[step][class];
            assert!(
                (found - expected).abs() < 2e-3,
                "step {step} class {class}: {found} instead of {expected}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 27 * 26);
}

#[test]
fn lips_close_on_p_b_m_in_time_and_nowhere_else_when_shifted() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let track = lips.track_16k(&clip()).unwrap();
    assert_eq!(track.start, MediaTime::from_millis(10));
    assert_eq!(track.rate, MOUTH_RATE);
    assert_eq!(track.frames.len(), clip().len().div_ceil(320));
    let in_time = closed_bilabials(&track);
    assert!(
        in_time >= BILABIAL_COUNT - 1,
        "{in_time} of {BILABIAL_COUNT}"
    );
    // The test can fail: the same mouth 90 ms late misses many of them (chance hits some).
    let late = MouthTrack {
        start: track.start + MediaTime::from_millis(90),
        ..track
    };
    let when_late = closed_bilabials(&late);
    assert!(
        when_late + 3 <= in_time,
        "{in_time} in time, {when_late} when late"
    );
}

#[test]
fn the_mouth_of_the_clip_is_as_it_was() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let track = lips.track_16k(&clip()).unwrap();
    let shapes = [
        Shape::JawOpen,
        Shape::MouthClose,
        Shape::MouthFunnel,
        Shape::MouthPucker,
        Shape::MouthRollLower,
        Shape::MouthPressLeft,
        Shape::MouthStretchLeft,
        Shape::MouthUpperUpRight,
    ];
    let mut rows: Vec<Vec<f32>> = Vec::new();
    let mut text = format!("time {}\n", shapes.map(Shape::name).join(" "));
    for i in 0..67 {
        let at = FrameRate::whole(25).pts_of(i);
        let mouth = track.sample(at);
        let row = shapes.map(|shape| mouth[shape]);
        let cells = row.map(|weight| format!("{weight:.3}"));
        text += &format!("{:.2} {}\n", at.as_secs_f64(), cells.join(" "));
        rows.push(row.to_vec());
    }
    // Not compared letter by letter: another processor sums in another order.
    let path = repository("tests/golden/lipsync_mouth.txt");
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|name| name == "lipsync_mouth") {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(golden.lines().count(), rows.len() + 1);
    for (line, row) in golden.lines().skip(1).zip(&rows) {
        let expected = line
            .split(' ')
            .skip(1)
            .map(|cell| cell.parse::<f32>().unwrap());
        for (expected, found) in expected.zip(row) {
            assert!(
                (expected - found).abs() < 0.02,
                "expected {line}, found {row:?}; UPDATE_GOLDEN=lipsync_mouth rewrites"
            );
        }
    }
}

#[test]
fn sound_at_48_khz_gives_the_same_mouth() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let clip = clip();
    let at_16k = lips.track_16k(&clip).unwrap();
    // Three times the rate by straight lines: dull, but in time.
    let tripled: Vec<f32> = (0..clip.len() * 3)
        .map(|i| {
            let after = clip.get(i / 3 + 1).copied().unwrap_or(0.0);
            clip[i / 3] + (after - clip[i / 3]) * (i % 3) as f32 / 3.0
        })
        .collect();
    let at_48k = lips.track(&tripled).unwrap();
    assert_eq!(at_48k.frames.len(), at_16k.frames.len());
    let distance = |shift: usize| -> f32 {
        let pairs = at_48k.frames[shift..].iter().zip(&at_16k.frames);
        let count = pairs.len() as f32;
        pairs
            .map(|(a, b)| (a[Shape::JawOpen] - b[Shape::JawOpen]).abs())
            .sum::<f32>()
            / count
    };
    assert!(distance(0) < 0.03, "{}", distance(0));
    assert!(
        distance(0) < 0.5 * distance(2),
        "{} {}",
        distance(0),
        distance(2)
    );
    assert!(lips.track(&[]).unwrap().frames.is_empty());
}

#[test]
fn a_stream_that_learns_loudness_as_it_goes_closes_the_lips_too() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    for gain in [0.25, 1.0, 2.0] {
        let clip: Vec<f32> = clip().iter().map(|x| x * gain).collect();
        let track = lips.track_streaming_16k(&clip).unwrap();
        let closed = closed_bilabials(&track);
        assert!(closed + 2 >= BILABIAL_COUNT, "gain {gain}: {closed}");
    }
}

#[test]
fn silence_and_faint_noise_are_exact_rest() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let mut noise = 1u32;
    let mut hiss: Vec<f32> = (0..32_000)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 8) as f32 / (1u32 << 24) as f32 * 0.002 - 0.001
        })
        .collect();
    for sound in [vec![0.0; 32_000], std::mem::take(&mut hiss)] {
        let track = lips.track_16k(&sound).unwrap();
        let moving = track.frames[15..]
            .iter()
            .filter(|face| **face != Blendshapes::default());
        assert_eq!(moving.count(), 0);
    }
}

#[test]
fn broken_samples_do_no_lasting_harm() {
    let Some(mut lips) = model(&LipSyncOptions::default()) else {
        return;
    };
    let mut broken = clip();
    for (i, sample) in broken.iter_mut().enumerate().take(8000) {
        *sample = [f32::NAN, f32::INFINITY, -1e30, 1e-40][i % 4];
    }
    let track = lips.track_16k(&broken).unwrap();
    let all = track.frames.iter().flat_map(|face| face.0);
    assert!(all.into_iter().all(|weight| (0.0..=1.0).contains(&weight)));
    let clean = lips.track_16k(&clip()).unwrap();
    assert!(closed_bilabials(&clean) + 1 >= BILABIAL_COUNT);
}

#[test]
fn styles_change_how_far_the_mouth_opens_but_not_whether_it_closes() {
    let mut openings = Vec::new();
    for style in [Style::Soft, Style::Neutral, Style::Broadcast] {
        let Some(mut lips) = model(&LipSyncOptions {
            style,
            ..LipSyncOptions::default()
        }) else {
            return;
        };
        let track = lips.track_16k(&clip()).unwrap();
        assert!(closed_bilabials(&track) + 1 >= BILABIAL_COUNT, "{style:?}");
        openings.push(
            track
                .frames
                .iter()
                .map(|face| face[Shape::JawOpen])
                .sum::<f32>(),
        );
    }
    assert!(
        openings[0] * 1.15 < openings[1] && openings[1] * 1.1 < openings[2],
        "{openings:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_cut_of_the_sound_changes_no_bit(sizes in prop::collection::vec(0usize..2000, 1..40), energy: bool) {
        let lips = if energy { Some(LipSync::energy()) } else { model(&LipSyncOptions::default()) };
        let Some(mut lips) = lips else { return Ok(()); };
        let clip = clip();
        let mut whole = lips.push(&clip).unwrap();
        whole.extend(lips.finish().unwrap());
        let mut cut = Vec::new();
        let mut rest = clip.as_slice();
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() { break; }
            let (part, after) = rest.split_at((size + 1).min(rest.len()));
            cut.extend(lips.push(part).unwrap());
            rest = after;
        }
        cut.extend(lips.finish().unwrap());
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn every_320_samples_give_one_pose(count in 0usize..5000) {
        let mut lips = LipSync::energy();
        let track = lips.track_16k(&vec![0.1; count]).unwrap();
        prop_assert_eq!(track.frames.len(), count.div_ceil(320));
    }
}

#[test]
fn poses_come_out_one_lookahead_after_their_sound() {
    let Some(model) = model(&LipSyncOptions::default()) else {
        return;
    };
    for (mut lips, millis) in [(model, 130), (LipSync::energy(), 50)] {
        assert_eq!(lips.lookahead(), MediaTime::from_millis(millis));
        let silent_steps = (0..).find(|_| !lips.push(&[0.0; 320]).unwrap().is_empty());
        // The first pose is about 10 ms and comes with the step that ends a look-ahead later.
        assert_eq!(silent_steps, Some((millis as usize + 10) / 20 - 1));
    }
}

#[test]
fn without_a_model_the_mouth_follows_loudness() {
    let mut lips = LipSync::energy();
    let burst: Vec<f32> = (0..32_000)
        .map(|i| {
            let t = i as f32 / 16_000.0;
            let on = (0.5..1.0).contains(&t);
            if on {
                0.3 * (t * 150.0 * std::f32::consts::TAU).sin()
            } else {
                0.0
            }
        })
        .collect();
    let track = lips.track_16k(&burst).unwrap();
    let jaw = |millis| track.sample(MediaTime::from_millis(millis))[Shape::JawOpen];
    assert_eq!(
        track.sample(MediaTime::from_millis(300)),
        Blendshapes::default()
    );
    assert!(jaw(750) > 0.25, "{}", jaw(750));
    let half = jaw(750) / 2.0;
    let opens = (300..750).find(|&millis| jaw(millis) > half).unwrap();
    assert!((480..=520).contains(&opens), "opens at {opens} ms");
    assert_eq!(
        track.sample(MediaTime::from_millis(1300)),
        Blendshapes::default()
    );
    assert_eq!(lips.info().name, "energy");
}

#[test]
fn a_track_becomes_csv_rows_at_any_rate() {
    let mut lips = LipSync::energy();
    let track = lips.track_16k(&[0.2; 16_000]).unwrap();
    let mut csv = Vec::new();
    let rate = FrameRate {
        num: 30_000,
        den: 1001,
    };
    write_csv(&track, rate, &mut csv).unwrap();
    let text = String::from_utf8(csv).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("time,{}", ARKIT_NAMES.join(","))
    );
    let rows: Vec<Vec<f64>> = lines
        .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
        .collect();
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|row| row.len() == 53));
    assert!((rows[29][0] - 29.0 * 1001.0 / 30_000.0).abs() < 1e-4);
    assert!(rows[15][1..].iter().any(|&weight| weight > 0.0));
}
