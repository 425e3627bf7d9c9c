//! When a tick may start, and what happens when it is late: the one table that tells live from offline.
//!
//! | Question | Live | Offline |
//! |---|---|---|
//! | When may tick n start? | at origin + pts(n), an absolute deadline | at once |
//! | The next utterance is not ready | idle | wait for it |
//! | The picture is late by more than a frame | skip drawing | cannot happen |
//! | Late by more than 0.5 s | move the origin, count | cannot happen |
//! | A queue is full | skip the picture; drop sound's slowest output | block |
//!
//! `Scripted` has the lateness of `Live`, written down by a test, and waits for speech and consumers like `Offline`, so
//! that a run can be compared bit for bit. This file is the only one that reads the wall clock for media.
#![allow(clippy::disallowed_methods, reason = "this is the clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::media::{MediaTime, Tick};

/// Beyond this the machine has slept rather than been slow: catching up would mean a burst, so time itself moves.
const ORIGIN_MOVE: MediaTime = MediaTime::from_millis(500);
/// The longest the clock sleeps at once, so that a stop is noticed and a new line's speech is begun at once.
const LONGEST_SLEEP: Duration = Duration::from_millis(5);

/// Media time tied to the wall clock, shared by the engine and the paced sender. Cloning shares the origin.
#[derive(Clone, Debug)]
pub struct Timebase {
    epoch: Instant,
    /// Wall time of pts 0, in nanoseconds after `epoch`.
    origin_nanos: Arc<AtomicI64>,
}

impl Timebase {
    /// A timeline whose pts 0 is now.
    pub fn start_now() -> Self {
        Self {
            epoch: Instant::now(),
            origin_nanos: Arc::default(),
        }
    }

    /// The pts whose instant is now.
    pub fn now(&self) -> MediaTime {
        let nanos = self.epoch.elapsed().as_nanos() as i128
            - i128::from(self.origin_nanos.load(Ordering::Relaxed));
        MediaTime((nanos * 48_000 / 1_000_000_000) as i64)
    }

    /// Wall time until `pts`; zero when it has passed.
    pub fn until(&self, pts: MediaTime) -> Duration {
        (pts - self.now()).to_duration()
    }

    /// Moves the whole timeline later by `span`.
    fn delay(&self, span: MediaTime) {
        let nanos = i64::try_from(span.to_duration().as_nanos()).unwrap_or(i64::MAX);
        self.origin_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

/// The pace of a pipeline.
#[derive(Debug)]
pub enum Clock {
    /// Real time.
    Live(Timebase),
    /// As fast as the machine can.
    Offline,
    /// Real time as written down by a test: how late each tick is; on time after the last one.
    Scripted(Vec<MediaTime>),
}

/// How a tick begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How late it is against its deadline.
    pub late: MediaTime,
    /// The origin was moved because the machine had slept.
    pub origin_moved: bool,
    /// Too late to be drawn: sound and motion go on, the last picture is shown again.
    pub skip_drawing: bool,
}

impl Clock {
    /// Lets time begin now: what came before was preparation.
    pub(super) fn begin(&self) {
        if let Self::Live(timebase) = self {
            timebase.delay(timebase.now().max(MediaTime::ZERO));
        }
    }

    /// Waits until `tick` may start. Live, `meanwhile` is called every few milliseconds of the wait; when it gives
    /// `true` the wait ends early.
    pub fn wait_for(&mut self, tick: Tick, mut meanwhile: impl FnMut() -> bool) -> Turn {
        let late = match self {
            Self::Offline => return Turn::default(),
            Self::Live(timebase) => {
                loop {
                    let wait = timebase.until(tick.pts);
                    if wait.is_zero() || meanwhile() {
                        break;
                    }
                    std::thread::sleep(wait.min(LONGEST_SLEEP));
                }
                (timebase.now() - tick.pts).max(MediaTime::ZERO)
            }
            Self::Scripted(lateness) => usize::try_from(tick.index)
                .ok()
                .and_then(|i| lateness.get(i))
                .copied()
                .unwrap_or_default(),
        };
        let origin_moved = late > ORIGIN_MOVE;
        if origin_moved && let Self::Live(timebase) = self {
            timebase.delay(late);
        }
        let frame = MediaTime::from_samples(tick.samples);
        Turn {
            late,
            origin_moved,
            skip_drawing: !origin_moved && late > frame,
        }
    }

    /// Whether the pipeline waits for speech that is not ready and for consumers that are full.
    pub fn waits(&self) -> bool {
        !matches!(self, Self::Live(_))
    }

    /// Whether frames may be dropped because a queue is full. A scripted run drops only what its script says.
    pub fn drops_when_full(&self) -> bool {
        matches!(self, Self::Live(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::FrameRate;

    #[test]
    fn the_table_holds() {
        let rate = FrameRate::whole(25);
        let millis = |values: &[i64]| values.iter().map(|m| MediaTime::from_millis(*m)).collect();
        let mut clock = Clock::Scripted(millis(&[0, 39, 41, 499, 501]));
        let turns: Vec<Turn> = (0..6)
            .map(|i| clock.wait_for(rate.tick(i), || false))
            .collect();
        assert_eq!(
            turns.iter().map(|t| t.skip_drawing).collect::<Vec<_>>(),
            [false, false, true, true, false, false]
        );
        assert_eq!(
            turns.iter().map(|t| t.origin_moved).collect::<Vec<_>>(),
            [false, false, false, false, true, false]
        );
    }

    #[test]
    fn live_ticks_never_start_early_and_a_moved_origin_moves_everything() {
        let timebase = Timebase::start_now();
        let mut clock = Clock::Live(timebase.clone());
        let tick = FrameRate::whole(50).tick(2);
        clock.wait_for(tick, || false);
        assert!(timebase.now() >= tick.pts);
        timebase.delay(MediaTime::from_millis(60_000));
        assert!(timebase.now() < MediaTime::ZERO);
        let turn = clock.wait_for(FrameRate::whole(50).tick(0), || true);
        assert_eq!(turn, Turn::default(), "a stop ends the wait");
    }
}
