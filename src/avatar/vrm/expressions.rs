//! Expressions of VRM: `expressions` (1.0) and `blendShapeMaster` (0.x).

use serde_json::Value;

use super::json::{index_of, is, list_of, number_of, numbers_of, text_of};
use super::materials::{linear, upside_down};
use crate::avatar::face::expression::{Expression, Override, PRESETS, modern};
use crate::avatar::material::{Factors, Material};
use crate::avatar::mesh::Mesh;

/// The parts of an avatar that expressions change.
pub(in crate::avatar) struct Parts<'a> {
    pub(in crate::avatar) meshes: &'a [Mesh],
    /// The index in the file of each mesh.
    pub(in crate::avatar) sources: &'a [usize],
    pub(in crate::avatar) materials: &'a [Material],
}

/// The expressions of the file, presets first; a name is taken once.
pub(in crate::avatar) fn read(document: &gltf::Document, parts: &Parts<'_>) -> Vec<Expression> {
    let mut all: Vec<Expression> = Vec::new();
    if let Some(vrm) = document.extension_value("VRMC_vrm") {
        for (kind, is_custom) in [("preset", false), ("custom", true)] {
            let found = vrm.pointer(&format!("/expressions/{kind}"));
            for (name, value) in found.and_then(Value::as_object).into_iter().flatten() {
                let known = PRESETS.contains(&name.as_str());
                if value.is_object() && known != is_custom {
                    all.push(parts.modern(name, is_custom, value));
                }
            }
        }
    } else if let Some(vrm) = document.extension_value("VRM") {
        let groups = vrm.pointer("/blendShapeMaster").unwrap_or(&Value::Null);
        for group in list_of(groups, "blendShapeGroups") {
            let preset = text_of(group, "presetName").and_then(modern);
            let Some(name) = preset.or_else(|| text_of(group, "name")) else {
                continue;
            };
            let is_custom = !PRESETS.contains(&name);
            // VRM 0.x has no `surprised`: many makers add it under that name.
            let surprised = is_custom && name.eq_ignore_ascii_case("surprised");
            let name = if surprised { "surprised" } else { name };
            if all.iter().all(|other| other.name != name) {
                all.push(parts.old(name, is_custom && !surprised, group));
            }
        }
    }
    all
}

impl Parts<'_> {
    fn modern(&self, name: &str, is_custom: bool, value: &Value) -> Expression {
        let mut targets = Vec::new();
        for bind in list_of(value, "morphTargetBinds") {
            let (Some(node), Some(target)) = (
                index_of(bind, "node", usize::MAX),
                index_of(bind, "index", usize::MAX),
            ) else {
                continue;
            };
            let weight = number_of(bind, "weight").unwrap_or(1.0);
            self.bind(&mut targets, target, weight, |mesh| {
                self.meshes[mesh].node == node
            });
        }
        let mut changes = Changes::new(self.materials);
        for bind in list_of(value, "materialColorBinds") {
            if let (Some(material), Some(kind), Some(color)) = (
                index_of(bind, "material", self.materials.len()),
                text_of(bind, "type"),
                color_of(bind),
            ) {
                paint(changes.of(material), kind, color);
            }
        }
        for bind in list_of(value, "textureTransformBinds") {
            if let Some(material) = index_of(bind, "material", self.materials.len()) {
                let scale = numbers_of::<2>(bind, "scale").unwrap_or([1.0; 2]);
                let offset = numbers_of::<2>(bind, "offset").unwrap_or([0.0; 2]);
                changes.move_pictures(material, scale, offset);
            }
        }
        let overrides = ["overrideBlink", "overrideLookAt", "overrideMouth"];
        Expression {
            name: name.to_owned(),
            is_custom,
            is_binary: is(value, "isBinary"),
            targets,
            materials: changes.finish(),
            overrides: overrides.map(|key| match text_of(value, key) {
                Some("block") => Override::Block,
                Some("blend") => Override::Blend,
                _ => Override::None,
            }),
        }
    }

    fn old(&self, name: &str, is_custom: bool, group: &Value) -> Expression {
        let mut targets = Vec::new();
        for bind in list_of(group, "binds") {
            let (Some(mesh), Some(target)) = (
                index_of(bind, "mesh", usize::MAX),
                index_of(bind, "index", usize::MAX),
            ) else {
                continue;
            };
            let weight = number_of(bind, "weight").unwrap_or(100.0) / 100.0;
            self.bind(&mut targets, target, weight, |own| {
                self.sources[own] == mesh
            });
        }
        let mut changes = Changes::new(self.materials);
        for bind in list_of(group, "materialValues") {
            let (Some(material), Some(property)) =
                (text_of(bind, "materialName"), text_of(bind, "propertyName"))
            else {
                continue;
            };
            let named = self.materials.iter().enumerate();
            for (index, _) in named.filter(|(_, own)| own.name == material) {
                changes.old(index, property, bind);
            }
        }
        Expression {
            name: name.to_owned(),
            is_custom,
            is_binary: is(group, "isBinary"),
            targets,
            materials: changes.finish(),
            overrides: [Override::None; 3],
        }
    }

    fn bind(
        &self,
        targets: &mut Vec<(usize, usize, f32)>,
        target: usize,
        weight: f32,
        own: impl Fn(usize) -> bool,
    ) {
        for (index, mesh) in self.meshes.iter().enumerate() {
            if target < mesh.targets.len() && own(index) {
                targets.push((index, target, weight.clamp(0.0, 1.0)));
            }
        }
    }
}

/// What one expression makes of materials.
struct Changes<'a> {
    materials: &'a [Material],
    changed: Vec<(usize, Factors)>,
}

impl<'a> Changes<'a> {
    fn new(materials: &'a [Material]) -> Self {
        Self {
            materials,
            changed: Vec::new(),
        }
    }

    fn of(&mut self, material: usize) -> &mut Factors {
        let place = self.changed.iter().position(|(own, _)| *own == material);
        let place = place.unwrap_or_else(|| {
            self.changed
                .push((material, self.materials[material].factors));
            self.changed.len() - 1
        });
        &mut self.changed[place].1
    }

    /// Gives the pictures of a material this scale and offset, in place of those of their own transform.
    fn move_pictures(&mut self, material: usize, scale: [f32; 2], offset: [f32; 2]) {
        let [u, v, rest] = self.materials[material]
            .textures()
            .next()
            .map_or([[1.0, 0.0], [0.0, 1.0], [0.0; 2]], |texture| {
                texture.transform
            });
        let length = |[x, y]: [f32; 2], along: f32, across: f32| {
            if across == 0.0 { along } else { x.hypot(y) }
        };
        let own = [length(u, u[0], u[1]), length(v, v[1], v[0])];
        let factors = self.of(material);
        for side in 0..2 {
            let by = if own[side].abs() < 1e-6 {
                1.0
            } else {
                scale[side] / own[side]
            };
            factors.uv_scale[side] = by;
            factors.uv_offset[side] = offset[side] - by * rest[side];
        }
    }

    /// One of `materialValues` of VRM 0.x: properties of Unity's shaders.
    fn old(&mut self, material: usize, property: &str, bind: &Value) {
        if let Some(axes) = property.strip_prefix("_MainTex_ST") {
            if let Some([sx, sy, x, y]) = numbers_of::<4>(bind, "targetValue") {
                let ([sx, sy], [x, y]) = match axes {
                    "_S" => ([sx, 1.0], [x, 0.0]),
                    "_T" => ([1.0, sy], [0.0, y]),
                    _ => ([sx, sy], [x, y]),
                };
                let [scale, offset] = upside_down([sx, sy], [x, y]);
                self.move_pictures(material, scale, offset);
            }
            return;
        }
        let Some([r, g, b, a]) = color_of(bind) else {
            return;
        };
        let decoded = [linear(r), linear(g), linear(b), a];
        let (kind, color) = match property {
            "_Color" => ("color", decoded),
            "_EmissionColor" => ("emissionColor", [r, g, b, a]),
            "_ShadeColor" => ("shadeColor", decoded),
            "_RimColor" => ("rimColor", decoded),
            "_OutlineColor" => ("outlineColor", decoded),
            _ => return,
        };
        paint(self.of(material), kind, color);
    }

    fn finish(mut self) -> Vec<(usize, Factors)> {
        self.changed.sort_by_key(|(material, _)| *material);
        self.changed
    }
}

/// `targetValue` as a colour; opaque where it has no alpha.
fn color_of(bind: &Value) -> Option<[f32; 4]> {
    numbers_of::<4>(bind, "targetValue").or_else(|| {
        let [r, g, b] = numbers_of::<3>(bind, "targetValue")?;
        Some([r, g, b, 1.0])
    })
}

/// Sets the colour that VRM 1.0 calls `kind`.
fn paint(factors: &mut Factors, kind: &str, color: [f32; 4]) {
    let [r, g, b, a] = color.map(|part| part.max(0.0));
    match kind {
        "color" => factors.base_color = [r, g, b, a.min(1.0)],
        "emissionColor" => factors.emissive = [r, g, b],
        "shadeColor" => factors.shade = [r, g, b],
        "matcapColor" => factors.matcap = [r, g, b],
        "rimColor" => factors.rim = [r, g, b],
        "outlineColor" => factors.outline = [r, g, b],
        _ => {}
    }
}
