//! Blinks: irregular gaps, quick to close, slower to open, now and then two in a row.

use crate::motion::chance::{Chance, smooth_step};

/// Blinks are drawn in stretches of this many seconds, each on its own.
const STRETCH_SECS: f64 = 64.0;
/// Gaps are log-normal: half of them are shorter than this many seconds; people who talk blink every 3 to 4 s.
const MEDIAN_GAP_SECS: f64 = 4.15;
/// The deviation of the gap's logarithm.
const GAP_SPREAD: f64 = 0.40;
/// No gap is shorter or longer, in seconds.
const GAP_LIMITS_SECS: (f64, f64) = (1.8, 7.0);
/// How often a blink comes twice, and how soon after the first.
const DOUBLE_SHARE: f64 = 0.05;
const DOUBLE_AFTER_SECS: f64 = 0.30;
/// A blink is so much quicker or slower than the usual one.
const PACE: (f64, f64) = (0.85, 1.35);
/// Closing, closed and opening, in seconds.
const CLOSE_SECS: f64 = 0.070;
const HOLD_SECS: f64 = 0.020;
const OPEN_SECS: f64 = 0.150;
/// How often the end of a phrase brings a blink of its own, unless another is near (seconds).
const PHRASE_SHARE: f64 = 0.3;
const PHRASE_CLEARANCE_SECS: f64 = 1.2;

/// When a host blinks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blinks {
    gaps: Chance,
    phrases: Chance,
}

impl Blinks {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            gaps: Chance::new(seed, "blink gaps"),
            phrases: Chance::new(seed, "phrase blinks"),
        }
    }

    /// How far the eyes are closed, 0..=1. `phrase_end_secs` is when the last phrase ended and `shift_secs` when the gaze made
    /// a shift that brings a blink, if lately.
    pub(super) fn closed(
        &self,
        secs: f64,
        phrase_end_secs: Option<f64>,
        shift_secs: Option<f64>,
    ) -> f64 {
        let mut closed: f64 = 0.0;
        if let Some(shift) = shift_secs
            && self
                .around(shift)
                .all(|start| (start - shift).abs() > PHRASE_CLEARANCE_SECS)
        {
            closed = self.shape(shift, secs);
        }
        for start in self.around(secs) {
            closed = closed.max(self.shape(start, secs));
        }
        if let Some(end) = phrase_end_secs {
            let key = (end * 1000.0).round() as i64;
            let clear = self
                .around(end)
                .all(|start| (start - end).abs() > PHRASE_CLEARANCE_SECS);
            if clear && self.phrases.uniform(key) < PHRASE_SHARE {
                closed = closed.max(self.shape(end, secs));
            }
        }
        closed
    }

    /// How far closed the blink that begins at `start` is at `secs`.
    fn shape(&self, start: f64, secs: f64) -> f64 {
        let key = (start * 1000.0).round() as i64;
        shape((secs - start) / self.gaps.child(i64::MAX).between(key, PACE.0, PACE.1))
    }

    /// Blinks that begin within some seconds of `secs`.
    fn around(&self, secs: f64) -> impl Iterator<Item = f64> + '_ {
        let near = 3.0;
        let first = ((secs - near) / STRETCH_SECS).floor() as i64;
        let last = ((secs + near) / STRETCH_SECS).floor() as i64;
        [Some(first), (last != first).then_some(last)]
            .into_iter()
            .flatten()
            .flat_map(|stretch| self.stretch(stretch))
            .filter(move |start| (start - secs).abs() <= near)
    }

    /// The blinks of one stretch. Half a shortest gap stays free at both ends.
    fn stretch(&self, stretch: i64) -> Vec<f64> {
        let chance = self.gaps.child(stretch);
        let margin = GAP_LIMITS_SECS.0 / 2.0;
        let origin = stretch as f64 * STRETCH_SECS;
        let mut starts = Vec::with_capacity(32);
        // The first gap began before the stretch.
        let mut offset = chance.between(-1, margin, MEDIAN_GAP_SECS);
        for index in 0.. {
            if offset > STRETCH_SECS - margin {
                break;
            }
            starts.push(origin + offset);
            if chance.uniform(-2 - index) < DOUBLE_SHARE {
                starts.push(origin + offset + DOUBLE_AFTER_SECS);
            }
            let gap = MEDIAN_GAP_SECS * (GAP_SPREAD * chance.normal(index)).exp();
            offset += gap.clamp(GAP_LIMITS_SECS.0, GAP_LIMITS_SECS.1);
        }
        starts
    }
}

/// How far closed `secs` after the start.
fn shape(secs: f64) -> f64 {
    if secs < CLOSE_SECS {
        smooth_step(secs / CLOSE_SECS)
    } else if secs < CLOSE_SECS + HOLD_SECS {
        1.0
    } else {
        1.0 - smooth_step((secs - CLOSE_SECS - HOLD_SECS) / OPEN_SECS)
    }
}
