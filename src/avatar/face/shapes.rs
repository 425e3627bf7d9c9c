//! Which morph target stands for which ARKit shape or viseme, by its name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::visemes::Viseme;
use crate::avatar::mesh::Target;
use crate::media::{ARKIT_NAMES, Angles, Blendshapes, Pose, Shape};

/// How far the eyes turn at full weight of an `eyeLook` shape, degrees.
const LOOK_RANGE_DEG: f32 = 25.0;
/// How much of a look up or down the lids follow when the eyes themselves are bones.
const LID_SHARE: f32 = 0.8;

/// How one vocabulary names the visemes.
#[derive(Clone, Copy, Debug)]
pub(in crate::avatar) struct VisemeNames {
    /// What comes before the names, letters and digits only; exporters put the mesh's name before that.
    prefix: &'static str,
    names: [&'static str; Viseme::COUNT],
}

/// Oculus: `viseme_aa`, `viseme_E`, ...
pub(in crate::avatar) const OCULUS: VisemeNames = VisemeNames {
    prefix: "viseme",
    names: ["aa", "i ih", "u ou", "e", "o oh", "pp", "ff"],
};
/// VRChat (`vrc_v_aa`, `vrc.v_aa`), VRoid (`Fcl_MTH_A`), VRM's own, others', Japanese, and the two sets of Character
/// Creator (`V_Open`, `V_Explosive`; `Ah`, `B_M_P`). Of those that a file has, the one with most visemes is taken.
pub(in crate::avatar) const VOWELS: [VisemeNames; 6] = [
    VisemeNames {
        prefix: "vrcv",
        names: ["aa", "ih", "ou", "e", "oh", "pp", "ff"],
    },
    VisemeNames {
        prefix: "fclmth",
        names: ["a", "i", "u", "e", "o", "close", ""],
    },
    VisemeNames {
        prefix: "",
        names: [
            "aa ah a mouthaa mouthah moutha mtha",
            "ih i mouthih mouthi mthi",
            "ou uu u mouthou mouthuu mouthu mthu",
            "ee e mouthee mouthe mthe",
            "oh o mouthoh moutho mtho",
            "",
            "",
        ],
    },
    VisemeNames {
        prefix: "",
        names: ["あ", "い", "う", "え", "お", "", ""],
    },
    VisemeNames {
        prefix: "",
        names: [
            "vopen",
            "vwide",
            "vtighto",
            "",
            "",
            "vexplosive",
            "vdentallip",
        ],
    },
    VisemeNames {
        prefix: "",
        names: ["ah", "ee ih", "woo", "ae", "oh", "bmp", "fv"],
    },
];

impl VisemeNames {
    /// The viseme that a target of this name shows.
    pub(in crate::avatar) fn viseme(&self, name: &str) -> Option<Viseme> {
        let whole = plain(name);
        // Without a prefix of its own the vocabulary is only trusted behind the name of a mesh or of an exporter.
        let last = plain(name.rsplit(OBJECT).next().unwrap_or(name));
        let own = match whole.rsplit_once(self.prefix) {
            _ if self.prefix.is_empty() => last.as_str(),
            Some((_, own)) => own,
            None => return None,
        };
        Viseme::ALL.into_iter().find(|viseme| {
            let mut names = self.names[*viseme as usize].split(' ');
            names.any(|known| !known.is_empty() && known == own)
        })
    }
}

/// The names of the targets: `extras.targetNames` of the mesh, or of the primitive.
pub(in crate::avatar) fn target_names(
    mesh: &gltf::Mesh<'_>,
    primitive: &gltf::Primitive<'_>,
) -> Vec<String> {
    let read = |extras: &gltf::json::Extras| -> Option<Vec<String>> {
        let extras: serde_json::Value = serde_json::from_str(extras.as_ref()?.get()).ok()?;
        let names = extras.get("targetNames")?.as_array()?;
        Some(
            names
                .iter()
                .map(|name| name.as_str().unwrap_or_default().to_owned())
                .collect(),
        )
    };
    read(mesh.extras())
        .or_else(|| read(primitive.extras()))
        .unwrap_or_default()
}

/// Sets the shape of each target by its name.
pub(in crate::avatar) fn assign(targets: &mut [Target]) {
    for target in targets.iter_mut() {
        target.shape = by_name(&target.name);
    }
}

/// What stands between the name of a mesh and that of its target.
const OBJECT: [char; 4] = ['.', ':', '|', '/'];

/// Lower case letters and digits only.
pub(in crate::avatar) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// `name` and what follows each of its characters that `parts`.
fn tails(name: &str, parts: impl Fn(char) -> bool) -> impl Iterator<Item = (&str, &str)> {
    let after = name
        .char_indices()
        .filter(move |(_, c)| parts(*c))
        .map(|(at, c)| name.split_at(at + c.len_utf8()));
    std::iter::once(("", name)).chain(after)
}

/// The shapes by their plain names, with `left` and `right` also as `l` and `r`.
static ARKIT: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for (shape, name) in Shape::ALL.into_iter().zip(ARKIT_NAMES) {
        let name = plain(name);
        for (long, short) in [("left", "l"), ("right", "r")] {
            if let Some(stem) = name.strip_suffix(long) {
                names.insert(format!("{stem}{short}"), shape);
            }
        }
        names.insert(name, shape);
    }
    names
});

/// The shape of ARKit that a target of this name is: `eyeBlinkLeft`, `eyeBlink_L`, `EyeBlink.L`, `Eye_Blink_L`, also
/// behind the name of a mesh or an exporter (`Face.M_F00_jawOpen`, `blendShape1.jawOpen`). Two in one name
/// (`jawOpen_mouthClose`, a corrective) are none.
pub(in crate::avatar) fn by_name(name: &str) -> Option<Shape> {
    if name.is_empty() {
        return None;
    }
    let (before, shape) = tails(name, |c| !c.is_alphanumeric())
        .find_map(|(before, tail)| Some((before, *ARKIT.get(&plain(tail))?)))?;
    let before = before.trim_end_matches(|c: char| !c.is_alphanumeric());
    by_name(before).is_none().then_some(shape)
}

/// The weight of each shape in `pose`, with the lids (and eyes that nothing else turns) following the gaze.
pub(in crate::avatar) fn weights(pose: &Pose, eyes_turn: bool) -> Blendshapes {
    let mut face = pose.blendshapes.clamped();
    let gaze = crate::avatar::rig::gaze_angles(pose);
    let vertical = if eyes_turn { LID_SHARE } else { 1.0 } / LOOK_RANGE_DEG;
    let mut raise = |shape: Shape, weight: f32| {
        face[shape] = face[shape].max(weight.clamp(0.0, 1.0));
    };
    raise(Shape::EyeLookUpLeft, gaze.pitch_deg * vertical);
    raise(Shape::EyeLookUpRight, gaze.pitch_deg * vertical);
    raise(Shape::EyeLookDownLeft, -gaze.pitch_deg * vertical);
    raise(Shape::EyeLookDownRight, -gaze.pitch_deg * vertical);
    if !eyes_turn {
        let sideways = gaze.yaw_deg / LOOK_RANGE_DEG;
        raise(Shape::EyeLookOutLeft, sideways);
        raise(Shape::EyeLookInRight, sideways);
        raise(Shape::EyeLookInLeft, -sideways);
        raise(Shape::EyeLookOutRight, -sideways);
    }
    face
}

/// How far the `eyeLook` shapes of `face` turn the left and the right eye.
pub(in crate::avatar) fn eyes(face: &Blendshapes) -> [Angles; 2] {
    use Shape as S;
    let turned = |to_left: [S; 2], up: [S; 2]| Angles {
        yaw_deg: LOOK_RANGE_DEG * (face[to_left[0]] - face[to_left[1]]),
        pitch_deg: LOOK_RANGE_DEG * (face[up[0]] - face[up[1]]),
        roll_deg: 0.0,
    };
    [
        turned(
            [S::EyeLookOutLeft, S::EyeLookInLeft],
            [S::EyeLookUpLeft, S::EyeLookDownLeft],
        ),
        turned(
            [S::EyeLookInRight, S::EyeLookOutRight],
            [S::EyeLookUpRight, S::EyeLookDownRight],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::HostId;

    #[test]
    fn names_find_their_shapes() {
        for (name, shape) in [
            ("jawOpen", Some(Shape::JawOpen)),
            ("eyeBlink_L", Some(Shape::EyeBlinkLeft)),
            ("EyeBlink.R", Some(Shape::EyeBlinkRight)),
            ("Eye_Blink_L", Some(Shape::EyeBlinkLeft)),
            ("EYEBLINKLEFT", Some(Shape::EyeBlinkLeft)),
            ("blendShape1.mouthSmileLeft", Some(Shape::MouthSmileLeft)),
            ("Face.M_F00_000_00_jawOpen", Some(Shape::JawOpen)),
            ("Jaw_Open", Some(Shape::JawOpen)),
            ("jawOpen_mouthClose", None),
            ("Angry", None),
            ("mouthOpen", None),
            ("", None),
            ("é_", None),
        ] {
            assert_eq!(by_name(name), shape, "{name}");
        }
    }

    #[test]
    fn names_find_their_visemes() {
        let [vrchat, vroid, plain, japanese, creator, creator_phones] = VOWELS;
        for (names, name, viseme) in [
            (OCULUS, "viseme_aa", Some(Viseme::Aa)),
            (OCULUS, "viseme_U", Some(Viseme::Ou)),
            (OCULUS, "viseme_sil", None),
            (OCULUS, "aa", None),
            (vrchat, "vrc.v_oh", Some(Viseme::Oh)),
            (vrchat, "vrc_v_FF", Some(Viseme::Ff)),
            (vroid, "Face.M_F00_000_00_Fcl_MTH_E", Some(Viseme::Ee)),
            (vroid, "Fcl_MTH_Angry", None),
            (plain, "uu", Some(Viseme::Ou)),
            (plain, "A", Some(Viseme::Aa)),
            (plain, "Angry", None),
            (plain, "Body.MTH_A", Some(Viseme::Aa)),
            (japanese, "い", Some(Viseme::Ih)),
            (creator, "V_Dental_Lip", Some(Viseme::Ff)),
            (creator_phones, "B_M_P", Some(Viseme::Pp)),
        ] {
            assert_eq!(names.viseme(name), viseme, "{name}");
        }
    }

    #[test]
    fn gaze_moves_the_right_shapes() {
        let mut pose = Pose::rest(HostId::new("x"));
        pose.eyes.yaw_deg = 12.5;
        pose.eyes.pitch_deg = -25.0;
        let face = weights(&pose, false);
        assert_eq!(face[Shape::EyeLookOutLeft], 0.5);
        assert_eq!(face[Shape::EyeLookInRight], 0.5);
        assert_eq!(face[Shape::EyeLookInLeft], 0.0);
        assert_eq!(face[Shape::EyeLookDownLeft], 1.0);
        let with_bones = weights(&pose, true);
        assert_eq!(with_bones[Shape::EyeLookOutLeft], 0.0);
        assert!(with_bones[Shape::EyeLookDownLeft] > 0.5);
    }
}
