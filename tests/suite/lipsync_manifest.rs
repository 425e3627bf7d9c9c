//! What a manifest can say: outputs of every kind, other rates, old states, features; and what is refused.

use zhubo::lipsync::{Error, LipSync, LipSyncOptions, Style};
use zhubo::media::Shape;

use super::lipsync_foreign::{Folder, available, burst, follows_the_burst, loudness};
use super::onnx::{Attribute::Ints, F32, Onnx};

/// A model that opens the mouth with the loudness of its step; the answer is `loudness x weights + offsets`.
pub(crate) fn meter(samples: i64, weights: &[f32], offsets: &[f32]) -> Onnx {
    let count = weights.len() as i64;
    let model = Onnx::default()
        .input("audio", F32, &[1, samples])
        .output("answer", &[1, count]);
    loudness(model, "audio", 1, 0, samples)
        .floats("weights", &[1, count], weights)
        .floats("offsets", &[1, count], offsets)
        .node("Mul", "open weights", "weighted")
        .node("Add", "weighted offsets", "answer")
}

pub(crate) fn meter_manifest(samples: usize, rate: u32, count: usize, rest: &str) -> String {
    format!(
        "
        [audio]
        kind = 'raw'
        sample_rate_hz = {rate}
        [stream]
        mode = 'step'
        step_samples = {samples}
        [inputs]
        audio = {{ name = 'audio', shape = [1, {samples}] }}
        [outputs]
        frames = {{ name = 'answer', shape = [1, {count}] }}
        {rest}"
    )
}

#[test]
fn visemes_and_vrm_mouths_go_the_same_way() {
    // Logits: silence at 5, `aa` from -5 to 35.
    let (mut weights, mut offsets) = ([0.0; 15], [-5.0; 15]);
    weights[10] = 40.0;
    offsets[0] = 5.0;
    let folder = Folder::new();
    for (style, jaw) in [
        (Style::Neutral, 0.65),
        (Style::Broadcast, 0.78),
        (Style::Soft, 0.52),
    ] {
        let manifest = meter_manifest(320, 16_000, 15, "kind = 'visemes15'\napply = 'softmax'");
        let options = LipSyncOptions {
            style,
            ..LipSyncOptions::default()
        };
        let opened = folder.open(meter(320, &weights, &offsets), &manifest, options);
        let Some(mut lips) = available(opened) else {
            return;
        };
        follows_the_burst(&mut lips, 20, jaw - 0.01..jaw + 0.01);
    }
    // VRM in percent, in an order of its own.
    let manifest = meter_manifest(
        320,
        16_000,
        5,
        "kind = 'vrm5'\nrange = [0, 100]\nnames = ['oh', 'ou', 'aa', 'ee', 'ih']",
    );
    let model = meter(
        320,
        &[0.0, 0.0, 50.0, 0.0, 0.0],
        &[0.0, 40.0, 0.0, 0.0, 0.0],
    );
    let opened = folder.open(model, &manifest, LipSyncOptions::default());
    let Some(mut lips) = available(opened) else {
        return;
    };
    let track = lips.track_16k(&burst()).unwrap();
    let face = track.frames[40];
    assert!((face[Shape::JawOpen] - (0.5 * 0.65 + 0.4 * 0.12)).abs() < 0.03);
    assert!((track.frames[5][Shape::MouthPucker] - 0.4 * 0.75).abs() < 1e-5);
}

#[test]
fn a_model_may_hear_at_another_rate() {
    for (rate, samples) in [(8_000, 160), (22_050, 441), (48_000, 960)] {
        let manifest = meter_manifest(samples, rate, 5, "kind = 'vrm5'");
        let model = meter(samples as i64, &[1.0, 0.0, 0.0, 0.0, 0.0], &[0.0; 5]);
        let folder = Folder::new();
        let opened = folder.open(model, &manifest, LipSyncOptions::default());
        let Some(mut lips) = available(opened) else {
            return;
        };
        // Half of the noise lies above 4 kHz.
        follows_the_burst(&mut lips, 12, 0.35..0.7);
    }
}

/// A model that counts its runs.
fn counter() -> Onnx {
    Onnx::default()
        .input("audio", F32, &[1, 320])
        .input("count_in", F32, &[1, 1])
        .output("answer", &[1, 1])
        .output("count_out", &[1, 1])
        .floats("nothing", &[], &[0.0])
        .floats("one", &[], &[1.0])
        .floats("percent", &[], &[0.01])
        .node_with("ReduceMean", "audio", "mean", &[Ints("axes", &[1])])
        .node("Mul", "mean nothing", "zero")
        .node("Add", "count_in one", "count_out")
        .node("Mul", "count_out percent", "share")
        .node("Add", "share zero", "answer")
}

#[test]
fn old_states_are_made_anew_from_the_last_sound() {
    let manifest = |age: &str| {
        format!(
            "
        [audio]
        kind = 'raw'
        sample_rate_hz = 16000
        [stream]
        mode = 'step'
        step_samples = 320
        warmup_steps = 10
        {age}
        [inputs]
        audio = {{ name = 'audio', shape = [1, 320] }}
        states = [{{ in = 'count_in', out = 'count_out', shape = [1, 1] }}]
        [outputs]
        kind = 'custom'
        names = ['count']
        frames = {{ name = 'answer', shape = [1, 1] }}
        [retarget]
        table = 'count.toml'"
        )
    };
    let folder = Folder::new();
    folder.write("count.toml", "[outputs]\ncount = { jawOpen = 1 }\n");
    let jaws = |age: &str| {
        let opened = folder.open(counter(), &manifest(age), LipSyncOptions::default());
        let mut lips = available(opened)?;
        let track = lips.track_16k(&burst()).unwrap();
        Some(
            track
                .frames
                .iter()
                .map(|f| (f[Shape::JawOpen] * 100.0).round() as i32)
                .collect::<Vec<_>>(),
        )
    };
    let Some(forever) = jaws("") else { return };
    assert_eq!(forever, (1..=100).collect::<Vec<_>>());
    let renewed = jaws("max_state_age = 1.0").unwrap();
    assert_eq!(renewed[..50], forever[..50]);
    // Ten runs make up for the past; one second later it is time again.
    assert_eq!(renewed[50..90], (11..=50).collect::<Vec<_>>());
    assert_eq!(renewed[90..], (11..=20).collect::<Vec<_>>());
}

#[test]
fn an_error_names_the_tensor_and_both_shapes() {
    let folder = Folder::new();
    let refused = |manifest: &str, named: &[&str]| {
        let model = meter(320, &[1.0; 5], &[0.0; 5]);
        match folder.open(model, manifest, LipSyncOptions::default()) {
            Err(Error::NoRuntime { .. }) => println!("skipped: no ONNX Runtime"),
            Err(error) => {
                let text = error.to_string();
                for part in named {
                    assert!(text.contains(part), "no {part} in: {text}");
                }
            }
            Ok(_) => panic!("{manifest} was taken"),
        }
    };
    let good = meter_manifest(320, 16_000, 5, "kind = 'vrm5'");
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    refused(
        &with("shape = [1, 320]", "shape = [320]"),
        &[
            "input audio",
            "[320]",
            "f32[1, 320]",
            "model.onnx",
            "model.toml",
        ],
    );
    refused(
        &with("shape = [1, 5]", "shape = [5]"),
        &["output answer", "[5]", "f32[1, 5]"],
    );
    refused(
        &with(
            "[outputs]",
            "extra = [{ name = 'audio2', shape = [1] }]\n[outputs]",
        ),
        &["input audio2", "not in the model", "audio"],
    );
    refused(
        &with(
            "[outputs]",
            "extra = [{ name = 'audio', type = 'i64', shape = [1, 320] }]\n[outputs]",
        ),
        &["input audio", "i64", "f32[1, 320]"],
    );
    refused(
        &with("vrm5", "visemes15"),
        &["outputs.names", "15 names", "5 numbers"],
    );
    refused(&with("vrm5", "custom"), &["outputs.names"]);
    refused(
        &with("vrm5'", "pca'\nnames = ['a', 'b', 'c', 'd', 'e']"),
        &["retarget.table", "is missing"],
    );
    refused(
        &with("[1, 5] }", "[1, 5], time_axis = 1, valid = [3, 9] }"),
        &["outputs.frames.valid", "[3, 9]"],
    );
    refused(
        &with("[1, 5] }", "[1, 5], fps = 30 }"),
        &["outputs.frames.fps", "30", "50.000"],
    );
    refused(
        &with("'vrm5'", "'vrm5'\n[retarget]\nsmoothing_ms = 900"),
        &["retarget.smoothing_ms", "900"],
    );
    refused(
        &with("mode = 'step'", "mode = 'window'\nleft_context = 4000"),
        &["outputs.frames.fps"],
    );
    refused(
        &with("'vrm5'", "'vrm5'\nactivation = 'sigmoid'\nrange = [1, 0]"),
        &["outputs.range"],
    );
}

#[test]
fn numbers_of_another_kind_than_announced_are_an_error() {
    let folder = Folder::new();
    for (rest, offset) in [
        ("activation = 'softmax'", 0.0),
        ("activation = 'sigmoid'", 2.0),
        ("", f32::NAN),
    ] {
        let manifest = meter_manifest(320, 16_000, 5, &format!("kind = 'vrm5'\n{rest}"));
        let opened = folder.open(
            meter(320, &[0.0; 5], &[offset; 5]),
            &manifest,
            LipSyncOptions::default(),
        );
        let Some(mut lips) = available(opened) else {
            return;
        };
        let error = lips.track_16k(&burst()).unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{rest}: {error}");
    }
}

/// Kinds of features: name in the golden file, numbers in a frame, `[audio]`.
const FEATURES: [(&str, i64, &str); 4] = [
    (
        "fbank",
        20,
        "kind = 'fbank'\nn_mels = 20\nfmin = 20\nfull_scale = 32768",
    ),
    (
        "slaney",
        24,
        "kind = 'logmel'\nn_mels = 24\nmel = 'slaney'\nlog = 'log10'\neps = 1e-10",
    ),
    (
        "htk",
        40,
        "kind = 'logmel'\nn_mels = 40\nfmin = 60\nfmax = 7600\nlayout = 'FT'",
    ),
    (
        "mfcc",
        13,
        "kind = 'mfcc'\nn_mels = 40\nn_mfcc = 13\nlog = 'db'\neps = 1e-10",
    ),
];

/// A model that answers with its features: one window of 800 samples per step.
fn feature_model(count: i64, audio: &str) -> Option<LipSync> {
    let shape = [1, count];
    let model = Onnx::default()
        .input("features", F32, &shape)
        .output("answer", &shape)
        .node("Identity", "features", "answer");
    let names: Vec<String> = (0..count).map(|i| format!("n{i}")).collect();
    let folder = Folder::new();
    folder.write(
        "none.toml",
        names
            .iter()
            .fold("[outputs]\n".to_owned(), |t, n| t + n + " = {}\n"),
    );
    let manifest = format!(
        "
        [audio]
        {audio}
        sample_rate_hz = 16000
        window = 800
        hop = 800
        mean = 1.0
        std = 2.0
        [stream]
        mode = 'step'
        step_samples = 800
        [inputs]
        audio = {{ name = 'features', shape = {shape:?} }}
        [outputs]
        kind = 'custom'
        names = {names:?}
        frames = {{ name = 'answer', shape = {shape:?} }}
        [retarget]
        table = 'none.toml'"
    );
    available(folder.open(model, &manifest, LipSyncOptions::default()))
}

/// Features against `kaldi_native_fbank` 1.23 and `librosa` 0.11 (`tests/golden/lipsync_features.txt`: kind, number of the
/// window of 800 samples, numbers).
#[test]
fn features_are_those_of_kaldi_and_librosa() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/lipsync_features.txt"
    );
    let golden = std::fs::read_to_string(golden).unwrap();
    // Coloured, so that bands differ.
    let mut last = 0.0;
    let sound: Vec<f32> = burst()
        .into_iter()
        .map(|sample| {
            last = sample + 0.9 * last;
            last * 0.25
        })
        .collect();
    let mut compared = 0;
    for (name, count, audio) in FEATURES {
        let Some(mut lips) = feature_model(count, audio) else {
            return;
        };
        let rows = lips.posteriors(&sound).unwrap();
        for line in golden.lines().filter(|line| line.starts_with(name)) {
            let mut cells = line.split(' ').skip(1);
            let window: usize = cells.next().unwrap().parse().unwrap();
            let expected: Vec<f32> = cells.map(|cell| cell.parse().unwrap()).collect();
            assert_eq!(expected.len(), rows[window].len());
            for (expected, found) in expected.iter().zip(&rows[window]) {
                let found = found * 2.0 + 1.0;
                assert!(
                    (expected - found).abs() < 2e-3,
                    "{name} {window}: {found} instead of {expected}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * (20 + 24 + 40 + 13));
}
