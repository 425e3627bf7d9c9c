//! Live sound: a microphone, or a file played as if it were one, with the mouth that its sound moves.
//!
//! A model hears a little of what comes after a pose, so live sound is held back until its mouth is known: then lips and
//! sound agree, and the delay is told as it is. The engine pulls exactly the samples of a tick; a sound card that runs at
//! another pace is trimmed to the room's clock.

#![allow(
    clippy::cast_possible_truncation,
    reason = "sample counts of fractions of a second; casts from float saturate"
)]

mod card;
mod cards;
mod file;
mod microphone;
mod moving;

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;

use crate::lipsync::{LipSync, LipSyncOptions};
use crate::media::{MediaTime, SAMPLE_RATE_HZ, Tick};
use crate::sound::Ramp;

use card::Card;
use file::FileFeed;
pub use microphone::{Device, devices};
use moving::Mover;
pub use moving::Moving;

/// How long live sound takes to fade away for a line and to come back after it.
const FADE: MediaTime = MediaTime::from_millis(60);

/// Where live sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A sound card: a part of its name, or the system's default.
    Microphone(Option<String>),
    /// A sound file, played as if live from the room's first instant; silence follows its end.
    File(PathBuf),
}

impl From<&str> for Source {
    /// `default`, `file:PATH` or the name of a device.
    fn from(text: &str) -> Self {
        match text.strip_prefix("file:") {
            Some(path) => Self::File(path.into()),
            None if text.is_empty() || text == "default" => Self::Microphone(None),
            None => Self::Microphone(Some(text.to_owned())),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Microphone(None) => f.write_str("default"),
            Self::Microphone(Some(name)) => f.write_str(name),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// Why live sound cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No device fits the name.
    #[error("there is no microphone `{wanted}`: there are {known}")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// The device cannot be opened.
    #[error("open the microphone: {0}")]
    Device(String),
    /// The file cannot be played.
    #[error("play {path} as if live")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::sound::Error,
    },
    /// Sound cannot be brought to another rate.
    #[error(transparent)]
    Sound(#[from] crate::sound::Error),
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// An input at one glance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputState {
    /// What was opened: `default`, a name or `file:PATH`.
    pub source: String,
    /// Whether sound comes in.
    pub open: bool,
    /// How long sound is held back until its mouth is known, milliseconds.
    pub lookahead_ms: f64,
    /// How long sound waits in buffers before that, milliseconds: a tick, and for a sound card what lies between its
    /// clock and the room's (measured).
    pub buffer_ms: f64,
    /// Times the buffer ran dry.
    pub underruns: u64,
    /// Milliseconds of sound lost because the room did not take it in time.
    pub lost_ms: f64,
}

impl InputState {
    /// From the microphone's membrane to the sound of the tick, milliseconds; the device's own block comes on top.
    pub fn latency_ms(&self) -> f64 {
        self.lookahead_ms + self.buffer_ms
    }
}

/// Gives sound at 48 kHz, exactly as much as is asked for.
#[derive(Debug)]
enum Feed {
    Card(Box<Card>),
    File(Box<FileFeed>),
}

/// Live sound and its mouth. Owned by the engine's thread.
#[derive(Debug)]
pub struct Input {
    source: Source,
    feed: Feed,
    mover: Mover,
    /// How long sound is held back.
    delay: MediaTime,
    held: VecDeque<f32>,
    gain: Ramp,
    /// The gain at the middle of the last tick.
    shown_gain: f32,
    /// The pts at which the input began.
    origin: Option<MediaTime>,
    tick: usize,
    incidents: VecDeque<String>,
}

impl Input {
    /// Opens `source` for the room `room`. Without a model the mouth follows loudness, as everywhere.
    ///
    /// # Errors
    /// When there is no such device, it cannot be opened, or the file cannot be played.
    pub fn open(room: &str, source: Source, lipsync: &LipSyncOptions) -> Result<Self> {
        let feed = match &source {
            Source::Microphone(name) => {
                Feed::Card(Box::new(Card::new(microphone::start(room, name.clone())?)))
            }
            Source::File(path) => Feed::File(Box::new(FileFeed::open(path)?)),
        };
        let (lips, warning) = LipSync::open_or_energy(lipsync);
        if let Some(warning) = warning {
            tracing::warn!("{warning}");
        }
        let mover = Mover::new(lips)?;
        let delay = mover.delay();
        let input = Self {
            held: VecDeque::from(vec![0.0; delay.ticks().max(0) as usize]),
            source,
            feed,
            mover,
            delay,
            gain: Ramp::new(1.0),
            shown_gain: 1.0,
            origin: None,
            tick: 0,
            incidents: VecDeque::new(),
        };
        Ok(input)
    }

    /// How long sound is held back for its mouth; what waits in buffers comes on top (see [`Self::state`]).
    pub fn delay(&self) -> MediaTime {
        self.delay
    }

    /// Adds the live sound of `tick` to `out` (mono, of the tick's length), or lets it fade away while a line is said.
    pub fn fill(&mut self, tick: Tick, out: &mut [f32], muted: bool) {
        self.origin.get_or_insert(tick.pts);
        self.tick = tick.samples;
        let mut fresh = Vec::with_capacity(tick.samples);
        let fed = match &mut self.feed {
            Feed::Card(card) => card.pull(tick.samples, &mut fresh),
            Feed::File(file) => file.pull(tick.samples, &mut fresh),
        };
        if let Err(words) = fed.and_then(|()| self.mover.push(&fresh)) {
            self.incidents.push_back(words);
        }
        fresh.resize(tick.samples, 0.0);
        self.held.extend(fresh);
        let wanted = if muted { 0.0 } else { 1.0 };
        if (self.gain.target() - wanted).abs() > f32::EPSILON {
            self.gain.set(wanted, FADE.ticks() as usize);
        }
        for (index, sample) in out.iter_mut().enumerate().take(tick.samples) {
            let gain = self.gain.next_gain();
            if index == tick.samples / 2 {
                self.shown_gain = gain;
            }
            *sample += self.held.pop_front().unwrap_or(0.0) * gain;
        }
        let heard = self.heard_at(tick.pts);
        self.mover.forget_before(heard);
    }

    /// What the live sound does to the face at `pts`, which lies in the tick that was filled last.
    pub fn at(&self, pts: MediaTime) -> Moving {
        self.mover.at(self.heard_at(pts)).faded(self.shown_gain)
    }

    /// Something that went wrong since the last call, in words.
    pub fn take_incident(&mut self) -> Option<String> {
        self.incidents.pop_front()
    }

    /// The input at one glance.
    pub fn state(&self) -> InputState {
        let millis = |samples: f64| samples * 1000.0 / f64::from(SAMPLE_RATE_HZ);
        let mut state = InputState {
            source: self.source.to_string(),
            lookahead_ms: self.delay.as_millis_f64(),
            ..InputState::default()
        };
        match &self.feed {
            Feed::File(file) => state.open = file.is_open(),
            Feed::Card(card) => {
                state.open = card.is_open();
                state.buffer_ms = millis(self.tick as f64 + card.fill());
                state.underruns = card.underruns();
                state.lost_ms = millis(card.lost() as f64);
            }
        }
        state
    }

    /// Where on the input's own timeline `pts` of the room is.
    fn heard_at(&self, pts: MediaTime) -> MediaTime {
        pts - self.origin.unwrap_or(pts) - self.delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_they_are_read() {
        for (text, source) in [
            ("default", Source::Microphone(None)),
            (
                "USB Audio",
                Source::Microphone(Some("USB Audio".to_owned())),
            ),
            ("file:a/b.wav", Source::File("a/b.wav".into())),
        ] {
            assert_eq!(Source::from(text), source);
            assert_eq!(source.to_string(), text);
        }
    }
}
