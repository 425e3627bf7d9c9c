//! The capture thread: opens a device, watches it, and opens it again when it has gone.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded, select};

use super::{Error, Result, cards};
use crate::threads::{self, SpawnError};

/// Blocks that may wait for the room: more than a second even where a card gives 5 ms at a time.
const BLOCKS: usize = 256;
/// How often a device that has gone is looked for.
const RETRY: Duration = Duration::from_secs(2);

/// A capture device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The name by which it can be asked for, for example `alsa:hw:CARD=USB,DEV=0`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The system's default.
    pub is_default: bool,
}

/// The capture devices of this machine.
///
/// # Errors
/// When the sound system does not answer, or this program was built without the feature `microphone`.
pub fn devices() -> Result<Vec<Device>> {
    cards::devices()
}

/// What a capture tells.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "microphone"),
    allow(dead_code, reason = "nothing is captured without the feature")
)]
pub(super) enum Event {
    /// A device begins to give sound.
    Opened { rate_hz: u32, device: String },
    /// The next samples, mono.
    Sound(Vec<f32>),
    /// Samples that the room did not take in time.
    Lost(u64),
    /// The device has gone, and why.
    Gone(String),
}

/// The end of a capture that the room holds: dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Stop {
    signal: Option<Sender<()>>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.signal = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the microphone's thread panicked");
        }
    }
}

/// The callback's side: hands blocks over and counts what finds no place.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "microphone"),
    allow(dead_code, reason = "nothing is captured without the feature")
)]
pub(super) struct Taker {
    events: Sender<Event>,
    lost: u64,
}

#[cfg_attr(
    not(feature = "microphone"),
    allow(dead_code, reason = "nothing is captured without the feature")
)]
impl Taker {
    pub(super) fn take(&mut self, samples: Vec<f32>) {
        if self.lost > 0 && self.events.try_send(Event::Lost(self.lost)).is_ok() {
            self.lost = 0;
        }
        let count = samples.len() as u64;
        if let Err(TrySendError::Full(_)) = self.events.try_send(Event::Sound(samples)) {
            self.lost += count;
        }
    }
}

/// Starts capturing from the device that `name` fits, or from the system's default.
///
/// # Errors
/// When there is no such device or it cannot be opened; later losses are told as events.
pub(super) fn start(room: &str, name: Option<String>) -> Result<(Receiver<Event>, Stop)> {
    let (events, inbox) = bounded(BLOCKS);
    // Nothing is ever sent: the drop of the sender is the signal.
    let (signal, stop) = bounded::<()>(1);
    let first = (name.clone(), events.clone());
    let thread = threads::spawn(
        &format!("zhubo-input-{room}"),
        move || open(first.0.as_deref(), &first.1),
        move |stream| run(stream, name.as_deref(), &events, &stop),
    )
    .map_err(|error| match error {
        SpawnError::Init(error) => error,
        other => Error::Device(other.to_string()),
    })?;
    let stop = Stop {
        signal: Some(signal),
        thread: Some(thread),
    };
    Ok((inbox, stop))
}

/// An open device, and the channel on which it says that it has gone.
type Open = (cards::Stream, Receiver<String>);

fn open(name: Option<&str>, events: &Sender<Event>) -> Result<Open> {
    // One message: a device goes once.
    let (gone, told) = bounded(1);
    let taker = Taker {
        events: events.clone(),
        lost: 0,
    };
    let (stream, device, rate_hz) = cards::open(name, taker, gone)?;
    // A room that is too busy to take this is told again with the next device.
    events.try_send(Event::Opened { rate_hz, device }).ok();
    Ok((stream, told))
}

fn run(first: Open, name: Option<&str>, events: &Sender<Event>, stop: &Receiver<()>) {
    let mut current = Some(first);
    loop {
        if let Some((stream, gone)) = current.take() {
            let words = select! {
                recv(stop) -> _ => return,
                recv(gone) -> words => words.unwrap_or_default(),
            };
            drop(stream);
            tracing::warn!("the microphone is gone: {words}");
            events.try_send(Event::Gone(words)).ok();
        }
        match stop.recv_timeout(RETRY) {
            Err(RecvTimeoutError::Timeout) => current = open(name, events).ok(),
            _ => return,
        }
    }
}

/// A capture for tests, played by hand.
#[cfg(test)]
pub(super) fn channel() -> (Sender<Event>, Receiver<Event>, Stop) {
    let (events, inbox) = bounded(BLOCKS);
    let stop = Stop {
        signal: None,
        thread: None,
    };
    (events, inbox, stop)
}
