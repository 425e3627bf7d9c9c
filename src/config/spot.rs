//! `spot.toml`: a film.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::{
    Captions, CoHostSection, GesturesSection, HostSection, LabelSection, LipSyncSection,
    PictureSection, VoiceSection,
};
use super::{Error, Result};

/// A film as written down.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SpotDocument {
    /// The film's name for people.
    #[serde(default)]
    pub title: String,
    /// Seed of all chance: same document and seed, same film.
    #[serde(default = "super::default_seed")]
    pub seed: u64,
    /// What is said.
    pub script: String,
    /// Silence before the first word, seconds.
    #[serde(default = "lead")]
    pub lead_secs: f64,
    /// Silence after the last word, seconds.
    #[serde(default = "tail")]
    pub tail_secs: f64,
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
    /// The document's own place: paths in it are relative to this folder.
    #[serde(skip)]
    pub path: PathBuf,
}

fn lead() -> f64 {
    0.4
}

fn tail() -> f64 {
    0.8
}

impl SpotDocument {
    /// Reads a film's document.
    ///
    /// # Errors
    /// When the file cannot be read or is not a valid film.
    pub fn load(path: &Path) -> Result<Self> {
        Self::parse(&super::read(path)?, path)
    }

    /// Reads a film from `text`; `path` is for messages and relative paths.
    ///
    /// # Errors
    /// When it is not a valid film.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let mut spot: Self = super::parse(text, path)?;
        path.clone_into(&mut spot.path);
        let value = |key, words: String| Error::Value {
            path: path.to_owned(),
            key,
            words,
        };
        if spot.script.trim().is_empty() {
            return Err(value(
                "script",
                "is empty: write what the host says".to_owned(),
            ));
        }
        for (key, secs) in [("lead_secs", spot.lead_secs), ("tail_secs", spot.tail_secs)] {
            if !(0.0..=60.0).contains(&secs) {
                return Err(value(key, format!("{secs}: 0 to 60 seconds are possible")));
            }
        }
        let clash = spot.co_host.as_ref().map(|co| co.clash(&spot.host));
        clash
            .transpose()
            .map_err(|words| value("co_host.id", words))?;
        spot.label.words().map_err(|words| value("label", words))?;
        Ok(spot)
    }
}
