//! MToon: materials that are drawn like a cartoon, with the parameters of `VRMC_materials_mtoon` 1.0.

use super::material::TextureUse;

/// How a cartoon material is shaded; its colours are in [`super::Factors`].
#[derive(Clone, Debug, PartialEq)]
pub struct Toon {
    /// Multiplies the shade colour (sRGB).
    pub shade: Option<TextureUse>,
    /// Moves the border between light and shade, -1..=1: positive is more light.
    pub shading_shift: f32,
    /// Adds to the shift, in red (linear).
    pub shift_texture: Option<TextureUse>,
    /// How strong that is.
    pub shift_texture_scale: f32,
    /// How hard the border is: 0 soft (Lambert) to 1 hard.
    pub shading_toony: f32,
    /// How even the light from all round is, 0..=1.
    pub gi_equalization: f32,
    /// A sphere seen from the camera that is added as if mirrored (sRGB).
    pub matcap: Option<TextureUse>,
    /// Multiplies rim and matcap (sRGB).
    pub rim_multiply: Option<TextureUse>,
    /// How narrow the rim is.
    pub rim_fresnel_power: f32,
    /// Widens the rim.
    pub rim_lift: f32,
    /// How much of the scene's light the rim takes, 0..=1.
    pub rim_lighting_mix: f32,
    /// How the outline is measured.
    pub outline: Outline,
    /// The outline's width: metres, or a share of the picture's height.
    pub outline_width: f32,
    /// Multiplies the width, in green (linear).
    pub outline_width_texture: Option<TextureUse>,
    /// How much of the scene's light the outline takes, 0..=1.
    pub outline_lighting_mix: f32,
    /// Where pictures move, in blue (linear).
    pub uv_mask: Option<TextureUse>,
    /// How fast pictures move along u and v, per second.
    pub uv_scroll: [f32; 2],
    /// How fast pictures turn, radians per second.
    pub uv_rotation: f32,
    /// Whether a blended material hides what is behind it.
    pub writes_depth: bool,
}

/// How the width of an outline is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outline {
    /// There is none.
    #[default]
    None,
    /// In metres.
    World,
    /// As a share of the picture's height.
    Screen,
}

impl Default for Toon {
    /// The defaults of the specification.
    fn default() -> Self {
        Self {
            shade: None,
            shading_shift: 0.0,
            shift_texture: None,
            shift_texture_scale: 1.0,
            shading_toony: 0.9,
            gi_equalization: 0.9,
            matcap: None,
            rim_multiply: None,
            rim_fresnel_power: 5.0,
            rim_lift: 0.0,
            rim_lighting_mix: 1.0,
            outline: Outline::None,
            outline_width: 0.0,
            outline_width_texture: None,
            outline_lighting_mix: 1.0,
            uv_mask: None,
            uv_scroll: [0.0; 2],
            uv_rotation: 0.0,
            writes_depth: false,
        }
    }
}

impl Toon {
    /// Every picture that it uses.
    pub(super) fn textures(&self) -> impl Iterator<Item = &TextureUse> {
        [
            &self.shade,
            &self.shift_texture,
            &self.matcap,
            &self.rim_multiply,
            &self.outline_width_texture,
            &self.uv_mask,
        ]
        .into_iter()
        .flatten()
    }
}
