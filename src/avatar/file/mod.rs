//! The file: bytes in, checked and unpacked glTF out. Containers, compression, accessors, primitives, pictures.
//!
//! Nothing in a file is trusted; what reading it may cost is in [`budget`].

pub(super) mod accessor;
pub(super) mod budget;
pub(super) mod container;
pub(super) mod document;
pub(super) mod draco;
pub(super) mod flat;
pub(super) mod glb;
pub(super) mod image;
pub(super) mod influences;
pub(super) mod ktx;
pub(super) mod meshopt;
pub(super) mod morph;
pub(super) mod primitive;
pub(super) mod uri;
