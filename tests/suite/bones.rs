//! Constraints between nodes, bones by name on real files, and arms that hang.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::Path;

use glam::{Mat4, Quat, Vec3};
use serde_json::{Value, json};
use zhubo::avatar::Avatar;
use zhubo::media::{Bone, HostId, Pose};
use zhubo::motion::Posture;

use crate::puppet::{self, JAW};

fn rest() -> Pose {
    Pose::rest(HostId::new("x"))
}

/// The puppet with further nodes 6, 7, ... below its head, each with rotation and place, and constraints on some nodes.
fn constrained(further: &[(Quat, Vec3)], constraints: &[(usize, Value)]) -> Avatar {
    let bytes = puppet::speaking(&[JAW], false, |document| {
        let nodes = document["nodes"].as_array_mut().unwrap();
        let children: Vec<usize> = [3, 4].into_iter().chain(6..6 + further.len()).collect();
        nodes[2]["children"] = json!(children);
        for (turn, place) in further {
            nodes.push(json!({"rotation": turn.to_array(), "translation": place.to_array()}));
        }
        for (node, constraint) in constraints {
            nodes[*node]["extensions"]["VRMC_node_constraint"] =
                json!({"specVersion": "1.0", "constraint": constraint});
        }
    });
    Avatar::from_glb(&bytes, "constrained").unwrap()
}

/// How the nodes are turned in the model when node 6 is turned further by `turn` in its own frame.
fn turns(avatar: &Avatar, turn: Quat) -> Vec<Quat> {
    let mut pose = rest();
    let local = avatar.rig.nodes[6].parent_from_node * Mat4::from_quat(turn);
    pose.nodes = [(6, local)].into();
    let rotation = |matrix: &Mat4| matrix.to_scale_rotation_translation().1;
    avatar.posed(&pose).iter().map(rotation).collect()
}

fn near(a: Quat, b: Quat, what: &str) {
    let apart = a.angle_between(b).to_degrees();
    assert!(apart < 0.1, "{what}: {apart} degrees apart");
}

const SOURCE: (Quat, Vec3) = (Quat::IDENTITY, Vec3::new(0.1, 0.0, 0.0));

#[test]
fn rotations_and_rolls_follow_the_formulas() {
    let tilted = Quat::from_euler(glam::EulerRot::XYZ, 0.3, -0.5, 0.8);
    let from = Quat::from_euler(glam::EulerRot::XYZ, -0.2, 0.1, 0.4);
    let avatar = constrained(
        &[
            (from, Vec3::X),
            (tilted, Vec3::Y),
            (tilted, Vec3::Y),
            (Quat::IDENTITY, Vec3::Y),
        ],
        &[
            (7, json!({"rotation": {"source": 6}})),
            (8, json!({"rotation": {"source": 6, "weight": 0.5}})),
            (9, json!({"roll": {"source": 6, "rollAxis": "X"}})),
        ],
    );
    assert!(
        avatar
            .facts()
            .warnings
            .iter()
            .all(|w| !w.contains("constraint"))
    );
    let turn = Quat::from_euler(glam::EulerRot::XYZ, 0.9, 0.3, -0.2);
    let posed = turns(&avatar, turn);
    near(posed[7], tilted * turn, "rotation");
    near(
        posed[8],
        tilted.slerp(tilted * turn, 0.5),
        "half a rotation",
    );
    // The roll keeps only what turns about X: the axis stays where it was.
    assert!((posed[9] * Vec3::X - Vec3::X).length() < 1e-3);
    let pure = Quat::from_rotation_x(0.7);
    let plain = constrained(
        &[(Quat::IDENTITY, Vec3::X), (Quat::IDENTITY, Vec3::Y)],
        &[(
            7,
            json!({"roll": {"source": 6, "rollAxis": "X", "weight": 0.5}}),
        )],
    );
    near(
        turns(&plain, pure)[7],
        Quat::from_rotation_x(0.35),
        "half a roll",
    );
    // The specification's formula, for skeletons that rest crooked.
    let crooked = constrained(
        &[(from, Vec3::X), (tilted, Vec3::Y)],
        &[(7, json!({"roll": {"source": 6, "rollAxis": "Y"}}))],
    );
    let in_parent = from * turn * from.inverse();
    let in_own = tilted.inverse() * in_parent * tilted;
    let swing = Quat::from_rotation_arc(Vec3::Y, in_own * Vec3::Y);
    near(
        turns(&crooked, turn)[7],
        tilted * swing.inverse() * in_own,
        "crooked roll",
    );
}

#[test]
fn an_aim_points_at_its_source() {
    let avatar = constrained(
        &[
            SOURCE,
            (Quat::from_rotation_y(0.4), Vec3::new(0.0, 0.1, 0.0)),
        ],
        &[(7, json!({"aim": {"source": 6, "aimAxis": "NegativeZ"}}))],
    );
    let mut pose = rest();
    pose.head.yaw_deg = 25.0;
    let moved = Mat4::from_translation(Vec3::new(0.3, 0.4, -0.2));
    pose.nodes = [(6, moved)].into();
    let posed = avatar.posed(&pose);
    let way = (posed[6].w_axis - posed[7].w_axis)
        .truncate()
        .normalize_or_zero();
    let axis = posed[7].transform_vector3(Vec3::NEG_Z);
    assert!((axis - way).length() < 1e-3, "{axis} {way}");
}

#[test]
fn constraints_are_solved_in_the_order_of_their_needs() {
    // 8 follows 7, which follows 6; told in the wrong order.
    let avatar = constrained(
        &[SOURCE, SOURCE, SOURCE],
        &[
            (7, json!({"rotation": {"source": 8}})),
            (8, json!({"rotation": {"source": 6}})),
        ],
    );
    let turn = Quat::from_rotation_z(0.6);
    near(turns(&avatar, turn)[7], turn, "at the end of the chain");
}

#[test]
fn broken_constraints_are_left_out_with_a_warning() {
    for constraint in [
        json!({"rotation": {"source": 99}}),
        json!({"rotation": {"source": -1}}),
        json!({"rotation": {"source": 7}}),
        json!({"rotation": {}}),
        json!({"roll": {"source": 6, "rollAxis": "W"}}),
        json!({"aim": {"source": 6, "aimAxis": 3}}),
        json!({"float": {}}),
        json!("x"),
    ] {
        let avatar = constrained(&[SOURCE, SOURCE], &[(7, constraint.clone())]);
        let warned = avatar.facts().warnings.iter().any(|w| w.contains("node 7"));
        assert!(warned, "{constraint}");
        near(
            turns(&avatar, Quat::from_rotation_x(1.0))[7],
            Quat::IDENTITY,
            "stays",
        );
    }
    // A circle of two, and one that only waits for them.
    let avatar = constrained(
        &[SOURCE, SOURCE, SOURCE, SOURCE],
        &[
            (7, json!({"rotation": {"source": 8}})),
            (8, json!({"rotation": {"source": 9}})),
            (9, json!({"rotation": {"source": 8}})),
        ],
    );
    let circles = avatar
        .facts()
        .warnings
        .iter()
        .filter(|w| w.contains("circle"));
    assert_eq!(circles.count(), 1);
    assert!(avatar.posed(&rest()).iter().all(Mat4::is_finite));
    // Weights that are no weights.
    let wild = constrained(
        &[SOURCE, SOURCE],
        &[(7, json!({"rotation": {"source": 6, "weight": 1e30}}))],
    );
    near(
        turns(&wild, Quat::from_rotation_x(1.0))[7],
        Quat::from_rotation_x(1.0),
        "at most all",
    );
}

#[test]
fn a_constraint_of_another_maker_rolls() {
    let Some(folder) = crate::avatar::test_avatars() else {
        return;
    };
    let Ok(avatar) = Avatar::load(&folder.join("usdvrm_constraints.vrm")) else {
        return;
    };
    // The head takes 0.8 of what the spine (node 2) turns about X, on top of hanging on it.
    let mut pose = rest();
    let local = avatar.rig.nodes[2].parent_from_node * Mat4::from_rotation_x(0.5);
    pose.nodes = [(2, local)].into();
    let (_, turn, _) = avatar.posed(&pose)[3].to_scale_rotation_translation();
    near(turn, Quat::from_rotation_x(0.5 + 0.4), "head");
}

/// The angle of an upper arm below the horizon, and how far it is bent at the elbow, degrees.
fn arm(avatar: &Avatar, pose: &Pose, side: &str) -> (f32, f32) {
    let posed = avatar.posed(pose);
    let at = |bone: &str| {
        posed[avatar.rig.humanoid[&format!("{side}{bone}")]]
            .w_axis
            .truncate()
    };
    let upper = (at("LowerArm") - at("UpperArm")).normalize_or_zero();
    let lower = (at("Hand") - at("LowerArm")).normalize_or_zero();
    (
        -upper.y.asin().to_degrees(),
        upper.angle_between(lower).to_degrees(),
    )
}

/// The puppet with arms that point to the sides, lowered by `down_deg`.
fn armed(down_deg: f32) -> Avatar {
    let bytes = puppet::speaking(&[JAW], false, |document| {
        let nodes = document["nodes"].as_array_mut().unwrap();
        nodes[0]["children"] = json!([1, 6, 9]);
        for (name, sign) in [("Left", 1.0), ("Right", -1.0)] {
            let (sin, cos) = down_deg.to_radians().sin_cos();
            let way = [sign * 0.25 * cos, -0.25 * sin, 0.0];
            let first = nodes.len();
            nodes.push(json!({"name": format!("{name}Arm"), "translation": [sign * 0.15, 0.45, 0], "children": [first + 1]}));
            nodes.push(json!({"name": format!("{name}ForeArm"), "translation": way, "children": [first + 2]}));
            nodes.push(json!({"name": format!("{name}Hand"), "translation": way}));
        }
    });
    Avatar::from_glb(&bytes, "armed").unwrap()
}

#[test]
fn raised_arms_hang_and_hanging_ones_stay() {
    for down_deg in [-10.0, 0.0, 45.0] {
        let avatar = armed(down_deg);
        let mut pose = rest();
        let before = avatar.posed(&pose);
        Posture::of(&avatar).apply(&mut pose);
        for side in ["left", "right"] {
            let (down, bent) = arm(&avatar, &pose, side);
            assert!((70.0..76.0).contains(&down), "{down_deg}: {side} {down}");
            assert!((8.0..20.0).contains(&bent), "{down_deg}: {side} {bent}");
            // Elbows bend forward.
            let hand = avatar.rig.humanoid[&format!("{side}Hand")];
            assert!(avatar.posed(&pose)[hand].w_axis.z > before[hand].w_axis.z + 0.02);
        }
    }
    let avatar = armed(80.0);
    let mut pose = rest();
    Posture::of(&avatar).apply(&mut pose);
    assert_eq!(pose, rest());
}

#[test]
fn a_posture_goes_on_top_of_what_moves_already() {
    let avatar = armed(0.0);
    let mut pose = rest();
    let lift = Quat::from_rotation_z(0.1);
    pose.bones.push((Bone::LeftUpperArm, lift));
    Posture::of(&avatar).apply(&mut pose);
    let own = pose
        .bones
        .iter()
        .filter(|(bone, _)| *bone == Bone::LeftUpperArm);
    assert_eq!(own.count(), 1);
    let (down, _) = arm(&avatar, &pose, "left");
    assert!(
        (down - 76.0).abs() < 8.0 && (down - 76.0).abs() > 4.0,
        "{down}"
    );
}

#[test]
fn skeletons_of_other_makers_are_known() {
    let Some(folder) = crate::avatar::test_avatars() else {
        return;
    };
    for (name, bones, hangs) in [
        ("Godette_vrm_v4.vrm", 40, true),
        ("debug_robot.vrm", 50, true),
        ("cryptovoxels.vrm", 40, true),
        ("catbot.vrm", 50, true),
        ("RobotExpressive.glb", 12, false),
        ("Fox.glb", 6, false),
    ] {
        let path = folder.join(name);
        if !Path::new(&path).is_file() {
            println!("SKIPPED: no {}", path.display());
            continue;
        }
        let avatar = Avatar::load(&path).unwrap();
        let known = avatar.rig.humanoid.len();
        assert!(
            known >= bones,
            "{name}: {known} bones {:?}",
            avatar.rig.humanoid
        );
        assert!(avatar.rig.bone(Bone::Head).is_some(), "{name}");
        let mut pose = rest();
        Posture::of(&avatar).apply(&mut pose);
        assert_eq!(!pose.bones.is_empty(), hangs, "{name}");
        if hangs {
            for side in ["left", "right"] {
                let (down, _) = arm(&avatar, &pose, side);
                assert!((68.0..80.0).contains(&down), "{name}: {side} {down}");
            }
        }
    }
}
