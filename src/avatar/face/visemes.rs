//! From ARKit shapes to the few mouth positions that VRM and Oculus avatars know.

use crate::media::{Blendshapes, Shape};

/// A mouth position of avatars without ARKit shapes: the five vowels of VRM, closed lips and bitten lips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum Viseme {
    /// Wide open, as in "father".
    Aa,
    /// Spread, teeth nearly shut, as in "see".
    Ih,
    /// Small and rounded, as in "you".
    Ou,
    /// Spread and half open, as in "bed".
    Ee,
    /// Rounded and half open, as in "thought".
    Oh,
    /// Lips pressed together, as in "p", "b", "m".
    Pp,
    /// The lower lip under the upper teeth, as in "f", "v".
    Ff,
}

impl Viseme {
    /// How many there are.
    pub const COUNT: usize = 7;
    /// In order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Aa,
        Self::Ih,
        Self::Ou,
        Self::Ee,
        Self::Oh,
        Self::Pp,
        Self::Ff,
    ];

    /// As in `avatar.toml`: `aa`, `ih`, `ou`, `ee`, `oh`, `pp` or `ff`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aa => "aa",
            Self::Ih => "ih",
            Self::Ou => "ou",
            Self::Ee => "ee",
            Self::Oh => "oh",
            Self::Pp => "pp",
            Self::Ff => "ff",
        }
    }
}

/// `mouthPress` of lips that are pressed together to make a sound; less is an expression or on the way.
const PRESSED: f32 = 0.30;
/// `mouthRollLower` of a bitten lip.
const BITTEN: f32 = 0.55;
/// `mouthFunnel` + `mouthPucker` above which nothing of an unrounded vowel is left.
const ROUNDED: f32 = 0.48;
/// `mouthStretch` + `mouthSmile` below which lips are not spread, and of a spread vowel.
const SPREAD: (f32, f32) = (0.08, 0.38);
/// An opening (`jawOpen` + 0.3 `mouthLowerDown`) below which a mouth is on its way to be shut: a smile is no vowel.
const AJAR: f32 = 0.06;

/// The weight of each [`Viseme`] in `face`; none is negative and together they are at most 1.
///
/// Made for the poses of the table of visual phones: AA gives `aa`, EH `ee`, IH and IY `ih`, AO and OW `oh`, UW and WW
/// `ou`, with weaker shares for their neighbours. Rounding divides between `ou` and `oh` by the jaw, spreading between `ih`,
/// `ee` and `aa`. Where lips meet (`mouthClose` near `jawOpen`, or pressed lips) by the share p, vowels are multiplied by
/// (1 - p)^2, so closed lips are exactly closed.
#[must_use]
pub fn visemes(face: &Blendshapes) -> [f32; Viseme::COUNT] {
    let both = |left: Shape, right: Shape| f32::midpoint(face[left], face[right]);
    let jaw = face[Shape::JawOpen];
    let pressed = both(Shape::MouthPressLeft, Shape::MouthPressRight) / PRESSED;
    let shut = pressed.max(closed_share(face)).clamp(0.0, 1.0);
    let bitten = (face[Shape::MouthRollLower] / BITTEN).clamp(0.0, 1.0);
    let lowered = both(Shape::MouthLowerDownLeft, Shape::MouthLowerDownRight);
    let opening = jaw + 0.3 * lowered;
    let (funnel, pucker) = (face[Shape::MouthFunnel], face[Shape::MouthPucker]);
    let rounded = ((funnel + pucker) / ROUNDED).clamp(0.0, 1.0);
    let spread = both(Shape::MouthStretchLeft, Shape::MouthStretchRight)
        + both(Shape::MouthSmileLeft, Shape::MouthSmileRight);
    let spread = ((spread - SPREAD.0) / (SPREAD.1 - SPREAD.0)).clamp(0.0, 1.0);

    // Rounded: a jaw that hangs makes oh of ou.
    let low_jaw = ramp(jaw, 0.13, 0.33);
    let oh = low_jaw * (funnel / 0.45).clamp(0.0, 1.0);
    let ou = (1.0 - low_jaw) * ((pucker + 0.5 * funnel) / 0.85).clamp(0.0, 1.0);
    // Unrounded: the wider the jaw, the more a spread mouth goes from ih over ee to aa.
    let (half_open, wide_open) = (ramp(jaw, 0.20, 0.36), ramp(jaw, 0.34, 0.60));
    let flat = 1.0 - rounded;
    let aa = flat * (jaw / 0.60).min(1.0) * (1.0 - spread * (1.0 - wide_open));
    let ee = flat * spread * half_open * (1.0 - wide_open);
    let ih = flat * spread * (1.0 - half_open) * (opening / 0.22).min(1.0);

    let sum = aa + ih + ou + ee + oh;
    let heard = (1.0 - shut).powi(2) * (1.0 - bitten).powi(2) * (opening / AJAR).clamp(0.0, 1.0);
    let scale = heard / sum.max(1.0);
    let [aa, ih, ou, ee, oh] = [aa, ih, ou, ee, oh].map(|weight| weight * scale);
    // (1 - p)^2 (1 - b)^2 + b (1 - p) + p <= 1.
    [aa, ih, ou, ee, oh, shut, bitten * (1.0 - shut)]
}

/// How far lips are closed over the open jaw: `mouthClose` as a share of `jawOpen`, 0..=1.
pub(in crate::avatar) fn closed_share(face: &Blendshapes) -> f32 {
    let (close, jaw) = (face[Shape::MouthClose], face[Shape::JawOpen]);
    if close <= 0.0 {
        0.0
    } else if close >= jaw {
        1.0
    } else {
        close / jaw
    }
}

/// 0 below `from`, 1 above `to`, smooth between (3t^2 - 2t^3).
fn ramp(value: f32, from: f32, to: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
