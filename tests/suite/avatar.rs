//! Avatars of all makers, whole and broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zhubo::avatar::{Avatar, Error, MouthBy};
use zhubo::media::{Bone, HostId, Pose, Shape};

use crate::puppet;

/// The folder with other makers' avatars, when there is one.
pub(crate) fn test_avatars() -> Option<PathBuf> {
    let folder = std::env::var("ZHUBO_TEST_AVATARS").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/avatars"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        println!(
            "SKIPPED: no folder {} (set ZHUBO_TEST_AVATARS)",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// The avatar files in `folder`, sorted.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let is_avatar = |path: &PathBuf| {
        path.extension()
            .is_some_and(|e| e == "glb" || e == "gltf" || e == "vrm")
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_avatar)
        .collect();
    files.sort();
    files
}

#[test]
fn the_puppet_is_read_whole() {
    let avatar = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let facts = avatar.facts();
    assert_eq!(
        (facts.joints, facts.morph_targets, facts.arkit_shapes),
        (5, 1, 1)
    );
    assert_eq!(facts.format, "glb");
    for bone in [Bone::Hips, Bone::Neck, Bone::Head] {
        assert!(avatar.rig.bone(bone).is_some(), "{bone:?}");
    }
    assert!(avatar.rig.left_eye.is_some() && avatar.rig.right_eye.is_some());
    let landmarks = avatar.landmarks();
    assert!((landmarks.eyes.y - 1.52).abs() < 1e-3 && (landmarks.crown_m - 1.62).abs() < 1e-3);
    assert!((landmarks.floor_m - 0.6).abs() < 1e-3);
    let jaw = avatar
        .meshes
        .iter()
        .flat_map(|m| &m.targets)
        .find(|t| !t.deltas.is_empty())
        .unwrap();
    assert_eq!(jaw.shape, Some(Shape::JawOpen));
    assert!(
        facts.warnings.iter().any(|w| w.contains("eyeBlinkLeft")),
        "{:?}",
        facts.warnings
    );
}

#[test]
fn the_head_turns_where_the_pose_says() {
    let avatar = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let head = avatar.rig.bone(Bone::Head).unwrap();
    let neck = avatar.rig.bone(Bone::Neck).unwrap();
    let mut pose = Pose::rest(HostId::new("x"));
    pose.head.yaw_deg = 30.0;
    let nodes = avatar.posed(&pose);
    let yaw = |node: usize| {
        let forward = nodes[node].transform_vector3(glam::Vec3::Z);
        forward.x.atan2(forward.z).to_degrees()
    };
    assert!(
        (yaw(neck) - 12.0).abs() < 0.1,
        "the neck takes 40 %: {}",
        yaw(neck)
    );
    assert!(
        (yaw(head) - 30.0).abs() < 0.1,
        "the head has all of it: {}",
        yaw(head)
    );
    pose.eyes.pitch_deg = 10.0;
    let eye = avatar.posed(&pose)[avatar.rig.left_eye.unwrap()].transform_vector3(glam::Vec3::Z);
    assert!(eye.y > 0.1 && eye.x > 0.4, "{eye}");
}

#[test]
fn avatars_of_other_makers_load() {
    let Some(folder) = test_avatars() else { return };
    let mut files = files_in(&folder);
    files.push(folder.join("box_meshopt_nofallback/meshopt-no-fallback.gltf"));
    assert!(files.len() >= 20, "only {} files", files.len());
    for path in files {
        let avatar = Avatar::load(&path).unwrap_or_else(|error| panic!("{error}"));
        println!("{}: {:?}", path.display(), avatar.facts());
        assert!(avatar.facts().triangles > 0);
        for mesh in &avatar.meshes {
            let count = mesh.positions.len();
            assert!(mesh.normals.len() == count && mesh.normals.iter().all(|n| n.is_normalized()));
            for length in [mesh.uvs.len(), mesh.colors.len(), mesh.joints.len()] {
                assert!(
                    length == 0 || length == count,
                    "{}: {}",
                    path.display(),
                    mesh.name
                );
            }
        }
    }
    // Without normals each triangle has a flat one, and vertices of its own.
    let fox = Avatar::load(&folder.join("Fox.glb")).unwrap();
    assert_eq!(fox.facts().vertices, 3 * fox.facts().triangles);
    let packed = Avatar::load(&folder.join("pirate.glb")).unwrap();
    assert!(
        packed
            .facts()
            .warnings
            .iter()
            .all(|warning| !warning.contains("without"))
    );
    let godette = Avatar::load(&folder.join("Godette_vrm_v4.vrm")).unwrap();
    assert!(
        godette
            .facts()
            .vrm_version
            .as_deref()
            .is_some_and(|v| v.starts_with('0'))
    );
    assert_eq!(godette.mouth().by, MouthBy::Expressions);
}

#[test]
fn eye_bones_follow_shapes_that_have_no_target() {
    let avatar = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let ahead = |shape: Option<Shape>| {
        let mut pose = Pose::rest(HostId::new("x"));
        if let Some(shape) = shape {
            pose.blendshapes[shape] = 1.0;
        }
        let nodes = avatar.posed(&pose);
        let eyes = [avatar.rig.left_eye, avatar.rig.right_eye];
        eyes.map(|eye| nodes[eye.unwrap()].transform_vector3(glam::Vec3::Z))
    };
    assert_eq!(ahead(None), [glam::Vec3::Z; 2]);
    let [left, right] = ahead(Some(Shape::EyeLookOutLeft));
    assert!(left.x > 0.3 && right == glam::Vec3::Z, "{left} {right}");
    let [left, right] = ahead(Some(Shape::EyeLookOutRight));
    assert!(right.x < -0.3 && left == glam::Vec3::Z, "{left} {right}");
    let [left, _] = ahead(Some(Shape::EyeLookUpLeft));
    assert!(left.y > 0.3, "{left}");
}

#[test]
fn truncated_files_are_errors() {
    let whole = puppet::glb();
    for length in (0..whole.len())
        .step_by(37)
        .chain(0..64)
        .chain(whole.len() - 40..whole.len())
    {
        let error =
            Avatar::from_glb(&whole[..length], "cut.glb").expect_err("a cut file was accepted");
        let text = error.to_string();
        assert!(text.contains("cut.glb"), "{text}");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let whole = puppet::glb();
    let mut state = 12345u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let json_end = 20 + u32::from_le_bytes(whole[12..16].try_into().unwrap()) as usize;
    let mut refused = 0;
    for round in 0..1500 {
        let mut damaged = whole.clone();
        // Most damage goes into the JSON, where it changes meaning.
        let range = if round % 4 == 0 {
            whole.len()
        } else {
            json_end
        };
        for _ in 0..1 + random() % 4 {
            let at = random() % range;
            damaged[at] = if round % 2 == 0 {
                b"0123456789,]}\":-e"[random() % 17]
            } else {
                random() as u8
            };
        }
        match Avatar::from_glb(&damaged, "damaged.glb") {
            Ok(avatar) => drop(avatar.posed(&Pose::rest(HostId::new("x")))),
            Err(error) => {
                assert!(error.to_string().contains("damaged.glb"), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 300, "only {refused} of 1500 were noticed");
}

/// The puppet's document with one thing changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Avatar, Error> {
    let whole = puppet::glb();
    let json_end = 20 + u32::from_le_bytes(whole[12..16].try_into().unwrap()) as usize;
    let mut json: Value = serde_json::from_slice(&whole[20..json_end]).unwrap();
    change(&mut json);
    Avatar::from_glb(
        &puppet::assemble(&json, &whole[json_end + 8..]),
        "changed.glb",
    )
}

#[test]
fn lies_in_the_document_are_found() {
    let refused = |what: &str, change: &dyn Fn(&mut Value)| {
        let error = changed(change).expect_err(what).to_string();
        println!("{what}: {error}");
        assert!(error.contains("changed.glb"), "{what}: {error}");
        error
    };
    let text = refused("extension", &|j| {
        j["extensionsRequired"] = json!(["EXT_mesh_gpu_instancing", "KHR_materials_unlit"]);
    });
    assert!(
        text.contains("EXT_mesh_gpu_instancing") && !text.contains("unlit"),
        "{text}"
    );
    refused("huge count", &|j| {
        j["accessors"][0]["count"] = json!(1_000_000_000);
    });
    refused("huge empty count", &|j| {
        j["accessors"][0] =
            json!({"componentType": 5126, "type": "VEC3", "count": 1_000_000_000u64});
    });
    refused("offset", &|j| {
        j["accessors"][1]["byteOffset"] = json!(u64::MAX);
    });
    refused("view", &|j| {
        j["bufferViews"][0]["byteLength"] = json!(u64::MAX);
    });
    refused("missing view", &|j| {
        j["accessors"][0]["bufferView"] = json!(9999);
    });
    refused("joint", &|j| j["skins"][0]["joints"] = json!([0]));
    refused("no meshes", &|j| j["scenes"][0]["nodes"] = json!([0]));
    refused("buffer", &|j| {
        j["buffers"][0]["byteLength"] = json!(99_999_999);
    });
    refused("side file", &|j| {
        j["buffers"][0]["uri"] = json!("../../etc/passwd");
    });
    refused("web address", &|j| {
        j["buffers"][0]["uri"] = json!("file:///etc/passwd");
    });
}

#[test]
fn harmless_oddities_load() {
    // A node that is its own ancestor.
    let looped = changed(|j| j["nodes"][3]["children"] = json!([0])).unwrap();
    assert!(
        looped
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("ancestor"))
    );
    // A chain of 20,000 nodes.
    let deep = changed(|j| {
        let nodes = j["nodes"].as_array_mut().unwrap();
        for next in 7..20_000 {
            nodes.push(json!({"children": [next]}));
        }
        nodes.push(json!({}));
    });
    deep.unwrap();
    let flat = changed(|j| j["nodes"][2]["scale"] = json!([0, 0, 0])).unwrap();
    assert!(
        flat.posed(&Pose::rest(HostId::new("x")))
            .iter()
            .all(|m| m.is_finite())
    );
    // A picture that is none.
    let blank = changed(|j| {
        j["images"] = json!([{"bufferView": 0}]);
        j["textures"] = json!([{"source": 0}]);
        j["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = json!({"index": 0});
    });
    let warnings = blank.map(|avatar| avatar.facts().warnings.clone());
    if let Ok(warnings) = warnings {
        assert!(
            warnings.iter().any(|w| w.contains("picture 0")),
            "{warnings:?}"
        );
    }
    changed(|j| j["meshes"][0]["extras"] = json!({"targetNames": [1, null, {}]})).unwrap();
    changed(|j| {
        j["extensions"] =
            json!({"VRMC_vrm": {"humanoid": {"humanBones": {"head": {"node": 1e9}}}}});
    })
    .unwrap();
}

/// Puts `bytes` behind the puppet's binary chunk, with an accessor of them.
fn with_accessor(
    accessor: &Value,
    bytes: &[u8],
    change: impl FnOnce(&mut Value, usize),
) -> Result<Avatar, Error> {
    let whole = puppet::glb();
    let json_end = 20 + u32::from_le_bytes(whole[12..16].try_into().unwrap()) as usize;
    let mut json: Value = serde_json::from_slice(&whole[20..json_end]).unwrap();
    let mut bin = whole[json_end + 8..].to_vec();
    let offset = bin.len();
    bin.extend_from_slice(bytes);
    bin.resize(bin.len().next_multiple_of(4), 0);
    json["buffers"][0]["byteLength"] = json!(bin.len());
    let views = json["bufferViews"].as_array_mut().unwrap();
    views.push(json!({"buffer": 0, "byteOffset": offset, "byteLength": bytes.len()}));
    let mut accessor = accessor.clone();
    accessor["bufferView"] = json!(views.len() - 1);
    let accessors = json["accessors"].as_array_mut().unwrap();
    accessors.push(accessor);
    let index = accessors.len() - 1;
    change(&mut json, index);
    Avatar::from_glb(&puppet::assemble(&json, &bin), "changed.glb")
}

#[test]
fn pictures_choose_their_coordinates() {
    let count = Avatar::from_glb(&puppet::glb(), "puppet").unwrap().meshes[0]
        .positions
        .len();
    let uvs: Vec<u8> = (0..count)
        .flat_map(|_| [0u16, 32768].map(u16::to_le_bytes))
        .flatten()
        .collect();
    let accessor =
        json!({"componentType": 5123, "normalized": true, "type": "VEC2", "count": count});
    let paint = |set: u32, occlusion: u32| {
        with_accessor(&accessor, &uvs, |json, uvs| {
            json["images"] = json!([{}]);
            json["textures"] = json!([{"source": 0}]);
            let primitive = &mut json["meshes"][0]["primitives"][0];
            primitive["attributes"][format!("TEXCOORD_{set}")] = json!(uvs);
            let material = primitive["material"].as_u64().unwrap() as usize;
            let material = &mut json["materials"][material];
            material["pbrMetallicRoughness"]["baseColorTexture"] =
                json!({"index": 0, "texCoord": set});
            material["normalTexture"] = json!({"index": 0, "texCoord": set});
            material["occlusionTexture"] = json!({"index": 0, "texCoord": occlusion});
        })
        .unwrap()
    };
    let avatar = paint(1, 0);
    let mesh = &avatar.meshes[0];
    assert!(mesh.uvs.len() == count && (mesh.uvs[0].y - 0.5).abs() < 1e-4);
    assert!(avatar.materials[mesh.material].occlusion.is_none());
    assert!(
        avatar
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("baked shade"))
    );
    let avatar = paint(0, 0);
    assert!(
        avatar.materials[avatar.meshes[0].material]
            .occlusion
            .is_some()
    );
}

#[test]
fn eight_joints_become_four() {
    let count = Avatar::from_glb(&puppet::glb(), "puppet").unwrap().meshes[0]
        .positions
        .len();
    // The second set is the hips with three times the weight that the first one has.
    let weights: Vec<u8> = (0..count)
        .flat_map(|_| [3.0f32, 0.0, 0.0, 0.0])
        .flat_map(f32::to_le_bytes)
        .collect();
    let accessor = json!({"componentType": 5126, "type": "VEC4", "count": count});
    let avatar = with_accessor(&accessor, &weights, |json, weights| {
        let accessors = json["accessors"].as_array_mut().unwrap();
        accessors.push(json!({"componentType": 5123, "type": "VEC4", "count": count}));
        let joints = accessors.len() - 1;
        let attributes = &mut json["meshes"][0]["primitives"][1]["attributes"];
        attributes["JOINTS_1"] = json!(joints);
        attributes["WEIGHTS_1"] = json!(weights);
    });
    let avatar = avatar.unwrap();
    let head = &avatar.meshes[1];
    assert_eq!(head.joints[0][..2], [0, 2]);
    assert!((head.weights[0][0] - 0.75).abs() < 1e-6 && (head.weights[0][1] - 0.25).abs() < 1e-6);
}

#[test]
fn quantised_and_sparse_targets_move_the_same() {
    let puppet = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let count = puppet.meshes[3].positions.len();
    let plain = &puppet.meshes[3].targets[0].deltas;
    // The same target in steps of 1/32767 m, with a base view and a sparse change on top.
    let mut moved = vec![[0i16; 4]; count];
    for delta in plain {
        moved[delta.vertex as usize][1] = (delta.position.y * 32767.0).round() as i16;
    }
    let first = plain[0].vertex;
    let mut bytes: Vec<u8> = moved
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let (indices, values) = (bytes.len(), bytes.len() + 4);
    bytes.extend(first.to_le_bytes());
    bytes.extend([0i16, 32767, 0].iter().flat_map(|v| v.to_le_bytes()));
    let accessor =
        json!({"componentType": 5122, "normalized": true, "type": "VEC3", "count": count});
    let avatar = with_accessor(&accessor, &bytes, |json, target| {
        let view = json["accessors"][target]["bufferView"].as_u64().unwrap() as usize;
        json["bufferViews"][view]["byteStride"] = json!(8);
        let start = json["bufferViews"][view]["byteOffset"].as_u64().unwrap() as usize;
        let views = json["bufferViews"].as_array_mut().unwrap();
        views.push(json!({"buffer": 0, "byteOffset": start + indices, "byteLength": 4}));
        views.push(json!({"buffer": 0, "byteOffset": start + values, "byteLength": 6}));
        json["accessors"][target]["sparse"] = json!({"count": 1,
            "indices": {"bufferView": view + 1, "componentType": 5125}, "values": {"bufferView": view + 2}});
        json["meshes"][0]["primitives"][3]["targets"][0]["POSITION"] = json!(target);
    });
    let avatar = avatar.unwrap();
    let found = &avatar.meshes[3].targets[0].deltas;
    assert_eq!(found.len(), plain.len());
    assert!(
        (found[0].position.y - 1.0).abs() < 1e-6,
        "the sparse value wins"
    );
    for (found, plain) in found.iter().zip(plain).skip(1) {
        assert_eq!(found.vertex, plain.vertex);
        assert!((found.position - plain.position).length() < 1e-4);
    }
}

#[test]
fn missing_files_are_named() {
    let error = Avatar::load(Path::new("/nowhere/host.glb")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/host.glb"), "{error}");
}
