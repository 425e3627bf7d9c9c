//! The one time base: integer ticks of 1/48 000 s, always computed from an index.
//!
//! A pts is never made by adding durations up: it is computed from the index of the frame or sample it belongs to, so
//! that nothing drifts however long a room is on air.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::time::Duration;

/// Ticks in one second. Equal to the internal audio sample rate, so one tick is one sample.
pub const TICKS_PER_SEC: i64 = 48_000;

/// An instant or a span of media time in ticks of 1/48 000 s. May be negative (before the start).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(pub i64);

impl MediaTime {
    /// The start of a timeline.
    pub const ZERO: Self = Self(0);

    /// The time of `count` samples at 48 kHz.
    pub const fn from_samples(count: usize) -> Self {
        Self(count as i64)
    }

    /// Whole milliseconds, exact.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * (TICKS_PER_SEC / 1000))
    }

    /// Seconds, rounded to the nearest tick.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * TICKS_PER_SEC as f64).round() as i64)
    }

    /// The time in ticks of 1/48 000 s.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// The time in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / TICKS_PER_SEC as f64
    }

    /// The time in milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 * 1000.0 / TICKS_PER_SEC as f64
    }

    /// The time as a `Duration`; negative times give zero. Exact to the nanosecond, rounded down.
    pub fn to_duration(self) -> Duration {
        let ticks = u64::try_from(self.0).unwrap_or(0);
        let per_sec = TICKS_PER_SEC as u64;
        let nanos = (ticks % per_sec) * 1_000_000_000 / per_sec;
        Duration::new(ticks / per_sec, nanos as u32)
    }

    /// A wall-clock span as media time, rounded down to a whole tick.
    pub fn from_duration(span: Duration) -> Self {
        let ticks = span.as_nanos() * TICKS_PER_SEC as u128 / 1_000_000_000;
        Self(i64::try_from(ticks).unwrap_or(i64::MAX))
    }
}

impl Add for MediaTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for MediaTime {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for MediaTime {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for MediaTime {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Debug for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}s", self.as_secs_f64())
    }
}

impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

/// Frames per second as a fraction, for example 25/1 or 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Frames per `den` seconds; at least 1.
    pub num: u32,
    /// Seconds; at least 1.
    pub den: u32,
}

impl FrameRate {
    /// A whole number of frames per second.
    pub const fn whole(frames_per_sec: u32) -> Self {
        Self {
            num: frames_per_sec,
            den: 1,
        }
    }

    /// The pts of frame `index`, rounded once to the nearest tick. Exact for 24, 25, 30, 48, 50 and 60 fps.
    pub fn pts_of(self, index: u64) -> MediaTime {
        let scaled = i128::from(index) * i128::from(self.den) * i128::from(TICKS_PER_SEC);
        let num = i128::from(self.num);
        MediaTime(((scaled + num / 2) / num) as i64)
    }

    /// The tick of frame `index`: its pts and the number of samples until the next frame.
    pub fn tick(self, index: u64) -> Tick {
        let pts = self.pts_of(index);
        let samples = (self.pts_of(index + 1) - pts).0 as usize;
        Tick {
            index,
            pts,
            samples,
        }
    }

    /// The number of frames that cover `span` completely.
    pub fn frames_covering(self, span: MediaTime) -> u64 {
        let scaled = i128::from(span.0.max(0)) * i128::from(self.num);
        let per_frame = i128::from(self.den) * i128::from(TICKS_PER_SEC);
        ((scaled + per_frame - 1) / per_frame) as u64
    }

    /// Frames per second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// One turn of the engine: a picture instant and the sound that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Which turn since the start of the timeline.
    pub index: u64,
    /// When it is to be seen and heard.
    pub pts: MediaTime,
    /// Samples at 48 kHz until the next tick.
    pub samples: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_rates_are_exact() {
        for (fps, ticks) in [
            (24, 2000),
            (25, 1920),
            (30, 1600),
            (48, 1000),
            (50, 960),
            (60, 800),
        ] {
            assert_eq!(
                FrameRate::whole(fps).pts_of(1_000_001).0,
                ticks * 1_000_001,
                "{fps} fps"
            );
        }
    }

    proptest! {
        #[test]
        fn ticks_tile_the_timeline(num in 1u32..120_000, den in 1u32..2_000, index in 0u64..10_000_000) {
            prop_assume!(num / den <= 1000);
            let rate = FrameRate { num, den };
            let tick = rate.tick(index);
            prop_assert_eq!(tick.pts + MediaTime::from_samples(tick.samples), rate.tick(index + 1).pts);
        }

        #[test]
        fn ntsc_never_drifts(index in 0u64..1_000_000_000) {
            let rate = FrameRate { num: 30_000, den: 1_001 };
            let exact = index as f64 * 1_001.0 / 30_000.0 * 48_000.0;
            prop_assert!((rate.pts_of(index).0 as f64 - exact).abs() <= 0.51);
        }

        #[test]
        fn durations_round_trip(ticks in 0i64..10_000_000_000) {
            let time = MediaTime(ticks);
            let back = MediaTime::from_duration(time.to_duration());
            prop_assert!((time.0 - back.0).abs() <= 1);
        }

        #[test]
        fn frames_covering_is_the_smallest_cover(ticks in 1i64..100_000_000) {
            let rate = FrameRate::whole(25);
            let count = rate.frames_covering(MediaTime(ticks));
            prop_assert!(rate.pts_of(count).0 >= ticks && rate.pts_of(count - 1).0 < ticks);
        }
    }
}
