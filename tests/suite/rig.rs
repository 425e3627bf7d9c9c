//! A room without an engine: drawn test pictures and tones, paced like a live room, behind the real server and pages.
//!
//! `cargo test --test suite rig::serve -- --ignored --nocapture` serves it until it is killed, for work on the pages.
//! `RIG_LISTEN` chooses the address, `RIG_PATTERN=1` the flash and beep.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::fn_params_excessive_bools,
    clippy::too_many_lines,
    reason = "the whole of a live room in one loop, for tests"
)]

use std::f32::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use bytes::Bytes;
use crossbeam_channel::Receiver;
use openh264::OpenH264API;
use openh264::encoder::{BitRate, Encoder, EncoderConfig, FrameRate as Rate, UsageType};
use openh264::formats::YUVBuffer;
use zhubo::engine::{Request, RoomEvent, RoomHandle, RoomSnapshot, RoomState};
use zhubo::live::{LiveOptions, LiveRoom, SayBox, Server, VoiceOffer, serve_with_token};
use zhubo::media::{FrameRate, MediaTime, Packet, Track};
use zhubo::output::webrtc::{RoomFeed, WhepOptions, WhepServer};

const WIDTH: usize = 720;
const HEIGHT: usize = 1280;
const FPS: u64 = 25;
const OPUS_SAMPLES: usize = 960;
/// Opus gives back the sound of so many samples ago, so a packet's pts is earlier by them.
const OPUS_LOOKAHEAD: usize = 312;
/// How long the "voice" sounds for one line.
const VOICE_FRAMES: u64 = 2 * FPS;

/// A room on air.
pub(crate) struct Rig {
    pub(crate) server: Option<Server>,
    stop: Arc<AtomicBool>,
    pacer: Option<JoinHandle<()>>,
}

impl Rig {
    pub(crate) fn start(listen: &str, pattern: bool) -> Self {
        let (handle, inbox) = RoomHandle::new("demo", |voice| match voice {
            "flite:slt" | "espeak:cmn-latn-pinyin" => Ok(()),
            other => Err(format!(
                "there is no voice `{other}`: `zhubo doctor` lists them"
            )),
        });
        let whep = Arc::new(WhepServer::start(WhepOptions::default()).unwrap());
        let feed = whep.room("demo");
        let choice = |id: &str, label: &str, language: &str| VoiceOffer {
            id: id.into(),
            label: label.into(),
            language: language.into(),
        };
        let room = LiveRoom {
            handle: handle.clone(),
            title: "Zhubo · 演示直播间".into(),
            voices: vec![
                choice("flite:slt", "English", "en"),
                choice("espeak:cmn-latn-pinyin", "中文", "zh"),
            ],
            language: None,
            say_box: SayBox::Shown,
        };
        let options = LiveOptions {
            listen: listen.parse().unwrap(),
            ..LiveOptions::default()
        };
        let server = serve_with_token(&options, vec![room], whep, None).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let pacer = std::thread::Builder::new()
            .name("rig".into())
            .spawn(move || pace(&handle, &inbox, &feed, &stopped, pattern))
            .unwrap();
        Self {
            server: Some(server),
            stop,
            pacer: Some(pacer),
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(server) = self.server.take() {
            server.shutdown();
        }
        if let Some(pacer) = self.pacer.take() {
            pacer.join().ok();
        }
    }
}

fn pace(
    handle: &RoomHandle,
    inbox: &Receiver<Request>,
    feed: &RoomFeed,
    stop: &AtomicBool,
    pattern: bool,
) {
    let rate = FrameRate::whole(25);
    let config = EncoderConfig::new()
        .bitrate(BitRate::from_bps(2_500_000))
        .max_frame_rate(Rate::from_hz(25.0))
        .usage_type(UsageType::CameraVideoRealTime)
        .skip_frames(false)
        .scene_change_detect(false);
    let mut video = Encoder::with_api_config(OpenH264API::from_source(), config).unwrap();
    let mut audio =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Audio).unwrap();
    audio.set_inband_fec(true).unwrap();
    audio.set_packet_loss_perc(10).unwrap();
    assert_eq!(audio.get_lookahead().unwrap() as usize, OPUS_LOOKAHEAD);
    let mut picture = YUVBuffer::from_vec(vec![128; WIDTH * HEIGHT * 3 / 2], WIDTH, HEIGHT);

    let origin = Instant::now();
    let mut speaking_until = 0;
    let mut caption = String::new();
    let wait_for = |pts: MediaTime| {
        let due = origin + pts.to_duration();
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    };
    for frame in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if let Ok(Request::Say(line)) = inbox.try_recv() {
            speaking_until = frame + VOICE_FRAMES;
            caption = line.sentences[0].text.clone();
            handle.announce(&RoomEvent::State(RoomState::Speaking));
            handle.announce(&RoomEvent::Caption(caption.clone()));
        }
        let speaking = frame < speaking_until;
        if frame == speaking_until && frame > 0 {
            caption.clear();
            handle.announce(&RoomEvent::State(RoomState::Idle));
            handle.announce(&RoomEvent::Caption(String::new()));
        }
        handle.publish(RoomSnapshot {
            state: if speaking {
                RoomState::Speaking
            } else {
                RoomState::Idle
            },
            caption: caption.clone(),
            ..RoomSnapshot::default()
        });

        draw(&mut picture, frame, pattern);
        if feed.take_idr_request() || frame % (10 * FPS) == 0 {
            video.force_intra_frame();
        }
        let encoded = video.encode(&picture).unwrap();
        let is_keyframe = matches!(
            encoded.frame_type(),
            openh264::encoder::FrameType::IDR | openh264::encoder::FrameType::I
        );
        let tick = rate.tick(frame);
        let picture_packet = Packet {
            track: Track::Video,
            pts: tick.pts,
            duration: MediaTime::from_samples(tick.samples),
            is_keyframe,
            data: Bytes::from(encoded.to_vec()),
        };
        let sounds: Vec<Packet> = (0..tick.samples / OPUS_SAMPLES)
            .map(|part| {
                let start = tick.pts + MediaTime::from_samples(part * OPUS_SAMPLES);
                let samples: Vec<f32> = (0..OPUS_SAMPLES)
                    .map(|i| sound(start.ticks() + i as i64, pattern, speaking))
                    .collect();
                Packet {
                    track: Track::Audio,
                    pts: start - MediaTime::from_samples(OPUS_LOOKAHEAD),
                    duration: MediaTime::from_samples(OPUS_SAMPLES),
                    is_keyframe: true,
                    data: Bytes::from(audio.encode_vec_float(&samples, 1500).unwrap()),
                }
            })
            .collect();
        wait_for(tick.pts);
        feed.send(&picture_packet);
        for packet in sounds {
            wait_for(packet.pts);
            feed.send(&packet);
        }
    }
}

/// A moving bar on grey; with the pattern, two white pictures each second.
fn draw(picture: &mut YUVBuffer, frame: u64, pattern: bool) {
    let flash = pattern && frame % FPS < 2;
    let mut yuv = vec![128; WIDTH * HEIGHT * 3 / 2];
    let (luma, _) = yuv.split_at_mut(WIDTH * HEIGHT);
    let bar = (frame as usize * 12) % HEIGHT;
    for (y, row) in luma.chunks_exact_mut(WIDTH).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let near = (y + HEIGHT - bar) % HEIGHT < 60;
            *pixel = match (flash, near) {
                (true, _) => 235,
                (false, true) => 150,
                (false, false) => (30 + 40 * y / HEIGHT + 20 * x / WIDTH) as u8,
            };
        }
    }
    *picture = YUVBuffer::from_vec(yuv, WIDTH, HEIGHT);
}

/// One sample at `tick`: a 1 kHz beep of 100 ms with the flash, or a "voice" of two tones.
fn sound(tick: i64, pattern: bool, speaking: bool) -> f32 {
    let in_second = tick.rem_euclid(48_000);
    let secs = in_second as f32 / 48_000.0;
    if pattern {
        return if in_second < 4_800 {
            0.5 * (TAU * 1_000.0 * secs).sin()
        } else {
            0.0
        };
    }
    if speaking {
        0.2 * (TAU * 220.0 * secs).sin() + 0.1 * (TAU * 660.0 * secs).sin()
    } else {
        0.0
    }
}

#[test]
#[ignore = "serves until it is killed"]
fn serve() {
    let listen = std::env::var("RIG_LISTEN").unwrap_or_else(|_| "127.0.0.1:0".into());
    let rig = Rig::start(&listen, std::env::var_os("RIG_PATTERN").is_some());
    println!("watch: {}", rig.server.as_ref().unwrap().watch_url("demo"));
    loop {
        std::thread::park();
    }
}
