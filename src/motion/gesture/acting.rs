//! Which gesture is made at a pts, and what it does to the body.

use std::sync::Arc;

use super::{Lean, Library};
use crate::avatar::Avatar;
use crate::media::{MediaTime, Pose};
use crate::motion::Situation;

/// What a gesture asks of the rest of the body at one instant.
#[derive(Clone, Debug, Default)]
pub(in crate::motion) struct Acted {
    /// The gesture being made.
    pub gesture: Option<Arc<str>>,
    /// What head and trunk do along.
    pub lean: Lean,
}

/// The arms of one host, and the gesture they make.
#[derive(Clone, Debug)]
pub(in crate::motion) struct Acting {
    library: Arc<Library>,
    asked: Vec<(MediaTime, Arc<str>)>,
}

impl Acting {
    /// Arms at rest; without an avatar there are none.
    pub(in crate::motion) fn new(library: Arc<Library>, avatar: Option<&Avatar>) -> Self {
        let _ = avatar;
        Self {
            library,
            asked: Vec::new(),
        }
    }

    /// Makes a gesture as soon as can be after `at`; false when there is none of this name.
    pub(in crate::motion) fn ask(&mut self, at: MediaTime, gesture: &str) -> bool {
        let known = self.library.find(gesture).is_some();
        if known {
            self.asked.push((at, gesture.into()));
        }
        known
    }

    /// What is done at `at`. To be asked for rising times.
    pub(in crate::motion) fn at(&mut self, at: MediaTime, situation: &Situation) -> Acted {
        let _ = (at, situation);
        Acted::default()
    }

    /// Puts arms and fingers into `pose`, in which head, trunk and shoulders stand already.
    pub(in crate::motion) fn apply(&self, at: MediaTime, pose: &mut Pose) {
        let _ = (at, pose);
    }
}
