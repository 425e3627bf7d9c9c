//! A simulated hour of random gestures.

use std::path::Path;
use std::sync::Arc;

use glam::Vec3;

use super::{Acting, ArmKey, Fingers, Gesture, Hands, Key, Lean, Library, Moves};
use crate::avatar::Avatar;
use crate::media::{Emotion, FrameRate, MediaTime};
use crate::motion::chance::Chance;
use crate::motion::{Reason, Score, Side, Situation, Spoken, Stroke};

fn random_arm(chance: Chance) -> ArmKey {
    let pick = |index, low, high| chance.between(index, low, high) as f32;
    ArmKey {
        at: Vec3::new(pick(0, -0.2, 1.6), pick(1, -0.75, 0.35), pick(2, 0.15, 0.9)),
        elbow_deg: pick(3, 0.0, 40.0),
        palm: Vec3::new(pick(4, -1.0, 0.3), pick(5, -1.0, 1.0), pick(6, -0.6, 1.0)),
        fingers: Vec3::new(pick(7, -0.6, 0.6), pick(8, -0.3, 1.0), pick(9, 0.2, 1.0)),
        hand: Fingers {
            curl: std::array::from_fn(|own| pick(10 + own as i64, 0.0, 1.0)),
            spread: pick(20, 0.0, 1.0),
            thumb: pick(21, 0.0, 1.0),
        },
    }
}

/// Gestures of one to three keys and some rests, all of them anywhere.
fn random_library(chance: Chance) -> Library {
    Library::new((0..30).map(|index| {
        let chance = chance.child(index);
        let hands = [Hands::One, Hands::Both][(index % 3 == 0) as usize];
        let keys = (0..1 + index % 3).map(|own| Key {
            at_secs: 0.45 * own as f32,
            lead: Some(random_arm(chance.child(2 * own))),
            other: (hands == Hands::Both).then(|| random_arm(chance.child(2 * own + 1))),
            lean: Lean::default(),
        });
        Gesture {
            name: format!("g{index}").into(),
            aliases: Vec::new(),
            hands,
            aim: None,
            prepare_secs: 0.6,
            hold_secs: [0.2, 1.0],
            retract_secs: 0.7,
            stroke_secs: 0.0,
            rests: index >= 26,
            moves: Moves::Keys(keys.collect()),
        }
    }))
}

fn random_strokes(chance: Chance, start: i64) -> Situation {
    let mut at = 0.4;
    let mut strokes = Vec::new();
    for index in 0..12 {
        at += chance.between(index, 0.6, 5.0);
        let stroke = MediaTime::from_secs_f64(at);
        strokes.push(Stroke {
            gesture: (chance.uniform(100 + index) * 26.0) as usize,
            at: stroke,
            hold: MediaTime::from_millis(300),
            word: stroke..stroke,
            side: [Side::Left, Side::Right][(chance.uniform(200 + index) * 2.0) as usize],
            size: chance.uniform(300 + index) as f32,
            reason: Reason::Word,
        });
    }
    let mut situation = Situation::silent(Emotion::Neutral);
    situation.now = Some(Spoken {
        start: MediaTime::from_millis(1000 * start),
        score: Arc::new(Score {
            strokes,
            ..Score::default()
        }),
    });
    situation
}

/// A direction as gestures are written: a word or three numbers.
fn way(value: &toml::Value) -> Vec3 {
    match value.as_str() {
        Some("up") => Vec3::Y,
        Some("down") => Vec3::NEG_Y,
        Some("in") => Vec3::NEG_X,
        Some("out") => Vec3::X,
        Some("front") => Vec3::Z,
        Some("back") => Vec3::NEG_Z,
        _ => numbers(value),
    }
}

fn numbers(value: &toml::Value) -> Vec3 {
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|n| n as f64));
    let all = value.as_array().unwrap().iter();
    let all: Vec<f32> = all.map(|own| number(own).unwrap() as f32).collect();
    Vec3::from_slice(&all)
}

/// The arms of the gestures that are built in.
fn written_library() -> Library {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/gestures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    Library::new(files.iter().filter_map(|file| {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let document: toml::Table = text.parse().unwrap();
        let keys = document["key"].as_array().unwrap().iter();
        let keys: Vec<Key> = keys
            .map(|key| {
                let arm = |name: &str| {
                    let own = key.get(name).or(key.get("both"))?;
                    let elbow = own.get("elbow_deg");
                    let elbow =
                        elbow.and_then(|deg| deg.as_float().or(deg.as_integer().map(|n| n as f64)));
                    Some(ArmKey {
                        at: numbers(&own["at"]),
                        elbow_deg: elbow.unwrap_or(0.0) as f32,
                        palm: way(&own["palm"]),
                        fingers: way(&own["fingers"]),
                        hand: Fingers::default(),
                    })
                };
                let at = &key["at_secs"];
                Key {
                    at_secs: at.as_float().unwrap_or_default() as f32,
                    lead: arm("lead"),
                    other: arm("other"),
                    lean: Lean::default(),
                }
            })
            .collect();
        keys[0].lead?;
        let hands = if keys[0].other.is_some() {
            Hands::Both
        } else {
            Hands::One
        };
        Some(Gesture {
            name: file.file_name().to_string_lossy().as_ref().into(),
            aliases: Vec::new(),
            hands,
            aim: None,
            prepare_secs: 0.45,
            hold_secs: [0.2, 1.0],
            retract_secs: 0.6,
            stroke_secs: 0.0,
            rests: document
                .get("rests")
                .is_some_and(|rests| rests.as_bool() == Some(true)),
            moves: Moves::Keys(keys),
        })
    }))
}

#[test]
fn an_hour_of_our_gestures_keeps_joints_hands_and_speeds_within_bounds() {
    busy(60, 0.005, |_| written_library());
}

/// Keys anywhere, also across the body and through the other arm.
#[test]
fn gestures_that_nobody_would_write_stay_near_the_body_at_worst() {
    busy(15, 0.03, random_library);
}

/// Plays gestures of `library` without a break for some minutes; no arm may be deeper inside the body than `deep_m`.
fn busy(minutes: u64, deep_m: f32, library: impl Fn(Chance) -> Library) {
    for name in ["lina", "chen", "miko"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("avatars/{name}/host.glb"));
        let avatar = Arc::new(Avatar::load(&path).unwrap());
        let chance = Chance::new(11, name);
        let library = Arc::new(library(chance));
        let mut acting = Acting::new(library, Some(&avatar), 5);
        let (mut made, mut fastest, mut deepest) = (0, 0.0_f32, 0.0_f32);
        let mut before = None;
        let mut gesture = None;
        let ticks = minutes * 60 * 25;
        let mut situation = Situation::default();
        for tick in 0..ticks {
            if tick % 1000 == 0 {
                // Forty seconds; every third line is cut in the middle.
                situation = random_strokes(chance.child(tick as i64), tick as i64 / 25);
            } else if tick % 3000 == 500 {
                situation = Situation::default();
            }
            let at = FrameRate::whole(25).pts_of(tick);
            let acted = acting.at(at, &situation);
            let arms = acting.checked(at);
            if acted.gesture.is_some() && acted.gesture != gesture {
                made += 1;
            }
            gesture = acted.gesture;
            assert!(
                arms.excess_deg < 4.0,
                "{name} {tick}: {} degrees",
                arms.excess_deg
            );
            deepest = deepest.max(arms.depth_m);
            assert!(
                arms.depth_m < deep_m,
                "{name} {tick}: {} m deep",
                arms.depth_m
            );
            if let Some(before) = before.replace(arms.wrists) {
                for (before, now) in before.iter().zip(arms.wrists) {
                    fastest = fastest.max(25.0 * now.distance(*before));
                }
            }
        }
        println!(
            "{name}: {made} gestures, {:.1} mm deep, {fastest:.1} m/s",
            1000.0 * deepest
        );
        assert!(made > 100, "{name}: {made}");
        assert!(fastest < 6.0, "{name}: {fastest} m/s");
    }
}
