//! All gestures of a library, solved for one body: made once, and again for what is pointed at when that moves.

use glam::Quat;

use super::plan::{Stop, stop, towards};
use super::{Gesture, Library, Moves};
use crate::media::Angles;
use crate::motion::Side;
use crate::motion::arms::{Arms, index};
use crate::motion::situation::Places;

/// What is pointed at may move so far before arms follow, degrees.
const MOVED_DEG: f32 = 1.0;

/// One gesture, led by the left and by the right hand.
#[derive(Clone, Debug)]
struct Page {
    aim: Option<Angles>,
    stops: [Vec<Stop>; 2],
}

/// The gestures of a library in its order.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pages: Vec<Page>,
}

impl Book {
    /// Solves `library` for `arms`.
    pub(super) fn new(library: &Library, arms: Option<&Arms>) -> Self {
        let places = Places::default();
        let pages = library.iter().map(|gesture| {
            let aim = aim_of(gesture, &places);
            Page {
                aim,
                stops: stops(gesture, aim, arms),
            }
        });
        Self {
            pages: pages.collect(),
        }
    }

    /// Points at things where they are now.
    pub(super) fn follow(&mut self, library: &Library, arms: Option<&Arms>, places: &Places) {
        for (gesture, page) in library.iter().zip(&mut self.pages) {
            if gesture.aim.is_none() {
                continue;
            }
            let aim = aim_of(gesture, places);
            if far(aim, page.aim) > MOVED_DEG {
                page.aim = aim;
                page.stops = stops(gesture, aim, arms);
            }
        }
    }

    /// Where the gesture at `place` points.
    pub(super) fn aim(&self, place: usize) -> Option<Angles> {
        self.pages.get(place)?.aim
    }

    /// The keys of the gesture at `place`, led by `side`.
    pub(super) fn stops(&self, place: usize, side: Side) -> &[Stop] {
        let page = self.pages.get(place);
        page.map_or(&[], |page| &page.stops[index(side)])
    }
}

fn aim_of(gesture: &Gesture, places: &Places) -> Option<Angles> {
    towards(gesture.aim.as_ref()?, places)
}

fn far(a: Option<Angles>, b: Option<Angles>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => (a.pitch_deg - b.pitch_deg)
            .abs()
            .max((a.yaw_deg - b.yaw_deg).abs()),
        (None, None) => 0.0,
        _ => f32::INFINITY,
    }
}

fn stops(gesture: &Gesture, aim: Option<Angles>, arms: Option<&Arms>) -> [Vec<Stop>; 2] {
    let Moves::Keys(keys) = &gesture.moves else {
        return [Vec::new(), Vec::new()];
    };
    let turn = aim.map_or(Quat::IDENTITY, Angles::to_quat);
    [Side::Left, Side::Right].map(|side| {
        let stops = keys.iter().map(|key| stop(key, side, arms, turn));
        stops.collect()
    })
}
