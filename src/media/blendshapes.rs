//! The engine's neutral face space: the 52 ARKit blendshapes.

use std::fmt;
use std::ops::{Index, IndexMut};

/// One of the 52 ARKit blendshapes; the discriminant is its place in [`Blendshapes`].
///
/// Names and order are those of Apple's `ARFaceAnchor.BlendShapeLocation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
#[allow(missing_docs, reason = "the names are Apple's")]
pub enum Shape {
    EyeBlinkLeft,
    EyeLookDownLeft,
    EyeLookInLeft,
    EyeLookOutLeft,
    EyeLookUpLeft,
    EyeSquintLeft,
    EyeWideLeft,
    EyeBlinkRight,
    EyeLookDownRight,
    EyeLookInRight,
    EyeLookOutRight,
    EyeLookUpRight,
    EyeSquintRight,
    EyeWideRight,
    JawForward,
    JawLeft,
    JawRight,
    JawOpen,
    MouthClose,
    MouthFunnel,
    MouthPucker,
    MouthLeft,
    MouthRight,
    MouthSmileLeft,
    MouthSmileRight,
    MouthFrownLeft,
    MouthFrownRight,
    MouthDimpleLeft,
    MouthDimpleRight,
    MouthStretchLeft,
    MouthStretchRight,
    MouthRollLower,
    MouthRollUpper,
    MouthShrugLower,
    MouthShrugUpper,
    MouthPressLeft,
    MouthPressRight,
    MouthLowerDownLeft,
    MouthLowerDownRight,
    MouthUpperUpLeft,
    MouthUpperUpRight,
    BrowDownLeft,
    BrowDownRight,
    BrowInnerUp,
    BrowOuterUpLeft,
    BrowOuterUpRight,
    CheekPuff,
    CheekSquintLeft,
    CheekSquintRight,
    NoseSneerLeft,
    NoseSneerRight,
    TongueOut,
}

/// The ARKit names in the order of [`Shape`].
pub const ARKIT_NAMES: [&str; 52] = [
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawRight",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthLeft",
    "mouthRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
];

/// The order of [`ARKIT_NAMES`] as shapes.
const ALL: [Shape; 52] = [
    Shape::EyeBlinkLeft,
    Shape::EyeLookDownLeft,
    Shape::EyeLookInLeft,
    Shape::EyeLookOutLeft,
    Shape::EyeLookUpLeft,
    Shape::EyeSquintLeft,
    Shape::EyeWideLeft,
    Shape::EyeBlinkRight,
    Shape::EyeLookDownRight,
    Shape::EyeLookInRight,
    Shape::EyeLookOutRight,
    Shape::EyeLookUpRight,
    Shape::EyeSquintRight,
    Shape::EyeWideRight,
    Shape::JawForward,
    Shape::JawLeft,
    Shape::JawRight,
    Shape::JawOpen,
    Shape::MouthClose,
    Shape::MouthFunnel,
    Shape::MouthPucker,
    Shape::MouthLeft,
    Shape::MouthRight,
    Shape::MouthSmileLeft,
    Shape::MouthSmileRight,
    Shape::MouthFrownLeft,
    Shape::MouthFrownRight,
    Shape::MouthDimpleLeft,
    Shape::MouthDimpleRight,
    Shape::MouthStretchLeft,
    Shape::MouthStretchRight,
    Shape::MouthRollLower,
    Shape::MouthRollUpper,
    Shape::MouthShrugLower,
    Shape::MouthShrugUpper,
    Shape::MouthPressLeft,
    Shape::MouthPressRight,
    Shape::MouthLowerDownLeft,
    Shape::MouthLowerDownRight,
    Shape::MouthUpperUpLeft,
    Shape::MouthUpperUpRight,
    Shape::BrowDownLeft,
    Shape::BrowDownRight,
    Shape::BrowInnerUp,
    Shape::BrowOuterUpLeft,
    Shape::BrowOuterUpRight,
    Shape::CheekPuff,
    Shape::CheekSquintLeft,
    Shape::CheekSquintRight,
    Shape::NoseSneerLeft,
    Shape::NoseSneerRight,
    Shape::TongueOut,
];

impl Shape {
    /// All shapes in order.
    pub const ALL: [Self; 52] = ALL;

    /// The ARKit name, for example `jawOpen`.
    pub fn name(self) -> &'static str {
        ARKIT_NAMES[self as usize]
    }

    /// The shape with this ARKit name; exact spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        ARKIT_NAMES
            .iter()
            .position(|known| *known == name)
            .map(|index| ALL[index])
    }
}

/// A face: the weight of each ARKit shape, normally 0..=1.
#[derive(Clone, Copy, PartialEq)]
pub struct Blendshapes(pub [f32; 52]);

impl Blendshapes {
    /// Linear blend: `self` at 0, `other` at 1.
    pub fn lerp(&self, other: &Self, amount: f32) -> Self {
        Self(std::array::from_fn(|i| {
            self.0[i] + (other.0[i] - self.0[i]) * amount
        }))
    }

    /// All weights clamped to 0..=1; a NaN becomes 0.
    pub fn clamped(&self) -> Self {
        Self(self.0.map(|weight| {
            if weight.is_nan() {
                0.0
            } else {
                weight.clamp(0.0, 1.0)
            }
        }))
    }

    /// Shapes with a weight above `threshold`.
    pub fn active(&self, threshold: f32) -> impl Iterator<Item = (Shape, f32)> + '_ {
        ALL.iter()
            .map(|&shape| (shape, self[shape]))
            .filter(move |(_, weight)| *weight > threshold)
    }
}

impl Default for Blendshapes {
    fn default() -> Self {
        Self([0.0; 52])
    }
}

impl Index<Shape> for Blendshapes {
    type Output = f32;
    fn index(&self, shape: Shape) -> &f32 {
        &self.0[shape as usize]
    }
}

impl IndexMut<Shape> for Blendshapes {
    fn index_mut(&mut self, shape: Shape) -> &mut f32 {
        &mut self.0[shape as usize]
    }
}

impl fmt::Debug for Blendshapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.active(0.0)
                    .map(|(shape, weight)| (shape.name(), weight)),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_shapes_agree() {
        for (index, shape) in Shape::ALL.into_iter().enumerate() {
            assert_eq!(shape as usize, index);
            assert_eq!(Shape::from_name(shape.name()), Some(shape));
            assert_eq!(
                shape.name().to_lowercase(),
                format!("{shape:?}").to_lowercase()
            );
        }
        assert_eq!(Shape::from_name("JawOpen"), None);
    }
}
