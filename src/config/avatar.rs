//! `avatar.toml`: what a file is called, whose it is, and what its targets, bones and surfaces are where it does not say so.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Spanned;

use super::{Error, Result};
use crate::avatar::{self, Avatar, Mapping, MouthBy, OutfitRule, TargetWeights};

/// The name of the document.
const NAME: &str = "avatar.toml";

/// An avatar as a document. Only `file` is needed.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct AvatarDocument {
    /// The GLB, VRM or glTF file, from the document's folder.
    pub file: PathBuf,
    /// A short name for machines.
    pub id: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The version of this avatar.
    pub version: Option<String>,
    /// What it looks like.
    pub description: Option<String>,
    /// A picture of it, from the document's folder.
    pub thumbnail: Option<PathBuf>,
    /// Who made it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Under which licence.
    pub license: Option<String>,
    /// Whose likeness it is: `fictional`, or who agreed to it.
    pub likeness: Option<String>,
    /// How it is best shown.
    pub framing: Option<FramingSection>,
    /// Who it plays.
    pub character: Option<CharacterSection>,
    /// What moves the mouth.
    #[serde(default)]
    pub mouth: MouthSection,
    /// Targets of ARKit shapes.
    #[serde(default)]
    pub shapes: Table<TargetWeights>,
    /// Targets of visemes.
    #[serde(default)]
    pub visemes: Table<TargetWeights>,
    /// Targets of expressions.
    #[serde(default)]
    pub expressions: Table<TargetWeights>,
    /// Nodes of bones.
    #[serde(default)]
    pub bones: Table<String>,
    /// What materials are made of.
    #[serde(default)]
    pub surfaces: Table<String>,
    /// Clothes that are exchanged for each other; the first one written is the default.
    #[serde(default)]
    pub outfits: Table<OutfitSection>,
}

/// A table whose values know where they stand.
type Table<T> = BTreeMap<String, Spanned<T>>;

/// How an avatar is best shown.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FramingSection {
    /// `face`, `bust` or `full`.
    pub default: String,
}

/// Who an avatar plays, for people who write for it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CharacterSection {
    /// For example `adult, about 28`.
    pub age: Option<String>,
    /// For example `woman`.
    pub presents: Option<String>,
    /// For example `shop host`.
    pub role: Option<String>,
    /// For example `warm, quick to smile`.
    pub manner: Option<String>,
    /// As in BCP 47.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// Clothes as what they do without.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OutfitSection {
    /// The name for people.
    pub name: Option<String>,
    /// Nodes, meshes or materials that are not drawn, by name; everything else is.
    pub hide: Vec<String>,
}

/// What moves the mouth.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct MouthSection {
    /// `jawOpen`, `expressions`, `visemes`, `vowels`, `bone` or `nothing`; by default what is found.
    #[serde(deserialize_with = "mouth_by")]
    pub by: Option<MouthBy>,
}

impl AvatarDocument {
    /// The document of `path`: `avatar.toml` itself, a folder that holds one, or a model file beside one that names it.
    pub fn of(path: &Path) -> Option<PathBuf> {
        if path.is_dir() {
            let inside = path.join(NAME);
            return inside.is_file().then_some(inside);
        }
        if path.extension().is_some_and(|ending| ending == "toml") {
            return path.is_file().then(|| path.to_owned());
        }
        let beside = path.parent().unwrap_or(Path::new("")).join(NAME);
        // A document that does not name this file, or none at all, is another's. One that cannot be read is this file's if
        // it mentions it: its mistakes are to be heard of.
        let text = std::fs::read_to_string(&beside).ok()?;
        let name = path.file_name()?;
        let names_it = match text.parse::<toml::Table>() {
            Ok(table) => {
                let file = Path::new(table.get("file")?.as_str()?);
                file.file_name() == Some(name) && beside.with_file_name(file) == *path
            }
            Err(_) => text.contains(name.to_str()?),
        };
        names_it.then_some(beside)
    }

    /// The avatar that the document at `path` describes.
    ///
    /// # Errors
    /// When document or file cannot be read, or the document names what is not in the file.
    pub fn load(path: &Path) -> Result<Avatar> {
        let text = super::read(path)?;
        let document: Self = super::parse(&text, path)?;
        let file = path.parent().unwrap_or(Path::new("")).join(&document.file);
        let avatar = Avatar::load_mapped(&file, &document.mapping());
        avatar.map_err(|error| document.place(error, &text, path, &file))
    }

    /// The avatar in `bytes` that the document `text` describes; `path` names it in messages.
    ///
    /// # Errors
    /// As [`AvatarDocument::load`].
    pub fn describe(text: &str, path: &Path, bytes: &[u8]) -> Result<Avatar> {
        let document: Self = super::parse(text, path)?;
        let name = document.id.as_deref().unwrap_or("the avatar");
        let avatar = Avatar::from_glb_mapped(bytes, name, &document.mapping());
        avatar.map_err(|error| document.place(error, text, path, &document.file))
    }

    /// An error of the file as one of the place in the document where it comes from.
    fn place(&self, error: avatar::Error, text: &str, path: &Path, file: &Path) -> Error {
        match error {
            avatar::Error::Mapping {
                section,
                key,
                words,
                ..
            } => Error::Key {
                path: path.to_owned(),
                line: self.line(text, &section, &key),
                words: format!("`{section}.{key}`: {words} (in {})", file.display()),
            },
            other => other.into(),
        }
    }

    fn mapping(&self) -> Mapping {
        fn plain<T: Clone>(table: &Table<T>) -> BTreeMap<String, T> {
            let pairs = table.iter();
            pairs
                .map(|(key, value)| (key.clone(), value.get_ref().clone()))
                .collect()
        }
        Mapping {
            mouth: self.mouth.by,
            shapes: plain(&self.shapes),
            visemes: plain(&self.visemes),
            expressions: plain(&self.expressions),
            bones: plain(&self.bones),
            surfaces: plain(&self.surfaces),
            outfits: self.outfits(),
        }
    }

    /// The outfits in the order in which they are written.
    fn outfits(&self) -> Vec<OutfitRule> {
        let mut written: Vec<(&String, &Spanned<OutfitSection>)> = self.outfits.iter().collect();
        written.sort_by_key(|(_, section)| section.span().start);
        let rule = |(id, section): (&String, &Spanned<OutfitSection>)| OutfitRule {
            id: id.clone(),
            name: section.get_ref().name.clone(),
            hide: section.get_ref().hide.clone(),
        };
        written.into_iter().map(rule).collect()
    }

    /// The line on which the value of `section.key` begins, from 1.
    fn line(&self, text: &str, section: &str, key: &str) -> usize {
        fn span<T>(table: &Table<T>, key: &str) -> Option<Range<usize>> {
            table.get(key).map(Spanned::span)
        }
        let found = match section {
            "shapes" => span(&self.shapes, key),
            "visemes" => span(&self.visemes, key),
            "expressions" => span(&self.expressions, key),
            "bones" => span(&self.bones, key),
            "outfits" => span(&self.outfits, key),
            _ => span(&self.surfaces, key),
        };
        let before = text.get(..found.map_or(0, |span| span.start));
        before.map_or(1, |before| 1 + before.matches('\n').count())
    }
}

fn mouth_by<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<MouthBy>, D::Error> {
    let word = String::deserialize(deserializer)?;
    let found = MouthBy::ALL.into_iter().find(|by| by.word() == word);
    found.map(Some).ok_or_else(|| {
        let known = MouthBy::ALL.map(MouthBy::word).join(", ");
        D::Error::custom(format!("`{word}` moves no mouth: {known}"))
    })
}
