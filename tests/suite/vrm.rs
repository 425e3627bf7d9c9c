//! VRM 0.x and 1.0: cartoon materials, and expressions with what they do to each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::sync::Arc;

use serde_json::{Value, json};
use zhubo::avatar::{Alpha, Avatar, Expression, Factors, MouthBy, Outline, Surface};
use zhubo::media::{Angles, HostId, MorphWeight, Pose, Shape, Size};
use zhubo::render::Output;
use zhubo::scene::{Background, Camera, Framing};

use crate::avatar::test_avatars;
use crate::puppet::{self, Lips};
use crate::render::{gpu, image_of, picture_of, renderer};

/// A picture of one pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(crate) fn avatar(targets: &[Lips], change: impl FnOnce(&mut Value)) -> Avatar {
    Avatar::from_glb(&puppet::speaking(targets, false, change), "puppet").unwrap()
}

/// Gives the puppet the extension `name`, and four textures.
pub(crate) fn extend(document: &mut Value, name: &str, extension: Value) {
    document["extensionsUsed"] = json!([name]);
    document["extensions"] = json!({name: extension});
    document["images"] = json!([{"uri": PIXEL}, {"uri": PIXEL}, {"uri": PIXEL}, {"uri": PIXEL}]);
    document["textures"] = json!([{"source": 0}, {"source": 1}, {"source": 2}, {"source": 3}]);
}

pub(crate) fn pose(expressions: &[(&str, f32)]) -> Pose {
    let mut pose = Pose::rest(HostId::new("x"));
    let asked = expressions.iter();
    pose.expressions = asked
        .map(|(name, weight)| ((*name).into(), *weight))
        .collect();
    pose
}

/// The weight of each target of the puppet's mouth.
fn weights(avatar: &Avatar, pose: &Pose) -> Vec<f32> {
    let moving = |mesh: &zhubo::avatar::Mesh| mesh.targets.iter().any(|t| !t.deltas.is_empty());
    let mouth = avatar.meshes.iter().position(moving).unwrap();
    let face = avatar.face_weights(pose);
    face.of(mouth, &avatar.meshes[mouth].targets)
}

fn factors(avatar: &Avatar, pose: &Pose, material: usize) -> Factors {
    let changed = avatar.face_weights(pose).materials;
    let own = changed.iter().find(|(own, _)| *own == material);
    own.map_or(avatar.materials[material].factors, |(_, factors)| *factors)
}

pub(crate) fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
}

#[test]
fn cartoon_materials_of_vrm_1_are_read_whole() {
    let moved = json!({"index": 1, "texCoord": 1, "extensions": {"KHR_texture_transform": {"offset": [0.5, 0.25], "scale": [2.0, 3.0], "texCoord": 0}}});
    let avatar = avatar(&[], |document| {
        extend(document, "VRMC_materials_mtoon", json!({}));
        document["materials"][0]["alphaMode"] = json!("BLEND");
        document["materials"][0]["extensions"] = json!({"KHR_materials_unlit": {}, "VRMC_materials_mtoon": {
            "specVersion": "1.0", "transparentWithZWrite": true, "renderQueueOffsetNumber": 4,
            "shadeColorFactor": [0.1, 0.2, 0.3], "shadeMultiplyTexture": moved,
            "shadingShiftFactor": -0.3, "shadingShiftTexture": {"index": 2, "scale": 0.7}, "shadingToonyFactor": 0.6,
            "giEqualizationFactor": 0.4, "matcapFactor": [0.5, 0.6, 0.7], "matcapTexture": {"index": 3},
            "parametricRimColorFactor": [0.9, 0.8, 0.7], "parametricRimFresnelPowerFactor": 3.0,
            "parametricRimLiftFactor": 0.1, "rimMultiplyTexture": {"index": 0}, "rimLightingMixFactor": 0.2,
            "outlineWidthMode": "screenCoordinates", "outlineWidthFactor": 0.004,
            "outlineWidthMultiplyTexture": {"index": 1}, "outlineColorFactor": [0.2, 0.1, 0.0],
            "outlineLightingMixFactor": 0.3, "uvAnimationMaskTexture": {"index": 2},
            "uvAnimationScrollXSpeedFactor": 0.5, "uvAnimationScrollYSpeedFactor": -0.5,
            "uvAnimationRotationSpeedFactor": 1.5}});
        document["materials"][1]["extensions"] =
            json!({"VRMC_materials_mtoon": {"specVersion": "1.0"}});
        document["materials"][2]["extensions"] = json!({"KHR_materials_unlit": {}});
    });
    let material = &avatar.materials[0];
    let toon = material.toon.as_deref().unwrap();
    assert_eq!(material.surface, Surface::Skin, "MToon goes before unlit");
    assert_eq!((material.queue, toon.writes_depth), (4, true));
    assert_eq!(material.factors.shade, [0.1, 0.2, 0.3]);
    assert_eq!(material.factors.matcap, [0.5, 0.6, 0.7]);
    assert_eq!(material.factors.rim, [0.9, 0.8, 0.7]);
    assert_eq!(material.factors.outline, [0.2, 0.1, 0.0]);
    let shade = toon.shade.unwrap();
    assert_eq!((shade.image, shade.uv_set), (1, 0));
    assert_eq!(shade.transform, [[2.0, 0.0], [0.0, 3.0], [0.5, 0.25]]);
    assert_eq!((toon.shading_shift, toon.shading_toony), (-0.3, 0.6));
    assert_eq!(
        (toon.shift_texture.unwrap().image, toon.shift_texture_scale),
        (2, 0.7)
    );
    assert_eq!((toon.gi_equalization, toon.matcap.unwrap().image), (0.4, 3));
    assert_eq!(
        (toon.rim_fresnel_power, toon.rim_lift, toon.rim_lighting_mix),
        (3.0, 0.1, 0.2)
    );
    assert_eq!((toon.outline, toon.outline_width), (Outline::Screen, 0.004));
    assert_eq!(toon.outline_width_texture.unwrap().image, 1);
    assert_eq!(
        (toon.outline_lighting_mix, toon.uv_mask.unwrap().image),
        (0.3, 2)
    );
    assert_eq!((toon.uv_scroll, toon.uv_rotation), ([0.5, -0.5], 1.5));
    let plain = avatar.materials[1].toon.as_deref().unwrap();
    assert_eq!((plain.shading_toony, plain.outline), (0.9, Outline::None));
    assert_eq!(avatar.materials[1].factors.matcap, [1.0; 3]);
    assert!(avatar.materials[2].toon.is_none() && avatar.materials[2].surface == Surface::Unlit);
    assert!(avatar.materials[3].toon.is_none());
}

#[test]
fn cartoon_materials_of_vrm_0_are_brought_to_what_1_means() {
    let avatar = avatar(&[], |document| {
        let blended = |shader: &str, queue: i64| json!({"shader": shader, "renderQueue": queue, "floatProperties": {"_BlendMode": 2}});
        extend(
            document,
            "VRM",
            json!({"materialProperties": [
                {"name": "skin", "shader": "VRM/MToon", "renderQueue": 2000,
                 "floatProperties": {"_BlendMode": 1, "_Cutoff": 0.3, "_CullMode": 0, "_ShadeShift": -0.5, "_ShadeToony": 0.8,
                    "_IndirectLightIntensity": 0.25, "_RimFresnelPower": 2.0, "_RimLift": 0.05, "_RimLightingMix": 0.5,
                    "_OutlineWidthMode": 1, "_OutlineWidth": 0.2, "_OutlineColorMode": 1, "_OutlineLightingMix": 0.9,
                    "_BumpScale": 0.5, "_UvAnimScrollX": 0.1, "_UvAnimScrollY": 0.2, "_UvAnimRotation": 0.5},
                 "vectorProperties": {"_Color": [0.5, 1.0, 1.0, 0.5], "_ShadeColor": [0.5, 0.5, 0.5, 1.0],
                    "_EmissionColor": [0.5, 2.0, 0.0, 1.0], "_RimColor": [1, 0, 0, 1], "_OutlineColor": [0, 0.5, 0, 1],
                    "_MainTex": [0.25, 0.125, 2.0, 4.0]},
                 "textureProperties": {"_MainTex": 0, "_BumpMap": 1, "_SphereAdd": 2, "_EmissionMap": 3}},
                blended("VRM/MToon", 2990), blended("VRM/MToon", 3000),
                {"shader": "VRM/UnlitTransparentZWrite", "renderQueue": 2501},
            ]}),
        );
        document["materials"][0]["extensions"] = json!({"KHR_materials_unlit": {}});
    });
    let material = &avatar.materials[0];
    let toon = material.toon.as_deref().unwrap();
    assert_eq!(
        (material.alpha, material.double_sided),
        (Alpha::Mask(0.3), true)
    );
    assert!(close(
        &material.factors.base_color,
        &[0.21404, 1.0, 1.0, 0.5]
    ));
    assert!(close(&material.factors.shade, &[0.21404; 3]));
    assert!(close(&material.factors.outline, &[0.0, 0.21404, 0.0]));
    assert_eq!(
        material.factors.emissive,
        [0.5, 2.0, 0.0],
        "brighter than white, linear"
    );
    assert!(close(
        &[toon.shading_shift, toon.shading_toony],
        &[0.35, 0.85]
    ));
    assert!(close(
        &[toon.gi_equalization, toon.outline_width],
        &[0.75, 0.002]
    ));
    assert_eq!(
        (toon.outline, toon.outline_lighting_mix),
        (Outline::World, 0.9)
    );
    let base = material.base.unwrap();
    assert_eq!(
        base.transform,
        [[2.0, 0.0], [0.0, 4.0], [0.25, -3.125]],
        "v turned over"
    );
    assert_eq!(
        toon.shade,
        Some(base),
        "shade without a picture takes that of the light"
    );
    assert_eq!(
        toon.matcap.unwrap().transform[2],
        [0.0, 0.0],
        "a sphere is not moved"
    );
    assert_eq!(
        (material.normal.unwrap().image, material.normal_scale),
        (1, 0.5)
    );
    assert_eq!(material.emission.unwrap().image, 3);
    assert!(
        close(&toon.uv_scroll, &[0.1, -0.2]) && close(&[toon.uv_rotation], &[std::f32::consts::PI])
    );
    let queues: Vec<i32> = avatar.materials[1..4].iter().map(|m| m.queue).collect();
    assert_eq!(queues, [-1, 0, -100]);
    assert_eq!(avatar.materials[3].surface, Surface::Unlit);
    assert_eq!(avatar.materials[3].alpha, Alpha::Blend);
    assert!(avatar.materials[3].toon.is_none());
}

/// Names that say nothing, so that only expressions move them.
pub(crate) const SOME: [Lips; 4] = [
    ("M0", 0.0, -0.02),
    ("M1", 0.0, -0.01),
    ("M2", 0.01, 0.0),
    ("M3", 0.0, 0.005),
];

pub(crate) fn bind(target: usize, weight: f32) -> Value {
    json!({"node": 5, "index": target, "weight": weight})
}

#[test]
fn expressions_move_targets_colours_and_pictures_and_add_up() {
    let avatar = avatar(&SOME, |document| {
        extend(
            document,
            "VRMC_vrm",
            json!({"specVersion": "1.0", "expressions": {
                "preset": {
                    "happy": {"morphTargetBinds": [bind(0, 0.5), bind(1, 1.0)],
                        "materialColorBinds": [{"material": 0, "type": "color", "targetValue": [0.0, 0.5, 0.4, 1.0]},
                            {"material": 1, "type": "rimColor", "targetValue": [1.0, 1.0, 0.0, 1.0]}]},
                    "sad": {"morphTargetBinds": [bind(0, 0.25)],
                        "materialColorBinds": [{"material": 0, "type": "color", "targetValue": [0.8, 0.5, 0.0, 0.0]}],
                        "textureTransformBinds": [{"material": 1, "scale": [0.5, 1.0], "offset": [0.25, 0.5]}]},
                    "nonsense": {"morphTargetBinds": [bind(3, 1.0)]},
                },
                "custom": {"wink": {"morphTargetBinds": [bind(2, 1.0)], "isBinary": true}, "angry": {}},
            }}),
        );
        document["materials"][1]["pbrMetallicRoughness"]["baseColorTexture"] = json!({"index": 0,
            "extensions": {"KHR_texture_transform": {"scale": [0.25, 1.0], "offset": [0.125, 0.0]}}});
    });
    let names: Vec<&str> = avatar
        .expressions()
        .iter()
        .map(|e| e.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["happy", "sad", "wink"],
        "only what the specification knows"
    );
    assert_eq!(avatar.facts().expressions, names);
    assert!(close(
        &weights(&avatar, &pose(&[("happy", 0.5)])),
        &[0.25, 0.5, 0.0, 0.0]
    ));
    let both = pose(&[("happy", 0.5), ("sad", 1.0)]);
    assert!(close(&weights(&avatar, &both), &[0.5, 0.5, 0.0, 0.0]));
    // rest (0.8, 0.5, 0.4, 1): + 0.5 (-0.8, 0, 0, 0) + 1 (0, 0, -0.4, -1).
    assert!(close(
        &factors(&avatar, &both, 0).base_color,
        &[0.4, 0.5, 0.0, 0.0]
    ));
    assert!(close(&factors(&avatar, &both, 1).rim, &[0.5, 0.5, 0.0]));
    // From scale 0.25 and offset 0.125 to scale 0.5 and offset 0.25, after the picture's own transform.
    let half = factors(&avatar, &pose(&[("sad", 0.5)]), 1);
    let at = |u: f32| half.uv_scale[0] * (0.25 * u + 0.125) + half.uv_offset[0];
    assert!(close(&[at(0.0), at(1.0)], &[0.1875, 0.1875 + 0.375]));
    assert!(close(&[half.uv_scale[1], half.uv_offset[1]], &[1.0, 0.25]));
    // Only fully on or off; what is out of range or unknown does nothing.
    assert_eq!(weights(&avatar, &pose(&[("wink", 0.5)]))[2], 0.0);
    assert_eq!(weights(&avatar, &pose(&[("wink", 0.6)]))[2], 1.0);
    let odd = pose(&[
        ("happy", f32::NAN),
        ("sad", -3.0),
        ("smile", 1.0),
        ("wink", 7.0),
    ]);
    assert_eq!(weights(&avatar, &odd), [0.0, 0.0, 1.0, 0.0]);
    assert!(avatar.face_weights(&pose(&[])).materials.is_empty());
}

#[test]
fn expressions_of_vrm_0_have_their_new_names_and_meaning() {
    let avatar = avatar(&SOME, |document| {
        let group = |preset: &str, name: &str, target: usize| json!({"presetName": preset, "name": name, "binds": [{"mesh": 0, "index": target, "weight": 50}]});
        let mut joy = group("joy", "Joy", 0);
        joy["materialValues"] = json!([
            {"materialName": "skin", "propertyName": "_Color", "targetValue": [0.5, 0.5, 0.5, 1.0]},
            {"materialName": "eye", "propertyName": "_MainTex_ST", "targetValue": [0.5, 0.5, 0.25, 0.0]},
            {"materialName": "none", "propertyName": "_Color", "targetValue": [0, 0, 0, 0]}]);
        extend(
            document,
            "VRM",
            json!({"blendShapeMaster": {"blendShapeGroups": [
            group("neutral", "Neutral", 3), joy, group("Blink_L", "x", 1), group("unknown", "Surprised", 2),
            group("unknown", "My own", 3), group("joy", "again", 3)]}}),
        );
    });
    let list = avatar
        .expressions()
        .iter()
        .map(|e| (e.name.as_str(), e.is_custom));
    let wanted = [
        ("neutral", false),
        ("happy", false),
        ("blinkLeft", false),
        ("surprised", false),
        ("My own", true),
    ];
    assert_eq!(list.collect::<Vec<_>>(), wanted);
    let happy = pose(&[("happy", 1.0)]);
    assert_eq!(weights(&avatar, &happy), [0.5, 0.0, 0.0, 0.0]);
    assert!(close(
        &factors(&avatar, &happy, 0).base_color[..3],
        &[0.21404; 3]
    ));
    let moved = factors(&avatar, &happy, 1);
    assert!(close(&moved.uv_scale, &[0.5, 0.5]) && close(&moved.uv_offset, &[0.25, 0.5]));
}

/// A puppet with expressions for blinks, looks and a feeling, each moving a target of its own.
fn expressive(overrides: &Value) -> Avatar {
    const ALL: [Lips; 9] = [
        ("M0", 0.0, -0.02),
        ("M1", 0.0, -0.01),
        ("M2", 0.01, 0.0),
        ("M3", 0.0, 0.005),
        ("M4", 0.0, 0.005),
        ("M5", 0.0, 0.005),
        ("M6", 0.0, 0.005),
        ("M7", 0.0, 0.005),
        ("M8", 0.0, 0.005),
    ];
    avatar(&ALL, |document| {
        let mut presets = json!({});
        let names = [
            "blink",
            "blinkLeft",
            "blinkRight",
            "lookUp",
            "lookDown",
            "lookLeft",
            "lookRight",
            "happy",
            "aa",
        ];
        for (index, name) in names.into_iter().enumerate() {
            presets[name] = json!({"morphTargetBinds": [bind(index, 1.0)]});
        }
        for (key, value) in overrides.as_object().unwrap() {
            presets["happy"][key] = value.clone();
        }
        let range = json!({"inputMaxValue": 20.0, "outputScale": 1.0});
        extend(
            document,
            "VRMC_vrm",
            json!({"specVersion": "1.0", "expressions": {"preset": presets},
            "humanoid": {"humanBones": {"head": {"node": 2}, "neck": {"node": 1}}},
            "lookAt": {"type": "expression", "rangeMapHorizontalOuter": range, "rangeMapVerticalUp": range}}),
        );
    })
}

#[test]
fn shapes_the_file_does_not_have_go_to_its_expressions() {
    let avatar = expressive(&json!({}));
    assert_eq!(avatar.mouth().by, MouthBy::Expressions);
    assert!(
        !avatar
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("will not blink"))
    );
    let mut pose = pose(&[]);
    pose.blendshapes[Shape::EyeBlinkLeft] = 1.0;
    pose.blendshapes[Shape::EyeBlinkRight] = 0.25;
    pose.eyes = Angles {
        pitch_deg: 5.0,
        yaw_deg: -20.0,
        roll_deg: 0.0,
    };
    pose.blendshapes[Shape::MouthSmileLeft] = 0.4;
    pose.blendshapes[Shape::MouthSmileRight] = 0.4;
    pose.blendshapes[Shape::JawOpen] = 0.6;
    let wanted = [0.25, 0.75, 0.0, 0.25, 0.0, 0.0, 1.0, 0.24];
    let found = weights(&avatar, &pose);
    assert!(close(&found[..8], &wanted), "{found:?}");
    assert!(found[8] > 0.5, "the mouth speaks: {found:?}");
    // Smiling by itself never takes the mouth from speech, whatever the maker forbids.
    for rule in ["block", "blend"] {
        let strict = expressive(&json!({"overrideMouth": rule, "overrideBlink": rule}));
        let kept = weights(&strict, &pose);
        assert_eq!(kept[8], found[8], "{rule}");
        assert_eq!(kept[..2], found[..2], "{rule}");
        assert!(kept[7] < found[7], "{rule}: the smile gives way");
        // When it is asked for it does.
        pose.expressions = vec![("happy".into(), 1.0)];
        let taken = weights(&strict, &pose);
        assert_eq!((taken[0], taken[1], taken[8]), (0.0, 0.0, 0.0), "{rule}");
        assert_eq!(taken[7], 1.0, "{rule}");
        pose.expressions.clear();
    }
}

#[test]
fn clips_move_targets_of_their_node() {
    let avatar = avatar(&SOME, |_| ());
    let mut pose = pose(&[]);
    let clip = |node, target, weight| MorphWeight {
        node,
        target,
        weight,
    };
    pose.morphs = [
        clip(5, 1, 0.5),
        clip(5, 99, 1.0),
        clip(4, 0, 1.0),
        clip(5, 2, f32::NAN),
    ]
    .into();
    assert_eq!(weights(&avatar, &pose), [0.0, 0.5, 0.0, 0.0]);
}

/// The `textureTransformBinds` of the official samples shift their meters by this share when fully on.
fn meter(avatar: &Avatar, pose: &Pose, material: usize) -> f32 {
    let rest = avatar.materials[material].base.unwrap().transform;
    let now = factors(avatar, pose, material);
    let u = now.uv_scale[0] * rest[2][0] + now.uv_offset[0];
    (0.500_976_56 - u) / 0.5
}

#[test]
fn the_official_samples_show_what_they_should() {
    let Some(folder) = test_avatars() else { return };
    let path = folder.join("VRMC_vrm_expressions_isBinary_Overridden.vrm");
    if !path.is_file() {
        println!("SKIPPED: no {}", path.display());
        return;
    }
    let avatar = Avatar::load(&path).unwrap();
    // The official screenshot: happy about two thirds, blink a half; blink is suppressed.
    let shown = pose(&[("happy", 0.68), ("blink", 0.51)]);
    assert!((meter(&avatar, &shown, 2) - 0.68).abs() < 1e-3);
    assert!(meter(&avatar, &shown, 3).abs() < 1e-5);
    let alone = pose(&[("blink", 0.51)]);
    assert!((meter(&avatar, &alone, 3) - 1.0).abs() < 1e-3);
    assert_eq!(
        avatar
            .facts()
            .license
            .as_deref()
            .map(|l| l.contains("by pixiv Inc.")),
        Some(true)
    );
}

/// The share of the meter at this height that is filled, and how many pixels of the picture are red, in a picture of the
/// official sample taken from 2 m with 26 degrees.
fn read_meter(picture: &image::RgbaImage, y_m: f32) -> (f32, usize) {
    let metre = 240.0 / (2.0 * 13f32.to_radians().tan());
    let at = |x_m: f32| (200.0 + x_m * metre) as u32;
    let row = (240.0 + (0.97 - y_m) * metre) as u32;
    let parts = |pixel: &image::Rgba<u8>| pixel.0.map(u32::from);
    let yellow = |pixel: &image::Rgba<u8>| {
        let [r, g, b, _] = parts(pixel);
        r > 90 && 2 * g > r && 3 * b < 2 * r
    };
    let bar = at(-0.125)..at(0.275);
    let width = bar.len() as f32;
    let filled = bar.filter(|x| yellow(picture.get_pixel(*x, row))).count();
    let red = |pixel: &&image::Rgba<u8>| {
        let [r, g, b, _] = parts(pixel);
        r > 90 && 3 * g < r && 3 * b < r
    };
    (filled as f32 / width, picture.pixels().filter(red).count())
}

#[test]
fn the_official_sample_looks_like_its_screenshot() {
    let (Some(folder), Some(gpu)) = (test_avatars(), gpu()) else {
        return;
    };
    let path = folder.join("VRMC_vrm_expressions_isBinary_Overridden.vrm");
    if !path.is_file() {
        println!("SKIPPED: no {}", path.display());
        return;
    }
    let avatar = Arc::new(Avatar::load(&path).unwrap());
    let size = Size::new(400, 480);
    let mut renderer = renderer(&gpu, size, Output::Rgba, &avatar);
    let mut picture = picture_of(&avatar, Framing::Bust, size);
    picture.background = Background::Color([0, 0, 0]);
    picture.camera = Camera {
        eye: glam::Vec3::new(0.0, 0.97, 2.0),
        target: glam::Vec3::new(0.0, 0.97, 0.0),
        fov_y_deg: 26.0,
    };
    let mut draw = |expressions: &[(&str, f32)]| {
        picture.poses[0].expressions = pose(expressions).expressions;
        image_of(&renderer.draw(&picture).unwrap())
    };
    let (happy, blink) = (0.78125, 0.71875);
    // The screenshot: happy about two thirds, blink a half, which happy suppresses. No red, all marks are ticks.
    let shown = draw(&[("happy", 0.68), ("blink", 0.51)]);
    let (filled, red) = read_meter(&shown, happy);
    assert!((filled - 0.68).abs() < 0.02, "{filled}");
    assert_eq!(read_meter(&shown, blink).0, 0.0);
    // Alone, blink is on.
    let alone = draw(&[("blink", 0.51)]);
    assert!(read_meter(&alone, blink).0 > 0.98);
    println!(
        "red pixels: {red}; blink alone: {}",
        read_meter(&alone, happy).1
    );
    assert!(red < 400, "{red}");
}

#[test]
fn an_expression_can_be_looked_at() {
    let avatar = expressive(&json!({"overrideMouth": "block"}));
    let happy: &Expression = avatar
        .expressions()
        .iter()
        .find(|e| e.name == "happy")
        .unwrap();
    assert!(!happy.targets.is_empty() && !happy.is_custom && !happy.is_binary);
    let text = serde_json::to_value(avatar.facts()).unwrap();
    assert_eq!(text["mouth"], json!({"works": true, "by": "expressions"}));
    for key in [
        "format",
        "vrm_version",
        "triangles",
        "joints",
        "morph_targets",
        "arkit_shapes",
        "expressions",
        "license",
        "warnings",
    ] {
        assert!(text.get(key).is_some(), "{key}");
    }
}
