//! Keys over time and what lies between them (glTF 2.0, appendix C).

use std::sync::Arc;

use glam::{Quat, Vec3};

/// How values between two keys are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    Step,
    Linear,
    /// Each key is in-tangent, value, out-tangent.
    Cubic,
}

/// Keys of one property, `width` numbers each.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// Seconds, rising.
    pub(super) times: Arc<[f32]>,
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
    pub(super) between: Between,
}

/// Where a time lies among the keys.
struct Place {
    key: usize,
    /// 0..=1 of the way to the next key.
    share: f32,
    /// Seconds to the next key; zero at the ends.
    span: f32,
}

impl Track {
    /// The keys, or what is wrong with them.
    pub(super) fn new(
        times: Arc<[f32]>,
        values: Vec<f32>,
        width: usize,
        between: Between,
    ) -> Result<Self, &'static str> {
        let parts = if between == Between::Cubic { 3 } else { 1 };
        if times.is_empty() || width == 0 {
            return Err("it has no keys");
        }
        if values.len() < times.len() * width * parts {
            return Err("it has fewer values than keys");
        }
        if !times.iter().chain(&values).all(|value| value.is_finite()) {
            return Err("it holds something that is not a number");
        }
        if times.windows(2).any(|pair| pair[1] < pair[0]) {
            return Err("its times do not rise");
        }
        Ok(Self {
            times,
            values,
            width,
            between,
        })
    }

    /// When the last key is, seconds.
    pub(super) fn end(&self) -> f32 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// The numbers of a vector track at `secs`.
    pub(super) fn vector(&self, secs: f32) -> Vec3 {
        Vec3::from_array([0, 1, 2].map(|part| self.number(secs, part)))
    }

    /// The rotation at `secs`: the short way round, even where two keys have opposite signs.
    pub(super) fn rotation(&self, secs: f32) -> Quat {
        let place = self.place(secs);
        let key = |key: usize| Quat::from_array([0, 1, 2, 3].map(|part| self.key(key, part)));
        let turn = match self.between {
            Between::Linear if place.span > 0.0 => {
                let (from, to) = (key(place.key).normalize(), key(place.key + 1).normalize());
                from.slerp(to, place.share)
            }
            Between::Step | Between::Linear => key(place.key),
            Between::Cubic => {
                Quat::from_array([0, 1, 2, 3].map(|part| self.between_keys(&place, part)))
            }
        };
        if turn.is_finite() && turn.length_squared() > 1e-12 {
            turn.normalize()
        } else {
            Quat::IDENTITY
        }
    }

    /// The number `part` of the track at `secs`.
    pub(super) fn number(&self, secs: f32, part: usize) -> f32 {
        self.between_keys(&self.place(secs), part)
    }

    fn place(&self, secs: f32) -> Place {
        let after = self.times.partition_point(|time| *time <= secs);
        if after == 0 || after == self.times.len() {
            return Place {
                key: after.saturating_sub(1),
                share: 0.0,
                span: 0.0,
            };
        }
        let (from, to) = (self.times[after - 1], self.times[after]);
        Place {
            key: after - 1,
            share: (secs - from) / (to - from),
            span: to - from,
        }
    }

    fn between_keys(&self, place: &Place, part: usize) -> f32 {
        let from = self.key(place.key, part);
        if place.span <= 0.0 || self.between == Between::Step {
            return from;
        }
        let (to, t) = (self.key(place.key + 1, part), place.share);
        if self.between == Between::Linear {
            return from + (to - from) * t;
        }
        // Hermite, as the specification writes it.
        let out_tangent = place.span * self.at(place.key, 2, part);
        let in_tangent = place.span * self.at(place.key + 1, 0, part);
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * from
            + (t3 - 2.0 * t2 + t) * out_tangent
            + (3.0 * t2 - 2.0 * t3) * to
            + (t3 - t2) * in_tangent
    }

    fn key(&self, key: usize, part: usize) -> f32 {
        self.at(key, usize::from(self.between == Between::Cubic), part)
    }

    fn at(&self, key: usize, row: usize, part: usize) -> f32 {
        let rows = if self.between == Between::Cubic { 3 } else { 1 };
        let index = (key * rows + row) * self.width + part;
        self.values.get(index).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(times: &[f32], values: &[f32], width: usize, between: Between) -> Track {
        Track::new(times.into(), values.to_vec(), width, between).unwrap()
    }

    #[test]
    fn values_lie_between_their_keys() {
        let steps = track(&[1.0, 2.0, 4.0], &[10.0, 20.0, 0.0], 1, Between::Step);
        let lines = track(&[1.0, 2.0, 4.0], &[10.0, 20.0, 0.0], 1, Between::Linear);
        for (secs, step, line) in [
            (-3.0, 10.0, 10.0),
            (1.0, 10.0, 10.0),
            (1.5, 10.0, 15.0),
            (2.0, 20.0, 20.0),
            (3.0, 20.0, 10.0),
            (9.0, 0.0, 0.0),
            (f32::NAN, 10.0, 10.0),
        ] {
            assert_eq!(steps.number(secs, 0), step, "step at {secs}");
            assert_eq!(lines.number(secs, 0), line, "line at {secs}");
        }
        // From 0 to 1 in two seconds with level tangents, and with a slope of 1 at the start.
        let level = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let cubic = track(&[0.0, 2.0], &level, 1, Between::Cubic);
        assert!((cubic.number(1.0, 0) - 0.5).abs() < 1e-6);
        let sloped = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let cubic = track(&[0.0, 2.0], &sloped, 1, Between::Cubic);
        assert!((cubic.number(1.0, 0) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn rotations_take_the_short_way() {
        let to = Quat::from_rotation_y(1.0);
        let values = [Quat::IDENTITY.to_array(), (-to).to_array()].concat();
        let turn = track(&[0.0, 1.0], &values, 4, Between::Linear).rotation(0.5);
        assert!(turn.angle_between(Quat::from_rotation_y(0.5)) < 1e-3);
        let zero = track(&[0.0, 1.0], &[0.0; 8], 4, Between::Linear);
        assert_eq!(zero.rotation(0.5), Quat::IDENTITY);
    }

    #[test]
    fn broken_keys_are_refused() {
        let new = |times: &[f32], values: &[f32], between| {
            Track::new(times.into(), values.to_vec(), 1, between).is_ok()
        };
        assert!(new(&[0.0], &[1.0], Between::Linear));
        assert!(!new(&[], &[], Between::Linear));
        assert!(!new(&[0.0, 1.0], &[1.0], Between::Linear));
        assert!(!new(&[0.0], &[1.0], Between::Cubic));
        assert!(!new(&[1.0, 0.0], &[1.0, 2.0], Between::Step));
        assert!(!new(&[0.0], &[f32::NAN], Between::Step));
        assert!(!new(&[f32::INFINITY], &[0.0], Between::Step));
    }
}
