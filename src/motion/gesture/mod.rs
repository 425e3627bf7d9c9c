//! Gestures as data: where hands go, how they are held, and what head and trunk do along.
//!
//! A gesture is written for no body in particular and solved for each: places are counted in parts of the body that makes
//! it, so hands meet where they should and stay outside of it.

mod acting;
mod book;
mod limb;
mod plan;
mod rests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use glam::Vec3;

use crate::avatar::Clip;
use crate::media::{Angles, Focus};

pub(super) use acting::Acting;

/// How the fingers of one hand are held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fingers {
    /// From thumb to little finger: 0 straight, 1 curled as in a fist.
    pub curl: [f32; 5],
    /// How far the fingers part: 0 side by side, 1 wide.
    pub spread: f32,
    /// The thumb: 0 beside the palm, 1 across it.
    pub thumb: f32,
}

/// Where one hand is and how it is held.
///
/// Vectors are (out, up, front): away from the middle of the body on the hand's own side, upwards, and to where the host
/// looks; so one key serves both hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmKey {
    /// The middle of the palm. `out` counts from the middle of the body in halves of the shoulders' width (1 is in front of
    /// the own shoulder joint), `up` from the height of the shoulder joints and `front` from their plane, both in lengths of
    /// the arm from shoulder joint to wrist.
    pub at: Vec3,
    /// How far the elbow is lifted outwards from hanging straight down under the line from shoulder to wrist, degrees.
    pub elbow_deg: f32,
    /// Where the palm looks.
    pub palm: Vec3,
    /// Where the fingers point.
    pub fingers: Vec3,
    /// How the fingers are held.
    pub hand: Fingers,
}

/// What head and trunk do along with a gesture, on top of everything else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lean {
    /// The head against the chest.
    pub head: Angles,
    /// The trunk against the hips.
    pub trunk: Angles,
    /// How far both shoulders are lifted, degrees.
    pub shoulders_deg: f32,
}

/// One instant of a gesture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Key {
    /// When, in seconds against the stroke.
    pub at_secs: f32,
    /// The hand that leads (the right one of both); `None` leaves it free.
    pub lead: Option<ArmKey>,
    /// The other hand.
    pub other: Option<ArmKey>,
    /// Head and trunk; yaw and roll are those of a gesture led by the right hand and are mirrored with it.
    pub lean: Lean,
}

/// Which hands make a gesture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hands {
    /// One hand, either.
    #[default]
    One,
    /// Only the host's left hand: at the right of the picture.
    Left,
    /// Only the host's right hand: at the left of the picture.
    Right,
    /// Both.
    Both,
    /// None: head and trunk alone.
    None,
}

/// What moves.
#[derive(Clone, Debug)]
pub enum Moves {
    /// Keys in the order of time.
    Keys(Vec<Key>),
    /// A clip (VRM animation or glTF) for any humanoid.
    Clip(Arc<Clip>),
}

/// One gesture.
#[derive(Clone, Debug)]
pub struct Gesture {
    /// Lower case with hyphens: `point-left`. What tags call it.
    pub name: Arc<str>,
    /// Other names for it.
    pub aliases: Vec<Arc<str>>,
    /// Which hands make it.
    pub hands: Hands,
    /// The fingers, which keys say point to the front, point there instead: the whole arm is turned about its shoulder.
    pub aim: Option<Focus>,
    /// From rest to the first key (preparation), seconds.
    pub prepare_secs: f32,
    /// How long it stays at its last key (post-stroke hold), seconds: at least and at most.
    pub hold_secs: [f32; 2],
    /// From the last key to rest (retraction), seconds.
    pub retract_secs: f32,
    /// When the stroke of a clip lands, seconds from its beginning; keys count from it.
    pub stroke_secs: f32,
    /// A posture to rest in between gestures (folded hands), rather than a gesture.
    pub rests: bool,
    /// What it shows.
    pub moves: Moves,
}

impl Gesture {
    /// Its name and all others.
    pub fn names(&self) -> Vec<Arc<str>> {
        let own = std::iter::once(&self.name);
        own.chain(&self.aliases).cloned().collect()
    }

    /// From the first movement to the stroke, seconds.
    pub fn lead_secs(&self) -> f32 {
        match &self.moves {
            Moves::Keys(keys) => {
                let first = keys.first().map_or(0.0, |key| key.at_secs.min(0.0));
                self.prepare_secs - first
            }
            Moves::Clip(_) => self.stroke_secs,
        }
    }

    /// From the stroke to the last key, seconds; holding comes after it.
    pub fn follow_secs(&self) -> f32 {
        match &self.moves {
            Moves::Keys(keys) => keys.last().map_or(0.0, |key| key.at_secs.max(0.0)),
            Moves::Clip(clip) => clip.duration().as_secs_f64() as f32 - self.stroke_secs,
        }
    }
}

/// All gestures that a host knows.
#[derive(Clone, Debug, Default)]
pub struct Library {
    gestures: Vec<Gesture>,
}

impl Library {
    /// A library; of two gestures with one name the later one counts.
    pub fn new(gestures: impl IntoIterator<Item = Gesture>) -> Self {
        let mut library = Self::default();
        for gesture in gestures {
            match library.find(&gesture.name) {
                Some(place) if library.gestures[place].name == gesture.name => {
                    library.gestures[place] = gesture;
                }
                _ => library.gestures.push(gesture),
            }
        }
        library
    }

    /// The place of the gesture with this name or, failing that, this alias.
    pub fn find(&self, name: &str) -> Option<usize> {
        let named = self.gestures.iter().position(|own| *own.name == *name);
        named.or_else(|| {
            let knows = |own: &Gesture| own.aliases.iter().any(|alias| **alias == *name);
            self.gestures.iter().position(knows)
        })
    }

    /// The gesture at a place.
    pub fn get(&self, place: usize) -> Option<&Gesture> {
        self.gestures.get(place)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Gesture> {
        self.gestures.iter()
    }
}
