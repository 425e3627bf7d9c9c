//! Gestures from their documents, and clips that join them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use glam::Vec3;
use serde::Deserialize;

use super::{Error, Result};
use crate::avatar::Clip;
use crate::media::{Angles, Focus};
use crate::motion::{ArmKey, Fingers, Gesture, Hands, Key, Lean, Library, Moves};

macro_rules! built_in {
    ($($id:literal),* $(,)?) => {
        [$(($id, include_str!(concat!("../../library/gestures/", $id, ".toml")))),*]
    };
}

/// The gestures that are built in: name and document.
const BUILT_IN: [(&str, &str); 31] = built_in![
    "welcome",
    "wave",
    "point-left",
    "point-right",
    "point-down",
    "point-card",
    "present",
    "offer",
    "count-1",
    "count-2",
    "count-3",
    "count-4",
    "count-5",
    "thumbs-up",
    "heart",
    "clap",
    "think",
    "bow",
    "shrug",
    "no",
    "ok",
    "beat-one",
    "beat-both",
    "beat-point",
    "open",
    "nod",
    "shake",
    "rest-hang",
    "rest-fold",
    "rest-clasp",
    "thanks",
];

/// How long a gesture may take to begin, to be held and to end, seconds.
const LIMIT_SECS: f32 = 60.0;
/// A clip is mixed in and out over this long, seconds.
const CLIP_FADE_SECS: f32 = 0.3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// What it shows, for people.
    #[allow(dead_code, reason = "for who reads the document")]
    about: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    hands: HandsName,
    aim: Option<AimName>,
    #[serde(default)]
    rests: bool,
    #[serde(default = "prepare")]
    prepare_secs: f32,
    #[serde(default)]
    hold_secs: [f32; 2],
    #[serde(default = "retract")]
    retract_secs: f32,
    #[serde(default)]
    key: Vec<KeyTable>,
    /// A VRM animation or glTF file beside the document, instead of keys.
    clip: Option<PathBuf>,
    /// When the stroke of the clip lands, from its beginning; in the middle when absent.
    stroke_secs: Option<f32>,
}

fn prepare() -> f32 {
    0.45
}

fn retract() -> f32 {
    0.6
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum HandsName {
    #[default]
    One,
    Left,
    Right,
    Both,
    None,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AimName {
    Camera,
    Card,
    Comments,
    Left,
    Right,
    Up,
    Down,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTable {
    #[serde(default)]
    at_secs: f32,
    /// The hand that leads.
    lead: Option<ArmTable>,
    /// The other hand.
    other: Option<ArmTable>,
    /// Both hands alike.
    both: Option<ArmTable>,
    #[serde(default)]
    lean: LeanTable,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmTable {
    at: [f32; 3],
    #[serde(default)]
    elbow_deg: f32,
    palm: Way,
    fingers: Way,
    hand: Hand,
}

/// A direction: a word, or (out, up, front).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a direction is up, down, in, out, front, back, or [out, up, front]"
)]
enum Way {
    Named(WayName),
    Vector([f32; 3]),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WayName {
    Up,
    Down,
    In,
    Out,
    Front,
    Back,
}

/// How fingers are held: a word, or every finger by itself.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a hand is relaxed, open, flat, spread, fist, point, thumb-up, ok, heart, one to five, or {curl, spread, thumb}"
)]
enum Hand {
    Named(HandName),
    Each(Each),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    /// From thumb to little finger, 0 straight to 1 curled.
    curl: [f32; 5],
    #[serde(default)]
    spread: f32,
    #[serde(default)]
    thumb: f32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HandName {
    Relaxed,
    Open,
    Flat,
    Spread,
    Fist,
    Point,
    ThumbUp,
    Ok,
    Heart,
    One,
    Two,
    Three,
    Four,
    Five,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LeanTable {
    head_pitch_deg: f32,
    head_yaw_deg: f32,
    head_roll_deg: f32,
    trunk_pitch_deg: f32,
    trunk_yaw_deg: f32,
    trunk_roll_deg: f32,
    shoulders_deg: f32,
}

/// The gestures that are built in.
///
/// # Errors
/// Never, as long as the tests pass.
pub(super) fn built_in() -> Result<Vec<Gesture>> {
    let each = BUILT_IN.iter().map(|(name, text)| {
        let path = format!("library/gestures/{name}.toml");
        gesture(text, name, Path::new(&path)).map(|(gesture, _)| gesture)
    });
    each.collect()
}

/// The gestures of a folder, in the order of their names: documents, and clips that no document speaks of.
///
/// # Errors
/// When the folder or one of its files cannot be read.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<Gesture>> {
    let unreadable = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    let ending = |path: &Path| {
        let ending = path.extension().unwrap_or_default();
        ending.to_string_lossy().to_ascii_lowercase()
    };
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let (mut found, mut described) = (Vec::new(), Vec::new());
    for path in files.iter().filter(|path| ending(path) == "toml") {
        let (gesture, clip) = gesture(&super::read(path)?, &stem(path), path)?;
        described.extend(clip);
        found.push(gesture);
    }
    for path in &files {
        let is_clip = matches!(ending(path).as_str(), "vrma" | "glb" | "gltf");
        let stem = stem(path);
        if !is_clip || described.contains(path) {
            continue;
        }
        let clips = Clip::load(path)?;
        let alone = clips.len() == 1;
        found.extend(clips.into_iter().map(|clip| {
            let name = if alone {
                stem.clone()
            } else {
                format!("{stem}-{}", clip.name())
            };
            of_clip(&name, clip)
        }));
    }
    Ok(found)
}

/// A clip as a gesture.
fn of_clip(name: &str, clip: Clip) -> Gesture {
    Gesture {
        name: name.into(),
        aliases: Vec::new(),
        hands: Hands::Both,
        aim: None,
        prepare_secs: CLIP_FADE_SECS,
        hold_secs: [0.0; 2],
        retract_secs: CLIP_FADE_SECS,
        stroke_secs: clip.duration().as_secs_f64() as f32 / 2.0,
        rests: false,
        moves: Moves::Clip(Arc::new(clip)),
    }
}

/// The gesture `name` of a document, and the clip that it is made of; `path` is for messages and for the clip beside it.
fn gesture(text: &str, name: &str, path: &Path) -> Result<(Gesture, Option<PathBuf>)> {
    let document: Document = super::parse(text, path)?;
    let wrong = |key, words: String| Error::Value {
        path: path.to_owned(),
        key,
        words,
    };
    for (key, secs) in [
        ("prepare_secs", document.prepare_secs),
        ("retract_secs", document.retract_secs),
        ("hold_secs", document.hold_secs[0]),
        ("hold_secs", document.hold_secs[1]),
    ] {
        if !(0.0..=LIMIT_SECS).contains(&secs) {
            return Err(wrong(
                key,
                format!("{secs}: 0 to {LIMIT_SECS} seconds are possible"),
            ));
        }
    }
    if document.hold_secs[0] > document.hold_secs[1] {
        return Err(wrong(
            "hold_secs",
            "the first is the least, the second the most".into(),
        ));
    }
    if let Some(clip) = &document.clip {
        if !document.key.is_empty() {
            return Err(wrong("clip", "a gesture has either keys or a clip".into()));
        }
        let clip = path.parent().unwrap_or(Path::new("")).join(clip);
        let mut clips = Clip::load(&clip)?;
        let mut gesture = of_clip(name, clips.swap_remove(0));
        gesture.aliases = document
            .aliases
            .iter()
            .map(|name| name.as_str().into())
            .collect();
        gesture.stroke_secs = document.stroke_secs.unwrap_or(gesture.stroke_secs);
        return Ok((gesture, Some(clip)));
    }
    let hands = document.hands.into();
    let keys = document.key.iter().map(|key| key.read(hands));
    let keys: std::result::Result<Vec<Key>, String> = keys.collect();
    let keys = keys.map_err(|words| wrong("key", words))?;
    if keys.is_empty() {
        return Err(wrong(
            "key",
            "there is none: write [[key]] tables, or name a `clip`".into(),
        ));
    }
    if !keys
        .windows(2)
        .all(|pair| pair[0].at_secs < pair[1].at_secs)
    {
        return Err(wrong(
            "at_secs",
            "each key must be later than the one before".into(),
        ));
    }
    let gesture = Gesture {
        name: name.into(),
        aliases: document
            .aliases
            .iter()
            .map(|name| name.as_str().into())
            .collect(),
        hands,
        aim: document.aim.map(Into::into),
        prepare_secs: document.prepare_secs,
        hold_secs: document.hold_secs,
        retract_secs: document.retract_secs,
        stroke_secs: 0.0,
        rests: document.rests,
        moves: Moves::Keys(keys),
    };
    Ok((gesture, None))
}

impl KeyTable {
    fn read(&self, hands: Hands) -> std::result::Result<Key, String> {
        if !(-LIMIT_SECS..=LIMIT_SECS).contains(&self.at_secs) {
            return Err(format!(
                "at_secs {}: -{LIMIT_SECS} to {LIMIT_SECS}",
                self.at_secs
            ));
        }
        if self.both.is_some() && (self.lead.is_some() || self.other.is_some()) {
            return Err("`both` stands for `lead` and `other`: write it alone".into());
        }
        let arm = |table: Option<ArmTable>| table.map(|table| table.read()).transpose();
        let (lead, other) = match self.both {
            Some(both) => (arm(Some(both))?, arm(Some(both))?),
            None => (arm(self.lead)?, arm(self.other)?),
        };
        match hands {
            Hands::None if lead.is_some() || other.is_some() => {
                return Err("`hands` is none, so a key moves head and trunk only".into());
            }
            Hands::One | Hands::Left | Hands::Right if lead.is_none() || other.is_some() => {
                return Err(
                    "a gesture of one hand needs `lead` in each key, and no `other`".into(),
                );
            }
            Hands::Both if lead.is_none() || other.is_none() => {
                return Err("a gesture of both hands needs `both`, or `lead` and `other`".into());
            }
            _ => {}
        }
        let lean = self.lean.read()?;
        Ok(Key {
            at_secs: self.at_secs,
            lead,
            other,
            lean,
        })
    }
}

impl ArmTable {
    fn read(&self) -> std::result::Result<ArmKey, String> {
        if !self.at.iter().all(|part| part.abs() <= 4.0) {
            return Err(format!("at {:?}: -4 to 4 are possible", self.at));
        }
        if !(-90.0..=120.0).contains(&self.elbow_deg) {
            return Err(format!(
                "elbow_deg {}: -90 to 120 are possible",
                self.elbow_deg
            ));
        }
        let way = |way: Way| {
            way.read()
                .ok_or("a direction must not be [0, 0, 0]".to_owned())
        };
        Ok(ArmKey {
            at: Vec3::from(self.at),
            elbow_deg: self.elbow_deg,
            palm: way(self.palm)?,
            fingers: way(self.fingers)?,
            hand: self.hand.read()?,
        })
    }
}

impl LeanTable {
    fn read(&self) -> std::result::Result<Lean, String> {
        let parts = [
            self.head_pitch_deg,
            self.head_yaw_deg,
            self.head_roll_deg,
            self.trunk_pitch_deg,
            self.trunk_yaw_deg,
            self.trunk_roll_deg,
            self.shoulders_deg,
        ];
        if !parts.iter().all(|part| part.abs() <= 60.0) {
            return Err("`lean` turns by at most 60 degrees".into());
        }
        Ok(Lean {
            head: Angles {
                pitch_deg: self.head_pitch_deg,
                yaw_deg: self.head_yaw_deg,
                roll_deg: self.head_roll_deg,
            },
            trunk: Angles {
                pitch_deg: self.trunk_pitch_deg,
                yaw_deg: self.trunk_yaw_deg,
                roll_deg: self.trunk_roll_deg,
            },
            shoulders_deg: self.shoulders_deg,
        })
    }
}

impl Way {
    /// The direction, of length 1.
    fn read(self) -> Option<Vec3> {
        let way = match self {
            Self::Named(WayName::Up) => Vec3::Y,
            Self::Named(WayName::Down) => Vec3::NEG_Y,
            Self::Named(WayName::In) => Vec3::NEG_X,
            Self::Named(WayName::Out) => Vec3::X,
            Self::Named(WayName::Front) => Vec3::Z,
            Self::Named(WayName::Back) => Vec3::NEG_Z,
            Self::Vector(parts) => Vec3::from(parts),
        };
        way.try_normalize()
    }
}

impl Hand {
    fn read(self) -> std::result::Result<Fingers, String> {
        let (curl, spread, thumb) = match self {
            Self::Named(name) => name.fingers(),
            Self::Each(each) => (each.curl, each.spread, each.thumb),
        };
        let parts = curl.iter().chain([&spread, &thumb]);
        if !parts.clone().all(|part| (0.0..=1.0).contains(part)) {
            return Err("curl, spread and thumb are 0 to 1".into());
        }
        Ok(Fingers {
            curl,
            spread,
            thumb,
        })
    }
}

impl HandName {
    /// Curl from thumb to little finger, spread, thumb across the palm.
    fn fingers(self) -> ([f32; 5], f32, f32) {
        match self {
            Self::Relaxed => ([0.15, 0.18, 0.24, 0.30, 0.34], 0.15, 0.25),
            Self::Open => ([0.05, 0.06, 0.09, 0.12, 0.14], 0.35, 0.1),
            Self::Flat => ([0.1, 0.02, 0.02, 0.03, 0.05], 0.0, 0.15),
            Self::Spread | Self::Five => ([0.0, 0.0, 0.0, 0.0, 0.0], 0.8, 0.0),
            Self::Fist => ([0.6, 1.0, 1.0, 1.0, 1.0], 0.0, 0.8),
            Self::Point | Self::One => ([0.6, 0.0, 0.95, 1.0, 1.0], 0.0, 0.85),
            Self::ThumbUp => ([0.0, 1.0, 1.0, 1.0, 1.0], 1.0, 0.0),
            Self::Ok => ([0.35, 0.5, 0.12, 0.08, 0.05], 0.5, 0.75),
            Self::Heart => ([0.0, 0.48, 1.0, 1.0, 1.0], 0.0, 0.54),
            Self::Two => ([0.6, 0.0, 0.0, 0.95, 1.0], 0.6, 0.9),
            Self::Three => ([0.55, 0.0, 0.0, 0.0, 0.95], 0.5, 1.0),
            Self::Four => ([0.5, 0.0, 0.0, 0.0, 0.0], 0.6, 1.0),
        }
    }
}

impl From<HandsName> for Hands {
    fn from(name: HandsName) -> Self {
        match name {
            HandsName::One => Self::One,
            // Documents speak of the picture's sides, a body of its own.
            HandsName::Left => Self::Right,
            HandsName::Right => Self::Left,
            HandsName::Both => Self::Both,
            HandsName::None => Self::None,
        }
    }
}

impl From<AimName> for Focus {
    fn from(name: AimName) -> Self {
        match name {
            AimName::Camera => Self::Camera,
            AimName::Card => Self::Card,
            AimName::Comments => Self::Comments,
            AimName::Left => Self::Left,
            AimName::Right => Self::Right,
            AimName::Up => Self::Up,
            AimName::Down => Self::Down,
        }
    }
}

impl super::Assets {
    /// All gestures: those built in, those of `gestures/` in the data folders, and those of `folder`; the last of a name
    /// counts.
    ///
    /// # Errors
    /// When a document or a clip cannot be used; names the file.
    pub fn gestures(&self, folder: Option<&Path>) -> Result<Library> {
        let mut all = built_in()?;
        for own in self.subfolders("gestures") {
            all.extend(in_folder(&own)?);
        }
        if let Some(folder) = folder {
            all.extend(in_folder(folder)?);
        }
        Ok(Library::new(all))
    }
}
