//! The one loop: requests in, ticks out, at the pace of the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;

use super::cast::Wish;
use super::clock::{Clock, Timebase, Turn};
use super::director::Notice;
use super::handle::{
    ActRequest, Line, Request, RoomEvent, RoomHandle, RoomSnapshot, RoomState, RoomStats, SayMode,
};
use super::pipeline::Step;
use super::play::{CoHost, Play, PlayOptions};
use super::stages::{SEND_DELAY, StageOptions, Stages};
use super::{Error, Result};
use crate::avatar::{Avatar, MouthBy};
use crate::encode::H264Options;
use crate::input::{self, Input};
use crate::lipsync::LipSyncOptions;
use crate::media::{Activity, FrameRate, HostId, MediaTime, Pose};
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
    /// What is different about hosts that are not the first.
    pub co_hosts: BTreeMap<HostId, CoHost>,
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
    inbox: &Receiver<Request>,
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
        progress(tick.pts, show.play.director.waiting());
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
    hosts: Vec<HostId>,
    play: Play,
    door: &'a RoomHandle,
    stats: RoomStats,
    state: RoomState,
    caption: String,
    line: Option<(u64, String)>,
    activity: Activity,
    gesture: Option<Arc<str>>,
    incident: Option<String>,
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
        say_what_moves_the_mouths(&name, &hosts);
        let ids = hosts.iter().map(|(id, _)| id.clone()).collect();
        let rest = hosts.iter().map(|(id, _)| Pose::rest(id.clone()));
        let warm_up = scene.picture(MediaTime::ZERO, rest.collect(), "", false);
        let size = scene.size();
        let (mut play, model) = Play::start(PlayOptions {
            name: name.clone(),
            rate,
            hosts: hosts.clone(),
            gestures: options.gestures,
            seed,
            scene,
            voices: options.voices,
            co_hosts: options.co_hosts,
            synthesis: options.synthesis,
            lipsync,
            test_pattern: options.test_pattern,
            lead: options.lead,
        })?;
        tracing::info!(
            "{name}: {size} at {:.3} fps, seed {seed}, adapter {}, lip-sync {model}",
            rate.as_f64(),
            options.gpu.adapter_name(),
        );
        if let Some(input) = input {
            play.pipeline.listen(input);
        }
        let stages = StageOptions {
            room: name,
            size,
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
        let show = Self {
            rate,
            hosts: ids,
            play,
            door,
            stats: RoomStats::default(),
            state: RoomState::Starting,
            caption: String::new(),
            line: None,
            activity: Activity::Idle,
            gesture: None,
            incident: None,
        };
        Ok((show, stages))
    }

    fn take_requests(&mut self, inbox: &Receiver<Request>, index: u64) {
        let pts = self.rate.pts_of(index);
        while let Ok(request) = inbox.try_recv() {
            match request {
                Request::Say(line) => {
                    if line.mode == SayMode::Now {
                        self.play.pipeline.cut(pts);
                    }
                    let director = &mut self.play.director;
                    director.add(line.sentences, line.mode, line.priority);
                }
                Request::Act(request) => self.act(request, pts),
            }
        }
    }

    /// Does what an operator asks of a host; the door has checked that it can.
    fn act(&mut self, request: ActRequest, pts: MediaTime) {
        let host = request.host.as_ref();
        let host = host.and_then(|host| self.hosts.iter().position(|own| own == host));
        let host = host.unwrap_or_default();
        let pipeline = &mut self.play.pipeline;
        if let Some(gesture) = &request.gesture {
            pipeline.gesture(host, pts, gesture);
        }
        let wish = Wish {
            feeling: request.emotion,
            focus: request.look,
            activity: request.activity,
        };
        if wish != Wish::default() {
            pipeline.cast().wish(host, pts + request.lasts, wish);
        }
    }

    /// Keeps speech ahead. Offline waits until the next sentence is ready.
    fn prepare(&mut self, waits: bool) -> Result<()> {
        while let Some(Notice::Failed { line_id, message }) = self.play.prepare(waits) {
            self.stats.failed_lines += 1;
            if waits {
                return Err(Error::Speech { message });
            }
            self.note(format!("line {line_id} could not be spoken: {message}"));
        }
        Ok(())
    }

    /// Tells the log and the outside that something went wrong.
    fn note(&mut self, incident: String) {
        tracing::warn!("{incident}");
        self.door.announce(&RoomEvent::Incident(incident.clone()));
        self.incident = Some(incident);
    }

    fn has_ended(&self, ending: &Ending, pts: MediaTime) -> bool {
        ending.stop.load(Ordering::Relaxed)
            || ending.after.is_some_and(|after| pts >= after)
            || ending
                .tail
                .is_some_and(|tail| self.play.has_ended(pts, tail))
    }

    fn step(&mut self, index: u64) -> Step {
        let worn = self.door.outfit();
        let pipeline = &mut self.play.pipeline;
        pipeline.wear(0, worn.map(|outfit| outfit.id.as_str()));
        let step = self.play.step(index);
        if let Some(incident) = self.play.pipeline.take_incident() {
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
        self.activity = step.activities.first().copied().unwrap_or_default();
        self.gesture = step
            .picture
            .poses
            .iter()
            .find_map(|pose| pose.gesture.clone());
        let state = if step.line.is_some() {
            RoomState::Speaking
        } else {
            RoomState::of(self.activity)
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
            next: self.play.director.next_lines(SHOWN_LINES),
            queued: self.play.director.waiting(),
            caption: self.caption.clone(),
            stats: self.stats,
            input: self.play.pipeline.input_state(),
            activity: self.activity,
            gesture: self.gesture.clone(),
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
