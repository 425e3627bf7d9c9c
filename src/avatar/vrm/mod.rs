//! What is taken from the VRM extensions, 0.x (`VRM`) and 1.0 (`VRMC_vrm`): the humanoid bones, expressions, cartoon
//! materials, how eyes look, what the licence allows, and the version.

mod expressions;
mod gaze;
mod json;
mod materials;
mod meta;
mod mtoon;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use expressions::{Parts, read as expressions};
pub(super) use gaze::{eyes_from_head, look_at};
pub(super) use meta::license;

use super::Material;

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

/// The bones without which a humanoid is none, by VRM 1.0 name. Warned of, not refused.
const REQUIRED: [&str; 15] = [
    "hips",
    "spine",
    "head",
    "leftUpperLeg",
    "leftLowerLeg",
    "leftFoot",
    "rightUpperLeg",
    "rightLowerLeg",
    "rightFoot",
    "leftUpperArm",
    "leftLowerArm",
    "leftHand",
    "rightUpperArm",
    "rightLowerArm",
    "rightHand",
];

/// Says which bones a VRM file should have and does not name.
pub(super) fn warn_of_bones(document: &gltf::Document, warnings: &mut Vec<String>) {
    if version(document).is_none() {
        return;
    }
    let found = humanoid_nodes(document);
    let lacking = REQUIRED
        .into_iter()
        .filter(|bone| !found.contains_key(*bone));
    let lacking: Vec<&str> = lacking.collect();
    if !lacking.is_empty() {
        warnings.push(format!(
            "the file does not say which nodes these required VRM bones are: {}",
            lacking.join(", ")
        ));
    }
}

/// Whether each node carries a mesh that only its wearer sees (`firstPersonOnly`).
pub(super) fn hidden_nodes(document: &gltf::Document) -> Vec<bool> {
    let mut hidden = vec![false; document.nodes().count()];
    if let Some(vrm) = document.extension_value("VRMC_vrm") {
        let first_person = vrm.get("firstPerson").unwrap_or(&Value::Null);
        for annotation in json::list_of(first_person, "meshAnnotations") {
            let node = json::index_of(annotation, "node", hidden.len());
            if let (Some(node), Some("firstPersonOnly")) = (node, json::text_of(annotation, "type"))
            {
                hidden[node] = true;
            }
        }
    } else if let Some(vrm) = document.extension_value("VRM") {
        let first_person = vrm.get("firstPerson").unwrap_or(&Value::Null);
        for annotation in json::list_of(first_person, "meshAnnotations") {
            let flag = json::text_of(annotation, "firstPersonFlag");
            if !flag.is_some_and(|flag| flag.eq_ignore_ascii_case("firstPersonOnly")) {
                continue;
            }
            let mesh = json::index_of(annotation, "mesh", document.meshes().count());
            for node in document.nodes() {
                if mesh.is_some() && node.mesh().map(|own| own.index()) == mesh {
                    hidden[node.index()] = true;
                }
            }
        }
    }
    hidden
}
