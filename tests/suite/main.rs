//! Behaviour tests, one binary.

mod sound;
mod voice;
#[cfg(feature = "remote")]
mod voice_server;
