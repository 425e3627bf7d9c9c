//! Mouths of all kinds: lips that are said to be closed meet, and every vocabulary says the vowel that is meant.

use std::path::Path;

use glam::Vec3;
use serde_json::{Value, json};
use zhubo::avatar::{Avatar, FaceWeights, Mesh, MouthBy, Viseme, visemes};
use zhubo::media::{Blendshapes, HostId, Pose, Shape};

use crate::avatar::{files_in, test_avatars};
use crate::puppet::{self, JAW, Lips};

/// A pose of some shapes; a name without Left/Right means both sides.
fn pose(shapes: &[(&str, f32)]) -> Pose {
    let mut pose = Pose::rest(HostId::new("x"));
    for (name, weight) in shapes {
        let sides = [
            (*name).to_owned(),
            format!("{name}Left"),
            format!("{name}Right"),
        ];
        let mut known = sides.iter().filter_map(|side| Shape::from_name(side));
        let first = known.next().expect("a shape");
        pose.blendshapes[first] = *weight;
        for other in known {
            pose.blendshapes[other] = *weight;
        }
    }
    pose
}

/// A vertex of the mesh with that index in its own space, under the weights of the face.
fn placed(avatar: &Avatar, mesh: usize, vertex: u32, face: &FaceWeights) -> Vec3 {
    let weights = face.of(mesh, &avatar.meshes[mesh].targets);
    let mesh = &avatar.meshes[mesh];
    let pairs = mesh.targets.iter().zip(weights);
    let moved = pairs.map(|(target, weight)| target.delta(vertex) * weight);
    mesh.positions[vertex as usize] + moved.sum::<Vec3>()
}

/// The built-in host, and the vertices of her upper and lower lip that touch: the studio writes them down.
fn lina() -> (Avatar, Vec<(u32, u32)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("avatars/lina/host.glb");
    let bytes = std::fs::read(path).unwrap();
    let json_end = 20 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let document: Value = serde_json::from_slice(&bytes[20..json_end]).unwrap();
    let face = &document["meshes"].as_array().unwrap().iter();
    let face = face.clone().find(|mesh| mesh["name"] == "Face").unwrap();
    let lip = &face["primitives"][0]["extras"]["probes"]["lip"];
    let list = |side: &str| -> Vec<u32> {
        let numbers = lip[side].as_array().unwrap().iter();
        numbers
            .map(|n| u32::try_from(n.as_u64().unwrap()).unwrap())
            .collect()
    };
    let pairs = list("upper").into_iter().zip(list("lower")).collect();
    (Avatar::from_glb(&bytes, "lina").unwrap(), pairs)
}

/// Millimetres between Lina's lips along the mouth, negative where they overlap.
fn lina_gaps(avatar: &Avatar, pairs: &[(u32, u32)], pose: &Pose) -> Vec<f32> {
    let face = avatar.face_weights(pose);
    let mesh = avatar.meshes.iter().position(|m| m.name == "Face").unwrap();
    let height = |vertex: u32| placed(avatar, mesh, vertex, &face).y;
    let gap = |(u, l): &(u32, u32)| height(*u) - height(*l);
    pairs.iter().map(|pair| 1000.0 * gap(pair)).collect()
}

fn most(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn least(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::INFINITY, f32::min)
}

/// What may be left of a closed slit, and by how much lips may overlap, millimetres. A pixel of a 720 p bust is 0.5 mm.
const SLIT_MM: f32 = 0.25;
const OVERLAP_MM: f32 = 0.25;

#[test]
fn the_built_in_hosts_lips_meet_at_any_jaw() {
    let (avatar, pairs) = lina();
    assert_eq!(avatar.mouth().by, MouthBy::JawOpen);
    let gaps = |shapes: &[(&str, f32)]| lina_gaps(&avatar, &pairs, &pose(shapes));
    for step in 0..=14 {
        let jaw = 0.05 * step as f32;
        let open = gaps(&[("jawOpen", jaw)]);
        assert!(most(&open) >= 20.0 * jaw, "jaw {jaw}: {open:?}");
        let closed = gaps(&[("jawOpen", jaw), ("mouthClose", jaw)]);
        assert!(most(&closed) < SLIT_MM, "jaw {jaw}: {closed:?}");
        assert!(least(&closed) > -OVERLAP_MM, "jaw {jaw}: {closed:?}");
        let half = gaps(&[("jawOpen", jaw), ("mouthClose", 0.5 * jaw)]);
        let ratio = most(&half) / most(&open).max(1e-3);
        assert!(
            jaw == 0.0 || (0.4..0.6).contains(&ratio),
            "jaw {jaw}: {ratio}"
        );
    }
}

#[test]
fn closures_close_whatever_else_the_lips_do() {
    let (avatar, pairs) = lina();
    let mut open_without = 0;
    for jaw in [0.07, 0.15, 0.3, 0.5] {
        for (what, others) in [
            (
                "PP",
                &[
                    ("mouthPucker", 0.06),
                    ("mouthRollLower", 0.15),
                    ("mouthRollUpper", 0.12),
                    ("mouthPress", 0.3),
                ][..],
            ),
            (
                "after a rounded vowel",
                &[
                    ("mouthFunnel", 0.1),
                    ("mouthPucker", 0.15),
                    ("mouthPress", 0.3),
                ],
            ),
            (
                "from a spread vowel",
                &[
                    ("mouthLowerDown", 0.1),
                    ("mouthUpperUp", 0.06),
                    ("mouthStretch", 0.1),
                ],
            ),
            ("smiling", &[("mouthSmile", 0.4), ("mouthPress", 0.3)]),
        ] {
            let mut shapes = vec![("jawOpen", jaw), ("mouthClose", jaw)];
            shapes.extend(others);
            let gaps = lina_gaps(&avatar, &pairs, &pose(&shapes));
            println!(
                "jaw {jaw} {what}: {:.2} to {:.2} mm",
                least(&gaps),
                most(&gaps)
            );
            assert!(most(&gaps) < SLIT_MM, "{what} at jaw {jaw}: {gaps:?}");
            assert!(least(&gaps) > -0.7, "{what} at jaw {jaw}: {gaps:?}");
            shapes.remove(1);
            let gaps = lina_gaps(&avatar, &pairs, &pose(&shapes));
            open_without += usize::from(most(&gaps) > 1.0);
        }
    }
    assert_eq!(open_without, 16, "without mouthClose all of them are open");
}

/// Millimetres between the lips of a puppet with these targets; and its weights.
fn puppet_gap(targets: &[Lips], shapes: &[(&str, f32)]) -> (f32, FaceWeights) {
    let avatar = Avatar::from_glb(&puppet::speaking(targets, false, |_| ()), "puppet").unwrap();
    assert_eq!(avatar.mouth().by, MouthBy::JawOpen, "{targets:?}");
    let face = avatar.face_weights(&pose(shapes));
    let moving = |mesh: &Mesh| mesh.targets.iter().any(|t| !t.deltas.is_empty());
    let index = avatar.meshes.iter().position(moving).unwrap();
    let mesh = &avatar.meshes[index];
    // Lips of the puppet move as wholes: any vertex of each tells.
    let lift = |upper: bool| {
        let own = |v: &u32| (mesh.positions[*v as usize].y >= 1.44) == upper;
        let vertex = (0u32..).find(own).unwrap();
        placed(&avatar, index, vertex, &face).y - mesh.positions[vertex as usize].y
    };
    (1000.0 * (lift(true) - lift(false)), face)
}

#[test]
fn any_rigs_closing_shape_is_used_by_as_much_as_it_closes() {
    for (what, upper, lower) in [
        ("as meant", -0.008, 0.022),
        ("twice too weak", -0.004, 0.011),
        ("twice too strong", -0.02, 0.04),
        ("lower lip only", 0.0, 0.028),
    ] {
        let targets = [JAW, ("mouthClose", upper, lower)];
        for jaw in [0.07, 0.3, 0.7] {
            let shut = [("jawOpen", jaw), ("mouthClose", jaw)];
            let (gap, face) = puppet_gap(&targets, &shut);
            assert!(gap.abs() < 0.05, "{what} at {jaw}: {gap} mm");
            // The jaw stays where it is as long as the shape has the strength.
            let kept = face.shapes[Shape::JawOpen as usize];
            let needed = 30.0 * jaw / (1000.0 * (lower - upper));
            assert!(
                needed > 1.0 || (kept - jaw).abs() < 1e-6,
                "{what} at {jaw}: {kept}"
            );
            let (gap, _) = puppet_gap(&targets, &[("jawOpen", jaw)]);
            assert!((gap - 30.0 * jaw).abs() < 0.05, "{what} at {jaw}: {gap} mm");
        }
    }
}

#[test]
fn without_a_closing_shape_the_jaw_closes() {
    let shut = [("jawOpen", 0.4), ("mouthClose", 0.4)];
    let (gap, face) = puppet_gap(&[JAW], &shut);
    assert!(
        gap.abs() < 0.05 && face.shapes[Shape::JawOpen as usize] < 0.01,
        "{gap}"
    );
    let (half, _) = puppet_gap(&[JAW], &[("jawOpen", 0.4), ("mouthClose", 0.2)]);
    assert!((half - 6.0).abs() < 0.05, "{half}");
    // Pressed and rolled lips help, so that the jaw has less to do.
    let helped = [
        JAW,
        ("mouthRollUpper", -0.002, 0.0),
        ("mouthRollLower", 0.0, 0.004),
    ];
    let (gap, face) = puppet_gap(&helped, &shut);
    let jaw = face.shapes[Shape::JawOpen as usize];
    assert!(gap.abs() < 0.05, "{gap}");
    assert!((jaw - 2.4 / 30.0).abs() < 0.01, "{jaw}");
    assert!((face.shapes[Shape::MouthRollLower as usize] - 0.4).abs() < 0.01);
}

/// The weights of phones in the table that the product ships.
pub(crate) fn phones() -> Vec<(String, Blendshapes)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/lipsync/poses.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let phones = table["phones"].as_table().unwrap();
    let weight = |value: &toml::Value| value.as_float().unwrap() as f32;
    let shapes = |row: &toml::Value| {
        let row = row.as_table().unwrap();
        let shapes: Vec<(&str, f32)> = row.iter().map(|(k, v)| (k.as_str(), weight(v))).collect();
        pose(&shapes).blendshapes
    };
    phones
        .iter()
        .map(|(name, row)| (name.clone(), shapes(row)))
        .collect()
}

#[test]
fn each_visual_phone_becomes_the_vowel_that_looks_like_it() {
    use Viseme::{Aa, Ee, Ff, Ih, Oh, Ou, Pp};
    // The wanted weight of the winner; nothing else may reach it.
    let wanted = [
        ("AA", Aa, 1.0),
        ("AE", Aa, 0.7),
        ("AH", Aa, 0.6),
        ("kk", Aa, 0.3),
        ("LL", Aa, 0.3),
        ("HH", Aa, 0.3),
        ("EH", Ee, 1.0),
        ("IH", Ih, 1.0),
        ("IY", Ih, 0.8),
        ("SS", Ih, 0.5),
        ("YY", Ih, 0.5),
        ("DD", Ih, 0.2),
        ("nn", Ih, 0.2),
        ("AO", Oh, 1.0),
        ("OW", Oh, 0.8),
        ("ER", Oh, 0.4),
        ("UW", Ou, 1.0),
        ("YU", Ou, 1.0),
        ("WW", Ou, 1.0),
        ("UH", Ou, 0.7),
        ("CH", Ou, 0.6),
        ("RR", Ou, 0.4),
        ("PP", Pp, 1.0),
        ("FF", Ff, 1.0),
    ];
    for (phone, face) in phones() {
        let weights = visemes(&face);
        println!("{phone}: {weights:.2?}");
        assert!(weights.iter().all(|w| *w >= 0.0), "{phone}: {weights:?}");
        assert!(
            weights.iter().sum::<f32>() <= 1.0 + 1e-5,
            "{phone}: {weights:?}"
        );
        let Some((_, winner, weight)) = wanted.iter().find(|(name, ..)| *name == phone) else {
            assert!(
                ["sil", "TH"].contains(&phone.as_str()),
                "{phone} is not judged"
            );
            continue;
        };
        let best = Viseme::ALL
            .into_iter()
            .max_by(|a, b| weights[*a as usize].total_cmp(&weights[*b as usize]));
        assert_eq!(best, Some(*winner), "{phone}: {weights:?}");
        assert!(
            (weights[*winner as usize] - weight).abs() < 0.26,
            "{phone}: {weights:?}"
        );
    }
}

#[test]
fn closed_lips_are_closed_in_every_vocabulary() {
    assert_eq!(visemes(&Blendshapes::default()), [0.0; 7]);
    let vowels =
        |shapes: &[(&str, f32)]| visemes(&pose(shapes).blendshapes)[..5].iter().sum::<f32>();
    for (_, mut face) in phones() {
        face[Shape::MouthClose] = face[Shape::JawOpen];
        if face[Shape::JawOpen] > 0.0 {
            assert_eq!(visemes(&face)[..5], [0.0; 5]);
        }
    }
    assert_eq!(vowels(&[("jawOpen", 0.3), ("mouthPress", 0.3)]), 0.0);
    assert_eq!(
        vowels(&[("mouthSmile", 0.6)]),
        0.0,
        "a smile at rest is no vowel"
    );
    // Half closed: a quarter is left.
    let (open, half) = (
        vowels(&[("jawOpen", 0.6)]),
        vowels(&[("jawOpen", 0.6), ("mouthClose", 0.3)]),
    );
    assert!((half / open - 0.25).abs() < 0.01, "{half} of {open}");
}

/// Five vowels that open the puppet's mouth by 30, 10, 12, 15 and 20 mm, under these names.
fn vowel_targets(names: [&'static str; 5]) -> Vec<Lips> {
    let opened = [0.03, 0.010, 0.012, 0.015, 0.020];
    names
        .into_iter()
        .zip(opened)
        .map(|(name, by)| (name, 0.0, -by))
        .collect()
}

/// The weight of each target of the puppet's mouth, by name.
fn target_weights(avatar: &Avatar, shapes: &[(&str, f32)]) -> Vec<(String, f32)> {
    let face = avatar.face_weights(&pose(shapes));
    let mouth = avatar
        .meshes
        .iter()
        .position(|m| m.targets.iter().any(|t| !t.deltas.is_empty()))
        .unwrap();
    let targets = &avatar.meshes[mouth].targets;
    let names = targets.iter().map(|target| target.name.clone());
    names.zip(face.of(mouth, targets)).collect()
}

const AA: &[(&str, f32)] = &[
    ("jawOpen", 0.65),
    ("mouthLowerDown", 0.25),
    ("mouthUpperUp", 0.12),
];
const UW: &[(&str, f32)] = &[
    ("jawOpen", 0.12),
    ("mouthFunnel", 0.3),
    ("mouthPucker", 0.75),
];

#[test]
fn every_vocabulary_is_found_and_speaks() {
    let vrm0 = |document: &mut Value| {
        let group = |preset: &str, index: usize| json!({"name": preset, "presetName": preset, "binds": [{"mesh": 0, "index": index, "weight": 100}]});
        let groups: Vec<Value> = (0..5)
            .map(|i| group(["a", "i", "u", "e", "o"][i], i))
            .collect();
        document["extensionsUsed"] = json!(["VRM"]);
        document["extensions"]["VRM"] =
            json!({"specVersion": "0.0", "blendShapeMaster": {"blendShapeGroups": groups}});
    };
    let vrm1 = |document: &mut Value| {
        let preset = |index: usize| json!({"morphTargetBinds": [{"node": 5, "index": index, "weight": 1.0}]});
        document["extensionsUsed"] = json!(["VRMC_vrm"]);
        document["extensions"]["VRMC_vrm"] = json!({"specVersion": "1.0", "expressions": {"preset": {
            "aa": preset(0), "ih": preset(1), "ou": preset(2), "ee": preset(3), "oh": preset(4)}}});
    };
    type Change<'a> = &'a dyn Fn(&mut Value);
    let plain: Change<'_> = &|_| ();
    let cases: [(MouthBy, [&'static str; 5], Change<'_>); 7] = [
        (MouthBy::Expressions, ["M1", "M2", "M3", "M4", "M5"], &vrm0),
        (MouthBy::Expressions, ["M1", "M2", "M3", "M4", "M5"], &vrm1),
        (
            MouthBy::Visemes,
            ["viseme_aa", "viseme_I", "viseme_U", "viseme_E", "viseme_O"],
            plain,
        ),
        (
            MouthBy::Vowels,
            ["vrc.v_aa", "vrc.v_ih", "vrc.v_ou", "vrc.v_e", "vrc.v_oh"],
            plain,
        ),
        (
            MouthBy::Vowels,
            [
                "Fcl_MTH_A",
                "Fcl_MTH_I",
                "Fcl_MTH_U",
                "Fcl_MTH_E",
                "Fcl_MTH_O",
            ],
            plain,
        ),
        (MouthBy::Vowels, ["A", "I", "U", "E", "O"], plain),
        (MouthBy::Vowels, ["ah", "ih", "uu", "ee", "oh"], plain),
    ];
    for (by, names, change) in cases {
        let bytes = puppet::speaking(&vowel_targets(names), false, change);
        let avatar = Avatar::from_glb(&bytes, "puppet").unwrap();
        assert_eq!(avatar.mouth().by, by, "{names:?}");
        let weights = target_weights(&avatar, AA);
        assert!(
            weights[0].1 > 0.9 && weights[1..].iter().all(|w| w.1 < 0.1),
            "{weights:?}"
        );
        let weights = target_weights(&avatar, UW);
        assert!(weights[2].1 > 0.9 && weights[0].1 < 0.1, "{weights:?}");
        let mut shut = AA.to_vec();
        shut.push(("mouthClose", 0.65));
        let weights = target_weights(&avatar, &shut);
        assert!(weights.iter().all(|w| w.1 == 0.0), "{weights:?}");
        // Bitten lips: VRM has none, a little `ih` shows teeth.
        let weights = target_weights(&avatar, &[("jawOpen", 0.07), ("mouthRollLower", 0.55)]);
        assert!((weights[1].1 - 0.15).abs() < 1e-5, "{weights:?}");
        assert!(
            !avatar
                .facts()
                .warnings
                .iter()
                .any(|w| w.contains("lips will not move"))
        );
    }
}

#[test]
fn targets_that_move_nothing_are_passed_over() {
    let by = |targets: &[Lips]| {
        let bytes = puppet::speaking(targets, false, |_| ());
        Avatar::from_glb(&bytes, "puppet").unwrap().mouth().by
    };
    let empty = |name| (name, 0.0, 0.0);
    let mut targets = vec![empty("viseme_aa"), empty("viseme_E"), empty("viseme_O")];
    assert_eq!(by(&targets), MouthBy::Nothing);
    targets.extend(vowel_targets(["A", "I", "U", "E", "O"]));
    assert_eq!(by(&targets), MouthBy::Vowels);
    targets.push(JAW);
    assert_eq!(
        by(&targets),
        MouthBy::JawOpen,
        "a jaw is better than nameless vowels"
    );
    targets.extend(vowel_targets([
        "viseme_aa",
        "viseme_I",
        "viseme_U",
        "viseme_E",
        "viseme_O",
    ]));
    assert_eq!(
        by(&targets),
        MouthBy::Visemes,
        "five vowels are better than a jaw alone"
    );
    let lips = [
        "mouthClose",
        "mouthFunnel",
        "mouthPucker",
        "mouthRollLower",
        "mouthRollUpper",
        "mouthLowerDownLeft",
    ];
    targets.extend(lips.map(|name| (name, -0.002, 0.003)));
    assert_eq!(
        by(&targets),
        MouthBy::JawOpen,
        "ARKit lips are better than five vowels"
    );
    assert_eq!(by(&[("mouthOpen", 0.0, -0.02)]), MouthBy::JawOpen);
}

#[test]
fn a_jaw_bone_opens_the_mouth() {
    let avatar = Avatar::from_glb(&puppet::speaking(&[], true, |_| ()), "puppet").unwrap();
    assert_eq!(avatar.mouth().by, MouthBy::Bone);
    let lips = |shapes: &[(&str, f32)]| {
        let nodes = avatar.posed(&pose(shapes));
        // The middle of the lips, 3 cm below and 8 cm in front of the hinge.
        nodes[avatar.rig.jaw.unwrap()]
            .transform_point3(Vec3::new(0.0, -0.03, 0.08))
            .y
    };
    let (rest, open) = (lips(&[]), lips(&[("jawOpen", 0.65)]));
    assert!((0.010..0.020).contains(&(rest - open)), "{} m", rest - open);
    assert!((lips(&[("jawOpen", 0.65), ("mouthClose", 0.65)]) - rest).abs() < 1e-5);
    // What is called a jaw but hangs on nothing that looks like one is left alone.
    let with_morph = Avatar::from_glb(&puppet::speaking(&[JAW], true, |_| ()), "puppet").unwrap();
    assert_eq!(
        (with_morph.mouth().by, with_morph.rig.jaw),
        (MouthBy::JawOpen, None)
    );
    let nothing = Avatar::from_glb(&puppet::speaking(&[], false, |_| ()), "puppet").unwrap();
    assert_eq!(
        (nothing.mouth().by, nothing.rig.jaw),
        (MouthBy::Nothing, None)
    );
    let warnings = &nothing.facts().warnings;
    assert!(
        warnings.iter().any(|w| w.contains("lips will not move")),
        "{warnings:?}"
    );
}

#[test]
fn mouths_of_other_makers_move_as_their_files_say() {
    let Some(folder) = test_avatars() else { return };
    let mut counted = std::collections::BTreeMap::new();
    for path in files_in(&folder) {
        let Ok(avatar) = Avatar::load(&path) else {
            continue;
        };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let by = avatar.mouth().by;
        let furthest = |shapes: &[(&str, f32)]| {
            let face = avatar.face_weights(&pose(shapes));
            let mut furthest = 0.0f32;
            for (index, mesh) in avatar.meshes.iter().enumerate() {
                let pairs = mesh.targets.iter().zip(face.of(index, &mesh.targets));
                let mut moved = vec![Vec3::ZERO; mesh.positions.len()];
                for (target, weight) in pairs {
                    for delta in &target.deltas {
                        moved[delta.vertex as usize] += delta.position * weight;
                    }
                }
                furthest = moved.iter().map(|by| by.length()).fold(furthest, f32::max);
            }
            furthest
        };
        let morphs = !matches!(by, MouthBy::Bone | MouthBy::Nothing);
        println!(
            "{name}: {}, AA moves {} mm",
            by.describe(),
            1000.0 * furthest(AA)
        );
        assert_eq!(furthest(AA) > 0.001, morphs, "{name}");
        let mut shut = AA.to_vec();
        shut.extend([("mouthClose", 0.65), ("mouthPress", 0.3)]);
        if morphs && by != MouthBy::JawOpen {
            assert_eq!(
                avatar.face_weights(&pose(&shut)).visemes[..5],
                [0.0; 5],
                "{name}"
            );
        }
        *counted.entry(format!("{by:?}")).or_insert(0) += 1;
        let expected = match name.as_str() {
            "Godette_vrm_v4.vrm" | "catbot.vrm" => MouthBy::Expressions,
            "cryptovoxels.vrm" | "RobotExpressive.glb" | "Fox.glb" => MouthBy::Nothing,
            _ => continue,
        };
        assert_eq!(by, expected, "{name}");
    }
    println!("{counted:?}");
    assert!(
        counted.get("Expressions").is_some_and(|n| *n >= 2),
        "{counted:?}"
    );
}
