//! The door of a room on air: what the HTTP server and other outsiders may do with it. Cheap to clone, never blocks.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::avatar::{Outfit, UnknownOutfit};
use crate::input::InputState;
use crate::media::Emotion;

/// Requests that may wait for the engine: far more than an operator types, about one second of a script's flood.
const REQUEST_QUEUE: usize = 256;
/// Events one subscriber may lag behind before it is dropped: minutes of captions.
const EVENT_QUEUE: usize = 512;
/// The longest text one `say` may carry, in characters (about two hours of speech).
pub const MAX_SAY_CHARS: usize = 100_000;

/// Where a new line goes in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SayMode {
    /// After everything that waits.
    #[default]
    Append,
    /// After the sentence being said.
    Insert,
    /// At once: what is being said is cut on a click-free ramp and what waited is dropped.
    Now,
}

/// A line to be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SayRequest {
    /// The words.
    pub text: String,
    /// A voice such as `flite:slt`; the room's own when absent.
    pub voice: Option<String>,
    /// Where it goes in the queue.
    pub mode: SayMode,
    /// What the face shows meanwhile; guessed from the words when absent.
    pub emotion: Option<Emotion>,
    /// Higher goes first among the lines that wait; 0 is normal.
    pub priority: i32,
}

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// Nothing to say.
    #[error("the text is empty: send at least one word")]
    Empty,
    /// More than [`MAX_SAY_CHARS`].
    #[error("the text has {chars} characters, more than {MAX_SAY_CHARS}: send it in parts")]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// The voice is unknown or not installed.
    #[error("{0}")]
    Voice(String),
    /// Too many requests wait.
    #[error("the room is busy: try again in a moment")]
    Busy,
    /// The room has ended.
    #[error("the room is off air")]
    OffAir,
}

/// Why an outfit was not put on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WearError {
    /// The host does not have it.
    #[error(transparent)]
    Unknown(#[from] UnknownOutfit),
    /// The room has ended.
    #[error("the room is off air")]
    OffAir,
}

/// A line in the queue, as shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The id that `say` returned.
    pub id: u64,
    /// The words.
    pub text: String,
}

/// What a room is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoomState {
    /// Loading avatar, model and voices.
    #[default]
    Starting,
    /// On air, silent.
    Idle,
    /// On air, speaking.
    Speaking,
    /// Off air.
    Ended,
}

impl RoomState {
    /// The state as one lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Idle => "idle",
            Self::Speaking => "speaking",
            Self::Ended => "ended",
        }
    }
}

/// Counters since the room went on air.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoomStats {
    /// Seconds of media so far.
    pub on_air_secs: f64,
    /// Pictures drawn.
    pub frames_drawn: u64,
    /// Pictures not drawn because the machine was late; the last one was sent again.
    pub frames_dropped: u64,
    /// How far the engine is behind its deadline, milliseconds (last tick).
    pub late_ms: f64,
    /// Times the clock's origin had to be moved.
    pub origin_moves: u64,
    /// Wall time from a picture's tick to its encoded packet, milliseconds (moving average).
    pub picture_ms: f64,
    /// Lines that no voice could say.
    pub failed_lines: u64,
    /// Times the graphics device was lost and had to be opened again.
    pub devices_lost: u64,
}

/// A room at one glance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomSnapshot {
    /// What it is doing.
    pub state: RoomState,
    /// What is being said.
    pub now: Option<Line>,
    /// What will be said, in order (the first few).
    pub next: Vec<Line>,
    /// How many lines wait.
    pub queued: usize,
    /// The words on screen.
    pub caption: String,
    /// Counters.
    pub stats: RoomStats,
    /// The live sound, where the room has one.
    pub input: Option<InputState>,
    /// The last thing that went wrong, in words.
    pub last_incident: Option<String>,
}

/// Something that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// New words on screen; empty when they go.
    Caption(String),
    /// A named instant in the speech was reached.
    Mark(String),
    /// The state changed.
    State(RoomState),
    /// Something went wrong and was replaced or dropped.
    Incident(String),
}

/// Says why a voice cannot be used.
type VoiceCheck = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// A room's door, held by outsiders.
#[derive(Clone)]
pub struct RoomHandle {
    id: Arc<str>,
    next_line_id: Arc<AtomicU64>,
    requests: Sender<(u64, SayRequest)>,
    shared: Arc<Mutex<Shared>>,
    check_voice: Arc<VoiceCheck>,
    outfits: Arc<[Outfit]>,
    /// The place of what is worn in `outfits`.
    worn: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Shared {
    snapshot: RoomSnapshot,
    subscribers: Vec<Sender<RoomEvent>>,
}

impl fmt::Debug for RoomHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoomHandle({})", self.id)
    }
}

impl RoomHandle {
    /// A door and the engine's end of it. `check_voice` says why a voice cannot be used.
    pub fn new(
        id: &str,
        check_voice: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static,
    ) -> (Self, Receiver<(u64, SayRequest)>) {
        let (requests, inbox) = bounded(REQUEST_QUEUE);
        let handle = Self {
            id: id.into(),
            next_line_id: Arc::new(AtomicU64::new(1)),
            requests,
            shared: Arc::default(),
            check_voice: Arc::new(check_voice),
            outfits: Arc::default(),
            worn: Arc::default(),
        };
        (handle, inbox)
    }

    /// The same door with the outfits of the first host, of which the one at the place `worn` is worn.
    #[must_use]
    pub fn with_outfits(mut self, outfits: &[Outfit], worn: usize) -> Self {
        self.outfits = outfits.into();
        self.worn = Arc::new(AtomicUsize::new(worn));
        self
    }

    /// The outfits of the first host; empty where its clothes cannot be exchanged.
    pub fn outfits(&self) -> &[Outfit] {
        &self.outfits
    }

    /// What the first host wears.
    pub fn outfit(&self) -> Option<&Outfit> {
        self.outfits.get(self.worn.load(Ordering::Relaxed))
    }

    /// Changes what the first host wears, from the next picture on.
    ///
    /// # Errors
    /// When the host has no such outfit, or the room is off air.
    pub fn wear(&self, id: &str) -> Result<(), WearError> {
        let place = Outfit::find(&self.outfits, id)?;
        if self.lock().snapshot.state == RoomState::Ended {
            return Err(WearError::OffAir);
        }
        self.worn.store(place, Ordering::Relaxed);
        Ok(())
    }

    /// The room's id, for example `demo`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Queues a line and returns its id.
    ///
    /// # Errors
    /// When the text is empty or too long, the voice cannot be used, or the room is busy or off air.
    pub fn say(&self, request: SayRequest) -> Result<u64, SayError> {
        if request.text.trim().is_empty() {
            return Err(SayError::Empty);
        }
        let chars = request.text.chars().count();
        if chars > MAX_SAY_CHARS {
            return Err(SayError::TooLong { chars });
        }
        if let Some(voice) = &request.voice {
            (self.check_voice)(voice).map_err(SayError::Voice)?;
        }
        let id = self.next_line_id.fetch_add(1, Ordering::Relaxed);
        match self.requests.try_send((id, request)) {
            Ok(()) => Ok(id),
            Err(TrySendError::Full(_)) => Err(SayError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(SayError::OffAir),
        }
    }

    /// The room as it is now.
    pub fn snapshot(&self) -> RoomSnapshot {
        self.lock().snapshot.clone()
    }

    /// Events from now on. A subscriber that does not read for minutes is dropped.
    pub fn subscribe(&self) -> Receiver<RoomEvent> {
        let (sender, receiver) = bounded(EVENT_QUEUE);
        self.lock().subscribers.push(sender);
        receiver
    }

    /// Replaces the snapshot; called by the engine.
    pub fn publish(&self, snapshot: RoomSnapshot) {
        self.lock().snapshot = snapshot;
    }

    /// Tells all subscribers; called by the engine.
    pub fn announce(&self, event: &RoomEvent) {
        self.lock()
            .subscribers
            .retain(|subscriber| subscriber.try_send(event.clone()).is_ok());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_checked_before_they_are_queued() {
        let (door, inbox) = RoomHandle::new("demo", |voice| {
            if voice == "tone" {
                Ok(())
            } else {
                Err(format!("no voice {voice}"))
            }
        });
        let say = |text: &str, voice: Option<&str>| {
            door.say(SayRequest {
                text: text.into(),
                voice: voice.map(Into::into),
                ..SayRequest::default()
            })
        };
        assert_eq!(say("  \n", None), Err(SayError::Empty));
        assert_eq!(
            say(&"x".repeat(100_001), None),
            Err(SayError::TooLong { chars: 100_001 })
        );
        assert_eq!(
            say("hello", Some("nobody")),
            Err(SayError::Voice("no voice nobody".into()))
        );
        assert_eq!(say("hello", Some("tone")), Ok(1));
        assert_eq!(inbox.try_recv().unwrap().1.text, "hello");
        drop(inbox);
        assert_eq!(say("hello", None), Err(SayError::OffAir));
    }

    #[test]
    fn what_is_worn_is_one_of_the_outfits() {
        let (door, _inbox) = RoomHandle::new("demo", |_| Ok(()));
        let error = door.wear("blazer").unwrap_err().to_string();
        assert!(error.contains("cannot be exchanged"), "{error}");
        let outfits = ["blazer", "casual"].map(|id| Outfit {
            id: id.into(),
            ..Outfit::default()
        });
        let door = door.with_outfits(&outfits, 1);
        let worn = || door.outfit().map(|outfit| outfit.id.clone());
        assert_eq!(worn().as_deref(), Some("casual"));
        assert_eq!(door.clone().wear("blazer"), Ok(()));
        assert_eq!(worn().as_deref(), Some("blazer"), "doors are one");
        let error = door.wear("armour").unwrap_err().to_string();
        assert!(error.contains("blazer, casual"), "{error}");
        door.publish(RoomSnapshot {
            state: RoomState::Ended,
            ..RoomSnapshot::default()
        });
        assert_eq!(door.wear("casual"), Err(WearError::OffAir));
    }

    #[test]
    fn a_flood_is_refused_not_queued_for_ever() {
        let (door, _inbox) = RoomHandle::new("demo", |_| Ok(()));
        let request = SayRequest {
            text: "hello".into(),
            ..SayRequest::default()
        };
        let refused = (0..10_000)
            .filter(|_| door.say(request.clone()) == Err(SayError::Busy))
            .count();
        assert_eq!(refused, 10_000 - REQUEST_QUEUE);
    }
}
