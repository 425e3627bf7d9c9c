//! Something that glides from key to key: an arm, or head and trunk.

use std::collections::VecDeque;

use super::plan::{passing, secs};
use crate::media::MediaTime;
use crate::motion::glide::Glide;

/// A change of goal at an instant.
#[derive(Clone, Copy, Debug)]
struct Turn<const N: usize> {
    at: MediaTime,
    goal: [f64; N],
    speed: [f64; N],
    secs: f64,
}

/// Values that glide, and the changes of goal to come.
#[derive(Clone, Debug)]
pub(super) struct Limb<const N: usize> {
    glide: Glide<N>,
    turns: VecDeque<Turn<N>>,
}

impl<const N: usize> Limb<N> {
    /// At rest.
    pub(super) fn new(values: [f64; N]) -> Self {
        Self {
            glide: Glide::new(values),
            turns: VecDeque::new(),
        }
    }

    /// Where it travels to.
    pub(super) fn goal(&self) -> [f64; N] {
        self.glide.goal()
    }

    /// The values at `at`; all turns until then have to be made already.
    pub(super) fn at(&self, at: MediaTime) -> [f64; N] {
        self.glide.at(at)
    }

    /// When its next turn is.
    pub(super) fn next(&self) -> Option<MediaTime> {
        self.turns.front().map(|turn| turn.at)
    }

    /// Makes the turns until `at`.
    pub(super) fn go(&mut self, at: MediaTime) {
        while let Some(turn) = self.turns.front().copied()
            && turn.at <= at
        {
            self.glide.pass(turn.at, turn.goal, turn.speed, turn.secs);
            self.turns.pop_front();
        }
    }

    /// Forgets what was to come and goes to `goal` at once.
    pub(super) fn leave(&mut self, at: MediaTime, goal: [f64; N], secs: f64) {
        self.turns.clear();
        self.glide.set(at, goal, secs);
    }

    /// Forgets what was to come and goes through `stops` (seconds against `stroke`, values), reaching the first one
    /// `prepare_secs` after `begin`.
    pub(super) fn play(
        &mut self,
        begin: MediaTime,
        stroke: MediaTime,
        prepare_secs: f64,
        stops: &[(f64, [f64; N])],
    ) {
        self.turns.clear();
        let start = self.glide.at(begin);
        for (index, (own_secs, goal)) in stops.iter().enumerate() {
            let (at, span, before) = match index.checked_sub(1) {
                None => (begin, prepare_secs, start),
                Some(last) => {
                    let (before_secs, before) = stops[last];
                    let at = stroke + secs(before_secs);
                    (at, own_secs - before_secs, before)
                }
            };
            let speed = stops
                .get(index + 1)
                .map_or([0.0; N], |(after_secs, after)| {
                    passing(&before, goal, after, [span, after_secs - own_secs])
                });
            self.turns.push_back(Turn {
                at,
                goal: *goal,
                speed,
                secs: span,
            });
        }
    }
}
