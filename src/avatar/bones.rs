//! Which node is which bone of the humanoid, by the names that rigs usually have: Mixamo, Ready Player Me, VRoid, Rigify,
//! Character Creator, MakeHuman, Unreal, 3ds Max Biped, DAZ and plain `upper_arm.L`.
//!
//! A name is taken apart into a side and a part ([`plain`]); parts are looked up in a table. The spine is what lies between
//! hips and neck, since every rig counts it differently.

use std::collections::{BTreeMap, HashMap};

use super::rig::Node;

/// Which side of the body a name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Middle,
    Left,
    Right,
}

/// A bone of the middle or of each side: its VRM name (sided ones begin with a capital, since `left` or `right` goes
/// before), and what is left of other rigs' names, most trusted first.
type Names = (&'static str, &'static str);

const MIDDLE: [Names; 4] = [
    ("hips", "hips hip pelvis"),
    ("head", "head"),
    ("neck", "neck neck1 neckjoint1"),
    ("jaw", "jaw jawbone jawroot lowerjaw mandible facejaw"),
];
const SIDED: [Names; 10] = [
    ("Shoulder", "clavicle shoulder collar collarbone"),
    (
        "UpperArm",
        "upperarm arm upperarm1 uparm shldr shldrbend bicep",
    ),
    (
        "LowerArm",
        "lowerarm forearm lowerarm1 forearmbend elbow loarm",
    ),
    ("Hand", "hand wrist"),
    ("UpperLeg", "upperleg upleg thigh upperleg1 thighbend leg"),
    ("LowerLeg", "lowerleg calf shin knee lowerleg1 lowleg leg"),
    ("Foot", "foot ankle"),
    ("Toes", "toes toebase toe ball toe1"),
    ("Eye", "eye eyeball faceeye"),
    ("EyeOld", "leye reye"),
];
/// Fingers: the VRM name, how rigs call them, and their number in MakeHuman.
const FINGERS: [(&str, &str, usize); 5] = [
    ("Thumb", "thumb", 1),
    ("Index", "index pointer", 2),
    ("Middle", "middle mid", 3),
    ("Ring", "ring", 4),
    ("Little", "little pinky pinkie", 5),
];
/// Whether the VRM 1.0 humanoid has a bone of this name.
pub(super) fn is_vrm_name(name: &str) -> bool {
    const MIDDLE: [&str; 7] = [
        "hips",
        "spine",
        "chest",
        "upperChest",
        "neck",
        "head",
        "jaw",
    ];
    let Some(part) = name
        .strip_prefix("left")
        .or_else(|| name.strip_prefix("right"))
    else {
        return MIDDLE.contains(&name);
    };
    let finger = FINGERS.iter().find_map(|(finger, ..)| {
        let segment = part.strip_prefix(finger)?;
        Some(match *finger {
            "Thumb" => ["Metacarpal", "Proximal", "Distal"].contains(&segment),
            _ => ["Proximal", "Intermediate", "Distal"].contains(&segment),
        })
    });
    let limb = || {
        SIDED
            .iter()
            .any(|(own, _)| *own == part && *own != "EyeOld")
    };
    finger.unwrap_or_else(limb)
}

/// Words that say nothing about which bone it is.
const EMPTY_WORDS: [&str; 21] = [
    "j",
    "bip",
    "c",
    "b",
    "cc",
    "base",
    "def",
    "armature",
    "bone",
    "jnt",
    "joint",
    "bind",
    "skin",
    "rig",
    "mixamorig",
    "valvebiped",
    "character",
    "char",
    "adj",
    "m",
    "human",
];
/// Words of nodes that are no bones of the humanoid: helpers, ends, hair.
const FOREIGN_WORDS: [&str; 18] = [
    "twist", "roll", "ik", "pole", "target", "end", "nub", "mch", "org", "ctrl", "control",
    "helper", "sec", "hair", "socket", "top", "tip", "share",
];
/// A limb's bone and the one it must hang on, somewhere above.
const CHAINS: [(&str, &str); 4] = [
    ("LowerArm", "UpperArm"),
    ("Hand", "LowerArm"),
    ("LowerLeg", "UpperLeg"),
    ("Foot", "LowerLeg"),
];
/// With this share of names that end in `_12`, the numbers are an exporter's.
const NUMBERED_SHARE: f32 = 0.6;
/// No skeleton is deeper.
const MAX_DEPTH: usize = 512;

/// The nodes of the bones that could be found, by VRM 1.0 name.
pub(super) fn by_names(nodes: &[Node], in_skin: &[bool]) -> BTreeMap<String, usize> {
    let names = Index::new(nodes, in_skin);
    let mut found = BTreeMap::new();
    for (bone, parts) in MIDDLE {
        if let Some(node) = names.find(Side::Middle, parts.split(' ')) {
            found.insert(bone.to_owned(), node);
        }
    }
    for (side, prefix) in [(Side::Left, "left"), (Side::Right, "right")] {
        for (bone, parts) in SIDED {
            let taken = |node: &usize| found.values().any(|used| used == node);
            let node = names.find(side, parts.split(' ')).filter(|n| !taken(n));
            if let Some(node) = node {
                found.insert(format!("{prefix}{bone}"), node);
            }
        }
        for (bone, parts, number) in FINGERS {
            for (place, segment) in finger_segments(bone).into_iter().enumerate() {
                let names_of = finger_names(parts, number, place + 1);
                if let Some(node) = names.find(side, names_of.iter().map(String::as_str)) {
                    found.insert(format!("{prefix}{bone}{segment}"), node);
                }
            }
        }
        if let Some(old) = found.remove(&format!("{prefix}EyeOld")) {
            found.entry(format!("{prefix}Eye")).or_insert(old);
        }
        for (lower, upper) in CHAINS {
            let pair = |bone: &str| found.get(&format!("{prefix}{bone}")).copied();
            if let (Some(below), Some(above)) = (pair(lower), pair(upper))
                && !ancestors(nodes, below).any(|node| node == above)
            {
                found.remove(&format!("{prefix}{lower}"));
            }
        }
    }
    rigify(&names, &mut found);
    find_hips(nodes, &mut found);
    find_spine(nodes, in_skin, &names, &mut found);
    found
}

/// The three segments of a finger in VRM 1.0.
fn finger_segments(finger: &str) -> [&'static str; 3] {
    if finger == "Thumb" {
        ["Metacarpal", "Proximal", "Distal"]
    } else {
        ["Proximal", "Intermediate", "Distal"]
    }
}

/// What a finger's segment `place` (1 to 3 from the hand) may be called.
fn finger_names(parts: &str, number: usize, place: usize) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts.split(' ') {
        let word = ["proximal", "intermediate", "distal"][place - 1];
        for stem in [
            part.to_owned(),
            format!("hand{part}"),
            format!("f{part}"),
            format!("finger{part}"),
            format!("{part}finger"),
        ] {
            names.push(format!("{stem}{place}"));
            names.push(format!("{stem}{word}"));
        }
    }
    names.push(format!("finger{number}{place}"));
    names
}

/// Nodes by side and part; joints of a skin before other nodes.
struct Index {
    joints: HashMap<(Side, String), usize>,
    others: HashMap<(Side, String), usize>,
}

impl Index {
    fn new(nodes: &[Node], in_skin: &[bool]) -> Self {
        let named = nodes.iter().filter(|node| !node.name.is_empty());
        let numbered = named
            .clone()
            .filter(|n| without_number(&n.name) != n.name)
            .count();
        let cut = numbered as f32 > NUMBERED_SHARE * named.count().max(1) as f32;
        let mut index = Self {
            joints: HashMap::new(),
            others: HashMap::new(),
        };
        for (place, node) in nodes.iter().enumerate() {
            let name = if cut {
                without_number(&node.name)
            } else {
                node.name.as_str()
            };
            if let Some(key) = plain(name) {
                let map = if in_skin.get(place) == Some(&true) {
                    &mut index.joints
                } else {
                    &mut index.others
                };
                map.entry(key).or_insert(place);
            }
        }
        index
    }

    fn find<'a>(&self, side: Side, parts: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
        let within = |map: &HashMap<(Side, String), usize>| {
            let mut parts = parts.clone();
            parts.find_map(|part| map.get(&(side, part.to_owned())).copied())
        };
        within(&self.joints).or_else(|| within(&self.others))
    }
}

/// A name without the `_12` that an exporter put behind it.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, number))
            if !stem.is_empty()
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}

/// The side and the part of the body that a name tells, or `None` when it is no bone of a humanoid.
fn plain(name: &str) -> Option<(Side, String)> {
    let name = name.rsplit([':', '|']).next().unwrap_or(name);
    let (mut side, mut part, mut last) = (Side::Middle, String::new(), String::new());
    for word in words(name) {
        let counts_a_rig = last == "bip" || last == "mixamorig" || last == "character";
        let number = word.bytes().all(|b| b.is_ascii_digit());
        let follows_neck = word == "twist" && part == "neck";
        if FOREIGN_WORDS.contains(&word.as_str()) && !follows_neck {
            return None;
        }
        if follows_neck || EMPTY_WORDS.contains(&word.as_str()) || (number && counts_a_rig) {
            last = word;
            continue;
        }
        match word.as_str() {
            "l" | "left" => side = Side::Left,
            "r" | "right" => side = Side::Right,
            _ if number => {
                let short = word.trim_start_matches('0');
                part.push_str(if short.is_empty() { "0" } else { short });
            }
            _ => match (word.strip_prefix("left"), word.strip_prefix("right")) {
                (Some(rest), _) => {
                    side = Side::Left;
                    part.push_str(rest);
                }
                (_, Some(rest)) => {
                    side = Side::Right;
                    part.push_str(rest);
                }
                _ => part.push_str(&word),
            },
        }
        last = word;
    }
    match part.as_str() {
        "leye" => side = Side::Left,
        "reye" => side = Side::Right,
        _ => {}
    }
    (!part.is_empty()).then_some((side, part))
}

/// `LeftForeArm`, `upper_arm.L`, `DEF-spine.006` and `LShoulder` as lower-case words and numbers.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (place, &letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map_or(' ', |i| letters[i]);
        let after = letters.get(place + 1).copied().unwrap_or(' ');
        let rises = letter.is_uppercase()
            && (before.is_lowercase() || (before.is_uppercase() && after.is_lowercase()));
        let turns_number = letter.is_ascii_digit() != before.is_ascii_digit();
        if !letter.is_alphanumeric() || rises || turns_number {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The node itself and what it hangs on, upwards.
fn ancestors(nodes: &[Node], node: usize) -> impl Iterator<Item = usize> + '_ {
    let first = nodes.get(node).map(|_| node);
    std::iter::successors(first, |node| nodes[*node].parent).take(MAX_DEPTH)
}

/// Rigify calls everything from the hips to the head `spine`: `spine`, `spine.001` to `spine.006`.
fn rigify(names: &Index, found: &mut BTreeMap<String, usize>) {
    if found.contains_key("head") {
        return;
    }
    for (bone, part) in [("hips", "spine"), ("neck", "spine4"), ("head", "spine6")] {
        let (Some(node), Some(_)) = (
            names.find(Side::Middle, [part].into_iter()),
            names.find(Side::Middle, ["spine6"].into_iter()),
        ) else {
            return;
        };
        found.entry(bone.to_owned()).or_insert(node);
    }
}

/// Hips without a usual name are what both thighs hang on.
fn find_hips(nodes: &[Node], found: &mut BTreeMap<String, usize>) {
    if found.contains_key("hips") {
        return;
    }
    let (Some(&left), Some(&right)) = (found.get("leftUpperLeg"), found.get("rightUpperLeg"))
    else {
        return;
    };
    let above: Vec<usize> = ancestors(nodes, left).skip(1).collect();
    let both = ancestors(nodes, right)
        .skip(1)
        .find(|node| above.contains(node));
    if let Some(node) = both {
        found.insert("hips".into(), node);
    }
}

/// What lies between hips and neck: spine, chest and upper chest.
fn find_spine(
    nodes: &[Node],
    in_skin: &[bool],
    names: &Index,
    found: &mut BTreeMap<String, usize>,
) {
    let top = found.get("neck").or_else(|| found.get("head")).copied();
    let mut between: Vec<usize> = Vec::new();
    if let (Some(&hips), Some(top)) = (found.get("hips"), top)
        && ancestors(nodes, top).any(|node| node == hips)
    {
        let skinned = in_skin.get(top) == Some(&true);
        let path = ancestors(nodes, top)
            .skip(1)
            .take_while(|node| *node != hips);
        between = path
            .filter(|node| !skinned || in_skin.get(*node) == Some(&true))
            .collect();
        between.reverse();
    }
    let places: &[(&str, usize)] = match between.len() {
        0 => &[],
        1 => &[("spine", 0)],
        2 => &[("spine", 0), ("chest", 1)],
        more => &[("spine", 0), ("chest", more / 2), ("upperChest", more - 1)],
    };
    for (bone, place) in places {
        found.insert((*bone).to_owned(), between[*place]);
    }
    if between.is_empty() {
        for (bone, parts) in [
            ("spine", "spine spine1 abdomen torso"),
            ("chest", "chest spine2"),
            ("upperChest", "upperchest spine3"),
        ] {
            if let Some(node) = names.find(Side::Middle, parts.split(' ')) {
                found.insert(bone.to_owned(), node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rig(parts: &[(&str, Option<usize>)]) -> BTreeMap<String, String> {
        let nodes: Vec<Node> = parts
            .iter()
            .map(|(name, parent)| Node {
                name: (*name).to_owned(),
                parent: *parent,
                parent_from_node: glam::Mat4::IDENTITY,
            })
            .collect();
        by_names(&nodes, &vec![true; nodes.len()])
            .into_iter()
            .map(|(bone, node)| (bone, parts[node].0.to_owned()))
            .collect()
    }

    /// A chain: each node hangs on the one before.
    fn chain<'a>(names: &[&'a str]) -> Vec<(&'a str, Option<usize>)> {
        (0..names.len())
            .map(|i| (names[i], i.checked_sub(1)))
            .collect()
    }

    #[test]
    fn names_of_many_rigs_are_understood() {
        use Side::{Left, Middle, Right};
        for (name, side, part) in [
            ("mixamorig:LeftForeArm", Left, "forearm"),
            ("mixamorigHead", Middle, "head"),
            ("mixamorig1:RightHandIndex1", Right, "handindex1"),
            ("Left Eye", Left, "eye"),
            ("upper_arm.L", Left, "upperarm"),
            ("J_Bip_C_Head", Middle, "head"),
            ("J_Bip_L_UpperArm", Left, "upperarm"),
            ("J_Adj_R_FaceEye", Right, "faceeye"),
            ("CC_Base_NeckTwist01", Middle, "neck1"),
            ("CC_Base_L_Upperarm", Left, "upperarm"),
            ("CC_Base_R_Index2", Right, "index2"),
            ("DEF-spine.006", Middle, "spine6"),
            ("DEF-f_index.01.L", Left, "findex1"),
            ("thumb_01_r", Right, "thumb1"),
            ("clavicle_l", Left, "clavicle"),
            ("Bip01 L UpperArm", Left, "upperarm"),
            ("Bip001_Head", Middle, "head"),
            ("lShldrBend", Left, "shldrbend"),
            ("finger2-1.L", Left, "finger21"),
            ("LShoulder", Left, "shoulder"),
            ("leftupperarm", Left, "upperarm"),
            ("IndexFinger1_L", Left, "indexfinger1"),
        ] {
            assert_eq!(plain(name), Some((side, part.to_owned())), "{name}");
        }
        for name in [
            "HeadTop_End",
            "CC_Base_L_UpperarmTwist01",
            "J_Sec_Hair1_01",
            "MCH-spine",
            "",
        ] {
            assert_eq!(plain(name), None, "{name}");
        }
    }

    #[test]
    fn spines_are_counted_from_the_hips() {
        for (names, [spine, chest, upper, neck, head]) in [
            (
                ["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"],
                ["Spine", "Spine1", "Spine2", "Neck", "Head"],
            ),
            (
                [
                    "pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "head",
                ],
                ["spine_01", "spine_02", "spine_03", "neck_01", "head"],
            ),
            (
                [
                    "CC_Base_Hip",
                    "CC_Base_Waist",
                    "CC_Base_Spine01",
                    "CC_Base_Spine02",
                    "CC_Base_NeckTwist01",
                    "CC_Base_Head",
                ],
                [
                    "CC_Base_Waist",
                    "CC_Base_Spine01",
                    "CC_Base_Spine02",
                    "CC_Base_NeckTwist01",
                    "CC_Base_Head",
                ],
            ),
        ] {
            let found = rig(&chain(&names));
            for (bone, name) in [
                ("spine", spine),
                ("chest", chest),
                ("upperChest", upper),
                ("neck", neck),
                ("head", head),
                ("hips", names[0]),
            ] {
                assert_eq!(found.get(bone).map(String::as_str), Some(name), "{bone}");
            }
        }
    }

    #[test]
    fn rigify_and_makehuman_are_found() {
        let found = rig(&chain(&[
            "DEF-spine",
            "DEF-spine.001",
            "DEF-spine.002",
            "DEF-spine.003",
            "DEF-spine.004",
            "DEF-spine.005",
            "DEF-spine.006",
        ]));
        assert_eq!(found["hips"], "DEF-spine");
        assert_eq!(found["neck"], "DEF-spine.004");
        assert_eq!(found["head"], "DEF-spine.006");
        assert_eq!(found["upperChest"], "DEF-spine.003");

        let mut parts = chain(&["root", "spine05", "spine03", "spine01", "neck01", "head"]);
        parts.extend([
            ("pelvis.L", Some(0)),
            ("upperleg01.L", Some(6)),
            ("upperleg02.L", Some(7)),
            ("lowerleg01.L", Some(8)),
            ("pelvis.R", Some(0)),
            ("upperleg01.R", Some(10)),
            ("finger2-1.L", Some(3)),
        ]);
        let found = rig(&parts);
        assert_eq!(found["hips"], "root");
        assert_eq!(found["spine"], "spine05");
        assert_eq!(found["upperChest"], "spine01");
        assert_eq!(found["leftUpperLeg"], "upperleg01.L");
        assert_eq!(found["leftLowerLeg"], "lowerleg01.L");
        assert_eq!(found["leftIndexProximal"], "finger2-1.L");
    }

    #[test]
    fn legs_of_mixamo_and_of_others_are_told_apart() {
        let mixamo = rig(&chain(&["Hips", "LeftUpLeg", "LeftLeg", "LeftFoot"]));
        assert_eq!(mixamo["leftUpperLeg"], "LeftUpLeg");
        assert_eq!(mixamo["leftLowerLeg"], "LeftLeg");
        let other = rig(&chain(&["Hips", "Left leg", "Left knee", "Left ankle"]));
        assert_eq!(other["leftUpperLeg"], "Left leg");
        assert_eq!(other["leftLowerLeg"], "Left knee");
        assert_eq!(other["leftFoot"], "Left ankle");
    }

    #[test]
    fn what_is_not_on_the_limb_is_not_its_bone() {
        let found = rig(&[
            ("Hips", None),
            ("LeftArm", Some(0)),
            ("LeftForeArm", Some(1)),
            ("LeftHand", Some(0)),
        ]);
        assert!(found.contains_key("leftLowerArm") && !found.contains_key("leftHand"));
    }
}
