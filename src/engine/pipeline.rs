//! One step of a show: sound of this tick, pose of each host, picture. The same for a live room, a film and a preview.

use std::sync::Arc;

use crate::avatar::Avatar;
use crate::input::{Input, InputState};
use crate::media::{Activity, AudioChunk, HostId, MediaTime, Pose, Tick, Utterance};
use crate::motion::{Library, Motion, MotionOptions};
use crate::scene::{Picture, Scene};
use crate::sound::{self, Limiter};

use super::cast::{Cast, Moment};
use super::player::{Performance, Player, Want};

/// Length of the test pattern's beep.
const BEEP: MediaTime = MediaTime::from_millis(100);
/// Level of the test pattern's beep.
const BEEP_LEVEL: f32 = 0.5;

/// What a pipeline is made for.
#[derive(Clone, Debug)]
pub struct PipelineOptions {
    /// Hosts in the order of the scene; the first speaks where nothing else is said.
    pub hosts: Vec<HostId>,
    /// Their bodies, in the same order; a host without one has no arms to lower and no hair to swing.
    pub avatars: Vec<Arc<Avatar>>,
    /// What they can do with their hands.
    pub gestures: Arc<Library>,
    /// Seed of all chance: same seed, same life.
    pub seed: u64,
    /// Nothing is said before this pts.
    pub lead: MediaTime,
    /// Once a second a white flash of two frames and a 1 kHz beep that starts on the same tick.
    pub test_pattern: bool,
}

/// What one tick gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which tick.
    pub tick: Tick,
    /// Its sound.
    pub audio: AudioChunk,
    /// What to draw.
    pub picture: Picture,
    /// Marks reached.
    pub marks: Vec<String>,
    /// Utterances that begin in it.
    pub begun: Vec<Performance>,
    /// What each host is busy with, in the order of the scene.
    pub activities: Vec<Activity>,
    /// Words on screen.
    pub caption: String,
    /// The line being said and its sentence.
    pub line: Option<(u64, String)>,
}

/// The state of a show between two ticks.
#[derive(Debug)]
pub struct Pipeline {
    options: PipelineOptions,
    player: Player,
    motions: Vec<Motion>,
    scene: Scene,
    limiter: Limiter,
    cast: Cast,
    /// What each host wears: the id of an outfit.
    outfits: Vec<Option<Arc<str>>>,
    /// Live sound: what the first host says while no line is said.
    input: Option<Input>,
    /// The test pattern's beep.
    beep: Vec<f32>,
}

impl Pipeline {
    /// A show at rest.
    pub fn new(options: PipelineOptions, scene: Scene) -> Self {
        let motion = |(index, host): (usize, &HostId)| {
            Motion::new(MotionOptions {
                host: host.clone(),
                seed: options.seed,
                avatar: options.avatars.get(index).cloned(),
                gestures: Arc::clone(&options.gestures),
            })
        };
        Self {
            motions: options.hosts.iter().enumerate().map(motion).collect(),
            player: Player::new(
                scene.caption_capacity_ems(),
                Arc::clone(&options.gestures),
                options.seed,
                options.lead,
            ),
            limiter: Limiter::new(1),
            cast: Cast::new(&options.hosts),
            outfits: vec![None; options.hosts.len()],
            input: None,
            beep: sound::beep(sound::BEEP_HZ, BEEP.0 as usize, BEEP_LEVEL),
            options,
            scene,
        }
    }

    /// Lets the first host say what comes in live whenever no line is said.
    pub fn listen(&mut self, input: Input) {
        self.input = Some(input);
    }

    /// The live sound at one glance, if there is one.
    pub fn input_state(&self) -> Option<InputState> {
        self.input.as_ref().map(Input::state)
    }

    /// Something that went wrong with the live sound since the last call, in words.
    pub fn take_incident(&mut self) -> Option<String> {
        self.input.as_mut()?.take_incident()
    }

    /// What the host at this place wears from the next step on; `None` is its default.
    pub fn wear(&mut self, host: usize, outfit: Option<&str>) {
        if let Some(own) = self.outfits.get_mut(host)
            && own.as_deref() != outfit
        {
            *own = outfit.map(Into::into);
        }
    }

    /// Whether nothing is being said.
    pub fn is_silent(&self) -> bool {
        self.player.is_silent()
    }

    /// Fades what is being said from the tick at `pts` on.
    pub fn cut(&mut self, pts: MediaTime) {
        self.player.cut(pts);
    }

    /// Who does what without being asked by a score.
    pub fn cast(&mut self) -> &mut Cast {
        &mut self.cast
    }

    /// Makes a host gesture from the next step on; false when it does not know the gesture.
    pub fn gesture(&mut self, host: usize, at: MediaTime, name: &str) -> bool {
        let motion = self.motions.get_mut(host);
        motion.is_some_and(|motion| motion.ask(at, name))
    }

    /// Sound, poses and picture of `tick`. `said` gives or shows the next utterance when one is wanted.
    pub fn step(
        &mut self,
        tick: Tick,
        said: &mut dyn FnMut(Want) -> Option<Arc<Utterance>>,
    ) -> Step {
        let mut samples = vec![0.0; tick.samples];
        let (marks, begun) = self.player.fill(tick, &mut samples, said);
        if let Some(input) = &mut self.input {
            input.fill(tick, &mut samples, self.player.is_talking());
        }
        let flash = self.options.test_pattern && flashes(tick);
        if self.options.test_pattern {
            add_beep(&self.beep, tick, &mut samples);
        }
        self.limiter.process(&mut samples);

        // A picture stands for its whole duration, so its mouth is the one at the middle: lips are never late.
        let shown_at = tick.pts + MediaTime::from_samples(tick.samples / 2);
        let heard = self.player.heard_at(shown_at);
        let live = self.input.as_ref().filter(|_| heard.line.is_none());
        let moment = Moment {
            at: shown_at,
            live: live.map(|input| input.at(shown_at)),
            heard: &heard,
        };
        let situations = self.cast.situations(&moment);
        let activities = situations.iter().map(|own| own.activity).collect();
        let poses = self.motions.iter_mut().zip(&situations);
        let mut poses: Vec<Pose> = poses
            .map(|(motion, situation)| motion.pose(shown_at, situation))
            .collect();
        for (pose, outfit) in poses.iter_mut().zip(&self.outfits) {
            pose.outfit.clone_from(outfit);
        }
        let picture = self.scene.picture(tick.pts, poses, &heard.caption, flash);
        let audio = AudioChunk {
            pts: tick.pts,
            channels: 1,
            samples,
        };
        Step {
            tick,
            audio,
            picture,
            marks,
            begun,
            activities,
            caption: heard.caption,
            line: heard.line,
        }
    }
}

/// Whether the picture of `tick` is white in the test pattern: the first two ticks of each second.
fn flashes(tick: Tick) -> bool {
    tick.pts.0.rem_euclid(MediaTime::from_millis(1000).0) < 2 * tick.samples as i64
}

/// Adds the test pattern's beep, which starts at each whole second of media time.
fn add_beep(beep: &[f32], tick: Tick, samples: &mut [f32]) {
    for (pts, sample) in (tick.pts.0..).zip(samples) {
        let into = pts.rem_euclid(MediaTime::from_millis(1000).0) as usize;
        *sample += beep.get(into).copied().unwrap_or(0.0);
    }
}
