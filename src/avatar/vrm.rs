//! What is taken from the VRM extensions, 0.x (`VRM`) and 1.0 (`VRMC_vrm`): the humanoid bones and the version.

use std::collections::BTreeMap;

use serde_json::Value;

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
