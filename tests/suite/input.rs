//! Live sound in a room, with its twin: a file played as if it were a microphone.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crossbeam_channel::bounded;
use zhubo::engine::{
    self, Clock, Ending, Pipeline, PipelineOptions, RoomEvent, RoomHandle, SayRequest, Step,
};
use zhubo::input::{Error, Input, Source, devices};
use zhubo::lipsync::LipSyncOptions;
use zhubo::media::{Blendshapes, FrameRate, HostId, MediaTime, MouthTrack, Packet, Shape, Track};
use zhubo::output::Sink;
use zhubo::sound;

use crate::lipsync::{BILABIAL_COUNT, clip, closed_bilabials, model};
use crate::show::{ending, of, options};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/audio/samples/maybe_slt.wav");

fn twin() -> Source {
    Source::File(SAMPLE.into())
}

/// Steps of a pipeline that hears `input`, at `rate`, for `secs` seconds.
fn steps(input: Input, rate: FrameRate, secs: u64) -> Vec<Step> {
    let options = options();
    let pipeline = PipelineOptions {
        avatars: Vec::new(),
        gestures: Arc::default(),
        hosts: vec![HostId::new("lina")],
        seed: 7,
        lead: MediaTime::ZERO,
        test_pattern: false,
    };
    let mut pipeline = Pipeline::new(pipeline, options.scene);
    pipeline.listen(input);
    let ticks = rate.frames_covering(MediaTime::from_millis(secs as i64 * 1000));
    (0..ticks)
        .map(|index| pipeline.step(rate.tick(index), &mut |_| None))
        .collect()
}

/// The mouth as the pictures show it: each at the middle of its tick.
fn shown(steps: &[Step], rate: FrameRate) -> MouthTrack {
    let frames: Vec<Blendshapes> = steps
        .iter()
        .map(|step| step.picture.poses[0].blendshapes)
        .collect();
    MouthTrack {
        start: MediaTime(rate.pts_of(1).ticks() / 2),
        rate,
        frames,
    }
}

fn heard(steps: &[Step]) -> Vec<f32> {
    steps
        .iter()
        .flat_map(|step| step.audio.samples.clone())
        .collect()
}

#[test]
fn lips_and_sound_of_a_microphone_agree_to_the_sample_and_close_on_p_b_m() {
    if model(&LipSyncOptions::default()).is_none() {
        return;
    }
    for fps in [25, 50, 60] {
        let rate = FrameRate::whole(fps);
        let input = Input::open("t", twin(), &LipSyncOptions::default()).unwrap();
        let delay = input.delay();
        assert!(
            (MediaTime::from_millis(130)..MediaTime::from_millis(250)).contains(&delay),
            "{delay}"
        );
        let steps = steps(input, rate, 4);
        // The sound is the file's, later by exactly the delay.
        let sound = sound::resample(&clip(), 16_000, 48_000).unwrap();
        let heard = heard(&steps);
        let late = &heard[delay.ticks() as usize..];
        assert!(heard[..delay.ticks() as usize].iter().all(|x| *x == 0.0));
        // The limiter at the end of the pipeline looks ahead a little.
        let lag = (0..200)
            .min_by_key(|lag| (1e6 * distance(&late[*lag..], &sound)) as u64)
            .unwrap();
        assert!(lag < 100, "{fps} fps: {lag} samples more");
        // The mouth belongs to that sound: best at no shift at all, against the mouth of the whole file.
        let mouth = MouthTrack {
            start: MediaTime::ZERO - delay + MediaTime(rate.pts_of(1).ticks() / 2),
            ..shown(&steps, rate)
        };
        let whole = zhubo::lipsync::LipSync::open(&LipSyncOptions::default())
            .unwrap()
            .track_streaming_16k(&clip())
            .unwrap();
        let apart = |millis: i64| -> f32 {
            (10..260)
                .map(|i| {
                    let at = MediaTime::from_millis(i * 10);
                    let there = whole.sample(at)[Shape::JawOpen];
                    (mouth.sample(at + MediaTime::from_millis(millis))[Shape::JawOpen] - there)
                        .abs()
                })
                .sum()
        };
        let best = (-60..=60)
            .step_by(5)
            .min_by(|a, b| apart(*a).total_cmp(&apart(*b)));
        assert!(
            best.unwrap().abs() <= 5,
            "{fps} fps: the mouth is {best:?} ms off"
        );
        let closed = closed_bilabials(&mouth);
        assert!(
            closed + 2 >= BILABIAL_COUNT,
            "{fps} fps: {closed} of {BILABIAL_COUNT}"
        );
        // When the file has ended the host is silent and the mouth is at rest.
        let last = &mouth.frames[mouth.frames.len() - 5];
        assert!(last[Shape::JawOpen] < 0.01);
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from((a - b).abs()))
        .sum::<f64>()
        / b.len() as f64
}

fn run(
    source: Source,
    clock: Clock,
    millis: i64,
    line: Option<&str>,
) -> (Vec<Packet>, RoomHandle, Vec<RoomEvent>) {
    let mut options = options();
    options.input = Some(source);
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let events = door.subscribe();
    if let Some(text) = line {
        let text = text.to_owned();
        door.say(SayRequest {
            text,
            ..SayRequest::default()
        })
        .unwrap();
    }
    let (sender, packets) = bounded(64);
    let collector = std::thread::spawn(move || packets.into_iter().collect::<Vec<Packet>>());
    engine::run(
        options,
        clock,
        &ending(millis),
        &door,
        &inbox,
        vec![Sink::Channel(sender)],
        &mut |_, _| {},
    )
    .unwrap();
    (collector.join().unwrap(), door, events.try_iter().collect())
}

/// The PCM of a run.
fn pcm(packets: &[Packet]) -> Vec<f32> {
    let bytes: Vec<u8> = of(Track::Audio, packets)
        .iter()
        .flat_map(|packet| packet.data.to_vec())
        .collect();
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

#[test]
fn live_sound_is_the_same_at_every_pace_of_the_room() {
    let (offline, door, _) = run(twin(), Clock::Offline, 2_000, None);
    let late = (0..50).map(|i| MediaTime::from_millis(i % 7 * 4)).collect();
    let (scripted, _, _) = run(twin(), Clock::Scripted(late), 2_000, None);
    assert!(offline == scripted);
    assert!(
        pcm(&offline).iter().any(|x| x.abs() > 0.1),
        "the file is heard"
    );
    let state = door.snapshot().input.unwrap();
    assert!(state.open && state.source.ends_with("maybe_slt.wav"));
    assert!((100.0..300.0).contains(&state.latency_ms()), "{state:?}");
}

#[test]
fn a_line_takes_over_and_the_microphone_comes_back() {
    // The microphone hums at 100 Hz for six seconds; the line is a melody of tones above 100 Hz.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hum.wav");
    let hum: Vec<f32> = (0..6 * 48_000)
        .map(|i| 0.3 * (i as f32 * 100.0 / 48_000.0 * std::f32::consts::TAU).sin())
        .collect();
    sound::wav::write_file(&path, &hum, 1, 48_000).unwrap();
    let (with_line, _, events) = run(
        Source::File(path),
        Clock::Offline,
        6_000,
        Some("A line is said."),
    );
    let (line_alone, _, _) = {
        let silent = folder.path().join("silent.wav");
        sound::wav::write_file(&silent, &[0.0; 48_000], 1, 48_000).unwrap();
        run(
            Source::File(silent),
            Clock::Offline,
            6_000,
            Some("A line is said."),
        )
    };
    let (both, line) = (pcm(&with_line), pcm(&line_alone));
    let loud = |x: &f32| x.abs() > 1e-4;
    let (first, last) = (
        line.iter().position(loud).unwrap(),
        line.iter().rposition(loud).unwrap(),
    );
    // While the line is said, after the fade, only the line is heard.
    let inside = first + 6_000..last - 3_000;
    assert!(inside.len() > 5_000, "{first} to {last}");
    for i in inside {
        assert!(
            (both[i] - line[i]).abs() < 1e-4,
            "sample {i}: {} and {}",
            both[i],
            line[i]
        );
    }
    // Before its end nothing is lost for ever: the hum is back afterwards.
    let after = &both[last + 48_000..last + 96_000];
    let peak = after.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    assert!((peak - 0.3).abs() < 0.02, "the hum comes back at {peak}");
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, RoomEvent::Incident(_)))
    );
}

#[test]
fn sound_that_breaks_off_is_an_incident_and_silence_and_the_room_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wav");
    let bytes = std::fs::read(SAMPLE).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (packets, door, events) = run(Source::File(path), Clock::Offline, 4_000, None);
    let incidents: Vec<_> = events
        .iter()
        .filter(|event| matches!(event, RoomEvent::Incident(words) if words.contains("broken off")))
        .collect();
    assert_eq!(incidents.len(), 1, "{events:?}");
    assert_eq!(of(Track::Video, &packets).len(), 100, "pictures go on");
    let sound = pcm(&packets);
    assert_eq!(sound.len(), 4 * 48_000);
    assert!(sound[3 * 48_000..].iter().all(|x| *x == 0.0));
    assert!(sound[..2 * 48_000].iter().any(|x| x.abs() > 0.1));
    let snapshot = door.snapshot();
    assert!(!snapshot.input.unwrap().open);
    assert!(snapshot.last_incident.unwrap().contains("cut off"));
}

#[test]
fn what_cannot_be_opened_is_told_before_the_room_is_on_air() {
    let none = Input::open(
        "t",
        Source::File("/nowhere.wav".into()),
        &LipSyncOptions::default(),
    );
    assert!(matches!(none, Err(Error::File { .. })));
    let wanted = "no such microphone, surely";
    let none = Input::open("t", wanted.into(), &LipSyncOptions::default());
    let words = none.unwrap_err().to_string();
    assert!(
        words.contains(wanted) || words.contains("feature `microphone`"),
        "{words}"
    );
    // Looking for devices works on machines without any.
    match devices() {
        Ok(found) => assert!(found.iter().all(|device| !device.id.is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let end = Ending {
        after: None,
        tail: None,
        stop: Arc::default(),
    };
    let mut options = options();
    options.input = Some(Source::File(PathBuf::from("/nowhere.wav")));
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let failed = engine::run(
        options,
        Clock::Offline,
        &end,
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    );
    assert!(failed.unwrap_err().to_string().contains("/nowhere.wav"));
}

/// The whole way: a document, the command, the state over HTTP.
#[cfg(feature = "live")]
#[test]
fn a_room_tells_the_latency_of_its_live_sound() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(SAMPLE, folder.path().join("speech.wav")).unwrap();
    let document = folder.path().join("room.toml");
    let text = "id = \"r\"\ntitle = \"R\"\n[picture]\nsize = \"144x256\"\n[input]\nmicrophone = \"file:speech.wav\"\n";
    std::fs::write(&document, text).unwrap();
    let mut child = live(&[document.to_str().unwrap(), "--for", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let input = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let input = get(&address, "/api/rooms/r")["input"].clone();
        input.is_object().then_some(input)
    });
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let input = input.unwrap_or_else(|| panic!("no input in the state: {log}"));
    assert_eq!(input["open"], true);
    let latency = input["latency_ms"].as_f64().unwrap();
    assert!((200.0..400.0).contains(&latency), "{input}");
    assert!(log.contains("live sound, "), "{log}");
}

#[cfg(feature = "live")]
#[test]
fn a_microphone_that_is_not_there_ends_the_command_with_what_there_is() {
    let output = live(&["--microphone=no such microphone", "--for", "5s"])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(
        words.contains("no such microphone") || words.contains("feature `microphone`"),
        "{words}"
    );
}

#[cfg(feature = "live")]
fn live(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhubo"));
    command
        .args(["live", "--listen", "127.0.0.1:0"])
        .args(args)
        .stdin(Stdio::null())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command
}

#[cfg(feature = "live")]
fn get(address: &str, path: &str) -> serde_json::Value {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_default()
}
