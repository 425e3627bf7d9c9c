//! The threads behind a pipeline: render, H.264, sound, and the sender that lets equal pts leave together.

mod render;
mod send;
mod sound;
mod studio;
mod video;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError, bounded};

use super::clock::Timebase;
use super::{Error, Result};
use crate::avatar::Avatar;
use crate::encode::{H264Encoder, H264Options};
use crate::media::{AudioChunk, FrameRate, HostId, MediaTime, Packet, Size, VideoFrame};
use crate::output::{AudioCodec, Sink};
use crate::render::{Gpu, Output, Quality, RendererOptions};
use crate::scene::Picture;
use crate::threads;

use render::RenderStage;
use send::SendStage;
use sound::SoundEncoder;
use studio::Studio;
use video::VideoStage;

/// Pictures that wait to be drawn: one frame (40 ms at 25 fps). A machine that is behind should draw the newest
/// picture late rather than every picture later.
const PICTURES: usize = 1;
/// Frames that wait to be encoded: two frames.
const FRAMES: usize = 2;
/// Chunks of sound that wait to be encoded: one second at 25 ticks a second.
const CHUNKS: usize = 25;
/// Packets that wait for the sender: one second of sound and picture.
const PACKETS: usize = 100;

/// How long a packet is held back after its tick, so that the slowest thing made for a pts (the picture) is there
/// when the sound of that pts leaves: two frames at 25 fps. On a slow machine it grows, see `send.rs`.
pub const SEND_DELAY: MediaTime = MediaTime::from_millis(80);

/// What the stages are made for.
#[derive(Debug)]
pub(super) struct StageOptions {
    pub room: String,
    pub size: Size,
    pub rate: FrameRate,
    pub h264: H264Options,
    pub audio: AudioCodec,
    pub gpu: Arc<Gpu>,
    pub quality: Quality,
    pub hosts: Vec<(HostId, Arc<Avatar>)>,
    /// Present: release packets in real time, and drop rather than wait. Absent: as fast as they come.
    pub timebase: Option<Timebase>,
    /// Drawn once before the show begins, so that the first frame finds shaders and textures ready.
    pub warm_up: Picture,
}

/// Counters that the threads keep.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Pictures drawn.
    pub drawn: AtomicU64,
    /// Pictures sent again because one was missing.
    pub repeated: AtomicU64,
    /// Sum over drawn pictures of the time from their deadline to their packet, in ticks.
    pub picture_delay: AtomicU64,
    /// Times the graphics device was lost.
    pub devices_lost: AtomicU64,
    /// Set when a thread cannot go on.
    pub broken: AtomicBool,
    /// What went wrong and was not told yet; the latest.
    incident: Mutex<Option<String>>,
}

impl Counters {
    /// Leaves words for the room's log and its viewers.
    fn note(&self, incident: String) {
        *self.incident.lock().unwrap_or_else(PoisonError::into_inner) = Some(incident);
    }

    /// What went wrong since the last call.
    pub(super) fn take_incident(&self) -> Option<String> {
        self.incident
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// The running threads.
#[derive(Debug)]
pub(super) struct Stages {
    pictures: Option<Sender<Picture>>,
    chunks: Option<Sender<AudioChunk>>,
    threads: Vec<JoinHandle<Option<Result<()>>>>,
    pub(super) counters: Arc<Counters>,
}

impl Stages {
    /// Starts all threads; what they need is made on them.
    ///
    /// # Errors
    /// When the renderer or an encoder cannot be made.
    pub(super) fn start(options: StageOptions, sinks: Vec<Sink>) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let (pictures, picture_inbox) = bounded::<Picture>(PICTURES);
        let (frames, frame_inbox) = bounded::<VideoFrame>(FRAMES);
        let (chunks, chunk_inbox) = bounded::<AudioChunk>(CHUNKS);
        let (packets, packet_inbox) = bounded::<Packet>(PACKETS);
        let StageOptions {
            room,
            size,
            rate,
            h264,
            audio,
            gpu,
            quality,
            hosts,
            timebase,
            warm_up,
        } = options;
        let wanted = Arc::new(AtomicBool::new(true));
        let name = |stage: &str| format!("zhubo-{stage}-{room}");
        let mut threads = Vec::new();

        let stage = RenderStage {
            counters: counters.clone(),
            live: timebase.is_some(),
        };
        let studio = Studio {
            options: RendererOptions {
                size,
                output: Output::I420,
                quality,
            },
            hosts,
            warm_up,
            hold_rate: timebase.is_some().then_some(rate),
        };
        let init = move || studio.open(gpu);
        threads.push(spawn(&name("render"), &counters, init, move |drawing| {
            stage.run(drawing, &picture_inbox, &frames)
        })?);

        let stage = VideoStage {
            counters: counters.clone(),
            rate,
            wanted: wanted.clone(),
            timebase: timebase.clone(),
        };
        let video_packets = packets.clone();
        let init = move || Ok(H264Encoder::new(h264)?);
        threads.push(spawn(&name("h264"), &counters, init, move |encoder| {
            stage.run(encoder, &frame_inbox, &video_packets)
        })?);

        let init = move || SoundEncoder::new(audio);
        threads.push(spawn(&name("sound"), &counters, init, move |encoder| {
            encoder.run(&chunk_inbox, &packets)
        })?);

        let sender = SendStage::new(sinks, timebase, wanted);
        threads.push(spawn(
            &name("send"),
            &counters,
            || Ok(sender),
            move |sender| sender.run(&packet_inbox),
        )?);
        Ok(Self {
            pictures: Some(pictures),
            chunks: Some(chunks),
            threads,
            counters,
        })
    }

    /// Hands a picture to the render thread; `false` when it has to be dropped because that thread is behind.
    pub(super) fn draw(&self, picture: Picture, may_drop: bool) -> bool {
        let Some(pictures) = &self.pictures else {
            return false;
        };
        if may_drop {
            !matches!(pictures.try_send(picture), Err(TrySendError::Full(_)))
        } else {
            pictures.send(picture).is_ok()
        }
    }

    /// Hands sound to its encoder; with `may_drop` never waits. `false` when it was lost.
    pub(super) fn hear(&self, chunk: AudioChunk, may_drop: bool) -> bool {
        let Some(chunks) = &self.chunks else {
            return false;
        };
        if may_drop {
            chunks.try_send(chunk).is_ok()
        } else {
            chunks.send(chunk).is_ok()
        }
    }

    /// Lets everything drain and waits for the threads in the order of the signal.
    ///
    /// # Errors
    /// The first error of a thread.
    pub(super) fn finish(mut self) -> Result<()> {
        self.pictures = None;
        self.chunks = None;
        let mut first = Ok(());
        for thread in self.threads.drain(..) {
            let ended = match thread.join() {
                Ok(Some(result)) => result,
                Ok(None) => Ok(()),
                Err(_) => Err(Error::ThreadDied),
            };
            first = first.and(ended);
        }
        first
    }
}

/// Starts a stage; one that fails ends the show, not only itself.
fn spawn<S: 'static>(
    name: &str,
    counters: &Arc<Counters>,
    init: impl FnOnce() -> Result<S> + Send + 'static,
    run: impl FnOnce(S) -> Result<()> + Send + 'static,
) -> Result<JoinHandle<Option<Result<()>>>> {
    let counters = counters.clone();
    let run =
        move |state| run(state).inspect_err(|_| counters.broken.store(true, Ordering::Relaxed));
    threads::spawn(name, init, run).map_err(|error| match error {
        threads::SpawnError::Init(error) => error,
        other => Error::Thread(other.to_string()),
    })
}
