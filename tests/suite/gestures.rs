//! Gestures on real bodies: strokes land on time, nothing jumps, hands stay outside, frame rates agree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::path::Path;
use std::sync::Arc;

use glam::{Mat4, Vec3};
use zhubo::avatar::Avatar;
use zhubo::media::{Emotion, FrameRate, HostId, MediaTime, Pose, Size};
use zhubo::motion::{
    ArmKey, Fingers, Gesture, Hands, Key, Library, Motion, MotionOptions, Moves, Reason, Score,
    Side, Situation, Spoken, Stroke,
};
use zhubo::render::{Output, Quality, Renderer, RendererOptions};
use zhubo::scene::Framing;

use crate::render::{gpu, image_of, picture_of};

pub(crate) fn host(name: &str) -> Arc<Avatar> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("avatars/{name}/host.glb"));
    Arc::new(Avatar::load(&path).unwrap())
}

fn fingers(curl: [f32; 5], spread: f32, thumb: f32) -> Fingers {
    Fingers {
        curl,
        spread,
        thumb,
    }
}

fn key(at_secs: f32, lead: Option<ArmKey>, other: Option<ArmKey>) -> Key {
    Key {
        at_secs,
        lead,
        other,
        ..Key::default()
    }
}

fn arm(at: [f32; 3], palm: [f32; 3], points: [f32; 3], elbow_deg: f32, hand: Fingers) -> ArmKey {
    ArmKey {
        at: at.into(),
        elbow_deg,
        palm: palm.into(),
        fingers: points.into(),
        hand,
    }
}

fn gesture(name: &str, hands: Hands, keys: Vec<Key>) -> Gesture {
    Gesture {
        name: name.into(),
        aliases: Vec::new(),
        hands,
        aim: None,
        prepare_secs: 0.6,
        hold_secs: [0.3, 1.0],
        retract_secs: 0.8,
        stroke_secs: 0.0,
        rests: false,
        moves: Moves::Keys(keys),
    }
}

const OPEN: [f32; 5] = [0.1, 0.05, 0.05, 0.06, 0.08];

/// Gestures of the tests' own: a wave, a clap, an offered palm, a beat, a pointing hand and folded hands.
pub(crate) fn library() -> Library {
    let open = fingers(OPEN, 0.5, 0.2);
    let wave = |at_secs, out, lean: f32| {
        let own = arm(
            [out, 0.22, 0.35],
            [0.0, 0.0, 1.0],
            [lean, 1.0, 0.0],
            20.0,
            open,
        );
        key(at_secs, Some(own), None)
    };
    let clap = |at_secs, out| {
        let own = arm(
            [out, -0.35, 0.55],
            [-1.0, 0.0, 0.0],
            [0.0, 0.55, 0.85],
            15.0,
            fingers(OPEN, 0.1, 0.1),
        );
        key(at_secs, Some(own), Some(own))
    };
    let offer = arm(
        [0.9, -0.35, 0.65],
        [0.0, 1.0, 0.15],
        [0.3, 0.1, 1.0],
        5.0,
        open,
    );
    let beat = |up| {
        arm(
            [0.85, up, 0.55],
            [-0.6, -0.6, 0.2],
            [-0.2, 0.1, 1.0],
            10.0,
            open,
        )
    };
    let point = arm(
        [1.0, -0.05, 0.9],
        [-0.5, -0.8, 0.0],
        [0.0, 0.0, 1.0],
        15.0,
        fingers([0.6, 0.0, 0.9, 0.95, 1.0], 0.3, 0.8),
    );
    let fold = arm(
        [0.02, -0.62, 0.36],
        [-0.2, -0.2, -1.0],
        [-0.9, -0.35, 0.1],
        10.0,
        fingers([0.3, 0.3, 0.3, 0.3, 0.3], 0.1, 0.4),
    );
    let mut fold_under = fold;
    fold_under.at += Vec3::new(0.0, -0.03, 0.05);
    Library::new([
        gesture(
            "wave",
            Hands::One,
            vec![
                wave(0.0, 1.3, 0.25),
                wave(0.25, 1.15, -0.3),
                wave(0.5, 1.35, 0.35),
                wave(0.75, 1.2, -0.2),
            ],
        ),
        gesture(
            "clap",
            Hands::Both,
            vec![
                clap(-0.25, 0.45),
                clap(0.0, 0.0),
                clap(0.2, 0.3),
                clap(0.4, 0.0),
            ],
        ),
        gesture("offer", Hands::One, vec![key(0.0, Some(offer), None)]),
        gesture(
            "beat",
            Hands::One,
            vec![
                key(-0.2, Some(beat(-0.3)), None),
                key(0.0, Some(beat(-0.42)), None),
            ],
        ),
        Gesture {
            aim: Some(zhubo::media::Focus::Card),
            ..gesture("point-card", Hands::One, vec![key(0.0, Some(point), None)])
        },
        Gesture {
            rests: true,
            ..gesture(
                "rest-fold",
                Hands::Both,
                vec![key(0.0, Some(fold), Some(fold_under))],
            )
        },
    ])
}

pub(crate) fn motion(avatar: &Arc<Avatar>, library: &Arc<Library>, seed: u64) -> Motion {
    Motion::new(MotionOptions {
        host: HostId::new("lina"),
        seed,
        avatar: Some(Arc::clone(avatar)),
        gestures: Arc::clone(library),
    })
}

/// Silence around strokes that are known from `start` on.
pub(crate) fn situation(start: MediaTime, strokes: Vec<Stroke>) -> Situation {
    let mut situation = Situation::silent(Emotion::Neutral);
    situation.now = Some(Spoken {
        start,
        score: Arc::new(Score {
            duration: MediaTime::from_millis(600_000),
            strokes,
            ..Score::default()
        }),
    });
    situation
}

pub(crate) fn stroke(library: &Library, name: &str, at: i64, side: Side, reason: Reason) -> Stroke {
    let at = MediaTime::from_millis(at);
    Stroke {
        gesture: library.find(name).unwrap(),
        at,
        hold: MediaTime::from_millis(400),
        word: at..at + MediaTime::from_millis(300),
        side,
        size: 1.0,
        reason,
    }
}

fn place(avatar: &Avatar, nodes: &[Mat4], bone: &str) -> Vec3 {
    nodes[avatar.rig.humanoid[bone]].w_axis.truncate()
}

/// Every gesture at its stroke, on `AVATAR` (a file) or our hosts, from the front and from the side.
#[test]
#[ignore = "pictures for people"]
fn looked_at() {
    let library = Arc::new(library());
    let folder = std::env::var("ZHUBO_LOOK_DIR").unwrap();
    let avatars: Vec<(String, Arc<Avatar>)> = match std::env::var("AVATAR") {
        Ok(file) => vec![(
            "own".into(),
            Arc::new(Avatar::load(Path::new(&file)).unwrap()),
        )],
        Err(_) => ["lina", "chen", "miko"]
            .map(|name| (name.into(), host(name)))
            .into(),
    };
    let size = Size::new(360, 480);
    for (name, avatar) in avatars {
        let gpu = gpu().unwrap();
        let options = RendererOptions {
            size,
            output: Output::Rgba,
            quality: Quality::Auto,
        };
        let mut renderer = Renderer::new(&gpu, &options).unwrap();
        renderer
            .add_host(HostId::new("lina"), Arc::clone(&avatar))
            .unwrap();
        let names: Vec<String> = library.iter().map(|own| own.name.to_string()).collect();
        let mut all = image::RgbaImage::new(size.width * (names.len() as u32 + 1), size.height * 2);
        for (column, gesture) in
            (0..).zip(std::iter::once("-").chain(names.iter().map(String::as_str)))
        {
            let mut motion = motion(&avatar, &library, 3);
            let strokes = if gesture == "-" {
                Vec::new()
            } else {
                vec![stroke(&library, gesture, 2000, Side::Right, Reason::Asked)]
            };
            let situation = situation(MediaTime::ZERO, strokes);
            let mut pose = Pose::rest(HostId::new("lina"));
            for tick in 0..=50 {
                pose = motion.pose(FrameRate::whole(25).pts_of(tick), &situation);
            }
            for (row, yaw) in [(0, 0.0f32), (1, 50.0)] {
                let mut pose = pose.clone();
                let turn = glam::Quat::from_rotation_y(yaw.to_radians());
                pose.bones.push((zhubo::media::Bone::Hips, turn));
                let mut picture = picture_of(&avatar, Framing::Half, size);
                picture.poses = vec![pose];
                let image = image_of(&renderer.draw(&picture).unwrap());
                let (x, y) = (size.width * column, size.height * row);
                image::imageops::replace(&mut all, &image, x.into(), y.into());
            }
        }
        all.save(format!("{folder}/{name}.png")).unwrap();
    }
}
