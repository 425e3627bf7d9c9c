//! The place and hold of one arm as a vector that glides.

use std::f32::consts::PI;

use glam::{Quat, Vec3};

/// How many numbers hold one arm.
pub(in crate::motion) const SIZE: usize = 16;

/// The direction of the wrist from which [`State::way`] is counted: before the own breast, a little down and out. Its
/// opposite, behind the back, is the only direction where an arm could swing round.
const MIDDLE: Vec3 = Vec3::new(0.15, -0.35, 0.92);

/// One arm, as a left one: a right one is its mirror image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::motion) struct State {
    /// Where the wrist is, seen from the shoulder: the way outwards and upwards from the middle, radians on the sphere
    /// (azimuthal equidistant, so a straight way is nearly an arc round the shoulder).
    pub way: [f32; 2],
    /// How far it is, as a share of the arm's length.
    pub reach: f32,
    /// How far the elbow is turned outwards from hanging under the line to the wrist, radians.
    pub swivel: f32,
    /// The forearm turned palm up (supination, +), radians against rest.
    pub twist: f32,
    /// The hand bent to the palm (+) or the back, radians against rest.
    pub flexion: f32,
    /// The hand bent to the little finger (+) or the thumb, radians against rest.
    pub deviation: f32,
    /// The shoulder lifted against the rest pose, radians.
    pub lift: f32,
    /// As in `gesture::Fingers`.
    pub curl: [f32; 5],
    /// As in `gesture::Fingers`.
    pub spread: f32,
    /// As in `gesture::Fingers`.
    pub thumb: f32,
    /// How much it may wander by itself: less where two hands touch.
    pub idle: f32,
}

impl State {
    /// As numbers for a glide.
    pub(in crate::motion) fn to_array(self) -> [f64; SIZE] {
        let [c0, c1, c2, c3, c4] = self.curl;
        [
            self.way[0],
            self.way[1],
            self.reach,
            self.swivel,
            self.twist,
            self.flexion,
            self.deviation,
            self.lift,
            c0,
            c1,
            c2,
            c3,
            c4,
            self.spread,
            self.thumb,
            self.idle,
        ]
        .map(f64::from)
    }

    /// The same back.
    pub(in crate::motion) fn from_array(values: [f64; SIZE]) -> Self {
        let v = values.map(|value| value as f32);
        Self {
            way: [v[0], v[1]],
            reach: v[2],
            swivel: v[3],
            twist: v[4],
            flexion: v[5],
            deviation: v[6],
            lift: v[7],
            curl: [v[8], v[9], v[10], v[11], v[12]],
            spread: v[13],
            thumb: v[14],
            idle: v[15],
        }
    }

    /// `share` of the way from here to `other`.
    pub(in crate::motion) fn toward(self, other: Self, share: f32) -> Self {
        let (from, to) = (self.to_array(), other.to_array());
        let share = f64::from(share);
        Self::from_array(std::array::from_fn(|value| {
            from[value] + (to[value] - from[value]) * share
        }))
    }

    /// The direction of the wrist, where a hanging elbow points, and where outwards is, all at right angles.
    pub(super) fn directions(&self) -> [Vec3; 3] {
        let [middle, right, up] = basis();
        let turn = Quat::from_scaled_axis(middle.cross(right * self.way[0] + up * self.way[1]));
        [turn * middle, turn * -up, turn * right]
    }

    /// [`State::way`] of a direction.
    pub(super) fn way_to(direction: Vec3) -> [f32; 2] {
        let [middle, right, up] = basis();
        let (x, y) = (direction.dot(right), direction.dot(up));
        let sine = x.hypot(y);
        let angle = sine.atan2(direction.dot(middle)).min(0.95 * PI);
        if sine < 1e-6 {
            return [0.0, 0.0];
        }
        [x / sine * angle, y / sine * angle]
    }
}

/// The middle, outwards and upwards.
fn basis() -> [Vec3; 3] {
    let middle = MIDDLE.normalize_or(Vec3::Y);
    let right = Vec3::Y.cross(middle).normalize_or(Vec3::X);
    [middle, right, middle.cross(right)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_and_directions_belong_to_each_other() {
        for direction in [
            Vec3::new(0.24, -0.97, 0.05),
            Vec3::new(-0.5, 0.1, 0.8),
            Vec3::new(0.1, 0.95, 0.2),
            Vec3::X,
            MIDDLE,
        ] {
            let direction = direction.normalize_or(Vec3::NEG_Y);
            let state = State {
                way: State::way_to(direction),
                ..State::default()
            };
            let [wrist, under, out] = state.directions();
            assert!(wrist.distance(direction) < 1e-5, "{direction} {wrist}");
            assert!(wrist.dot(under).abs() < 1e-5 && wrist.dot(out).abs() < 1e-5);
        }
        let front = State {
            way: State::way_to(Vec3::Z),
            ..State::default()
        };
        assert!(front.directions()[1].y < -0.95, "elbows hang");
        let numbers = State::from_array(front.to_array());
        assert_eq!(numbers, front);
    }
}
