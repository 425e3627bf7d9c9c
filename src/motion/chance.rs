//! Randomness that is a function of a place in time, not of how often one asks.
//!
//! Every number comes from hashing (seed, stream, index), so a pose at a pts is the same whatever was evaluated before.

/// A stream of random numbers with random access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chance(u64);

impl Chance {
    /// The stream `name` of `seed`.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a of the name, so that streams are told apart by what they are for.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mix(seed ^ mix(hash)))
    }

    /// A stream inside this one.
    pub(super) fn child(self, index: i64) -> Self {
        Self(mix(self.0 ^ mix(index.cast_unsigned())))
    }

    /// The number `index`, uniform in 0..1.
    pub(super) fn uniform(self, index: i64) -> f64 {
        (mix(self.0 ^ mix(index.cast_unsigned())) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The number `index`, uniform in `low..high`.
    pub(super) fn between(self, index: i64, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform(index)
    }

    /// The number `index`, normal with mean 0 and deviation 1 (Box and Muller).
    pub(super) fn normal(self, index: i64) -> f64 {
        let pair = self.child(index);
        let radius = (-2.0 * (1.0 - pair.uniform(0)).ln()).sqrt();
        radius * (std::f64::consts::TAU * pair.uniform(1)).cos()
    }

    /// Smooth noise within about -1..=1 that swings once in about two `period_secs` and never repeats (gradient noise on
    /// a hashed lattice: no energy far below or above that rate).
    pub(super) fn noise(self, secs: f64, period_secs: f64) -> f64 {
        // A start of its own, so that the zeros of two streams do not fall together.
        let x = secs / period_secs + self.uniform(i64::MIN);
        let cell = x.floor();
        let f = x - cell;
        let index = cell as i64;
        let slope = |index| self.between(index, -1.0, 1.0);
        let (left, right) = (slope(index) * f, slope(index.saturating_add(1)) * (f - 1.0));
        let ease = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
        2.0 * (left + (right - left) * ease)
    }
}

/// A place that is kept for a while, then left for another, at random times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    chance: Chance,
    every_secs: f64,
    travel_secs: f64,
}

/// How far the time of a step may be from the middle of its share of time, as a part of it.
const STEP_SPREAD: f64 = 0.3;

impl Steps {
    /// One step in each `every_secs`, 0.4 to 1.6 of that apart; the way takes up to `travel_secs`, which must be shorter.
    pub(super) fn new(chance: Chance, every_secs: f64, travel_secs: f64) -> Self {
        Self {
            chance,
            every_secs,
            travel_secs,
        }
    }

    /// Where it is at `secs`, with `place` telling each place by its own chance: on the path of least jerk from one to the
    /// next.
    pub(super) fn at<const N: usize>(
        &self,
        secs: f64,
        place: impl Fn(Chance) -> [f64; N],
    ) -> [f64; N] {
        let here = (secs / self.every_secs).floor() as i64;
        let index = if secs >= self.start(here) {
            here
        } else {
            here.saturating_sub(1)
        };
        let own = self.chance.child(index);
        let travel = self.travel_secs * own.between(-1, 0.7, 1.0);
        let part = least_jerk((secs - self.start(index)) / travel);
        let to = place(own);
        if part >= 1.0 {
            return to;
        }
        let from = place(self.chance.child(index.saturating_sub(1)));
        std::array::from_fn(|i| from[i] + (to[i] - from[i]) * part)
    }

    fn start(&self, index: i64) -> f64 {
        let aside = self
            .chance
            .child(index)
            .between(-2, -STEP_SPREAD, STEP_SPREAD);
        (index as f64 + 0.5 + aside) * self.every_secs
    }
}

/// The finisher of splitmix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn smooth_step(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// 0 below 0, 1 above 1, and between the path of least jerk (Flash and Hogan 1985).
pub(super) fn least_jerk(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (10.0 + x * (6.0 * x - 15.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rest_and_travel_without_a_jump() {
        let steps = Steps::new(Chance::new(5, "s"), 2.0, 0.5);
        let place = |chance: Chance| [chance.between(0, -1.0, 1.0)];
        let (mut last, mut rests) = (steps.at(0.0, place)[0], 0);
        for i in 1..100_000 {
            let [now] = steps.at(f64::from(i) * 0.005, place);
            assert!(now.abs() <= 1.0 && (now - last).abs() < 0.06, "{i}");
            rests += usize::from((now - last).abs() < 1e-12);
            last = now;
        }
        assert!((60_000..90_000).contains(&rests), "{rests}");
        assert!(steps.at(1e15, place)[0].abs() <= 1.0);
    }

    #[test]
    fn numbers_are_spread_and_streams_differ() {
        let (a, b) = (Chance::new(1, "a"), Chance::new(1, "b"));
        let mean = |chance: Chance| (0..10_000).map(|i| chance.uniform(i)).sum::<f64>() / 1e4;
        assert!((mean(a) - 0.5).abs() < 0.01 && (mean(b) - 0.5).abs() < 0.01);
        let product = (0..10_000)
            .map(|i| (a.uniform(i) - 0.5) * (b.uniform(i) - 0.5))
            .sum::<f64>()
            / 1e4;
        assert!(product.abs() < 0.005, "{product}");
        let spread = (0..10_000).map(|i| a.normal(i).powi(2)).sum::<f64>() / 1e4;
        assert!((spread - 1.0).abs() < 0.05, "{spread}");
    }

    #[test]
    fn noise_is_smooth_and_bounded_at_any_time() {
        let chance = Chance::new(3, "n");
        let mut last = chance.noise(-10.0, 1.3);
        for i in 1..100_000 {
            let now = chance.noise(-10.0 + f64::from(i) * 0.01, 1.3);
            assert!(now.abs() <= 1.0 && (now - last).abs() < 0.05);
            last = now;
        }
        assert!(chance.noise(1e15, 1.3).abs() <= 1.0);
    }
}
