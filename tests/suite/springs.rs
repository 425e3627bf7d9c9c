//! What swings: numbers over time, frame rates, jumps, scales, colliders, and files that are broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use glam::{Mat4, Vec3};
use serde_json::{Value, json};
use zhubo::avatar::{Avatar, Springs};
use zhubo::media::{Emotion, FrameRate, HostId, MediaTime, Pose};
use zhubo::motion::{Motion, MotionOptions, Situation};

use crate::puppet::{self, JAW};

/// The first of the four hair nodes that [`hair`] puts on the puppet's head, and the last.
const ROOT: usize = 6;
const TIP: usize = 9;

/// The puppet with a plait of three joints of 8 cm behind its head, and `springs` in its extensions.
fn hairy(springs: &str, value: Value) -> Vec<u8> {
    puppet::speaking(&[JAW], false, |document| {
        hair(document);
        document["extensions"][springs] = value;
    })
}

fn hair(document: &mut Value) {
    let nodes = document["nodes"].as_array_mut().unwrap();
    nodes[2]["children"] = json!([3, 4, 6]);
    nodes.push(json!({"name": "Hair0", "translation": [0.0, 0.12, -0.1], "children": [7]}));
    nodes.push(json!({"name": "Hair1", "translation": [0.0, -0.08, 0.0], "children": [8]}));
    nodes.push(json!({"name": "Hair2", "translation": [0.0, -0.08, 0.0], "children": [9]}));
    nodes.push(json!({"name": "HairTip", "translation": [0.0, -0.08, 0.0]}));
}

fn joints(stiffness: f32, gravity: f32) -> Value {
    let joint = |node: usize| {
        json!({"node": node, "stiffness": stiffness, "gravityPower": gravity,
            "gravityDir": [0, -1, 0], "dragForce": 0.3, "hitRadius": 0.01})
    };
    json!([joint(6), joint(7), joint(8), {"node": 9}])
}

fn modern(stiffness: f32, gravity: f32) -> Value {
    json!({"specVersion": "1.0", "springs": [{"joints": joints(stiffness, gravity)}]})
}

fn swinging() -> Avatar {
    Avatar::from_glb(&hairy("VRMC_springBone", modern(0.6, 0.3)), "hairy").unwrap()
}

/// A head that waits, turns 40 degrees to the left in 0.3 s and waits again.
fn turning(at: MediaTime) -> Pose {
    let mut pose = Pose::rest(HostId::new("x"));
    let part = ((at.as_secs_f64() - 0.2) / 0.3).clamp(0.0, 1.0);
    pose.head.yaw_deg = (40.0 * part * part * (3.0 - 2.0 * part)) as f32;
    pose
}

fn place(avatar: &Avatar, pose: &Pose, node: usize) -> Vec3 {
    avatar.posed(pose)[node].w_axis.truncate()
}

/// Where the tip is at `at` when `springs` was told all frames of `rate` before.
fn tips(avatar: &Avatar, rate: u32, until: MediaTime) -> Vec<(MediaTime, Vec3)> {
    let mut springs = Springs::new(avatar).unwrap();
    let rate = FrameRate::whole(rate);
    (0..)
        .map(|n| rate.pts_of(n))
        .take_while(|at| *at <= until)
        .map(|at| {
            let mut pose = turning(at);
            springs.apply(avatar, &mut pose, at);
            (at, place(avatar, &pose, TIP))
        })
        .collect()
}

#[test]
fn hair_swings_behind_a_turning_head() {
    let avatar = swinging();
    let mut text = "time tip_x tip_y tip_z stiff_x stiff_z, centimetres\n".to_owned();
    for (at, tip) in tips(&avatar, 25, MediaTime::from_millis(2000))
        .iter()
        .step_by(2)
    {
        let stiff = 100.0 * place(&avatar, &turning(*at), TIP);
        let tip = 100.0 * *tip;
        writeln!(
            text,
            "{:4.2} {:6.2} {:6.2} {:6.2} {:6.2} {:6.2}",
            at.as_secs_f64(),
            tip.x,
            tip.y,
            tip.z,
            stiff.x,
            stiff.z
        )
        .unwrap();
    }
    insta::with_settings!({snapshot_path => "../golden", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("springs_head_turn", text);
    });
}

#[test]
fn hair_is_late_swings_over_and_comes_to_rest() {
    let avatar = swinging();
    let tips = tips(&avatar, 50, MediaTime::from_millis(4000));
    // Behind a head that turns left (+X) the plait, at -Z, goes right (-X): it must be late first, then too far.
    let end = place(&avatar, &turning(MediaTime::from_millis(4000)), TIP);
    let at = |millis: i64| tips.iter().find(|(at, _)| at.0 == millis * 48).unwrap().1;
    let stiff = place(&avatar, &turning(MediaTime::from_millis(400)), TIP);
    assert!(at(400).x > stiff.x + 0.005, "{} {stiff}", at(400));
    let beyond = tips.iter().map(|(_, tip)| tip.x).fold(f32::MAX, f32::min);
    assert!(beyond < end.x - 0.002, "{beyond} {end}");
    assert!((at(4000) - end).length() < 0.004, "{} {end}", at(4000));
}

#[test]
fn frame_rates_agree() {
    let avatar = swinging();
    let until = MediaTime::from_millis(1600);
    let fine = tips(&avatar, 100, until);
    for rate in [25, 50] {
        for (at, tip) in tips(&avatar, rate, until) {
            let same = fine.iter().find(|(other, _)| *other == at).unwrap().1;
            let apart_mm = 1000.0 * (tip - same).length();
            assert!(apart_mm < 1.5, "{rate} fps at {at}: {apart_mm} mm");
        }
    }
}

#[test]
fn hair_does_not_jitter_at_25_frames() {
    let avatar = swinging();
    let mut springs = Springs::new(&avatar).unwrap();
    let mut seen: Vec<Vec3> = Vec::new();
    // A head that turns evenly: once the plait follows, it stays where it is behind the head. 25 pictures do not fall on
    // the grid of 60 steps.
    for n in 0..75 {
        let at = FrameRate::whole(25).pts_of(n);
        let mut pose = Pose::rest(HostId::new("x"));
        pose.head.yaw_deg = 2.0 * n as f32 - 75.0;
        springs.apply(&avatar, &mut pose, at);
        let posed = avatar.posed(&pose);
        seen.push(
            posed[2]
                .inverse()
                .transform_point3(posed[TIP].w_axis.truncate()),
        );
    }
    let stiff = avatar.rig.rest[2].inverse() * avatar.rig.rest[TIP];
    assert!(
        (seen[74] - stiff.w_axis.truncate()).length() > 0.01,
        "it lags"
    );
    for pair in seen[40..].windows(2) {
        let step_mm = 1000.0 * (pair[1] - pair[0]).length();
        assert!(step_mm < 0.1, "{step_mm} mm");
    }
}

#[test]
fn equal_poses_give_equal_bits_and_jumps_begin_anew() {
    let avatar = swinging();
    let run = |springs: &mut Springs, from: i64, to: i64| {
        let mut last = None;
        for n in from..to {
            let at = MediaTime(n * 1920 + 960);
            let mut pose = turning(at);
            springs.apply(&avatar, &mut pose, at);
            last = Some(pose.nodes);
        }
        last.unwrap()
    };
    let mut a = Springs::new(&avatar).unwrap();
    let mut b = Springs::new(&avatar).unwrap();
    assert_eq!(run(&mut a, 0, 20), run(&mut b, 0, 20));
    // A gap, and a jump back: as if it had only begun there.
    for start in [200, 5, -40] {
        let mut fresh = Springs::new(&avatar).unwrap();
        assert_eq!(
            run(&mut a, start, start + 9),
            run(&mut fresh, start, start + 9)
        );
    }
}

#[test]
fn the_engine_moves_hair_as_it_moves_the_head() {
    let avatar = Arc::new(swinging());
    let motion = || {
        Motion::new(MotionOptions {
            host: HostId::new("x"),
            seed: 3,
            avatar: Some(Arc::clone(&avatar)),
            gestures: Arc::default(),
        })
    };
    let (mut one, mut other) = (motion(), motion());
    for n in 0..50 {
        let at = FrameRate::whole(25).pts_of(n);
        let speech = Situation::silent(Emotion::Neutral);
        let pose = one.pose(at, &speech);
        assert_eq!(pose, other.pose(at, &speech));
        assert_eq!(pose.nodes.len(), 3, "the three joints are moved");
    }
}

#[test]
fn what_is_no_number_does_not_stay() {
    let avatar = swinging();
    let mut springs = Springs::new(&avatar).unwrap();
    for n in 0..60 {
        let at = FrameRate::whole(25).pts_of(n);
        let mut pose = Pose::rest(HostId::new("x"));
        if n == 5 {
            pose.nodes = [(2, Mat4::from_scale(Vec3::splat(f32::NAN)))].into();
        } else if n == 9 {
            pose.nodes = [(2, Mat4::from_scale(Vec3::ZERO))].into();
        }
        springs.apply(&avatar, &mut pose, at);
        if n > 10 {
            let tip = place(&avatar, &pose, TIP);
            let rest = avatar.rig.rest[TIP].w_axis.truncate();
            assert!((tip - rest).length() < 0.2, "frame {n}: {tip}");
        }
        if n == 59 {
            let rest = avatar.rig.rest[TIP].w_axis.truncate();
            assert!((place(&avatar, &pose, TIP) - rest).length() < 2e-3);
        }
    }
}

#[test]
fn scaled_models_swing_alike() {
    // In centimetres below a node that scales them, as FBX converters write.
    let scaled = puppet::speaking(&[JAW], false, |document| {
        hair(document);
        document["extensions"]["VRMC_springBone"] = modern(0.6, 0.3);
        for node in document["nodes"].as_array_mut().unwrap() {
            if let Some(place) = node.get_mut("translation") {
                let longer = |v: &Value| json!(v.as_f64().unwrap() * 100.0);
                *place = place.as_array().unwrap().iter().map(longer).collect();
            }
        }
        let top = json!({"name": "Metres", "scale": [0.01, 0.01, 0.01], "children": [0, 5]});
        document["nodes"].as_array_mut().unwrap().push(top);
        document["scenes"] = json!([{"nodes": [10]}]);
    });
    let scaled = Avatar::from_glb(&scaled, "scaled").unwrap();
    let until = MediaTime::from_millis(1200);
    let pairs = tips(&swinging(), 25, until)
        .into_iter()
        .zip(tips(&scaled, 25, until));
    for ((at, a), (_, b)) in pairs {
        assert!((a - b).length() < 1e-4, "{at}: {a} {b}");
    }
}

/// The avatar after two seconds at rest.
fn hung(bytes: &[u8]) -> (Avatar, Pose) {
    let avatar = Avatar::from_glb(bytes, "hung").unwrap();
    let mut pose = Pose::rest(HostId::new("x"));
    let two = MediaTime::from_millis(2000);
    Springs::new(&avatar)
        .unwrap()
        .settle(&avatar, &mut pose, two);
    (avatar, pose)
}

#[test]
fn gravity_pulls_where_the_file_says() {
    let mut springs = modern(0.2, 2.0);
    for joint in springs["springs"][0]["joints"].as_array_mut().unwrap() {
        joint["gravityDir"] = json!([0, 0, 1]);
    }
    let (avatar, pose) = hung(&hairy("VRMC_springBone", springs));
    assert!(place(&avatar, &pose, TIP).z > avatar.rig.rest[TIP].w_axis.z + 0.1);
    // VRM 0.x counts left-handed, and its model looks along -Z: Unity's +Z is where the host looks.
    let group = json!({"bones": [6], "stiffiness": 0.2, "gravityPower": 2.0, "dragForce": 0.4,
        "gravityDir": {"x": 0, "y": 0, "z": 1}, "hitRadius": 0.0, "center": -1, "colliderGroups": []});
    let old = json!({"specVersion": "0.0", "secondaryAnimation": {"boneGroups": [group]}});
    let (avatar, pose) = hung(&hairy("VRM", old));
    assert!(place(&avatar, &pose, TIP).z > avatar.rig.rest[TIP].w_axis.z + 0.1);
    // All descendants swing, the last with a tail of its own.
    assert_eq!(pose.nodes.len(), 4);
}

#[test]
fn hair_stays_outside_of_colliders() {
    let collide = |shape: Value, extended: Option<Value>| {
        let mut springs = modern(0.05, 2.0);
        let mut collider = json!({"node": 2, "shape": shape});
        if let Some(shape) = extended {
            collider["extensions"]["VRMC_springBone_extended_collider"] =
                json!({"specVersion": "1.0", "shape": shape});
        }
        springs["colliders"] = json!([collider]);
        springs["colliderGroups"] = json!([{"colliders": [0]}]);
        springs["springs"][0]["colliderGroups"] = json!([0]);
        hung(&hairy("VRMC_springBone", springs))
    };
    // The plait hangs at z = -0.1 below 1.54 m; the head's node is at 1.42 m.
    let middle = Vec3::new(0.0, 1.42, -0.1);
    let far = json!({"sphere": {"offset": [0, -1000, 0], "radius": 0}});
    let (avatar, pose) = collide(
        json!({"sphere": {"offset": [0, -0.04, -0.12], "radius": 0.05}}),
        None,
    );
    let tip = place(&avatar, &pose, TIP);
    for node in ROOT + 1..=TIP {
        let apart = (place(&avatar, &pose, node) - middle - Vec3::new(0.0, -0.04, -0.02)).length();
        assert!(apart > 0.057, "node {node} is {apart} from the middle");
    }
    assert!((tip - avatar.rig.rest[TIP].w_axis.truncate()).length() > 0.03);
    let capsule = json!({"capsule": {"offset": [-0.5, -0.04, -0.12], "tail": [0.5, -0.04, -0.12], "radius": 0.05}});
    let (avatar, pose) = collide(capsule, None);
    let tip = place(&avatar, &pose, TIP) - middle - Vec3::new(0.0, -0.04, -0.02);
    assert!(tip.with_x(0.0).length() > 0.057, "{tip}");
    let inside = json!({"sphere": {"offset": [0, 0.1, -0.1], "radius": 0.15, "inside": true}});
    let (avatar, pose) = collide(far.clone(), Some(inside));
    let tip = place(&avatar, &pose, TIP) - (middle + 0.1 * Vec3::Y);
    assert!(tip.length() < 0.1405, "{tip}");
    let plane = json!({"plane": {"offset": [0, 0, 0], "normal": [0, 1, 0]}});
    let (avatar, pose) = collide(far, Some(plane));
    assert!(place(&avatar, &pose, TIP).y > 1.42 + 0.0095);
}

#[test]
fn colliders_of_vrm_0_count_left_handed() {
    let group = |z: f32| {
        let groups = json!([{"node": 2, "colliders": [{"offset": {"x": 0, "y": -0.04, "z": z}, "radius": 0.05}]}]);
        json!({"secondaryAnimation": {"colliderGroups": groups, "boneGroups": [
            {"bones": [6], "stiffiness": 0.05, "gravityPower": 2.0, "gravityDir": {"x": 0, "y": -1, "z": 0},
             "dragForce": 0.4, "hitRadius": 0.01, "center": -1, "colliderGroups": [0]}]}})
    };
    // The plait is at z = -0.1 of the file: +0.1 of Unity; the ball is a little behind it.
    let moved = |z: f32| {
        let (avatar, pose) = hung(&hairy("VRM", group(z)));
        (place(&avatar, &pose, TIP) - avatar.rig.rest[TIP].w_axis.truncate()).length()
    };
    assert!(moved(0.12) > 0.03 && moved(-0.12) < 0.005);
}

#[test]
fn a_center_takes_the_movements_of_its_node_away() {
    let swing = |center: Option<usize>| {
        let mut springs = modern(0.6, 0.0);
        if let Some(center) = center {
            springs["springs"][0]["center"] = json!(center);
        }
        let avatar = Avatar::from_glb(&hairy("VRMC_springBone", springs), "x").unwrap();
        let most = tips(&avatar, 50, MediaTime::from_millis(1500)).into_iter();
        most.map(|(at, tip)| (tip - place(&avatar, &turning(at), TIP)).length())
            .fold(0.0, f32::max)
    };
    assert!(swing(None) > 0.02);
    assert!(swing(Some(2)) < 1e-4, "{}", swing(Some(2)));
}

#[test]
fn broken_springs_are_left_out_with_a_warning() {
    let mut many = Vec::new();
    for node in 0..5000 {
        many.push(json!({"joints": [{"node": node}, {"node": node + 1}]}));
    }
    let huge = json!({"node": 6, "stiffness": 1e38, "gravityPower": -1e38, "dragForce": -7, "hitRadius": 1e38,
        "gravityDir": [1e38, 1e38, 1e38]});
    for (springs, warns) in [
        (
            json!({"springs": [{"joints": [{"node": 99}, {"node": 7}]}]}),
            true,
        ),
        (
            json!({"springs": [{"joints": [{"node": -1}, {"node": "x"}]}]}),
            true,
        ),
        (
            json!({"springs": [{"joints": [{"node": 9}, {"node": 6}]}]}),
            true,
        ),
        (
            json!({"springs": [{"joints": [{"node": 6}, {"node": 6}]}]}),
            true,
        ),
        (json!({"springs": many}), true),
        (json!({"springs": "none"}), false),
        (json!([]), false),
        (
            json!({"springs": [{"joints": [huge, {"node": 7}], "center": 99, "colliderGroups": [3, "x"]}]}),
            false,
        ),
        (
            json!({"colliders": [{"node": 77, "shape": {"sphere": {}}}, {"node": 2}, 5], "springs": []}),
            true,
        ),
    ] {
        let avatar = Avatar::from_glb(&hairy("VRMC_springBone", springs.clone()), "x").unwrap();
        let warned = avatar
            .facts()
            .warnings
            .iter()
            .any(|w| w.contains("springs"));
        assert_eq!(warned, warns, "{springs:.200}");
        let Some(mut swinging) = Springs::new(&avatar) else {
            continue;
        };
        for n in 0..20 {
            let at = FrameRate::whole(25).pts_of(n);
            let mut pose = turning(at);
            swinging.apply(&avatar, &mut pose, at);
            assert!(pose.nodes.iter().all(|(_, place)| place.is_finite()));
        }
    }
    let old = json!({"secondaryAnimation": {"boneGroups": [
        {"bones": [6, 6, 0, 99, -1], "colliderGroups": [0, 9], "gravityDir": [1]}, {"bones": [7]}, 3],
        "colliderGroups": [{"node": 400, "colliders": [{}]}]}});
    let avatar = Avatar::from_glb(&hairy("VRM", old), "x").unwrap();
    assert!(Springs::new(&avatar).is_some());
}

/// Another maker's avatar, where there is one.
fn of_others(name: &str) -> Option<Avatar> {
    let path: PathBuf = crate::avatar::test_avatars()?.join(name);
    if !path.is_file() {
        println!("SKIPPED: no {}", path.display());
        return None;
    }
    Some(Avatar::load(&path).unwrap())
}

#[test]
fn springs_of_other_makers_swing() {
    if let Some(avatar) = of_others("Godette_vrm_v4.vrm") {
        let mut springs = Springs::new(&avatar).unwrap();
        let mut most = 0.0_f32;
        for n in 0..50 {
            let at = FrameRate::whole(25).pts_of(n);
            let mut pose = turning(at);
            let stiff = avatar.posed(&pose);
            springs.apply(&avatar, &mut pose, at);
            assert_eq!(
                pose.nodes.len(),
                16,
                "four fringes, a ribbon and three balls, each with an end"
            );
            let posed = avatar.posed(&pose);
            for node in [11, 13, 15, 17, 19, 21, 23, 59] {
                most = most.max((posed[node].w_axis - stiff[node].w_axis).length());
            }
        }
        assert!((0.005..0.2).contains(&most), "{most}");
    }
    if let Some(avatar) = of_others("arkavo_spring_sphere.vrm") {
        let mut pose = Pose::rest(HostId::new("x"));
        let long = MediaTime::from_millis(3000);
        Springs::new(&avatar)
            .unwrap()
            .settle(&avatar, &mut pose, long);
        let posed = avatar.posed(&pose);
        let ball = posed[4].transform_point3(Vec3::new(0.02, -0.1, 0.0));
        for (joint, place) in posed.iter().enumerate().take(23).skip(20) {
            let apart = (place.w_axis.truncate() - ball).length();
            // One push a step: the length has the last word over the thickness.
            assert!(apart > 0.06, "joint {joint}: {apart}");
        }
    }
}

/// What a tick of `AVATAR` costs.
#[test]
#[ignore = "a measurement for people"]
fn cost() {
    let Ok(file) = std::env::var("AVATAR") else {
        return;
    };
    let avatar = Avatar::load(PathBuf::from(&file).as_path()).unwrap();
    let Some(mut springs) = Springs::new(&avatar) else {
        println!("nothing swings");
        return;
    };
    let mut runs = Vec::new();
    for run in 0..5 {
        let began = cpu_time::ThreadTime::now();
        for n in 0..500 {
            let at = FrameRate::whole(25).pts_of(run * 500 + n);
            let mut pose = turning(at);
            springs.apply(&avatar, &mut pose, at);
        }
        runs.push(began.elapsed().as_secs_f64() * 1e3 / 500.0);
    }
    runs.sort_by(f64::total_cmp);
    println!(
        "{file}: {:.4} CPU ms for each tick at 25 fps ({runs:.4?})",
        runs[2]
    );
}
