//! Models of other people: for each kind of signature a generated model whose answer is a simple function of the sound, and
//! the mouth that must come out of it, in time.

use std::path::PathBuf;

use zhubo::lipsync::{Error, LipSync, LipSyncOptions};
use zhubo::media::{ARKIT_NAMES, Emotion, MediaTime, MouthTrack, Shape};

use super::onnx::{
    Attribute::{Int, Ints},
    F32, I64, Onnx,
};

/// A folder with a model and its manifest.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes.as_ref()).unwrap();
        sha256(bytes.as_ref())
    }

    /// Writes `model` and `manifest` (without the part that every manifest shares) and opens them.
    pub(crate) fn open(
        &self,
        model: Onnx,
        manifest: &str,
        options: LipSyncOptions,
    ) -> Result<LipSync, Error> {
        let digest = self.write("model.onnx", model.bytes());
        let head = format!(
            "name = 'test'\nversion = '1'\nlicense = 'none'\nfile = 'model.onnx'\nsha256 = '{digest}'\n"
        );
        self.write("model.toml", head + manifest);
        LipSync::open(&LipSyncOptions {
            model: Some(self.path("model.toml")),
            ..options
        })
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The opened model, or nothing (with a printed reason) where no runtime is installed.
pub(crate) fn available(opened: Result<LipSync, Error>) -> Option<LipSync> {
    match opened {
        Ok(lips) => Some(lips),
        Err(error @ Error::NoRuntime { .. }) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

/// 2 s at 16 kHz: noise from 0.5 s to 1.1 s, silence around it.
pub(crate) fn burst() -> Vec<f32> {
    let mut noise = 7u32;
    (0..32_000)
        .map(|i| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let loud = (8_000..17_600).contains(&i);
            let value = (noise >> 8) as f32 / (1u32 << 24) as f32 - 0.5;
            if loud { value * 0.35 } else { 0.0 }
        })
        .collect()
}

/// When `shape` rises above and falls below half of what it reaches in the middle of the burst, in ms; and what it
/// reaches.
pub(crate) fn rise_and_fall(track: &MouthTrack, shape: Shape) -> (i64, i64, f32) {
    let at = |millis| track.sample(MediaTime::from_millis(millis))[shape];
    let reached = at(800);
    let rise = (0..800).find(|&millis| at(millis) > reached / 2.0).unwrap();
    let fall = (800..2000)
        .find(|&millis| at(millis) < reached / 2.0)
        .unwrap();
    (rise, fall, reached)
}

/// The mouth opens with the burst and closes with it, `tolerance` ms at most beside it, and is at rest elsewhere.
pub(crate) fn follows_the_burst(
    lips: &mut LipSync,
    tolerance: i64,
    reach: std::ops::Range<f32>,
) -> MouthTrack {
    let sound = burst();
    let track = lips.track_16k(&sound).unwrap();
    assert_eq!(track.frames.len(), 100);
    let (rise, fall, reached) = rise_and_fall(&track, Shape::JawOpen);
    assert!((rise - 500).abs() <= tolerance, "opens at {rise} ms");
    assert!((fall - 1100).abs() <= tolerance, "closes at {fall} ms");
    assert!(reach.contains(&reached), "opens by {reached}");
    for at in [0, 300, 1400, 1900] {
        let jaw = track.sample(MediaTime::from_millis(at))[Shape::JawOpen];
        assert!(jaw < 0.02, "{jaw} at {at} ms");
    }
    // The past of one utterance is not heard in the next.
    assert_eq!(lips.track_16k(&sound).unwrap(), track);
    streams_as_well(lips, &sound, &track);
    track
}

/// Piece by piece the same mouth comes out, and no pose later than announced.
fn streams_as_well(lips: &mut LipSync, sound: &[f32], whole: &MouthTrack) {
    let mut at_once = lips.push(sound).unwrap();
    at_once.extend(lips.finish().unwrap());
    let lookahead = lips.lookahead().as_secs_f64();
    let mut poses = Vec::new();
    let mut fed = 0;
    for (i, _) in sound.chunks(320).enumerate() {
        // Uneven pieces, a step each on average.
        let end = ((i + 1) * 320 + (i % 3) * 40).min(sound.len());
        poses.extend(lips.push(&sound[fed..end]).unwrap());
        fed = end;
        let due = (fed / 320 * 320) as f64 / 16_000.0 - lookahead;
        let owed = (due * 50.0 + 0.5 + 1e-6).floor().max(0.0) as usize;
        assert!(
            poses.len() >= owed,
            "{} poses of {owed} after {fed} samples",
            poses.len()
        );
    }
    poses.extend(lips.finish().unwrap());
    assert_eq!(poses, at_once);
    assert_eq!(poses.len(), whole.frames.len());
}

/// `mean(|x|)` of noise levelled to -20 dB is about 0.087; this makes it about 1.
const LOUD: f32 = 11.5;

/// (a) Our own signature: 320 samples, states, an answer about the step before the last.
#[test]
fn steps_of_raw_sound_with_states_and_lookahead() {
    let model = Onnx::default()
        .input("audio", F32, &[1, 320])
        .input("past_in", F32, &[1, 2])
        .output("class_prob", &[1, 2])
        .output("past_out", &[1, 2])
        .ints("last", &[1])
        .ints("one", &[1])
        .ints("zero", &[0])
        .ints("two", &[2])
        .floats("loud", &[1], &[LOUD])
        .floats("low", &[], &[0.0])
        .floats("high", &[], &[1.0])
        .node("Abs", "audio", "abs")
        .node_with("ReduceMean", "abs", "mean", &[Ints("axes", &[1])])
        .node("Mul", "mean loud", "open_now")
        .node("Slice", "past_in one two last", "newer")
        .node_with("Concat", "newer open_now", "past_out", &[Int("axis", 1)])
        .node("Slice", "past_in zero one last", "oldest")
        .node("Clip", "oldest low high", "aa")
        .node("Sub", "high aa", "sil")
        .node_with("Concat", "sil aa", "class_prob", &[Int("axis", 1)]);
    let manifest = "
        [audio]
        kind = 'raw'
        sample_rate_hz = 16000
        [stream]
        mode = 'step'
        step_samples = 320
        lookahead_steps = 2
        [inputs]
        audio = { name = 'audio', shape = [1, 320] }
        states = [{ in = 'past_in', out = 'past_out', shape = [1, 2] }]
        [outputs]
        kind = 'classes'
        frames = { name = 'class_prob', shape = [1, 2] }
        names = ['sil', 'AA']";
    let folder = Folder::new();
    let opened = folder.open(model, manifest, LipSyncOptions::default());
    let Some(mut lips) = available(opened) else {
        return;
    };
    // Into a silence the mouth of visual phones goes in two steps: the gap of a stop must not shut it.
    follows_the_burst(&mut lips, 45, 0.5..0.7);
    assert_eq!(lips.lookahead(), MediaTime::from_millis(90));
}

/// A mean over samples `from..to` of a window, as a number of shape `shape`.
pub(crate) fn loudness(onnx: Onnx, input: &str, axis: i64, from: i64, to: i64) -> Onnx {
    onnx.ints("from", &[from])
        .ints("to", &[to])
        .ints("axis", &[axis])
        .floats("loud", &[1], &[LOUD])
        .node("Abs", input, "abs")
        .node("Slice", "abs from to axis", "part")
        .node_with("ReduceMean", "part", "mean", &[Ints("axes", &[axis])])
        .node("Mul", "mean loud", "open")
}

/// (b) Audio2Face-3D regression: 8320 samples around the frame, an emotion, coefficients of a basis.
#[test]
fn a_centred_window_with_an_emotion_and_a_basis() {
    // Coefficients: -2 x open, 1, the second emotion, 0.
    let model = || {
        let inputs = Onnx::default()
            .input("input", F32, &[-1, 1, 8320])
            .input("emotion", F32, &[-1, 1, 10])
            .output("result", &[-1, 1, 4]);
        loudness(inputs, "input", 2, 4000, 4320)
            .floats("spread", &[1, 1, 4], &[-2.0, 0.0, 0.0, 0.0])
            .floats("constant", &[1, 1, 4], &[0.0, 1.0, 0.0, 0.0])
            .floats("pick", &[10, 4], &{
                let mut pick = [0.0; 40];
                pick[4 + 2] = 1.0;
                pick
            })
            .node("Mul", "open spread", "spreaded")
            .node("Add", "spreaded constant", "sum")
            .node("MatMul", "emotion pick", "felt")
            .node("Add", "sum felt", "result")
    };
    let manifest = "
        [audio]
        kind = 'raw'
        sample_rate_hz = 16000
        [stream]
        mode = 'window'
        left_context = 4000
        right_context = 4000
        [inputs]
        audio = { name = 'input', shape = [1, 1, 8320] }
        extra = [{ name = 'emotion', shape = [1, 1, 10], from = 'emotion', value = 0.0, choices = { joy = [0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0] } }]
        [outputs]
        kind = 'pca'
        frames = { name = 'result', shape = [1, 1, 4], fps = 50, time_axis = 1 }
        names = ['skin0', 'skin1', 'skin2', 'skin3']
        [retarget]
        table = 'basis.toml'
        gain = 0.5";
    let folder = Folder::new();
    folder.write(
        "basis.toml",
        "[rest]\nmouthClose = 0.1\n[outputs]\nskin0 = { jawOpen = -0.4 }\nskin1 = { mouthFunnel = 0.2 }\n\
         skin2 = { mouthSmile = 0.8 }\nskin3 = { mouthPucker = 1 }\n",
    );
    let opened = folder.open(model(), manifest, LipSyncOptions::default());
    let Some(mut lips) = available(opened) else {
        return;
    };
    // 0.5 x -0.4 x -2 x 1
    let calm = follows_the_burst(&mut lips, 11, 0.37..0.43);
    // 260 ms from the middle of the window to its end.
    assert_eq!(lips.lookahead(), MediaTime::from_millis(260 + 10));
    for face in &calm.frames {
        assert!((face[Shape::MouthFunnel] - 0.1).abs() < 1e-6);
        assert!((face[Shape::MouthClose] - 0.05).abs() < 1e-6);
        assert_eq!(face[Shape::MouthSmileLeft], 0.0);
    }
    lips.set_emotion(Emotion::Joy).unwrap();
    let happy = lips.track_16k(&burst()).unwrap();
    assert!((happy.frames[50][Shape::MouthSmileRight] - 0.2).abs() < 1e-6);
    lips.set_emotion(Emotion::Concern).unwrap();
    assert_eq!(lips.track_16k(&burst()).unwrap(), calm);
    // Were the look-ahead overstated by 50 ms, the mouth would be early by as much.
    let early = manifest.replace("left_context = 4000", "left_context = 3200");
    let early = early.replace("right_context = 4000", "right_context = 4800");
    let mut lips = folder
        .open(model(), &early, LipSyncOptions::default())
        .unwrap();
    let (rise, fall, _) = rise_and_fall(&lips.track_16k(&burst()).unwrap(), Shape::JawOpen);
    assert!(
        (rise - 450).abs() < 12 && (fall - 1050).abs() < 12,
        "{rise} {fall}"
    );
}

/// (c) LAM Audio2Expression: windows of 34133 samples, 64 frames at 30 per second of which the last 30 are new, ARKit
/// shapes in an order of its own, one style of twelve.
#[test]
fn long_windows_of_which_the_last_frames_are_taken() {
    let names: Vec<&str> = ARKIT_NAMES.iter().rev().copied().collect();
    let weights: Vec<f32> = names
        .iter()
        .map(|name| f32::from(["jawOpen", "eyeBlinkLeft"].contains(name)) * 0.6)
        .collect();
    let smile = names.iter().position(|n| *n == "mouthSmileLeft").unwrap();
    let mut styles = vec![0.0; 12 * 52];
    styles[3 * 52 + smile] = 0.3;
    let model = Onnx::default()
        .input("audio", F32, &[1, 34_133])
        .input("style", F32, &[1, 12])
        .output("expression", &[1, 64, 52])
        .ints("channels", &[1, 1, 34_133])
        .ints("styled", &[1, 1, 52])
        .floats("loud", &[1], &[LOUD])
        .floats("weights", &[1, 1, 52], &weights)
        .floats("styles", &[12, 52], &styles)
        .node("Abs", "audio", "abs")
        .node("Reshape", "abs channels", "signal")
        .node_with(
            "AveragePool",
            "signal",
            "frames",
            &[Ints("kernel_shape", &[533]), Ints("strides", &[533])],
        )
        .node_with("Transpose", "frames", "column", &[Ints("perm", &[0, 2, 1])])
        .node("Mul", "column loud", "open")
        .node("Mul", "open weights", "faces")
        .node("MatMul", "style styles", "look")
        .node("Reshape", "look styled", "looks")
        .node("Add", "faces looks", "expression");
    let manifest = format!(
        "
        [audio]
        kind = 'raw'
        sample_rate_hz = 16000
        [stream]
        mode = 'window'
        [inputs]
        audio = {{ name = 'audio', shape = [1, 34133] }}
        extra = [{{ name = 'style', shape = [1, 12], from = 'identity', value = 0, choices = {{ anna = [0,0,0,1,0,0,0,0,0,0,0,0] }} }}]
        [outputs]
        kind = 'arkit52'
        frames = {{ name = 'expression', shape = [1, 64, 52], fps = 30, time_axis = 1, valid = [34, 63] }}
        activation = 'sigmoid'
        names = {names:?}"
    );
    let folder = Folder::new();
    let options = LipSyncOptions {
        identity: Some("anna".to_owned()),
        ..LipSyncOptions::default()
    };
    let Some(mut lips) = available(folder.open(model, &manifest, options)) else {
        return;
    };
    let track = follows_the_burst(&mut lips, 18, 0.55..0.65);
    let face = track.frames[40];
    assert!((face[Shape::MouthSmileLeft] - 0.3).abs() < 1e-5);
    assert_eq!(face[Shape::MouthSmileRight], 0.0);
    assert_eq!(face[Shape::EyeBlinkLeft], 0.0, "eyes live their own life");
}

/// 16 frames a second of loudness, in one output of four numbers and one of two.
fn hearing() -> Onnx {
    Onnx::default()
        .input("speech", F32, &[1, 16_000])
        .output("hidden", &[1, 16, 4])
        .output("phones", &[1, 16, 2])
        .ints("channels", &[1, 1, 16_000])
        .floats("loud", &[1], &[LOUD])
        .floats("wide", &[1, 1, 4], &[0.0, 1.0, 0.0, 0.0])
        .floats("other", &[1, 1, 2], &[0.0, 0.5])
        .node("Abs", "speech", "abs")
        .node("Reshape", "abs channels", "signal")
        .node_with(
            "AveragePool",
            "signal",
            "frames",
            &[Ints("kernel_shape", &[1000]), Ints("strides", &[1000])],
        )
        .node_with("Transpose", "frames", "column", &[Ints("perm", &[0, 2, 1])])
        .node("Mul", "column loud", "open")
        .node("Mul", "open wide", "hidden")
        .node("Mul", "open other", "phones")
}

/// Parameter 0 from the first input, 1 from the second, 31 from the integer.
fn speaking() -> Onnx {
    let pick = |rows: usize, row: usize, column: usize| {
        let mut weights = vec![0.0; rows * 32];
        weights[row * 32 + column] = 1.0;
        weights
    };
    Onnx::default()
        .input("input_au", F32, &[1, -1, 4])
        .input("input_ph", F32, &[1, -1, 2])
        .input("input_sp", I64, &[1])
        .input("w", F32, &[1])
        .output("output", &[1, 30, 32])
        .floats("au", &[4, 32], &pick(4, 1, 0))
        .floats("ph", &[2, 32], &pick(2, 1, 1))
        .floats("sp", &[1, 32], &pick(1, 0, 31))
        .node("MatMul", "input_au au", "from_au")
        .node("Mul", "from_au w", "weighted")
        .node("MatMul", "input_ph ph", "from_ph")
        .node_with("Cast", "input_sp", "speaker", &[Int("to", 1)])
        .node("Mul", "speaker sp", "from_sp")
        .node("Add", "weighted from_ph", "both")
        .node("Add", "both from_sp", "output")
}

/// (d) lite-avatar: an encoder hears (here 16 frames in a second), its two outputs are stretched to the 30 frames of a model
/// that also takes an integer and a weight; the middle 12 frames of each second are used.
#[test]
fn an_encoder_feeds_two_inputs_of_a_model() {
    let folder = Folder::new();
    let digest = folder.write("encoder.onnx", hearing().bytes());
    let mut table = String::from("[outputs]\n");
    for i in 0..32 {
        table += &match i {
            0 => "p0 = { jawOpen = 0.5 }\n".to_owned(),
            1 => "p1 = { mouthFunnel = 0.4 }\n".to_owned(),
            31 => "p31 = { mouthPress = 0.05 }\n".to_owned(),
            _ => format!("p{i} = {{}}\n"),
        };
    }
    folder.write("rig.toml", table);
    let names: Vec<String> = (0..32).map(|i| format!("p{i}")).collect();
    let manifest = format!(
        "
        [audio]
        kind = 'raw'
        sample_rate_hz = 16000
        [encoder]
        file = 'encoder.onnx'
        sha256 = '{digest}'
        audio = {{ name = 'speech', shape = [1, 16000] }}
        feeds = [
            {{ from = {{ name = 'hidden', shape = [1, 16, 4] }}, to = {{ name = 'input_au', shape = [1, 30, 4] }} }},
            {{ from = {{ name = 'phones', shape = [1, 16, 2] }}, to = {{ name = 'input_ph', shape = [1, 30, 2] }} }},
        ]
        [stream]
        mode = 'window'
        [inputs]
        extra = [{{ name = 'input_sp', shape = [1], type = 'i64', value = 2 }}, {{ name = 'w', shape = [1], value = 1.0 }}]
        [outputs]
        kind = 'custom'
        frames = {{ name = 'output', shape = [1, 30, 32], fps = 30, time_axis = 1, valid = [9, 20] }}
        names = {names:?}
        [retarget]
        table = 'rig.toml'
        smoothing_ms = 50"
    );
    let Some(mut lips) = available(folder.open(speaking(), &manifest, LipSyncOptions::default()))
    else {
        return;
    };
    // An encoder's frame lasts 62.5 ms.
    let track = follows_the_burst(&mut lips, 32, 0.45..0.55);
    let face = track.frames[40];
    assert!((face[Shape::MouthFunnel] - 0.2).abs() < 0.03);
    assert!((face[Shape::MouthPressLeft] - 0.1).abs() < 1e-6);
}

/// (e) DH_live: two frames of 80 mel bands per 40 ms, two states as of an LSTM, six coefficients.
#[test]
fn steps_of_filter_banks_with_recurrent_states() {
    let mut model = Onnx::default()
        .input("input", F32, &[1, 2, 80])
        .input("h0", F32, &[2, 1, 192])
        .input("c0", F32, &[2, 1, 192])
        .output("output", &[1, 6])
        .output("hn", &[2, 1, 192])
        .output("cn", &[2, 1, 192])
        .floats("first", &[1, 6], &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        .floats("third", &[1, 6], &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
        .floats("step", &[], &[0.25])
        .floats("one", &[], &[1.0])
        .floats("scale", &[], &[0.02]);
    model = model
        .node("Exp", "input", "energy")
        .node_with(
            "ReduceMean",
            "energy",
            "power",
            &[Ints("axes", &[1, 2]), Int("keepdims", 0)],
        )
        .node("Mul", "power scale", "loud")
        .node("Mul", "loud first", "mouth")
        // h counts the steps up to one, c stays what it was.
        .node("Add", "h0 step", "more")
        .node("Min", "more one", "hn")
        .node("Identity", "c0", "cn")
        .node_with(
            "ReduceMean",
            "hn",
            "count",
            &[Ints("axes", &[0, 1, 2]), Int("keepdims", 0)],
        )
        .node("Mul", "count third", "counted")
        .node("Add", "mouth counted", "output");
    let manifest = "
        [audio]
        kind = 'fbank'
        sample_rate_hz = 16000
        window = 800
        hop = 320
        n_mels = 80
        fmin = 20
        full_scale = 1.0
        eps = 1.2e-7
        [stream]
        mode = 'step'
        step_samples = 640
        # The windows lie 240 samples earlier than the step.
        right_context = 240
        [inputs]
        audio = { name = 'input', shape = [1, 2, 80] }
        states = [
            { in = 'h0', out = 'hn', shape = [2, 1, 192] },
            { in = 'c0', out = 'cn', shape = [2, 1, 192], init = 'ones' },
        ]
        [outputs]
        kind = 'pca'
        frames = { name = 'output', shape = [1, 6], fps = 25 }
        names = ['b0', 'b1', 'b2', 'b3', 'b4', 'b5']
        [retarget]
        table = 'basis.toml'";
    let folder = Folder::new();
    folder.write(
        "basis.toml",
        "[outputs]\nb0 = { jawOpen = 1 }\nb1 = {}\nb2 = { mouthShrugLower = 0.5 }\nb3 = {}\nb4 = {}\nb5 = {}\n",
    );
    let Some(mut lips) = available(folder.open(model, manifest, LipSyncOptions::default())) else {
        return;
    };
    let track = follows_the_burst(&mut lips, 20, 0.05..1.0);
    // 0.25, 0.5, 0.75, 1 after one to four steps, at 20, 60, 100, 140 ms less 15 ms.
    let at = |millis| track.sample(MediaTime::from_millis(millis))[Shape::MouthShrugLower];
    assert!(
        (at(50) - 0.5 * (0.5 + 0.25 * 5.0 / 40.0)).abs() < 0.01,
        "{}",
        at(50)
    );
    assert!((at(500) - 0.5).abs() < 1e-5);
}
