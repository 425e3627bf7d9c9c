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
fn avatars_of_other_makers_load_or_say_why_not() {
    let Some(folder) = test_avatars() else { return };
    let mut loaded = 0;
    for path in files_in(&folder) {
        match Avatar::load(&path) {
            Ok(avatar) => {
                let facts = avatar.facts();
                println!("{}: {facts:?}", path.display());
                assert!(facts.triangles > 0);
                loaded += 1;
            }
            Err(Error::UnsupportedExtensions { extensions, .. }) => {
                println!("{}: needs {extensions}", path.display());
                assert!(
                    extensions.contains("EXT_meshopt_compression"),
                    "{extensions}"
                );
            }
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    assert!(loaded >= 20, "only {loaded} loaded");
    let with_side_file = folder.join("box_meshopt_nofallback/meshopt-no-fallback.gltf");
    assert!(matches!(
        Avatar::load(&with_side_file),
        Err(Error::UnsupportedExtensions { .. })
    ));
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
        j["extensionsRequired"] = json!(["KHR_draco_mesh_compression"]);
    });
    assert!(text.contains("KHR_draco_mesh_compression"), "{text}");
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
    refused("target size", &|j| {
        let matrices = j["skins"][0]["inverseBindMatrices"].clone();
        j["meshes"][0]["primitives"][3]["targets"][0]["POSITION"] = matrices;
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

#[test]
fn missing_files_are_named() {
    let error = Avatar::load(Path::new("/nowhere/host.glb")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/host.glb"), "{error}");
}
