//! The threads behind a pipeline: render, H.264, sound, and the sender that lets equal pts leave together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Select, Sender, TrySendError, bounded};

use super::clock::Timebase;
use super::{Error, Result};
use crate::avatar::Avatar;
use crate::encode::{H264Encoder, H264Options, OpusEncoder, OpusOptions};
use crate::media::{AudioChunk, FrameRate, HostId, MediaTime, Packet, Size, Track, VideoFrame};
use crate::output::{AudioCodec, Interleaver, Sink};
use crate::render::{Gpu, Output, Quality, Renderer, RendererOptions};
use crate::scene::Picture;
use crate::threads;

/// Pictures that wait to be drawn: two frames (80 ms at 25 fps); more would only add delay.
const PICTURES: usize = 2;
/// Frames that wait to be encoded: two frames.
const FRAMES: usize = 2;
/// Chunks of sound that wait to be encoded: one second at 25 ticks a second.
const CHUNKS: usize = 25;
/// Packets that wait for the sender: one second of sound and picture.
const PACKETS: usize = 100;

/// How long a packet is held back after its tick, so that the slowest thing made for a pts (the picture) is there
/// when the sound of that pts leaves: drawing 2 frames + encoding 1 frame at 25 fps.
pub const SEND_DELAY: MediaTime = MediaTime::from_millis(100);

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
    /// Set when a thread cannot go on.
    pub broken: AtomicBool,
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
            rate,
        };
        let init = move || {
            let options = RendererOptions {
                size,
                output: Output::I420,
                quality,
            };
            let mut renderer = Renderer::new(&gpu, &options)?;
            for (host, avatar) in hosts {
                renderer.add_host(host, avatar)?;
            }
            renderer.draw(&warm_up)?;
            Ok(renderer)
        };
        threads.push(spawn(&name("render"), init, move |renderer| {
            stage.run(renderer, &picture_inbox, &frames)
        })?);

        let stage = VideoStage {
            counters: counters.clone(),
            rate,
            wanted: wanted.clone(),
            timebase: timebase.clone(),
        };
        let video_packets = packets.clone();
        let init = move || Ok(H264Encoder::new(h264)?);
        threads.push(spawn(&name("h264"), init, move |encoder| {
            stage.run(encoder, &frame_inbox, &video_packets)
        })?);

        let init = move || SoundEncoder::new(audio);
        threads.push(spawn(&name("sound"), init, move |encoder| {
            encoder.run(&chunk_inbox, &packets)
        })?);

        let sender = SendStage {
            sinks,
            timebase,
            wanted,
        };
        threads.push(spawn(
            &name("send"),
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

fn spawn<S, R>(
    name: &str,
    init: impl FnOnce() -> Result<S> + Send + 'static,
    run: impl FnOnce(S) -> R + Send + 'static,
) -> Result<JoinHandle<Option<R>>>
where
    R: Send + 'static,
{
    threads::spawn(name, init, run).map_err(|error| match error {
        threads::SpawnError::Init(error) => error,
        other => Error::Thread(other.to_string()),
    })
}

/// Draws pictures; a picture that cannot be drawn is replaced by the last one, and the host goes on.
struct RenderStage {
    counters: Arc<Counters>,
    rate: FrameRate,
}

impl RenderStage {
    fn run(
        self,
        mut renderer: Renderer,
        inbox: &Receiver<Picture>,
        frames: &Sender<VideoFrame>,
    ) -> Result<()> {
        let mut failures = 0u32;
        for picture in inbox {
            let drawn = renderer.submit(&picture).and_then(|()| {
                // Nothing else to do: take the picture now. Else let drawing and readback overlap.
                if inbox.is_empty() {
                    renderer.flush()
                } else {
                    renderer.poll().map(|frame| frame.into_iter().collect())
                }
            });
            match drawn {
                Ok(done) => {
                    failures = 0;
                    for frame in done {
                        self.counters.drawn.fetch_add(1, Ordering::Relaxed);
                        if frames.send(frame).is_err() {
                            return Ok(());
                        }
                    }
                }
                Err(error) => {
                    failures += 1;
                    // A minute without a picture is not degraded any more.
                    if f64::from(failures) > 60.0 * self.rate.as_f64() {
                        self.counters.broken.store(true, Ordering::Relaxed);
                        return Err(error.into());
                    }
                    if failures.is_power_of_two() {
                        tracing::warn!(
                            "a picture could not be drawn ({failures} in a row): {error}"
                        );
                    }
                }
            }
        }
        for frame in renderer.flush()? {
            self.counters.drawn.fetch_add(1, Ordering::Relaxed);
            frames.send(frame).ok();
        }
        Ok(())
    }
}

/// Encodes pictures and keeps the frame rate constant: a missing picture is the last one again at its own pts.
struct VideoStage {
    counters: Arc<Counters>,
    rate: FrameRate,
    wanted: Arc<AtomicBool>,
    timebase: Option<Timebase>,
}

impl VideoStage {
    fn run(
        self,
        mut encoder: H264Encoder,
        inbox: &Receiver<VideoFrame>,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        let mut last: Option<VideoFrame> = None;
        for frame in inbox {
            let index = |pts: MediaTime| (pts.as_secs_f64() * self.rate.as_f64()).round() as u64;
            if let Some(mut again) = last.take() {
                for missing in index(again.pts) + 1..index(frame.pts) {
                    again.pts = self.rate.pts_of(missing);
                    self.counters.repeated.fetch_add(1, Ordering::Relaxed);
                    self.encode(&mut encoder, &again, packets)?;
                }
            }
            self.encode(&mut encoder, &frame, packets)?;
            if let Some(timebase) = &self.timebase {
                let delay = u64::try_from((timebase.now() - frame.pts).0).unwrap_or(0);
                self.counters
                    .picture_delay
                    .fetch_add(delay, Ordering::Relaxed);
            }
            last = Some(frame);
        }
        for packet in encoder.flush() {
            packets.send(packet).ok();
        }
        Ok(())
    }

    fn encode(
        &self,
        encoder: &mut H264Encoder,
        frame: &VideoFrame,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        let packet = encoder.push(frame, self.wanted.swap(false, Ordering::Relaxed))?;
        packets.send(packet).ok();
        Ok(())
    }
}

/// Encodes sound as its outputs want it.
enum SoundEncoder {
    Opus(Box<OpusEncoder>),
    Pcm,
}

impl SoundEncoder {
    fn new(codec: AudioCodec) -> Result<Self> {
        Ok(match codec {
            AudioCodec::Opus => Self::Opus(Box::new(OpusEncoder::new(OpusOptions::default())?)),
            AudioCodec::Pcm => Self::Pcm,
        })
    }

    fn run(mut self, inbox: &Receiver<AudioChunk>, packets: &Sender<Packet>) -> Result<()> {
        for chunk in inbox {
            for packet in self.push(&chunk)? {
                if packets.send(packet).is_err() {
                    return Ok(());
                }
            }
        }
        if let Self::Opus(encoder) = &mut self {
            for packet in encoder.flush()? {
                packets.send(packet).ok();
            }
        }
        Ok(())
    }

    fn push(&mut self, chunk: &AudioChunk) -> Result<Vec<Packet>> {
        match self {
            Self::Opus(encoder) => Ok(encoder.push(chunk)?),
            Self::Pcm => {
                let data: Vec<u8> = chunk
                    .samples
                    .iter()
                    .flat_map(|sample| sample.to_le_bytes())
                    .collect();
                let (pts, duration) = (chunk.pts, chunk.duration());
                Ok(vec![Packet {
                    track: Track::Audio,
                    pts,
                    duration,
                    is_keyframe: true,
                    data: data.into(),
                }])
            }
        }
    }
}

/// The paced sender: the one place where packets leave.
struct SendStage {
    sinks: Vec<Sink>,
    timebase: Option<Timebase>,
    wanted: Arc<AtomicBool>,
}

impl SendStage {
    fn run(mut self, inbox: &Receiver<Packet>) -> Result<()> {
        let mut waiting = Interleaver::default();
        let mut ended = false;
        while !ended {
            ended = self.receive(inbox, &mut waiting);
            match &self.timebase {
                Some(timebase) => {
                    let due = timebase.now() - SEND_DELAY;
                    while let Some(packet) = waiting.pop_due(due) {
                        self.send(&packet)?;
                    }
                }
                None => {
                    while let Some(packet) = waiting.pop_settled(ended) {
                        self.send(&packet)?;
                    }
                }
            }
            if self.sinks.iter().any(Sink::take_idr_request) {
                self.wanted.store(true, Ordering::Relaxed);
            }
        }
        while let Some(packet) = waiting.pop_due(MediaTime(i64::MAX)) {
            self.send(&packet)?;
        }
        let mut first = Ok(());
        for sink in self.sinks {
            first = first.and(sink.finish());
        }
        Ok(first?)
    }

    /// Takes packets until the next one that waits is due; `true` when no more will come.
    fn receive(&self, inbox: &Receiver<Packet>, waiting: &mut Interleaver) -> bool {
        let Some(timebase) = &self.timebase else {
            return match inbox.recv() {
                Ok(packet) => {
                    waiting.push(packet);
                    false
                }
                Err(_) => true,
            };
        };
        let mut select = Select::new();
        select.recv(inbox);
        let next = waiting
            .next_pts()
            .map_or(SEND_DELAY, |pts| pts + SEND_DELAY - timebase.now());
        let wait = next.max(MediaTime::ZERO).min(SEND_DELAY).to_duration();
        if select.ready_timeout(wait).is_err() {
            return false;
        }
        loop {
            match inbox.try_recv() {
                Ok(packet) => waiting.push(packet),
                Err(crossbeam_channel::TryRecvError::Empty) => return false,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return true,
            }
        }
    }

    /// To every output. A recording that fails ends alone in a live room; a film that fails ends the run.
    fn send(&mut self, packet: &Packet) -> Result<()> {
        let live = self.timebase.is_some();
        let mut failed = None;
        self.sinks
            .retain_mut(|sink| match sink.send(packet, !live) {
                Ok(()) => true,
                Err(error) => {
                    if live {
                        tracing::error!("an output ended: {error}");
                    } else {
                        failed = Some(error);
                    }
                    false
                }
            });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
