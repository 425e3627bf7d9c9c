//! The one loop: requests in, ticks out, at the pace of the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;

use super::clock::{Clock, Timebase, Turn};
use super::director::{Director, Notice};
use super::handle::{
    Line, RoomEvent, RoomHandle, RoomSnapshot, RoomState, RoomStats, SayMode, SayRequest,
};
use super::pipeline::{Pipeline, PipelineOptions, Step};
use super::speech::SpeechWorker;
use super::stages::{SEND_DELAY, StageOptions, Stages};
use super::{Error, Result};
use crate::avatar::{Avatar, MouthBy};
use crate::encode::H264Options;
use crate::input::{self, Input};
use crate::lipsync::LipSyncOptions;
use crate::media::{FrameRate, HostId, MediaTime, Pose};
use crate::motion::Library;
use crate::output::{AudioCodec, Sink};
use crate::render::{Gpu, Quality};
use crate::scene::Scene;
use crate::voice::{SynthesisContext, VoiceChoice};

/// How many waiting lines a snapshot shows.
const SHOWN_LINES: usize = 5;
/// Snapshots per second of media, roughly.
const SNAPSHOT_EVERY: u64 = 5;

/// Everything a show needs.
#[derive(Debug)]
pub struct ShowOptions {
    /// The room's or film's name, for threads and logs.
    pub name: String,
    /// Pictures per second.
    pub rate: FrameRate,
    /// Hosts and their avatars, in the order of the scene; the first one speaks.
    pub hosts: Vec<(HostId, Arc<Avatar>)>,
    /// What they can do with their hands.
    pub gestures: Arc<Library>,
    /// Seed of all chance.
    pub seed: u64,
    /// What the picture holds.
    pub scene: Scene,
    /// Who is heard.
    pub voices: VoiceChoice,
    /// Limits for voices.
    pub synthesis: SynthesisContext,
    /// The lip-sync model.
    pub lipsync: LipSyncOptions,
    /// Live sound that the first host says while no line is said.
    pub input: Option<input::Source>,
    /// The device that draws.
    pub gpu: Arc<Gpu>,
    /// How finely it draws.
    pub quality: Quality,
    /// How pictures are encoded.
    pub h264: H264Options,
    /// How sound is encoded.
    pub audio: AudioCodec,
    /// A white flash and a beep each second.
    pub test_pattern: bool,
    /// Silence before the first word.
    pub lead: MediaTime,
}

/// When a show ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// After this much media, if given.
    pub after: Option<MediaTime>,
    /// When everything has been said and this much silence has followed, if given.
    pub tail: Option<MediaTime>,
    /// As soon as this is set (Ctrl-C).
    pub stop: Arc<AtomicBool>,
}

/// What a show did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Media made.
    pub duration: MediaTime,
    /// Counters.
    pub stats: RoomStats,
    /// It was stopped before its end.
    pub stopped: bool,
}

/// Progress of a film: told once per tick.
pub type Progress<'a> = &'a mut dyn FnMut(MediaTime, usize);

/// Runs a show on the calling thread until it ends.
///
/// `door` and `inbox` belong together (see [`RoomHandle::new`]). With [`Clock::Offline`] a sentence that no voice can
/// speak is an error; live it is an incident, and the host goes on.
///
/// # Errors
/// When the show cannot start, an encoder or the output of a film fails, or a film's sentence cannot be spoken.
pub fn run(
    options: ShowOptions,
    mut clock: Clock,
    ending: &Ending,
    door: &RoomHandle,
    inbox: &Receiver<(u64, SayRequest)>,
    sinks: Vec<Sink>,
    progress: Progress<'_>,
) -> Result<Summary> {
    let timebase = if let Clock::Live(timebase) = &clock {
        Some(timebase.clone())
    } else {
        None
    };
    let (mut show, stages) = Show::start(options, timebase, door, sinks)?;
    let mut index = 0;
    let mut failed = None;
    clock.begin();
    loop {
        show.take_requests(inbox, index);
        if let Err(error) = show.prepare(clock.waits()) {
            // A film without one of its sentences is not kept.
            ending.stop.store(true, Ordering::Relaxed);
            failed = Some(error);
            break;
        }
        let tick = show.rate.tick(index);
        if show.has_ended(ending, tick.pts) || stages.counters.broken.load(Ordering::Relaxed) {
            break;
        }
        let turn = clock.wait_for(tick, || {
            show.take_requests(inbox, index);
            // Only a film's speech can fail for good, and a film does not wait here.
            ending.stop.load(Ordering::Relaxed) || show.prepare(false).is_err()
        });
        let step = show.step(index);
        progress(tick.pts, show.director.waiting());
        show.tell(&step);
        show.stats.late_ms = turn.late.as_millis_f64();
        show.stats.origin_moves += u64::from(turn.origin_moved);
        hand_over(step, turn, &clock, &stages, &mut show.stats);
        if index % SNAPSHOT_EVERY == 0 {
            show.publish(&stages, tick.pts);
        }
        index += 1;
    }
    let stopped = ending.stop.load(Ordering::Relaxed);
    let finished = show.end(stages);
    if let Some(error) = failed {
        return Err(error);
    }
    finished?;
    Ok(Summary {
        duration: show.rate.pts_of(index),
        stats: show.stats,
        stopped,
    })
}

/// Sound always, the picture if there is time for it.
fn hand_over(step: Step, turn: Turn, clock: &Clock, stages: &Stages, stats: &mut RoomStats) {
    let may_drop = clock.drops_when_full();
    if !stages.hear(step.audio, may_drop) && may_drop {
        tracing::warn!(
            "the sound encoder is a second behind: {} of sound lost",
            step.tick.pts
        );
    }
    if turn.origin_moved {
        tracing::warn!(
            "the machine slept for {}: the timeline was moved",
            turn.late
        );
    }
    if turn.skip_drawing || !stages.draw(step.picture, may_drop) {
        stats.frames_dropped += 1;
    }
}

/// What the loop owns.
struct Show<'a> {
    rate: FrameRate,
    pipeline: Pipeline,
    director: Director,
    door: &'a RoomHandle,
    stats: RoomStats,
    state: RoomState,
    caption: String,
    line: Option<(u64, String)>,
    incident: Option<String>,
    silent_since: MediaTime,
    lead: MediaTime,
}

fn say_what_moves_the_mouths(name: &str, hosts: &[(HostId, Arc<Avatar>)]) {
    for (host, avatar) in hosts {
        let by = avatar.mouth().by;
        if by == MouthBy::Nothing {
            tracing::warn!("{name}: {host}: nothing in the avatar moves the mouth");
        } else {
            tracing::info!("{name}: {host}: mouth moved by {}", by.describe());
        }
    }
}

impl<'a> Show<'a> {
    fn start(
        options: ShowOptions,
        timebase: Option<Timebase>,
        door: &'a RoomHandle,
        sinks: Vec<Sink>,
    ) -> Result<(Self, Stages)> {
        let ShowOptions {
            name,
            rate,
            hosts,
            seed,
            mut scene,
            voices,
            synthesis,
            lipsync,
            ..
        } = options;
        let input = options
            .input
            .map(|source| Input::open(&name, source, &lipsync))
            .transpose()?;
        if let Some(input) = &input {
            let held = input.delay() + SEND_DELAY;
            tracing::info!(
                "{name}: live sound, {:.0} ms late: {:.0} for its mouth, {:.0} for the picture; buffers on top",
                held.as_millis_f64(),
                input.delay().as_millis_f64(),
                SEND_DELAY.as_millis_f64()
            );
        }
        let (worker, model, warning) = SpeechWorker::start(&name, lipsync, synthesis)
            .map_err(|error| Error::Thread(error.to_string()))?;
        if let Some(warning) = warning {
            tracing::warn!("{warning}");
        }
        say_what_moves_the_mouths(&name, &hosts);
        let ids: Vec<HostId> = hosts.iter().map(|(id, _)| id.clone()).collect();
        let speaker = ids.first().cloned().ok_or(Error::NoHost)?;
        tracing::info!(
            "{name}: {} at {:.3} fps, seed {seed}, adapter {}, lip-sync {model}",
            scene.size(),
            rate.as_f64(),
            options.gpu.adapter_name(),
        );
        let avatars = hosts.iter().map(|(_, avatar)| Arc::clone(avatar)).collect();
        let rest = ids.iter().cloned().map(Pose::rest).collect();
        let warm_up = scene.picture(MediaTime::ZERO, rest, "", false);
        let stages = StageOptions {
            room: name,
            size: scene.size(),
            rate,
            h264: options.h264,
            audio: options.audio,
            gpu: options.gpu,
            quality: options.quality,
            hosts,
            timebase,
            warm_up,
        };
        let stages = Stages::start(stages, sinks)?;
        let pipeline = PipelineOptions {
            hosts: ids,
            avatars,
            gestures: options.gestures,
            seed,
            test_pattern: options.test_pattern,
        };
        let mut pipeline = Pipeline::new(pipeline, scene);
        if let Some(input) = input {
            pipeline.listen(input);
        }
        let show = Self {
            rate,
            pipeline,
            director: Director::new(worker, voices, speaker),
            door,
            stats: RoomStats::default(),
            state: RoomState::Starting,
            caption: String::new(),
            line: None,
            incident: None,
            silent_since: MediaTime::ZERO,
            lead: options.lead,
        };
        Ok((show, stages))
    }

    fn take_requests(&mut self, inbox: &Receiver<(u64, SayRequest)>, index: u64) {
        while let Ok((line_id, request)) = inbox.try_recv() {
            if request.mode == SayMode::Now {
                self.pipeline.cut(self.rate.pts_of(index));
            }
            self.director.add(line_id, request);
        }
    }

    /// Keeps speech ahead. Offline waits until the next sentence is ready.
    fn prepare(&mut self, waits: bool) -> Result<()> {
        loop {
            let wait = waits && self.director.is_preparing();
            if let Some(Notice::Failed { line_id, message }) = self.director.turn(wait) {
                self.stats.failed_lines += 1;
                if waits {
                    return Err(Error::Speech { message });
                }
                self.note(format!("line {line_id} could not be spoken: {message}"));
            }
            if !(waits && self.director.is_preparing()) {
                return Ok(());
            }
        }
    }

    /// Tells the log and the outside that something went wrong.
    fn note(&mut self, incident: String) {
        tracing::warn!("{incident}");
        self.door.announce(&RoomEvent::Incident(incident.clone()));
        self.incident = Some(incident);
    }

    fn has_ended(&self, ending: &Ending, pts: MediaTime) -> bool {
        let said = self.director.is_empty() && self.pipeline.is_silent();
        ending.stop.load(Ordering::Relaxed)
            || ending.after.is_some_and(|after| pts >= after)
            || ending
                .tail
                .is_some_and(|tail| said && pts >= self.silent_since + tail)
    }

    fn step(&mut self, index: u64) -> Step {
        let tick = self.rate.tick(index);
        let worn = self.door.outfit();
        self.pipeline.wear(worn.map(|outfit| outfit.id.as_str()));
        let director = &mut self.director;
        let lead_is_over = tick.pts >= self.lead;
        let step = self.pipeline.step(tick, &mut || {
            if lead_is_over { director.next() } else { None }
        });
        if !self.pipeline.is_silent() {
            self.silent_since = tick.pts + MediaTime::from_samples(tick.samples);
        }
        if let Some(incident) = self.pipeline.take_incident() {
            self.note(incident);
        }
        step
    }

    /// Tells the outside what changed with this step.
    fn tell(&mut self, step: &Step) {
        for mark in &step.marks {
            self.door.announce(&RoomEvent::Mark(mark.clone()));
        }
        if step.caption != self.caption {
            self.caption.clone_from(&step.caption);
            self.door
                .announce(&RoomEvent::Caption(step.caption.clone()));
        }
        self.line.clone_from(&step.line);
        let state = if step.line.is_some() {
            RoomState::Speaking
        } else {
            RoomState::Idle
        };
        self.change_state(state);
    }

    fn change_state(&mut self, state: RoomState) {
        if state != self.state {
            self.state = state;
            self.door.announce(&RoomEvent::State(state));
        }
    }

    fn publish(&mut self, stages: &Stages, pts: MediaTime) {
        if let Some(incident) = stages.counters.take_incident() {
            self.note(incident);
        }
        self.stats.devices_lost = stages.counters.devices_lost.load(Ordering::Relaxed);
        self.stats.on_air_secs = pts.as_secs_f64();
        let drawn = stages.counters.drawn.load(Ordering::Relaxed);
        let delay = MediaTime(stages.counters.picture_delay.load(Ordering::Relaxed) as i64);
        self.stats.frames_drawn = drawn;
        self.stats.picture_ms = delay.as_millis_f64() / drawn.max(1) as f64;
        self.door.publish(self.snapshot());
    }

    fn snapshot(&self) -> RoomSnapshot {
        RoomSnapshot {
            state: self.state,
            now: self.line.clone().map(|(id, text)| Line { id, text }),
            next: self.director.next_lines(SHOWN_LINES),
            queued: self.director.waiting(),
            caption: self.caption.clone(),
            stats: self.stats,
            input: self.pipeline.input_state(),
            last_incident: self.incident.clone(),
        }
    }

    /// Lets everything drain, and says that the show is over.
    fn end(&mut self, stages: Stages) -> Result<()> {
        let counters = stages.counters.clone();
        let finished = stages.finish();
        self.stats.frames_drawn = counters.drawn.load(Ordering::Relaxed);
        self.stats.devices_lost = counters.devices_lost.load(Ordering::Relaxed);
        if let Some(incident) = counters.take_incident() {
            self.note(incident);
        }
        self.line = None;
        self.caption.clear();
        self.change_state(RoomState::Ended);
        self.door.publish(self.snapshot());
        finished
    }
}
