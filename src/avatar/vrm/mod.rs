//! What is taken from the VRM extensions, 0.x (`VRM`) and 1.0 (`VRMC_vrm`): the humanoid bones, the vowels, cartoon
//! materials and the version.

mod json;
mod materials;
mod mtoon;

use std::collections::BTreeMap;

use serde_json::Value;

use super::Material;
use super::visemes::Viseme;

/// Node indices by VRM 1.0 bone name; empty when the file is not a VRM.
pub(super) fn humanoid_nodes(document: &gltf::Document) -> BTreeMap<String, usize> {
    let node_count = document.nodes().count();
    let index = |value: Option<&Value>| {
        value
            .and_then(Value::as_u64)
            .and_then(|node| usize::try_from(node).ok())
            .filter(|node| *node < node_count)
    };
    let mut nodes = BTreeMap::new();
    let bones = |extension: &str| {
        document
            .extension_value(extension)
            .and_then(|vrm| vrm.pointer("/humanoid/humanBones"))
    };
    if let Some(Value::Object(bones)) = bones("VRMC_vrm") {
        for (name, bone) in bones {
            if let Some(node) = index(bone.get("node")) {
                nodes.insert(name.clone(), node);
            }
        }
    } else if let Some(Value::Array(bones)) = bones("VRM") {
        for bone in bones {
            if let (Some(name), Some(node)) = (
                bone.get("bone").and_then(Value::as_str),
                index(bone.get("node")),
            ) {
                nodes.insert(name.to_owned(), node);
            }
        }
    }
    nodes
}

/// Brings `materials` to what the VRM extensions say of them.
pub(super) fn dress(
    document: &gltf::Document,
    materials: &mut [Material],
    warnings: &mut Vec<String>,
) {
    mtoon::read(document, materials);
    materials::read(document, materials, warnings);
}

/// `1.0` or `0.x`, with what the file itself states, or `None` when it is not a VRM.
pub(super) fn version(document: &gltf::Document) -> Option<String> {
    let stated = |extension: &str, key: &str, otherwise: &str| {
        document.extension_value(extension).map(|vrm| {
            vrm.get(key)
                .and_then(Value::as_str)
                .unwrap_or(otherwise)
                .chars()
                .take(16)
                .collect()
        })
    };
    stated("VRMC_vrm", "specVersion", "1.0").or_else(|| stated("VRM", "specVersion", "0.0"))
}

/// A morph target that a vowel moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bind {
    /// Which vowel.
    pub(super) viseme: Viseme,
    /// The mesh's index in the file.
    pub(super) mesh: usize,
    /// The target's index in the mesh.
    pub(super) target: usize,
    /// The target's weight when the vowel is fully on, 0..=1.
    pub(super) weight: f32,
}

/// The vowels of VRM 1.0 and the preset names that VRM 0.x has for them.
const VOWELS: [(Viseme, &str, &str); 5] = [
    (Viseme::Aa, "aa", "a"),
    (Viseme::Ih, "ih", "i"),
    (Viseme::Ou, "ou", "u"),
    (Viseme::Ee, "ee", "e"),
    (Viseme::Oh, "oh", "o"),
];

/// The morph targets of the five vowels; empty when the file has none. What a vowel does to materials is left out.
pub(super) fn vowels(document: &gltf::Document) -> Vec<Bind> {
    let mesh_of_node: Vec<Option<usize>> = document
        .nodes()
        .map(|node| node.mesh().map(|mesh| mesh.index()))
        .collect();
    let index = |bind: &Value, key: &str| {
        let number = bind.get(key).and_then(Value::as_u64)?;
        usize::try_from(number).ok()
    };
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for (viseme, name, old_name) in VOWELS {
        let (binds, full) = if let Some(vrm) = document.extension_value("VRMC_vrm") {
            let place = format!("/expressions/preset/{name}/morphTargetBinds");
            (list(vrm.pointer(&place)), 1.0)
        } else if let Some(vrm) = document.extension_value("VRM") {
            let groups = list(vrm.pointer("/blendShapeMaster/blendShapeGroups"));
            let preset = |group: &Value| {
                let preset = group.get("presetName").and_then(Value::as_str);
                preset.is_some_and(|preset| preset.eq_ignore_ascii_case(old_name))
            };
            let group = groups.into_iter().find(preset);
            (list(group.as_ref().and_then(|g| g.get("binds"))), 100.0)
        } else {
            continue;
        };
        for bind in &binds {
            // VRM 1.0 binds name a node, those of VRM 0.x a mesh.
            let mesh = index(bind, "mesh").or_else(|| {
                let node = index(bind, "node")?;
                *mesh_of_node.get(node)?
            });
            let weight = bind.get("weight").and_then(Value::as_f64);
            if let (Some(mesh), Some(target), Some(weight)) = (mesh, index(bind, "index"), weight) {
                #[allow(clippy::cast_possible_truncation, reason = "a weight")]
                let weight = (weight / full).clamp(0.0, 1.0) as f32;
                found.push(Bind {
                    viseme,
                    mesh,
                    target,
                    weight,
                });
            }
        }
    }
    found
}
