//! Where to take the picture from, so that a host sits in it the way a photographer would frame.

use std::str::FromStr;

use glam::Vec3;

use super::Camera;
use crate::media::Size;

/// A portrait lens: narrow enough that noses stay small.
const FOV_Y_DEG: f32 = 22.0;
/// Free space over the head as a share of the picture's height.
const HEAD_ROOM: f32 = 0.085;
/// The picture is at least this many head heights wide, so that narrow pictures do not cut the hair.
const MIN_WIDTH_HEADS: f32 = 1.35;
/// So much of a picture's height may be added above heads to hide where a model ends.
const MOST_ABOVE: f32 = 0.2;
/// Beside the outer two of several hosts there is this much room for their shoulders in all, in heads.
const SIDES_HEADS: f32 = 1.75;
/// The body's lower end stays out of the picture by this many head heights.
const HEM_HEADS: f32 = 0.08;

/// How much of a host is in the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Head and neck.
    Face,
    /// Head to waist: the live-shopping cut.
    #[default]
    Bust,
    /// Head to hips, hanging hands included.
    Half,
    /// From head to where the model ends.
    Full,
}

impl FromStr for Framing {
    type Err = String;

    /// Reads `face`, `bust`, `half` or `full`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "face" => Ok(Self::Face),
            "bust" => Ok(Self::Bust),
            "half" => Ok(Self::Half),
            "full" => Ok(Self::Full),
            _ => Err(format!(
                "framing `{text}` is not `face`, `bust`, `half` or `full`"
            )),
        }
    }
}

/// Where the parts of a host are, metres in world space; an avatar's landmarks give the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Subject {
    /// The middle between the eyes.
    pub eyes: Vec3,
    /// Height of the top of the head.
    pub crown_m: f32,
    /// Height of the lowest point of the chin.
    pub chin_m: f32,
    /// Height where the model ends below.
    pub floor_m: f32,
}

impl Subject {
    /// The space that all of them fill; `None` for nobody.
    fn union(subjects: &[(Self, Vec3)]) -> Option<Self> {
        let placed = |(subject, place): &(Self, Vec3)| Self {
            eyes: subject.eyes + *place,
            crown_m: subject.crown_m + place.y,
            chin_m: subject.chin_m + place.y,
            floor_m: subject.floor_m + place.y,
        };
        let count = subjects.len() as f32;
        let sum = subjects.iter().map(placed).reduce(|all, one| Self {
            eyes: all.eyes + one.eyes,
            crown_m: all.crown_m.max(one.crown_m),
            chin_m: all.chin_m + one.chin_m,
            floor_m: all.floor_m.min(one.floor_m),
        })?;
        Some(Self {
            eyes: sum.eyes / count,
            chin_m: sum.chin_m / count,
            ..sum
        })
    }

    /// The height of the head, kept sensible for odd models.
    fn head_m(&self) -> f32 {
        let whole = (self.crown_m - self.floor_m).max(1e-3);
        (self.crown_m - self.chin_m).clamp(0.02 * whole, whole)
    }
}

impl Camera {
    /// A camera that shows `subject` from the front in a picture of `size`, any aspect.
    ///
    /// The height decides: a wide picture shows more at the sides, a very narrow one steps back until the head fits.
    pub fn framed(framing: Framing, subject: &Subject, size: Size) -> Self {
        Self::framed_wide(framing, subject, MIN_WIDTH_HEADS * subject.head_m(), size)
    }

    /// A camera that shows all of `subjects` side by side, each with the place where it stands.
    pub fn framed_all(framing: Framing, subjects: &[(Subject, Vec3)], size: Size) -> Self {
        let Some(union) = Subject::union(subjects) else {
            return Self::framed(framing, &Subject::default(), size);
        };
        let xs = subjects.iter().map(|(_, place)| place.x);
        let apart = xs.clone().fold(f32::NEG_INFINITY, f32::max) - xs.fold(f32::INFINITY, f32::min);
        Self::framed_wide(framing, &union, apart + SIDES_HEADS * union.head_m(), size)
    }

    fn framed_wide(framing: Framing, subject: &Subject, least_m: f32, size: Size) -> Self {
        let head = subject.head_m();
        let heads_below_crown = match framing {
            Framing::Face => 1.45,
            Framing::Bust => 2.35,
            Framing::Half => 3.9,
            Framing::Full => f32::INFINITY,
        };
        let (lowest, hem) = match framing {
            // A whole figure gets air below its feet.
            Framing::Full => (subject.floor_m - HEM_HEADS * head, f32::NEG_INFINITY),
            _ => (
                subject.crown_m - heads_below_crown * head,
                subject.floor_m + HEM_HEADS * head,
            ),
        };
        let bottom = lowest.max(hem).min(subject.crown_m - 0.5 * head);
        let head_room = match framing {
            Framing::Face => 1.3 * HEAD_ROOM,
            _ => HEAD_ROOM,
        };
        let aspect = size.width.max(1) as f32 / size.height.max(1) as f32;
        let wanted = (subject.crown_m - bottom) / (1.0 - head_room);
        let height = wanted.max(least_m / aspect);
        // A picture that had to grow keeps the share of head room and shows more below, but never the hem.
        let above = subject.crown_m + head_room * height;
        let top = if hem.is_finite() {
            // Rather the hem than heads at the foot of a picture.
            above.max((hem + height).min(above + MOST_ABOVE * height))
        } else {
            above
        };
        let middle = top - height / 2.0;
        let distance = height / 2.0 / (FOV_Y_DEG / 2.0).to_radians().tan();
        let target = Vec3::new(subject.eyes.x, middle, subject.eyes.z);
        // The lens stands between the middle of the picture and the eyes: eye contact without leaning lines.
        let eye_y = middle + 0.35 * (subject.eyes.y - middle);
        Self {
            eye: Vec3::new(target.x, eye_y, target.z + distance),
            target,
            fov_y_deg: FOV_Y_DEG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUST_MODEL: Subject = Subject {
        eyes: Vec3::new(0.0, 1.49, 0.07),
        crown_m: 1.62,
        chin_m: 1.394,
        floor_m: 1.064,
    };
    const STANDING: Subject = Subject {
        floor_m: 0.0,
        ..BUST_MODEL
    };

    /// Where a height at the depth of the eyes lies in the picture: 0 top, 1 bottom.
    fn row(camera: &Camera, y: f32) -> f32 {
        let view = glam::Mat4::look_at_rh(camera.eye, camera.target, Vec3::Y);
        let clip = glam::Mat4::perspective_rh(camera.fov_y_deg.to_radians(), 1.0, 0.01, 100.0)
            * view
            * Vec3::new(camera.target.x, y, camera.target.z).extend(1.0);
        0.5 - 0.5 * clip.y / clip.w
    }

    #[test]
    fn a_bust_has_its_head_in_the_upper_half_with_room() {
        for size in [
            Size::new(720, 1280),
            Size::new(1280, 720),
            Size::new(720, 720),
            Size::new(540, 960),
        ] {
            for subject in [BUST_MODEL, STANDING] {
                let camera = Camera::framed(Framing::Bust, &subject, size);
                let crown = row(&camera, subject.crown_m);
                assert!((0.04..0.15).contains(&crown), "{size}: crown at {crown}");
                let chin = row(&camera, subject.chin_m);
                assert!((0.3..0.5).contains(&chin), "{size}: chin at {chin}");
                assert!(
                    row(&camera, subject.floor_m) > 1.0,
                    "{size}: the model's end shows"
                );
            }
        }
    }

    #[test]
    fn two_are_in_the_picture_side_by_side() {
        for size in [Size::new(720, 1280), Size::new(1280, 720)] {
            for subject in [BUST_MODEL, STANDING] {
                let places = [-0.23, 0.23].map(|x| (subject, Vec3::new(x, 0.0, 0.0)));
                let camera = Camera::framed_all(Framing::Half, &places, size);
                let crown = row(&camera, subject.crown_m);
                assert!((0.04..0.32).contains(&crown), "{size}: crown at {crown}");
                let aspect = size.width as f32 / size.height as f32;
                let distance = camera.eye.z - camera.target.z;
                let wide = (camera.fov_y_deg / 2.0).to_radians().tan() * distance * aspect;
                let head = subject.head_m();
                assert!(wide > 0.23 + 0.8 * head, "{size}: {wide} m to each side");
            }
        }
    }

    #[test]
    fn half_a_figure_ends_between_hips_and_knees() {
        let camera = Camera::framed(Framing::Half, &STANDING, Size::new(720, 1280));
        assert!(row(&camera, 0.85) < 1.0 && row(&camera, 0.5) > 1.0);
    }

    #[test]
    fn a_whole_figure_is_whole() {
        let camera = Camera::framed(Framing::Full, &STANDING, Size::new(720, 1280));
        assert!(row(&camera, 0.0) < 1.0 && row(&camera, 1.62) > 0.03);
    }

    #[test]
    fn odd_models_give_a_usable_camera() {
        for subject in [
            Subject {
                eyes: Vec3::ZERO,
                crown_m: 0.0,
                chin_m: 0.0,
                floor_m: 0.0,
            },
            Subject {
                eyes: Vec3::new(0.0, 70.0, 10.0),
                crown_m: 79.0,
                chin_m: 200.0,
                floor_m: -3.0,
            },
        ] {
            for framing in [Framing::Face, Framing::Bust, Framing::Half, Framing::Full] {
                let camera = Camera::framed(framing, &subject, Size::new(16, 8192));
                assert!(camera.eye.is_finite() && camera.target.is_finite());
                assert!(camera.eye.z > camera.target.z);
            }
        }
    }
}
