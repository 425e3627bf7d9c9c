//! Clips: what a file's own animations move, and how movements of one humanoid look on another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::PathBuf;

use glam::{Mat4, Quat, Vec3};
use serde_json::{Value, json};
use zhubo::avatar::{Avatar, Clip};
use zhubo::media::{Bone, HostId, MediaTime, Pose};
use zhubo::motion::Posture;

use crate::puppet;

/// A track: node, path, interpolation, times, values.
type Track<'a> = (usize, &'a str, &'a str, &'a [f32], &'a [f32]);

/// A GLB with a triangle, its morph target, `nodes` and one animation.
fn file(nodes: Value, extensions: &Value, tracks: &[Track<'_>]) -> Vec<u8> {
    let mut bin: Vec<u8> = Vec::new();
    let (mut views, mut accessors) = (Vec::new(), Vec::new());
    let mut add = |values: &[f32], kind: &str, width: usize| {
        views.push(json!({"buffer": 0, "byteOffset": bin.len(), "byteLength": values.len() * 4}));
        bin.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        accessors.push(
            json!({"bufferView": views.len() - 1, "componentType": 5126, "type": kind,
            "count": values.len() / width, "min": [-9, -9, -9], "max": [9, 9, 9]}),
        );
        accessors.len() - 1
    };
    let triangle = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.8, 0.0];
    let positions = add(&triangle, "VEC3", 3);
    let target = add(&[0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1], "VEC3", 3);
    let (mut samplers, mut channels) = (Vec::new(), Vec::new());
    for (node, path, interpolation, times, values) in tracks {
        let (kind, width) = match *path {
            "rotation" => ("VEC4", 4),
            "weights" => ("SCALAR", 1),
            _ => ("VEC3", 3),
        };
        let (input, output) = (add(times, "SCALAR", 1), add(values, kind, width));
        channels.push(json!({"sampler": samplers.len(), "target": {"node": node, "path": path}}));
        samplers.push(json!({"input": input, "output": output, "interpolation": interpolation}));
    }
    let mut document = json!({
        "asset": {"version": "2.0"}, "scene": 0, "nodes": nodes, "extensions": extensions,
        "meshes": [{"primitives": [{"attributes": {"POSITION": positions}, "targets": [{"POSITION": target}]}],
            "extras": {"targetNames": ["bulge"]}}],
        "bufferViews": views, "accessors": accessors, "buffers": [{"byteLength": bin.len()}],
    });
    document["scenes"] = json!([{"nodes": roots(&document["nodes"])}]);
    if !channels.is_empty() {
        document["animations"] =
            json!([{"name": "wave", "samplers": samplers, "channels": channels}]);
    }
    puppet::assemble(&document, &bin)
}

fn roots(nodes: &Value) -> Vec<usize> {
    let nodes = nodes.as_array().unwrap();
    let children: Vec<u64> = nodes
        .iter()
        .filter_map(|node| node.get("children")?.as_array())
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    (0..nodes.len())
        .filter(|n| !children.contains(&(*n as u64)))
        .collect()
}

/// A VRM animation in which a head bows within a second.
pub(crate) fn nodding() -> Vec<u8> {
    let nodes = json!([
        {"name": "hips", "translation": [0, 1, 0], "children": [1]},
        {"name": "head", "translation": [0, 0.5, 0]},
    ]);
    let bones = json!({"hips": {"node": 0}, "head": {"node": 1}});
    let extensions =
        json!({"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}});
    let down = two(Quat::IDENTITY, Quat::from_rotation_x(0.3));
    file(
        nodes,
        &extensions,
        &[(1, "rotation", "LINEAR", &[0.0, 1.0], &down)],
    )
}

fn quat(turn: Quat) -> [f32; 4] {
    turn.normalize().to_array()
}

fn two(a: Quat, b: Quat) -> Vec<f32> {
    [quat(a), quat(b)].concat()
}

fn rest() -> Pose {
    Pose::rest(HostId::new("x"))
}

/// A humanoid: node 0 shows the triangle; then each bone with its parent, place in the model, and own world rotation.
struct Body {
    bones: Vec<(&'static str, Option<usize>, Vec3, Quat)>,
}

impl Body {
    /// Hips, spine, (upper chest,) head and a left arm in T-pose; `turn` gives each bone its rest rotation in the world.
    fn new(scale: f32, upper_chest: bool, arm: Vec3, turn: impl Fn(usize) -> Quat) -> Self {
        let mut bones = vec![
            ("hips", None, Vec3::new(0.0, 0.9, 0.0)),
            ("spine", Some(0), Vec3::new(0.0, 1.0, 0.0)),
            ("chest", Some(1), Vec3::new(0.0, 1.15, 0.0)),
        ];
        if upper_chest {
            bones.push(("upperChest", Some(2), Vec3::new(0.0, 1.3, 0.0)));
        }
        let top = bones.len() - 1;
        let shoulder = Vec3::new(0.2, 1.4, 0.0);
        bones.extend([
            ("head", Some(top), Vec3::new(0.0, 1.5, 0.0)),
            ("leftUpperArm", Some(top), shoulder),
            ("leftLowerArm", Some(top + 2), shoulder + 0.3 * arm),
            ("leftHand", Some(top + 3), shoulder + 0.55 * arm),
        ]);
        Self {
            bones: (0..)
                .zip(bones)
                .map(|(n, (name, parent, place))| (name, parent, place * scale, turn(n)))
                .collect(),
        }
    }

    fn index(&self, name: &str) -> usize {
        1 + self
            .bones
            .iter()
            .position(|(own, ..)| *own == name)
            .unwrap()
    }

    fn nodes(&self) -> Value {
        let mut nodes = vec![json!({"name": "Body", "mesh": 0})];
        for (n, (name, parent, place, turn)) in self.bones.iter().enumerate() {
            let world = Mat4::from_rotation_translation(*turn, *place);
            let parent = parent.map_or(Mat4::IDENTITY, |parent| {
                Mat4::from_rotation_translation(self.bones[parent].3, self.bones[parent].2)
            });
            let (_, turn, place) = (parent.inverse() * world).to_scale_rotation_translation();
            let children: Vec<usize> = (0..self.bones.len())
                .filter(|child| self.bones[*child].1 == Some(n))
                .map(|child| child + 1)
                .collect();
            let mut node =
                json!({"name": name, "translation": place.to_array(), "rotation": quat(turn)});
            if !children.is_empty() {
                node["children"] = json!(children);
            }
            nodes.push(node);
        }
        Value::Array(nodes)
    }

    fn vrma(&self) -> Value {
        let bones: serde_json::Map<String, Value> = (1..)
            .zip(&self.bones)
            .map(|(n, (name, ..))| ((*name).to_owned(), json!({"node": n})))
            .collect();
        json!({"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}})
    }
}

/// Rest rotations that no two bones share.
fn crooked(n: usize) -> Quat {
    Quat::from_euler(
        glam::EulerRot::XYZ,
        0.7 * n as f32,
        0.4 - 0.3 * n as f32,
        0.9,
    )
}

/// How a bone is turned in the world against the T-pose, and where it is.
fn turned(avatar: &Avatar, pose: &Pose, bone: &str) -> (Quat, Vec3) {
    let node = avatar.rig.humanoid[bone];
    let posed = avatar.posed(pose)[node];
    let (_, now, place) = posed.to_scale_rotation_translation();
    let (_, rest, _) = avatar.rig.rest[node].to_scale_rotation_translation();
    (now * rest.inverse(), place)
}

#[test]
fn a_clip_moves_nodes_and_targets_between_its_keys() {
    let nodes = json!([{"name": "Body", "mesh": 0, "scale": [2, 2, 2]}]);
    let turn = Quat::from_rotation_y(1.0);
    let bytes = file(
        nodes,
        &json!({}),
        &[
            (
                0,
                "translation",
                "LINEAR",
                &[0.0, 2.0],
                &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0],
            ),
            (
                0,
                "rotation",
                "STEP",
                &[0.0, 1.0],
                &two(Quat::IDENTITY, turn),
            ),
            (
                0,
                "weights",
                "CUBICSPLINE",
                &[0.0, 2.0],
                &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            ),
        ],
    );
    let avatar = Avatar::from_glb(&bytes, "x").unwrap();
    let [clip] = avatar.clips() else {
        panic!("one clip")
    };
    assert_eq!(
        (clip.name(), clip.duration()),
        ("wave", MediaTime::from_millis(2000))
    );
    let at = |secs: f64| {
        let mut pose = rest();
        clip.apply(&avatar, &mut pose, secs);
        pose
    };
    let (scale, rotation, place) = at(0.5).nodes[0].1.to_scale_rotation_translation();
    assert!(
        (place - Vec3::new(0.25, 0.5, 0.75)).length() < 1e-6,
        "{place}"
    );
    assert!((scale - 2.0).length() < 1e-5 && rotation.angle_between(Quat::IDENTITY) < 1e-3);
    let (_, rotation, _) = at(1.0).nodes[0].1.to_scale_rotation_translation();
    assert!(rotation.angle_between(turn) < 1e-3);
    let bulge = |secs: f64| {
        let face = avatar.face_weights(&at(secs));
        face.of(0, &avatar.meshes[0].targets)[0]
    };
    assert!((bulge(1.0) - 0.5).abs() < 1e-6 && (bulge(9.0) - 1.0).abs() < 1e-6);
    assert_eq!(at(-1.0), at(0.0));
}

#[test]
fn bones_turn_alike_on_skeletons_that_rest_differently() {
    let source = Body::new(1.0, true, Vec3::X, crooked);
    let (arm, head) = (source.index("leftUpperArm"), source.index("head"));
    let chest = source.index("upperChest");
    let bent = |node: usize, by: Quat| {
        let local = source.nodes()[node]["rotation"].clone();
        let local: Vec<f32> = serde_json::from_value(local).unwrap();
        let local = Quat::from_slice(&local);
        two(local, local * by)
    };
    let values = [
        (arm, bent(arm, Quat::from_rotation_x(0.8))),
        (head, bent(head, Quat::from_rotation_y(0.5))),
        (chest, bent(chest, Quat::from_rotation_z(0.3))),
    ];
    let tracks: Vec<Track<'_>> = values
        .iter()
        .map(|(node, values)| (*node, "rotation", "LINEAR", &[0.0, 1.0][..], &values[..]))
        .collect();
    let own = Avatar::from_glb(&file(source.nodes(), &json!({}), &tracks), "own").unwrap();
    let bytes = file(source.nodes(), &source.vrma(), &tracks);
    let clips = Clip::from_bytes(&bytes, "wave.vrma").unwrap();
    let mut reference = rest();
    own.clips()[0].apply(&own, &mut reference, 0.6);
    // Plain rest rotations, crooked ones, a rig without an upper chest, and VRM 0.x, which looks back.
    let plain = |_: usize| Quat::IDENTITY;
    let other = |n: usize| crooked(7 * n + 3);
    let old_bones = |body: &Body| {
        let bones: Vec<Value> = (1..)
            .zip(&body.bones)
            .map(|(n, (name, ..))| json!({"bone": name, "node": n}))
            .collect();
        json!({"VRM": {"humanoid": {"humanBones": bones}}})
    };
    let mirrored = Body {
        bones: Body::new(1.0, true, Vec3::X, plain)
            .bones
            .into_iter()
            .map(|(name, parent, place, turn)| {
                (name, parent, place * Vec3::new(-1.0, 1.0, -1.0), turn)
            })
            .collect(),
    };
    let none = json!({});
    for (what, body, extensions) in [
        ("plain", Body::new(1.0, true, Vec3::X, plain), none.clone()),
        (
            "crooked",
            Body::new(1.3, true, Vec3::X, other),
            none.clone(),
        ),
        (
            "no upper chest",
            Body::new(1.0, false, Vec3::X, other),
            none,
        ),
        ("VRM 0.x", mirrored, Value::Null),
    ] {
        let extensions = if extensions.is_null() {
            old_bones(&body)
        } else {
            extensions
        };
        let avatar = Avatar::from_glb(&file(body.nodes(), &extensions, &[]), what).unwrap();
        let mut pose = rest();
        clips[0].apply(&avatar, &mut pose, 0.6);
        for bone in ["head", "leftUpperArm", "leftHand"] {
            let (wanted, _) = turned(&own, &reference, bone);
            let (is, _) = turned(&avatar, &pose, bone);
            assert!(wanted.angle_between(Quat::IDENTITY) > 0.1, "{bone} moves");
            let apart = wanted.angle_between(is).to_degrees();
            assert!(apart < 0.2, "{what}: {bone} is {apart} degrees off");
        }
    }
}

#[test]
fn arms_of_an_a_pose_go_where_those_of_a_t_pose_go() {
    let source = Body::new(1.0, true, Vec3::X, |_| Quat::IDENTITY);
    let arm = source.index("leftUpperArm");
    let up = two(Quat::IDENTITY, Quat::from_rotation_z(1.2));
    let bytes = file(
        source.nodes(),
        &source.vrma(),
        &[(arm, "rotation", "LINEAR", &[0.0, 1.0], &up)],
    );
    let clips = Clip::from_bytes(&bytes, "up.vrma").unwrap();
    let down = Vec3::new(0.7, -0.7, 0.0).normalize_or(Vec3::X);
    let avatar = Body::new(1.0, true, down, crooked);
    let avatar = Avatar::from_glb(&file(avatar.nodes(), &json!({}), &[]), "a-pose").unwrap();
    let mut pose = rest();
    Posture::of(&avatar).apply(&mut pose);
    assert!(
        pose.bones
            .iter()
            .any(|(bone, _)| *bone == Bone::LeftUpperArm)
    );
    clips[0].apply(&avatar, &mut pose, 1.0);
    // The clip moves the upper arm: the hanging posture must not turn it further.
    assert!(
        !pose
            .bones
            .iter()
            .any(|(bone, _)| *bone == Bone::LeftUpperArm)
    );
    pose.bones.clear();
    let at = |bone: &str| turned(&avatar, &pose, bone).1;
    let way = (at("leftLowerArm") - at("leftUpperArm")).normalize_or_zero();
    let wanted = Quat::from_rotation_z(1.2) * Vec3::X;
    assert!(way.angle_between(wanted).to_degrees() < 0.2, "{way}");
}

#[test]
fn hips_move_in_proportion_to_their_height() {
    let source = Body::new(1.0, true, Vec3::X, |_| Quat::IDENTITY);
    let moves = [0.0, 0.9, 0.0, 0.1, 0.6, 0.3];
    let bytes = file(
        source.nodes(),
        &source.vrma(),
        &[(1, "translation", "LINEAR", &[0.0, 1.0], &moves)],
    );
    let clips = Clip::from_bytes(&bytes, "sit.vrma").unwrap();
    let avatar = Body::new(0.5, true, Vec3::X, |_| Quat::IDENTITY);
    let avatar = Avatar::from_glb(&file(avatar.nodes(), &json!({}), &[]), "small").unwrap();
    let mut pose = rest();
    clips[0].apply(&avatar, &mut pose, 1.0);
    let (_, hips) = turned(&avatar, &pose, "hips");
    assert!(
        (hips - Vec3::new(0.05, 0.3, 0.15)).length() < 1e-5,
        "{hips}"
    );
}

#[test]
fn expressions_and_gaze_are_carried_over() {
    let source = Body::new(1.0, true, Vec3::X, |_| Quat::IDENTITY);
    let mut nodes = source.nodes();
    let count = nodes.as_array().unwrap().len();
    for name in ["happy", "wink", "lookAt"] {
        nodes.as_array_mut().unwrap().push(json!({"name": name}));
    }
    let mut extensions = source.vrma();
    let vrma = &mut extensions["VRMC_vrm_animation"];
    vrma["expressions"] =
        json!({"preset": {"happy": {"node": count}}, "custom": {"wink": {"node": count + 1}}});
    vrma["lookAt"] = json!({"node": count + 2});
    // Extrinsic ZXY: yaw about +Y last. 20 degrees to the left (+X), 10 up.
    let gaze =
        Quat::from_rotation_y(20f32.to_radians()) * Quat::from_rotation_x(-(10f32.to_radians()));
    let bytes = file(
        nodes,
        &extensions,
        &[
            (
                count,
                "translation",
                "LINEAR",
                &[0.0, 1.0],
                &[0.0, 9.0, 9.0, 1.0, 9.0, 9.0],
            ),
            (
                count + 1,
                "translation",
                "STEP",
                &[0.0, 1.0],
                &[7.0, 0.0, 0.0, -7.0, 0.0, 0.0],
            ),
            (
                count + 2,
                "rotation",
                "LINEAR",
                &[0.0, 1.0],
                &two(gaze, gaze),
            ),
        ],
    );
    let clips = Clip::from_bytes(&bytes, "face.vrma").unwrap();
    let avatar = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let mut pose = rest();
    pose.expressions.push(("happy".into(), 1.0));
    clips[0].apply(&avatar, &mut pose, 0.25);
    let weights: Vec<(&str, f32)> = pose.expressions.iter().map(|(n, w)| (&**n, *w)).collect();
    assert_eq!(weights, [("happy", 0.25), ("wink", 1.0)]);
    assert!((pose.eyes.yaw_deg - 20.0).abs() < 0.01 && (pose.eyes.pitch_deg - 10.0).abs() < 0.01);
}

#[test]
fn broken_animations_cost_themselves_only() {
    let nodes = json!([{"name": "Body", "mesh": 0}]);
    let good: Track<'_> = (0, "translation", "LINEAR", &[0.0, 1.0], &[0.0; 6]);
    for (what, bad) in [
        (
            "times fall",
            (0, "scale", "LINEAR", &[1.0, 0.0][..], &[1.0; 6][..]),
        ),
        (
            "too few values",
            (0, "scale", "LINEAR", &[0.0, 1.0, 2.0], &[1.0; 6]),
        ),
        ("not a number", (0, "scale", "STEP", &[0.0], &[f32::NAN; 3])),
        ("endless", (0, "scale", "STEP", &[f32::INFINITY], &[1.0; 3])),
        (
            "no tangents",
            (0, "rotation", "CUBICSPLINE", &[0.0], &[1.0; 4]),
        ),
    ] {
        let bytes = file(nodes.clone(), &json!({}), &[bad, good]);
        let avatar = Avatar::from_glb(&bytes, what).unwrap();
        let warned = avatar
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("animation `wave`"));
        assert!(warned, "{what}: {:?}", avatar.facts().warnings);
        let mut pose = rest();
        avatar.clips()[0].apply(&avatar, &mut pose, f64::NAN);
        assert!(
            pose.nodes.iter().all(|(_, local)| local.is_finite()),
            "{what}"
        );
    }
    // A clip of one file on another avatar moves what fits, and nothing else.
    let far = json!([{"name": "Body", "mesh": 0}, {}, {}, {}, {}, {}, {}, {}, {"name": "Far"}]);
    let track = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let bytes = file(
        far,
        &json!({}),
        &[(8, "translation", "LINEAR", &[0.0, 1.0], &track)],
    );
    let other = Avatar::from_glb(&bytes, "far").unwrap();
    let puppet = Avatar::from_glb(&puppet::glb(), "puppet").unwrap();
    let mut pose = rest();
    other.clips()[0].apply(&puppet, &mut pose, 1.0);
    assert!(pose.nodes.is_empty());
}

#[test]
fn animations_that_state_too_much_are_left_out() {
    // Accessors without data are all zeros and may state any count.
    let mut document = json!({
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 3, "min": [0, 0, 0], "max": [1, 1, 1]}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}], "buffers": [{"byteLength": 36}],
    });
    let (mut samplers, mut channels) = (Vec::new(), Vec::new());
    for n in 0..300 {
        let accessors = document["accessors"].as_array_mut().unwrap();
        let count = if n == 0 { 1_000_000_000 } else { 2_000_000 };
        accessors.push(json!({"componentType": 5126, "type": "SCALAR", "count": count}));
        accessors.push(json!({"componentType": 5126, "type": "VEC4", "count": count}));
        samplers.push(json!({"input": 2 * n + 1, "output": 2 * n + 2}));
        channels.push(json!({"sampler": n, "target": {"node": 0, "path": "rotation"}}));
    }
    document["animations"] = json!([{"samplers": samplers, "channels": channels}]);
    let triangle: Vec<u8> = [0f32, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let avatar = Avatar::from_glb(&puppet::assemble(&document, &triangle), "x").unwrap();
    let warnings = &avatar.facts().warnings;
    assert!(
        warnings.iter().any(|w| w.contains("animation")),
        "{warnings:?}"
    );
    assert!(warnings.len() < 30, "{warnings:?}");
    assert!(avatar.clips().is_empty());
}

#[test]
fn files_without_a_humanoid_are_no_clips_for_others() {
    let nodes = json!([{"name": "Body", "mesh": 0}]);
    let track: Track<'_> = (0, "translation", "LINEAR", &[0.0, 1.0], &[0.0; 6]);
    let error = Clip::from_bytes(&file(nodes, &json!({}), &[track]), "x.glb").unwrap_err();
    assert!(error.to_string().contains("humanoid"), "{error}");
    let body = Body::new(1.0, true, Vec3::X, |_| Quat::IDENTITY);
    let error = Clip::from_bytes(&file(body.nodes(), &body.vrma(), &[]), "x.vrma").unwrap_err();
    assert!(error.to_string().contains("moves no"), "{error}");
    assert!(Clip::from_bytes(b"<html>", "x.vrma").is_err());
}

/// A file of another maker, where there is one.
fn path_of(name: &str) -> Option<PathBuf> {
    let path = crate::avatar::test_avatars()?.join(name);
    if !path.is_file() {
        println!("SKIPPED: no {}", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn clips_of_other_makers_play() {
    for (name, clips, secs) in [
        ("Fox.glb", 3, 1.158),
        ("RobotExpressive.glb", 14, 0.0),
        ("AnimatedMorphCube.glb", 1, 0.0),
        ("MorphStressTest.gltf", 3, 0.0),
        ("RiggedFigure.glb", 1, 1.25),
    ] {
        let Some(path) = path_of(name) else { continue };
        let avatar = Avatar::load(&path).unwrap();
        assert_eq!(avatar.clips().len(), clips, "{name}");
        let last = avatar.clips().last().unwrap().duration().as_secs_f64();
        assert!(secs == 0.0 || (last - secs).abs() < 0.01, "{name}: {last}");
        for clip in avatar.clips() {
            let mut moved = false;
            for part in 0..8 {
                let mut pose = rest();
                let at = clip.duration().as_secs_f64() * f64::from(part) / 8.0;
                clip.apply(&avatar, &mut pose, at);
                let posed = avatar.posed(&pose);
                assert!(posed.iter().all(Mat4::is_finite), "{name}: {}", clip.name());
                let far = posed
                    .iter()
                    .zip(&avatar.rig.rest)
                    .any(|(a, b)| !a.abs_diff_eq(*b, 1e-3));
                moved |= far || !avatar.face_weights(&pose).targets.is_empty();
            }
            assert!(moved, "{name}: {} moves nothing", clip.name());
        }
    }
}

#[test]
fn a_vrm_animation_of_others_plays_on_any_humanoid() {
    let Some(path) = path_of("test.vrma") else {
        return;
    };
    let clips = Clip::load(&path).unwrap();
    assert_eq!(clips.len(), 1);
    for name in ["Godette_vrm_v4.vrm", "debug_robot.vrm", "cryptovoxels.vrm"] {
        let Some(path) = path_of(name) else { continue };
        let avatar = Avatar::load(&path).unwrap();
        let mut pose = rest();
        clips[0].apply(&avatar, &mut pose, 0.5 * clips[0].duration().as_secs_f64());
        assert!(
            !pose.nodes.is_empty() || !pose.expressions.is_empty(),
            "{name}"
        );
        assert!(avatar.posed(&pose).iter().all(Mat4::is_finite), "{name}");
    }
}
