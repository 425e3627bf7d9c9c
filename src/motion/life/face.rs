//! The part of the face that does not speak: a gentle smile, brows, feelings, and how they give way to the lips.

use crate::media::{Blendshapes, Emotion, Shape};

/// What is left of a smile while lips are closed, bitten or rounded.
const SMILE_LEFT: f32 = 0.4;
/// Weights at which lips count as fully closed, bitten, rounded (the pose table's p, f and w).
const PRESSED: f32 = 0.24;
const BITTEN: f32 = 0.40;
const ROUNDED: f32 = 0.60;
/// How far loud syllables lift the brows.
const BROW_LIFT: f32 = 0.22;

/// What a feeling adds to the face at full strength; both sides alike.
fn offsets(emotion: Emotion) -> &'static [(Shape, Option<Shape>, f32)] {
    use Shape as S;
    const SMILE: (S, Option<S>) = (S::MouthSmileLeft, Some(S::MouthSmileRight));
    const FROWN: (S, Option<S>) = (S::MouthFrownLeft, Some(S::MouthFrownRight));
    const CHEEK: (S, Option<S>) = (S::CheekSquintLeft, Some(S::CheekSquintRight));
    const SQUINT: (S, Option<S>) = (S::EyeSquintLeft, Some(S::EyeSquintRight));
    const WIDE: (S, Option<S>) = (S::EyeWideLeft, Some(S::EyeWideRight));
    const INNER: (S, Option<S>) = (S::BrowInnerUp, None);
    const OUTER: (S, Option<S>) = (S::BrowOuterUpLeft, Some(S::BrowOuterUpRight));
    const DOWN: (S, Option<S>) = (S::BrowDownLeft, Some(S::BrowDownRight));
    const JAW: (S, Option<S>) = (S::JawOpen, None);
    match emotion {
        Emotion::Neutral => &[],
        Emotion::Joy => &[
            (SMILE.0, SMILE.1, 0.35),
            (CHEEK.0, CHEEK.1, 0.30),
            (SQUINT.0, SQUINT.1, 0.15),
            (OUTER.0, OUTER.1, 0.08),
        ],
        Emotion::Warmth => &[
            (SMILE.0, SMILE.1, 0.18),
            (CHEEK.0, CHEEK.1, 0.12),
            (SQUINT.0, SQUINT.1, 0.08),
            (INNER.0, INNER.1, 0.10),
        ],
        Emotion::Surprise => &[
            (INNER.0, INNER.1, 0.45),
            (OUTER.0, OUTER.1, 0.40),
            (WIDE.0, WIDE.1, 0.35),
            (JAW.0, JAW.1, 0.05),
        ],
        Emotion::Concern => &[
            (INNER.0, INNER.1, 0.40),
            (DOWN.0, DOWN.1, 0.12),
            (FROWN.0, FROWN.1, 0.15),
            (SMILE.0, SMILE.1, -0.10),
        ],
        Emotion::Excitement => &[
            (SMILE.0, SMILE.1, 0.38),
            (CHEEK.0, CHEEK.1, 0.20),
            (OUTER.0, OUTER.1, 0.22),
            (WIDE.0, WIDE.1, 0.15),
        ],
        Emotion::Apology => &[
            (INNER.0, INNER.1, 0.45),
            (FROWN.0, FROWN.1, 0.10),
            (SMILE.0, SMILE.1, -0.06),
        ],
    }
}

/// All offsets of a feeling; may be negative.
pub(super) fn face_of(emotion: Emotion) -> Blendshapes {
    let mut face = Blendshapes::default();
    for &(left, right, weight) in offsets(emotion) {
        face[left] = weight;
        if let Some(right) = right {
            face[right] = weight;
        }
    }
    face
}

/// Puts mouth, smile, brows and feeling together.
pub(super) fn compose(
    mouth: &Blendshapes,
    feeling: &Blendshapes,
    resting_smile: f32,
    lift: f32,
) -> Blendshapes {
    let busy = busy_lips(mouth);
    let mut face = *mouth;
    for (shape, weight) in Shape::ALL.into_iter().zip(feeling.0) {
        face[shape] += weight * room_for(shape, busy);
    }
    let smile = resting_smile * room_for(Shape::MouthSmileLeft, busy);
    for shape in [Shape::MouthSmileLeft, Shape::MouthSmileRight] {
        face[shape] += smile;
    }
    for shape in [Shape::CheekSquintLeft, Shape::CheekSquintRight] {
        face[shape] += 0.4 * smile;
    }
    face[Shape::BrowInnerUp] += 0.7 * BROW_LIFT * lift;
    face[Shape::BrowOuterUpLeft] += BROW_LIFT * lift;
    face[Shape::BrowOuterUpRight] += BROW_LIFT * lift;
    face
}

/// How much the lips are needed for what is said, 0..=1: closed, bitten or rounded.
fn busy_lips(mouth: &Blendshapes) -> f32 {
    let pressed = mouth[Shape::MouthPressLeft].max(mouth[Shape::MouthPressRight]) / PRESSED;
    let bitten = mouth[Shape::MouthRollLower] / BITTEN;
    let rounded = mouth[Shape::MouthPucker] / ROUNDED;
    pressed.max(bitten).max(rounded).clamp(0.0, 1.0)
}

/// How much of a feeling's offset busy lips allow: smiles shrink, what would open the lips goes.
fn room_for(shape: Shape, busy: f32) -> f32 {
    match shape {
        Shape::MouthSmileLeft
        | Shape::MouthSmileRight
        | Shape::MouthFrownLeft
        | Shape::MouthFrownRight => 1.0 - (1.0 - SMILE_LEFT) * busy,
        Shape::JawOpen => 1.0 - busy,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_feeling_opens_a_closure() {
        let mut closed = Blendshapes::default();
        closed[Shape::JawOpen] = 0.07;
        closed[Shape::MouthClose] = 0.07;
        closed[Shape::MouthPressLeft] = 0.3;
        closed[Shape::MouthPressRight] = 0.3;
        for emotion in Emotion::ALL {
            let face = compose(&closed, &face_of(emotion), 0.1, 1.0);
            assert_eq!(face[Shape::JawOpen], 0.07, "{emotion:?}");
            assert!(face[Shape::MouthSmileLeft] <= 0.4 * 0.5, "{emotion:?}");
        }
    }
}
