//! How hands rest between gestures: hanging, folded, clasped; changed now and then.

use super::plan::stop;
use super::{Library, Moves};
use crate::media::MediaTime;
use crate::motion::Side;
use crate::motion::arms::{Arms, State, index};
use crate::motion::chance::Chance;
use glam::Quat;

/// Idle hands change their rest after so long, seconds.
const STAY_SECS: [f64; 2] = [20.0, 70.0];
/// Into another rest, seconds at least.
const CHANGE_SECS: f64 = 1.2;

/// The ways to rest, and the one that is taken.
#[derive(Clone, Debug)]
pub(super) struct Rests {
    /// Both arms, and how long it takes to get there. The first is hanging.
    ways: Vec<([State; 2], f64)>,
    now: usize,
    chance: Chance,
    turn: i64,
    next: MediaTime,
}

impl Rests {
    /// The rests of `library` for these arms. The first change is a while after the start.
    pub(super) fn new(library: &Library, arms: Option<&Arms>, seed: u64) -> Self {
        let chance = Chance::new(seed, "rests");
        let hanging = arms.map_or_else(Default::default, Arms::rest);
        let mut ways = vec![(hanging, CHANGE_SECS)];
        for gesture in library.iter().filter(|gesture| gesture.rests) {
            let Moves::Keys(keys) = &gesture.moves else {
                continue;
            };
            let Some(key) = keys.last().filter(|_| arms.is_some()) else {
                continue;
            };
            let held = stop(key, Side::Right, arms, Quat::IDENTITY);
            let states = [Side::Left, Side::Right]
                .map(|side| held.hands[index(side)].unwrap_or(hanging[index(side)]));
            let secs = f64::from(gesture.prepare_secs).max(CHANGE_SECS);
            if states != hanging {
                ways.push((states, secs));
            }
        }
        Self {
            ways,
            now: 0,
            next: MediaTime::from_secs_f64(chance.between(0, STAY_SECS[0], STAY_SECS[1])),
            chance,
            turn: 0,
        }
    }

    /// Both arms at rest.
    pub(super) fn states(&self) -> [State; 2] {
        self.ways[self.now].0
    }

    /// When another rest may be taken; never where there is only one.
    pub(super) fn next(&self) -> Option<MediaTime> {
        (self.ways.len() > 1).then_some(self.next)
    }

    /// Takes another rest when the hands are idle; tells how many seconds it takes to get there.
    pub(super) fn change(&mut self, at: MediaTime, is_idle: bool) -> Option<f64> {
        self.turn += 1;
        let stay = self.chance.between(self.turn, STAY_SECS[0], STAY_SECS[1]);
        self.next = at + MediaTime::from_secs_f64(stay);
        if !is_idle {
            return None;
        }
        let others = self.ways.len() - 1;
        let pick = (self.chance.child(1).uniform(self.turn) * others as f64) as usize;
        self.now = (self.now + 1 + pick.min(others - 1)) % self.ways.len();
        Some(self.ways[self.now].1)
    }
}
