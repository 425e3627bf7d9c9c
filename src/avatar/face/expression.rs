//! Expressions: faces that the maker of an avatar gave a name, such as VRM's `happy`, and how several of them share a face.

use crate::avatar::Factors;

/// One expression of an avatar.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Its name; those of VRM 0.x presets are given as in 1.0 (`joy` is `happy`, `a` is `aa`).
    pub name: String,
    /// The maker's own, not one of the specification's.
    pub is_custom: bool,
    /// Only fully on or off.
    pub is_binary: bool,
    /// Which targets it moves: mesh of the avatar, target of the mesh, weight when fully on.
    pub targets: Vec<(usize, usize, f32)>,
    /// Which materials it changes, and what they are when it is fully on.
    pub materials: Vec<(usize, Factors)>,
    /// What it does to blinks, gaze and mouth while it is on.
    pub overrides: [Override; 3],
}

/// What an expression does to another part of the face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Override {
    /// Nothing.
    #[default]
    None,
    /// Switches it off as soon as the expression shows at all.
    Block,
    /// Weakens it by the expression's own weight.
    Blend,
}

/// The names of VRM 1.0 for expressions that every program knows.
pub(in crate::avatar) const PRESETS: [&str; 18] = [
    "happy",
    "angry",
    "sad",
    "relaxed",
    "surprised",
    "aa",
    "ih",
    "ou",
    "ee",
    "oh",
    "blink",
    "blinkLeft",
    "blinkRight",
    "lookUp",
    "lookDown",
    "lookLeft",
    "lookRight",
    "neutral",
];

/// The VRM 1.0 name of a preset of VRM 0.x; `None` for `unknown` and what is none.
pub(in crate::avatar) fn modern(preset: &str) -> Option<&'static str> {
    Some(match preset.to_ascii_lowercase().as_str() {
        "joy" => "happy",
        "angry" => "angry",
        "sorrow" => "sad",
        "fun" => "relaxed",
        "a" => "aa",
        "i" => "ih",
        "u" => "ou",
        "e" => "ee",
        "o" => "oh",
        "blink" => "blink",
        "blink_l" => "blinkLeft",
        "blink_r" => "blinkRight",
        "lookup" => "lookUp",
        "lookdown" => "lookDown",
        "lookleft" => "lookLeft",
        "lookright" => "lookRight",
        "neutral" => "neutral",
        _ => return None,
    })
}

/// The part of a face that an expression may take from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(in crate::avatar) enum Part {
    Blink,
    LookAt,
    Mouth,
}

impl Expression {
    /// The part of the face that this expression is; `None` for a feeling and for the maker's own.
    pub(in crate::avatar) fn part(&self) -> Option<Part> {
        if self.is_custom {
            return None;
        }
        Some(match self.name.as_str() {
            "blink" | "blinkLeft" | "blinkRight" => Part::Blink,
            "lookUp" | "lookDown" | "lookLeft" | "lookRight" => Part::LookAt,
            "aa" | "ih" | "ou" | "ee" | "oh" => Part::Mouth,
            _ => return None,
        })
    }

    /// The weight that shows when `asked` is asked for. Specification: greater than 0.5 is 1, otherwise 0.
    pub(in crate::avatar) fn shown(&self, asked: f32) -> f32 {
        match (self.is_binary, asked > 0.5) {
            (false, _) => asked,
            (true, on) => f32::from(u8::from(on)),
        }
    }

    /// The weight that is left of `asked` where others leave `room` (1: all of it) for this part of the face.
    pub(in crate::avatar) fn left(&self, asked: f32, room: f32) -> f32 {
        let shown = self.shown(asked);
        match self.is_binary {
            true if room < 1.0 => 0.0,
            true => shown,
            false => shown * room,
        }
    }
}

/// The room that expressions leave for blinks, gaze and mouth, each 0..=1: `1 - saturate(sum)` over what is blended by the
/// weight that shows, or blocked. What an expression says of its own part does not count.
pub(in crate::avatar) fn room(expressions: &[Expression], asked: &[f32]) -> [f32; 3] {
    let mut taken = [0.0f32; 3];
    for (expression, asked) in expressions.iter().zip(asked) {
        let shown = expression.shown(*asked);
        let own = expression.part().map(|part| part as usize);
        for (part, rule) in expression.overrides.iter().enumerate() {
            if own != Some(part) {
                taken[part] += match rule {
                    Override::None => 0.0,
                    Override::Block => f32::from(u8::from(shown > 0.0)),
                    Override::Blend => shown,
                };
            }
        }
    }
    taken.map(|taken| 1.0 - taken.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(name: &str, is_binary: bool, blink: Override) -> Expression {
        Expression {
            name: name.into(),
            is_custom: false,
            is_binary,
            targets: Vec::new(),
            materials: Vec::new(),
            overrides: [blink, Override::None, Override::None],
        }
    }

    /// What is left of a blink of 0.6 beside expressions with these rules and weights.
    fn blink(is_binary: bool, others: &[(Override, bool, f32)]) -> f32 {
        let mut all = vec![expression("blink", is_binary, Override::None)];
        let mut asked = vec![0.6];
        for (index, (rule, is_binary, weight)) in others.iter().enumerate() {
            let name = ["happy", "angry", "sad"][index];
            all.push(expression(name, *is_binary, *rule));
            asked.push(*weight);
        }
        all[0].left(0.6, room(&all, &asked)[Part::Blink as usize])
    }

    #[test]
    fn overrides_follow_the_specification() {
        use Override::{Blend, Block, None};
        assert_eq!(blink(false, &[(None, false, 1.0)]), 0.6);
        assert_eq!(blink(false, &[(Block, false, 0.0)]), 0.6);
        assert_eq!(blink(false, &[(Block, false, 0.01)]), 0.0);
        assert!((blink(false, &[(Blend, false, 0.25)]) - 0.45).abs() < 1e-6);
        assert_eq!(
            blink(false, &[(Blend, false, 0.7), (Blend, false, 0.7)]),
            0.0
        );
        // A binary expression takes what it shows.
        assert_eq!(blink(false, &[(Blend, true, 0.5)]), 0.6);
        assert_eq!(blink(false, &[(Blend, true, 0.51)]), 0.0);
        // What is binary is taken whole.
        assert_eq!(blink(true, &[]), 1.0);
        assert_eq!(blink(true, &[(Blend, false, 0.01)]), 0.0);
        let own = expression("blinkLeft", false, Block);
        assert_eq!(room(&[own], &[1.0]), [1.0; 3], "its own part");
    }
}
