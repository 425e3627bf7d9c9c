//! The door of a room on air: what the HTTP server and other outsiders may do with it. Cheap to clone, never blocks.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::avatar::{Outfit, UnknownOutfit};
use crate::input::InputState;
use crate::media::{Activity, Emotion, Focus, HostId, MediaTime};
use crate::show::{Names, Sentence};

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
    /// Who says it, where no tag says otherwise; the first host when absent.
    pub speaker: Option<HostId>,
}

/// What became of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its id.
    pub id: u64,
    /// What looks like a mistake in its tags, in words.
    pub warnings: Vec<String>,
}

/// What a host is to do besides speaking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActRequest {
    /// Who; the first host when absent.
    pub host: Option<HostId>,
    /// A gesture to be made at once, by its name or another name it has.
    pub gesture: Option<Arc<str>>,
    /// What the face is to show for a while.
    pub emotion: Option<Emotion>,
    /// What to look at for a while.
    pub look: Option<Focus>,
    /// What to be busy with for a while, when nothing is said.
    pub activity: Option<Activity>,
    /// How long the while is.
    pub lasts: MediaTime,
}

/// Why a host does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// There is no such gesture.
    #[error("no gesture is called `{name}`; there are: {known}")]
    UnknownGesture {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// There is no such host.
    #[error("no host is called `{name}`; there are: {known}")]
    UnknownHost {
        /// Who was asked.
        name: String,
        /// Who is there.
        known: String,
    },
    /// Too many requests wait.
    #[error("the room is busy: try again in a moment")]
    Busy,
    /// The room has ended.
    #[error("the room is off air")]
    OffAir,
}

/// The sentences of a line on their way to the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct SayLine {
    /// In the order in which they are said.
    pub sentences: Vec<Sentence>,
    /// Where they go in the queue.
    pub mode: SayMode,
    /// Higher goes first among the lines that wait.
    pub priority: i32,
}

/// What the engine is asked through a door.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// To say a line.
    Say(SayLine),
    /// To do something besides speaking.
    Act(ActRequest),
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
    /// There is no such host.
    #[error("no host is called `{name}`; there are: {known}")]
    UnknownHost {
        /// Who was asked.
        name: String,
        /// Who is there.
        known: String,
    },
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
    /// On air: a reply is being prepared.
    Thinking,
    /// On air: hears somebody out.
    Listening,
    /// On air: reads comments.
    Reading,
    /// On air: a person speaks through the host.
    TakenOver,
    /// On air, and back in a moment.
    Away,
    /// Off air.
    Ended,
}

impl RoomState {
    /// The state of a room on air whose first host is busy with `activity`.
    pub fn of(activity: Activity) -> Self {
        match activity {
            Activity::Idle => Self::Idle,
            Activity::Speaking => Self::Speaking,
            Activity::Listening => Self::Listening,
            Activity::Thinking => Self::Thinking,
            Activity::Reading => Self::Reading,
            Activity::TakenOver => Self::TakenOver,
            Activity::Away => Self::Away,
        }
    }

    /// Whether a room in this state is on air.
    pub fn is_on_air(self) -> bool {
        !matches!(self, Self::Starting | Self::Ended)
    }

    /// The state as one lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Idle => "idle",
            Self::Speaking => "speaking",
            Self::Thinking => "thinking",
            Self::Listening => "listening",
            Self::Reading => "reading",
            Self::TakenOver => "taken-over",
            Self::Away => "away",
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
    /// What the first host is busy with.
    pub activity: Activity,
    /// The gesture being made.
    pub gesture: Option<Arc<str>>,
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
    requests: Sender<Request>,
    shared: Arc<Mutex<Shared>>,
    check_voice: Arc<VoiceCheck>,
    outfits: Arc<[Outfit]>,
    /// The place of what is worn in `outfits`.
    worn: Arc<AtomicUsize>,
    hosts: Arc<[HostId]>,
    /// All names of all gestures; the first of each is its own.
    gestures: Arc<[Vec<Arc<str>>]>,
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
    ) -> (Self, Receiver<Request>) {
        let (requests, inbox) = bounded(REQUEST_QUEUE);
        let handle = Self {
            id: id.into(),
            next_line_id: Arc::new(AtomicU64::new(1)),
            requests,
            shared: Arc::default(),
            check_voice: Arc::new(check_voice),
            outfits: Arc::default(),
            worn: Arc::default(),
            hosts: Arc::default(),
            gestures: Arc::default(),
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

    /// The same door with hosts that may be named, and gestures, each with all its names.
    #[must_use]
    pub fn with_cast(
        mut self,
        hosts: impl IntoIterator<Item = HostId>,
        gestures: impl IntoIterator<Item = Vec<Arc<str>>>,
    ) -> Self {
        self.hosts = hosts.into_iter().collect();
        self.gestures = gestures.into_iter().collect();
        self
    }

    /// Who is in the picture.
    pub fn hosts(&self) -> &[HostId] {
        &self.hosts
    }

    /// The names of the gestures, one each.
    pub fn gestures(&self) -> impl Iterator<Item = &str> {
        self.gestures
            .iter()
            .filter_map(|names| names.first().map(AsRef::as_ref))
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

    /// Queues a line. Tags in it become acts; what looks like a mistake in them is returned.
    ///
    /// # Errors
    /// When the text is empty or too long, the voice or the speaker cannot be had, or the room is busy or off air.
    pub fn say(&self, request: SayRequest) -> Result<Said, SayError> {
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
        if let Some(name) = self.stranger(request.speaker.as_ref()) {
            let known = self.known_hosts();
            return Err(SayError::UnknownHost { name, known });
        }
        let gestures: Vec<Arc<str>> = self.gestures.iter().flatten().cloned().collect();
        let names = Names {
            gestures: &gestures,
            hosts: &self.hosts,
        };
        let (mut sentences, warnings) =
            super::script::sentences(&request.text, &names, request.emotion);
        let id = self.next_line_id.fetch_add(1, Ordering::Relaxed);
        for sentence in &mut sentences {
            sentence.line_id = id;
            sentence.voice.clone_from(&request.voice);
            if sentence.speaker.is_none() {
                sentence.speaker.clone_from(&request.speaker);
            }
        }
        let line = SayLine {
            sentences,
            mode: request.mode,
            priority: request.priority,
        };
        match self.requests.try_send(Request::Say(line)) {
            Ok(()) => Ok(Said { id, warnings }),
            Err(TrySendError::Full(_)) => Err(SayError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(SayError::OffAir),
        }
    }

    /// Asks a host to do something from the next tick on.
    ///
    /// # Errors
    /// When there is no such host or gesture, or the room is busy or off air.
    pub fn act(&self, request: ActRequest) -> Result<(), ActError> {
        if let Some(name) = self.stranger(request.host.as_ref()) {
            let known = self.known_hosts();
            return Err(ActError::UnknownHost { name, known });
        }
        if let Some(Focus::Host(host)) = &request.look
            && let Some(name) = self.stranger(Some(host))
        {
            let known = self.known_hosts();
            return Err(ActError::UnknownHost { name, known });
        }
        if let Some(gesture) = &request.gesture
            && !self.gestures.iter().flatten().any(|own| own == gesture)
        {
            return Err(ActError::UnknownGesture {
                name: gesture.to_string(),
                known: self.gestures().collect::<Vec<_>>().join(", "),
            });
        }
        match self.requests.try_send(Request::Act(request)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(ActError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(ActError::OffAir),
        }
    }

    /// The name of a host that is not in the picture.
    fn stranger(&self, host: Option<&HostId>) -> Option<String> {
        let host = host.filter(|host| !self.hosts.contains(host))?;
        Some(host.to_string())
    }

    fn known_hosts(&self) -> String {
        let names = self.hosts.iter().map(HostId::as_str);
        names.collect::<Vec<_>>().join(", ")
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
        assert_eq!(say("hello", Some("tone")).map(|said| said.id), Ok(1));
        let Request::Say(line) = inbox.try_recv().unwrap() else {
            panic!("a line was said")
        };
        assert_eq!(line.sentences[0].text, "hello");
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
