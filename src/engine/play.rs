//! A show without what draws and sends it: words go in, steps come out. Rooms, films and rehearsals share it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::director::{Director, Notice};
use super::handle::SayMode;
use super::pipeline::{Pipeline, PipelineOptions, Step};
use super::player::Want;
use super::speech::SpeechWorker;
use super::{Error, Result};
use crate::avatar::Avatar;
use crate::lipsync::LipSyncOptions;
use crate::media::{FrameRate, HostId, MediaTime, Utterance};
use crate::motion::{Library, Places};
use crate::scene::Scene;
use crate::show::Sentence;
use crate::voice::{SynthesisContext, VoiceChoice};

/// What is different about a host that is not the first.
#[derive(Clone, Debug, Default)]
pub struct CoHost {
    /// Its voices; those of the first host when absent.
    pub voices: Option<VoiceChoice>,
    /// What it wears: the id of an outfit.
    pub outfit: Option<String>,
}

/// What a show needs to be performed.
#[derive(Debug)]
pub struct PlayOptions {
    /// The show's name, for threads and logs.
    pub name: String,
    /// Ticks per second.
    pub rate: FrameRate,
    /// Hosts and their avatars, in the order of the scene; the first one speaks where nobody is named.
    pub hosts: Vec<(HostId, Arc<Avatar>)>,
    /// What they can do with their hands.
    pub gestures: Arc<Library>,
    /// Seed of all chance.
    pub seed: u64,
    /// Where everything stands.
    pub scene: Scene,
    /// The voices of the first host.
    pub voices: VoiceChoice,
    /// What is different about the others.
    pub co_hosts: BTreeMap<HostId, CoHost>,
    /// Limits for voices.
    pub synthesis: SynthesisContext,
    /// The lip-sync model.
    pub lipsync: LipSyncOptions,
    /// A white flash and a beep each second.
    pub test_pattern: bool,
    /// Silence before the first word.
    pub lead: MediaTime,
}

/// A show under way.
#[derive(Debug)]
pub(super) struct Play {
    rate: FrameRate,
    pub pipeline: Pipeline,
    pub director: Director,
    silent_since: MediaTime,
}

impl Play {
    /// Starts the speech worker. Returns what hears the sound, in a few words.
    pub(super) fn start(options: PlayOptions) -> Result<(Self, String)> {
        let hosts: Vec<HostId> = options.hosts.iter().map(|(id, _)| id.clone()).collect();
        if hosts.is_empty() {
            return Err(Error::NoHost);
        }
        let (worker, model, warning) =
            SpeechWorker::start(&options.name, options.lipsync, options.synthesis)
                .map_err(|error| Error::Thread(error.to_string()))?;
        if let Some(warning) = warning {
            tracing::warn!("{warning}");
        }
        let co_hosts = options.co_hosts;
        let voices = hosts.iter().map(|host| {
            let own = co_hosts.get(host).and_then(|co| co.voices.as_ref());
            (host.clone(), own.unwrap_or(&options.voices).clone())
        });
        let director = Director::new(worker, voices.collect());
        let eyes = options.hosts.iter();
        let eyes: Vec<_> = eyes
            .map(|(host, avatar)| (host.clone(), avatar.landmarks().eyes))
            .collect();
        let sights = options.scene.sights(&eyes);
        let outfits: Vec<Option<String>> = hosts
            .iter()
            .map(|host| co_hosts.get(host).and_then(|co| co.outfit.clone()))
            .collect();
        let avatars = options.hosts.into_iter().map(|(_, avatar)| avatar);
        let pipeline = PipelineOptions {
            hosts,
            avatars: avatars.collect(),
            gestures: options.gestures,
            seed: options.seed,
            lead: options.lead,
            test_pattern: options.test_pattern,
        };
        let mut pipeline = Pipeline::new(pipeline, options.scene);
        let places = sights.into_iter().map(|sights| Places {
            camera: sights.camera,
            card: sights.card,
            comments: sights.comments,
            hosts: sights.hosts,
        });
        pipeline.cast().place(places.collect());
        for (place, outfit) in outfits.iter().enumerate() {
            pipeline.wear(place, outfit.as_deref());
        }
        let play = Self {
            rate: options.rate,
            pipeline,
            director,
            silent_since: MediaTime::ZERO,
        };
        Ok((play, model))
    }

    /// Keeps speech ahead. With `waits`, until the next sentence is ready. Returns what could not be spoken.
    pub(super) fn prepare(&mut self, waits: bool) -> Option<Notice> {
        loop {
            let wait = waits && self.director.is_preparing();
            let notice = self.director.turn(wait);
            if notice.is_some() || !(waits && self.director.is_preparing()) {
                return notice;
            }
        }
    }

    /// One tick.
    pub(super) fn step(&mut self, index: u64) -> Step {
        let tick = self.rate.tick(index);
        let preparing = self.pipeline.is_silent() && self.director.is_preparing();
        self.pipeline.cast().prepares(tick.pts, preparing);
        let director = &mut self.director;
        let step = self.pipeline.step(tick, &mut |want| match want {
            Want::Next => director.next(),
            Want::Peek => director.peek(),
        });
        if !self.pipeline.is_silent() {
            self.silent_since = tick.pts + MediaTime::from_samples(tick.samples);
        }
        step
    }

    /// Whether everything has been said and `tail` of silence has followed at `pts`.
    pub(super) fn has_ended(&self, pts: MediaTime, tail: MediaTime) -> bool {
        let said = self.director.is_empty() && self.pipeline.is_silent();
        said && pts >= self.silent_since + tail
    }
}

/// What is performed in a rehearsal.
#[derive(Debug)]
pub enum Rehearsed {
    /// Sentences, each with its voice.
    Sentences(Vec<Sentence>),
    /// Something that is spoken already.
    Utterance(Box<Utterance>),
    /// Nothing, for so long.
    Idle(MediaTime),
}

/// Performs something as fast as can be and hands over every step, without drawing it; `each` returns false to end it.
/// `tail` is the silence after the last word.
///
/// # Errors
/// When the show cannot start, a sentence cannot be spoken, or `each` fails.
pub fn rehearse<E: From<Error>>(
    options: PlayOptions,
    what: Rehearsed,
    tail: MediaTime,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Step) -> std::result::Result<bool, E>,
) -> std::result::Result<(), E> {
    let rate = options.rate;
    let (mut play, _) = Play::start(options)?;
    let (mut given, mut least) = (None, MediaTime::ZERO);
    match what {
        Rehearsed::Sentences(sentences) => play.director.add(sentences, SayMode::Append, 0),
        Rehearsed::Utterance(utterance) => given = Some(Arc::new(*utterance)),
        Rehearsed::Idle(length) => least = length,
    }
    for index in 0.. {
        if let Some(Notice::Failed { message, .. }) = play.prepare(true) {
            return Err(Error::Speech { message }.into());
        }
        let tick = rate.tick(index);
        let over = given.is_none() && play.has_ended(tick.pts, tail);
        if over && tick.pts >= least || stop.load(Ordering::Relaxed) {
            break;
        }
        let step = match &mut given {
            Some(_) => {
                let step = play.pipeline.step(tick, &mut |want| match want {
                    Want::Next => given.take(),
                    Want::Peek => given.clone(),
                });
                play.silent_since = tick.pts + MediaTime::from_samples(tick.samples);
                step
            }
            None => play.step(index),
        };
        if !each(step)? {
            break;
        }
    }
    Ok(())
}
