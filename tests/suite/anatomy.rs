//! Nothing pierces: eyeballs, teeth, gums and tongue of our hosts are seen through the lids and lips only, whatever the face
//! does; lips that close are closed, and so are lids.
//!
//! Drawn by a small rasteriser of parallel rays, 20 pixels to the centimetre, from the front and from 30 degrees to each
//! side. Parts are found by the names that the studio writes into the file, openings by its probes: vertices along the
//! contact of the lips and the margins of the lids. `ZHUBO_ANATOMY=FILE` looks at another file; with `--nocapture` each
//! case is printed; `ZHUBO_ANATOMY_OUT=FOLDER` keeps a picture of each case that fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use glam::Vec2;
use zhubo::media::{Angles, Blendshapes, HostId, Pose, Shape};

use crate::anatomy_view::{Host, PIXELS_PER_M, Part, View};
use crate::mouth::phones;

/// Directions that are looked from, degrees to the host's left.
const VIEWS_DEG: [f32; 3] = [0.0, -30.0, 30.0];
/// How many pixels of one picture may be pierced: rounding where two surfaces meet; 1.5 square millimetres.
const MAX_PIERCED: usize = 6;
/// How many pixels of one picture may be seen of what is behind closed lips and lids: a square millimetre.
const MAX_LEAK: usize = 4;
/// How far a host looks up or down and aside while it speaks, degrees (see `motion`).
const GAZE_DEG: [f32; 2] = [6.0, 12.0];
/// Random faces of speech.
const FACES: usize = 200;
/// What may be left of a slit between closed lips, metres: less than a pixel of a 720 p bust.
const SLIT_M: f32 = 0.0003;

/// A face to be looked at.
struct Case {
    name: String,
    pose: Pose,
}

impl Case {
    fn new(name: &str, shapes: &[(Shape, f32)]) -> Self {
        let mut pose = Pose::rest(HostId::new("x"));
        for (shape, weight) in shapes {
            pose.blendshapes[*shape] = *weight;
        }
        Self {
            name: name.into(),
            pose,
        }
    }
}

/// Rest, and every shape fully on.
fn single_shapes() -> Vec<Case> {
    let mut cases = vec![Case::new("neutral", &[])];
    for shape in Shape::ALL {
        let mut shapes = vec![(shape, 1.0)];
        // Lips close over an open jaw only.
        if shape == Shape::MouthClose {
            shapes.push((Shape::JawOpen, 1.0));
        }
        cases.push(Case::new(shape.name(), &shapes));
    }
    for part in [0.25, 0.5, 0.75, 1.0] {
        let both = [(Shape::EyeBlinkLeft, part), (Shape::EyeBlinkRight, part)];
        cases.push(Case::new(&format!("blink {part}"), &both));
    }
    cases
}

/// Faces as they occur in a show: two phones mixed, lids anywhere, brows, a smile and a gaze.
fn speech() -> Vec<Case> {
    let mut state = 20_240_601u64;
    let mut chance = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let phones = phones();
    let mut cases = Vec::new();
    for number in 0..FACES {
        let mut pick = || &phones[(chance() * phones.len() as f32) as usize % phones.len()];
        let ((first, one), (second, other)) = (pick(), pick());
        // Half of the faces are whole phones; a presenter's mouth goes 1.2 times as far.
        let mixed = if number % 2 == 0 { 0.0 } else { chance() };
        let gain = 1.0 + 0.2 * chance();
        let mut face = Blendshapes(one.lerp(other, mixed).0.map(|weight| weight * gain));
        let smile = 0.45 * chance();
        let blink = if number % 3 == 0 { 0.0 } else { chance() };
        let (brows, down) = (0.6 * chance(), 0.3 * chance());
        use Shape as S;
        for (shapes, weight) in [
            ([S::MouthSmileLeft, S::MouthSmileRight], smile),
            ([S::CheekSquintLeft, S::CheekSquintRight], 0.6 * smile),
            ([S::EyeSquintLeft, S::EyeSquintRight], 0.4 * smile),
            ([S::EyeBlinkLeft, S::EyeBlinkRight], blink),
            ([S::BrowOuterUpLeft, S::BrowOuterUpRight], brows),
            ([S::BrowInnerUp, S::BrowInnerUp], brows),
            ([S::BrowDownLeft, S::BrowDownRight], down),
        ] {
            for shape in shapes {
                face[shape] = face[shape].max(weight);
            }
        }
        let mut pose = Pose::rest(HostId::new("x"));
        pose.blendshapes = face.clamped();
        pose.eyes = Angles {
            pitch_deg: GAZE_DEG[0] * (2.0 * chance() - 1.0),
            yaw_deg: GAZE_DEG[1] * (2.0 * chance() - 1.0),
            roll_deg: 0.0,
        };
        let name = format!(
            "speech {number}: {first} {mixed:.2} {second}, smile {smile:.2}, blink {blink:.2}"
        );
        cases.push(Case { name, pose });
    }
    cases
}

/// The files to look at.
fn files() -> Vec<PathBuf> {
    if let Ok(file) = std::env::var("ZHUBO_ANATOMY") {
        return vec![file.into()];
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("avatars");
    let folders = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = folders
        .map(|folder| folder.unwrap().path().join("host.glb"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are no hosts");
    files
}

/// What a face shows in words, where something pierces.
fn look(host: &Host, case: &Case, number: usize) -> Option<String> {
    let points = host.avatar.posed_points(&case.pose);
    let tongue_is_out = case.pose.blendshapes[Shape::TongueOut] > 0.5;
    let mut words = String::new();
    for yaw_deg in VIEWS_DEG {
        let view = View::new(host, &points, yaw_deg);
        let pierced = view.pierced(host, &points, tongue_is_out);
        if pierced.len() <= MAX_PIERCED {
            continue;
        }
        let mut meshes: Vec<usize> = pierced.iter().map(|(mesh, _)| *mesh).collect();
        meshes.sort_unstable();
        meshes.dedup();
        for mesh in meshes {
            let own: Vec<usize> = pierced
                .iter()
                .filter(|(own, _)| *own == mesh)
                .map(|(_, at)| *at)
                .collect();
            let sum: Vec2 = own
                .iter()
                .map(|at| Vec2::new((at % view.width) as f32, (at / view.width) as f32))
                .sum();
            let place = 100.0 * (view.corner + sum / own.len() as f32 / PIXELS_PER_M);
            let name = &host.parts[mesh].as_ref().unwrap().1;
            write!(
                words,
                "; {name} {} px from {yaw_deg} deg round x {:.1} y {:.1} cm",
                own.len(),
                place.x,
                place.y
            )
            .unwrap();
        }
        if let Some(folder) = std::env::var_os("ZHUBO_ANATOMY_OUT").map(PathBuf::from) {
            std::fs::create_dir_all(&folder).unwrap();
            let short = case.name.split(':').next().unwrap();
            view.save(
                host,
                &pierced,
                &folder.join(format!("{number:03} {short} {yaw_deg}.png")),
            );
        }
    }
    (!words.is_empty()).then(|| format!("{}{words}", case.name))
}

#[test]
fn nothing_pierces_the_face() {
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let cases: Vec<Case> = single_shapes().into_iter().chain(speech()).collect();
        let mut worse = 0;
        for (number, case) in cases.iter().enumerate() {
            let found = look(&host, case, number);
            println!(
                "{}",
                found
                    .clone()
                    .unwrap_or_else(|| format!("{}: ok", case.name))
            );
            if let Some(words) = found {
                worse += 1;
                wrong.push(words);
            }
        }
        println!(
            "{}: {worse} of {} faces are pierced",
            host.name,
            cases.len()
        );
        if worse > 0 {
            wrong.push(format!(
                "{}: {worse} of {} faces are pierced",
                host.name,
                cases.len()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "more than {MAX_PIERCED} pixels pierced:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn closed_lips_let_no_light_through() {
    let closed = |jaw: f32| [(Shape::JawOpen, jaw), (Shape::MouthClose, jaw)];
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let mut cases: Vec<Case> = [0.0, 0.07, 0.2, 0.4, 0.7, 1.0]
            .map(|jaw| Case::new(&format!("jawOpen x mouthClose {jaw}"), &closed(jaw)))
            .into();
        let (_, pressed) = phones().into_iter().find(|(name, _)| name == "PP").unwrap();
        for jaw in [0.07, 0.3] {
            let mut case = Case::new(&format!("p, b, m over jawOpen {jaw}"), &[]);
            case.pose.blendshapes = pressed;
            for (shape, weight) in closed(jaw) {
                case.pose.blendshapes[shape] = weight;
            }
            cases.push(case);
        }
        for case in cases {
            let points = host.avatar.posed_points(&case.pose);
            let slit = host.slit_m(&points);
            let seen: Vec<usize> = VIEWS_DEG
                .map(|yaw_deg| {
                    View::new(&host, &points, yaw_deg).count(&host, &[Part::Mouth, Part::Tongue])
                })
                .into();
            let words = format!(
                "{}: {}: slit {:.2} mm, {seen:?} pixels of the mouth",
                host.name,
                case.name,
                1000.0 * slit
            );
            println!("{words}");
            if slit > SLIT_M || seen.iter().any(|seen| *seen > MAX_LEAK) {
                wrong.push(words);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "light between closed lips:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn closed_lids_show_no_eye() {
    let mut wrong = Vec::new();
    for file in files() {
        let host = Host::load(&file);
        let [pitch, yaw] = GAZE_DEG;
        for gaze in [
            [0.0, 0.0],
            [pitch, 0.0],
            [-pitch, 0.0],
            [0.0, yaw],
            [0.0, -yaw],
        ] {
            let both = [(Shape::EyeBlinkLeft, 1.0), (Shape::EyeBlinkRight, 1.0)];
            let mut case = Case::new("blink 1", &both);
            [case.pose.eyes.pitch_deg, case.pose.eyes.yaw_deg] = gaze;
            let points = host.avatar.posed_points(&case.pose);
            let eyes = [Part::EyeLeft, Part::EyeRight];
            let seen =
                VIEWS_DEG.map(|yaw_deg| View::new(&host, &points, yaw_deg).count(&host, &eyes));
            let words = format!(
                "{}: blink 1, gaze {gaze:?}: {seen:?} pixels of the eyes",
                host.name
            );
            println!("{words}");
            if seen.iter().any(|seen| *seen > MAX_LEAK) {
                wrong.push(words);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "eyes behind closed lids:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn an_eye_that_pierces_is_noticed() {
    for file in files() {
        let host = Host::load(&file);
        let case = Case::new("neutral", &[]);
        let mut points = host.avatar.posed_points(&case.pose);
        for (part, points) in host.parts.iter().zip(&mut points) {
            if matches!(part, Some((Part::EyeLeft, _))) {
                for point in points {
                    point.z += 0.006;
                }
            }
        }
        let view = View::new(&host, &points, 0.0);
        let pierced = view.pierced(&host, &points, false);
        let left =
            |(mesh, _): &(usize, usize)| matches!(host.parts[*mesh], Some((Part::EyeLeft, _)));
        assert!(
            pierced.iter().filter(|pixel| left(pixel)).count() > MAX_PIERCED,
            "{}",
            host.name
        );
    }
}
