//! Documents to options: rooms and spots are TOML, checked once, here. An error names file, line, key and remedy.

mod assets;
mod avatar;
mod document;
mod gestures;
mod room;
mod sets;
mod spot;

use std::path::{Path, PathBuf};

pub use assets::{Assets, DEFAULT_HOST};
pub use avatar::{AvatarDocument, CharacterSection, FramingSection, MouthSection, OutfitSection};
pub use document::{
    Captions, CoHostSection, CoVoiceSection, GesturesSection, HostSection, InputSection,
    LabelSection, LipSyncSection, OpenAiSection, PictureQuality, PictureSection, VoiceSection,
};
pub use room::RoomDocument;
pub use spot::SpotDocument;

/// Why a document or an asset cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The document is not valid; the text names line, key and what is allowed.
    #[error("{path} is not a valid document:\n{words}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        words: String,
    },
    /// A value is of the right kind but cannot be used.
    #[error("{path}: `{key}`: {words}")]
    Value {
        /// The document.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong and what is allowed.
        words: String,
    },
    /// A value does not fit the file that the document describes.
    #[error("{path}:{line}: {words}")]
    Key {
        /// The document.
        path: PathBuf,
        /// Where the value is, from 1.
        line: usize,
        /// The key, what is wrong and what there is.
        words: String,
    },
    /// An avatar cannot be loaded.
    #[error(transparent)]
    Avatar(#[from] crate::avatar::Error),
    /// An asset does not exist.
    #[error("there is no {kind} `{name}`: built in are {known}; a path to a file works too")]
    Unknown {
        /// `host` or `background`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A picture cannot be decoded.
    #[error("{path} is not a picture that can be read (PNG or JPEG): {words}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        words: String,
    },
    /// No font was found.
    #[error(transparent)]
    Font(#[from] crate::scene::FontError),
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// The text of a document.
fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// A document from its text; `path` is for the message.
fn parse<T: serde::de::DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    toml::from_str(text).map_err(|error| Error::Parse {
        path: path.to_owned(),
        words: error.to_string(),
    })
}

/// Seed of all chance unless the document says otherwise.
fn default_seed() -> u64 {
    1
}
