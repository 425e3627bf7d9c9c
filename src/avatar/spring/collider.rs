//! What springs cannot swing through: VRMC_springBone 1.0 and VRMC_springBone_extended_collider 1.0.

use glam::{Mat4, Vec3};

/// A shape, in the space of the node that carries it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// Everything within `radius` of the line from `from` to `to`; a sphere where both are one point. `inside`: all but
    /// that.
    Capsule {
        from: Vec3,
        to: Vec3,
        radius: f32,
        inside: bool,
    },
    /// Everything behind the plane through `at`.
    Plane { at: Vec3, normal: Vec3 },
}

/// A shape at one instant, in model space, metres.
#[derive(Clone, Copy, Debug)]
pub(super) enum Placed {
    Capsule {
        from: Vec3,
        line: Vec3,
        radius: f32,
        inside: bool,
    },
    Plane {
        at: Vec3,
        normal: Vec3,
    },
}

impl Shape {
    /// The shape where its node stands. A radius grows with the node's largest scale.
    pub(super) fn place(&self, model_from_node: &Mat4) -> Placed {
        match *self {
            Self::Capsule {
                from,
                to,
                radius,
                inside,
            } => {
                let axes = [
                    model_from_node.x_axis,
                    model_from_node.y_axis,
                    model_from_node.z_axis,
                ];
                let scale = axes.map(|axis| axis.truncate().length_squared());
                let scale = scale.into_iter().fold(0.0, f32::max).sqrt();
                let from = model_from_node.transform_point3(from);
                Placed::Capsule {
                    from,
                    line: model_from_node.transform_point3(to) - from,
                    radius: radius * scale,
                    inside,
                }
            }
            Self::Plane { at, normal } => {
                let cofactor = model_from_node.inverse().transpose();
                Placed::Plane {
                    at: model_from_node.transform_point3(at),
                    normal: cofactor.transform_vector3(normal).normalize_or(Vec3::Y),
                }
            }
        }
    }
}

impl Placed {
    /// Which way, and how far, a ball of `radius` at `point` must move to touch the shape no more; `None` when it does not.
    pub(super) fn push(&self, point: Vec3, radius: f32) -> Option<Vec3> {
        let (direction, distance) = match *self {
            Self::Capsule {
                from,
                line,
                radius: own,
                inside,
            } => {
                let length = line.length_squared();
                let along = if length > 0.0 {
                    ((point - from).dot(line) / length).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let away = point - from - along * line;
                let far = away.length();
                if inside {
                    (-away.normalize_or(Vec3::Y), own - radius - far)
                } else {
                    (away.normalize_or(Vec3::Y), far - own - radius)
                }
            }
            Self::Plane { at, normal } => (normal, (point - at).dot(normal) - radius),
        };
        (distance < 0.0).then(|| -distance * direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capsule(from: Vec3, to: Vec3, inside: bool) -> Shape {
        Shape::Capsule {
            from,
            to,
            radius: 0.5,
            inside,
        }
    }

    #[test]
    fn balls_are_pushed_out_of_shapes_and_kept_in_them() {
        let near = |push: Option<Vec3>, to: Vec3| {
            let push = push.unwrap();
            assert!((push - to).length() < 1e-5, "{push} is not {to}");
        };
        let sphere = capsule(Vec3::ZERO, Vec3::ZERO, false).place(&Mat4::IDENTITY);
        near(sphere.push(Vec3::X * 0.4, 0.2), Vec3::X * 0.3);
        assert_eq!(sphere.push(Vec3::X * 0.8, 0.2), None);
        let line = capsule(Vec3::ZERO, Vec3::Y, false).place(&Mat4::IDENTITY);
        near(line.push(Vec3::new(0.4, 0.5, 0.0), 0.0), Vec3::X * 0.1);
        near(line.push(Vec3::new(0.0, 1.4, 0.0), 0.0), Vec3::Y * 0.1);
        assert_eq!(line.push(Vec3::new(0.0, 1.6, 0.0), 0.0), None);
        let around = capsule(Vec3::ZERO, Vec3::Y, true).place(&Mat4::IDENTITY);
        near(around.push(Vec3::new(0.6, 0.5, 0.0), 0.1), Vec3::X * -0.2);
        assert_eq!(around.push(Vec3::new(0.3, 0.5, 0.0), 0.1), None);
        let plane = Shape::Plane {
            at: Vec3::ZERO,
            normal: Vec3::Z,
        };
        let plane = plane.place(&Mat4::from_rotation_x(-std::f32::consts::FRAC_PI_2));
        near(plane.push(Vec3::new(3.0, -0.2, 1.0), 0.1), Vec3::Y * 0.3);
        assert_eq!(plane.push(Vec3::new(3.0, 0.2, -9.0), 0.1), None);
    }

    #[test]
    fn shapes_grow_with_their_node() {
        let sphere = capsule(Vec3::X, Vec3::X, false);
        let placed = sphere.place(&Mat4::from_scale(Vec3::splat(0.1)));
        assert!(placed.push(Vec3::new(0.16, 0.0, 0.0), 0.0).is_none());
        assert!(placed.push(Vec3::new(0.14, 0.0, 0.0), 0.0).is_some());
    }
}
