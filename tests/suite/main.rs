//! Behaviour tests, one binary.

mod sound;
mod voice;
mod voice_server;
