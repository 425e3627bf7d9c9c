//! Expressions: faces that the maker of an avatar gave a name, such as VRM's `happy`.

use super::Factors;

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
