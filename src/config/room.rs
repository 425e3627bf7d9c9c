//! `room.toml`: a live room.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::{
    Captions, CoHostSection, GesturesSection, HostSection, InputSection, LabelSection,
    LipSyncSection, PictureSection, VoiceSection,
};
use super::{Error, Result};

/// A live room as written down.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RoomDocument {
    /// The room's id in addresses: letters, digits, `-` and `_`.
    pub id: String,
    /// The room's name for people.
    pub title: String,
    /// Seed of all chance.
    #[serde(default = "super::default_seed")]
    pub seed: u64,
    /// Whether anybody who watches may make the host speak (a text box on the viewer page).
    #[serde(default)]
    pub viewers_may_speak: bool,
    /// What is said when the room opens.
    #[serde(default)]
    pub opening: Vec<String>,
    /// Who stands in the picture.
    #[serde(default)]
    pub host: HostSection,
    /// Who stands beside the first host.
    #[serde(default)]
    pub co_host: Option<CoHostSection>,
    /// What hosts can do with their hands.
    #[serde(default)]
    pub gestures: GesturesSection,
    /// Who is heard.
    #[serde(default)]
    pub voice: VoiceSection,
    /// Size, rate and background.
    #[serde(default)]
    pub picture: PictureSection,
    /// `on` or `off`.
    #[serde(default)]
    pub captions: Captions,
    /// The AI label.
    #[serde(default)]
    pub label: LabelSection,
    /// The lip-sync model.
    #[serde(default)]
    pub lipsync: LipSyncSection,
    /// Sound that comes in live: what the host says while no line is said.
    #[serde(default)]
    pub input: InputSection,
    /// The document's own place: paths in it are relative to this folder.
    #[serde(skip)]
    pub path: PathBuf,
}

impl RoomDocument {
    /// Reads a room.
    ///
    /// # Errors
    /// When the file cannot be read or is not a valid room.
    pub fn load(path: &Path) -> Result<Self> {
        Self::parse(&super::read(path)?, path)
    }

    /// The room that is built in.
    ///
    /// # Errors
    /// Never, as long as the tests pass.
    pub fn demo() -> Result<Self> {
        Self::parse(
            include_str!("../../examples/room.toml"),
            Path::new("examples/room.toml"),
        )
    }

    /// Reads a room from `text`; `path` is for messages and relative paths.
    ///
    /// # Errors
    /// When it is not a valid room.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let mut room: Self = super::parse(text, path)?;
        path.clone_into(&mut room.path);
        let sound_id = !room.id.is_empty()
            && room.id.len() <= 64
            && room
                .id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !sound_id {
            let words = format!("`{}`: 1 to 64 letters, digits, `-` or `_`", room.id);
            return Err(Error::Value {
                path: path.to_owned(),
                key: "id",
                words,
            });
        }
        let clash = room.co_host.as_ref().map(|co| co.clash(&room.host));
        clash.transpose().map_err(|words| Error::Value {
            path: path.to_owned(),
            key: "co_host.id",
            words,
        })?;
        room.label.words().map_err(|words| Error::Value {
            path: path.to_owned(),
            key: "label",
            words,
        })?;
        Ok(room)
    }
}
