//! How an avatar looks somewhere: how far its eyes turn, or which expressions it has for it.

use crate::media::Angles;

/// How angles of the gaze become turns of the eyes or weights of expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LookAt {
    /// Whether the file moves its eyes by the expressions `lookUp`, `lookDown`, `lookLeft`, `lookRight`.
    pub by_expression: bool,
    /// The ranges of the file; `None`: eyes turn by as much as they are told to.
    pub ranges: Option<Ranges>,
}

/// The four ranges of VRM's look-at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranges {
    /// An eye that turns towards the nose.
    pub inner: Range,
    /// An eye that turns away from the nose.
    pub outer: Range,
    /// Down.
    pub down: Range,
    /// Up.
    pub up: Range,
}

/// One range: the gaze from straight ahead to `input_deg` becomes 0 to `output`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Where the eye or the expression is at its furthest, degrees of the gaze.
    pub input_deg: f32,
    /// How far that is: degrees of an eye, or the weight of an expression.
    pub output: f32,
}

/// A smaller range jumps at once to its furthest (the specification's advice against a division by zero).
const LEAST_INPUT_DEG: f32 = 0.001;

impl Range {
    /// Where a gaze of `deg`, not negative, leads.
    fn map(self, deg: f32) -> f32 {
        let most = self.input_deg.max(LEAST_INPUT_DEG);
        deg.min(most) / most * self.output
    }
}

impl LookAt {
    /// By how much the bones of the left and the right eye turn when the host looks along `gaze`.
    pub(in crate::avatar) fn eyes(&self, gaze: Angles) -> [Angles; 2] {
        let Some(ranges) = self.ranges else {
            return [gaze; 2];
        };
        if self.by_expression {
            return [Angles::default(); 2];
        }
        let Angles {
            pitch_deg, yaw_deg, ..
        } = gaze;
        let pitch_deg = if pitch_deg > 0.0 {
            ranges.up.map(pitch_deg)
        } else {
            -ranges.down.map(-pitch_deg)
        };
        let turned = |to_left: Range, to_right: Range| Angles {
            pitch_deg,
            yaw_deg: if yaw_deg > 0.0 {
                to_left.map(yaw_deg)
            } else {
                -to_right.map(-yaw_deg)
            },
            roll_deg: 0.0,
        };
        [
            turned(ranges.outer, ranges.inner),
            turned(ranges.inner, ranges.outer),
        ]
    }

    /// The weights of `lookUp`, `lookDown`, `lookLeft` and `lookRight` when the host looks along `gaze`, 0..=1.
    pub(in crate::avatar) fn weights(&self, gaze: Angles) -> [f32; 4] {
        let Some(ranges) = self.ranges else {
            return [0.0; 4];
        };
        let side = |range: Range, deg: f32| range.map(deg.max(0.0)).clamp(0.0, 1.0);
        [
            side(ranges.up, gaze.pitch_deg),
            side(ranges.down, -gaze.pitch_deg),
            side(ranges.outer, gaze.yaw_deg),
            side(ranges.outer, -gaze.yaw_deg),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_at(by_expression: bool, output: f32) -> LookAt {
        let range = |input_deg| Range { input_deg, output };
        LookAt {
            by_expression,
            ranges: Some(Ranges {
                inner: range(90.0),
                outer: range(45.0),
                down: range(30.0),
                up: range(0.0),
            }),
        }
    }

    fn gaze(pitch_deg: f32, yaw_deg: f32) -> Angles {
        Angles {
            pitch_deg,
            yaw_deg,
            roll_deg: 0.0,
        }
    }

    #[test]
    fn each_eye_has_its_own_range() {
        let [left, right] = look_at(false, 9.0).eyes(gaze(-15.0, 30.0));
        assert_eq!((left.yaw_deg, right.yaw_deg), (6.0, 3.0));
        assert_eq!((left.pitch_deg, right.pitch_deg), (-4.5, -4.5));
        let [left, right] = look_at(false, 9.0).eyes(gaze(0.0, -90.0));
        assert_eq!((left.yaw_deg, right.yaw_deg), (-9.0, -9.0));
        // A range of nothing jumps.
        assert_eq!(look_at(false, 9.0).eyes(gaze(1.0, 0.0))[0].pitch_deg, 9.0);
        assert_eq!(look_at(false, 9.0).eyes(gaze(0.0, 0.0))[0], gaze(0.0, 0.0));
        assert_eq!(LookAt::default().eyes(gaze(3.0, 4.0)), [gaze(3.0, 4.0); 2]);
    }

    #[test]
    fn expressions_use_the_outer_range_for_both_sides() {
        let to = look_at(true, 2.0);
        assert_eq!(to.weights(gaze(-15.0, 11.25)), [0.0, 1.0, 0.5, 0.0]);
        assert_eq!(to.weights(gaze(5.0, -45.0)), [1.0, 0.0, 0.0, 1.0]);
    }
}
