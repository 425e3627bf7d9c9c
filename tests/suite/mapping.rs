//! Names in the wild, and `avatar.toml`: what moves what is found by name, or the user says it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use zhubo::avatar::{Avatar, MouthBy, Surface};
use zhubo::config::{Assets, AvatarDocument};
use zhubo::media::{Bone, HostId, Pose, Shape};

use crate::puppet::{self, JAW, Lips};

/// The weights of the puppet's targets, by name, while these shapes are on.
fn weights(avatar: &Avatar, shapes: &[(Shape, f32)]) -> Vec<(String, f32)> {
    let mut pose = Pose::rest(HostId::new("x"));
    for (shape, weight) in shapes {
        pose.blendshapes[*shape] = *weight;
    }
    let moving = |mesh: &zhubo::avatar::Mesh| mesh.targets.iter().any(|t| !t.deltas.is_empty());
    let mouth = avatar.meshes.iter().position(moving).unwrap();
    let targets = &avatar.meshes[mouth].targets;
    let names = targets.iter().map(|target| target.name.clone());
    let weights = avatar.face_weights(&pose).of(mouth, targets);
    names.zip(weights).collect()
}

fn weight(avatar: &Avatar, name: &str, shapes: &[(Shape, f32)]) -> f32 {
    let all = weights(avatar, shapes);
    all.iter().find(|(own, _)| own == name).unwrap().1
}

/// A puppet with targets of these names.
fn named(names: &[&'static str]) -> Avatar {
    let targets: Vec<Lips> = names.iter().map(|name| (*name, 0.0, -0.01)).collect();
    Avatar::from_glb(&puppet::speaking(&targets, false, |_| ()), "puppet").unwrap()
}

#[test]
fn shapes_are_found_under_the_names_of_all_makers() {
    use Shape::{
        BrowDownLeft, BrowInnerUp, EyeBlinkLeft, EyeBlinkRight, EyeLookOutLeft, JawOpen,
        MouthPucker, MouthSmileLeft,
    };
    for (name, shape, wanted) in [
        ("eyeBlinkLeft", EyeBlinkLeft, 0.8),
        ("eyeBlink_L", EyeBlinkLeft, 0.8),
        ("EyeBlink.R", EyeBlinkRight, 0.8),
        ("Face.M_F00_000_00_eyeBlinkLeft", EyeBlinkLeft, 0.8),
        ("blendShape1.mouthSmile_L", MouthSmileLeft, 0.8),
        ("Eye_Blink_L", EyeBlinkLeft, 0.8),
        ("Face.M_F00_000_00_Fcl_EYE_Close_L", EyeBlinkLeft, 0.8),
        // One target for both sides: half of each.
        ("Fcl_EYE_Close", EyeBlinkRight, 0.4),
        ("eyesClosed", EyeBlinkLeft, 0.4),
        ("Facial_Blends.Blink_Right", EyeBlinkRight, 0.8),
        ("まばたき", EyeBlinkLeft, 0.4),
        ("mouthSmile", MouthSmileLeft, 0.4),
        ("Fcl_MTH_Fun", MouthSmileLeft, 0.4),
        ("Smile_Left", MouthSmileLeft, 0.8),
        ("Mouth_Pucker_Up_L", MouthPucker, 0.8),
        ("Brow_Raise_Inner_R", BrowInnerUp, 0.8),
        ("BrowsDown_Left", BrowDownLeft, 0.8),
        ("look_left", EyeLookOutLeft, 0.4),
        ("mouth_open", JawOpen, 0.8),
        ("MouthOpen", JawOpen, 0.8),
        ("Jaw_Open", JawOpen, 0.8),
        ("jaw_drop", JawOpen, 0.8),
        // What only looks like a name.
        ("eye_smile", MouthSmileLeft, 0.0),
        ("jawOpen_mouthClose", JawOpen, 0.0),
        ("unblink", EyeBlinkLeft, 0.0),
    ] {
        // The puppet's eyes are bones: without them looks sideways are the shapes' business.
        let bytes = puppet::speaking(&[(name, 0.0, -0.01)], false, |document| {
            document["nodes"][3]["name"] = "x".into();
            document["nodes"][4]["name"] = "y".into();
        });
        let avatar = Avatar::from_glb(&bytes, "puppet").unwrap();
        let found = weight(&avatar, name, &[(shape, 0.8)]);
        assert!((found - wanted).abs() < 1e-6, "{name}: {found}");
    }
}

#[test]
fn better_names_go_before_and_dummies_are_passed_over() {
    let blink = [(Shape::EyeBlinkLeft, 1.0)];
    let both = named(&["blink", "eyeBlinkLeft", "eyeBlinkRight"]);
    assert_eq!(weight(&both, "eyeBlinkLeft", &blink), 1.0);
    assert_eq!(weight(&both, "blink", &blink), 0.0);
    // A target that moves nothing leaves its work to the next.
    let targets: [Lips; 3] = [
        ("eyeBlinkLeft", 0.0, 0.0),
        ("eyeBlinkRight", 0.0, 0.0),
        ("eyesClosed", 0.0, -0.01),
    ];
    let avatar = Avatar::from_glb(&puppet::speaking(&targets, false, |_| ()), "puppet").unwrap();
    assert_eq!(weight(&avatar, "eyesClosed", &blink), 0.5);
    // Names that occur twice are both moved.
    let twice = named(&["eyeBlinkLeft", "eyeBlinkLeft"]);
    assert!(
        weights(&twice, &blink)
            .iter()
            .all(|(_, weight)| *weight == 1.0)
    );
}

#[test]
fn vowels_are_found_in_the_vocabulary_that_has_most_of_them() {
    let open = [(Shape::JawOpen, 0.65)];
    for (names, wide) in [
        (
            &[
                "V_Open",
                "V_Explosive",
                "V_Dental_Lip",
                "V_Tight_O",
                "V_Wide",
            ][..],
            "V_Open",
        ),
        (&["Ah", "EE", "Oh", "W_OO", "B_M_P", "F_V"], "Ah"),
        (
            &[
                "Body.MTH_A",
                "Body.MTH_I",
                "Body.MTH_U",
                "Body.MTH_E",
                "Body.MTH_O",
            ],
            "Body.MTH_A",
        ),
        (&["あ", "い", "う", "え", "お"], "あ"),
        (
            &[
                "vrc_v_aa", "vrc_v_ih", "vrc_v_ou", "vrc_v_e", "vrc_v_oh", "A", "I",
            ],
            "vrc_v_aa",
        ),
    ] {
        let avatar = named(names);
        assert_eq!(avatar.mouth().by, MouthBy::Vowels, "{names:?}");
        let all = weights(&avatar, &open);
        for (name, weight) in &all {
            assert_eq!(*weight > 0.8, name == wide, "{all:?}");
        }
    }
    let pressed = [(Shape::JawOpen, 0.1), (Shape::MouthClose, 0.1)];
    let creator = named(&["V_Open", "V_Explosive", "V_Wide"]);
    assert_eq!(weight(&creator, "V_Explosive", &pressed), 1.0);
}

/// A folder with a puppet and an `avatar.toml`.
fn folder(targets: &[Lips], document: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes = puppet::speaking(targets, true, |_| ());
    std::fs::write(folder.path().join("model.glb"), bytes).unwrap();
    std::fs::write(folder.path().join("avatar.toml"), document).unwrap();
    folder
}

fn load(path: &Path) -> Result<Avatar, String> {
    let name = path.to_str().unwrap();
    let loaded = Assets::from_environment().avatar(name, Path::new(""));
    loaded.map_err(|error| error.to_string())
}

const TARGETS: [Lips; 4] = [
    ("MTH_Open", 0.0, -0.03),
    ("MTH_Wide", 0.0, -0.01),
    ("Lids", 0.01, 0.0),
    ("Corner", 0.0, 0.01),
];

#[test]
fn avatar_toml_says_what_the_file_does_not() {
    let folder = folder(
        &TARGETS,
        r#"
file = "model.glb"
name = "Test"

[shapes]
jawOpen = { MTH_Open = 1.0, Corner = 0.25 }
eyeBlinkLeft = { Lids = 0.5 }
eyeBlinkRight = { Lids = 0.5 }

[expressions]
grin = { Corner = 0.5 }

[bones]
head = "Neck"

[surfaces]
cloth = "hair"
"#,
    );
    let path = folder.path();
    for place in [
        path.to_owned(),
        path.join("avatar.toml"),
        path.join("model.glb"),
    ] {
        let avatar = load(&place).unwrap();
        assert_eq!(avatar.mouth().by, MouthBy::JawOpen);
        assert!(
            avatar.rig.jaw.is_none(),
            "shapes open the mouth, not the bone"
        );
        let open = weights(
            &avatar,
            &[(Shape::JawOpen, 0.8), (Shape::EyeBlinkLeft, 1.0)],
        );
        let open: Vec<f32> = open.iter().map(|(_, weight)| *weight).collect();
        assert_eq!(open, [0.8, 0.0, 0.5, 0.2]);
        assert!(
            !avatar
                .facts()
                .warnings
                .iter()
                .any(|w| w.contains("will not blink"))
        );
        let mut pose = Pose::rest(HostId::new("x"));
        pose.expressions = vec![("grin".into(), 1.0)];
        let grin = avatar.face_weights(&pose);
        assert!(
            grin.targets
                .iter()
                .any(|(_, target, weight)| (*target, *weight) == (3, 0.5))
        );
        let head = avatar.rig.bone(Bone::Head).unwrap();
        assert_eq!(avatar.rig.nodes[head].name, "Neck");
        let cloth = avatar.materials.iter().find(|m| m.name == "cloth").unwrap();
        assert_eq!(cloth.surface, Surface::Hair);
    }
    // Another file in that folder is not described by it.
    std::fs::copy(path.join("model.glb"), path.join("other.glb")).unwrap();
    let other = load(&path.join("other.glb")).unwrap();
    assert_eq!(other.mouth().by, MouthBy::Bone);
}

#[test]
fn the_user_chooses_what_moves_the_mouth() {
    let by = |targets: &[Lips], document: &str| {
        let folder = folder(targets, &format!("file = \"model.glb\"\n{document}"));
        load(folder.path()).unwrap()
    };
    let told = by(
        &TARGETS,
        "[visemes]\naa = { MTH_Open = 1.0 }\nih = { MTH_Wide = 0.5 }",
    );
    assert_eq!(told.mouth().by, MouthBy::Visemes);
    assert_eq!(weight(&told, "MTH_Open", &[(Shape::JawOpen, 0.65)]), 1.0);
    let spread = [
        (Shape::JawOpen, 0.2),
        (Shape::MouthStretchLeft, 0.5),
        (Shape::MouthStretchRight, 0.5),
        (Shape::MouthLowerDownLeft, 0.3),
        (Shape::MouthLowerDownRight, 0.3),
    ];
    let wide = weight(&told, "MTH_Wide", &spread);
    assert!((0.4..=0.5).contains(&wide), "{wide}");
    let mut rich = vec![JAW, ("viseme_aa", 0.0, -0.02), ("A", 0.0, -0.02)];
    rich.extend(
        [
            "mouthClose",
            "mouthFunnel",
            "mouthPucker",
            "mouthRollLower",
            "mouthRollUpper",
            "mouthPressLeft",
        ]
        .map(|name| (name, -0.002, 0.003)),
    );
    assert_eq!(by(&rich, "").mouth().by, MouthBy::JawOpen);
    for word in ["visemes", "vowels", "bone", "jawOpen"] {
        let chosen = by(&rich, &format!("[mouth]\nby = \"{word}\""));
        assert_eq!(chosen.mouth().by.word(), word);
        assert_eq!(chosen.rig.jaw.is_some(), word == "bone");
    }
    assert_eq!(
        by(&rich, "[mouth]\nby = \"nothing\"").mouth().by,
        MouthBy::Nothing
    );
}

#[test]
fn what_is_wrong_in_avatar_toml_is_said_with_its_place() {
    for (document, words) in [
        (
            "[shapes]\n\njawOpen = { MTH_Opn = 1.0 }",
            &[
                "avatar.toml:5",
                "`shapes.jawOpen`",
                "no morph target `MTH_Opn`",
                "MTH_Open",
            ][..],
        ),
        (
            "[shapes]\njawOpn = { MTH_Open = 1.0 }",
            &["avatar.toml:4", "no ARKit shape `jawOpn`", "jawOpen"],
        ),
        (
            "[shapes]\njawOpen = { MTH_Open = 3.0 }",
            &["avatar.toml:4", "weights go from 0 to 1"],
        ),
        (
            "[visemes]\nxx = { MTH_Open = 1.0 }",
            &["avatar.toml:4", "aa, ih, ou, ee, oh, pp or ff"],
        ),
        (
            "[expressions]\nhappy = { Cornr = 1.0 }",
            &["avatar.toml:4", "no morph target `Cornr`", "Corner"],
        ),
        (
            "[bones]\nhead = \"Hed\"",
            &["avatar.toml:4", "no node `Hed`", "Head"],
        ),
        (
            "[bones]\ntail = \"Head\"",
            &["avatar.toml:4", "no bone of that name"],
        ),
        (
            "[surfaces]\nclth = \"hair\"",
            &["avatar.toml:4", "no material `clth`", "cloth"],
        ),
        (
            "[surfaces]\ncloth = \"wool\"",
            &["avatar.toml:4", "`wool` is no surface"],
        ),
        (
            "[mouth]\nby = \"magic\"",
            &[
                "avatar.toml",
                "line 4",
                "by",
                "`magic` moves no mouth",
                "jawOpen",
            ],
        ),
        ("colour = ", &["avatar.toml", "line 3"]),
        ("colour = 1", &["avatar.toml", "line 3", "colour"]),
    ] {
        let folder = folder(&TARGETS, &format!("file = \"model.glb\"\n\n{document}\n"));
        let error = load(&folder.path().join("avatar.toml")).unwrap_err();
        for word in words {
            assert!(error.contains(word), "{document}: {error}");
        }
        // A model beside a broken document that names it is not shown as if there were none.
        assert!(
            load(&folder.path().join("model.glb")).is_err(),
            "{document}"
        );
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(load(empty.path()).unwrap_err().contains("there is no host"));
}

#[test]
fn our_own_documents_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("avatars/lina");
    let described = load(&folder).unwrap();
    assert_eq!(described.mouth().by, MouthBy::JawOpen);
    let document = AvatarDocument::of(&folder.join("host.glb")).unwrap();
    assert!(document.ends_with("avatar.toml"));
    assert_eq!(load(Path::new("lina")).unwrap().facts(), described.facts());
}
