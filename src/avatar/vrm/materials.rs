//! Materials of VRM 0.x: `materialProperties`, which are the parameters of Unity's shaders. They are brought to what VRM
//! 1.0 means by the rules of UniVRM's migration (`MigrationMToonMaterial`, `MToon10Migrator`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::json::{index_of, is, list_of, number_of, numbers_of, text_of};
use super::mtoon::queue;
use crate::avatar::material::{Alpha, Material, Surface, TextureUse, surface_of};
use crate::avatar::toon::{Outline, Toon};

/// Drawn before every other blended material: what is blended, writes depth and is not a cartoon.
const FIRST_BLENDED: i32 = -100;

/// Brings `materials` to what the file's `materialProperties` say.
pub(super) fn read(
    document: &gltf::Document,
    materials: &mut [Material],
    warnings: &mut Vec<String>,
) {
    let Some(vrm) = document.extension_value("VRM") else {
        return;
    };
    let properties: Vec<Properties<'_>> = list_of(vrm, "materialProperties")
        .iter()
        .map(|value| Properties { value, document })
        .collect();
    let queues = Queues::of(&properties);
    let mut unknown = BTreeSet::new();
    for (own, material) in properties.iter().zip(materials) {
        match own.shader() {
            "VRM/MToon" => own.cartoon(material, &queues),
            "VRM_USE_GLTFSHADER" => {}
            shader if shader.starts_with("VRM/Unlit") => own.unlit(material, &queues),
            shader => {
                unknown.insert(shader);
            }
        }
    }
    for shader in unknown.into_iter().take(4) {
        let shader: String = shader.chars().take(60).collect();
        warnings.push(format!(
            "the shader `{shader}` is not VRM's: its materials are drawn as glTF describes them"
        ));
    }
}

/// One entry of `materialProperties`.
struct Properties<'a> {
    value: &'a Value,
    document: &'a gltf::Document,
}

impl Properties<'_> {
    fn shader(&self) -> &str {
        text_of(self.value, "shader").unwrap_or("VRM_USE_GLTFSHADER")
    }

    fn number(&self, name: &str) -> Option<f32> {
        number_of(self.value.get("floatProperties")?, name)
    }

    /// An option among a few, stored as a float.
    fn choice(&self, name: &str) -> Option<u8> {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a casting of floats saturates"
        )]
        self.number(name).map(|choice| choice.round() as u8)
    }

    /// A colour in linear light, as sRGB in the file.
    fn color(&self, name: &str, otherwise: [f32; 3]) -> [f32; 3] {
        let vectors = self.value.get("vectorProperties");
        let stated = vectors.and_then(|vectors| numbers_of::<3>(vectors, name));
        stated.unwrap_or(otherwise).map(linear)
    }

    fn keyword(&self, name: &str) -> bool {
        self.value
            .get("keywordMap")
            .is_some_and(|map| is(map, name))
    }

    /// A picture, moved as `_MainTex` is where `moved`.
    fn picture(&self, name: &str, moved: bool) -> Option<TextureUse> {
        let textures = self.value.get("textureProperties")?;
        let index = index_of(textures, name, usize::MAX)?;
        let plain = TextureUse::plain(&self.document.textures().nth(index)?, 0);
        let main = self
            .value
            .get("vectorProperties")
            .and_then(|vectors| numbers_of::<4>(vectors, "_MainTex"))
            .filter(|_| moved);
        let Some([x, y, width, height]) = main else {
            return Some(plain);
        };
        let [scale, offset] = upside_down([width, height], [x, y]);
        Some(TextureUse {
            transform: [[scale[0], 0.0], [0.0, scale[1]], offset],
            ..plain
        })
    }

    fn alpha(&self, material: &Material) -> (Alpha, bool) {
        let cutoff = || Alpha::Mask(self.number("_Cutoff").unwrap_or(0.5));
        match (self.shader(), self.choice("_BlendMode")) {
            ("VRM/UnlitTexture", _) => (Alpha::Opaque, false),
            ("VRM/UnlitCutout", _) => (cutoff(), false),
            ("VRM/UnlitTransparent", _) => (Alpha::Blend, false),
            ("VRM/UnlitTransparentZWrite", _) => (Alpha::Blend, true),
            // MToon: opaque, cut out, transparent, transparent with depth.
            (_, Some(0)) => (Alpha::Opaque, false),
            (_, Some(1)) => (cutoff(), false),
            (_, Some(2)) => (Alpha::Blend, false),
            (_, Some(3)) => (Alpha::Blend, true),
            _ if self.keyword("_ALPHABLEND_ON") => {
                (Alpha::Blend, self.number("_ZWrite") == Some(1.0))
            }
            _ if self.keyword("_ALPHATEST_ON") => (cutoff(), false),
            _ => (material.alpha, false),
        }
    }

    /// What cartoon and unlit materials have in common; whether a blended one writes depth.
    fn base(&self, material: &mut Material, queues: &Queues) -> bool {
        let (alpha, writes_depth) = self.alpha(material);
        material.alpha = alpha;
        let [r, g, b] = self.color("_Color", [1.0; 3]);
        let vectors = self.value.get("vectorProperties");
        let stated = vectors.and_then(|vectors| numbers_of::<4>(vectors, "_Color"));
        material.factors.base_color = [r, g, b, stated.map_or(1.0, |color| color[3])];
        if let Some(main) = self.picture("_MainTex", true) {
            material.base = Some(main);
        }
        if alpha == Alpha::Blend {
            material.queue = queues.offset(self.queue(), writes_depth);
        }
        writes_depth
    }

    fn queue(&self) -> i64 {
        let queue = self.value.get("renderQueue").and_then(Value::as_i64);
        queue.unwrap_or(-1)
    }

    fn unlit(&self, material: &mut Material, queues: &Queues) {
        if self.base(material, queues) {
            material.queue += FIRST_BLENDED;
        }
        material.surface = Surface::Unlit;
        material.toon = None;
    }

    fn cartoon(&self, material: &mut Material, queues: &Queues) {
        let writes_depth = self.base(material, queues);
        material.surface = surface_of(&material.name);
        if let Some(cull) = self.choice("_CullMode") {
            material.double_sided = cull == 0;
        }
        if let Some(normal) = self.picture("_BumpMap", true) {
            material.normal = Some(normal);
            material.normal_scale = self.number("_BumpScale").unwrap_or(1.0);
        }
        if let Some(emission) = self.picture("_EmissionMap", true) {
            material.emission = Some(emission);
        }
        // The one colour that is linear in the file: it may be brighter than white.
        let vectors = self.value.get("vectorProperties");
        let emissive = vectors.and_then(|vectors| numbers_of::<3>(vectors, "_EmissionColor"));
        material.factors.emissive = emissive.unwrap_or([0.0; 3]).map(|light| light.max(0.0));
        material.factors.shade = self.color("_ShadeColor", [0.97, 0.81, 0.86]);
        material.factors.rim = self.color("_RimColor", [0.0; 3]);
        material.factors.outline = self.color("_OutlineColor", [0.0; 3]);
        material.factors.matcap = [1.0; 3];
        material.toon = Some(Box::new(Toon {
            writes_depth,
            ..self.toon(material)
        }));
    }

    fn toon(&self, material: &Material) -> Toon {
        let number = |name: &str, otherwise: f32| self.number(name).unwrap_or(otherwise);
        let share = |name: &str, otherwise: f32| number(name, otherwise).clamp(0.0, 1.0);
        let (shading_shift, shading_toony) =
            shading(number("_ShadeShift", 0.0), share("_ShadeToony", 0.9));
        let outline = match self.choice("_OutlineWidthMode") {
            Some(1) => Outline::World,
            Some(2) => Outline::Screen,
            _ => Outline::None,
        };
        // Centimetres, or hundredths of half the picture's height.
        let unit = if outline == Outline::Screen {
            0.005
        } else {
            0.01
        };
        Toon {
            // Without a picture of its own the shade had that of the light.
            shade: self.picture("_ShadeTexture", true).or(material.base),
            shading_shift,
            shading_toony,
            gi_equalization: 1.0 - share("_IndirectLightIntensity", 0.1),
            matcap: self.picture("_SphereAdd", false),
            rim_multiply: self.picture("_RimTexture", true),
            rim_fresnel_power: number("_RimFresnelPower", 1.0).max(0.0),
            rim_lift: number("_RimLift", 0.0),
            rim_lighting_mix: share("_RimLightingMix", 0.0),
            outline,
            outline_width: unit * number("_OutlineWidth", 0.5).max(0.0),
            outline_width_texture: self.picture("_OutlineWidthTexture", true),
            outline_lighting_mix: if self.choice("_OutlineColorMode") == Some(1) {
                share("_OutlineLightingMix", 1.0)
            } else {
                0.0
            },
            uv_mask: self.picture("_UvAnimMaskTexture", true),
            uv_scroll: [
                number("_UvAnimScrollX", 0.0),
                // v points up in Unity and down in glTF.
                -number("_UvAnimScrollY", 0.0),
            ],
            // Turns per second.
            uv_rotation: std::f32::consts::TAU * number("_UvAnimRotation", 0.0),
            ..Toon::default()
        }
    }
}

/// Shift and hardness of the border of shade as VRM 1.0 means them: 0.x shaded from `shift` to
/// `mix(1, shift, toony)` of the cosine, 1.0 shades symmetrically about `-shift`.
fn shading(shift: f32, toony: f32) -> (f32, f32) {
    let (from, to) = (shift, 1.0 + (shift - 1.0) * toony);
    (
        (-f32::midpoint(from, to)).clamp(-1.0, 1.0),
        (1.0 - 0.5 * (to - from)).clamp(0.0, 1.0),
    )
}

/// Scale and offset of picture coordinates whose v points up, for coordinates whose v points down.
pub(super) fn upside_down(scale: [f32; 2], offset: [f32; 2]) -> [[f32; 2]; 2] {
    [scale, [offset[0], 1.0 - offset[1] - scale[1]]]
}

/// The sRGB curve (IEC 61966-2-1), from encoded to linear.
pub(super) fn linear(encoded: f32) -> f32 {
    let encoded = encoded.max(0.0);
    if encoded <= 0.040_45 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

/// The render queues of the blended materials of a file, in rising order: without and with depth.
#[derive(Default)]
struct Queues([BTreeSet<i64>; 2]);

impl Queues {
    fn of(properties: &[Properties<'_>]) -> Self {
        let mut queues = Self::default();
        for own in properties {
            if let (Alpha::Blend, writes_depth) = own.alpha(&Material::default()) {
                queues.0[usize::from(writes_depth)].insert(own.queue());
            }
        }
        queues
    }

    /// The place of `stated` among its kind: the last of those without depth and the first of those with depth is 0.
    fn offset(&self, stated: i64, writes_depth: bool) -> i32 {
        let own = &self.0[usize::from(writes_depth)];
        let place = i64::try_from(own.range(..stated).count()).unwrap_or(0);
        let count = i64::try_from(own.len()).unwrap_or(1);
        let offset = if writes_depth {
            place
        } else {
            place - count + 1
        };
        queue(offset, writes_depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shading_is_brought_to_the_new_meaning() {
        // 0.x default: a hard border where the cosine is 0 to 0.1.
        let (shift, toony) = shading(0.0, 0.9);
        assert!((shift + 0.05).abs() < 1e-6 && (toony - 0.95).abs() < 1e-6);
        // All soft from -1 to 1 is Lambert's border as 1.0 draws it with toony 0 and shift 0.
        assert_eq!(shading(-1.0, 0.0), (0.0, 0.0));
        assert_eq!(shading(1.0, 0.5), (-1.0, 1.0));
    }

    #[test]
    fn queues_keep_their_order() {
        let queues = Queues([
            BTreeSet::from([2997, 2998, 3000]),
            BTreeSet::from([2460, 2470]),
        ]);
        assert_eq!(
            [2997, 2998, 3000].map(|queue| queues.offset(queue, false)),
            [-2, -1, 0]
        );
        assert_eq!([2460, 2470].map(|queue| queues.offset(queue, true)), [0, 1]);
    }

    #[test]
    fn colours_are_decoded() {
        assert_eq!((linear(0.0), linear(1.0)), (0.0, 1.0));
        assert!((linear(0.5) - 0.214_04).abs() < 1e-4);
    }
}
