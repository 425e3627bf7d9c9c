//! VRM 0.x and 1.0: look-at, licences, who sees what, the facts of real files, and JSON that is not what it should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use zhubo::avatar::Avatar;
use zhubo::media::Angles;

use crate::avatar::{files_in, test_avatars};
use crate::puppet;
use crate::vrm::{SOME, avatar, bind, close, extend, pose};

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "a table of files and what is said of them"
)]
fn licences_are_told_and_what_they_forbid_is_said() {
    let facts = |extension: &str, meta: Value| {
        let meta = json!({"meta": meta});
        avatar(&[], |document| extend(document, extension, meta))
            .facts()
            .clone()
    };
    let free = json!({"licenseUrl": "https://vrm.dev/licenses/1.0/", "authors": ["A", "B"], "avatarPermission": "everyone",
        "commercialUsage": "corporation", "allowRedistribution": true, "modification": "allowModification",
        "creditNotation": "unnecessary"});
    let told = facts("VRMC_vrm", free.clone());
    assert_eq!(
        told.license.as_deref(),
        Some(
            "VRM Public License 1.0 (https://vrm.dev/licenses/1.0/); by A, B; everyone may perform with it; \
              commercial use by companies allowed; redistribution allowed; modification allowed; no credit needed"
        )
    );
    assert!(
        !told
            .warnings
            .iter()
            .any(|w| w.contains("licen") || w.contains("may")),
        "{:?}",
        told.warnings
    );
    for (key, value, words) in [
        (
            "avatarPermission",
            "onlyAuthor",
            "only its author may perform",
        ),
        (
            "commercialUsage",
            "personalNonProfit",
            "may not be used commercially",
        ),
        ("commercialUsage", "personalProfit", "companies may not use"),
        ("modification", "prohibited", "may not be modified"),
        (
            "licenseUrl",
            "https://example.com",
            "is not the one of VRM 1.0",
        ),
    ] {
        let mut meta = free.clone();
        meta[key] = json!(value);
        let warnings = facts("VRMC_vrm", meta).warnings;
        assert!(
            warnings.iter().any(|w| w.contains(words)),
            "{value}: {warnings:?}"
        );
    }
    for (meta, words) in [
        (
            json!({"allowedUserName": "OnlyAuthor"}),
            "only its author may perform",
        ),
        (
            json!({"commercialUssageName": "Disallow"}),
            "may not be used commercially",
        ),
        (
            json!({"licenseName": "CC_BY_NC_SA"}),
            "may not be used commercially",
        ),
    ] {
        let warnings = facts("VRM", meta).warnings;
        assert!(
            warnings.iter().any(|w| w.contains(words)),
            "{words}: {warnings:?}"
        );
    }
    let told = facts(
        "VRM",
        json!({"licenseName": "CC_BY", "author": "C\n D", "commercialUssageName": "Allow"}),
    );
    assert_eq!(
        told.license.as_deref(),
        Some("CC-BY; by C D; commercial use allowed")
    );
    let none = avatar(&[], |document| extend(document, "VRM", json!({})));
    assert!(
        none.facts()
            .warnings
            .iter()
            .any(|w| w.contains("states no licence"))
    );
    assert!(
        none.facts()
            .warnings
            .iter()
            .any(|w| w.contains("required VRM bones") && w.contains("leftHand"))
    );
    let other = avatar(&[], |document| {
        document["asset"]["copyright"] = json!("(c) E");
        document["asset"]["extras"] =
            json!({"license": "CC-BY-4.0", "author": "F", "source": "https://example.com"});
    });
    assert_eq!(
        other.facts().license.as_deref(),
        Some("(c) E; CC-BY-4.0; by F; from https://example.com")
    );
}

#[test]
fn what_only_the_wearer_sees_is_left_out() {
    let add = |document: &mut Value| {
        let nodes = document["nodes"].as_array_mut().unwrap();
        nodes.push(json!({"name": "Twin", "mesh": 0, "skin": 0}));
        document["scenes"][0]["nodes"] = json!([0, 5, 6]);
    };
    let meshes = |annotations: Value| {
        avatar(&[], |document| {
            add(document);
            extend(
                document,
                "VRMC_vrm",
                json!({"firstPerson": {"meshAnnotations": annotations}}),
            );
        })
        .meshes
        .len()
    };
    let both = meshes(json!([]));
    assert_eq!(
        meshes(json!([{"node": 6, "type": "firstPersonOnly"}])),
        both / 2
    );
    for kind in ["thirdPersonOnly", "both", "auto"] {
        assert_eq!(meshes(json!([{"node": 6, "type": kind}])), both, "{kind}");
    }
    // An avatar of nothing else is shown nevertheless.
    let all =
        json!([{"node": 5, "type": "firstPersonOnly"}, {"node": 6, "type": "firstPersonOnly"}]);
    assert_eq!(meshes(all), both);
}

/// The paths of all values in `value`.
fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                paths(value, &format!("{at}/{}", escaped(key)), all);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                paths(value, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn json_of_the_wrong_kind_never_panics() {
    let mtoon = json!({"specVersion": "1.0", "renderQueueOffsetNumber": 2, "shadeColorFactor": [0.1, 0.2, 0.3],
        "shadingShiftTexture": {"index": 0, "scale": 1.0, "extensions": {"KHR_texture_transform": {"offset": [0, 0]}}},
        "outlineWidthMode": "worldCoordinates", "outlineWidthFactor": 0.1});
    let new = json!({"specVersion": "1.0", "meta": {"authors": ["A"], "licenseUrl": "x", "allowRedistribution": true},
        "humanoid": {"humanBones": {"head": {"node": 2}, "leftEye": {"node": 3}}},
        "firstPerson": {"meshAnnotations": [{"node": 5, "type": "both"}]},
        "lookAt": {"type": "bone", "offsetFromHeadBone": [0, 0.1, 0], "rangeMapVerticalUp": {"inputMaxValue": 9, "outputScale": 1}},
        "expressions": {"preset": {"aa": {"morphTargetBinds": [bind(0, 1.0)], "overrideBlink": "blend", "isBinary": true,
            "materialColorBinds": [{"material": 0, "type": "color", "targetValue": [0, 0, 0, 1]}],
            "textureTransformBinds": [{"material": 0, "scale": [1, 1], "offset": [0, 0]}]}}, "custom": {"x": {}}}});
    let old = json!({"specVersion": "0.0", "meta": {"author": "A", "licenseName": "CC0"},
        "humanoid": {"humanBones": [{"bone": "head", "node": 2}]},
        "firstPerson": {"firstPersonBoneOffset": {"x": 0, "y": 0.1, "z": 0}, "lookAtTypeName": "BlendShape",
            "lookAtHorizontalOuter": {"xRange": 90, "yRange": 10}, "meshAnnotations": [{"mesh": 0, "firstPersonFlag": "Auto"}]},
        "blendShapeMaster": {"blendShapeGroups": [{"name": "A", "presetName": "a", "binds": [{"mesh": 0, "index": 0, "weight": 100}],
            "materialValues": [{"materialName": "skin", "propertyName": "_MainTex_ST", "targetValue": [1, 1, 0, 0]}]}]},
        "materialProperties": [{"shader": "VRM/MToon", "renderQueue": 3000, "keywordMap": {"_ALPHABLEND_ON": true},
            "floatProperties": {"_BlendMode": 2, "_CullMode": 2}, "vectorProperties": {"_MainTex": [0, 0, 1, 1], "_Color": [1, 1, 1, 1]},
            "textureProperties": {"_MainTex": 0}}]});
    let wrong = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(99999),
        json!("x"),
        json!([[], {}]),
        json!({"index": {}}),
    ];
    let mut tried = 0;
    for (name, extension) in [("VRMC_vrm", &new), ("VRM", &old), ("mtoon", &mtoon)] {
        let mut all = Vec::new();
        paths(extension, "", &mut all);
        for path in all {
            for wrong in &wrong {
                let mut broken = extension.clone();
                *broken.pointer_mut(&path).unwrap() = wrong.clone();
                let bytes = puppet::speaking(&SOME[..1], false, |document| {
                    if name == "mtoon" {
                        extend(document, "VRMC_materials_mtoon", json!({}));
                        document["materials"][0]["extensions"] =
                            json!({"VRMC_materials_mtoon": broken});
                    } else {
                        extend(document, name, broken);
                    }
                });
                let Ok(avatar) = Avatar::from_glb(&bytes, "broken") else {
                    continue;
                };
                let mut pose = pose(&[("aa", 1.0), ("x", 1.0)]);
                pose.eyes.yaw_deg = 10.0;
                let face = avatar.face_weights(&pose);
                assert!(
                    face.materials
                        .iter()
                        .all(|(_, f)| f.base_color.iter().all(|c| c.is_finite())),
                    "{path}"
                );
                assert!(
                    avatar.posed(&pose).iter().all(|m| m.is_finite()),
                    "{path}: {wrong}"
                );
                tried += 1;
            }
        }
    }
    println!("{tried} broken files were read");
    assert!(tried > 500);
}

/// What other makers' files are: VRM version, expressions, what moves the mouth, cartoon materials, whether it blinks.
#[test]
fn facts_of_other_makers_files() {
    let Some(folder) = test_avatars() else { return };
    let mut known = 0;
    for path in files_in(&folder) {
        let Ok(avatar) = Avatar::load(&path) else {
            continue;
        };
        let facts = avatar.facts();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let toons = avatar.materials.iter().filter(|m| m.toon.is_some()).count();
        let blinks = !facts.warnings.iter().any(|w| w.contains("will not blink"));
        let found = (
            facts
                .vrm_version
                .as_deref()
                .map_or("-", |v| if v.starts_with('1') { "1" } else { "0" }),
            facts.expressions.len(),
            facts.mouth.by,
            toons,
            blinks,
        );
        println!(
            "{name}: {found:?} {:?} {:#?}",
            facts.license, facts.warnings
        );
        let wanted = match name.as_str() {
            "Godette_vrm_v4.vrm" => ("0", 17, "expressions", 2, true),
            "catbot.vrm" => ("0", 18, "expressions", 1, true),
            "cryptovoxels.vrm" => ("0", 0, "nothing", 0, false),
            "debug_robot.vrm" => ("1", 18, "nothing", 0, false),
            "VRMC_vrm_expressions_isBinary_Overridden.vrm" => ("1", 2, "nothing", 0, true),
            "arkavo_mtoon_default.vrm" => ("1", 0, "nothing", 1, false),
            "usdvrm_vrm0_expressions.vrm" => ("0", 1, "nothing", 0, false),
            "RobotExpressive.glb" | "Fox.glb" => ("-", 0, "nothing", 0, false),
            _ => continue,
        };
        assert_eq!(found, wanted, "{name}");
        known += 1;
    }
    assert!(
        known > 0,
        "none of the known files is in {}",
        folder.display()
    );
}

#[test]
fn eyes_turn_within_the_ranges_of_the_file() {
    let with = |look_at: Value| {
        avatar(&[], |document| {
            extend(
                document,
                "VRMC_vrm",
                json!({"specVersion": "1.0", "humanoid": {"humanBones": {
                "head": {"node": 2}, "leftEye": {"node": 3}, "rightEye": {"node": 4}}}, "lookAt": look_at}),
            );
        })
    };
    let range = |input: f32, output: f32| json!({"inputMaxValue": input, "outputScale": output});
    let avatar = with(
        json!({"type": "bone", "rangeMapHorizontalInner": range(40.0, 4.0),
        "rangeMapHorizontalOuter": range(40.0, 8.0), "rangeMapVerticalDown": range(10.0, 3.0)}),
    );
    let yaw_pitch = |avatar: &Avatar, gaze: (f32, f32), eye: Option<usize>| {
        let mut pose = pose(&[]);
        pose.eyes = Angles {
            pitch_deg: gaze.1,
            yaw_deg: gaze.0,
            roll_deg: 0.0,
        };
        let forward = avatar.posed(&pose)[eye.unwrap()].transform_vector3(glam::Vec3::Z);
        [
            forward.x.atan2(forward.z).to_degrees(),
            forward.y.asin().to_degrees(),
        ]
    };
    let (left, right) = (avatar.rig.left_eye, avatar.rig.right_eye);
    assert!(close(&yaw_pitch(&avatar, (20.0, 0.0), left), &[4.0, 0.0]));
    assert!(close(&yaw_pitch(&avatar, (20.0, 0.0), right), &[2.0, 0.0]));
    assert!(close(&yaw_pitch(&avatar, (0.0, -30.0), left), &[0.0, -3.0]));
    // What the file does not say is 90 degrees to 10.
    assert!(close(&yaw_pitch(&avatar, (0.0, 9.0), left), &[0.0, 1.0]));
    // Expressions that move nothing leave the gaze to the bones.
    let boned = with(json!({"type": "expression"}));
    assert!(close(
        &yaw_pitch(&boned, (20.0, 0.0), boned.rig.left_eye),
        &[20.0, 0.0]
    ));
}

#[test]
fn the_file_says_where_eyes_without_bones_are() {
    let with = |extension: &str, value: Value| {
        let found = avatar(&[], |document| extend(document, extension, value));
        found.landmarks().eyes
    };
    let eyes = with(
        "VRMC_vrm",
        json!({"humanoid": {"humanBones": {"head": {"node": 2}}}, "lookAt": {"offsetFromHeadBone": [0.0, 0.07, 0.03]}}),
    );
    assert!(close(&eyes.to_array(), &[0.0, 1.49, 0.03]), "{eyes}");
    let eyes = with(
        "VRM",
        json!({"humanoid": {"humanBones": [{"bone": "head", "node": 2}]}, "firstPerson": {"firstPersonBoneOffset": {"x": 0.0, "y": 0.07, "z": 0.03}}}),
    );
    assert!(close(&eyes.to_array(), &[0.0, 1.49, 0.03]), "{eyes}");
}
