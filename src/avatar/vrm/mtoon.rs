//! Cartoon materials of VRM 1.0: the extension `VRMC_materials_mtoon`.

use serde_json::Value;

use super::json::{is, number_of, numbers_of, text_of};
use crate::avatar::material::{Alpha, Material, TextureUse, surface_of, transform_of};
use crate::avatar::toon::{Outline, Toon};

/// Reads the extension of each material that has one. It takes precedence over `KHR_materials_unlit`.
pub(super) fn read(document: &gltf::Document, materials: &mut [Material]) {
    for (source, material) in document.materials().zip(materials) {
        if let Some(mtoon) = source.extension_value("VRMC_materials_mtoon")
            && mtoon.is_object()
        {
            dress(document, mtoon, material);
        }
    }
}

fn dress(document: &gltf::Document, mtoon: &Value, material: &mut Material) {
    let picture = |key: &str| texture(document, mtoon.get(key)?);
    let number = |key: &str, otherwise: f32| number_of(mtoon, key).unwrap_or(otherwise);
    let share = |key: &str, otherwise: f32| number(key, otherwise).clamp(0.0, 1.0);
    let color = |key: &str, otherwise: [f32; 3]| {
        numbers_of::<3>(mtoon, key).map_or(otherwise, |color| color.map(|light| light.max(0.0)))
    };
    let plain = Toon::default();
    let shift = mtoon.get("shadingShiftTexture").unwrap_or(&Value::Null);
    let toon = Toon {
        shade: picture("shadeMultiplyTexture"),
        shading_shift: number("shadingShiftFactor", plain.shading_shift),
        shift_texture: texture(document, shift),
        shift_texture_scale: number_of(shift, "scale").unwrap_or(plain.shift_texture_scale),
        shading_toony: share("shadingToonyFactor", plain.shading_toony),
        gi_equalization: share("giEqualizationFactor", plain.gi_equalization),
        matcap: picture("matcapTexture"),
        rim_multiply: picture("rimMultiplyTexture"),
        rim_fresnel_power: number("parametricRimFresnelPowerFactor", plain.rim_fresnel_power)
            .max(0.0),
        rim_lift: number("parametricRimLiftFactor", plain.rim_lift),
        rim_lighting_mix: share("rimLightingMixFactor", plain.rim_lighting_mix),
        outline: match text_of(mtoon, "outlineWidthMode") {
            Some("worldCoordinates") => Outline::World,
            Some("screenCoordinates") => Outline::Screen,
            _ => Outline::None,
        },
        outline_width: number("outlineWidthFactor", plain.outline_width).max(0.0),
        outline_width_texture: picture("outlineWidthMultiplyTexture"),
        outline_lighting_mix: share("outlineLightingMixFactor", plain.outline_lighting_mix),
        uv_mask: picture("uvAnimationMaskTexture"),
        uv_scroll: [
            number("uvAnimationScrollXSpeedFactor", 0.0),
            number("uvAnimationScrollYSpeedFactor", 0.0),
        ],
        uv_rotation: number("uvAnimationRotationSpeedFactor", 0.0),
        writes_depth: material.alpha == Alpha::Blend && is(mtoon, "transparentWithZWrite"),
    };
    material.factors.shade = color("shadeColorFactor", [0.0; 3]);
    material.factors.matcap = color("matcapFactor", [1.0; 3]);
    material.factors.rim = color("parametricRimColorFactor", [0.0; 3]);
    material.factors.outline = color("outlineColorFactor", [0.0; 3]);
    if material.alpha == Alpha::Blend {
        let offset = mtoon.get("renderQueueOffsetNumber").and_then(Value::as_i64);
        material.queue = queue(offset.unwrap_or(0), toon.writes_depth);
    }
    material.surface = surface_of(&material.name);
    material.toon = Some(Box::new(toon));
}

/// An offset of the drawing order within what the specification allows: 0 to 9 for materials that write depth, which
/// are drawn before the others, and -9 to 0 for the others.
pub(super) fn queue(offset: i64, writes_depth: bool) -> i32 {
    let (least, most) = if writes_depth { (0, 9) } else { (-9, 0) };
    i32::try_from(offset.clamp(least, most)).unwrap_or(0)
}

/// The picture that a `textureInfo` object names.
fn texture(document: &gltf::Document, info: &Value) -> Option<TextureUse> {
    let index = usize::try_from(info.get("index")?.as_u64()?).ok()?;
    let uv_set = |value: &Value| {
        let set = value.get("texCoord")?.as_u64()?;
        u32::try_from(set).ok()
    };
    let texture = document.textures().nth(index)?;
    let moved = info
        .pointer("/extensions/KHR_texture_transform")
        .unwrap_or(&Value::Null);
    let set = uv_set(moved).or_else(|| uv_set(info)).unwrap_or(0);
    Some(TextureUse {
        transform: transform_of(moved),
        ..TextureUse::plain(&texture, set)
    })
}
