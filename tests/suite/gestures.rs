//! The built-in gestures on real bodies: strokes land on time, nothing jumps, hands meet, frame rates agree.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use std::path::Path;
use std::sync::Arc;

use glam::Vec3;
use zhubo::avatar::Avatar;
use zhubo::config::Assets;
use zhubo::media::{Emotion, FrameRate, HostId, MediaTime, Pose};
use zhubo::motion::{
    Library, Motion, MotionOptions, Reason, Score, Side, Situation, Spoken, Stroke,
};

const HOSTS: [&str; 3] = ["lina", "chen", "miko"];

fn host(name: &str) -> Arc<Avatar> {
    let assets = Assets::from_environment();
    Arc::new(assets.avatar(name, Path::new("")).unwrap())
}

fn library() -> Arc<Library> {
    Arc::new(Assets::from_environment().gestures(None).unwrap())
}

fn motion(avatar: &Arc<Avatar>, library: &Arc<Library>) -> Motion {
    Motion::new(MotionOptions {
        host: HostId::new("host"),
        seed: 4,
        avatar: Some(Arc::clone(avatar)),
        gestures: Arc::clone(library),
    })
}

/// Silence in which the gesture `name` strikes 2 s after the beginning.
fn striking(library: &Library, name: &str) -> Situation {
    let at = MediaTime::from_millis(2000);
    let stroke = Stroke {
        gesture: library.find(name).unwrap(),
        at,
        hold: MediaTime::from_millis(400),
        word: at..at + MediaTime::from_millis(300),
        side: Side::Right,
        size: 1.0,
        reason: Reason::Asked,
    };
    Situation {
        now: Some(Spoken {
            start: MediaTime::ZERO,
            score: Arc::new(Score {
                duration: MediaTime::from_millis(8000),
                strokes: vec![stroke],
                ..Score::default()
            }),
        }),
        ..Situation::silent(Emotion::Neutral)
    }
}

/// Where the hands are, left and right, against the upper chest.
fn hands(avatar: &Avatar, pose: &Pose) -> [Vec3; 2] {
    let nodes = avatar.posed(pose);
    let node = |name: &str| avatar.rig.humanoid.get(name).copied();
    let chest = ["upperChest", "chest", "spine"].into_iter().find_map(node);
    let chest = nodes[chest.unwrap()].inverse();
    ["leftMiddleProximal", "rightMiddleProximal"]
        .map(|name| (chest * nodes[node(name).unwrap()]).w_axis.truncate())
}

#[test]
fn a_stroke_lands_at_its_time_and_is_held() {
    let library = library();
    for name in HOSTS {
        let avatar = host(name);
        let situation = striking(&library, "present");
        for fps in [25, 50] {
            let rate = FrameRate::whole(fps);
            let mut motion = motion(&avatar, &library);
            let mut places = Vec::new();
            for index in 0..u64::from(fps) * 3 {
                let at = rate.pts_of(index);
                places.push((
                    at.as_millis_f64(),
                    hands(&avatar, &motion.pose(at, &situation)),
                ));
            }
            let at = |millis: f64| places.iter().find(|(at, _)| *at >= millis).unwrap().1;
            let far = |a: [Vec3; 2], b: [Vec3; 2]| a[0].distance(b[0]).max(a[1].distance(b[1]));
            let (before, landed, held) = (at(1000.0), at(2000.0), at(2300.0));
            assert!(far(before, landed) > 0.2, "{name} at {fps}: hands come up");
            assert!(
                far(landed, held) < 0.02,
                "{name} at {fps}: {}",
                far(landed, held)
            );
            assert!(
                far(at(1880.0), landed) > 0.005,
                "{name} at {fps}: not before its time"
            );
        }
    }
}

#[test]
fn hands_that_clap_meet_on_every_host() {
    let library = library();
    for name in HOSTS {
        let avatar = host(name);
        let situation = striking(&library, "clap");
        let mut motion = motion(&avatar, &library);
        let apart: Vec<f32> = (0..150)
            .map(|index| {
                let pose = motion.pose(FrameRate::whole(50).pts_of(index), &situation);
                let [left, right] = hands(&avatar, &pose);
                left.distance(right)
            })
            .collect();
        assert!(apart[100] < 0.07, "{name}: {} m at the stroke", apart[100]);
        assert!(
            apart[92] > apart[100] + 0.05,
            "{name}: apart before: {}",
            apart[92]
        );
        assert!(
            apart[107] > apart[100] + 0.04,
            "{name}: apart after: {}",
            apart[107]
        );
    }
}

#[test]
fn poses_agree_at_25_and_50_frames_per_second() {
    let library = library();
    let avatar = host("lina");
    let situation = striking(&library, "wave");
    let (mut slow, mut fast) = (motion(&avatar, &library), motion(&avatar, &library));
    let rate = FrameRate::whole(50);
    for index in 0..250 {
        let at = rate.pts_of(index);
        let own = hands(&avatar, &fast.pose(at, &situation));
        if index % 2 == 0 {
            let other = hands(&avatar, &slow.pose(at, &situation));
            let far = own[0].distance(other[0]).max(own[1].distance(other[1]));
            assert!(far < 0.003, "frame {index}: {far} m");
        }
    }
}

#[test]
fn a_gesture_that_is_cut_goes_back_without_a_jump() {
    let library = library();
    let avatar = host("chen");
    let situation = striking(&library, "welcome");
    let silent = Situation::silent(Emotion::Neutral);
    for cut in [88, 95, 105, 120] {
        let mut motion = motion(&avatar, &library);
        let mut last: Option<[Vec3; 2]> = None;
        let mut steps: Vec<[Vec3; 2]> = Vec::new();
        for index in 0..250 {
            let at = FrameRate::whole(50).pts_of(index);
            let now = hands(
                &avatar,
                &motion.pose(at, if index < cut { &situation } else { &silent }),
            );
            if let Some(last) = last {
                steps.push([now[0] - last[0], now[1] - last[1]]);
            }
            last = Some(now);
        }
        for (index, pair) in steps.windows(2).enumerate() {
            for side in [0, 1] {
                assert!(
                    pair[1][side].length() < 0.09,
                    "frame {index}: {} m",
                    pair[1][side].length()
                );
                let change = pair[0][side].distance(pair[1][side]);
                assert!(
                    change < 0.035,
                    "cut at {cut}, frame {index}: speed changes by {change} m a frame"
                );
            }
        }
        let rest = last.unwrap();
        assert!(
            rest[1].y < -0.1,
            "cut at {cut}: hands are down again: {rest:?}"
        );
    }
}

#[test]
fn every_gesture_is_made_by_every_host_with_sound_poses() {
    let library = library();
    for name in HOSTS {
        let avatar = host(name);
        for gesture in library.iter() {
            let situation = striking(&library, &gesture.name);
            let mut motion = motion(&avatar, &library);
            let mut made = false;
            for index in 0..75 {
                let pose = motion.pose(FrameRate::whole(25).pts_of(index), &situation);
                made |= pose.gesture.as_deref() == Some(&*gesture.name);
                assert!(pose.bones.iter().all(|(_, turn)| turn.is_normalized()));
                assert!(pose.nodes.iter().all(|(_, place)| place.is_finite()));
            }
            assert!(
                made || gesture.rests,
                "{name} does not make {}",
                gesture.name
            );
        }
    }
}

#[test]
fn avatars_of_other_makers_gesture_too() {
    let Some(folder) = crate::avatar::test_avatars() else {
        return;
    };
    let library = library();
    for file in ["Godette_vrm_v4.vrm", "catbot.vrm"] {
        let path = folder.join(file);
        let avatar = Arc::new(Avatar::load(&path).unwrap());
        let situation = striking(&library, "welcome");
        let mut motion = motion(&avatar, &library);
        let wrist = |pose: &Pose| {
            let node = avatar.rig.humanoid["leftHand"];
            avatar.posed(pose)[node].w_axis.y
        };
        let down = wrist(&motion.pose(MediaTime::ZERO, &situation));
        for index in 1..100 {
            motion.pose(FrameRate::whole(50).pts_of(index), &situation);
        }
        let up = wrist(&motion.pose(MediaTime::from_millis(2000), &situation));
        assert!(up > down + 0.05, "{file}: {down} {up}");
    }
}
