//! Gestures as documents: those that are built in, and folders with more of them and with clips.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glam::Vec3;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Spanned;

use super::{Error, Result, hands};
use crate::avatar::Clip;
use crate::media::{Angles, Focus};
use crate::motion::{ArmKey, Fingers, Gesture, Hands, Key, Lean, Moves};

macro_rules! built_in {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../library/gestures/", $name, ".toml")))),*]
    };
}

/// All that are built in: name and document.
const BUILT_IN: &[(&str, &str)] = built_in!(
    "welcome" "wave" "point-left" "point-right" "point-down" "point-card" "present" "offer"
    "count-1" "count-2" "count-3" "count-4" "count-5" "thumbs-up" "heart" "clap" "think" "bow"
    "shrug" "no" "ok" "beat-one" "beat-both" "beat-point" "open" "nod" "shake"
    "rest-hang" "rest-fold" "rest-clasp"
);

/// Endings of files that may hold clips.
const CLIPS: [&str; 3] = ["vrma", "glb", "gltf"];
/// No gesture has more keys.
const MAX_KEYS: usize = 64;
/// The stroke of a clip without a document comes so late, seconds; or in its middle, where that is sooner.
const CLIP_STROKE_SECS: f32 = 0.5;
/// What begins or ends so long is no gesture, seconds.
const MAX_SECS: f64 = 10.0;

/// A gesture as a document; its name is that of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// What it shows, for people.
    #[serde(rename = "about")]
    _about: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "which_hands")]
    hands: Hands,
    #[serde(default, deserialize_with = "focus")]
    aim: Option<Focus>,
    #[serde(default)]
    rests: bool,
    #[serde(default = "prepare", deserialize_with = "positive_secs")]
    prepare_secs: f32,
    #[serde(default = "hold", deserialize_with = "two_secs")]
    hold_secs: [f32; 2],
    #[serde(default = "retract", deserialize_with = "positive_secs")]
    retract_secs: f32,
    key: Vec<Spanned<KeySection>>,
}

/// A clip as a gesture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClipDocument {
    #[serde(rename = "about")]
    _about: Option<String>,
    /// The file, from the document's folder.
    clip: PathBuf,
    /// Which of several animations in it.
    animation: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default = "both", deserialize_with = "which_hands")]
    hands: Hands,
    #[serde(default, deserialize_with = "some_secs")]
    stroke_secs: Option<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySection {
    #[serde(deserialize_with = "any_secs")]
    at_secs: f32,
    lead: Option<ArmSection>,
    other: Option<ArmSection>,
    /// Lead and other alike.
    both: Option<ArmSection>,
    #[serde(default)]
    lean: LeanSection,
}

/// An arm; what is left out stays as in the key before.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ArmSection {
    #[serde(deserialize_with = "place")]
    at: Option<Vec3>,
    #[serde(deserialize_with = "elbow")]
    elbow_deg: Option<f32>,
    #[serde(deserialize_with = "direction")]
    palm: Option<Vec3>,
    #[serde(deserialize_with = "direction")]
    fingers: Option<Vec3>,
    #[serde(deserialize_with = "hand")]
    hand: Option<Fingers>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LeanSection {
    #[serde(deserialize_with = "degrees")]
    head_pitch_deg: f32,
    #[serde(deserialize_with = "degrees")]
    head_yaw_deg: f32,
    #[serde(deserialize_with = "degrees")]
    head_roll_deg: f32,
    #[serde(deserialize_with = "degrees")]
    trunk_pitch_deg: f32,
    #[serde(deserialize_with = "degrees")]
    trunk_yaw_deg: f32,
    #[serde(deserialize_with = "degrees")]
    trunk_roll_deg: f32,
    #[serde(deserialize_with = "degrees")]
    shoulders_deg: f32,
}

/// The gestures that are built in.
///
/// # Errors
/// Never, as long as the tests pass.
pub(super) fn built_in() -> Result<Vec<Gesture>> {
    let each = BUILT_IN.iter();
    each.map(|(name, text)| {
        let path = PathBuf::from(format!("gestures/{name}.toml"));
        gesture(name, text, &path)
    })
    .collect()
}

/// The gestures of a folder, by name.
///
/// # Errors
/// When the folder or one of its documents or clips cannot be used.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<Gesture>> {
    let unreadable = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    let ends = |path: &Path, endings: &[&str]| {
        let own = path.extension().and_then(|ending| ending.to_str());
        path.is_file() && own.is_some_and(|own| endings.iter().any(|e| own.eq_ignore_ascii_case(e)))
    };
    let mut found = Vec::new();
    let mut described = Vec::new();
    for path in paths.iter().filter(|path| ends(path, &["toml"])) {
        let text = super::read(path)?;
        let name = name_of(path)?;
        let table: toml::Table = super::parse(&text, path)?;
        if table.contains_key("clip") {
            let document: ClipDocument = super::parse(&text, path)?;
            described.push(folder.join(&document.clip));
            found.push(described_clip(&name, document, path)?);
        } else {
            found.push(gesture(&name, &text, path)?);
        }
    }
    for path in paths.iter().filter(|path| ends(path, &CLIPS)) {
        if !described.contains(path) {
            found.extend(plain_clips(path)?);
        }
    }
    let mut whose: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, own) in found.iter().enumerate() {
        if whose.insert(&own.name, place).is_some() {
            return Err(Error::Value {
                path: folder.to_owned(),
                key: "name",
                words: format!("two files are called `{}`: rename one", own.name),
            });
        }
    }
    Ok(found)
}

/// The file's name as that of a gesture: lower case, hyphens for blanks and underscores.
fn name_of(path: &Path) -> Result<String> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    let name = slug(&stem.unwrap_or_default());
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '-') {
        return Err(Error::Value {
            path: path.to_owned(),
            key: "name",
            words: "a gesture is called like its file: use letters, digits and hyphens".into(),
        });
    }
    Ok(name)
}

fn slug(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '_', '.'], "-")
}

/// A clip with a document of its own.
fn described_clip(name: &str, document: ClipDocument, path: &Path) -> Result<Gesture> {
    let file = path.parent().unwrap_or(Path::new("")).join(&document.clip);
    let wrong = |key, words| Error::Value {
        path: path.to_owned(),
        key,
        words,
    };
    let clips = Clip::load(&file)?;
    let names = clips.iter().map(Clip::name).collect::<Vec<_>>().join(", ");
    let wanted = document.animation.as_deref();
    let found = clips
        .into_iter()
        .find(|clip| wanted.is_none_or(|wanted| clip.name() == wanted));
    let clip = found.ok_or_else(|| {
        let words = format!("{} has no such animation, but: {names}", file.display());
        wrong("animation", words)
    })?;
    let mut gesture = of_clip(name.to_owned(), clip);
    if let Some(stroke) = document.stroke_secs {
        let most = clip_secs(&gesture);
        if stroke > most {
            let words = format!("the stroke is within the clip: 0 to {most:.2} seconds");
            return Err(wrong("stroke_secs", words));
        }
        gesture.stroke_secs = stroke;
    }
    gesture.hands = document.hands;
    gesture.aliases = document
        .aliases
        .iter()
        .map(|own| own.as_str().into())
        .collect();
    Ok(gesture)
}

/// All clips of a file without a document.
fn plain_clips(path: &Path) -> Result<Vec<Gesture>> {
    let stem = name_of(path)?;
    let clips = Clip::load(path)?;
    let is_one = clips.len() == 1;
    let named = clips.into_iter().map(|clip| {
        let name = match is_one {
            true => stem.clone(),
            false => format!("{stem}-{}", slug(clip.name())),
        };
        of_clip(name, clip)
    });
    Ok(named.collect())
}

fn of_clip(name: String, clip: Clip) -> Gesture {
    let mut gesture = Gesture {
        name: name.into(),
        aliases: Vec::new(),
        hands: both(),
        aim: None,
        prepare_secs: prepare(),
        hold_secs: [0.0; 2],
        retract_secs: retract(),
        stroke_secs: 0.0,
        rests: false,
        moves: Moves::Clip(Arc::new(clip)),
    };
    gesture.stroke_secs = CLIP_STROKE_SECS.min(0.5 * clip_secs(&gesture));
    gesture
}

/// How long the clip of a gesture is, seconds.
#[allow(clippy::cast_possible_truncation, reason = "at most a day")]
fn clip_secs(gesture: &Gesture) -> f32 {
    match &gesture.moves {
        Moves::Clip(clip) => clip.duration().as_secs_f64() as f32,
        Moves::Keys(_) => 0.0,
    }
}

/// A gesture from its document.
fn gesture(name: &str, text: &str, path: &Path) -> Result<Gesture> {
    let document: Document = super::parse(text, path)?;
    let wrong = |place: usize, words: String| {
        let before = text.get(..place).unwrap_or_default();
        Error::Key {
            path: path.to_owned(),
            line: 1 + before.matches('\n').count(),
            words,
        }
    };
    if document.key.is_empty() || document.key.len() > MAX_KEYS {
        let words = format!("`key`: 1 to {MAX_KEYS} are possible");
        return Err(wrong(0, words));
    }
    let mut keys: Vec<Key> = Vec::new();
    for section in &document.key {
        let at = section.span().start;
        let key = section.get_ref();
        let before = keys.last();
        if before.is_some_and(|before| before.at_secs >= key.at_secs) {
            let words = format!(
                "`key.at_secs`: {} does not come after the key before: write keys in the order of time",
                key.at_secs
            );
            return Err(wrong(at, words));
        }
        let key = arms(key, before, document.hands).map_err(|words| wrong(at, words))?;
        keys.push(key);
    }
    let aliases = document.aliases.iter();
    Ok(Gesture {
        name: name.into(),
        aliases: aliases.map(|own| own.as_str().into()).collect(),
        hands: document.hands,
        aim: document.aim,
        prepare_secs: document.prepare_secs,
        hold_secs: document.hold_secs,
        retract_secs: document.retract_secs,
        stroke_secs: 0.0,
        rests: document.rests,
        moves: Moves::Keys(keys),
    })
}

/// A key with the arms that its gesture needs.
fn arms(
    section: &KeySection,
    before: Option<&Key>,
    hands: Hands,
) -> std::result::Result<Key, String> {
    let KeySection {
        lead, other, both, ..
    } = section;
    if both.is_some() && (lead.is_some() || other.is_some()) {
        return Err("`key.both` stands for lead and other alike: leave those out, or it".into());
    }
    let (lead, other) = (
        lead.as_ref().or(both.as_ref()),
        other.as_ref().or(both.as_ref()),
    );
    match (hands, lead, other) {
        (Hands::None, None, None)
        | (Hands::One | Hands::Left | Hands::Right, Some(_), None)
        | (Hands::Both, Some(_), Some(_)) => {}
        (Hands::None, ..) => {
            return Err("`key`: with hands = \"none\" only `lean` is possible".into());
        }
        (Hands::Both, ..) => {
            return Err(
                "`key`: with hands = \"both\" each key needs `lead` and `other`, or `both`".into(),
            );
        }
        _ => {
            return Err(
                "`key`: a gesture of one hand needs `lead`, and `lead` alone, in each key".into(),
            );
        }
    }
    let arm = |section: Option<&ArmSection>, before: Option<&ArmKey>, name: &str| {
        let whole = section.map(|section| section.after(before));
        whole.transpose().map_err(|missing| {
            format!("`key.{name}.{missing}` is missing: the first key of a hand says all of at, palm, fingers and hand")
        })
    };
    let lean = &section.lean;
    Ok(Key {
        at_secs: section.at_secs,
        lead: arm(lead, before.and_then(|key| key.lead.as_ref()), "lead")?,
        other: arm(other, before.and_then(|key| key.other.as_ref()), "other")?,
        lean: Lean {
            head: Angles {
                pitch_deg: lean.head_pitch_deg,
                yaw_deg: lean.head_yaw_deg,
                roll_deg: lean.head_roll_deg,
            },
            trunk: Angles {
                pitch_deg: lean.trunk_pitch_deg,
                yaw_deg: lean.trunk_yaw_deg,
                roll_deg: lean.trunk_roll_deg,
            },
            shoulders_deg: lean.shoulders_deg,
        },
    })
}

impl ArmSection {
    /// The arm, where the key before says what this one leaves out; else what is missing.
    fn after(&self, before: Option<&ArmKey>) -> std::result::Result<ArmKey, &'static str> {
        Ok(ArmKey {
            at: self.at.or(before.map(|own| own.at)).ok_or("at")?,
            elbow_deg: self
                .elbow_deg
                .or(before.map(|own| own.elbow_deg))
                .unwrap_or(0.0),
            palm: self.palm.or(before.map(|own| own.palm)).ok_or("palm")?,
            fingers: self
                .fingers
                .or(before.map(|own| own.fingers))
                .ok_or("fingers")?,
            hand: self.hand.or(before.map(|own| own.hand)).ok_or("hand")?,
        })
    }
}

fn prepare() -> f32 {
    0.45
}

fn hold() -> [f32; 2] {
    [0.2, 1.2]
}

fn retract() -> f32 {
    0.6
}

fn both() -> Hands {
    Hands::Both
}

type Read<T, E> = std::result::Result<T, E>;

/// A number within borders.
fn within<E: serde::de::Error>(value: f64, least: f64, most: f64) -> Read<f32, E> {
    if (least..=most).contains(&value) {
        #[allow(clippy::cast_possible_truncation, reason = "a few digits do")]
        return Ok(value as f32);
    }
    Err(E::custom(format!(
        "{value} is out of range: {least} to {most} are possible"
    )))
}

fn any_secs<'de, D: Deserializer<'de>>(from: D) -> Read<f32, D::Error> {
    within(f64::deserialize(from)?, -MAX_SECS, MAX_SECS)
}

fn positive_secs<'de, D: Deserializer<'de>>(from: D) -> Read<f32, D::Error> {
    within(f64::deserialize(from)?, 0.1, MAX_SECS)
}

fn some_secs<'de, D: Deserializer<'de>>(from: D) -> Read<Option<f32>, D::Error> {
    within(f64::deserialize(from)?, 0.0, 86_400.0).map(Some)
}

fn two_secs<'de, D: Deserializer<'de>>(from: D) -> Read<[f32; 2], D::Error> {
    let [least, most] = <[f64; 2]>::deserialize(from)?;
    let pair = [within(least, 0.0, MAX_SECS)?, within(most, 0.0, MAX_SECS)?];
    if pair[0] > pair[1] {
        return Err(D::Error::custom(
            "write the shortest hold first, the longest second",
        ));
    }
    Ok(pair)
}

fn degrees<'de, D: Deserializer<'de>>(from: D) -> Read<f32, D::Error> {
    within(f64::deserialize(from)?, -45.0, 45.0)
}

fn elbow<'de, D: Deserializer<'de>>(from: D) -> Read<Option<f32>, D::Error> {
    within(f64::deserialize(from)?, -25.0, 110.0).map(Some)
}

fn place<'de, D: Deserializer<'de>>(from: D) -> Read<Option<Vec3>, D::Error> {
    let [out, up, front] = <[f64; 3]>::deserialize(from)?;
    Ok(Some(Vec3::new(
        within(out, -2.0, 4.0)?,
        within(up, -1.2, 1.2)?,
        within(front, -1.2, 1.2)?,
    )))
}

fn direction<'de, D: Deserializer<'de>>(from: D) -> Read<Option<Vec3>, D::Error> {
    hands::direction(toml::Value::deserialize(from)?)
        .map(Some)
        .map_err(D::Error::custom)
}

fn hand<'de, D: Deserializer<'de>>(from: D) -> Read<Option<Fingers>, D::Error> {
    hands::shape(toml::Value::deserialize(from)?)
        .map(Some)
        .map_err(D::Error::custom)
}

fn which_hands<'de, D: Deserializer<'de>>(from: D) -> Read<Hands, D::Error> {
    let word = String::deserialize(from)?;
    match word.as_str() {
        "one" => Ok(Hands::One),
        // As viewers see it, like everything else that people write.
        "left" => Ok(Hands::Right),
        "right" => Ok(Hands::Left),
        "both" => Ok(Hands::Both),
        "none" => Ok(Hands::None),
        _ => Err(D::Error::custom(format!(
            "there is no `{word}`: one, left, right, both or none are possible"
        ))),
    }
}

fn focus<'de, D: Deserializer<'de>>(from: D) -> Read<Option<Focus>, D::Error> {
    let word = String::deserialize(from)?;
    match word.as_str() {
        "card" => Ok(Some(Focus::Card)),
        "camera" => Ok(Some(Focus::Camera)),
        "comments" => Ok(Some(Focus::Comments)),
        "left" => Ok(Some(Focus::Left)),
        "right" => Ok(Some(Focus::Right)),
        "up" => Ok(Some(Focus::Up)),
        "down" => Ok(Some(Focus::Down)),
        _ => Err(D::Error::custom(format!(
            "nobody can aim at `{word}`: card, camera, comments, left, right, up or down are possible"
        ))),
    }
}
