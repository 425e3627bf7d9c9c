//! What can go wrong between sound and mouth.

use std::path::PathBuf;

/// Why a mouth could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No library in any of the usual places.
    #[error(
        "no ONNX Runtime library (1.24 or newer) found; looked at:\n{tried}\n`make setup` installs one; or run `pip install onnxruntime`, or give the path of libonnxruntime.so in ORT_DYLIB_PATH"
    )]
    NoRuntime {
        /// Every place, one a line, with what was there.
        tried: String,
    },
    /// The library that the user named cannot be used.
    #[error(
        "load ONNX Runtime from {} (given by {place}): {reason}; give the full path of a libonnxruntime.so of version 1.24 or newer, or leave it out and run `make setup`",
        .path.display()
    )]
    LoadRuntime {
        /// What gave the path.
        place: &'static str,
        /// The file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A file of the model cannot be read.
    #[error("read lip-sync file {}; give the path of a model.toml", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A manifest or pose table is not what it should be: unknown key, wrong type, missing key.
    #[error("parse {file}: {source}")]
    Parse {
        /// The file.
        file: String,
        /// Line, column, key and what is allowed.
        source: Box<toml::de::Error>,
    },
    /// A manifest or pose table has a value that makes no sense.
    #[error("{file}: {key}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The device that the user wished for cannot be had.
    #[error("run lip-sync model {model} on {device}: {reason}; {remedy}")]
    Device {
        /// The device.
        device: &'static str,
        /// The model file.
        model: String,
        /// What the runtime said.
        reason: String,
        /// What to install.
        remedy: &'static str,
    },
    /// None of the manifest's providers works here.
    #[error(
        "run lip-sync model {model}: none of runtime.providers in {manifest} works here ({tried}); add \"cpu\" to them if the CPU will do, or ask for one with --device to learn what it lacks"
    )]
    NoDevice {
        /// The model file.
        model: String,
        /// The manifest.
        manifest: String,
        /// What was tried.
        tried: String,
    },
    /// The model is not the one the manifest was written for.
    #[error(
        "{model}: SHA-256 is {found}, but {manifest} says {expected}; fetch the model again, or correct `sha256` if the change was meant"
    )]
    Checksum {
        /// The model file.
        model: String,
        /// The manifest.
        manifest: String,
        /// What the manifest says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// Names or shapes of the model differ from the manifest.
    #[error("{model} does not fit {manifest}: {problem}\nthe model has {has}")]
    Mismatch {
        /// The model file.
        model: String,
        /// The manifest.
        manifest: String,
        /// The first difference.
        problem: String,
        /// All inputs and outputs with their shapes.
        has: String,
    },
    /// The runtime refused the model.
    #[error("open lip-sync model {model}")]
    OpenModel {
        /// The model file.
        model: String,
        /// The cause.
        #[source]
        source: ort::Error,
    },
    /// The runtime failed on a step.
    #[error("run lip-sync model {model}")]
    Run {
        /// The model's name.
        model: String,
        /// The cause.
        #[source]
        source: ort::Error,
    },
    /// The model's numbers are not of the kind that its manifest says.
    #[error(
        "lip-sync model {model} answered with numbers that its manifest excludes (their sum is {value}); look at outputs.kind, outputs.activation and outputs.apply"
    )]
    Answer {
        /// The model's name.
        model: String,
        /// Their sum.
        value: f32,
    },
    /// The sound cannot be brought to the model's rate.
    #[error("resample speech from 48 kHz for lip-sync: {reason}")]
    Resample {
        /// What the resampler said.
        reason: String,
    },
    /// A CSV row cannot be written.
    #[error("write the mouth as CSV")]
    Csv(#[source] std::io::Error),
}

impl Error {
    /// Whether a file that the user named is at fault, and not the machine.
    pub fn is_in_a_file(&self) -> bool {
        matches!(
            self,
            Self::Read { .. }
                | Self::Parse { .. }
                | Self::Invalid { .. }
                | Self::Checksum { .. }
                | Self::Mismatch { .. }
        )
    }
}

/// The result of this module.
pub type Result<T> = std::result::Result<T, Error>;
