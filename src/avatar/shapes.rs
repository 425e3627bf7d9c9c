//! Which morph target stands for which ARKit shape or viseme, by its name.

use super::mesh::Target;
use super::visemes::Viseme;
use crate::media::{Blendshapes, Pose, Shape};

/// How far the eyes turn at full weight of an `eyeLook` shape, degrees.
const LOOK_RANGE_DEG: f32 = 25.0;
/// How much of a look up or down the lids follow when the eyes themselves are bones.
const LID_SHARE: f32 = 0.8;

/// Other names for shapes without which a host looks dead, most trusted first.
const SUBSTITUTES: [(Shape, &[&str]); 3] = [
    (Shape::JawOpen, &["mouthOpen"]),
    (
        Shape::EyeBlinkLeft,
        &["Fcl_EYE_Close_L", "blink_left", "blinkLeft", "Blink_L"],
    ),
    (
        Shape::EyeBlinkRight,
        &["Fcl_EYE_Close_R", "blink_right", "blinkRight", "Blink_R"],
    ),
];

/// How one vocabulary names the visemes.
#[derive(Clone, Copy, Debug)]
pub(super) struct VisemeNames {
    /// What comes before the names, letters and digits only; exporters put the mesh's name before that.
    prefix: &'static str,
    names: [&'static str; Viseme::COUNT],
}

/// Oculus: `viseme_aa`, `viseme_E`, ...
pub(super) const OCULUS: VisemeNames = VisemeNames {
    prefix: "viseme",
    names: ["aa", "i ih", "u ou", "e", "o oh", "pp", "ff"],
};
/// VRChat (`vrc_v_aa`, `vrc.v_aa`), VRoid (`Fcl_MTH_A`), VRM's own, others', Japanese.
pub(super) const VOWELS: [VisemeNames; 4] = [
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
        names: ["aa ah a", "ih i", "ou uu u", "ee e", "oh o", "", ""],
    },
    VisemeNames {
        prefix: "",
        names: ["あ", "い", "う", "え", "お", "", ""],
    },
];

impl VisemeNames {
    /// The viseme that a target of this name shows.
    pub(super) fn viseme(&self, name: &str) -> Option<Viseme> {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let plain = plain.to_lowercase();
        let own = match plain.rsplit_once(self.prefix) {
            _ if self.prefix.is_empty() => plain.as_str(),
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
pub(super) fn target_names(mesh: &gltf::Mesh<'_>, primitive: &gltf::Primitive<'_>) -> Vec<String> {
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

/// Sets the shape of each target by its name: exact ARKit names, `_L`/`_R` endings, then the substitutes.
pub(super) fn assign(targets: &mut [Target]) {
    for target in targets.iter_mut() {
        target.shape = by_name(&target.name);
    }
    for (shape, names) in SUBSTITUTES {
        if targets.iter().any(|target| target.shape == Some(shape)) {
            continue;
        }
        let found = names
            .iter()
            .find_map(|name| targets.iter().position(|target| target.name == *name));
        if let Some(index) = found {
            targets[index].shape = Some(shape);
        }
    }
}

fn by_name(name: &str) -> Option<Shape> {
    Shape::from_name(name).or_else(|| {
        let (stem, side) = match (name.strip_suffix("_L"), name.strip_suffix("_R")) {
            (Some(stem), _) => (stem, "Left"),
            (_, Some(stem)) => (stem, "Right"),
            _ => return None,
        };
        Shape::from_name(&format!("{stem}{side}"))
    })
}

/// The weight of each shape in `pose`, with the lids (and eyes that have no bones) following the gaze.
pub(super) fn weights(pose: &Pose, has_eye_bones: bool) -> Blendshapes {
    let mut face = pose.blendshapes.clamped();
    let gaze = super::rig::gaze_angles(pose);
    let vertical = if has_eye_bones { LID_SHARE } else { 1.0 } / LOOK_RANGE_DEG;
    let mut raise = |shape: Shape, weight: f32| {
        face[shape] = face[shape].max(weight.clamp(0.0, 1.0));
    };
    raise(Shape::EyeLookUpLeft, gaze.pitch_deg * vertical);
    raise(Shape::EyeLookUpRight, gaze.pitch_deg * vertical);
    raise(Shape::EyeLookDownLeft, -gaze.pitch_deg * vertical);
    raise(Shape::EyeLookDownRight, -gaze.pitch_deg * vertical);
    if !has_eye_bones {
        let sideways = gaze.yaw_deg / LOOK_RANGE_DEG;
        raise(Shape::EyeLookOutLeft, sideways);
        raise(Shape::EyeLookInRight, sideways);
        raise(Shape::EyeLookInLeft, -sideways);
        raise(Shape::EyeLookOutRight, -sideways);
    }
    face
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::HostId;

    #[test]
    fn names_find_their_shapes() {
        assert_eq!(by_name("jawOpen"), Some(Shape::JawOpen));
        assert_eq!(by_name("eyeBlink_L"), Some(Shape::EyeBlinkLeft));
        assert_eq!(by_name("Angry"), None);
        let target = |name: &str| Target {
            name: name.into(),
            shape: None,
            visemes: [0.0; Viseme::COUNT],
            deltas: Vec::new(),
        };
        let mut targets = [target("viseme_E"), target("mouthOpen")];
        assign(&mut targets);
        assert_eq!(targets.map(|t| t.shape), [None, Some(Shape::JawOpen)]);
    }

    #[test]
    fn names_find_their_visemes() {
        let [vrchat, vroid, plain, japanese] = VOWELS;
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
            (japanese, "い", Some(Viseme::Ih)),
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
