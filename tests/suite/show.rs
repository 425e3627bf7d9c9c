//! The engine as a whole: one pipeline, two paces.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use zhubo::config::{Assets, DEFAULT_HOST};
use zhubo::encode::H264Options;
use zhubo::engine::{
    self, Clock, Ending, RoomHandle, RoomState, SayMode, SayRequest, ShowOptions, Summary, Timebase,
};
use zhubo::lipsync::LipSyncOptions;
use zhubo::media::{FrameRate, HostId, MediaTime, Packet, Size, Track};
use zhubo::output::{AudioCodec, Sink};
use zhubo::remote::SpeechServer;
use zhubo::render::{Gpu, GpuOptions, Quality};
use zhubo::scene::{Background, Camera, Framing, HostPlacement, Scene, SceneOptions, Subject};
use zhubo::voice::{SynthesisContext, VoiceChoice};

const RATE: FrameRate = FrameRate::whole(25);

pub(crate) fn options() -> ShowOptions {
    let assets = Assets::from_environment();
    let avatar = Arc::new(assets.avatar(DEFAULT_HOST, Path::new("")).unwrap());
    let host = HostId::new("lina");
    let size = Size::new(144, 256);
    let scene = SceneOptions {
        size,
        camera: Camera::framed(Framing::Bust, &Subject::from(avatar.landmarks()), size),
        background: Background::Gradient([90, 120, 150], [30, 40, 60]),
        look: zhubo::scene::Look::default(),
        hosts: vec![HostPlacement {
            host: host.clone(),
            position: glam::Vec3::ZERO,
            yaw_deg: 0.0,
        }],
        card: [0.74, 0.60],
        label: Some("数字人·AI生成".to_owned()),
        captions: true,
    };
    ShowOptions {
        name: "test".to_owned(),
        rate: RATE,
        hosts: vec![(host, avatar)],
        gestures: Arc::default(),
        seed: 7,
        scene: Scene::new(scene, Some(assets.fonts().unwrap())),
        voices: VoiceChoice::new("tone", None, None, SpeechServer::default()).unwrap(),
        co_hosts: std::collections::BTreeMap::new(),
        synthesis: SynthesisContext::default(),
        lipsync: LipSyncOptions::default(),
        input: None,
        gpu: Arc::new(Gpu::new(&GpuOptions::default()).unwrap()),
        quality: Quality::Cpu,
        h264: H264Options::live(size, RATE),
        audio: AudioCodec::Pcm,
        test_pattern: false,
        lead: MediaTime::ZERO,
    }
}

pub(crate) fn ending(after_millis: i64) -> Ending {
    Ending {
        after: Some(MediaTime::from_millis(after_millis)),
        tail: None,
        stop: Arc::new(AtomicBool::new(false)),
    }
}

/// Runs a show that says two sentences and collects what leaves.
fn run(clock: Clock, after_millis: i64) -> (Vec<Packet>, Summary) {
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let text = "First light over the hills. And then a second sentence.".to_owned();
    door.say(SayRequest {
        text,
        ..SayRequest::default()
    })
    .unwrap();
    let (sender, packets): (_, Receiver<Packet>) = bounded(64);
    let collector = std::thread::spawn(move || packets.into_iter().collect::<Vec<_>>());
    let summary = engine::run(
        options(),
        clock,
        &ending(after_millis),
        &door,
        &inbox,
        vec![Sink::Channel(sender)],
        &mut |_, _| {},
    )
    .unwrap();
    assert_eq!(door.snapshot().state, RoomState::Ended);
    (collector.join().unwrap(), summary)
}

pub(crate) fn of(track: Track, packets: &[Packet]) -> Vec<&Packet> {
    packets
        .iter()
        .filter(|packet| packet.track == track)
        .collect()
}

#[test]
fn live_is_offline() {
    let (offline, _) = run(Clock::Offline, 4_000);
    let (on_time, summary) = run(Clock::Scripted(Vec::new()), 4_000);
    assert_eq!(summary.stats.frames_dropped, 0);
    assert_eq!(of(Track::Video, &offline).len(), 100);
    assert!(
        offline == on_time,
        "the same pipeline at two paces gives the same packets"
    );
    let loud = of(Track::Audio, &offline)
        .iter()
        .filter(|packet| packet.data.iter().any(|byte| *byte != 0))
        .count();
    assert!(loud > 25, "something is said: {loud} ticks of 100");
}

#[test]
fn lateness_costs_pictures_but_never_sound_or_frame_rate() {
    let late = |index: u64| {
        if (20..40).contains(&index) && index.is_multiple_of(2) {
            45
        } else {
            3
        }
    };
    let script = (0..100)
        .map(|index| MediaTime::from_millis(late(index)))
        .collect();
    let (offline, _) = run(Clock::Offline, 4_000);
    let (scripted, summary) = run(Clock::Scripted(script), 4_000);
    assert_eq!(summary.stats.frames_dropped, 10);
    assert_eq!(summary.stats.frames_drawn, 90);
    assert_eq!(of(Track::Audio, &offline), of(Track::Audio, &scripted));
    let pts: Vec<MediaTime> = of(Track::Video, &scripted)
        .iter()
        .map(|packet| packet.pts)
        .collect();
    assert_eq!(
        pts,
        (0..100).map(|index| RATE.pts_of(index)).collect::<Vec<_>>(),
        "a constant frame rate"
    );
}

#[test]
fn a_consumer_that_never_reads_does_not_stop_the_engine() {
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let (stalled, _never_read) = bounded(3);
    let (healthy, packets): (_, Receiver<Packet>) = bounded(4_000);
    let sinks = vec![Sink::Channel(stalled), Sink::Channel(healthy)];
    let clock = Clock::Live(Timebase::start_now());
    let summary = engine::run(
        options(),
        clock,
        &ending(3_000),
        &door,
        &inbox,
        sinks,
        &mut |_, _| {},
    )
    .unwrap();
    let packets: Vec<Packet> = packets.into_iter().collect();
    assert_eq!(summary.duration, MediaTime::from_millis(3_000));
    assert!(
        of(Track::Audio, &packets).len() >= 70,
        "sound of 75 ticks: {}",
        of(Track::Audio, &packets).len()
    );
    assert!(
        of(Track::Video, &packets).len() >= 60,
        "pictures of 75 ticks"
    );
}

#[test]
fn now_cuts_what_is_being_said() {
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let say = |text: &str, mode| {
        door.say(SayRequest {
            text: text.to_owned(),
            mode,
            ..SayRequest::default()
        })
        .unwrap()
    };
    say(
        &"A very long line that goes on and on. ".repeat(20),
        SayMode::Append,
    );
    let (sender, packets): (_, Receiver<Packet>) = bounded(10_000);
    let mut cut_at = None;
    engine::run(
        options(),
        Clock::Offline,
        &Ending {
            after: None,
            tail: Some(MediaTime::from_millis(200)),
            stop: Arc::default(),
        },
        &door,
        &inbox,
        vec![Sink::Channel(sender)],
        &mut |pts, _| {
            if pts >= MediaTime::from_millis(2_000) && cut_at.is_none() {
                cut_at = Some(pts);
                say("Stop.", SayMode::Now);
            }
        },
    )
    .unwrap();
    let last = packets.into_iter().map(|packet| packet.pts).max().unwrap();
    assert!(
        last < MediaTime::from_millis(5_000),
        "the rest of the long line was dropped, ended at {last}"
    );
}

#[test]
fn a_voice_that_fails_is_an_incident_on_air_and_an_error_in_a_film() {
    let broken = || {
        let mut options = options();
        options.voices =
            VoiceChoice::new("command:false", None, None, SpeechServer::default()).unwrap();
        options
    };
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    door.say(SayRequest {
        text: "Hello there.".to_owned(),
        ..SayRequest::default()
    })
    .unwrap();
    let end = Ending {
        after: None,
        tail: Some(MediaTime::ZERO),
        stop: Arc::default(),
    };
    let film = engine::run(
        broken(),
        Clock::Offline,
        &end,
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    );
    assert!(
        film.unwrap_err()
            .to_string()
            .contains("could not be spoken")
    );

    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    door.say(SayRequest {
        text: "Hello there.".to_owned(),
        ..SayRequest::default()
    })
    .unwrap();
    let clock = Clock::Live(Timebase::start_now());
    let summary = engine::run(
        broken(),
        clock,
        &ending(1_500),
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    )
    .unwrap();
    assert_eq!(summary.stats.failed_lines, 1);
    assert!(summary.stats.frames_drawn > 20, "the host goes on");
    assert!(
        door.snapshot()
            .last_incident
            .unwrap()
            .contains("could not be spoken")
    );
}

#[test]
fn a_stop_ends_a_room_at_once() {
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let end = ending(600_000);
    let stop = end.stop.clone();
    let began = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(800));
        stop.store(true, Ordering::Relaxed);
    });
    let clock = Clock::Live(Timebase::start_now());
    let summary = engine::run(
        options(),
        clock,
        &end,
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    )
    .unwrap();
    assert!(summary.stopped && began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_stop_does_not_wait_for_a_voice_that_hangs() {
    let mut options = options();
    options.voices =
        VoiceChoice::new("command:sleep 50", None, None, SpeechServer::default()).unwrap();
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    let text = "Hello there.".to_owned();
    door.say(SayRequest {
        text,
        ..SayRequest::default()
    })
    .unwrap();
    let began = Instant::now();
    let clock = Clock::Live(Timebase::start_now());
    let end = ending(1_000);
    let summary = engine::run(
        options,
        clock,
        &end,
        &door,
        &inbox,
        vec![Sink::Null],
        &mut |_, _| {},
    )
    .unwrap();
    assert!(
        summary.stats.frames_drawn > 10,
        "the host goes on meanwhile"
    );
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "took {:?}",
        began.elapsed()
    );
}
