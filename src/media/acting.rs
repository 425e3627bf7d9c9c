//! What a host is to do besides speaking: activities, looks, feelings and gestures, in time.

use std::sync::Arc;

use super::{Emotion, HostId, MediaTime};

/// What a host is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Nothing is said and nobody waits for anything.
    #[default]
    Idle,
    /// Says a line.
    Speaking,
    /// Hears somebody out: a caller, the other host.
    Listening,
    /// A reply is being prepared.
    Thinking,
    /// Reads what viewers write.
    Reading,
    /// A person speaks through the host by microphone.
    TakenOver,
    /// Will be right back: pays the camera no attention.
    Away,
}

impl Activity {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::Speaking,
        Self::Listening,
        Self::Thinking,
        Self::Reading,
        Self::TakenOver,
        Self::Away,
    ];

    /// As written in documents and in the state of a room.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Speaking => "speaking",
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Reading => "reading",
            Self::TakenOver => "taken-over",
            Self::Away => "away",
        }
    }

    /// The activity with this [`Activity::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
}

/// What a host looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Focus {
    /// The viewers.
    Camera,
    /// The product card in the picture.
    Card,
    /// The screen on which comments run.
    Comments,
    /// Another host.
    Host(HostId),
    /// Aside, to the left of the picture as viewers see it.
    Left,
    /// Aside, to the right of the picture as viewers see it.
    Right,
    /// Above the camera.
    Up,
    /// Down, at the table.
    Down,
}

/// Something to be done at an instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Feel this from here on.
    Feel(Emotion),
    /// Make the gesture of this name.
    Gesture(Arc<str>),
    /// Look there from here on; `None` lets the host look where it wants.
    Look(Option<Focus>),
    /// The word that begins here is stressed.
    Stress,
}

/// An [`Act`] in time, counted from the start of the utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedAct {
    /// When; for a gesture the beginning of the word that its stroke belongs to.
    pub at: MediaTime,
    /// What.
    pub act: Act,
}
