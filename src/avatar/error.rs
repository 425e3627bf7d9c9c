//! What can go wrong while an avatar is read.

use std::path::PathBuf;

/// Why an avatar cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("read avatar {path}: check that the file exists and may be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not glTF.
    #[error("avatar {name} is not a GLB, VRM or glTF file ({found}): export it again as GLB")]
    NotGltf {
        /// The file or what the bytes were called.
        name: String,
        /// What was found instead.
        found: String,
    },
    /// The file is glTF, but broken.
    #[error("avatar {name}: {what}; the file is damaged or was cut short: copy or export it again")]
    Malformed {
        /// The file or what the bytes were called.
        name: String,
        /// What is wrong, with the place in the file.
        what: String,
    },
    /// The file needs glTF extensions that are not known here.
    #[error(
        "avatar {name} requires unsupported glTF extensions: {extensions}; export it without them (for example with \
         `gltf-transform copy` or uncompressed from the editor)"
    )]
    UnsupportedExtensions {
        /// The file or what the bytes were called.
        name: String,
        /// Their names, separated by commas.
        extensions: String,
    },
    /// The file asks for more than a host may cost.
    #[error("avatar {name} has too much {what}: at most {limit}; reduce it in an editor")]
    TooLarge {
        /// The file or what the bytes were called.
        name: String,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// What the user says of the file does not fit it.
    #[error("avatar {name}: `{section}.{key}`: {words}")]
    Mapping {
        /// The file or what the bytes were called.
        name: String,
        /// The table: `shapes`, `visemes`, `expressions`, `bones`, `surfaces` or `outfits`.
        section: String,
        /// The key in it.
        key: String,
        /// What is wrong, and what there is.
        words: String,
    },
    /// Nothing in the file can be drawn.
    #[error("avatar {name} holds no triangles: export it with its meshes")]
    Empty {
        /// The file or what the bytes were called.
        name: String,
    },
}

/// The result of reading an avatar.
pub type Result<T> = std::result::Result<T, Error>;
