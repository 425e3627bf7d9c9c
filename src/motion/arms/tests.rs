//! Arms on our hosts and on avatars from elsewhere.

use std::path::{Path, PathBuf};

use super::*;
use crate::media::HostId;
use crate::motion::gesture::Fingers;

/// Our hosts, then the avatars of `ZHUBO_TEST_AVATARS`, which may be none.
fn avatars() -> Vec<(String, Arc<Avatar>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = ["lina", "chen", "miko"]
        .map(|name| root.join(format!("avatars/{name}/host.glb")))
        .into();
    let folder = std::env::var("ZHUBO_TEST_AVATARS")
        .map_or_else(|_| root.join("../shared/avatars"), PathBuf::from);
    let others = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = others
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "vrm"))
        .collect();
    others.sort();
    if others.is_empty() {
        println!("SKIPPED: no avatars from elsewhere in {}", folder.display());
    }
    files.append(&mut others);
    files
        .into_iter()
        .map(|file| {
            let avatar = Avatar::load(&file).unwrap();
            (file.display().to_string(), Arc::new(avatar))
        })
        .collect()
}

fn key(at: [f32; 3], palm: [f32; 3], fingers: [f32; 3]) -> ArmKey {
    ArmKey {
        at: at.into(),
        elbow_deg: 15.0,
        palm: palm.into(),
        fingers: fingers.into(),
        hand: Fingers::default(),
    }
}

/// What tests want to know of both arms.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::motion) struct Checked {
    /// How far the worst joint is beyond its limits, degrees.
    pub excess_deg: f32,
    /// How deep forearm or hand are inside the body, metres.
    pub depth_m: f32,
    /// Where the wrists are, each as of a left arm.
    pub wrists: [Vec3; 2],
}

impl Arms {
    pub(in crate::motion) fn checked(&self, states: &[State; 2]) -> Checked {
        let states = &self.within(states);
        let both = self.solve(states, [Quat::IDENTITY; 2], Quat::IDENTITY);
        let mut checked = Checked::default();
        for (side, (turned, state)) in both.iter().zip(states).enumerate() {
            let arm = &self.arms[side];
            let [twist, flexion, deviation] = arm.limits();
            for (value, [least, most]) in [
                (state.twist, twist),
                (state.flexion, flexion),
                (state.deviation, deviation),
            ] {
                let excess = (least - value).max(value - most).to_degrees();
                checked.excess_deg = checked.excess_deg.max(excess);
            }
            // The angle between the bones, from the places of the joints.
            let joint = arm.root + turned.shoulder * (arm.joint - arm.root);
            let bent = (turned.elbow - joint).angle_between(turned.wrist - turned.elbow);
            checked.excess_deg = checked.excess_deg.max(bent.to_degrees() - 145.0);
            let stretched = turned.wrist.distance(turned.elbow) / arm.lengths[1];
            assert!((stretched - 1.0).abs() < 1e-3, "{stretched}");
            if let Some(body) = self.body(Quat::IDENTITY, side) {
                checked.depth_m = checked.depth_m.max(body.depth(arm, state, turned));
            }
            checked.wrists[side] = turned.wrist;
        }
        checked
    }
}

fn turn_of(pose: &Pose, bone: Bone) -> Quat {
    let own = pose.bones.iter().find(|(own, _)| *own == bone);
    own.map_or(Quat::IDENTITY, |(_, turn)| *turn)
}

#[test]
fn arms_at_rest_are_the_posture() {
    for (name, avatar) in avatars() {
        let Some(arms) = Arms::of(&avatar) else {
            println!("{name}: no arms");
            continue;
        };
        let (mut own, mut posture) = (Pose::rest(HostId::new("x")), Pose::rest(HostId::new("x")));
        arms.put(&arms.rest(), &mut own);
        Posture::of(&avatar).apply(&mut posture);
        for (side, (arm, bones)) in arms.arms.iter().zip(BONES).enumerate() {
            // Some arms of other makers hang inside the body: those are pushed out of it, and no other arm is moved.
            let hanging = arm.solve(&arm.rest, Quat::IDENTITY, None);
            let body = arms.body(Quat::IDENTITY, side);
            let push = body.map(|body| body.push(arm, &arm.rest, &hanging));
            let pushed = push.is_some_and(|push| push != (Vec3::ZERO, 0.0));
            let most = if pushed && name.ends_with(".vrm") {
                0.07
            } else {
                2e-3
            };
            for bone in bones {
                let off = turn_of(&own, bone).angle_between(turn_of(&posture, bone));
                assert!(off < most, "{name} {bone:?}: {off}");
            }
        }
        assert!(arms.checked(&arms.rest()).depth_m <= 2e-3, "{name}");
        assert_eq!(own.nodes.len(), posture.nodes.len(), "{name}");
        for ((node, own), (other, posture)) in own.nodes.iter().zip(posture.nodes.iter()) {
            assert!(
                node == other && own.abs_diff_eq(*posture, 1e-5),
                "{name} {node}"
            );
        }
    }
}

#[test]
fn keys_are_reached_within_the_limits_of_joints() {
    let keys = [
        (
            "wave",
            key([1.3, 0.22, 0.35], [0.0, 0.0, 1.0], [0.2, 1.0, 0.0]),
        ),
        (
            "offer",
            key([0.9, -0.35, 0.65], [0.0, 1.0, 0.15], [0.3, 0.1, 1.0]),
        ),
        (
            "clap",
            key([0.0, -0.35, 0.6], [-1.0, 0.0, 0.0], [0.0, 0.55, 0.85]),
        ),
        (
            "beat",
            key([0.85, -0.4, 0.55], [-0.6, -0.6, 0.2], [-0.2, 0.1, 1.0]),
        ),
        (
            "stop",
            key([0.8, 0.0, 0.75], [0.0, 0.0, 1.0], [-0.1, 1.0, 0.1]),
        ),
    ];
    let mut tried = 0;
    for (name, avatar) in avatars() {
        let Some(arms) = Arms::of(&avatar) else {
            continue;
        };
        tried += 1;
        for (what, key) in &keys {
            for side in 0..2 {
                let arm = &arms.arms[side];
                let state = arms.compile([Side::Left, Side::Right][side], key, Quat::IDENTITY);
                let turned = arm.solve(&state, Quat::IDENTITY, None);
                let length = arm.length();
                let wanted = arm.middle
                    + Vec3::new(
                        key.at.x * arm.half_width,
                        key.at.y * length,
                        key.at.z * length,
                    );
                let off = (turned.wrist + turned.hand * arm.palm).distance(wanted) / length;
                let palm = turned.hand * arm.hand.directions()[0];
                let turned_off = palm.angle_between(key.palm).to_degrees();
                assert!(off < 0.03, "{name} {what}: {off} of an arm beside");
                assert!(
                    arm.hand.knuckles.is_none() || turned_off < 25.0,
                    "{name} {what}: {turned_off} degrees off, {state:?}"
                );
                let [twist, flexion, deviation] = arm.limits();
                for (value, [least, most]) in [
                    (state.twist, twist),
                    (state.flexion, flexion),
                    (state.deviation, deviation),
                ] {
                    assert!((least..=most).contains(&value), "{name} {what} {state:?}");
                }
                assert!(state.reach <= 0.985, "{name} {what}");
            }
        }
    }
    assert!(tried >= 3, "{tried}");
}

/// Bones do as [`Arms`] computed: the chain from the model's bones ends where the solver says.
#[test]
fn bones_in_the_model_end_where_the_solver_says() {
    for (name, avatar) in avatars() {
        let Some(arms) = Arms::of(&avatar) else {
            continue;
        };
        let key = key([0.9, -0.2, 0.6], [0.0, 1.0, 0.2], [0.2, 0.2, 1.0]);
        let states = [Side::Left, Side::Right].map(|s| arms.compile(s, &key, Quat::IDENTITY));
        let mut pose = Pose::rest(HostId::new("x"));
        arms.put(&states, &mut pose);
        let nodes = avatar.posed(&pose);
        let both = arms.solve(&states, [Quat::IDENTITY; 2], Quat::IDENTITY);
        for (side, turned) in both.iter().enumerate() {
            let node = avatar.rig.bone(BONES[side][3]).unwrap();
            let place = nodes[node].w_axis.truncate();
            let place = if side == 1 { mirror(place) } else { place };
            let off = place.distance(turned.wrist) / arms.arms[side].length();
            assert!(off < 0.01, "{name} {side}: {off}");
        }
    }
}
