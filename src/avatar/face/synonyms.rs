//! Other names for ARKit shapes: those of VRoid, Mixamo, Character Creator, MikuMikuDance and of makers of their own.

use super::shapes::plain;
use crate::avatar::mesh::Mesh;
use crate::media::Shape;

/// A target that a shape moves by a share of its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::avatar) struct Drive {
    pub(in crate::avatar) mesh: usize,
    pub(in crate::avatar) target: usize,
    pub(in crate::avatar) shape: Shape,
    pub(in crate::avatar) share: f32,
}

/// A shape (with the one of the other side, if it has sides), and its other names, plain and without side, most trusted
/// first; `+` joins names that make up the shape together.
type Names = (Shape, Option<Shape>, &'static str);

const NAMES: [Names; 23] = [
    (
        Shape::EyeBlinkLeft,
        Some(Shape::EyeBlinkRight),
        "fcleyeclose eyeblink blink eyeclose eyesclose eyesclosed eyeclosed eyesblink closeeye closeeyes まばたき 瞬き",
    ),
    (
        Shape::JawOpen,
        None,
        "mouthopen openmouth jawdrop jawdown mouthopened",
    ),
    (
        Shape::MouthSmileLeft,
        Some(Shape::MouthSmileRight),
        "mouthsmile smile smiling fclmthfun",
    ),
    (
        Shape::MouthFrownLeft,
        Some(Shape::MouthFrownRight),
        "mouthfrown frown fclmthangry",
    ),
    (
        Shape::BrowDownLeft,
        Some(Shape::BrowDownRight),
        "browdown browsdown browdrop fclbrwangry",
    ),
    (
        Shape::BrowInnerUp,
        None,
        "browinnerup browraiseinner fclbrwsorrow",
    ),
    (
        Shape::BrowOuterUpLeft,
        Some(Shape::BrowOuterUpRight),
        "browouterup browraiseouter browsup browup browraise fclbrwsurprised",
    ),
    (
        Shape::EyeWideLeft,
        Some(Shape::EyeWideRight),
        "eyewide eyeswide fcleyespread",
    ),
    (
        Shape::EyeSquintLeft,
        Some(Shape::EyeSquintRight),
        "eyesquint squint",
    ),
    (
        Shape::CheekSquintLeft,
        Some(Shape::CheekSquintRight),
        "cheeksquint cheekraise",
    ),
    (Shape::CheekPuff, None, "cheekpuff cheekspuff"),
    (
        Shape::NoseSneerLeft,
        Some(Shape::NoseSneerRight),
        "nosesneer nosescrunch",
    ),
    (
        Shape::MouthUpperUpLeft,
        Some(Shape::MouthUpperUpRight),
        "mouthupperup mouthupupper upperlipup",
    ),
    (
        Shape::MouthLowerDownLeft,
        Some(Shape::MouthLowerDownRight),
        "mouthlowerdown mouthdownlower lowerlipdown",
    ),
    (
        Shape::MouthStretchLeft,
        Some(Shape::MouthStretchRight),
        "mouthstretch",
    ),
    (
        Shape::MouthPressLeft,
        Some(Shape::MouthPressRight),
        "mouthpress",
    ),
    (
        Shape::MouthRollUpper,
        None,
        "mouthrollupper mouthrollinupper upperlipin",
    ),
    (
        Shape::MouthRollLower,
        None,
        "mouthrolllower mouthrollinlower lowerlipin",
    ),
    (
        Shape::MouthPucker,
        None,
        "mouthpucker pucker mouthpuckerup+mouthpuckerdown mouthwhistle mouthnarrow",
    ),
    (
        Shape::MouthFunnel,
        None,
        "mouthfunnel funnel mouthfunnelup+mouthfunneldown",
    ),
    (
        Shape::EyeLookUpLeft,
        Some(Shape::EyeLookUpRight),
        "eyelookup eyeslookup lookup",
    ),
    (
        Shape::EyeLookDownLeft,
        Some(Shape::EyeLookDownRight),
        "eyelookdown eyeslookdown lookdown",
    ),
    (
        Shape::EyeLookOutLeft,
        Some(Shape::EyeLookInRight),
        "eyeslookleft lookleft",
    ),
];
/// The one that has no place in the pattern: to the right, the right eye turns out.
const LOOK_RIGHT: Names = (
    Shape::EyeLookOutRight,
    Some(Shape::EyeLookInLeft),
    "eyeslookright lookright",
);

/// Which side of a face a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Both,
    Left,
    Right,
}

/// The side that `name` means when it is `known` with or without a side.
fn side(name: &str, known: &str) -> Option<Side> {
    let rest = name.strip_prefix(known)?;
    match rest {
        "" => Some(Side::Both),
        "left" | "l" => Some(Side::Left),
        "right" | "r" => Some(Side::Right),
        _ => None,
    }
}

/// The plain forms under which a target's name is looked up: whole, without the name of its mesh before a `.` or `:`, and
/// from VRoid's `Fcl` on.
fn forms(name: &str) -> Vec<String> {
    let mut forms = vec![plain(name)];
    for (at, c) in name.char_indices() {
        if ['.', ':', '|', '/'].contains(&c) {
            forms.push(plain(&name[at + 1..]));
        }
    }
    if let Some(at) = forms[0].find("fcl") {
        forms.push(forms[0][at..].to_owned());
    }
    forms
}

/// Finds targets for shapes that are not `shown` and tells them: a target of one shape becomes that shape, one for both
/// sides is driven by each of them by half. `visible` says of each target of each mesh whether it moves anything.
pub(in crate::avatar) fn substitute(
    meshes: &mut [Mesh],
    visible: &[Vec<bool>],
    shown: &mut [bool; 52],
) -> Vec<Drive> {
    let mut found: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for (mesh, own) in meshes.iter().enumerate() {
        for (target, seen) in visible[mesh].iter().enumerate() {
            let name = &own.targets[target];
            if *seen && name.shape.is_none() {
                found.push((mesh, target, forms(&name.name)));
            }
        }
    }
    let mut drives = Vec::new();
    for (left, right, names) in NAMES.into_iter().chain([LOOK_RIGHT]) {
        let wants_left = !shown[left as usize];
        let wants_right = right.is_some_and(|right| !shown[right as usize]);
        for group in names.split(' ').filter(|_| wants_left || wants_right) {
            let mut matched = false;
            for (mesh, target, forms) in &found {
                let sides = |known: &str| forms.iter().find_map(|form| side(form, known));
                let Some(side) = group.split('+').find_map(sides) else {
                    continue;
                };
                let mut drive = |shape: Shape, wanted: bool, share: f32| {
                    if wanted {
                        matched = true;
                        shown[shape as usize] = true;
                        let own = &mut meshes[*mesh].targets[*target];
                        if share == 1.0 && own.shape.is_none() {
                            own.shape = Some(shape);
                        } else {
                            drives.push(Drive {
                                mesh: *mesh,
                                target: *target,
                                shape,
                                share,
                            });
                        }
                    }
                };
                match (side, right) {
                    (_, None) => drive(left, wants_left, 1.0),
                    (Side::Left, _) => drive(left, wants_left, 1.0),
                    (Side::Right, Some(right)) => drive(right, wants_right, 1.0),
                    (Side::Both, Some(right)) => {
                        drive(left, wants_left, 0.5);
                        drive(right, wants_right, 0.5);
                    }
                }
            }
            if matched {
                break;
            }
        }
    }
    drives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_sides() {
        assert_eq!(side("blinkleft", "blink"), Some(Side::Left));
        assert_eq!(side("blinkr", "blink"), Some(Side::Right));
        assert_eq!(side("blink", "blink"), Some(Side::Both));
        assert_eq!(side("blinking", "blink"), None);
        assert!(forms("Face.M_F00_000_00_Fcl_EYE_Close_L").contains(&"fcleyeclosel".to_owned()));
        assert!(forms("Facial_Blends.Blink_Left").contains(&"blinkleft".to_owned()));
    }
}
