//! Values that travel to their goal without a jump in place, speed or acceleration, also when the goal changes on the way.

use crate::media::MediaTime;

/// `N` values on their way to a goal: a polynomial of the fifth degree from place, speed and acceleration at the start to
/// rest at the goal. From rest it is the path of least jerk, which is how people move (Flash and Hogan 1985).
///
/// Between two calls of [`Glide::set`] it is a function of the pts alone, so the frame rate changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Glide<const N: usize> {
    since: MediaTime,
    secs: f64,
    /// For each value the coefficients of 1, t, t²...t⁵, t in seconds since the start.
    terms: [[f64; 6]; N],
    goal: [f64; N],
    /// How fast it passes its goal at the instant of arrival, per second; it stops there all the same.
    passing: [f64; N],
}

impl<const N: usize> Glide<N> {
    /// At rest.
    pub(super) fn new(values: [f64; N]) -> Self {
        Self {
            since: MediaTime::ZERO,
            secs: 0.0,
            terms: [[0.0; 6]; N],
            goal: values,
            passing: [0.0; N],
        }
    }

    /// Where it travels to, or has arrived.
    pub(super) fn goal(&self) -> [f64; N] {
        self.goal
    }

    /// Travels to `goal` from `at` on, in `secs`; not shorter than a hundredth of a second.
    pub(super) fn set(&mut self, at: MediaTime, goal: [f64; N], secs: f64) {
        self.pass(at, goal, [0.0; N], secs);
    }

    /// As [`Glide::set`], but arrives with this speed (per second): for a goal on the way to the next one, which must be
    /// set for the instant of arrival.
    pub(super) fn pass(&mut self, at: MediaTime, goal: [f64; N], speed: [f64; N], secs: f64) {
        let secs = secs.max(0.01);
        let mut terms = [[0.0; 6]; N];
        for (value, terms) in terms.iter_mut().enumerate() {
            let [place, start, push] = self.state(at, value);
            // What is left to do by the three highest terms, in units of the whole time.
            let way = goal[value] - place - start * secs - push * secs * secs / 2.0;
            let slower = (speed[value] - start) * secs - push * secs * secs;
            let softer = -push * secs * secs;
            *terms = [
                place,
                start,
                push / 2.0,
                (10.0 * way - 4.0 * slower + softer / 2.0) / secs.powi(3),
                (-15.0 * way + 7.0 * slower - softer) / secs.powi(4),
                (6.0 * way - 3.0 * slower + softer / 2.0) / secs.powi(5),
            ];
        }
        *self = Self {
            since: at,
            secs,
            terms,
            goal,
            passing: speed,
        };
    }

    /// The values at `at`; before the start those of the start.
    pub(super) fn at(&self, at: MediaTime) -> [f64; N] {
        std::array::from_fn(|value| self.state(at, value)[0])
    }

    /// Whether the goal is reached.
    pub(super) fn has_arrived(&self, at: MediaTime) -> bool {
        (at - self.since).as_secs_f64() >= self.secs
    }

    /// Place, speed (per second) and acceleration (per second squared) of one value.
    fn state(&self, at: MediaTime, value: usize) -> [f64; 3] {
        let t = (at - self.since).as_secs_f64().max(0.0);
        if t >= self.secs {
            // Times are rounded to ticks: within one it is the instant of arrival.
            let is_passing = t - self.secs < 3e-5;
            let speed = if is_passing { self.passing[value] } else { 0.0 };
            return [self.goal[value], speed, 0.0];
        }
        let [a, b, c, d, e, f] = self.terms[value];
        [
            a + t * (b + t * (c + t * (d + t * (e + t * f)))),
            b + t * (2.0 * c + t * (3.0 * d + t * (4.0 * e + t * 5.0 * f))),
            2.0 * c + t * (6.0 * d + t * (12.0 * e + t * 20.0 * f)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: i64) -> MediaTime {
        MediaTime::from_millis(millis)
    }

    #[test]
    fn a_glide_from_rest_takes_the_path_of_least_jerk() {
        let mut glide = Glide::new([1.0]);
        glide.set(millis(1000), [3.0], 2.0);
        for step in 0..=20 {
            let x = f64::from(step) / 20.0;
            let expected = 1.0 + 2.0 * (10.0 * x.powi(3) - 15.0 * x.powi(4) + 6.0 * x.powi(5));
            let [value] = glide.at(millis(1000 + 100 * i64::from(step)));
            assert!((value - expected).abs() < 1e-9, "{x}: {value} {expected}");
        }
        assert_eq!(glide.at(millis(9000)), [3.0]);
        assert_eq!(glide.at(millis(0)), [1.0]);
        assert!(glide.has_arrived(millis(3000)) && !glide.has_arrived(millis(2999)));
    }

    #[test]
    fn a_new_goal_on_the_way_changes_neither_place_nor_speed_nor_acceleration() {
        let mut glide = Glide::new([0.0, 5.0]);
        glide.set(millis(0), [10.0, -5.0], 1.0);
        let before = [glide.state(millis(400), 0), glide.state(millis(400), 1)];
        glide.set(millis(400), [-3.0, 2.0], 0.7);
        let after = [glide.state(millis(400), 0), glide.state(millis(400), 1)];
        for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
            assert!((before - after).abs() < 1e-9, "{before} {after}");
        }
        let end = glide.state(millis(1099), 0);
        assert!((end[0] + 3.0).abs() < 1e-3 && end[1].abs() < 0.1, "{end:?}");
        assert_eq!(glide.at(millis(1100)), [-3.0, 2.0]);
        assert_eq!(glide.goal(), [-3.0, 2.0]);
    }
}
