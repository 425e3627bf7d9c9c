//! Where things are as a host sees them.

use glam::{Quat, Vec3};

use super::{Camera, HostPlacement};
use crate::media::{Angles, HostId, Size};

/// The card hangs this far in front of a host's eyes, towards the lens, metres.
const CARD_AHEAD_M: f32 = 0.35;
/// Comments run on a screen below the lens and a little beside it, degrees.
const COMMENTS_BELOW_DEG: f32 = 9.0;
const COMMENTS_ASIDE_DEG: f32 = 3.0;

/// How far one host's gaze must turn from straight ahead to meet things.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sights {
    /// The lens.
    pub camera: Angles,
    /// The product card.
    pub card: Angles,
    /// The screen with comments.
    pub comments: Angles,
    /// The eyes of the other hosts.
    pub hosts: Vec<(HostId, Angles)>,
}

/// What every host sees; `eyes` is the middle between the eyes of each placed host in its own model space, and `card` a place
/// in the picture, from its upper left corner, in shares of its sides.
pub(super) fn sights(
    camera: &Camera,
    size: Size,
    card: [f32; 2],
    placed: &[HostPlacement],
    eyes: &[(HostId, Vec3)],
) -> Vec<Sights> {
    let world: Vec<Vec3> = placed
        .iter()
        .map(|placement| {
            let own = eyes.iter().find(|(host, _)| *host == placement.host);
            let own = own.map_or(Vec3::ZERO, |(_, eyes)| *eyes);
            placement.position + turn(placement) * own
        })
        .collect();
    let seen = placed.iter().zip(&world).map(|(placement, from)| {
        let towards = |to: Vec3| angles(turn(placement).inverse() * (to - *from));
        let lens = towards(camera.eye);
        let others = placed.iter().zip(&world);
        let others = others.filter(|(other, _)| other.host != placement.host);
        Sights {
            camera: lens,
            card: towards(through(camera, size, card, *from)),
            comments: Angles {
                pitch_deg: lens.pitch_deg - COMMENTS_BELOW_DEG,
                yaw_deg: lens.yaw_deg - COMMENTS_ASIDE_DEG,
                roll_deg: 0.0,
            },
            hosts: others
                .map(|(other, eyes)| (other.host.clone(), towards(*eyes)))
                .collect(),
        }
    });
    seen.collect()
}

fn turn(placement: &HostPlacement) -> Quat {
    Quat::from_rotation_y(placement.yaw_deg.to_radians())
}

/// The point before the eyes `from` at which viewers see the place `card` of the picture.
fn through(camera: &Camera, size: Size, card: [f32; 2], from: Vec3) -> Vec3 {
    let ahead = (camera.target - camera.eye).normalize_or(Vec3::NEG_Z);
    let right = ahead.cross(Vec3::Y).normalize_or(Vec3::X);
    let up = right.cross(ahead);
    let tall = (camera.fov_y_deg.to_radians() / 2.0).tan();
    let wide = tall * size.width as f32 / size.height.max(1) as f32;
    let ray = ahead + right * ((2.0 * card[0] - 1.0) * wide) + up * ((1.0 - 2.0 * card[1]) * tall);
    let depth = ((from - camera.eye).dot(ahead) - CARD_AHEAD_M).max(0.1);
    camera.eye + ray * depth
}

/// The turn from straight ahead (+Z) to `way`.
fn angles(way: Vec3) -> Angles {
    let Some(way) = way.try_normalize() else {
        return Angles::default();
    };
    Angles {
        pitch_deg: way.y.clamp(-1.0, 1.0).asin().to_degrees(),
        yaw_deg: way.x.atan2(way.z).to_degrees(),
        roll_deg: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        Camera {
            eye: Vec3::new(0.0, 1.5, 2.0),
            target: Vec3::new(0.0, 1.5, 0.0),
            fov_y_deg: 30.0,
        }
    }

    fn at(host: &str, x: f32, yaw_deg: f32) -> HostPlacement {
        HostPlacement {
            host: HostId::new(host),
            position: Vec3::new(x, 0.0, 0.0),
            yaw_deg,
        }
    }

    #[test]
    fn the_lens_the_card_and_the_other_are_where_viewers_see_them() {
        let placed = [at("lina", -0.3, 10.0), at("chen", 0.3, -10.0)];
        let eyes = Vec3::new(0.0, 1.5, 0.0);
        let eyes = placed.each_ref().map(|own| (own.host.clone(), eyes));
        let seen = sights(&camera(), Size::new(720, 1280), [0.9, 0.8], &placed, &eyes);
        // The lens lies 2 m ahead and 0.3 m to her left; she is turned there already.
        let lens = 0.3f32.atan2(2.0).to_degrees() - 10.0;
        assert!(
            (seen[0].camera.yaw_deg - lens).abs() < 0.01,
            "{:?}",
            seen[0]
        );
        assert!(seen[0].camera.pitch_deg.abs() < 0.01);
        assert!((seen[0].hosts[0].1.yaw_deg - 80.0).abs() < 0.01);
        assert!((seen[1].hosts[0].1.yaw_deg + 80.0).abs() < 0.01);
        // Low at the right of the picture: down and to the left of who looks out of it.
        assert!(seen[0].card.pitch_deg < -20.0 && seen[0].card.yaw_deg > 20.0);
    }

    #[test]
    fn a_look_at_the_card_is_seen_at_the_card() {
        let (camera, size, card) = (camera(), Size::new(720, 1280), [0.74, 0.6]);
        let placed = [at("lina", 0.1, 0.0)];
        let eyes = Vec3::new(0.0, 1.55, 0.1);
        let seen = sights(&camera, size, card, &placed, &[(HostId::new("lina"), eyes)]);
        let way = seen[0].card.to_quat() * Vec3::Z;
        let from = eyes + Vec3::new(0.1, 0.0, 0.0);
        let point = from + way * (CARD_AHEAD_M / way.z);
        let depth = camera.eye.z - point.z;
        let tall = (camera.fov_y_deg.to_radians() / 2.0).tan() * depth;
        let (x, y) = (point.x / (tall * 720.0 / 1280.0), (point.y - 1.5) / tall);
        assert!((0.5 + 0.5 * x - card[0]).abs() < 1e-3 && (0.5 - 0.5 * y - card[1]).abs() < 1e-3);
    }
}
